# Copyright 2026 The amsdff_hf authors. Licensed under the Apache License, Version 2.0.
"""From the sequence of one modality (text, audio, vision) to its vectors, or to what stands in for a missing one."""

import math
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import nn
from transformers import initialization as init

from .configuration_amccl import AmcclConfig
from .layers import SelfAttention
from .masking import masked_mean, real_tokens
from .padding import front_positions, move_to_front


class ModalityFeatures(NamedTuple):
    """What a branch makes of its modality.

    Args:
        vector: `(batch_size, fusion_size)`.
        skip: `(batch_size, fusion_size)`, from the mean over time.
        present: boolean `(batch_size,)`, false where the modality is missing.
    """

    vector: torch.Tensor
    skip: torch.Tensor
    present: torch.Tensor


class SkipNet(nn.Module):
    """The way around the fusion: from the mean over time through a narrow layer to gates.

    Args:
        size (`int`): width of the features.
        reduction (`int`): the inner layer is so many times narrower, one feature at least.
        width (`int`): width of the result.
    """

    def __init__(self, size: int, reduction: int, width: int):
        super().__init__()
        self.narrow_map = nn.Linear(size, max(1, size // reduction))
        self.wide_map = nn.Linear(max(1, size // reduction), width, bias=False)

    def forward(self, mean: torch.Tensor) -> torch.Tensor:
        """Map `(batch_size, size)` to `(batch_size, width)`, each number from 0 to 1."""
        return self.wide_map(F.relu(self.narrow_map(mean))).sigmoid()


class EncoderLayer(nn.Module):
    """A transformer layer with the norms behind its two parts (Vaswani et al. 2017).

    Args:
        size (`int`): width of the features.
        num_heads (`int`): attention heads wanted; the largest divisor of `size` not above it is used.
        inner_size (`int`): width of the hidden layer.
        dropout (`float`): dropout on attention weights, in the hidden layer and before each addition.
    """

    def __init__(self, size: int, num_heads: int, inner_size: int, dropout: float):
        super().__init__()
        self.attention = SelfAttention(size, num_heads, dropout)
        self.attention_norm = nn.LayerNorm(size)
        self.inner_map = nn.Linear(size, inner_size)
        self.outer_map = nn.Linear(inner_size, size)
        self.output_norm = nn.LayerNorm(size)
        self.dropout = nn.Dropout(dropout)

    def forward(self, hidden_states: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """Keep the shape `(batch_size, sequence_length, size)`."""
        hidden_states = self.attention_norm(hidden_states + self.dropout(self.attention(hidden_states, mask)))
        inner = self.outer_map(self.dropout(F.relu(self.inner_map(hidden_states))))
        return self.output_norm(hidden_states + self.dropout(inner))


class BranchBase(nn.Module):
    """The end of every branch: the two vectors, with learned ones in place of a missing modality.

    Args:
        size (`int`): width of the features.
        config ([`AmcclConfig`]): the other widths.
    """

    def __init__(self, size: int, config: AmcclConfig):
        super().__init__()
        self.dropout = nn.Dropout(config.modality_dropout)
        self.vector_map = nn.Linear(size, config.fusion_size)
        self.skip = SkipNet(size, config.skip_reduction, config.fusion_size)
        self.stand_in = nn.Parameter(torch.empty(2, config.fusion_size))

    def initialize_parameters(self) -> None:
        """Initialize what stands in for a missing modality; what was loaded stays as it is."""
        init.normal_(self.stand_in, std=0.02)

    def finish(self, pooled: torch.Tensor, mean: torch.Tensor, present: torch.Tensor) -> ModalityFeatures:
        """Turn what was read into the two vectors.

        Args:
            pooled: `(batch_size, size)`, of one step or token.
            mean: `(batch_size, size)`, over time.
            present: boolean `(batch_size,)`.
        """
        vector, skip = F.relu(self.vector_map(self.dropout(pooled))), self.skip(mean)
        is_there = present.unsqueeze(1)
        # In the dtype of the others, which autocast may have lowered.
        replaced = self.stand_in.to(vector.dtype)
        return ModalityFeatures(
            torch.where(is_there, vector, replaced[0]), torch.where(is_there, skip, replaced[1]), present
        )


class TextBranch(BranchBase):
    """Text that a backbone has encoded."""

    def __init__(self, config: AmcclConfig):
        super().__init__(config.hidden_size, config)
        self.pooling = config.text_pooling

    def forward(self, hidden_states: torch.Tensor, mask: torch.Tensor, present: torch.Tensor) -> ModalityFeatures:
        """Read `(batch_size, sequence_length, hidden_size)`."""
        mean = masked_mean(hidden_states, mask)
        weights = self.weights(mask)
        pooled = mean if weights is None else (weights.unsqueeze(-1) * hidden_states).sum(dim=1)
        return self.finish(pooled, mean, present)

    def weights(self, mask: torch.Tensor) -> torch.Tensor | None:
        """One at the first or last real token, `(batch_size, sequence_length)`; `None` for the mean."""
        if self.pooling == "mean":
            return None
        counted = mask.cumsum(dim=1)
        position = torch.ones_like(counted) if self.pooling == "cls" else counted[:, -1:]
        return ((counted == position) & mask).to(self.vector_map.weight.dtype)


class SequenceBranch(BranchBase):
    """Audio or vision features: sinusoidal positions, transformer layers, the last real step.

    Args:
        size (`int`): width of the features.
        num_heads (`int`): attention heads of each layer.
        config ([`AmcclConfig`]): the other widths.
    """

    def __init__(self, size: int, num_heads: int, config: AmcclConfig):
        super().__init__(size, config)
        self.size = size
        self.layers = nn.ModuleList(
            EncoderLayer(size, num_heads, config.encoder_hidden_size, config.encoder_dropout)
            for _ in range(config.num_encoder_layers)
        )

    def forward(self, values: torch.Tensor | None, mask: torch.Tensor | None, text: torch.Tensor) -> ModalityFeatures:
        """Read features.

        Args:
            values: `(batch_size, num_steps, size)`; `None` where all texts lack the modality.
            mask: `(batch_size, num_steps)`, zero at padding; a row of zeros where one text lacks it.
            text: hidden states of the texts, for batch size, dtype and device.
        """
        if values is None:
            # One step of padding, so that the same parameters take part in every batch.
            values, mask = text.new_zeros(text.shape[0], 1, self.size), text.new_zeros(text.shape[0], 1)
        values = values.to(text.dtype)
        if mask is None:
            mask = torch.ones(values.shape[:2], dtype=torch.bool, device=values.device)
        positions = front_positions(mask)
        values, mask = move_to_front(values, positions), move_to_front(mask, positions)
        present = (mask != 0).any(dim=1)
        values, mask = real_tokens(values, mask)
        hidden_states = values + sinusoidal_positions(values)
        for layer in self.layers:
            hidden_states = layer(hidden_states, mask)
        last = (mask.sum(dim=1) - 1).view(-1, 1, 1).expand(-1, 1, self.size)
        return self.finish(hidden_states.gather(1, last).squeeze(1), masked_mean(hidden_states, mask), present)


def sinusoidal_positions(values: torch.Tensor) -> torch.Tensor:
    """Position vectors of Vaswani et al. (2017), section 3.5, for `(batch_size, num_steps, size)`.

    Returns:
        `(num_steps, size)`: sines in the even features, cosines in the odd ones.
    """
    num_steps, size = values.shape[1:]
    features = torch.arange(size, device=values.device)
    rates = torch.exp(-math.log(10_000.0) * (features - features % 2).float() / size)
    angles = torch.arange(num_steps, device=values.device).unsqueeze(1) * rates
    return torch.where(features % 2 == 0, angles.sin(), angles.cos()).to(values.dtype)


__all__ = ["ModalityFeatures", "SequenceBranch", "TextBranch", "sinusoidal_positions"]
