# Copyright 2026 The amsdff_hf authors. Licensed under the Apache License, Version 2.0.
"""The graph that the pyramid-graph classifier made of a text: its nodes and strongest edges, and a picture of them."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from transformers.utils.import_utils import is_matplotlib_available

from ..models.graph_nodes import count_nodes


EDGES_KEPT = 100
_EDGES_DRAWN = 40
_TOKENS_DRAWN = 48
# Of a node in tokens; a row is higher than that.
_DEEPEST_ARC = 1.4
_BLUE, _ORANGE, _GREY = "#3369b0", "#ee7600", "#555555"


@dataclass(frozen=True)
class GraphNode:
    """A node and its share in the readout.

    Args:
        text: the tokens that it stands for.
        span: how many tokens the nodes of its level stand for.
        first_token: number of the first of them, from 0.
        num_tokens: how many there are: fewer than `span` at the end of the text.
        weight: its share, from 0 to 1.
    """

    text: str
    span: int
    first_token: int
    num_tokens: int
    weight: float


@dataclass(frozen=True)
class GraphEdge:
    """An edge and its share in the message to one of its nodes.

    Args:
        target: number of the node that the message goes to.
        source: number of the node that it comes from.
        weight: its share, from 0 to 1, averaged over heads and layers.
    """

    target: int
    source: int
    weight: float


@dataclass(frozen=True)
class TextGraph:
    """The graph of one text.

    Args:
        nodes: the nodes, span by span.
        edges: the strongest edges between two nodes, the strongest first.
    """

    nodes: tuple[GraphNode, ...]
    edges: tuple[GraphEdge, ...]


def read_graph(
    node_weights: torch.Tensor, edge_weights: torch.Tensor, length: int, tokens: Sequence[str], spans: Sequence[int]
) -> TextGraph:
    """Read the graph of one text from what the model returned.

    Args:
        node_weights: `(num_nodes,)`.
        edge_weights: `(num_nodes, num_nodes)`, a row for each target.
        length: number of tokens of the batch, padding included.
        tokens: the real tokens of the text.
        spans: tokens per node, for each level.
    """
    nodes, kept, offset = [], [], 0
    for span, count in zip(spans, count_nodes(length, list(spans)), strict=True):
        for index in range(count_nodes(len(tokens), [span])[0]):
            first = index * span
            own = tokens[first : first + span]
            nodes.append(GraphNode(" ".join(own), span, first, len(own), float(node_weights[offset + index])))
            kept.append(offset + index)
        offset += count
    shares = edge_weights[kept][:, kept].float().fill_diagonal_(0)
    best = shares.flatten().topk(min(EDGES_KEPT, shares.numel()))
    edges = [
        GraphEdge(place // len(kept), place % len(kept), weight)
        for place, weight in zip(best.indices.tolist(), best.values.tolist(), strict=True)
        if weight > 0
    ]
    return TextGraph(tuple(nodes), tuple(edges))


def save_graph_image(graph: TextGraph, path: str, title: str = "") -> None:
    """Draw the graph: a row of nodes for each span, larger where they weigh more, and the strongest edges.

    Of a long text the first tokens are drawn.

    Args:
        graph: what to draw.
        path: file to write; its ending decides the format.
        title: a line above the picture.

    Raises:
        ImportError: if matplotlib is not installed.
        TypeError: if it is no graph.
    """
    if not isinstance(graph, TextGraph):
        raise TypeError(
            "save_graph_image() draws the `graph` of an explanation by a pyramid-graph classifier, the only one that "
            f"makes graphs, got {type(graph).__name__}."
        )
    if not is_matplotlib_available():
        raise ImportError("Pictures are drawn by matplotlib: pip install 'amsdff_hf[plots]'.")
    from matplotlib.figure import Figure

    spans = sorted({node.span for node in graph.nodes})
    drawn = {number: node for number, node in enumerate(graph.nodes) if node.first_token < _TOKENS_DRAWN}
    places = {number: (_middle(node), float(spans.index(node.span))) for number, node in drawn.items()}
    num_tokens = max((node.first_token + node.num_tokens for node in graph.nodes), default=1)
    shown = min(num_tokens, _TOKENS_DRAWN)
    figure = Figure(figsize=(max(6.0, 0.3 * shown + 1.5), 1.4 * len(spans) + 1.6), layout="constrained")
    axes = figure.subplots()
    _draw_edges(axes, [edge for edge in graph.edges if edge.target in places and edge.source in places], places)
    _draw_nodes(axes, drawn, places, spans)
    cut = f" · the first {shown} of {num_tokens} tokens" if shown < num_tokens else ""
    axes.set_title(
        f"{title}\nblue: nodes, larger where they weigh more · orange: the strongest edges{cut}".strip(), fontsize=9
    )
    axes.set_yticks(range(len(spans)), [f"{span} token{'s' * (span > 1)}" for span in spans], fontsize=9)
    axes.set_xlim(-1, shown)
    axes.set_ylim(-0.3, len(spans) - 0.8)
    axes.tick_params(length=0)
    for side in axes.spines.values():
        side.set_visible(False)
    figure.savefig(path, dpi=150)


def _middle(node: GraphNode) -> float:
    return node.first_token + (node.num_tokens - 1) / 2


def _draw_edges(axes, edges: list[GraphEdge], places: dict[int, tuple[float, float]]) -> None:
    from matplotlib.patches import FancyArrowPatch

    strongest = max((edge.weight for edge in edges), default=1.0)
    for edge in edges[:_EDGES_DRAWN]:
        start, end = places[edge.source], places[edge.target]
        # Edges within a row would hide each other and the nodes between.
        distance = abs(start[0] - end[0])
        bend = min(0.35, _DEEPEST_ARC / distance) if start[1] == end[1] and distance else 0.0
        share = edge.weight / strongest
        axes.add_patch(
            FancyArrowPatch(
                start,
                end,
                connectionstyle=f"arc3,rad={bend if start[0] < end[0] else -bend}",
                arrowstyle="-|>",
                mutation_scale=7,
                shrinkA=4,
                shrinkB=4,
                color=_ORANGE,
                alpha=0.25 + 0.75 * share,
                linewidth=0.4 + 1.6 * share,
            )
        )


def _draw_nodes(
    axes, nodes: dict[int, GraphNode], places: dict[int, tuple[float, float]], spans: Sequence[int]
) -> None:
    strongest = max((node.weight for node in nodes.values()), default=1.0) or 1.0
    horizontal, vertical = zip(*places.values(), strict=True)
    sizes = [20 + 180 * node.weight / strongest for node in nodes.values()]
    axes.scatter(horizontal, vertical, s=sizes, color=_BLUE, edgecolor="white", linewidth=0.7, zorder=3)
    lowest = [node for node in nodes.values() if node.span == spans[0]]
    axes.set_xticks(list(map(_middle, lowest)), [node.text for node in lowest], rotation=90, fontsize=8, color=_GREY)


__all__ = ["GraphEdge", "GraphNode", "TextGraph", "read_graph", "save_graph_image"]
