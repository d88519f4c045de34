# Copyright 2026 The amsdff_hf authors. Licensed under the Apache License, Version 2.0.
"""Scores of predictions, by numpy and scikit-learn alone: this file also travels with the modules for `evaluate`."""

import math
from collections.abc import Sequence

import numpy as np
from sklearn import metrics as sk


AVERAGES = ("macro", "micro", "weighted")


def to_probabilities(logits: np.ndarray, problem_type: str) -> np.ndarray:
    """Turn logits `(num_texts, num_labels)` into what a pipeline shows: softmax, sigmoid or the numbers themselves."""
    logits = np.asarray(logits, dtype=np.float64)
    if problem_type == "regression":
        return logits
    if problem_type == "multi_label_classification":
        return 0.5 * (1 + np.tanh(logits / 2))
    exponentials = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return exponentials / exponentials.sum(axis=-1, keepdims=True)


def classification_metrics(probabilities: np.ndarray, labels: np.ndarray) -> dict[str, float]:
    """Metrics of single-label classification.

    Args:
        probabilities: `(num_texts, num_labels)`.
        labels: `(num_texts,)` ids.

    Returns:
        Accuracy, balanced accuracy, macro / micro / weighted F1, macro precision and recall, Matthews correlation,
        one-versus-rest ROC-AUC (if every label occurs) and the expected calibration error.
    """
    predicted = probabilities.argmax(axis=-1)
    ids = list(range(probabilities.shape[-1]))
    present = np.unique(labels)
    results = {
        "accuracy": sk.accuracy_score(labels, predicted),
        "balanced_accuracy": float(np.mean([np.mean(predicted[labels == label] == label) for label in present])),
        **_f1_scores(labels, predicted, ids),
        "matthews_correlation": sk.matthews_corrcoef(labels, predicted),
    }
    if len(present) == len(ids):
        scores = probabilities[:, 1] if len(ids) == 2 else probabilities
        results["roc_auc"] = sk.roc_auc_score(labels, scores, multi_class="ovr", labels=ids if len(ids) > 2 else None)
    results["calibration_error"] = calibration_error(probabilities, labels)
    return {name: float(value) for name, value in results.items()}


def multi_label_metrics(
    probabilities: np.ndarray, labels: np.ndarray, thresholds: Sequence[float] | None = None
) -> dict[str, float]:
    """Metrics of multi-label classification.

    Args:
        probabilities: `(num_texts, num_labels)`.
        labels: `(num_texts, num_labels)` zeros and ones.
        thresholds: probability from which each label counts as predicted; 0.5 if not given.

    Returns:
        Subset accuracy (all labels right), share of right decisions, macro / micro / weighted / per-text F1, macro
        precision and recall, and the macro ROC-AUC over the labels that occur and are absent at least once.
    """
    labels = labels.astype(int)
    predicted = (probabilities >= np.asarray(0.5 if thresholds is None else thresholds)).astype(int)
    results = {
        "accuracy": sk.accuracy_score(labels, predicted),
        "label_accuracy": float((labels == predicted).mean()),
        **_f1_scores(labels, predicted),
        "samples_f1": sk.f1_score(labels, predicted, average="samples", zero_division=0),
    }
    decidable = [index for index in range(labels.shape[1]) if 0 < labels[:, index].mean() < 1]
    if decidable:
        areas = [sk.roc_auc_score(labels[:, index], probabilities[:, index]) for index in decidable]
        results["roc_auc"] = float(np.mean(areas))
    return {name: float(value) for name, value in results.items()}


def regression_metrics(predictions: np.ndarray, labels: np.ndarray) -> dict[str, float]:
    """Metrics of regression.

    Args:
        predictions: `(num_texts, 1)` or `(num_texts,)`.
        labels: `(num_texts,)`.

    Returns:
        Mean squared and absolute error, their root, R2, Pearson and Spearman correlation (if neither is constant).
    """
    predictions, labels = predictions.reshape(-1), labels.reshape(-1)
    squared = sk.mean_squared_error(labels, predictions)
    results = {"mse": squared, "rmse": math.sqrt(squared), "mae": sk.mean_absolute_error(labels, predictions)}
    if np.ptp(labels) > 0:
        results["r2"] = sk.r2_score(labels, predictions)
        if np.ptp(predictions) > 0:
            results["pearson"] = np.corrcoef(predictions, labels)[0, 1]
            results["spearman"] = np.corrcoef(_ranks(predictions), _ranks(labels))[0, 1]
    return {name: float(value) for name, value in results.items()}


def calibration_error(probabilities: np.ndarray, labels: np.ndarray, num_bins: int = 15) -> float:
    """Expected calibration error (Guo et al. 2017): mean gap of confidence and accuracy over equal-width bins.

    Args:
        probabilities: `(num_texts, num_labels)`.
        labels: `(num_texts,)` ids.
        num_bins: number of confidence bins.

    Returns:
        The error, from 0 (perfectly calibrated) to 1.

    Examples:
    ```python
    >>> import numpy as np
    >>> calibration_error(np.array([[0.9, 0.1], [0.9, 0.1]]), np.array([0, 0])).__round__(3)
    0.1

    ```
    """
    confidence = probabilities.max(axis=-1)
    right = probabilities.argmax(axis=-1) == labels
    bins = np.minimum((confidence * num_bins).astype(int), num_bins - 1)
    gaps = [abs(confidence[bins == b].mean() - right[bins == b].mean()) * (bins == b).mean() for b in np.unique(bins)]
    return float(sum(gaps))


def _f1_scores(labels: np.ndarray, predicted: np.ndarray, ids: list[int] | None = None) -> dict[str, float]:
    options = {"labels": ids, "zero_division": 0}
    scores = {f"{average}_f1": sk.f1_score(labels, predicted, average=average, **options) for average in AVERAGES}
    scores["macro_precision"] = sk.precision_score(labels, predicted, average="macro", **options)
    scores["macro_recall"] = sk.recall_score(labels, predicted, average="macro", **options)
    return scores


def _ranks(values: np.ndarray) -> np.ndarray:
    """Ranks from 1, the mean rank for equal values."""
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = counts.cumsum()
    return (last - (counts - 1) / 2)[inverse]
