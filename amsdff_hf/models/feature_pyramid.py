# Copyright 2026 The amsdff_hf authors. Licensed under the Apache License, Version 2.0.
"""A feature pyramid over hidden levels of a backbone (Lin et al. 2017), for tokens in place of pixels."""

import torch
import torch.nn.functional as F
from torch import nn

from .layers import DepthwiseConv1d
from .masking import masked_mean, zero_padding


class PyramidLevel(nn.Module):
    """One level: the lateral projection that brings it to the width of the pyramid, and its smoothing.

    Args:
        hidden_size (`int`): width of the backbone's hidden states.
        width (`int`): width of the pyramid.
        smoothing_width (`int`): odd number of tokens that the convolution sees.
    """

    def __init__(self, hidden_size: int, width: int, smoothing_width: int):
        super().__init__()
        self.lateral_map = nn.Linear(hidden_size, width)
        self.norm = nn.LayerNorm(width)
        self.smoothing_filter = DepthwiseConv1d(width, smoothing_width)

    def lateral(self, hidden_states: torch.Tensor) -> torch.Tensor:
        """Map `(batch_size, sequence_length, hidden_size)` to `(batch_size, sequence_length, width)`."""
        return self.norm(self.lateral_map(hidden_states))

    def smooth(self, features: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """Add to the features `(batch_size, sequence_length, width)` what their neighbors say."""
        return features + F.gelu(self.smoothing_filter(zero_padding(features, mask)))


class FeaturePyramid(nn.Module):
    """Levels of a backbone, each enriched by those above it, smoothed, and fused by learned shares.

    With the lateral projections `c`, from the top down `p_l = c_l + p_(l+1)`; each `p_l` passes a depthwise
    convolution with a residual; and a token's fused vector is the sum of its `p_l` under a softmax over the levels of
    `w . p_l`. All levels of a transformer have the length of the text, so that nothing is upsampled.

    Args:
        hidden_size (`int`): width of the backbone's hidden states.
        width (`int`): width of the pyramid.
        num_levels (`int`): number of levels.
        smoothing_width (`int`): odd number of tokens that the convolution sees.
    """

    def __init__(self, hidden_size: int, width: int, num_levels: int, smoothing_width: int):
        super().__init__()
        self.levels = nn.ModuleList(PyramidLevel(hidden_size, width, smoothing_width) for _ in range(num_levels))
        # Not `level_score`: PEFT takes any module whose name ends so for a head of its own.
        self.level_scores = nn.Linear(width, 1, bias=False)

    def forward(self, states: tuple[torch.Tensor, ...], mask: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Fuse levels, from low to high, whose real tokens stand at the front.

        Args:
            states: `(batch_size, sequence_length, hidden_size)` for each level.
            mask: boolean `(batch_size, sequence_length)`.

        Returns:
            Fused tokens `(batch_size, sequence_length, width)` and the shares of the levels, averaged over the real
            tokens, `(batch_size, num_levels)`.
        """
        carried, from_top = None, []
        for level, state in zip(reversed(self.levels), reversed(states), strict=True):
            carried = level.lateral(state) if carried is None else level.lateral(state) + carried
            from_top.append(level.smooth(carried, mask))
        features = torch.stack(from_top[::-1], dim=2)
        shares = self.level_scores(features).softmax(dim=2)
        return (shares * features).sum(dim=2), masked_mean(shares.squeeze(-1), mask)


__all__ = ["FeaturePyramid", "PyramidLevel"]
