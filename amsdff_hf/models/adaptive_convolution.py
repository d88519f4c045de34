# Copyright 2026 The amsdff_hf authors. Licensed under the Apache License, Version 2.0.
"""Adaptive multi-scale convolution (AMC): several views of one thing fused into one vector."""

import torch
import torch.nn.functional as F
from torch import nn

from .layers import split_width


class SqueezeExcitation(nn.Module):
    """A gate for each feature, from the mean over the views (Hu et al. 2018).

    Args:
        width (`int`): number of features.
        reduction (`int`): the gate's inner layer is so many times narrower, one feature at least.
    """

    def __init__(self, width: int, reduction: int):
        super().__init__()
        self.squeeze_map = nn.Linear(width, max(1, width // reduction))
        self.excite_map = nn.Linear(max(1, width // reduction), width)

    def forward(self, views: torch.Tensor) -> torch.Tensor:
        """Gate `(batch_size, num_views, width)`; the shape stays."""
        gates = self.excite_map(F.relu(self.squeeze_map(views.mean(dim=1)))).sigmoid()
        return views * gates.unsqueeze(1)


class AdaptiveConvolution(nn.Module):
    """Convolutions of several widths over the views, each under a weight that the views decide, gated and averaged.

    Args:
        width (`int`): number of features of each view, and of the fused vector.
        kernel_sizes (`tuple[int, ...]`): odd widths of the convolutions; each makes its part of the features.
        reduction (`int`): see [`SqueezeExcitation`].
    """

    def __init__(self, width: int, kernel_sizes: tuple[int, ...], reduction: int):
        super().__init__()
        self.kernel_scores = nn.Linear(width, len(kernel_sizes))
        # By names of their own: adapters go by the last name of a layer, which in a list would be a number.
        self.filters = nn.ModuleDict(
            {
                f"width_{size}": nn.Conv1d(width, part, size, padding=size // 2)
                for part, size in zip(split_width(width, len(kernel_sizes)), kernel_sizes, strict=True)
            }
        )
        self.excitation = SqueezeExcitation(width, reduction)

    def forward(self, views: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Fuse views.

        Args:
            views: `(batch_size, num_views, width)`, any number of modalities, layers or scales.

        Returns:
            The fused vector `(batch_size, width)` and the weight of each kernel, `(batch_size, num_kernels)`; every
            row of these sums to 1.
        """
        weights = self.kernel_scores(views.mean(dim=1)).softmax(dim=-1)
        channels = views.transpose(1, 2)
        scales = zip(weights.unbind(1), self.filters.values(), strict=True)
        scaled = torch.cat([weight[:, None, None] * convolve(channels) for weight, convolve in scales], dim=1)
        return self.excitation(scaled.transpose(1, 2)).mean(dim=1), weights


__all__ = ["AdaptiveConvolution", "SqueezeExcitation"]
