# Copyright 2026 The amsdff_hf authors. Licensed under the Apache License, Version 2.0.
"""Where the facts of a card come from: the model itself, and what a training leaves behind."""

import math
import os
from collections.abc import Sequence

import numpy as np
from transformers import PreTrainedModel

from ..data import label_space_of
from ..models.losses import IGNORED_LABEL
from .card_facts import CardFacts, LabelFacts, MetricFacts


_EXAMPLE_LENGTH = 120
_NUM_CONFUSIONS = 5
# What the Trainer reports beside the results.
_NOT_RESULTS = ("loss", "samples", "truncated_share")
_NOT_RESULTS_ENDINGS = ("_delta", "_per_second", "_time", "runtime")


def facts_of_model(model: PreTrainedModel) -> CardFacts:
    """Tell what a model knows about itself: architecture, labels and size."""
    config = model.config
    backbone = getattr(model, "backbone", None)
    is_plain = backbone is None
    space = label_space_of(config)
    backbone_config = config if is_plain else config.backbone_config
    names = [] if space.problem_type == "regression" else [str(name) for name in space.names]
    name_or_path = backbone_config._name_or_path
    return CardFacts(
        model_type="plain" if is_plain else config.model_type,
        backbone_type=backbone_config.model_type,
        # A folder is no name that anybody else could look up.
        base_model=name_or_path if name_or_path and not os.path.exists(name_or_path) else None,
        problem_type=space.problem_type,
        labels=[LabelFacts(name) for name in names],
        takes_pairs=bool(getattr(config, "text_pairs", False)),
        parameters=sum(parameter.numel() for parameter in model.parameters()),
        backbone_parameters=None if is_plain else sum(parameter.numel() for parameter in backbone.parameters()),
    )


def describe_labels(
    names: Sequence[str], texts: Sequence[str], labels: np.ndarray, problem_type: str
) -> list[LabelFacts]:
    """Count the training texts of each label, and pick a short one as its example.

    Args:
        names: names of the labels.
        texts: training texts.
        labels: `(num_texts,)` ids or `(num_texts, num_labels)` zeros and ones; -100 where unknown.
        problem_type: as in the model's configuration.

    Returns:
        One for each label; none for regression.
    """
    if problem_type == "regression":
        return []
    has_label = np.asarray(labels)
    if problem_type == "single_label_classification":
        has_label = has_label[:, None] == np.arange(len(names))
    described = []
    for index, name in enumerate(names):
        rows = np.flatnonzero(has_label[:, index] == 1).tolist()
        # Cut texts say little: the first that is short enough, or else the beginning of the first.
        short = next((texts[row] for row in rows if len(texts[row]) <= _EXAMPLE_LENGTH), None)
        example = short or (f"{texts[rows[0]][: _EXAMPLE_LENGTH - 3]}..." if len(rows) else None)
        described.append(LabelFacts(name, len(rows), example))
    return described


def metric_facts(metrics: dict[str, float], prefix: str) -> dict[str, MetricFacts]:
    """Pick the results among what the Trainer reports of a split.

    Args:
        metrics: values by name, with the prefix of the split.
        prefix: such as `eval`.

    Returns:
        Those that are finite numbers.
    """
    found = {name.removeprefix(f"{prefix}_"): value for name, value in metrics.items() if name.startswith(prefix)}
    return {
        name: MetricFacts(float(value))
        for name, value in found.items()
        if name not in _NOT_RESULTS and not name.endswith(_NOT_RESULTS_ENDINGS) and _is_finite(value)
    }


def frequent_confusions(predicted: np.ndarray, labels: np.ndarray, names: Sequence[str]) -> list[tuple[str, str, int]]:
    """Count the errors of single-label classification: true label, predicted label, how often; the worst first."""
    wrong = (labels != IGNORED_LABEL) & (predicted != labels)
    pairs, counts = np.unique(np.stack([labels[wrong], predicted[wrong]], axis=1), axis=0, return_counts=True)
    order = np.argsort(-counts, kind="stable")[:_NUM_CONFUSIONS]
    return [(names[pairs[row][0]], names[pairs[row][1]], int(counts[row])) for row in order]


def _is_finite(value: object) -> bool:
    return isinstance(value, (int, float, np.number)) and math.isfinite(value)
