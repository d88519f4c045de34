# Copyright 2026 The amsdff_hf authors. Licensed under the Apache License, Version 2.0.
"""The logits of many texts, from any classifier of transformers."""

import sys
from collections.abc import Sequence

import numpy as np
import torch
from tqdm.auto import tqdm
from transformers import PreTrainedModel, PreTrainedTokenizerBase


@torch.inference_mode()
def predict_logits(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    columns: Sequence[Sequence[str]],
    batch_size: int = 32,
    max_length: int | None = None,
) -> np.ndarray:
    """Predict texts, those of about the same length together.

    Args:
        model: a classifier in evaluation mode.
        tokenizer: its tokenizer.
        columns: the texts, or the first and the second texts of pairs.
        batch_size: texts per forward pass.
        max_length: longest text in tokens; what the tokenizer says if not given.

    Returns:
        Logits `(num_texts, num_labels)` in the order of the texts.
    """
    order = np.argsort([sum(map(len, row)) for row in zip(*columns, strict=True)], kind="stable")
    logits = np.empty((len(order), model.config.num_labels), dtype=np.float32)
    for start in tqdm(range(0, len(order), batch_size), leave=False, file=sys.stderr):
        rows = order[start : start + batch_size]
        texts = [[column[row] for row in rows] for column in columns]
        encoded = tokenizer(*texts, truncation=True, max_length=max_length, padding=True, return_tensors="pt")
        logits[rows] = model(**encoded.to(model.device)).logits.float().cpu().numpy()
    return logits


__all__ = ["predict_logits"]
