# Copyright 2026 The amsdff_hf authors. Licensed under the Apache License, Version 2.0.
"""What lets every layer of a head see real tokens only.

Shapes are `(batch_size, sequence_length, hidden_size)` for token vectors and `(batch_size, sequence_length)` for the
boolean `mask`, which is true at real tokens and must be true somewhere in every row (see [`real_tokens`]).
"""

import torch


def is_known(values: torch.Tensor) -> bool:
    """Whether values can be looked at: those on an accelerator would be waited for, a graph has none."""
    in_graph = torch.compiler.is_compiling() or torch.jit.is_tracing()
    return values.device.type == "cpu" and not in_graph


def may_have_padding(mask: torch.Tensor) -> bool:
    """Whether something may have to be masked; texts of one length need no copies of their states."""
    return not (is_known(mask) and bool(mask.all()))


def real_tokens(hidden_states: torch.Tensor, attention_mask: torch.Tensor | None) -> tuple[torch.Tensor, torch.Tensor]:
    """Put a neutral vector at padding and return the token vectors with a boolean mask that has no empty row.

    A row without any real token becomes a text of one token, the neutral vector: finite, and the same at any length.

    Args:
        hidden_states: `(batch_size, sequence_length, hidden_size)`.
        attention_mask: `(batch_size, sequence_length)`, zero at padding; `None` means no padding.

    Returns:
        The token vectors and the mask `(batch_size, sequence_length)`.
    """
    if attention_mask is None:
        return hidden_states, torch.ones(hidden_states.shape[:2], dtype=torch.bool, device=hidden_states.device)
    mask = attention_mask != 0
    if not may_have_padding(mask):
        return hidden_states, mask
    # Not all equal, at which the slope of a LayerNorm is so steep that gradients overflow in half precision.
    neutral = 1 - 2 * (torch.arange(hidden_states.shape[-1], device=mask.device) % 2).to(hidden_states.dtype)
    hidden_states = torch.where(mask.unsqueeze(-1), hidden_states, neutral)
    is_first = torch.arange(mask.shape[1], device=mask.device) == 0
    return hidden_states, mask | (~mask.any(dim=1, keepdim=True) & is_first)


def zero_padding(hidden_states: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    """Set the vectors of padded tokens to zero."""
    return hidden_states.masked_fill(~mask.unsqueeze(-1), 0.0) if may_have_padding(mask) else hidden_states


def masked_softmax(scores: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    """Softmax over the last dimension with no weight on padding; `mask` broadcasts against `scores`."""
    return scores.masked_fill(~mask, torch.finfo(scores.dtype).min).softmax(dim=-1)


def weighted_sum(weights: torch.Tensor, hidden_states: torch.Tensor) -> torch.Tensor:
    """Sum of token vectors under weights `(batch_size, sequence_length)`; returns `(batch_size, hidden_size)`."""
    return torch.bmm(weights.unsqueeze(1), hidden_states).squeeze(1)


def uniform_weights(mask: torch.Tensor, dtype: torch.dtype) -> torch.Tensor:
    """Equal weights `(batch_size, sequence_length)` over the real tokens; every row sums to 1."""
    return (mask / mask.sum(dim=1, keepdim=True)).to(dtype)


def masked_mean(hidden_states: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    """Mean over the real tokens, `(batch_size, hidden_size)`."""
    return weighted_sum(uniform_weights(mask, hidden_states.dtype), hidden_states)


def masked_max(hidden_states: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    """Largest value of each feature over the real tokens, `(batch_size, hidden_size)`."""
    if may_have_padding(mask):
        hidden_states = hidden_states.masked_fill(~mask.unsqueeze(-1), torch.finfo(hidden_states.dtype).min)
    return hidden_states.amax(dim=1)


__all__ = [
    "is_known",
    "masked_max",
    "masked_mean",
    "masked_softmax",
    "may_have_padding",
    "real_tokens",
    "uniform_weights",
    "weighted_sum",
    "zero_padding",
]
