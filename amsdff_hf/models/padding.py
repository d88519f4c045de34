# Copyright 2026 The amsdff_hf authors. Licensed under the Apache License, Version 2.0.
"""Canonical padding: real tokens first, so that a backbone cannot see on which side a text was padded."""

from typing import Any

import torch
from transformers.modeling_outputs import BaseModelOutput

from .masking import is_known


# The last dimension of their attention maps is no text: offsets in a window, a block, or a state.
_SPARSE_MAPS = ("led", "longformer", "longt5", "reformer", "rwkv", "yoso")


def front_positions(attention_mask: torch.Tensor) -> torch.Tensor:
    """Position of every token once the real ones have moved to the front, both groups in their old order.

    Args:
        attention_mask: `(batch_size, sequence_length)`, zero at padding.

    Returns:
        `(batch_size, sequence_length)`, a permutation in each row.

    Examples:
    ```python
    >>> import torch
    >>> front_positions(torch.tensor([[0, 0, 1, 1, 1], [1, 1, 0, 0, 0]]))
    tensor([[3, 4, 0, 1, 2],
            [0, 1, 2, 3, 4]])

    ```
    """
    real = (attention_mask != 0).long()
    padding = 1 - real
    among_real = real.cumsum(-1) - 1
    among_padding = real.sum(-1, keepdim=True) + padding.cumsum(-1) - 1
    return torch.where(real.bool(), among_real, among_padding)


def may_follow_padding(attention_mask: torch.Tensor) -> bool:
    """Whether a real token may stand behind padding, so that tokens have to be moved.

    Where it cannot be looked at, the answer is yes.
    """
    if not is_known(attention_mask):
        return True
    real = attention_mask != 0
    return bool((real[:, 1:] & ~real[:, :-1]).any())


def move_to_front(values: torch.Tensor, positions: torch.Tensor) -> torch.Tensor:
    """Put `values[b, t]` at `positions[b, t]`; `values` is `(batch_size, sequence_length, ...)`."""
    index = positions.view(*positions.shape, *[1] * (values.dim() - 2)).expand_as(values)
    return torch.empty_like(values).scatter(1, index, values)


def move_back(values: torch.Tensor, positions: torch.Tensor, dim: int = 1) -> torch.Tensor:
    """Undo [`move_to_front`] along the dimension `dim` of `values`, whose first dimension is the batch."""
    shape = [1] * values.dim()
    shape[0], shape[dim] = positions.shape
    expanded = list(values.shape)
    expanded[dim] = positions.shape[1]
    return values.gather(dim, positions.view(shape).expand(expanded))


def to_front_if_per_token(value: Any, positions: torch.Tensor) -> Any:
    """Apply [`move_to_front`] to a further argument of a model, if it is a tensor with an entry for each token."""
    is_per_token = isinstance(value, torch.Tensor) and value.shape[:2] == positions.shape
    return move_to_front(value, positions) if is_per_token else value


def in_input_order(outputs: BaseModelOutput, positions: torch.Tensor | None, model_type: str) -> BaseModelOutput:
    """Move all that a backbone returned back to where the tokens stood in the input.

    Args:
        outputs: what the backbone returned.
        positions: where the tokens had been moved, `(batch_size, sequence_length)`; `None` if nowhere.
        model_type: type of the backbone, by which the dimensions of its attention maps are known.

    Returns:
        Last hidden state, hidden states and attention maps, as far as there are some.
    """
    hidden_states, attentions = outputs.get("hidden_states"), outputs.get("attentions")
    last_hidden_state = outputs.last_hidden_state
    if positions is not None:
        length = positions.shape[1]
        last_hidden_state = move_back(last_hidden_state, positions)
        if hidden_states is not None:
            # A layer that was not asked for is None; some models shorten the text on the way.
            hidden_states = tuple(
                move_back(state, positions) if state is not None and state.shape[1] == length else state
                for state in hidden_states
            )
        if attentions is not None:
            keys_are_tokens = model_type not in _SPARSE_MAPS
            attentions = tuple(_move_map_back(attention, positions, keys_are_tokens) for attention in attentions)
    return BaseModelOutput(last_hidden_state=last_hidden_state, hidden_states=hidden_states, attentions=attentions)


def _move_map_back(attention: Any, positions: torch.Tensor, keys_are_tokens: bool) -> Any:
    # A layer that was not asked for is None; pegasus_x gives a dictionary with maps of blocks.
    if not isinstance(attention, torch.Tensor):
        return attention
    if keys_are_tokens and attention.shape[-1] == positions.shape[1]:
        attention = move_back(attention, positions, dim=-1)
    if attention.shape[-2] == positions.shape[1]:
        attention = move_back(attention, positions, dim=-2)
    return attention


__all__ = [
    "front_positions",
    "in_input_order",
    "may_follow_padding",
    "move_back",
    "move_to_front",
    "to_front_if_per_token",
]
