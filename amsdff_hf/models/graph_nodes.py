# Copyright 2026 The amsdff_hf authors. Licensed under the Apache License, Version 2.0.
"""The nodes of a text's graph: one for each token, each two tokens, each four, ..."""

from typing import NamedTuple

import torch
import torch.nn.functional as F


class NodeLayout(NamedTuple):
    """Which tokens the nodes of texts of one length stand for; all fields are `(num_nodes,)`.

    Args:
        level: index into the spans.
        index: number of the node within its level.
        start: first token.
        end: the token after the last one.
    """

    level: torch.Tensor
    index: torch.Tensor
    start: torch.Tensor
    end: torch.Tensor


def count_nodes(length: int, spans: list[int]) -> list[int]:
    """Number of nodes of each level for texts of `length` tokens.

    Examples:
    ```python
    >>> count_nodes(9, [1, 2, 4])
    [9, 5, 3]

    ```
    """
    return [(length + span - 1) // span for span in spans]


def node_layout(length: int, spans: list[int], device: torch.device) -> NodeLayout:
    """Lay out the nodes of texts of `length` tokens, level by level."""
    indices = [torch.arange(count, device=device) for count in count_nodes(length, spans)]
    levels = [torch.full_like(index, level) for level, index in enumerate(indices)]
    starts = [index * span for index, span in zip(indices, spans, strict=True)]
    ends = [start + span for start, span in zip(starts, spans, strict=True)]
    return NodeLayout(*(torch.cat(parts) for parts in (levels, indices, starts, ends)))


def pool_nodes(
    hidden_states: torch.Tensor, mask: torch.Tensor, spans: list[int]
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Average the tokens of each node.

    Args:
        hidden_states: `(batch_size, sequence_length, width)`, the real tokens at the front.
        mask: boolean `(batch_size, sequence_length)`.
        spans: tokens per node, for each level.

    Returns:
        Nodes `(batch_size, num_nodes, width)`, their boolean mask and the number of real tokens in each, both
        `(batch_size, num_nodes)`.
    """
    hidden_states = hidden_states.masked_fill(~mask.unsqueeze(-1), 0.0)
    sums, counts = [], []
    for span, count in zip(spans, count_nodes(hidden_states.shape[1], spans), strict=True):
        missing = count * span - hidden_states.shape[1]
        sums.append(F.pad(hidden_states, (0, 0, 0, missing)).unflatten(1, (count, span)).sum(dim=2))
        counts.append(F.pad(mask, (0, missing)).unflatten(1, (count, span)).sum(dim=2))
    tokens = torch.cat(counts, dim=1)
    return torch.cat(sums, dim=1) / tokens.clamp(min=1).unsqueeze(-1).to(hidden_states.dtype), tokens > 0, tokens


def spread_to_tokens(values: torch.Tensor, length: int, spans: list[int]) -> torch.Tensor:
    """Sum for each token the values of the nodes that it is part of, one on each level.

    Args:
        values: `(batch_size, num_nodes, ...)`.
        length: number of tokens.
        spans: tokens per node, for each level.

    Returns:
        `(batch_size, length, ...)`.
    """
    levels = values.split(count_nodes(length, spans), dim=1)
    spread = [part.repeat_interleave(span, dim=1)[:, :length] for part, span in zip(levels, spans, strict=True)]
    return torch.stack(spread).sum(dim=0)


__all__ = ["NodeLayout", "count_nodes", "node_layout", "pool_nodes", "spread_to_tokens"]
