# Copyright 2026 The amsdff_hf authors. Licensed under the Apache License, Version 2.0.
"""The head of the pyramid-graph classifier: feature pyramid, graph of the text, graph network, readout.

Inspired by arXiv 2511.05752, whose full text was not at hand: the equations are our own.
"""

from typing import NamedTuple

import torch
from torch import nn

from .configuration_pyramid_graph import PyramidGraphConfig
from .dense_graph import DenseGraph
from .feature_pyramid import FeaturePyramid
from .graph_layers import Graph, GraphBlock
from .graph_nodes import node_layout, pool_nodes, spread_to_tokens
from .layers import AttentionPooling, HiddenLayer, MaxPooling, MeanPooling, Pooled
from .masking import real_tokens, zero_padding
from .padding import front_positions, move_back, move_to_front
from .sparse_graph import SparseGraph


class GraphReadout(nn.Module):
    """Sum under softmax gates (Li et al. 2016), mean and maximum of the nodes, joined by a layer."""

    def __init__(self, config: PyramidGraphConfig):
        super().__init__()
        width = config.graph_width
        self.members = nn.ModuleList([AttentionPooling(width, max(1, width // 2)), MeanPooling(), MaxPooling()])
        self.join = HiddenLayer(len(self.members) * width, width, config.head_dropout)

    def forward(self, nodes: torch.Tensor, mask: torch.Tensor, need_weights: bool = False) -> Pooled:
        """Pool `(batch_size, num_nodes, width)` to `(batch_size, width)`; the weights are the members' mean."""
        pooled = [member(nodes, mask, need_weights) for member in self.members]
        vector = self.join(torch.cat([part.vector for part in pooled], dim=-1))
        return Pooled(vector, torch.stack([part.weights for part in pooled]).mean(dim=0) if need_weights else None)


class PyramidGraphFeatures(NamedTuple):
    """What the trunk computes; the fields are those of [`PyramidGraphModelOutput`]."""

    last_hidden_state: torch.Tensor
    pooler_output: torch.Tensor
    token_weights: torch.Tensor | None
    node_weights: torch.Tensor | None
    edge_weights: torch.Tensor | None
    level_weights: torch.Tensor | None


class PyramidGraphTrunk(nn.Module):
    """From hidden levels of a backbone to token features and the vector of the text."""

    def __init__(self, config: PyramidGraphConfig):
        super().__init__()
        self.config = config
        self.spans = list(config.node_spans)
        width, num_levels = config.graph_width, len(config.hidden_levels)
        self.pyramid = FeaturePyramid(config.hidden_size, width, num_levels, config.smoothing_width)
        self.blocks = nn.ModuleList(
            GraphBlock(
                config.graph_layer, width, config.num_graph_heads, config.head_dropout, config.head_attention_dropout
            )
            for _ in range(config.num_graph_layers)
        )
        self.readout = GraphReadout(config)

    def forward(
        self,
        hidden_states: tuple[torch.Tensor, ...],
        attention_mask: torch.Tensor | None = None,
        explain: bool = False,
    ) -> PyramidGraphFeatures:
        """Read the levels, each `(batch_size, sequence_length, hidden_size)`, under a mask that is zero at padding."""
        positions = None
        if attention_mask is not None:
            # Segments are counted from the first real token.
            positions = front_positions(attention_mask)
            attention_mask = move_to_front(attention_mask, positions)
            hidden_states = tuple(move_to_front(state, positions) for state in hidden_states)
        hidden_states, masks = zip(*(real_tokens(state, attention_mask) for state in hidden_states))
        mask = masks[0]
        tokens, level_weights = self.pyramid(hidden_states, mask)
        nodes, node_mask, num_tokens = pool_nodes(tokens, mask, self.spans)
        graph = self.build_graph(nodes, node_mask, mask.shape[1])
        all_shares = []
        for block in self.blocks:
            nodes, shares = block(nodes, graph)
            all_shares.append(shares)
        pooled = self.readout(nodes, node_mask, need_weights=explain)
        tokens = zero_padding(spread_to_tokens(nodes, mask.shape[1], self.spans) / len(self.spans), mask)
        token_weights = self.token_weights(pooled.weights, num_tokens, mask) if explain else None
        if positions is not None:
            tokens = move_back(tokens, positions)
            token_weights = move_back(token_weights, positions) if explain else None
        return PyramidGraphFeatures(
            last_hidden_state=tokens,
            pooler_output=pooled.vector,
            token_weights=token_weights,
            node_weights=pooled.weights,
            edge_weights=graph.matrix(torch.stack(all_shares).mean(dim=0)) if explain else None,
            level_weights=level_weights if explain else None,
        )

    def build_graph(self, nodes: torch.Tensor, node_mask: torch.Tensor, length: int) -> Graph:
        """Link the nodes `(batch_size, num_nodes, width)` of texts of `length` tokens."""
        backend = self.config.graph_backend
        if backend == "auto":
            # What is exported has one form for texts of any length.
            is_dense = torch.compiler.is_exporting() or nodes.shape[1] <= self.config.max_dense_nodes
            backend = "dense" if is_dense else "sparse"
        graph_class = {"dense": DenseGraph, "sparse": SparseGraph}[backend]
        layout = node_layout(length, self.spans, nodes.device)
        return graph_class(nodes, node_mask, layout, self.config.window_size, self.config.num_neighbors)

    def token_weights(self, node_weights: torch.Tensor, num_tokens: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """Split the weight of each node `(batch_size, num_nodes)` evenly among its tokens."""
        parts = node_weights / num_tokens.clamp(min=1).to(node_weights.dtype)
        return zero_padding(spread_to_tokens(parts, mask.shape[1], self.spans).unsqueeze(-1), mask).squeeze(-1)


class PyramidGraphClassificationHead(nn.Module):
    """The whole head, all that is trained from scratch: trunk and last projection."""

    def __init__(self, config: PyramidGraphConfig):
        super().__init__()
        self.trunk = PyramidGraphTrunk(config)
        self.label_scores = nn.Linear(config.graph_width, config.num_labels)

    def forward(
        self,
        hidden_states: tuple[torch.Tensor, ...],
        attention_mask: torch.Tensor | None = None,
        explain: bool = False,
    ) -> tuple[torch.Tensor, PyramidGraphFeatures]:
        """Return the logits `(batch_size, num_labels)` and the features they come from."""
        features = self.trunk(hidden_states, attention_mask, explain)
        return self.label_scores(features.pooler_output), features


__all__ = ["PyramidGraphClassificationHead", "PyramidGraphFeatures", "PyramidGraphTrunk"]
