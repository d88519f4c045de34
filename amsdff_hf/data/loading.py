# Copyright 2026 The amsdff_hf authors. Licensed under the Apache License, Version 2.0.
"""Reading files and data sets into the splits `train`, `validation` and `test`."""

import csv
import os
import sys
from collections.abc import Sequence
from itertools import islice

from datasets import Dataset, DatasetDict, load_dataset
from datasets.exceptions import DatasetGenerationError

from .arguments import DataTrainingArguments, split_names


# Without these, pandas would read texts and labels such as "NA", "None" or "null" as missing.
_VERBATIM = {"keep_default_na": False, "na_values": [""]}
# Keeps the number that a row has in its file, whatever is dropped or shuffled later.
ROW = "source_row"
# The joined columns, beside those of the table.
TEXT, TEXT_PAIR = "joined_text", "joined_text_pair"
_SEPARATORS = (",", ";", "\t", "|")
_READERS = {
    ".csv": ("csv", _VERBATIM),
    ".tsv": ("csv", {**_VERBATIM, "sep": "\t"}),
    ".json": ("json", {}),
    ".jsonl": ("json", {}),
    ".parquet": ("parquet", {}),
}
_ROLES = ("train", "validation", "test")


def load_splits(
    arguments: DataTrainingArguments,
    needed: Sequence[str] = _ROLES,
    cache_dir: str | None = None,
    token: str | None = None,
) -> DatasetDict:
    """Read the files or the data set that the arguments name.

    Args:
        arguments: where the data is, and which splits and columns to leave out.
        needed: which of `train`, `validation` and `test` to read, where there are such.
        cache_dir: cache of `datasets`.
        token: token for the Hub.

    Returns:
        The splits under the names `train`, `validation` and `test`, with their row numbers from 0 as `source_row`.

    Raises:
        FileNotFoundError: if a file does not exist.
        ValueError: if a file is of an unknown type or empty, or a split does not exist.
    """
    if arguments.dataset_name is None:
        files = {role: getattr(arguments, f"{role}_file") for role in needed}
        splits = {role: load_file(path, cache_dir) for role, path in files.items() if path}
    else:
        splits = _load_named(arguments, needed, cache_dir, token)
    removed = split_names(arguments.remove_columns)
    for role, split in splits.items():
        _check_columns(split, removed, role, "--remove_columns")
        if not len(split):
            raise ValueError(f"The {role} data is empty: it has the columns {split.column_names} but no row.")
    return DatasetDict({role: _number_rows(split.remove_columns(removed)) for role, split in splits.items()})


def load_file(path: str, cache_dir: str | None = None) -> Dataset:
    """Read one csv, tsv, json, jsonl or parquet file.

    Raises:
        FileNotFoundError: if there is no such file.
        ValueError: if its type is unknown, it is empty or it cannot be read.
    """
    if not os.path.isfile(path):
        raise FileNotFoundError(f"There is no file {path!r} (looked in {os.getcwd()}).")
    extension = os.path.splitext(path)[1].lower()
    if extension not in _READERS:
        raise ValueError(f"{path!r} is of no known type: its name must end in {', '.join(_READERS)}.")
    if os.path.getsize(path) == 0:
        raise ValueError(f"{path!r} is empty.")
    builder, options = _READERS[extension]
    if builder == "csv":
        _check_cells(path, options.get("sep", ","))
    try:
        return load_dataset(builder, data_files=path, split="train", cache_dir=cache_dir, **options)
    except (ValueError, DatasetGenerationError) as error:
        raise ValueError(f"{path!r} cannot be read as a table with rows: {error.__cause__ or error}") from error


def _check_cells(path: str, separator: str) -> None:
    """Refuse another separator, and rows longer than the header, which pandas would shift by a column silently."""
    # Texts may be longer than the 131,072 characters that Python's csv module allows a cell.
    csv.field_size_limit(sys.maxsize)
    try:
        others = [] if _is_table(path, separator) else [other for other in _SEPARATORS if _is_table(path, other)]
        longer = _first_longer_row(path, separator)
    except UnicodeDecodeError as error:
        raise ValueError(
            f"{path!r} is not written in UTF-8 ({error.reason}, byte {error.object[error.start]:#x}): save it as "
            f"UTF-8, for instance by `iconv -f latin1 -t utf-8 {path} > utf8.csv`."
        ) from error
    if others:
        raise ValueError(
            f"{path!r} separates its cells by {others[0]!r} where a {os.path.splitext(path)[1]} file has "
            f"{separator!r}: save it again, for instance by `pandas.read_csv({path!r}, sep={others[0]!r}, "
            f"dtype=str, keep_default_na=False).to_csv({'again' + os.path.splitext(path)[1]!r}, sep={separator!r}, "
            "index=False)`, and read that file."
        )
    if longer is not None:
        width, number, row = longer
        raise ValueError(
            f"{path!r} has {width} columns, but {len(row)} cells in row {number}: {row[:5]}. Put texts that contain "
            f"{separator!r} into double quotes."
        )


def _is_table(path: str, separator: str) -> bool:
    """Whether the header has several names, and the first row as many cells; prose has a space behind a comma."""
    with open(path, encoding="utf-8", newline="") as file:
        header, *rows = islice(csv.reader(file, delimiter=separator), 2)
    are_names = all(name == name.strip() != "" for name in header)
    return len(header) > 1 and are_names and [len(row) for row in rows] == [len(header)]


def _first_longer_row(path: str, separator: str) -> tuple[int, int, list[str]] | None:
    with open(path, encoding="utf-8", newline="") as file:
        rows = csv.reader(file, delimiter=separator)
        width = len(next(rows, []))
        return next(((width, number, row) for number, row in enumerate(rows, start=1) if len(row) > width), None)


def _load_named(
    arguments: DataTrainingArguments, needed: Sequence[str], cache_dir: str | None, token: str | None
) -> dict[str, Dataset]:
    found = load_dataset(arguments.dataset_name, arguments.dataset_config_name, cache_dir=cache_dir, token=token)
    left_out = split_names(arguments.remove_splits)
    names = {role: getattr(arguments, f"{role}_split_name") for role in needed}
    for name in [*left_out, *filter(None, names.values())]:
        if name not in found:
            raise ValueError(f"{arguments.dataset_name!r} has no split {name!r}; it has {', '.join(found)}.")
    splits = {role: name or role for role, name in names.items()}
    return {role: found[name] for role, name in splits.items() if name in found and name not in left_out}


def _number_rows(split: Dataset) -> Dataset:
    return split.remove_columns([ROW] * (ROW in split.column_names)).add_column(ROW, list(range(len(split))))


def _own_columns(split: Dataset) -> list[str]:
    return [name for name in split.column_names if name not in (ROW, TEXT, TEXT_PAIR)]


def _check_columns(split: Dataset, names: Sequence[str], role: str, option: str) -> None:
    for name in names:
        if name not in split.column_names:
            raise ValueError(
                f"{option} names the column {name!r}, which the {role} data does not have; it has "
                f"{', '.join(_own_columns(split))}."
            )


def find_column(split: Dataset, wanted: str | None, usual: Sequence[str], role: str, option: str) -> str:
    """Return the wanted column, or the first usual one that exists.

    Raises:
        ValueError: if there is none; the message lists the columns that there are.
    """
    if wanted is not None:
        _check_columns(split, [wanted], role, option)
        return wanted
    for name in usual:
        if name in split.column_names:
            return name
    raise ValueError(
        f"The {role} data has no column {' or '.join(map(repr, usual))}; it has {', '.join(_own_columns(split))}. "
        f"Name the right one with {option}."
    )
