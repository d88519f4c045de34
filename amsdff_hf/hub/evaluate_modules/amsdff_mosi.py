# Copyright 2026 The amsdff_hf authors. Licensed under the Apache License, Version 2.0.
"""Sentiment from -3 to 3, as it is measured on CMU-MOSI and CMU-MOSEI."""

import datasets
import evaluate
import numpy as np

from .sentiment_metrics import mosi_metrics


_DESCRIPTION = """
Two-class accuracy and weighted F1 with and without neutral texts (has0, non0), accuracy in 3, 5 and 7 classes, mean
absolute error and Pearson correlation.
"""
_INPUTS = """
Args:
    predictions: numbers.
    references: numbers from -3 to 3.
"""


class AmsdffMosi(evaluate.Metric):
    """Scores of predicted sentiment."""

    def _info(self) -> evaluate.MetricInfo:
        return evaluate.MetricInfo(
            description=_DESCRIPTION,
            citation="",
            inputs_description=_INPUTS,
            features=datasets.Features(
                {"predictions": datasets.Value("float64"), "references": datasets.Value("float64")}
            ),
        )

    def _compute(self, predictions: list[float], references: list[float]) -> dict[str, float]:
        return mosi_metrics(np.asarray(predictions), np.asarray(references))
