# Copyright 2026 The amsdff_hf authors. Licensed under the Apache License, Version 2.0.
"""The confusion matrix as a picture."""

import os
from collections.abc import Sequence

import numpy as np
from sklearn import metrics as sk
from transformers.utils import logging
from transformers.utils.import_utils import is_matplotlib_available


logger = logging.get_logger(__name__)

_MOST_CELLS_WITH_NUMBERS = 25


def save_confusion_matrix(predicted: np.ndarray, labels: np.ndarray, names: Sequence[str], path: str) -> bool:
    """Draw the confusion matrix, rows as shares of the true label, with the counts as numbers.

    Args:
        predicted: `(num_texts,)` ids.
        labels: `(num_texts,)` ids.
        names: names of the labels.
        path: picture to write; its ending decides the format.

    Returns:
        Whether it was drawn: without matplotlib, one log line says what to install.
    """
    if not is_matplotlib_available():
        logger.warning(f"{os.path.basename(path)} was not drawn: `pip install matplotlib` (extra `plots`) to have it.")
        return False
    from matplotlib.figure import Figure

    counts = sk.confusion_matrix(labels, predicted, labels=list(range(len(names))))
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    size = 2.5 + 0.45 * len(names)
    figure = Figure(figsize=(max(4.5, size + 1), max(4.0, size)), layout="constrained")
    axes = figure.add_subplot()
    image = axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    figure.colorbar(image, ax=axes, label="share of the true label", shrink=0.8)
    axes.set_xticks(range(len(names)), names, rotation=45, ha="right")
    axes.set_yticks(range(len(names)), names)
    axes.set_xlabel("predicted")
    axes.set_ylabel("true")
    if len(names) <= _MOST_CELLS_WITH_NUMBERS:
        for (row, column), count in np.ndenumerate(counts):
            color = "white" if shares[row, column] > 0.5 else "black"
            axes.text(column, row, str(count), ha="center", va="center", color=color, fontsize=8)
    figure.savefig(path, dpi=150)
    return True
