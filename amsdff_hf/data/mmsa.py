# Copyright 2026 The amsdff_hf authors. Licensed under the Apache License, Version 2.0.
"""Multimodal sentiment data in the format of MMSA (github.com/thuiar/MMSA), converted once to parquet."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from datasets import Dataset, Features, List, Value

from .restricted_unpickler import load_arrays


SPLITS = {"train": "train", "valid": "validation", "test": "test"}
_NEEDED = ("raw_text", "audio", "vision", "regression_labels")


def convert_mmsa(path: str | os.PathLike, folder: str | os.PathLike) -> dict[str, Path]:
    """Convert a pickle of MMSA to one parquet file per split.

    The files have the columns `id`, `text`, `audio`, `vision` (a list of vectors per text, without the padding behind
    its real steps where the pickle says how many there are) and `label`.

    Args:
        path: the pickle, such as `unaligned_50.pkl`; opened by an unpickler that admits arrays only.
        folder: where to write.

    Returns:
        The file of each split, `train`, `validation` and `test`.

    Raises:
        FileNotFoundError: if there is no such file.
        ValueError: if it could run code, or is not in this format.
    """
    stored = load_arrays(path)
    if not isinstance(stored, Mapping) or not set(SPLITS) & set(stored):
        found = sorted(map(str, stored)) if isinstance(stored, Mapping) else type(stored).__name__
        raise ValueError(
            f"{os.fspath(path)!r} is not in the format of MMSA: it has no split train, valid or test, but {found}."
        )
    Path(folder).mkdir(parents=True, exist_ok=True)
    files = {}
    for name, role in SPLITS.items():
        if name in stored:
            files[role] = Path(folder) / f"{role}.parquet"
            read_mmsa_split(stored[name], name).to_parquet(files[role])
    return files


def read_mmsa_split(stored: Mapping[str, Any], name: str) -> Dataset:
    """Turn one split of a pickle into rows.

    Args:
        stored: its arrays by name.
        name: of the split, for messages.

    Raises:
        ValueError: if an array is missing, is not as long as the others, or has fewer steps than its length says.
    """
    missing = [column for column in _NEEDED if column not in stored]
    if missing:
        raise ValueError(f"The split {name!r} has no {', '.join(missing)}; it has {', '.join(map(str, stored))}.")
    count = len(stored["raw_text"])
    for column in (*_NEEDED, "audio_lengths", "vision_lengths", "id"):
        if column in stored and len(stored[column]) != count:
            raise ValueError(
                f"The split {name!r} has {count} texts, but {len(stored[column])} entries in {column!r}: the file is "
                "damaged."
            )
    rows = {
        "id": [str(one) for one in stored.get("id", range(count))],
        "text": [text.decode() if isinstance(text, bytes) else str(text) for text in stored["raw_text"]],
        **{column: _sequences(stored, column, name) for column in ("audio", "vision")},
        "label": _labels(stored["regression_labels"], name),
    }
    vectors = List(List(Value("float32")))
    kinds = {"id": Value("string"), "text": Value("string"), "audio": vectors, "vision": vectors}
    return Dataset.from_dict(rows, features=Features({**kinds, "label": Value("float32")}))


def _sequences(stored: Mapping[str, Any], column: str, name: str) -> list[np.ndarray | None]:
    arrays = [np.asarray(array, dtype=np.float32) for array in stored[column]]
    for row, array in enumerate(arrays):
        if array.ndim != 2:
            raise ValueError(
                f"{column!r} of text {row + 1} in the split {name!r} must be (num_steps, size), got {array.shape}."
            )
    lengths = stored.get(f"{column}_lengths")
    if lengths is None:
        return arrays
    for row, (array, length) in enumerate(zip(arrays, lengths, strict=True)):
        if not 0 <= length <= len(array):
            raise ValueError(
                f"'{column}_lengths' says {length} for text {row + 1} in the split {name!r}, but its array has "
                f"{len(array)} steps: the file is damaged."
            )
    # No step at all: the text lacks it.
    return [array[: int(length)] if length else None for array, length in zip(arrays, lengths, strict=True)]


def _labels(stored: Any, name: str) -> list[float]:
    labels = np.asarray(stored, dtype=np.float32)
    if labels.ndim != 1 or not np.isfinite(labels).all():
        raise ValueError(
            f"'regression_labels' of the split {name!r} must be one finite number per text, got the shape "
            f"{labels.shape} with {int((~np.isfinite(labels)).sum())} numbers that are not finite."
        )
    return labels.tolist()
