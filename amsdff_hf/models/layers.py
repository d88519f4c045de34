# Copyright 2026 The amsdff_hf authors. Licensed under the Apache License, Version 2.0.
"""Building blocks shared by the heads; every one of them sees real tokens only.

Shapes are `(batch_size, sequence_length, hidden_size)` for token vectors and `(batch_size, sequence_length)` for the
boolean `mask`, which is true at real tokens and must be true somewhere in every row (see `masking.py`).
"""

import math
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import nn
from transformers import initialization as init

from .masking import masked_max, masked_softmax, may_have_padding, uniform_weights, weighted_sum


def split_width(width: int, parts: int) -> list[int]:
    """Split a width into `parts` that differ by at most one.

    Examples:
    ```python
    >>> split_width(1024, 3)
    [342, 341, 341]

    ```
    """
    return [width // parts + (index < width % parts) for index in range(parts)]


def largest_head_count(width: int, wanted: int) -> int:
    """Largest divisor of `width` that is not above `wanted`.

    Examples:
    ```python
    >>> largest_head_count(768, 8), largest_head_count(300, 8), largest_head_count(7, 4)
    (8, 6, 1)

    ```
    """
    return next(count for count in range(min(wanted, width), 0, -1) if width % count == 0)


def xavier_bound(fan_in: int, fan_out: int) -> float:
    """Bound of the uniform distribution of Glorot and Bengio (2010)."""
    return math.sqrt(6 / (fan_in + fan_out))


class Pooled(NamedTuple):
    """A pooled vector `(batch_size, width)` and, on request, the weights `(batch_size, sequence_length)` behind it."""

    vector: torch.Tensor
    weights: torch.Tensor | None


class DepthwiseConv1d(nn.Conv1d):
    """Convolution over the tokens, one filter per feature, the length kept.

    Args:
        width (`int`): number of features.
        kernel_size (`int`): odd number of tokens that a filter sees.
    """

    def __init__(self, width: int, kernel_size: int):
        super().__init__(width, width, kernel_size, padding=kernel_size // 2, groups=width)

    def forward(self, hidden_states: torch.Tensor) -> torch.Tensor:
        """Convolve `(batch_size, sequence_length, width)` and return the same shape."""
        if self.kernel_size == (1,):
            return torch.addcmul(self.bias, hidden_states, self.weight.view(-1))
        # As an image of height one in channels-last layout the tokens need not be transposed in memory: on a CPU
        # this is 30 times faster than conv1d at 8 x 128 x 768.
        image = hidden_states.transpose(1, 2).unsqueeze(2)
        # Flattened first: otherwise the gradient comes back in strides that DDP has to copy.
        filters = self.weight.flatten(1)[:, None, None]
        image = F.conv2d(image, filters, self.bias, padding=(0, self.padding[0]), groups=self.groups)
        return image.squeeze(2).transpose(1, 2)


class PackedLinear(nn.Linear):
    """Several linear maps of the same input in one matrix product, each initialized as if it stood alone.

    Args:
        in_features (`int`): width of the input.
        out_features (`int`): width of each map's output.
        num_maps (`int`): number of maps; the output is `num_maps * out_features` wide.
    """

    def __init__(self, in_features: int, out_features: int, num_maps: int):
        super().__init__(in_features, num_maps * out_features)
        self.num_maps = num_maps

    def initialize_parameters(self) -> None:
        """Initialize each map by Xavier; what was loaded from a checkpoint stays as it is."""
        bound = xavier_bound(self.in_features, self.out_features // self.num_maps)
        init.uniform_(self.weight, -bound, bound)
        init.zeros_(self.bias)


class HiddenLayer(nn.Module):
    """Linear layer, LayerNorm, GELU and dropout on the vector of the text.

    Args:
        fan_in (`int`): width of the input.
        fan_out (`int`): width of the output.
        dropout (`float`): dropout on the output.
    """

    def __init__(self, fan_in: int, fan_out: int, dropout: float):
        super().__init__()
        self.hidden_map = nn.Linear(fan_in, fan_out)
        self.norm = nn.LayerNorm(fan_out)
        self.dropout = nn.Dropout(dropout)

    def forward(self, pooled: torch.Tensor) -> torch.Tensor:
        """Map `(batch_size, fan_in)` to `(batch_size, fan_out)`."""
        return self.dropout(F.gelu(self.norm(self.hidden_map(pooled))))


class SelfAttention(nn.Module):
    """Multi-head self-attention without positions (Vaswani et al. 2017), computed by PyTorch's fused kernels.

    Args:
        width (`int`): width of the token vectors.
        num_heads (`int`): number of heads wanted; the largest divisor of `width` not above it is used.
        dropout (`float`): dropout on the attention weights.
    """

    def __init__(self, width: int, num_heads: int, dropout: float):
        super().__init__()
        self.num_heads = largest_head_count(width, num_heads)
        self.dropout = dropout
        self.fused_qkv = PackedLinear(width, width, num_maps=3)
        self.fused_output = nn.Linear(width, width)

    def forward(self, hidden_states: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """Attend from every token to the real ones; returns the shape of `hidden_states`."""
        keys = mask[:, None, None, :] if may_have_padding(mask) else None
        mixed = F.scaled_dot_product_attention(
            *self._heads(hidden_states), attn_mask=keys, dropout_p=self.dropout * self.training
        )
        return self.fused_output(mixed.transpose(1, 2).flatten(2))

    def received(self, hidden_states: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """Attention that each token receives from the real ones, averaged over these and over the heads.

        Returns:
            `(batch_size, sequence_length)`; every row sums to 1.
        """
        queries, keys, _ = self._heads(hidden_states)
        scores = queries @ keys.transpose(-1, -2) * queries.shape[-1] ** -0.5
        shares = masked_softmax(scores, mask[:, None, None, :]).mean(dim=1)
        return weighted_sum(uniform_weights(mask, shares.dtype), shares)

    def _heads(self, hidden_states: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """Queries, keys and values, each `(batch_size, num_heads, sequence_length, head_width)`."""
        heads = self.fused_qkv(hidden_states).unflatten(-1, (3, self.num_heads, -1)).permute(2, 0, 3, 1, 4)
        return heads.unbind(0)


class AttentionPooling(nn.Module):
    """Additive attention pooling (Bahdanau et al. 2015): a weight per token from `token_scores(tanh(projection(x)))`.

    Args:
        width (`int`): width of the token vectors.
        inner_width (`int`): width of the projection.
    """

    def __init__(self, width: int, inner_width: int):
        super().__init__()
        self.token_projection = nn.Linear(width, inner_width)
        # Not `score`: PEFT takes any module whose name ends so for a head of its own.
        self.token_scores = nn.Linear(inner_width, 1, bias=False)

    def forward(self, hidden_states: torch.Tensor, mask: torch.Tensor, need_weights: bool = False) -> Pooled:
        """Pool `(batch_size, sequence_length, width)`."""
        scores = self.token_scores(torch.tanh(self.token_projection(hidden_states))).squeeze(-1)
        weights = masked_softmax(scores, mask)
        return Pooled(weighted_sum(weights, hidden_states), weights if need_weights else None)


class QueryPooling(nn.Module):
    """Multi-head attention of one learned query over the tokens.

    Query token, query projection and key projection only ever meet as one product, a vector of `width` numbers per
    head, and that product is the parameter `pooling_query`: scoring costs `width * num_heads` per token and not
    `width * width`. Its initial values have the variance which the product has for a query token of unit variance
    and Xavier projections. Values are projected after the sum over the tokens, for the same reason.

    Args:
        width (`int`): width of the token vectors.
        num_heads (`int`): number of heads wanted; the largest divisor of `width` not above it is used.
        dropout (`float`): dropout on the attention weights.
    """

    def __init__(self, width: int, num_heads: int, dropout: float):
        super().__init__()
        num_heads = largest_head_count(width, num_heads)
        self.pooling_query = nn.Parameter(torch.empty(num_heads, width))
        self.value_weight = nn.Parameter(torch.empty(num_heads, width // num_heads, width))
        self.value_bias = nn.Parameter(torch.empty(num_heads, width // num_heads))
        self.dropout = nn.Dropout(dropout)

    def initialize_parameters(self) -> None:
        """Initialize the parameters; those that were loaded from a checkpoint stay as they are."""
        width = self.pooling_query.shape[-1]
        init.normal_(self.pooling_query, std=width**-0.5)
        init.uniform_(self.value_weight, -xavier_bound(width, width), xavier_bound(width, width))
        init.zeros_(self.value_bias)

    def forward(self, hidden_states: torch.Tensor, mask: torch.Tensor, need_weights: bool = False) -> Pooled:
        """Pool `(batch_size, sequence_length, width)`."""
        scores = F.linear(hidden_states, self.pooling_query).transpose(1, 2)
        weights = masked_softmax(scores, mask.unsqueeze(1))
        sums = torch.bmm(self.dropout(weights), hidden_states)
        values = torch.einsum("bnh,ndh->bnd", sums, self.value_weight) + self.value_bias
        return Pooled(values.flatten(1), weights.mean(dim=1) if need_weights else None)


class MaxPooling(nn.Module):
    """Largest value of each feature over the real tokens; a token's weight is the share of the features it holds."""

    def forward(self, hidden_states: torch.Tensor, mask: torch.Tensor, need_weights: bool = False) -> Pooled:
        """Pool `(batch_size, sequence_length, width)`; a feature with several largest values is split among them."""
        vector = masked_max(hidden_states, mask)
        if not need_weights:
            return Pooled(vector, None)
        winners = ((hidden_states == vector.unsqueeze(1)) & mask.unsqueeze(-1)).to(hidden_states.dtype)
        return Pooled(vector, (winners / winners.sum(dim=1, keepdim=True)).mean(dim=-1))


class FirstPooling(nn.Module):
    """The first real token, CLS in many encoders."""

    def forward(self, hidden_states: torch.Tensor, mask: torch.Tensor, need_weights: bool = False) -> Pooled:
        """Pool `(batch_size, sequence_length, width)`."""
        is_first = mask & (mask.cumsum(dim=1) == 1)
        weights = is_first.to(hidden_states.dtype)
        return Pooled(weighted_sum(weights, hidden_states), weights if need_weights else None)


class MeanPooling(nn.Module):
    """Mean over the real tokens."""

    def forward(self, hidden_states: torch.Tensor, mask: torch.Tensor, need_weights: bool = False) -> Pooled:
        """Pool `(batch_size, sequence_length, width)`."""
        weights = uniform_weights(mask, hidden_states.dtype)
        return Pooled(weighted_sum(weights, hidden_states), weights if need_weights else None)
