# Copyright 2026 The amsdff_hf authors. Licensed under the Apache License, Version 2.0.
"""Any number of labels per text: subset accuracy, F1 in four averages, ROC-AUC."""

import datasets
import evaluate
import numpy as np

from .scores import multi_label_metrics


_DESCRIPTION = """
Subset accuracy, share of right decisions, macro, micro, weighted and per-text F1, macro precision and recall, and
macro ROC-AUC over the labels that occur and are absent at least once.
"""
_INPUTS = """
Args:
    predictions: probabilities of all labels for each text.
    references: zeros and ones of all labels for each text.
    thresholds: probability from which each label counts as predicted; 0.5 if not given.
"""


class AmsdffMultilabel(evaluate.Metric):
    """Scores of texts with any number of labels."""

    def _info(self) -> evaluate.MetricInfo:
        return evaluate.MetricInfo(
            description=_DESCRIPTION,
            citation="",
            inputs_description=_INPUTS,
            features=datasets.Features(
                {
                    "predictions": datasets.Sequence(datasets.Value("float64")),
                    "references": datasets.Sequence(datasets.Value("int64")),
                }
            ),
        )

    def _compute(
        self, predictions: list[list[float]], references: list[list[int]], thresholds: list[float] | None = None
    ) -> dict[str, float]:
        return multi_label_metrics(np.asarray(predictions), np.asarray(references), thresholds)
