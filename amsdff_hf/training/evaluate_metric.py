# Copyright 2026 The amsdff_hf authors. Licensed under the Apache License, Version 2.0.
"""A further metric of the `evaluate` library, where its module can be reached."""

from collections.abc import Callable

import evaluate
import numpy as np
from transformers.utils import logging

from .metrics import own_metric_names


logger = logging.get_logger(__name__)

_AVERAGED = ("f1", "precision", "recall")


def load_evaluate_metric(
    name: str, problem_type: str, num_labels: int, cache_dir: str | None = None
) -> Callable[[np.ndarray, np.ndarray], dict[str, float]] | None:
    """Load a metric of `evaluate` by name or local folder.

    Args:
        name: name of the metric.
        problem_type: what is predicted; decides how `f1`, `precision` and `recall` are averaged.
        num_labels: number of labels.
        cache_dir: cache of `evaluate`.

    Returns:
        A function of predictions and references, or `None` if the module cannot be reached and the metric is computed
        by scikit-learn anyway.

    Raises:
        ValueError: if the module cannot be reached and nothing else computes the metric.
    """
    own_metrics = own_metric_names(problem_type)
    is_multi = problem_type == "multi_label_classification"
    try:
        metric = evaluate.load(name, "multilabel" if is_multi else None, cache_dir=cache_dir)
    except (OSError, ValueError, ConnectionError) as error:
        if name in own_metrics:
            logger.warning(f"evaluate could not load {name!r} ({error}): scikit-learn's value is reported.")
            return None
        raise ValueError(
            f"--metric_name {name!r} cannot be loaded by evaluate ({error}), and is none of the metrics computed "
            f"offline: {', '.join(own_metrics)}."
        ) from error
    options = {}
    if name in _AVERAGED and (is_multi or num_labels > 2):
        options["average"] = "micro" if is_multi else "macro"

    def compute(predictions: np.ndarray, references: np.ndarray) -> dict[str, float]:
        values = metric.compute(predictions=predictions, references=references, **options)
        if len(values) > 1:
            values["combined_score"] = float(np.mean(list(values.values())))
        return {f"evaluate_{key}": float(value) for key, value in values.items()}

    return compute
