# Copyright 2026 The amsdff_hf authors. Licensed under the Apache License, Version 2.0.
"""Overlapping windows over a text that is longer than its backbone reads, and the way back to one row of tokens."""

import torch
from transformers import PreTrainedConfig


def usable_window(config: PreTrainedConfig, positions: int | None) -> int:
    """Return the tokens of a window.

    Args:
        config: a configuration with the fields `window_length` and `window_overlap`.
        positions: what the backbone reads at most; `None` if its positions have no end.

    Raises:
        ValueError: if the backbone does not read so many, or says no number and the configuration none either.
    """
    model_type, length = config.backbone_config.model_type, config.window_length or positions
    if length is None:
        raise ValueError(
            f"`window_length` must be given: the backbone ({model_type}) has positions without end. Write for example "
            "512."
        )
    if positions is not None and length > positions:
        raise ValueError(f"`window_length` {length} is more than the backbone ({model_type}) reads, {positions}.")
    if 2 * config.window_overlap >= length:
        raise ValueError(
            f"`window_overlap` {config.window_overlap} must be less than half of a window, which has {length} tokens."
        )
    return length


class Windows:
    """Cuts texts into windows of one length, and joins what a backbone makes of them.

    A token that two windows hold comes from the one in which it stands farther from the edge. How a text is cut
    depends on its own length, and not on how much padding follows. The special tokens at the ends of a text are those
    of its first and its last window alone.

    Args:
        mask (`torch.Tensor`): `(batch_size, sequence_length)`, ones for the tokens of each text, then zeros.
        window_length (`int`): tokens of a window.
        overlap (`int`): tokens that a window shares with the one before.

    Attributes:
        mask (`torch.Tensor`): `(num_windows, window_length)`, the mask of all windows of all texts.

    Examples:
    ```python
    >>> import torch
    >>> windows = Windows(torch.tensor([[1, 1, 1, 1, 1, 1, 1], [1, 1, 1, 0, 0, 0, 0]]), window_length=4, overlap=2)
    >>> windows.cut(torch.arange(14).view(2, 7))
    tensor([[ 0,  1,  2,  3],
            [ 2,  3,  4,  5],
            [ 4,  5,  6,  6],
            [ 7,  8,  9, 10]])
    >>> windows.mask[2:]
    tensor([[1, 1, 1, 0],
            [1, 1, 1, 0]])
    >>> windows.join(torch.arange(16).view(4, 4, 1))[0].flatten()
    tensor([ 0,  1,  2,  5,  6,  9, 10])

    ```
    """

    def __init__(self, mask: torch.Tensor, window_length: int, overlap: int):
        stride, lengths = window_length - overlap, (mask != 0).sum(dim=1)
        counts = 1 + (lengths - window_length).clamp(min=0).add(stride - 1) // stride
        first = counts.cumsum(0) - counts
        self._texts = torch.repeat_interleave(torch.arange(len(mask), device=mask.device), counts)
        starts = (torch.arange(len(self._texts), device=mask.device) - first[self._texts]) * stride
        tokens = starts.unsqueeze(1) + torch.arange(window_length, device=mask.device)
        # Beyond its end, the last window of a text holds the last token again, which the mask hides.
        self._tokens = tokens.clamp(max=mask.shape[1] - 1)
        self.mask = self.cut(mask) * (tokens < mask.shape[1])
        tokens = torch.arange(mask.shape[1], device=mask.device)
        window = torch.minimum((tokens - overlap // 2).clamp(min=0) // stride, counts.unsqueeze(1) - 1)
        # Padding has no window of its own: it takes what the last one ends with.
        place = (tokens - window * stride).clamp(max=window_length - 1)
        self._joint = (first.unsqueeze(1) + window) * window_length + place

    def cut(self, values: torch.Tensor) -> torch.Tensor:
        """Cut `(batch_size, sequence_length, ...)` into `(num_windows, window_length, ...)`."""
        return values[self._texts.unsqueeze(1), self._tokens]

    def join(self, states: torch.Tensor) -> torch.Tensor:
        """Join `(num_windows, window_length, hidden_size)` to `(batch_size, sequence_length, hidden_size)`."""
        return states.flatten(0, 1)[self._joint]


__all__ = ["Windows", "usable_window"]
