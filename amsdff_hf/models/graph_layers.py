# Copyright 2026 The amsdff_hf authors. Licensed under the Apache License, Version 2.0.
"""Layers of a graph network, written once for dense and sparse graphs.

Nodes are `(batch_size, num_nodes, width)`. Every layer returns its message and the share of each edge in it, in the
form that the graph keeps them in ([`DenseGraph`], [`SparseGraph`]).
"""

import torch
import torch.nn.functional as F
from torch import nn
from transformers import initialization as init

from .dense_graph import DenseGraph
from .layers import PackedLinear, largest_head_count, xavier_bound
from .sparse_graph import SparseGraph


# Slope of the leaky rectifier in both kinds of attention, as in the papers.
SLOPE = 0.2

Graph = DenseGraph | SparseGraph


class GraphConvolution(nn.Module):
    """Mean of the neighbors, weighted by edges and degrees (Kipf and Welling, ICLR 2017, equation 2).

    Args:
        width (`int`): width of the nodes.
        num_heads (`int`): not used; the attentions take the same arguments.
        dropout (`float`): not used.
    """

    def __init__(self, width: int, num_heads: int, dropout: float):
        super().__init__()
        self.node_map = nn.Linear(width, width)

    def forward(self, nodes: torch.Tensor, graph: Graph) -> tuple[torch.Tensor, torch.Tensor]:
        """Return messages in the shape of `nodes`, and the shares of the edges."""
        shares = graph.normalized()
        return graph.mix(shares, self.node_map(nodes).unsqueeze(2)).squeeze(2), shares


class GraphAttention(nn.Module):
    """Attention over the neighbors (Velickovic et al., ICLR 2018, equations 1 to 4).

    An edge scores `LeakyReLU(a_target . W x_target + a_source . W x_source)`, and the softmax counts it as much as
    its weight.

    Args:
        width (`int`): width of the nodes.
        num_heads (`int`): number of heads wanted; the largest divisor of `width` not above it is used.
        dropout (`float`): dropout on the shares of the edges.
    """

    def __init__(self, width: int, num_heads: int, dropout: float):
        super().__init__()
        self.num_heads = largest_head_count(width, num_heads)
        self.node_map = nn.Linear(width, width)
        self.target_vectors = nn.Parameter(torch.empty(self.num_heads, width // self.num_heads))
        self.source_vectors = nn.Parameter(torch.empty(self.num_heads, width // self.num_heads))
        self.dropout = nn.Dropout(dropout)

    def initialize_parameters(self) -> None:
        """Initialize the vectors by Xavier; what was loaded from a checkpoint stays as it is."""
        for vectors in (self.target_vectors, self.source_vectors):
            init.uniform_(vectors, -xavier_bound(vectors.shape[1], 1), xavier_bound(vectors.shape[1], 1))

    def forward(self, nodes: torch.Tensor, graph: Graph) -> tuple[torch.Tensor, torch.Tensor]:
        """Return messages in the shape of `nodes`, and the shares of the edges."""
        values = self.node_map(nodes).unflatten(-1, (self.num_heads, -1))
        targets, sources = (values * self.target_vectors).sum(-1), (values * self.source_vectors).sum(-1)
        shares = graph.softmax(F.leaky_relu(graph.pair_sums(targets, sources), SLOPE))
        return graph.mix(self.dropout(shares), values).flatten(2), shares


class DynamicGraphAttention(nn.Module):
    """Attention over the neighbors in which each node may rank them differently (Brody et al., ICLR 2022, eq. 7).

    An edge scores `a . LeakyReLU(l + r)` with `l = W_target x_target` and `r = W_source x_source`. Since
    `LeakyReLU(x) = (1 + s) / 2 * x + (1 - s) / 2 * |x|`, this is a sum of a number per node and of absolute
    differences between `a * l` and `-a * r`, apart for positive and negative entries of `a`: no tensor of
    `num_nodes * num_nodes * width` numbers is ever needed.

    Args:
        width (`int`): width of the nodes.
        num_heads (`int`): number of heads wanted; the largest divisor of `width` not above it is used.
        dropout (`float`): dropout on the shares of the edges.
    """

    def __init__(self, width: int, num_heads: int, dropout: float):
        super().__init__()
        self.num_heads = largest_head_count(width, num_heads)
        self.node_maps = PackedLinear(width, width, num_maps=2)
        self.edge_vectors = nn.Parameter(torch.empty(self.num_heads, width // self.num_heads))
        self.dropout = nn.Dropout(dropout)

    def initialize_parameters(self) -> None:
        """Initialize the vectors by Xavier; what was loaded from a checkpoint stays as it is."""
        bound = xavier_bound(self.edge_vectors.shape[1], 1)
        init.uniform_(self.edge_vectors, -bound, bound)

    def forward(self, nodes: torch.Tensor, graph: Graph) -> tuple[torch.Tensor, torch.Tensor]:
        """Return messages in the shape of `nodes`, and the shares of the edges."""
        targets, sources = self.node_maps(nodes).unflatten(-1, (2, self.num_heads, -1)).unbind(2)
        linear = graph.pair_sums((targets * self.edge_vectors).sum(-1), (sources * self.edge_vectors).sum(-1))
        rising, falling = self.edge_vectors.clamp(min=0), -self.edge_vectors.clamp(max=0)
        absolute = graph.pair_distances(targets * rising, -sources * rising) - graph.pair_distances(
            targets * falling, -sources * falling
        )
        shares = graph.softmax((1 + SLOPE) / 2 * linear + (1 - SLOPE) / 2 * absolute)
        return graph.mix(self.dropout(shares), sources).flatten(2), shares


GRAPH_LAYERS = {"gat": GraphAttention, "gatv2": DynamicGraphAttention, "gcn": GraphConvolution}


class GraphBlock(nn.Module):
    """A layer of a graph network with GELU, dropout, residual and LayerNorm.

    Args:
        kind (`str`): a key of `GRAPH_LAYERS`.
        width (`int`): width of the nodes.
        num_heads (`int`): attention heads.
        dropout (`float`): dropout on the messages.
        attention_dropout (`float`): dropout on the shares of the edges.
    """

    def __init__(self, kind: str, width: int, num_heads: int, dropout: float, attention_dropout: float):
        super().__init__()
        self.message = GRAPH_LAYERS[kind](width, num_heads, attention_dropout)
        self.dropout = nn.Dropout(dropout)
        self.norm = nn.LayerNorm(width)

    def forward(self, nodes: torch.Tensor, graph: Graph) -> tuple[torch.Tensor, torch.Tensor]:
        """Return new nodes in the shape of the old ones, and the shares of the edges."""
        messages, shares = self.message(nodes, graph)
        return self.norm(nodes + self.dropout(F.gelu(messages))), shares


__all__ = ["GRAPH_LAYERS", "DynamicGraphAttention", "GraphAttention", "GraphBlock", "GraphConvolution"]
