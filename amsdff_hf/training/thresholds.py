# Copyright 2026 The amsdff_hf authors. Licensed under the Apache License, Version 2.0.
"""Decision thresholds for multi-label classification, chosen on validation data."""

import numpy as np


def tune_thresholds(probabilities: np.ndarray, labels: np.ndarray) -> list[float]:
    """Choose for each label the threshold with the best F1 on these texts.

    Args:
        probabilities: `(num_texts, num_labels)` of validation texts, never of test texts.
        labels: `(num_texts, num_labels)` zeros and ones.

    Returns:
        One threshold per label, halfway between two neighboring probabilities; 0.5 for a label that never occurs.

    Examples:
    ```python
    >>> import numpy as np
    >>> tune_thresholds(np.array([[0.0], [0.25], [0.5], [0.75]]), np.array([[0], [0], [1], [1]]))
    [0.375]

    ```
    """
    return [
        _best_threshold(scores, truth) if truth.any() else 0.5
        for scores, truth in zip(np.asarray(probabilities, dtype=np.float64).T, np.asarray(labels).T, strict=True)
    ]


def _best_threshold(scores: np.ndarray, truth: np.ndarray) -> float:
    order = np.argsort(-scores, kind="stable")
    scores, truth = scores[order], truth[order]
    num_predicted = np.arange(1, len(scores) + 1)
    f1 = 2 * truth.cumsum() / (num_predicted + truth.sum())
    # A threshold cannot cut between equal scores.
    f1[:-1][scores[:-1] == scores[1:]] = -1
    best = int(f1.argmax())
    below = scores[best + 1] if best + 1 < len(scores) else 0.0
    return float((scores[best] + below) / 2)
