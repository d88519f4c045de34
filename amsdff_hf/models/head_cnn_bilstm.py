# Copyright 2026 The amsdff_hf authors. Licensed under the Apache License, Version 2.0.
"""The head of the two-field CNN-BiLSTM: one branch for titles, one for abstracts, joined by gates.

The layers follow the published network with its defects mended: the recurrence ends with each text and not with the
longest, no mean, softmax or norm sees padding, and even kernels keep the length.
"""

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import nn
from transformers import initialization as init

from .bidirectional_lstm import BidirectionalLstm
from .configuration_cnn_bilstm import CnnBilstmConfig
from .layers import Pooled, SelfAttention
from .masking import masked_mean, masked_softmax, real_tokens, weighted_sum, zero_padding
from .text_fields import cut_field, field_masks


class FieldFeatures(NamedTuple):
    """What a branch makes of its text: token features, their mask, and the vector with the weights behind it."""

    tokens: torch.Tensor
    pooled: Pooled


class TitleBranch(nn.Module):
    """BiLSTM, self-attention with a residual LayerNorm, and the mean."""

    def __init__(self, config: CnnBilstmConfig):
        super().__init__()
        self.input_dropout = nn.Dropout(config.input_dropout)
        self.bilstm = BidirectionalLstm(config.hidden_size, config.lstm_hidden_size)
        self.lstm_dropout = nn.Dropout(config.lstm_dropout)
        self.attention = SelfAttention(config.first_width, config.num_lstm_heads, config.head_attention_dropout)
        self.norm = nn.LayerNorm(config.first_width)

    def forward(self, hidden_states: torch.Tensor, mask: torch.Tensor, need_weights: bool = False) -> FieldFeatures:
        """Read `(batch_size, field_length, hidden_size)`; a token's weight is the attention that it receives."""
        states = self.lstm_dropout(self.bilstm(self.input_dropout(hidden_states), mask))
        tokens = self.norm(states + self.attention(states, mask))
        weights = self.attention.received(states, mask) if need_weights else None
        return FieldFeatures(tokens, Pooled(masked_mean(tokens, mask), weights))


