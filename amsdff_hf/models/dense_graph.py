# Copyright 2026 The amsdff_hf authors. Licensed under the Apache License, Version 2.0.
"""The graph of each text as a matrix of all pairs of its nodes: for texts up to some hundred tokens."""

import torch
import torch.nn.functional as F

from .graph_nodes import NodeLayout


# Where even the best neighbor is no better than the first one left out, weights come from differences close to zero.
SMALLEST_RANGE = 1e-2


def neighbor_weights(best: torch.Tensor, threshold: torch.Tensor) -> torch.Tensor:
    """Weight, from 0 to 1, of neighbors with a cosine above the threshold: the part of the way up to cosine 1.

    It is 0 at the threshold, so that a neighbor never comes or goes all at once: a rounding error, as another amount
    of padding brings, must not change a prediction.
    """
    return (best - threshold).clamp(min=0) / (1 - threshold).clamp(min=SMALLEST_RANGE)


class DenseGraph:
    """Edges of the graphs of a batch, as weights between all nodes.

    Nodes of one span have edges of weight 1 to themselves and their window, and of a weight below 1 to those outside
    of the window that are most alike. Nodes of two neighboring spans that share tokens have an edge of weight 1.

    Args:
        nodes: `(batch_size, num_nodes, width)`.
        mask: boolean `(batch_size, num_nodes)`, true at nodes with real tokens.
        layout: which tokens the nodes stand for.
        window_size: nodes before and after that a node is linked to.
        num_neighbors: further nodes that a node is linked to.
    """

    def __init__(
        self, nodes: torch.Tensor, mask: torch.Tensor, layout: NodeLayout, window_size: int, num_neighbors: int
    ):
        same_level = layout.level[:, None] == layout.level
        close = same_level & ((layout.index[:, None] - layout.index).abs() <= window_size)
        overlap = (layout.start[:, None] < layout.end) & (layout.start < layout.end[:, None])
        contained = overlap & ((layout.level[:, None] - layout.level).abs() == 1)
        real = mask[:, :, None] & mask[:, None, :]
        weights = (close | contained).expand(nodes.shape[0], -1, -1).float()
        if num_neighbors > 0:
            similar = self._similar(nodes, real & (same_level & ~close), num_neighbors)
            # Whoever is a neighbor to one of two is one to both.
            weights = torch.maximum(weights, torch.maximum(similar, similar.transpose(1, 2)))
        self.weights = weights.masked_fill(~real, 0.0)

    @staticmethod
    def _similar(nodes: torch.Tensor, candidates: torch.Tensor, num_neighbors: int) -> torch.Tensor:
        directions = F.normalize(nodes.float(), dim=-1)
        cosines = torch.bmm(directions, directions.transpose(1, 2)).masked_fill(~candidates, 0.0)
        # Further zeros, so that there is a threshold, of zero, in texts with fewer nodes than neighbors wanted.
        threshold = F.pad(cosines, (0, num_neighbors + 1)).topk(num_neighbors + 1, dim=-1).values[..., -1:]
        return neighbor_weights(cosines, threshold)

    def degrees(self) -> torch.Tensor:
        """Sum of the weights of each node's edges, `(batch_size, num_nodes)`."""
        return self.weights.sum(dim=-1)

    def normalized(self) -> torch.Tensor:
        """Weights divided by the roots of both nodes' degrees (Kipf and Welling 2017, equation 2), for one head."""
        # A node of padding has no edges, and the degree of any other is at least 1.
        roots = self.degrees().clamp(min=1).rsqrt()
        return (self.weights * roots[:, :, None] * roots[:, None, :]).unsqueeze(1)

    def pair_sums(self, targets: torch.Tensor, sources: torch.Tensor) -> torch.Tensor:
        """For each head and edge the sum of a number of its target and one of its source.

        Args:
            targets: `(batch_size, num_nodes, num_heads)`.
            sources: `(batch_size, num_nodes, num_heads)`.
        """
        return targets.transpose(1, 2)[..., :, None] + sources.transpose(1, 2)[..., None, :]

    def pair_distances(self, targets: torch.Tensor, sources: torch.Tensor) -> torch.Tensor:
        """For each head and edge the sum of the absolute differences between its target and its source.

        Args:
            targets: `(batch_size, num_nodes, num_heads, head_size)`.
            sources: `(batch_size, num_nodes, num_heads, head_size)`.
        """
        # Half precision has no such kernel.
        return torch.cdist(targets.transpose(1, 2).float(), sources.transpose(1, 2).float(), p=1.0)

    def softmax(self, scores: torch.Tensor) -> torch.Tensor:
        """Softmax of the scores over each node's edges, where an edge counts as much as its weight."""
        weights = self.weights.unsqueeze(1)
        is_edge = weights > 0
        # The logarithm of 0 would have an infinite slope.
        scores = scores.float() + torch.where(is_edge, weights, 1.0).log()
        scores = scores.masked_fill(~is_edge, torch.finfo(scores.dtype).min)
        return scores.softmax(dim=-1).masked_fill(~is_edge, 0.0)

    def mix(self, shares: torch.Tensor, values: torch.Tensor) -> torch.Tensor:
        """Sum the values of each node's neighbors under shares.

        Args:
            shares: what [`softmax`] or [`normalized`] returned.
            values: `(batch_size, num_nodes, num_heads, head_size)`.

        Returns:
            `(batch_size, num_nodes, num_heads, head_size)`.
        """
        return (shares.to(values.dtype) @ values.transpose(1, 2)).transpose(1, 2)

    def matrix(self, shares: torch.Tensor) -> torch.Tensor:
        """Shares as a matrix `(batch_size, num_nodes, num_nodes)`, averaged over the heads."""
        return shares.mean(dim=1)


__all__ = ["DenseGraph", "neighbor_weights"]
