# Copyright 2026 The amsdff_hf authors. Licensed under the Apache License, Version 2.0.
"""Canonical padding: real tokens first, so that a backbone cannot see on which side a text was padded."""

import torch


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


__all__ = ["front_positions", "move_back", "move_to_front"]
