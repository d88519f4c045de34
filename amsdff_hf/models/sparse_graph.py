# Copyright 2026 The amsdff_hf authors. Licensed under the Apache License, Version 2.0.
"""The graph of each text as a list of edges, through PyTorch Geometric: for texts of thousands of tokens."""

import importlib.util
from types import ModuleType

import torch
import torch.nn.functional as F

from .dense_graph import neighbor_weights
from .graph_nodes import NodeLayout


# Rows of the matrix of cosines that are looked at together.
_ROWS = 1024


def geometric_utils() -> ModuleType:
    """Return `torch_geometric.utils`, imported only now since dense graphs do without it.

    Raises:
        ImportError: if PyTorch Geometric is not installed.
    """
    # By its name: an import statement would make it a requirement of the code that travels to the Hub.
    if importlib.util.find_spec("torch_geometric") is None:
        raise ImportError(
            'Sparse graphs need PyTorch Geometric: `pip install "amsdff_hf[graph]"`. Without it, set '
            '`graph_backend="dense"` in the config, or raise `max_dense_nodes`.'
        )
    return importlib.import_module("torch_geometric.utils")


class SparseGraph:
    """Edges of the graphs of a batch, as a list; the same edges and weights as in [`DenseGraph`].

    Args:
        nodes: `(batch_size, num_nodes, width)`.
        mask: boolean `(batch_size, num_nodes)`, true at nodes with real tokens.
        layout: which tokens the nodes stand for.
        window_size: nodes before and after that a node is linked to.
        num_neighbors: further nodes that a node is linked to.

    Raises:
        ImportError: if PyTorch Geometric is not installed.
    """

    def __init__(
        self, nodes: torch.Tensor, mask: torch.Tensor, layout: NodeLayout, window_size: int, num_neighbors: int
    ):
        self.utils = geometric_utils()
        self.batch_size, self.num_nodes = mask.shape
        pairs = torch.cat([_window_pairs(layout, window_size), _contained_pairs(layout)], dim=1)
        rows = torch.arange(self.batch_size, device=nodes.device)[:, None]
        pairs = (pairs[:, None, :] + rows * self.num_nodes).flatten(1)
        weights = torch.ones(pairs.shape[1], device=nodes.device)
        if num_neighbors > 0:
            similar, similar_weights = _similar_pairs(nodes, mask, layout, window_size, num_neighbors)
            pairs = torch.cat([pairs, similar, similar.flip(0)], dim=1)
            weights = torch.cat([weights, similar_weights, similar_weights])
        kept = mask.flatten()[pairs].all(dim=0) & (weights > 0)
        count = self.batch_size * self.num_nodes
        # Whoever is a neighbor to one of two is one to both.
        pairs, self.weights = self.utils.coalesce(pairs[:, kept], weights[kept], count, reduce="max")
        self.targets, self.sources = pairs

    def _sum(self, values: torch.Tensor) -> torch.Tensor:
        count = self.batch_size * self.num_nodes
        return self.utils.scatter(values, self.targets, dim=0, dim_size=count, reduce="sum")

    def degrees(self) -> torch.Tensor:
        """Sum of the weights of each node's edges, `(batch_size, num_nodes)`."""
        return self._sum(self.weights).view(self.batch_size, self.num_nodes)

    def normalized(self) -> torch.Tensor:
        """Weights divided by the roots of both nodes' degrees (Kipf and Welling 2017, equation 2), for one head."""
        roots = self.degrees().flatten().clamp(min=1).rsqrt()
        return (self.weights * roots[self.targets] * roots[self.sources]).unsqueeze(1)

    def pair_sums(self, targets: torch.Tensor, sources: torch.Tensor) -> torch.Tensor:
        """For each edge and head the sum of a number of its target and one of its source.

        Args:
            targets: `(batch_size, num_nodes, num_heads)`.
            sources: `(batch_size, num_nodes, num_heads)`.
        """
        return targets.flatten(0, 1)[self.targets] + sources.flatten(0, 1)[self.sources]

    def pair_distances(self, targets: torch.Tensor, sources: torch.Tensor) -> torch.Tensor:
        """For each edge and head the sum of the absolute differences between its target and its source.

        Args:
            targets: `(batch_size, num_nodes, num_heads, head_size)`.
            sources: `(batch_size, num_nodes, num_heads, head_size)`.
        """
        return (targets.flatten(0, 1)[self.targets] - sources.flatten(0, 1)[self.sources]).float().abs().sum(dim=-1)

    def softmax(self, scores: torch.Tensor) -> torch.Tensor:
        """Softmax of the scores over each node's edges, where an edge counts as much as its weight."""
        scores = scores.float() + self.weights.log().unsqueeze(1)
        return self.utils.softmax(scores, self.targets, num_nodes=self.batch_size * self.num_nodes)

    def mix(self, shares: torch.Tensor, values: torch.Tensor) -> torch.Tensor:
        """Sum the values of each node's neighbors under shares.

        Args:
            shares: what [`softmax`] or [`normalized`] returned.
            values: `(batch_size, num_nodes, num_heads, head_size)`.

        Returns:
            `(batch_size, num_nodes, num_heads, head_size)`.
        """
        messages = shares.to(values.dtype).unsqueeze(-1) * values.flatten(0, 1)[self.sources]
        return self._sum(messages).view_as(values)

    def matrix(self, shares: torch.Tensor) -> torch.Tensor:
        """Shares as a matrix `(batch_size, num_nodes, num_nodes)`, averaged over the heads."""
        matrix = shares.new_zeros(self.batch_size, self.num_nodes, self.num_nodes)
        index = (self.targets // self.num_nodes, self.targets % self.num_nodes, self.sources % self.num_nodes)
        return matrix.index_put(index, shares.mean(dim=1))


def _window_pairs(layout: NodeLayout, window_size: int) -> torch.Tensor:
    """Pairs of nodes of one level that are at most `window_size` apart, `(2, num_pairs)`."""
    nodes = torch.arange(len(layout.level), device=layout.level.device)
    offsets = torch.arange(-window_size, window_size + 1, device=nodes.device)
    targets = nodes[:, None].expand(-1, len(offsets)).flatten()
    sources = (nodes[:, None] + offsets).flatten()
    inside = (sources >= 0) & (sources < len(nodes))
    targets, sources = targets[inside], sources[inside]
    return torch.stack([targets, sources])[:, layout.level[targets] == layout.level[sources]]


def _contained_pairs(layout: NodeLayout) -> torch.Tensor:
    """Pairs of nodes of neighboring levels that share tokens, in both directions, `(2, num_pairs)`."""
    nodes = torch.arange(len(layout.level), device=layout.level.device)
    found = [torch.empty(2, 0, dtype=torch.long, device=nodes.device)]
    for level in range(1, int(layout.level.max()) + 1):
        upper, lower = nodes[layout.level == level], nodes[layout.level == level - 1]
        span = layout.end[lower[0]] - layout.start[lower[0]]
        first = layout.start[upper] // span
        last = (layout.end[upper] - 1) // span
        reach = torch.arange(int((last - first).max()) + 1, device=nodes.device)
        index = first[:, None] + reach
        inside = (index <= last[:, None]) & (index < len(lower))
        pairs = torch.stack([upper[:, None].expand_as(index)[inside], lower[0] + index[inside]])
        found += [pairs, pairs.flip(0)]
    return torch.cat(found, dim=1)


def _similar_pairs(
    nodes: torch.Tensor, mask: torch.Tensor, layout: NodeLayout, window_size: int, num_neighbors: int
) -> tuple[torch.Tensor, torch.Tensor]:
    """Pairs `(2, num_pairs)` of alike nodes of one level and their weights, a block of rows at a time."""
    directions = F.normalize(nodes.float(), dim=-1)
    batch_rows = torch.arange(len(nodes), device=nodes.device)[:, None, None] * nodes.shape[1]
    pairs, weights = [], []
    for level in layout.level.unique().tolist():
        own = (layout.level == level).nonzero().flatten()
        sources, index = directions[:, own], torch.arange(len(own), device=nodes.device)
        for rows in index.split(_ROWS):
            cosines = torch.bmm(sources[:, rows], sources.transpose(1, 2))
            far = (rows[:, None] - index).abs() > window_size
            cosines = cosines.masked_fill(~(far & mask[:, None, own]), 0.0)
            # Further zeros, so that there is a threshold, of zero, in texts with fewer nodes than neighbors wanted.
            best, found = F.pad(cosines, (0, num_neighbors + 1)).topk(num_neighbors + 1, dim=-1)
            # What was found among them has no weight, whatever node it is.
            found = own[found[..., :-1].clamp(max=len(own) - 1)]
            targets = own[rows][:, None].expand_as(found)
            pairs.append(torch.stack([(targets + batch_rows).flatten(), (found + batch_rows).flatten()]))
            weights.append(neighbor_weights(best[..., :-1], best[..., -1:]).flatten())
    return torch.cat(pairs, dim=1), torch.cat(weights)


__all__ = ["SparseGraph", "geometric_utils"]
