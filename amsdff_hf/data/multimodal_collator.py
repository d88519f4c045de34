# Copyright 2026 The amsdff_hf authors. Licensed under the Apache License, Version 2.0.
"""Batches of texts with audio and vision."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch

from ..models.processing_amccl import AmcclProcessor


@dataclass
class MultimodalCollator:
    """Makes a batch of rows with `text`, `audio`, `vision` and `label`; all but the text may be missing.

    The Trainer has to keep these columns: `remove_unused_columns=False`.

    Args:
        processor: tokenizer and feature extractor.
        max_length: longest text in tokens.
    """

    processor: AmcclProcessor
    max_length: int | None = None

    def __call__(self, rows: Sequence[Mapping[str, Any]]) -> dict[str, torch.Tensor]:
        """Return the inputs of the model, with `labels` where the rows have some."""
        columns = {name: [row[name] for row in rows] for name in ("audio", "vision") if name in rows[0]}
        batch = dict(self.processor([row["text"] for row in rows], max_length=self.max_length, **columns))
        if "label" in rows[0]:
            batch["labels"] = torch.tensor([row["label"] for row in rows])
        return batch
