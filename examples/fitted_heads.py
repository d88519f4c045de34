# Copyright 2026 The amsdff_hf authors. Licensed under the Apache License, Version 2.0.
"""Linear layers on a frozen backbone, fitted to their optimum by scikit-learn in the place of a few epochs.

They are what `benchmark_accuracy.py` calls `logistic-...`: how far a linear head can get, however long it is trained.
"""

from collections.abc import Mapping

import numpy as np
import torch
from datasets import Dataset
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from torch.utils.data import DataLoader
from transformers import PreTrainedModel

from amsdff_hf.data import LABELS, StatesCollator


# Each of them, and the head that pools for it.
FITTED = {
    "logistic-first": "linear-first",
    "logistic-mean": "linear-mean",
    "logistic-mean-max": "linear-mean-max",
}
# Inverse weights of the squared norm; they are searched where other heads search their learning rate.
STRENGTHS = (1e-3, 3e-3, 1e-2, 3e-2, 1e-1, 3e-1, 1.0)


@torch.no_grad()
def pooled_vectors(model: PreTrainedModel, rows: Dataset, collator: StatesCollator) -> np.ndarray:
    """Pool the states of texts as an untrained head does, under its LayerNorm.

    Args:
        model: a linear baseline that was not trained.
        rows: its kept states.
        collator: makes batches of them.

    Returns:
        Vectors `(num_texts, pooled_size)`.
    """
    batches = DataLoader(rows, batch_size=64, collate_fn=collator)
    moved = ({name: tensor.to(model.device) for name, tensor in batch.items()} for batch in batches)
    return np.concatenate([model.eval()(**batch).pooled_output.float().cpu().numpy() for batch in moved])


def fit_logistic_regression(
    model: PreTrainedModel, rows: Mapping[str, Dataset], collator: StatesCollator, strength: float
) -> dict[str, np.ndarray]:
    """Fit a logistic regression to the standardized vectors of the training texts.

    Args:
        model: see [`pooled_vectors`].
        rows: the kept states of each split, `train` among them.
        collator: makes batches of them.
        strength: `C` of scikit-learn, the inverse weight of the squared norm.

    Returns:
        Logarithms of the probabilities `(num_texts, num_labels)` for each of the other splits.
    """
    classifier = make_pipeline(StandardScaler(), LogisticRegression(C=strength, max_iter=2000))
    classifier.fit(pooled_vectors(model, rows["train"], collator), np.array(rows["train"][LABELS]))
    found = {}
    for role, split in rows.items():
        if role != "train":
            logits = np.full((len(split), model.config.num_labels), -np.inf, dtype=np.float64)
            # A label that no training text has is never predicted.
            logits[:, classifier.classes_] = classifier.predict_log_proba(pooled_vectors(model, split, collator))
            found[role] = logits
    return found
