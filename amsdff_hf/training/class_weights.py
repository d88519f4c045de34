# Copyright 2026 The amsdff_hf authors. Licensed under the Apache License, Version 2.0.
"""Class weights that give every label the same say."""

from collections.abc import Sequence

import numpy as np


def balanced_class_weights(labels: np.ndarray, problem_type: str, names: Sequence[str]) -> list[float]:
    """Weigh labels against their frequency.

    Args:
        labels: `(num_texts,)` ids, or `(num_texts, num_labels)` zeros and ones.
        problem_type: single-label or multi-label classification.
        names: names of the labels.

    Returns:
        Single-label: `num_texts / (num_labels * count)`, whose mean over the texts is 1. Multi-label: texts without
        the label over texts with it.

    Raises:
        ValueError: in regression, or if a label has no text.

    Examples:
    ```python
    >>> import numpy as np
    >>> balanced_class_weights(np.array([0, 0, 0, 1]), "single_label_classification", ["no", "yes"])
    [0.6666666666666666, 2.0]

    ```
    """
    if problem_type == "regression":
        raise ValueError("--class_weights balanced is for classification; the labels are numbers.")
    is_multi = problem_type == "multi_label_classification"
    labels = np.asarray(labels)
    counts = labels.sum(axis=0) if is_multi else np.bincount(labels, minlength=len(names))
    absent = [name for name, count in zip(names, counts, strict=True) if count == 0]
    if absent:
        raise ValueError(f"--class_weights balanced needs a training text for every label; none has {absent}.")
    weights = (len(labels) - counts) / counts if is_multi else len(labels) / (len(names) * counts)
    return [float(weight) for weight in weights]
