# Copyright 2026 The amsdff_hf authors. Licensed under the Apache License, Version 2.0.
"""Short names of long things, by which work that was done with the same ones is found again."""

import hashlib
import tempfile
from collections.abc import Iterable
from pathlib import Path

import torch
from torch import nn
from transformers import PreTrainedTokenizerBase


def digest_of_weights(model: nn.Module) -> str:
    """Return the SHA-256 digest of all parameters and kept buffers of a model, with their names.

    Args:
        model: any model.

    Returns:
        64 hexadecimal digits.
    """
    digest = hashlib.sha256()
    for name, tensor in model.state_dict().items():
        digest.update(name.encode())
        digest.update(tensor.detach().cpu().contiguous().view(-1).view(torch.uint8).numpy())
    return digest.hexdigest()


def digest_of_tokenizer(tokenizer: PreTrainedTokenizerBase) -> str:
    """Return the SHA-256 digest of the files of a tokenizer, with its settings such as the longest text.

    Args:
        tokenizer: any tokenizer, before its first text: truncation and padding are settings too.

    Returns:
        64 hexadecimal digits.
    """
    digest = hashlib.sha256()
    with tempfile.TemporaryDirectory() as folder:
        tokenizer.save_pretrained(folder)
        for path in sorted(Path(folder).iterdir()):
            digest.update(path.name.encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()


def digest_of_rows(rows: Iterable[object]) -> str:
    """Return the SHA-256 digest of rows, such as texts or labels, in their order.

    Args:
        rows: whatever has a distinct `repr`: strings, numbers, lists of them.

    Returns:
        64 hexadecimal digits.

    Examples:
    ```python
    >>> digest_of_rows(["a", "b"]) == digest_of_rows(["ab"])
    False

    ```
    """
    digest = hashlib.sha256()
    for row in rows:
        digest.update(repr(row).encode() + b"\n")
    return digest.hexdigest()


__all__ = ["digest_of_rows", "digest_of_tokenizer", "digest_of_weights"]
