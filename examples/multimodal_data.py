# Copyright 2026 The amsdff_hf authors. Licensed under the Apache License, Version 2.0.
"""The data of `run_multimodal.py`: read, named, labelled and checked before anything is trained."""

import argparse
import os
import tempfile
from pathlib import Path

import numpy as np
from datasets import Dataset, LargeList, List

from amsdff_hf.data import (
    LABELS,
    ROW,
    DataTrainingArguments,
    LabelSpace,
    convert_mmsa,
    label_splits,
    load_splits,
)


LABEL_RANGES = {"mosi": 3.0, "mosei": 3.0, "sims": 1.0}


def read_data(arguments: argparse.Namespace) -> tuple[dict[str, Dataset], LabelSpace]:
    """Read the splits, with columns called `text`, `audio` and `vision`, and labels as the model takes them."""
    files = {role: getattr(arguments, f"{role}_file") for role in ("train", "validation", "test")}
    columns = {getattr(arguments, f"{name}_column"): name for name in ("text", "audio", "vision")}
    label_column = arguments.label_column
    if arguments.mmsa_file is not None:
        files = convert_once(arguments.mmsa_file, Path(arguments.output_dir) / "data")
        columns, label_column = {name: name for name in columns.values()}, "label"
    data = DataTrainingArguments(
        **{f"{role}_file": str(path) for role, path in files.items() if path is not None},
        label_column_name=label_column,
        do_regression=True if arguments.do_regression else None,
    )
    splits = {role: as_sequences(split, columns) for role, split in load_splits(data).items()}
    if arguments.num_classes is not None:
        splits = {role: with_classes(split, label_column, arguments.num_classes) for role, split in splits.items()}
    splits, space = label_splits(splits, data, None)
    if space.problem_type == "regression":
        check_range(splits, LABEL_RANGES[arguments.metrics])
    kept = [LABELS, *columns.values()]
    return {
        role: split.select_columns([name for name in kept if name in split.column_names]).with_format("numpy")
        for role, split in splits.items()
    }, space


def convert_once(pickle: str, folder: Path) -> dict[str, Path]:
    """Convert a file of MMSA to parquet, unless that has been done since it was written."""
    files = {role: folder / f"{role}.parquet" for role in ("train", "validation", "test")}
    there = {role: path for role, path in files.items() if path.exists()}
    if there and all(path.stat().st_mtime > os.stat(pickle).st_mtime for path in there.values()):
        return there
    folder.mkdir(parents=True, exist_ok=True)
    # Beside it first: an interrupted conversion would look like one of fewer splits.
    with tempfile.TemporaryDirectory(dir=folder) as unfinished:
        return {role: path.replace(files[role]) for role, path in convert_mmsa(pickle, unfinished).items()}


def as_sequences(split: Dataset, columns: dict[str, str]) -> Dataset:
    """Name the columns, and make a sequence of length 1 where a column holds one vector per text."""
    if "text" not in [columns.get(name) for name in split.column_names]:
        there = [name for name in split.column_names if name != ROW]
        raise ValueError(f"There is no column of texts: name it by --text_column; there are {there}.")
    split = split.rename_columns({name: new for name, new in columns.items() if name in split.column_names})
    kinds = {name: split.features[name] for name in ("audio", "vision") if name in split.column_names}
    empty = [name for name, kind in kinds.items() if not isinstance(kind, (List, LargeList))]
    if any(split.unique(name) != [None] for name in empty):
        raise ValueError(f"The columns {empty} hold neither vectors nor lists of vectors, but {kinds}.")
    split, kinds = split.remove_columns(empty), {name: kind for name, kind in kinds.items() if name not in empty}
    flat = [name for name, kind in kinds.items() if not isinstance(kind.feature, (List, LargeList))]
    return split.map(lambda row: {name: row[name] and [row[name]] for name in flat}) if flat else split


def with_classes(split: Dataset, column: str, num_classes: int) -> Dataset:
    """Turn numbers into `negative` and `positive` (0 and above) or, with three classes, `neutral` between them."""
    numbers = np.array(split[column], dtype=float)
    names = np.where(numbers < 0, "negative", "positive").astype(object)
    if num_classes == 3:
        names[numbers == 0] = "neutral"
    return split.remove_columns(column).add_column(column, list(names))


def check_range(splits: dict[str, Dataset], largest: float) -> None:
    """Refuse labels that are larger than those of the data set whose metrics are asked for."""
    for role, split in splits.items():
        found = max(map(abs, split[LABELS]))
        if found > largest:
            raise ValueError(
                f"The {role} labels go up to {found:g}, but those of --metrics go from {-largest:g} to {largest:g}: "
                "choose another of mosi, mosei and sims, or bring the labels into the range."
            )


def check_sequences(splits: dict[str, Dataset], name: str, replace: bool) -> None:
    """Refuse features of another width than the first, and such as are NaN or infinite, before anything is trained."""
    width = None
    for role, split in splits.items():
        for number, row in enumerate(split.select_columns(name), start=1):
            if row[name] is None or not len(row[name]):
                continue
            width = row[name].shape[-1] if width is None else width
            if row[name].ndim != 2 or row[name].shape[-1] != width:
                raise ValueError(
                    f"The {name} in row {number} of the {role} data has the shape {row[name].shape}, where "
                    f"(num_steps, {width}) is needed as in the rows before it."
                )
            wrong = int((~np.isfinite(row[name])).sum())
            if wrong and not replace:
                raise ValueError(
                    f"The {name} in row {number} of the {role} data holds {wrong} numbers that are NaN or infinite: "
                    "correct it, or pass --replace_non_finite to put the mean there."
                )
