# Copyright 2026 The amsdff_hf authors. Licensed under the Apache License, Version 2.0.
"""The two texts of a pair: which tokens belong to which, and each of them on its own."""

from typing import NamedTuple

import torch

from .padding import front_positions, move_back, move_to_front


class TextField(NamedTuple):
    """One of two texts, moved to the front of a sequence that is as long as the longest of the batch.

    Args:
        hidden_states: `(batch_size, field_length, hidden_size)`.
        mask: boolean `(batch_size, field_length)`, true at the tokens of the field.
        positions: where each token of the pair has been moved, `(batch_size, sequence_length)`.
    """

    hidden_states: torch.Tensor
    mask: torch.Tensor
    positions: torch.Tensor

    def put_back(self, values: torch.Tensor) -> torch.Tensor:
        """Bring values of the field's tokens, `(batch_size, field_length, ...)`, to where these stand in the pair.

        All other tokens get zeros.
        """
        is_real = self.mask.view(*self.mask.shape, *[1] * (values.dim() - 2))
        filled = values.masked_fill(~is_real, 0.0)
        missing = filled.new_zeros(filled.shape[0], self.positions.shape[1] - filled.shape[1], *filled.shape[2:])
        return move_back(torch.cat([filled, missing], dim=1), self.positions)


def field_masks(mask: torch.Tensor, token_type_ids: torch.Tensor | None) -> tuple[torch.Tensor, torch.Tensor]:
    """Tell the tokens of the first text of each pair from those of the second.

    A row whose tokens all belong to one of the two is a single text: it stands for both.

    Args:
        mask: boolean `(batch_size, sequence_length)`, true somewhere in every row.
        token_type_ids: `(batch_size, sequence_length)`, 1 in the second text; `None` where all texts are single.

    Returns:
        Two boolean masks `(batch_size, sequence_length)`, each true somewhere in every row.

    Examples:
    ```python
    >>> import torch
    >>> mask = torch.tensor([[True, True, True, False]])
    >>> [field.int().tolist() for field in field_masks(mask, torch.tensor([[0, 1, 1, 0]]))]
    [[[1, 0, 0, 0]], [[0, 1, 1, 0]]]
    >>> [field.int().tolist() for field in field_masks(mask, None)]
    [[[1, 1, 1, 0]], [[1, 1, 1, 0]]]

    ```
    """
    if token_type_ids is None:
        return mask, mask
    is_second = token_type_ids == 1
    first, second = mask & ~is_second, mask & is_second
    is_single = ~(first.any(dim=1, keepdim=True) & second.any(dim=1, keepdim=True))
    return first | (is_single & mask), second | (is_single & mask)


def cut_field(hidden_states: torch.Tensor, field_mask: torch.Tensor) -> TextField:
    """Take one of two texts out of the tokens of a pair.

    Args:
        hidden_states: `(batch_size, sequence_length, hidden_size)`.
        field_mask: boolean `(batch_size, sequence_length)`, true at the tokens of this text.
    """
    positions = front_positions(field_mask)
    lengths = field_mask.sum(dim=1, keepdim=True)
    longest = field_mask.shape[1]
    if not torch.compiler.is_compiling():
        # A title is read in a tenth of the steps of its abstract; a compiled graph cannot go by what masks hold.
        longest = int(lengths.max())
    mask = torch.arange(longest, device=lengths.device) < lengths
    return TextField(move_to_front(hidden_states, positions)[:, :longest], mask, positions)


__all__ = ["TextField", "cut_field", "field_masks"]
