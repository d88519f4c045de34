# Copyright 2026 The amsdff_hf authors. Licensed under the Apache License, Version 2.0.
"""Which hidden states of a backbone a head reads: 0 for the embeddings, 1 for the first layer, and so on."""

import math

from transformers import PreTrainedConfig


NUM_AUTO_LEVELS = 3
# Their layers shorten the text on the way, pass several vectors for each token, or come in several stacks.
_UNEVEN = (
    "blt",
    "canine",
    "deepseek_v4",
    "funnel",
    "gemma3n_text",
    "hy_v4",
    "longcat_flash",
    "pegasus_x",
    "qwen4_exp",
    "qwen4_exp_text",
    "reformer",
)


def is_uneven(config: PreTrainedConfig) -> bool:
    """Whether the layers of a backbone do not pass one vector for each token, so that only its last states fit a head.

    Args:
        config: configuration of the part of the backbone that reads.
    """
    return config.model_type in _UNEVEN


def spread_levels(depth: int) -> list[int]:
    """Three levels, spread over the depth, the last one among them.

    Examples:
    ```python
    >>> spread_levels(12), spread_levels(6), spread_levels(0)
    ([4, 8, 12], [2, 4, 6], [0])

    ```
    """
    # Word vectors have no layer: their only level is 0.
    wanted = (max(1, math.ceil(depth * part / NUM_AUTO_LEVELS)) for part in range(1, NUM_AUTO_LEVELS + 1))
    return sorted({min(depth, level) for level in wanted})


def check_levels(levels: str | list[int] | tuple[int, ...], words: tuple[str, ...], config: PreTrainedConfig) -> None:
    """Check the field `levels` of a configuration.

    Args:
        levels: one of `words`, or levels in rising order.
        words: what may be written in the place of a list.
        config: configuration of the part of the backbone that reads.

    Raises:
        ValueError: if the backbone has no such levels, or no number of layers to count them by.
    """
    depth = getattr(config, "num_hidden_layers", None)
    if depth is None and levels != "last":
        raise ValueError(
            f"`levels` cannot be counted: a backbone of the type {config.model_type!r} has no `num_hidden_layers`. "
            "Choose another backbone."
        )
    if levels in words:
        return
    if isinstance(levels, str):
        quoted = [f'"{word}"' for word in words]
        raise ValueError(
            f"`levels` must be {' or '.join(quoted)} or a list of levels such as [4, 8, 12], got {levels!r}."
        )
    levels = list(levels)
    if not levels or levels != sorted(set(levels)) or not 0 <= levels[0] <= levels[-1] <= depth:
        raise ValueError(
            f"`levels` must be different levels of the backbone in rising order, from 0 (embeddings) to {depth} "
            f"(last layer), got {levels}."
        )


__all__ = ["check_levels", "is_uneven", "spread_levels"]
