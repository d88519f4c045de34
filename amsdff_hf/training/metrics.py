# Copyright 2026 The amsdff_hf authors. Licensed under the Apache License, Version 2.0.
"""Metrics for the three problem types: what is predicted, and how right it is."""

from collections.abc import Callable, Sequence

import numpy as np
from sklearn import metrics as sk

from ..models.losses import IGNORED_LABEL
from .scores import AVERAGES, classification_metrics, multi_label_metrics, regression_metrics


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


def readable_truth(labels: np.ndarray, problem_type: str, names: Sequence[str]) -> list[str]:
    """Write true labels as people read them, numbers as they are.

    Args:
        labels: encoded labels as in [`label_metrics`].
        problem_type: as in the model's configuration.
        names: names of the labels.

    Returns:
        One text for each label; empty where it is not known and, with several labels per text, where none applies.

    Examples:
    ```python
    >>> readable_truth(np.array([1, -100, 0]), "single_label_classification", ["no", "yes"])
    ['yes', '', 'no']

    ```
    """
    known = has_label(labels, problem_type)
    if problem_type == "regression":
        told = (np.format_float_positional(value, trim="-") for value in labels[known])
    else:
        told = iter(readable_labels(labels[known], problem_type, names))
    return [next(told) if is_known else "" for is_known in known]


def has_label(labels: np.ndarray, problem_type: str) -> np.ndarray:
    """Return which texts have a label, `(num_texts,)`, among encoded labels, -100 or NaN if missing."""
    missing = np.isnan(labels) if problem_type == "regression" else labels == IGNORED_LABEL
    return ~missing.reshape(len(labels), -1).any(axis=1)


def own_metric_names(problem_type: str) -> list[str]:
    """Names of the metrics that [`label_metrics`] computes for a problem type."""
    if problem_type == "regression":
        return ["mae", "mse", "pearson", "r2", "rmse", "spearman"]
    own = {"multi_label_classification": ["label_accuracy", "samples_f1"]}.get(
        problem_type, ["balanced_accuracy", "calibration_error", "matthews_correlation"]
    )
    averaged = [f"{average}_f1" for average in AVERAGES]
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
    kept = has_label(labels, problem_type)
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


def per_class_metrics(
    probabilities: np.ndarray,
    labels: np.ndarray,
    names: Sequence[str],
    problem_type: str,
    thresholds: Sequence[float] | None = None,
) -> dict[str, dict[str, float]]:
    """Precision, recall, F1 and number of texts of each label, by its name; arguments as in [`label_metrics`]."""
    labels = np.asarray(labels)
    kept = has_label(labels, problem_type)
    probabilities, labels = probabilities[kept], labels[kept].astype(int)
    predicted = predicted_labels(probabilities, problem_type, thresholds)
    columns = sk.precision_recall_fscore_support(
        labels, predicted, labels=list(range(len(names))), average=None, zero_division=0
    )
    return {
        name: {"precision": float(p), "recall": float(r), "f1": float(f1), "texts": int(count)}
        for name, p, r, f1, count in zip(names, *columns, strict=True)
    }
