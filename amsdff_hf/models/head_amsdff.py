# Copyright 2026 The amsdff_hf authors. Licensed under the Apache License, Version 2.0.
"""The head of AMSDFF: multi-scale attention, dynamic fusion and pooling, beside a direct way to the logits.

The layers follow the published network (github.com/hjy895/AMSDFF) with its defects mended. Two linear maps in a row
without anything in between are one map here: the output projections of the two attentions, which the original
multiplies by the next layer at once, are not built. The direct way is ours: the published network has to learn again,
from the labels alone, what a linear layer reads off a pretrained backbone at once.
"""

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import nn
from transformers import initialization as init

from .configuration_amsdff import AmsdffConfig
from .layers import (
    AttentionPooling,
    DepthwiseConv1d,
    FirstPooling,
    HiddenLayer,
    MaxPooling,
    MeanPooling,
    PackedLinear,
    Pooled,
    QueryPooling,
    SelfAttention,
    split_width,
    xavier_bound,
)
from .masking import masked_mean, real_tokens, zero_padding


class FeatureEnhancer(nn.Module):
    """Linear layer, LayerNorm, GELU and dropout on every token; several levels of the backbone are joined first."""

    def __init__(self, config: AmsdffConfig):
        super().__init__()
        levels = config.hidden_levels or []
        # Levels differ much in scale; a single one is left as the backbone made it.
        self.level_norms = nn.ModuleList(nn.LayerNorm(config.hidden_size) for _ in levels)
        self.enhancer_map = nn.Linear(config.hidden_size * max(1, len(levels)), config.head_hidden_size)
        self.norm = nn.LayerNorm(config.head_hidden_size)
        self.dropout = nn.Dropout(config.head_dropout)

    def forward(self, levels: tuple[torch.Tensor, ...]) -> torch.Tensor:
        """Map levels `(batch_size, sequence_length, hidden_size)` to `(..., head_hidden_size)`."""
        if self.level_norms:
            levels = [norm(level) for norm, level in zip(self.level_norms, levels, strict=True)]
        first, *others = zip(levels, self.enhancer_map.weight.chunk(len(levels), dim=1), strict=True)
        # One product for each level costs as much as one of all, and no copy of the levels side by side.
        mapped = F.linear(*first, self.enhancer_map.bias)
        for level, weight in others:
            mapped = mapped + F.linear(level, weight)
        return self.dropout(F.gelu(self.norm(mapped)))


class ScaleBranch(nn.Module):
    """One scale: depthwise convolution over the tokens, pointwise projection, LayerNorm, GELU."""

    def __init__(self, hidden_size: int, scale: int, width: int):
        super().__init__()
        self.depthwise_filter = DepthwiseConv1d(hidden_size, scale)
        self.pointwise_map = nn.Linear(hidden_size, width)
        self.norm = nn.LayerNorm(width)

    def forward(self, hidden_states: torch.Tensor) -> torch.Tensor:
        """Map `(batch_size, sequence_length, hidden_size)` to `(batch_size, sequence_length, width)`."""
        return F.gelu(self.norm(self.pointwise_map(self.depthwise_filter(hidden_states))))