class TokenLayerNorm(nn.LayerNorm):
    """LayerNorm of each token."""

    def forward(self, hidden_states: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """Keep the shape `(batch_size, sequence_length, width)`."""
        return super().forward(hidden_states)


class TokenBatchNorm(nn.BatchNorm1d):
    """BatchNorm (Ioffe and Szegedy 2015) over the real tokens of the batch.

    In evaluation, and for a batch of a single token, which has no variance, the running statistics serve.
    """

    def forward(self, hidden_states: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """Keep the shape `(batch_size, sequence_length, width)`; what stands at padding has no meaning."""
        if not self.training or mask.sum() == 1:
            statistics = self.running_mean, self.running_var, self.weight, self.bias
            return F.batch_norm(hidden_states.transpose(1, 2), *statistics, eps=self.eps).transpose(1, 2)
        normed = torch.zeros_like(hidden_states)
        normed[mask] = super().forward(hidden_states[mask]).to(normed.dtype)
        return normed


NORMS = {"layer": TokenLayerNorm, "batch": TokenBatchNorm}


class TokenConv1d(nn.Conv1d):
    """Convolution over the tokens that keeps their number, with an even kernel too."""

    def initialize_parameters(self) -> None:
        """Initialize as layers before a ReLU (He et al. 2015)."""
        init.kaiming_normal_(self.weight, nonlinearity="relu")
        init.zeros_(self.bias)

    def forward(self, hidden_states: torch.Tensor) -> torch.Tensor:
        """Map `(batch_size, sequence_length, in_channels)` to `(batch_size, sequence_length, out_channels)`."""
        before = (self.kernel_size[0] - 1) // 2
        padded = F.pad(hidden_states.transpose(1, 2), (before, self.kernel_size[0] - 1 - before))
        return super().forward(padded).transpose(1, 2)


class ResidualConvBlock(nn.Module):
    """Two convolutions of one width with a linear shortcut around them."""

    def __init__(self, config: CnnBilstmConfig, kernel_size: int):
        super().__init__()
        norm = NORMS[config.conv_norm]
        self.first_filter = TokenConv1d(config.hidden_size, config.num_filters, kernel_size)
        self.first_norm = norm(config.num_filters)
        self.dropout = nn.Dropout(config.conv_dropout)
        self.second_filter = TokenConv1d(config.num_filters, config.num_filters, kernel_size)
        self.second_norm = norm(config.num_filters)
        self.shortcut_map = nn.Linear(config.hidden_size, config.num_filters)

    def forward(self, hidden_states: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """Map `(batch_size, field_length, hidden_size)`, zero at padding, to `(..., num_filters)`."""
        inner = self.dropout(F.relu(self.first_norm(self.first_filter(hidden_states), mask)))
        inner = self.second_norm(self.second_filter(zero_padding(inner, mask)), mask)
        return F.relu(inner + self.shortcut_map(hidden_states))


class AbstractBranch(nn.Module):
    """Convolutions of several widths side by side, and attention of several heads that sums them up."""

    def __init__(self, config: CnnBilstmConfig):
        super().__init__()
        width = config.second_width
        self.input_dropout = nn.Dropout(config.input_dropout)
        self.blocks = nn.ModuleList(ResidualConvBlock(config, size) for size in config.conv_kernel_sizes)
        self.token_scores = nn.Linear(width, config.num_pooling_heads)
        self.pooling_map = nn.Linear(width, width)
        self.norm = nn.LayerNorm(width)

    def forward(self, hidden_states: torch.Tensor, mask: torch.Tensor, need_weights: bool = False) -> FieldFeatures:
        """Read `(batch_size, field_length, hidden_size)`; the weights are the mean of the heads."""
        hidden_states = zero_padding(self.input_dropout(hidden_states), mask)
        tokens = torch.cat([block(hidden_states, mask) for block in self.blocks], dim=-1)
        scores = self.token_scores(tokens).transpose(1, 2)
        # The mean of the heads' sums is the sum under the mean of their weights.
        weights = masked_softmax(scores, mask.unsqueeze(1)).mean(dim=1)
        vector = weighted_sum(weights, tokens)
        vector = self.norm(self.pooling_map(vector) + vector)
        return FieldFeatures(tokens, Pooled(vector, weights if need_weights else None))


class GatedFusion(nn.Module):
    """A gate for each feature of either text, from the features of both, and a LayerNorm."""

    def __init__(self, config: CnnBilstmConfig):
        super().__init__()
        self.widths = [config.first_width, config.second_width]
        self.field_gates = nn.Linear(config.fused_width, config.fused_width)
        self.norm = nn.LayerNorm(config.fused_width)

    def forward(self, first: torch.Tensor, second: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Fuse the vectors of both texts.

        Args:
            first: `(batch_size, first_width)`.
            second: `(batch_size, second_width)`.

        Returns:
            The fused vector `(batch_size, fused_width)`, and the share of each text in the mean opening of the gates,
            `(batch_size, 2)`.
        """
        joined = torch.cat([first, second], dim=-1)
        gates = self.field_gates(joined).sigmoid()
        openings = torch.stack([part.float().mean(dim=-1) for part in gates.split(self.widths, dim=-1)], dim=-1)
        tiny = torch.finfo(openings.dtype).tiny
        return self.norm(joined * gates), openings / openings.sum(dim=-1, keepdim=True).clamp(min=tiny)


class CnnBilstmFeatures(NamedTuple):
    """What the trunk computes; the fields are those of [`CnnBilstmModelOutput`]."""

    last_hidden_state: torch.Tensor | None
    pooler_output: torch.Tensor
    token_weights: torch.Tensor | None
    field_weights: torch.Tensor | None


class CnnBilstmTrunk(nn.Module):
    """From the token vectors of a pair of texts to one vector."""

    def __init__(self, config: CnnBilstmConfig):
        super().__init__()
        self.title = TitleBranch(config)
        self.abstract = AbstractBranch(config)
        self.fusion = GatedFusion(config)

    def forward(
        self,
        hidden_states: torch.Tensor,
        attention_mask: torch.Tensor | None = None,
        explain: bool = False,
        token_type_ids: torch.Tensor | None = None,
        with_tokens: bool = True,
    ) -> CnnBilstmFeatures:
        """Read the token vectors of pairs.

        Args:
            hidden_states: `(batch_size, sequence_length, hidden_size)`.
            attention_mask: `(batch_size, sequence_length)`, zero at padding.
            explain: also return the weights of tokens and texts.
            token_type_ids: `(batch_size, sequence_length)`; see [`field_masks`].
            with_tokens: also return the token features, which a classifier has no use for.
        """
        hidden_states, mask = real_tokens(hidden_states, attention_mask)
        fields = [cut_field(hidden_states, field_mask) for field_mask in field_masks(mask, token_type_ids)]
        branches = self.title, self.abstract
        read = [branch(*field[:2], explain) for branch, field in zip(branches, fields, strict=True)]
        vector, shares = self.fusion(*(features.pooled.vector for features in read))
        token_weights = None
        if explain:
            each = [field.put_back(features.pooled.weights) for field, features in zip(fields, read, strict=True)]
            token_weights = (torch.stack(each, dim=-1) * shares.unsqueeze(1)).sum(dim=-1)
        tokens = None
        if with_tokens:
            each = [field.put_back(features.tokens) for field, features in zip(fields, read, strict=True)]
            tokens = torch.cat(each, dim=-1)
        return CnnBilstmFeatures(
            last_hidden_state=tokens,
            pooler_output=vector,
            token_weights=token_weights,
            field_weights=shares if explain else None,
        )


class CnnBilstmClassificationHead(nn.Module):
    """The whole head, all that is trained from scratch: trunk, a hidden layer and the last projection."""

    def __init__(self, config: CnnBilstmConfig):
        super().__init__()
        self.trunk = CnnBilstmTrunk(config)
        self.input_norm = nn.LayerNorm(config.fused_width)
        self.dropout = nn.Dropout(config.classifier_dropout)
        self.hidden_map = nn.Linear(config.fused_width, config.classifier_hidden_size)
        self.norm = nn.LayerNorm(config.classifier_hidden_size)
        self.label_scores = nn.Linear(config.classifier_hidden_size, config.num_labels)

    def forward(
        self,
        hidden_states: torch.Tensor,
        attention_mask: torch.Tensor | None = None,
        explain: bool = False,
        token_type_ids: torch.Tensor | None = None,
    ) -> tuple[torch.Tensor, CnnBilstmFeatures]:
        """Return the logits `(batch_size, num_labels)` and the features they come from."""
        features = self.trunk(hidden_states, attention_mask, explain, token_type_ids, with_tokens=False)
        inner = F.relu(self.hidden_map(self.dropout(self.input_norm(features.pooler_output))))
        return self.label_scores(self.dropout(self.norm(inner))), features


__all__ = ["CnnBilstmClassificationHead", "CnnBilstmFeatures", "CnnBilstmTrunk"]
