# Copyright 2026 The amsdff_hf authors. Licensed under the Apache License, Version 2.0.
"""The heads that `benchmark_accuracy.py` compares with: linear layers, recurrent networks, convolutions, attention.

They are the baselines of the source systems, on the same backbone as everything else, and trained on the plain cross
entropy. They show too how little a head of your own takes.
"""

from typing import Literal, NamedTuple

import torch
from huggingface_hub.dataclasses import strict
from torch import nn

from amsdff_hf.models import (
    AmsdffSequenceClassifierOutput,
    AttentionPooling,
    BackboneClassifierConfig,
    BackboneForSequenceClassification,
    FirstPooling,
    MaxPooling,
    MeanPooling,
    MultiPooling,
    masked_max,
    real_tokens,
    zero_padding,
)


POOLINGS = {"linear-first": FirstPooling, "linear-max": MaxPooling, "linear-mean": MeanPooling}
RECURRENT = {"bigru": nn.GRU, "bilstm": nn.LSTM}
FILTER_WIDTHS = (3, 4, 5)


@strict
class BaselineConfig(BackboneClassifierConfig):
    """Configuration of [`BaselineForSequenceClassification`].

    Args:
        kind (`str`): which head.
        width (`int`, *optional*, defaults to 128): filters of each width, or size of a recurrent state.
        head_dropout (`float`, *optional*, defaults to 0.3): dropout on the vector of the text.
    """

    model_type = "baseline"

    kind: Literal[
        "attention", "bigru", "bilstm", "cnn", "linear-first", "linear-max", "linear-mean", "linear-mean-max"
    ] = "linear-mean"
    width: int = 128
    head_dropout: float | int = 0.3
    loss_weights: list[float | int] | tuple[float | int, ...] = (1.0, 0.0, 0.0)


class RecurrentPooling(nn.Module):
    """A bidirectional network over the real tokens, and the maximum of its states."""

    def __init__(self, network: type[nn.RNNBase], hidden_size: int, width: int):
        super().__init__()
        self.network = network(hidden_size, width, batch_first=True, bidirectional=True)

    def forward(self, hidden_states: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """Pool `(batch_size, sequence_length, hidden_size)`, padded on the right."""
        lengths = mask.sum(dim=1).cpu()
        packed = nn.utils.rnn.pack_padded_sequence(hidden_states, lengths, batch_first=True, enforce_sorted=False)
        states, _ = nn.utils.rnn.pad_packed_sequence(self.network(packed)[0], batch_first=True)
        return masked_max(states, mask[:, : states.shape[1]])


class ConvolutionalPooling(nn.Module):
    """Filters of several widths over the tokens and the maximum of each (Kim 2014)."""

    def __init__(self, hidden_size: int, width: int):
        super().__init__()
        self.filters = nn.ModuleList(nn.Conv1d(hidden_size, width, size, padding="same") for size in FILTER_WIDTHS)

    def forward(self, hidden_states: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """Pool `(batch_size, sequence_length, hidden_size)`."""
        columns = zero_padding(hidden_states, mask).transpose(1, 2)
        return torch.cat([masked_max(one(columns).relu().transpose(1, 2), mask) for one in self.filters], dim=-1)


class MeanAndMax(nn.Module):
    """What goes straight to the logits in AMSDFF, alone."""

    def __init__(self, hidden_size: int):
        super().__init__()
        self.members = MultiPooling({"mean": MeanPooling(), "max": MaxPooling()}, hidden_size)

    def forward(self, hidden_states: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """Pool `(batch_size, sequence_length, hidden_size)`."""
        return torch.cat([part.vector for part in self.members(hidden_states, mask)], dim=-1)


class Features(NamedTuple):
    """What every head here computes."""

    last_hidden_state: torch.Tensor
    pooler_output: torch.Tensor


class BaselineHead(nn.Module):
    """One way to pool the token vectors, a LayerNorm, dropout and a linear layer."""

    def __init__(self, config: BaselineConfig):
        super().__init__()
        hidden_size, width = config.hidden_size, config.width
        pooled_size = hidden_size
        if config.kind in POOLINGS:
            self.pooling = POOLINGS[config.kind]()
        elif config.kind in RECURRENT:
            self.pooling, pooled_size = RecurrentPooling(RECURRENT[config.kind], hidden_size, width), 2 * width
        elif config.kind == "cnn":
            self.pooling, pooled_size = ConvolutionalPooling(hidden_size, width), len(FILTER_WIDTHS) * width
        elif config.kind == "linear-mean-max":
            self.pooling, pooled_size = MeanAndMax(hidden_size), 2 * hidden_size
        else:
            self.pooling = AttentionPooling(hidden_size, width)
        self.norm = nn.LayerNorm(pooled_size)
        self.dropout = nn.Dropout(config.head_dropout)
        self.label_scores = nn.Linear(pooled_size, config.num_labels)

    def forward(
        self, hidden_states: torch.Tensor, attention_mask: torch.Tensor | None = None, explain: bool = False
    ) -> tuple[torch.Tensor, Features]:
        """Return the logits `(batch_size, num_labels)` and the features they come from; nothing is explained."""
        hidden_states, mask = real_tokens(hidden_states, attention_mask)
        pooled = self.pooling(hidden_states, mask)
        vector = self.norm(pooled if isinstance(pooled, torch.Tensor) else pooled.vector)
        return self.label_scores(self.dropout(vector)), Features(hidden_states, vector)


class BaselineForSequenceClassification(BackboneForSequenceClassification):
    """A baseline head on any backbone."""

    config: BaselineConfig
    config_class = BaselineConfig
    head_class = BaselineHead
    output_class = AmsdffSequenceClassifierOutput
