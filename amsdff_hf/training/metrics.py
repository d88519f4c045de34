# Copyright 2026 The amsdff_hf authors. Licensed under the Apache License, Version 2.0.
"""Metrics for the three problem types, computed offline by scikit-learn."""

import math
from collections.abc import Callable, Sequence

import numpy as np
from sklearn import metrics as sk

from ..models.losses import IGNORED_LABEL


_AVERAGES = ("macro", "micro", "weighted")


def to_probabilities(logits: np.ndarray, problem_type: str) -> np.ndarray:
    """Turn logits `(num_texts, num_labels)` into what a pipeline shows: softmax, sigmoid or the numbers themselves."""
    logits = np.asarray(logits, dtype=np.float64)
    if problem_type == "regression":
        return logits
    if problem_type == "multi_label_classification":
        return 0.5 * (1 + np.tanh(logits / 2))
    exponentials = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return exponentials / exponentials.sum(axis=-1, keepdims=True)


def predicted_labels(
    probabilities: np.ndarray, problem_type: str, thresholds: Sequence[float] | None = None
) -> np.ndarray:
    """Decide: the likeliest id `(num_texts,)`, zeros and ones `(num_texts, num_labels)`, or the number `(num_texts,)`.

    Args:
        probabilities: `(num_texts, num_labels)`, see [`to_probabilities`].
        problem_type: as in the model's configuration.
        thresholds: one per label in multi-label classification; 0.5 if not given.
    """
    if problem_type == "regression":
        return probabilities.reshape(-1)
    if problem_type == "multi_label_classification":
        return (probabilities >= np.asarray(0.5 if thresholds is None else thresholds)).astype(int)
    return probabilities.argmax(axis=-1)


def readable_labels(predicted: np.ndarray, problem_type: str, names: Sequence[str]) -> list[str]:
    """Write decisions as people read them: a name, names separated by semicolons, or a number.

    Args:
        predicted: as [`predicted_labels`] returns it.
        problem_type: as in the model's configuration.
        names: names of the labels.
    """
    if problem_type == "regression":
        return [f"{value:.6g}" for value in predicted]
    if problem_type == "multi_label_classification":
        return [";".join(name for name, one in zip(names, row, strict=True) if one) for row in predicted]
    return [names[index] for index in predicted]


def own_metric_names(problem_type: str) -> list[str]:
    """Names of the metrics that [`label_metrics`] computes for a problem type."""
    if problem_type == "regression":
        return ["mae", "mse", "pearson", "r2", "rmse", "spearman"]
    own = {"multi_label_classification": ["label_accuracy", "samples_f1"]}.get(
        problem_type, ["balanced_accuracy", "calibration_error", "matthews_correlation"]
    )
    averaged = [f"{average}_f1" for average in _AVERAGES]
    return sorted(["accuracy", "macro_precision", "macro_recall", "roc_auc", *averaged, *own])


def check_metric_name(name: str, problem_type: str) -> None:
    """Refuse a `--metric_for_best_model` that no evaluation will report.

    Args:
        name: with or without the prefix `eval_`.
        problem_type: what [`label_metrics`] will be asked for.

    Raises:
        ValueError: with the names that there are.
    """
    known = ["loss", *own_metric_names(problem_type)]
    if name.removeprefix("eval_") not in known:
        raise ValueError(f"--metric_for_best_model must be one of {', '.join(known)}, got {name!r}.")


def label_metrics(
    probabilities: np.ndarray,
    labels: np.ndarray,
    problem_type: str,
    thresholds: Sequence[float] | None = None,
    further: Callable[[np.ndarray, np.ndarray], dict[str, float]] | None = None,
) -> dict[str, float]:
    """Compute the metrics of a problem type on the texts that have a label.

    Args:
        probabilities: `(num_texts, num_labels)`, see [`to_probabilities`].
        labels: `(num_texts,)` ids or numbers, or `(num_texts, num_labels)` zeros and ones; -100 or NaN if missing.
        problem_type: as in the model's configuration.
        thresholds: one per label in multi-label classification; 0.5 if not given.
        further: a function of decisions and labels that computes more, as [`load_evaluate_metric`] returns it.

    Returns:
        Names and values; empty if no text has a label.
    """
    labels = np.asarray(labels)
    missing = np.isnan(labels) if problem_type == "regression" else labels == IGNORED_LABEL
    kept = ~missing.reshape(len(labels), -1).any(axis=1)
    if not kept.any():
        return {}
    probabilities, labels = probabilities[kept], labels[kept]
    if problem_type == "regression":
        metrics = regression_metrics(probabilities, labels)
    elif problem_type == "multi_label_classification":
        metrics = multi_label_metrics(probabilities, labels, thresholds)
    else:
        metrics = classification_metrics(probabilities, labels)
    if further is not None:
        metrics.update(further(predicted_labels(probabilities, problem_type, thresholds), labels))
    return metrics


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
    predicted = predicted_labels(probabilities, "multi_label_classification", thresholds)
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


def per_class_metrics(
    probabilities: np.ndarray,
    labels: np.ndarray,
    names: Sequence[str],
    problem_type: str,
    thresholds: Sequence[float] | None = None,
) -> dict[str, dict[str, float]]:
    """Precision, recall, F1 and number of texts of each label, by its name; arguments as in [`label_metrics`]."""
    labels = np.asarray(labels)
    kept = (labels != IGNORED_LABEL).reshape(len(labels), -1).all(axis=1)
    probabilities, labels = probabilities[kept], labels[kept].astype(int)
    predicted = predicted_labels(probabilities, problem_type, thresholds)
    columns = sk.precision_recall_fscore_support(
        labels, predicted, labels=list(range(len(names))), average=None, zero_division=0
    )
    return {
        name: {"precision": float(p), "recall": float(r), "f1": float(f1), "texts": int(count)}
        for name, p, r, f1, count in zip(names, *columns, strict=True)
    }


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
    scores = {f"{average}_f1": sk.f1_score(labels, predicted, average=average, **options) for average in _AVERAGES}
    scores["macro_precision"] = sk.precision_score(labels, predicted, average="macro", **options)
    scores["macro_recall"] = sk.recall_score(labels, predicted, average="macro", **options)
    return scores


def _ranks(values: np.ndarray) -> np.ndarray:
    """Ranks from 1, the mean rank for equal values."""
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = counts.cumsum()
    return (last - (counts - 1) / 2)[inverse]
