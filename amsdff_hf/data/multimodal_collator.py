# Copyright 2026 The amsdff_hf authors. Licensed under the Apache License, Version 2.0.
"""Batches of texts with audio and vision."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch

from ..models.processing_amccl import AmcclProcessor
from .labels import LABELS


@dataclass
class MultimodalCollator:
    """Makes a batch of rows with `text`, `audio`, `vision` and `labels`; whatever is missing in a row is `None` there.

    The Trainer has to keep these columns: `remove_unused_columns=False`.

    Args:
        processor: tokenizer and feature extractor.
        max_length: longest text in tokens.
    """

    processor: AmcclProcessor
    max_length: int | None = None

    def __call__(self, rows: Sequence[Mapping[str, Any]]) -> dict[str, torch.Tensor]:
        """Return the inputs of the model, with `labels` where all rows have some."""
        there = {name for row in rows for name in row}
        columns = {name: [row.get(name) for row in rows] for name in ("audio", "vision") if name in there}
        batch = dict(self.processor([row.get("text") for row in rows], max_length=self.max_length, **columns))
        if all(row.get(LABELS) is not None for row in rows):
            batch["labels"] = torch.tensor([row[LABELS] for row in rows])
        return batch