class MultiScaleAttention(nn.Module):
    """Branches of several scales side by side, self-attention over them, and a residual LayerNorm."""

    def __init__(self, config: AmsdffConfig):
        super().__init__()
        hidden_size = config.head_hidden_size
        self.widths = split_width(hidden_size, len(config.scales))
        self.branches = nn.ModuleList(
            ScaleBranch(hidden_size, scale, width) for scale, width in zip(config.scales, self.widths, strict=True)
        )
        self.attention = SelfAttention(hidden_size, config.num_fusion_heads, config.head_attention_dropout)
        self.norm = nn.LayerNorm(hidden_size)

    def forward(self, hidden_states: torch.Tensor, mask: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the attended features and the joined scales, both `(batch_size, sequence_length, hidden_size)`."""
        padded_with_zeros = zero_padding(hidden_states, mask)
        scales = torch.cat([branch(padded_with_zeros) for branch in self.branches], dim=-1)
        return self.norm(self.attention(scales, mask) + hidden_states), scales

    def energy_shares(self, scales: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """Share of each scale in the sum of squares over the real tokens, `(batch_size, num_scales)`."""
        energies = zero_padding(scales, mask).float().square().sum(dim=1)
        energies = torch.stack([part.sum(dim=-1) for part in energies.split(self.widths, dim=-1)], dim=-1)
        return energies / energies.sum(dim=-1, keepdim=True).clamp(min=torch.finfo(energies.dtype).tiny)


class GatedSum(nn.Module):
    """Second layer of all experts and their sum under the gate, in one matrix product."""

    def __init__(self, num_experts: int, inner_width: int, width: int):
        super().__init__()
        self.weight = nn.Parameter(torch.empty(width, num_experts * inner_width))
        self.bias = nn.Parameter(torch.empty(num_experts, width))

    def initialize_parameters(self) -> None:
        """Initialize each expert by Xavier; what was loaded from a checkpoint stays as it is."""
        num_experts, width = self.bias.shape
        bound = xavier_bound(self.weight.shape[1] // num_experts, width)
        init.uniform_(self.weight, -bound, bound)
        init.zeros_(self.bias)

    def forward(self, inner: torch.Tensor, gates: torch.Tensor) -> torch.Tensor:
        """Sum `(batch_size, sequence_length, num_experts * inner_width)` to `(..., width)` under the gates."""
        gated = inner.unflatten(-1, (gates.shape[-1], -1)) * gates[:, None, :, None]
        return F.linear(gated.flatten(-2), self.weight) + (gates @ self.bias).unsqueeze(1)


class DynamicFusion(nn.Module):
    """Experts on every token; several are mixed by a gate that reads the mean of the text."""

    def __init__(self, config: AmsdffConfig):
        super().__init__()
        width = config.head_hidden_size
        inner_width = config.expert_hidden_size or width
        self.expert_gate = nn.Linear(width, config.num_experts) if config.num_experts > 1 else None
        self.expert_maps = PackedLinear(width, inner_width, num_maps=config.num_experts)
        self.dropout = nn.Dropout(config.head_dropout)
        self.gated_sum = GatedSum(config.num_experts, inner_width, width)
        self.residual = config.fusion_residual

    def forward(self, hidden_states: torch.Tensor, mask: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the fused features `(batch_size, sequence_length, hidden_size)` and the gates."""
        if self.expert_gate is None:
            gates = hidden_states.new_ones(hidden_states.shape[0], 1)
        else:
            gates = self.expert_gate(masked_mean(hidden_states, mask)).softmax(dim=-1)
        inner = self.dropout(F.gelu(self.expert_maps(hidden_states)))
        fused = self.gated_sum(inner, gates)
        return hidden_states + fused if self.residual else fused, gates


class MultiPooling(nn.Module):
    """Pooling members side by side, each under a LayerNorm of its own."""

    def __init__(self, members: dict[str, nn.Module], width: int):
        super().__init__()
        self.members = nn.ModuleDict(members)
        # A mean is short, a maximum long: without the norms they would learn at different speeds.
        self.norms = nn.ModuleList(nn.LayerNorm(width) for _ in members)

    def forward(self, hidden_states: torch.Tensor, mask: torch.Tensor, need_weights: bool = False) -> list[Pooled]:
        """Pool `(batch_size, sequence_length, width)`, once for each member."""
        pooled = [member(hidden_states, mask, need_weights) for member in self.members.values()]
        return [part._replace(vector=norm(part.vector)) for norm, part in zip(self.norms, pooled, strict=True)]


class JoinedPooling(nn.Module):
    """Pooling members joined by two linear layers, as published."""

    def __init__(self, members: dict[str, nn.Module], width: int, dropout: float):
        super().__init__()
        self.members = nn.ModuleDict(members)
        self.pooling_join = nn.Linear(len(members) * width, width)
        self.dropout = nn.Dropout(dropout)
        self.pooling_output = nn.Linear(width, width)

    def forward(self, hidden_states: torch.Tensor, mask: torch.Tensor, need_weights: bool = False) -> list[Pooled]:
        """Pool `(batch_size, sequence_length, width)` once; the weights are the mean over the members."""
        pooled = [member(hidden_states, mask, need_weights) for member in self.members.values()]
        joined = self.pooling_join(torch.cat([part.vector for part in pooled], dim=-1))
        weights = torch.stack([part.weights for part in pooled]).mean(dim=0) if need_weights else None
        return [Pooled(self.pooling_output(self.dropout(F.gelu(joined))), weights)]


def build_direct_pooling(config: AmsdffConfig) -> MultiPooling:
    """Build what goes straight from the backbone to the logits."""
    members = {"first": FirstPooling, "max": MaxPooling, "mean": MeanPooling}
    return MultiPooling({name: members[name]() for name in config.direct_pooling}, config.hidden_size)


def build_pooling(config: AmsdffConfig) -> MultiPooling | JoinedPooling:
    """Build the pooling of the fused features."""
    width = config.head_hidden_size
    members = {
        "attention": lambda: AttentionPooling(width, config.pooling_hidden_size or max(1, width // 2)),
        "cls": lambda: QueryPooling(width, config.num_pooling_heads, config.head_attention_dropout),
        "max": MaxPooling,
        "mean": MeanPooling,
    }
    chosen = {name: members[name]() for name in config.pooling}
    return JoinedPooling(chosen, width, config.head_dropout) if config.join_pooling else MultiPooling(chosen, width)


class AmsdffFeatures(NamedTuple):
    """What the trunk computes; the fields are those of [`AmsdffModelOutput`]."""

    last_hidden_state: torch.Tensor
    pooler_output: torch.Tensor
    token_weights: torch.Tensor | None
    expert_gates: torch.Tensor | None
    scale_weights: torch.Tensor | None


class AmsdffTrunk(nn.Module):
    """From the token vectors of a backbone to fused features and the vector of the text."""

    def __init__(self, config: AmsdffConfig):
        super().__init__()
        self.direct = build_direct_pooling(config)
        self.enhancer = FeatureEnhancer(config)
        self.multi_scale = MultiScaleAttention(config)
        self.fusion = DynamicFusion(config)
        self.pooling = build_pooling(config)

    def forward(
        self,
        hidden_states: torch.Tensor | tuple[torch.Tensor, ...],
        attention_mask: torch.Tensor | None = None,
        explain: bool = False,
    ) -> AmsdffFeatures:
        """Read one level or more, each `(batch_size, sequence_length, hidden_size)`.

        Args:
            hidden_states: the last states, or the levels of the config, the last of which is pooled directly.
            attention_mask: `(batch_size, sequence_length)`, zero at padding.
            explain: also return the explanation fields.
        """
        levels = (hidden_states,) if isinstance(hidden_states, torch.Tensor) else hidden_states
        levels, masks = zip(*(real_tokens(level, attention_mask) for level in levels), strict=True)
        mask = masks[-1]
        tokens, scales = self.multi_scale(self.enhancer(levels), mask)
        tokens, gates = self.fusion(tokens, mask)
        pooled = [*self.direct(levels[-1], mask, explain), *self.pooling(tokens, mask, explain)]
        return AmsdffFeatures(
            last_hidden_state=tokens,
            pooler_output=torch.cat([part.vector for part in pooled], dim=-1),
            token_weights=torch.stack([part.weights for part in pooled]).mean(dim=0) if explain else None,
            expert_gates=gates if explain else None,
            scale_weights=self.multi_scale.energy_shares(scales, mask) if explain else None,
        )


class AmsdffClassificationHead(nn.Module):
    """The whole head, all that is trained from scratch: trunk, hidden layers and the last projection."""

    def __init__(self, config: AmsdffConfig):
        super().__init__()
        self.trunk = AmsdffTrunk(config)
        widths = [config.pooled_size, *config.classifier_hidden_sizes]
        self.hidden_layers = nn.Sequential(
            *(HiddenLayer(*sizes) for sizes in zip(widths, widths[1:], config.classifier_dropouts, strict=False))
        )
        self.dropout = nn.Dropout(config.output_dropout)
        self.label_scores = nn.Linear(widths[-1], config.num_labels)

    def forward(
        self, hidden_states: torch.Tensor, attention_mask: torch.Tensor | None = None, explain: bool = False
    ) -> tuple[torch.Tensor, AmsdffFeatures]:
        """Return the logits `(batch_size, num_labels)` and the features they come from."""
        features = self.trunk(hidden_states, attention_mask, explain)
        return self.label_scores(self.dropout(self.hidden_layers(features.pooler_output))), features


__all__ = ["AmsdffClassificationHead", "AmsdffFeatures", "AmsdffTrunk"]
