# Copyright 2026 The amsdff_hf authors. Licensed under the Apache License, Version 2.0.
"""The heads that `benchmark_accuracy.py` knows: baselines, architectures, and AMSDFF without each of its parts.

Those whose name ends in `-windows` read several windows of a text that is longer than one.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from baseline_heads import BaselineForSequenceClassification
from torch import nn
from transformers import PreTrainedModel

from amsdff_hf import (
    AmsdffForSequenceClassification,
    CnnBilstmForSequenceClassification,
    PyramidGraphForSequenceClassification,
)


DIFFERENTIAL = {"fraction": 0.25}
BASELINES = ("attention", "bigru", "bilstm", "cnn", "linear-first", "linear-max", "linear-mean", "linear-mean-max")
AMSDFF = AmsdffForSequenceClassification.from_backbone


class NoSelfAttention(nn.Module):
    """In the place of the self-attention over the scales: the scales as they are."""

    def forward(self, hidden_states: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """Return `(batch_size, sequence_length, hidden_size)` unchanged."""
        return hidden_states


class NoExperts(nn.Module):
    """In the place of the experts: the tokens as they are."""

    def forward(self, hidden_states: torch.Tensor, mask: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Return `(batch_size, sequence_length, hidden_size)` unchanged, and one gate that is open."""
        return hidden_states, hidden_states.new_ones(hidden_states.shape[0], 1)


def without_self_attention(*args: Any, **kwargs: Any) -> PreTrainedModel:
    """Build AMSDFF without self-attention, which no option leaves out; for measuring, not for saving."""
    model = AMSDFF(*args, **kwargs)
    model.classifier.trunk.multi_scale.attention = NoSelfAttention()
    return model


def without_experts(*args: Any, **kwargs: Any) -> PreTrainedModel:
    """Build AMSDFF without experts, of which every option keeps one; for measuring, not for saving."""
    model = AMSDFF(*args, **kwargs)
    model.classifier.trunk.fusion = NoExperts()
    return model


HEADS: dict[str, Callable[..., PreTrainedModel]] = {
    **{kind: partial(BaselineForSequenceClassification.from_backbone, kind=kind) for kind in BASELINES},
    "amsdff": AMSDFF,
    "paper": partial(AMSDFF, variant="paper"),
    "paper-ce": partial(AMSDFF, variant="paper", loss_weights=(1, 0, 0)),
    "mixed-loss": partial(AMSDFF, loss_weights=(0.4, 0.4, 0.2)),
    "last-level": partial(AMSDFF, levels="last"),
    "no-direct-way": partial(AMSDFF, direct_pooling=()),
    "one-scale": partial(AMSDFF, scales=(1,)),
    "no-self-attention": without_self_attention,
    "no-experts": without_experts,
    "three-experts": partial(AMSDFF, num_experts=3),
    "no-fusion-residual": partial(AMSDFF, fusion_residual=False),
    "mean-pooling": partial(AMSDFF, pooling=("mean",)),
    "amsdff-differential": partial(AMSDFF, differential_attention=DIFFERENTIAL),
    "linear-windows": partial(BaselineForSequenceClassification.from_backbone, kind="linear-mean-max"),
    "amsdff-windows": AMSDFF,
    "pyramid_graph": partial(PyramidGraphForSequenceClassification.from_backbone, loss_weights=(1, 0, 0)),
    "cnn_bilstm": partial(CnnBilstmForSequenceClassification.from_backbone, loss_weights=(1, 0, 0)),
}
