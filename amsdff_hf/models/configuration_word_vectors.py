# Copyright 2026 The amsdff_hf authors. Licensed under the Apache License, Version 2.0.
"""Configuration of the word-vector backbone."""

import math

from huggingface_hub.dataclasses import strict
from transformers import PreTrainedConfig


@strict
class WordVectorsConfig(PreTrainedConfig):
    r"""Configuration of [`WordVectorsModel`], a backbone without context: one trained vector per word.

    Args:
        vocab_size (`int`, *optional*, defaults to 30000):
            Number of words, special tokens included.
        hidden_size (`int`, *optional*, defaults to 300):
            Width of a vector.
        pad_token_id (`int`, *optional*, defaults to 0):
            Id of the padding token, whose vector stays zero.
        initializer_range (`float`, *optional*, defaults to 0.01):
            Standard deviation of vectors that come from no file.

    Examples:
    ```python
    >>> from amsdff_hf import WordVectorsConfig

    >>> WordVectorsConfig(vocab_size=5000, hidden_size=50).num_hidden_layers
    0

    ```
    """

    model_type = "word_vectors"

    vocab_size: int = 30000
    hidden_size: int = 300
    pad_token_id: int | None = 0
    initializer_range: float | int = 0.01
    # Heads ask every backbone for both.
    num_hidden_layers: int = 0
    num_attention_heads: int = 1

    def __post_init__(self, **kwargs) -> None:
        super().__post_init__(**kwargs)
        for name in ("vocab_size", "hidden_size"):
            if getattr(self, name) < 1:
                raise ValueError(f"`{name}` must be at least 1, got {getattr(self, name)}.")
        if self.num_hidden_layers != 0:
            raise ValueError(f"Word vectors have no layers, got `num_hidden_layers={self.num_hidden_layers}`.")
        if self.pad_token_id is not None and not 0 <= self.pad_token_id < self.vocab_size:
            raise ValueError(
                f"`pad_token_id` must be from 0 to {self.vocab_size - 1}, the last word, got {self.pad_token_id}."
            )
        if not 0 <= self.initializer_range < math.inf:
            raise ValueError(f"`initializer_range` must be 0 or more, got {self.initializer_range}.")


__all__ = ["WordVectorsConfig"]
