# Copyright 2026 The amsdff_hf authors. Licensed under the Apache License, Version 2.0.
"""Label columns: finding them, and reading names, lists of names or numbers from whatever type they have."""

import math

from datasets import ClassLabel, Dataset, List, Value
from transformers.utils import logging

from .loading import ROW, find_column
from .texts import drop_rows, list_rows


logger = logging.get_logger(__name__)


def find_label_column(split: Dataset, wanted: str | None, role: str) -> str | None:
    """Return the label column that the user named, or else `label` or `labels`; test data may have none.

    Raises:
        ValueError: if training or validation data has no such column; the message lists those that there are.
    """
    usual = ("label", "labels")
    if role == "test" and not any(name in split.column_names for name in ([wanted] if wanted else usual)):
        if wanted is not None:
            logger.warning(f"The test data has no column {wanted!r}: predicting without metrics.")
        return None
    return find_column(split, wanted, usual, role, "--label_column_name")


def drop_or_report_unlabelled(split: Dataset, labels: list, policy: str, role: str) -> tuple[Dataset, list]:
    """Apply `--unlabelled` to the rows whose label is missing or -1.

    Args:
        split: the data.
        labels: its labels as [`read_labels`] gives them.
        policy: `error` or `drop`.
        role: name of the split, for messages.

    Returns:
        The data and its labels, without these rows.

    Raises:
        ValueError: if there are such rows and the policy is `error`, or if nothing is left.
    """
    missing = [row for row, label in enumerate(labels) if label is None]
    if not missing:
        return split, labels
    shown = list_rows(missing, split[ROW])
    if policy == "error":
        raise ValueError(
            f"The {role} data has {len(missing)} rows without a label (empty or -1): {shown}. Pass --unlabelled "
            "drop to leave them out; where -1 is a label, write the labels as words."
        )
    if len(missing) == len(labels):
        raise ValueError(f"No row of the {role} data has a label.")
    logger.warning(f"Dropped {len(missing)} {role} rows without a label: {shown}.")
    return drop_rows(split, missing), [label for label in labels if label is not None]


def holds_multi_hot(split: Dataset, column: str, label_format: str) -> bool:
    """Whether the lists of a label column hold a zero or one for every label, and not the labels themselves.

    Lists of labels repeat nothing, so zeros and ones with repetitions are certain; some short lists fit both.

    Args:
        split: the training data, or the first split there is.
        column: its label column.
        label_format: `lists` or `multi_hot` decide; `auto` looks.

    Raises:
        ValueError: if both would fit, or `multi_hot` does not.
    """
    feature = split.features[column]
    inner = feature.feature if isinstance(feature, List) else None
    is_numeric = isinstance(inner, Value) and inner.dtype != "string"
    rows = [row for row in split[column] if row is not None] if is_numeric else []
    fits = bool(rows) and len({len(row) for row in rows}) == 1 and all(cell in (0, 1) for row in rows for cell in row)
    if label_format == "multi_hot" and not fits:
        raise ValueError(
            f"--label_format multi_hot needs lists of one length with zeros and ones in the column {column!r}."
        )
    if label_format != "auto" or not fits:
        return label_format == "multi_hot"
    if any(len(set(row)) < len(row) for row in rows):
        return True
    raise ValueError(
        f"The lists in the column {column!r}, such as {rows[0]}, may be ids of labels, or a zero or one for every "
        "label: pass --label_format lists or --label_format multi_hot."
    )


class MultiHot(list):
    """The labels of a row that held a zero or one for each of `width` labels."""

    width: int


def read_labels(
    split: Dataset,
    column: str,
    delimiter: str | None = None,
    is_multi_hot: bool = False,
    regression: bool | None = None,
) -> list:
    """Read a label column as names, lists of names or numbers, whatever its type.

    Args:
        split: the data.
        column: its label column: integers, strings, booleans, floats, `ClassLabel`, or lists of these.
        delimiter: what separates several labels in one string.
        is_multi_hot: lists hold a zero or one for every label.
        regression: labels are numbers, so that -1 is one too.

    Returns:
        Per row a `str`, a `list[str]`, a `float`, or `None` where there is no label: an empty cell, or -1 where all
        other integers are ids from 0.

    Raises:
        ValueError: if the column has a type that labels cannot have.
    """
    feature, values = split.features[column], split[column]
    if isinstance(feature, List):
        if is_multi_hot:
            return [None if row is None else _read_multi_hot(row) for row in values]
        return [None if row is None else [_name(cell, feature.feature) for cell in row] for row in values]
    if isinstance(feature, ClassLabel):
        return [None if cell == -1 else _name(cell, feature) for cell in values]
    kind = feature.dtype if isinstance(feature, Value) else "of a structure"
    if "float" in kind or "double" in kind or "decimal" in kind:
        return [None if cell is None or math.isnan(cell) else float(cell) for cell in values]
    if delimiter is not None and "string" in kind:
        return [None if cell is None else _split_cell(cell, delimiter) for cell in values]
    if "int" in kind:
        if regression:
            return [None if cell is None else float(cell) for cell in values]
        has_ids = {cell for cell in values if cell is not None and cell < 0} == {-1}
        return [None if has_ids and cell == -1 else _name(cell, feature) for cell in values]
    if "string" in kind or kind == "bool":
        return [_name(cell, feature) for cell in values]
    if kind == "null":
        return [None] * len(values)
    raise ValueError(
        f"The label column {column!r} has the type {feature}: labels are integers, strings, floats or lists of these."
    )


def _read_multi_hot(row: list) -> MultiHot:
    labels = MultiHot(str(index) for index, one in enumerate(row) if one)
    labels.width = len(row)
    return labels


def _split_cell(cell: str, delimiter: str) -> list[str]:
    return [name.strip() for name in cell.split(delimiter) if name.strip()]


def _name(cell, feature) -> str | None:
    if cell is None:
        return None
    return feature.int2str(cell) if isinstance(feature, ClassLabel) else str(cell)
