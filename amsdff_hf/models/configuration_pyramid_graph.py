# Copyright 2026 The amsdff_hf authors. Licensed under the Apache License, Version 2.0.
"""Configuration of the pyramid-graph classifier."""

from typing import Literal

from huggingface_hub.dataclasses import strict

from .configuration_backbone import BackboneClassifierConfig, check_range
from .hidden_levels import check_levels, spread_levels


WIDEST_GRAPH = 256
LONGEST_SPAN = 512


@strict
class PyramidGraphConfig(BackboneClassifierConfig):
    r"""Configuration of [`PyramidGraphModel`] and [`PyramidGraphForSequenceClassification`].

    Inspired by arXiv 2511.05752, whose full text was not at hand: the equations are our own. What all classifiers of
    this package share (backbone, labels, loss) is described in [`BackboneClassifierConfig`].

    Args:
        levels (`"auto"` or `tuple[int, ...]`, *optional*, defaults to `"auto"`):
            Hidden states of the backbone that make up the pyramid, from low to high: 0 for the embeddings, 1 for the
            first layer. `"auto"` takes three, spread over the depth, the last one among them.
        graph_hidden_size (`int`, *optional*):
            Width of pyramid and graph; the backbone's hidden size, at most 256, if not given.
        smoothing_width (`int`, *optional*, defaults to 3):
            Width in tokens of the convolution that smooths each level; odd.
        node_spans (`tuple[int, ...]`, *optional*, defaults to `(1, 2, 4)`):
            How many tokens the nodes of the graph stand for, in rising order: with 1, 2, 4 there is a node for every
            token, one for every two and one for every four.
        window_size (`int`, *optional*, defaults to 3):
            Nodes of one span are linked to so many before and after them.
        num_neighbors (`int`, *optional*, defaults to 8):
            Nodes of one span are linked to so many outside of the window that are most alike (cosine).
        graph_layer (`"gat"`, `"gatv2"` or `"gcn"`, *optional*, defaults to `"gat"`):
            Layers of the graph network: attention (Velickovic et al. 2018), dynamic attention (Brody et al. 2022) or
            convolution (Kipf and Welling 2017).
        num_graph_layers (`int`, *optional*, defaults to 2):
            Number of these layers.
        num_graph_heads (`int`, *optional*, defaults to 4):
            Attention heads of each; lowered to the next divisor of the graph's width.
        graph_backend (`"auto"`, `"dense"` or `"sparse"`, *optional*, defaults to `"auto"`):
            `dense` has a matrix of all pairs of nodes, `sparse` a list of edges (PyTorch Geometric, extra `graph`);
            both give the same numbers. `auto` takes `sparse` above `max_dense_nodes`.
        max_dense_nodes (`int`, *optional*, defaults to 1024):
            Nodes up to which `auto` takes `dense`; a text of 512 tokens has 896 by default.
        head_dropout (`float`, *optional*, defaults to 0.1):
            Dropout in the layers of the graph network and on the vector of the text.
        head_attention_dropout (`float`, *optional*, defaults to 0.1):
            Dropout on the attention weights of the graph.

    Examples:
    ```python
    >>> from amsdff_hf import PyramidGraphConfig

    >>> config = PyramidGraphConfig(labels=["World", "Sports", "Business", "Sci/Tech"])
    >>> config.hidden_levels, config.graph_width
    ([4, 8, 12], 256)

    ```
    """

    model_type = "pyramid_graph"
    keys_to_ignore_at_inference = [
        *BackboneClassifierConfig.keys_to_ignore_at_inference,
        "token_weights",
        "node_weights",
        "edge_weights",
        "level_weights",
    ]

    levels: str | list[int] | tuple[int, ...] = "auto"
    graph_hidden_size: int | None = None
    smoothing_width: int = 3
    node_spans: list[int] | tuple[int, ...] = (1, 2, 4)
    window_size: int = 3
    num_neighbors: int = 8
    graph_layer: Literal["gat", "gatv2", "gcn"] = "gat"
    num_graph_layers: int = 2
    num_graph_heads: int = 4
    graph_backend: Literal["auto", "dense", "sparse"] = "auto"
    max_dense_nodes: int = 1024
    head_dropout: float | int = 0.1
    head_attention_dropout: float | int = 0.1

    @property
    def hidden_levels(self) -> list[int]:
        """Which hidden states of the backbone the head reads, 0 for the embeddings."""
        return spread_levels(self.num_hidden_layers) if self.levels == "auto" else list(self.levels)

    @property
    def graph_width(self) -> int:
        """Width of pyramid and graph, with the default filled in."""
        return min(self.hidden_size, WIDEST_GRAPH) if self.graph_hidden_size is None else self.graph_hidden_size

    @property
    def token_size(self) -> int:
        """Width of the token features that the model without labels returns."""
        return self.graph_width

    @property
    def pooled_size(self) -> int:
        """Width of the vector of the text."""
        return self.graph_width

    def _validate_fields(self) -> None:
        super()._validate_fields()
        if self.graph_width < 1:
            raise ValueError(f"`graph_hidden_size` must be at least 1, got {self.graph_hidden_size}.")
        check_levels(self.levels, ("auto",), self.get_text_config())
        spans = list(self.node_spans)
        if not spans or spans != sorted(set(spans)) or not 1 <= spans[0] <= spans[-1] <= LONGEST_SPAN:
            raise ValueError(
                f"`node_spans` must be different numbers of tokens from 1 to {LONGEST_SPAN} in rising order, got "
                f"{spans}. Write for example (1, 2, 4)."
            )
        if self.smoothing_width < 1 or self.smoothing_width % 2 == 0:
            raise ValueError(
                f"`smoothing_width` must be an odd number of tokens, got {self.smoothing_width}: an even width has no "
                "middle token. Write for example 3."
            )
        for name in ("num_graph_layers", "num_graph_heads", "max_dense_nodes"):
            if getattr(self, name) < 1:
                raise ValueError(f"`{name}` must be at least 1, got {getattr(self, name)}.")
        for name in ("window_size", "num_neighbors"):
            if getattr(self, name) < 0:
                raise ValueError(f"`{name}` must be 0 (no such edges) or more, got {getattr(self, name)}.")
        for name in ("head_dropout", "head_attention_dropout"):
            check_range(name, getattr(self, name), 0.0, 1.0)


__all__ = ["PyramidGraphConfig"]
