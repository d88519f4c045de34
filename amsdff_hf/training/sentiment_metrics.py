# Copyright 2026 The amsdff_hf authors. Licensed under the Apache License, Version 2.0.
"""Metrics of multimodal sentiment analysis, as they are computed for CMU-MOSI, CMU-MOSEI and CH-SIMS."""

import numpy as np
import sklearn.metrics as sk


def mosi_metrics(predictions: np.ndarray, labels: np.ndarray) -> dict[str, float]:
    """Metrics of CMU-MOSI and CMU-MOSEI, whose labels go from -3 to 3.

    Args:
        predictions: `(num_texts,)` numbers.
        labels: `(num_texts,)` numbers.

    Returns:
        `accuracy_2_has0` and `f1_has0` (below 0 against 0 and above, all texts), `accuracy_2_non0` and `f1_non0`
        (below against above 0, texts with the label 0 left out), `accuracy_3`, `accuracy_5` and `accuracy_7`
        (equal after clipping to -1, -2, -3 and rounding), `mae`, and `corr` (if neither is constant). F1 is weighted.

    Examples:
    ```python
    >>> import numpy as np
    >>> metrics = mosi_metrics(np.array([2.4, -0.6, 0.4]), np.array([2.0, -1.0, 0.0]))
    >>> metrics["accuracy_7"], metrics["accuracy_2_non0"], round(metrics["mae"], 3)
    (1.0, 1.0, 0.4)

    ```
    """
    predictions, labels = _as_numbers(predictions, labels)
    metrics = _two_classes(predictions >= 0, labels >= 0, "has0")
    decided = labels != 0
    if decided.any():
        metrics |= _two_classes(predictions[decided] > 0, labels[decided] > 0, "non0")
    for classes, limit in ((3, 1.0), (5, 2.0), (7, 3.0)):
        rounded = [np.round(np.clip(values, -limit, limit)) for values in (predictions, labels)]
        metrics[f"accuracy_{classes}"] = float(np.mean(rounded[0] == rounded[1]))
    return metrics | _errors(predictions, labels)


def sims_metrics(predictions: np.ndarray, labels: np.ndarray) -> dict[str, float]:
    """Metrics of CH-SIMS, whose labels go from -1 to 1; predictions are clipped to that.

    Args:
        predictions: `(num_texts,)` numbers.
        labels: `(num_texts,)` numbers.

    Returns:
        `accuracy_2` and weighted `f1` (cut at 0: up to 0 against above), `accuracy_3` (cuts at -0.1 and 0.1),
        `accuracy_5` (cuts at -0.7, -0.1, 0.1 and 0.7), `accuracy_2_weak` (texts with labels from -0.4 to 0.4), `mae`,
        `corr` and `r2` (if neither is constant).
    """
    predictions, labels = (np.clip(values, -1.0, 1.0) for values in _as_numbers(predictions, labels))
    metrics = {"accuracy_2": sk.accuracy_score(labels > 0, predictions > 0)}
    metrics["f1"] = sk.f1_score(labels > 0, predictions > 0, average="weighted")
    for classes, cuts in ((3, [-0.1, 0.1]), (5, [-0.7, -0.1, 0.1, 0.7])):
        # A number on a cut belongs to the class below it.
        found = [np.digitize(values, cuts, right=True) for values in (predictions, labels)]
        metrics[f"accuracy_{classes}"] = float(np.mean(found[0] == found[1]))
    weak = np.abs(labels) <= 0.4
    if weak.any():
        metrics["accuracy_2_weak"] = sk.accuracy_score(labels[weak] > 0, predictions[weak] > 0)
    if np.ptp(labels) > 0:
        metrics["r2"] = sk.r2_score(labels, predictions)
    return {name: float(value) for name, value in metrics.items()} | _errors(predictions, labels)


SENTIMENT_METRICS = {"mosi": mosi_metrics, "mosei": mosi_metrics, "sims": sims_metrics}


def _as_numbers(predictions: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    predictions, labels = (np.asarray(values, dtype=np.float64).reshape(-1) for values in (predictions, labels))
    if len(predictions) != len(labels) or not len(labels):
        raise ValueError(
            f"Sentiment metrics need one prediction per label, got {len(predictions)} predictions and {len(labels)} "
            "labels."
        )
    if not (np.isfinite(predictions).all() and np.isfinite(labels).all()):
        raise ValueError("Sentiment metrics need finite numbers, but some predictions or labels are NaN or infinite.")
    return predictions, labels


def _two_classes(predicted: np.ndarray, wanted: np.ndarray, name: str) -> dict[str, float]:
    return {
        f"accuracy_2_{name}": float(sk.accuracy_score(wanted, predicted)),
        f"f1_{name}": float(sk.f1_score(wanted, predicted, average="weighted")),
    }


def _errors(predictions: np.ndarray, labels: np.ndarray) -> dict[str, float]:
    errors = {"mae": float(np.abs(predictions - labels).mean())}
    if np.ptp(labels) > 0 and np.ptp(predictions) > 0:
        errors["corr"] = float(np.corrcoef(predictions, labels)[0, 1])
    return errors
