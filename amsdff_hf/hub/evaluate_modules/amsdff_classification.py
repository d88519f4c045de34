# Copyright 2026 The amsdff_hf authors. Licensed under the Apache License, Version 2.0.
"""Classification from scores: accuracy, F1, Matthews correlation, ROC-AUC and calibration error."""

import datasets
import evaluate
import numpy as np

from .scores import classification_metrics


_DESCRIPTION = """
Accuracy, balanced accuracy, macro, micro and weighted F1, macro precision and recall, Matthews correlation,
one-versus-rest ROC-AUC (if every label occurs) and the expected calibration error (15 bins of equal width).
"""
_INPUTS = """
Args:
    predictions: probabilities of all labels for each text.
    references: ids of the right labels.
"""


class AmsdffClassification(evaluate.Metric):
    """Scores of texts with one label each."""

    def _info(self) -> evaluate.MetricInfo:
        return evaluate.MetricInfo(
            description=_DESCRIPTION,
            citation="",
            inputs_description=_INPUTS,
            features=datasets.Features(
                {"predictions": datasets.Sequence(datasets.Value("float64")), "references": datasets.Value("int64")}
            ),
        )

    def _compute(self, predictions: list[list[float]], references: list[int]) -> dict[str, float]:
        return classification_metrics(np.asarray(predictions), np.asarray(references))
