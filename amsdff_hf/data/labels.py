# Copyright 2026 The amsdff_hf authors. Licensed under the Apache License, Version 2.0.
"""Labels: from whatever a data set holds to names in a fixed order, and from names to ids."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from datasets import ClassLabel, Dataset, List, Value
from transformers import PreTrainedConfig
from transformers.utils import logging

from .loading import find_column
from .texts import list_rows


logger = logging.get_logger(__name__)

LABELS = "labels"
UNLABELLED = -100


@dataclass(frozen=True)
class LabelSpace:
    """What a classifier predicts.

    Args:
        problem_type: `single_label_classification`, `multi_label_classification` or `regression`.
        names: names of the labels in the order of their ids; in regression the one name of the number.

    Examples:
    ```python
    >>> space = LabelSpace("single_label_classification", ("World", "Sports"))
    >>> space.encode(["Sports", "World", None], role="test")
    [1, 0, -100]

    ```
    """

    problem_type: str
    names: tuple[str, ...]

    def encode(self, labels: Sequence, role: str) -> list:
        """Turn labels as [`read_labels`] gives them into what the model takes.

        Args:
            labels: names, lists of names or numbers; `None` where a row has no label.
            role: name of the split, for messages.

        Returns:
            Ids, rows of zeros and ones, or numbers; -100 or a row of -100 for rows without a label.

        Raises:
            ValueError: if a label is unknown or of the wrong type.
        """
        if self.problem_type == "regression":
            return [self._number(label, row, role) for row, label in enumerate(labels)]
        is_multi = self.problem_type == "multi_label_classification"
        wanted = (list, type(None)) if is_multi else (str, type(None))
        wrong = [row for row, label in enumerate(labels) if not isinstance(label, wanted)]
        if wrong:
            raise ValueError(
                f"The model does {self.problem_type.replace('_', '-')}, but the {role} label in row {wrong[0] + 1} is "
                f"{labels[wrong[0]]!r}."
            )
        self._check_known(labels, role)
        if not is_multi:
            return [UNLABELLED if label is None else self._id(label) for label in labels]
        rows = [None if label is None else {self._id(name) for name in label} for label in labels]
        unlabelled = [float(UNLABELLED)] * len(self.names)
        return [
            unlabelled if row is None else [float(index in row) for index in range(len(self.names))] for row in rows
        ]

    def _id(self, name: str) -> int | None:
        if name in self.names:
            return self.names.index(name)
        # Files often hold ids where the model knows names; with numbers for names, that would be a guess.
        if name.isdigit() and int(name) < len(self.names) and not any(known.isdigit() for known in self.names):
            return int(name)
        return None

    def _check_known(self, labels: Sequence, role: str) -> None:
        rows_of: dict[str, list[int]] = {}
        for row, label in enumerate(labels):
            for name in label if isinstance(label, list) else [label]:
                if name is not None and self._id(name) is None:
                    rows_of.setdefault(name, []).append(row)
        if rows_of:
            unknown = "; ".join(f"{name!r} in {list_rows(rows)}" for name, rows in sorted(rows_of.items())[:5])
            raise ValueError(
                f"The {role} data has labels that are not among the {len(self.names)} known ones "
                f"({', '.join(self.names[:20])}{', ...' if len(self.names) > 20 else ''}): {unknown}. Correct or "
                "remove these rows, or name all labels with --labels before training."
            )

    def _number(self, label, row: int, role: str) -> float:
        if label is None:
            return math.nan
        if isinstance(label, list) or not _is_number(label):
            raise ValueError(f"Regression needs numbers, but the {role} label in row {row + 1} is {label!r}.")
        return float(label)


def find_label_column(split: Dataset, wanted: str | None, role: str) -> str | None:
    """Return the label column that the user named, or else `label` or `labels`; test data may have none.

    Raises:
        ValueError: if training or validation data has no such column; the message lists those that there are.
    """
    usual = ("label", "labels")
    if role == "test" and not any(name in split.column_names for name in ([wanted] if wanted else usual)):
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
    if policy == "error":
        raise ValueError(
            f"The {role} data has {len(missing)} rows without a label: {list_rows(missing)}. Pass --unlabelled drop "
            "to leave them out."
        )
    if len(missing) == len(labels):
        raise ValueError(f"No row of the {role} data has a label.")
    logger.warning(f"Dropped {len(missing)} {role} rows without a label: {list_rows(missing)}.")
    kept = [row for row, label in enumerate(labels) if label is not None]
    return split.select(kept), [labels[row] for row in kept]


def read_labels(split: Dataset, column: str, delimiter: str | None = None) -> list:
    """Read a label column as names, lists of names or numbers, whatever its type.

    Args:
        split: the data.
        column: its label column: integers, strings, booleans, floats, `ClassLabel`, or lists of these; a list may
            also hold a zero or one for every label.
        delimiter: what separates several labels in one string.

    Returns:
        Per row a `str`, a `list[str]`, a `float`, or `None` where there is no label (missing or -1).

    Raises:
        ValueError: if the column has a type that labels cannot have.
    """
    feature, values = split.features[column], split[column]
    if isinstance(feature, List):
        inner = feature.feature
        if isinstance(inner, Value) and not isinstance(inner, ClassLabel) and _is_multi_hot(values):
            values = [None if row is None else [index for index, one in enumerate(row) if one] for row in values]
        return [None if row is None else [_name(cell, inner) for cell in row] for row in values]
    if isinstance(feature, ClassLabel):
        return [_name(cell, feature) for cell in values]
    kind = feature.dtype if isinstance(feature, Value) else "of a structure"
    if "float" in kind or "double" in kind or "decimal" in kind:
        return [None if cell is None or math.isnan(cell) else float(cell) for cell in values]
    if delimiter is not None and "string" in kind:
        return [None if cell is None else [name.strip() for name in cell.split(delimiter)] for cell in values]
    if "int" in kind or "string" in kind or kind == "bool":
        return [_name(cell, feature) for cell in values]
    if kind == "null":
        return [None] * len(values)
    raise ValueError(
        f"The label column {column!r} has the type {feature}: labels are integers, strings, floats or lists of these."
    )


def infer_label_space(
    labels: Sequence, split: Dataset, column: str, regression: bool | None, names: Sequence[str] = ()
) -> LabelSpace:
    """Decide from the training labels what is predicted.

    Names keep the order in which a `ClassLabel` publishes them; integers are sorted as numbers, strings as strings.

    Args:
        labels: training labels as [`read_labels`] gives them.
        split: the training data.
        column: its label column.
        regression: predict numbers; `None` decides by the type of the labels.
        names: names of all labels in their order, if they are known.

    Raises:
        ValueError: if there are fewer than two labels, or the type does not fit `regression`.
    """
    present = [label for label in labels if label is not None]
    if not present:
        raise ValueError(f"No row of the training data has a label in the column {column!r}.")
    if regression or (regression is None and isinstance(present[0], float)):
        return LabelSpace("regression", (column,))
    if isinstance(present[0], float):
        raise ValueError(
            f"The labels in {column!r} are floats such as {present[0]}, which do not name classes: turn them into "
            "integers or strings, or leave --do_regression out."
        )
    is_multi = isinstance(present[0], list)
    found = {name for label in present for name in (label if is_multi else [label])}
    feature = split.features[column]
    published = getattr(feature.feature if isinstance(feature, List) else feature, "names", None)
    ordered = tuple(names) or tuple(published or sorted(found, key=_natural_order))
    if len(ordered) < 2 or (len(found) < 2 and not is_multi):
        raise ValueError(
            f"Classification needs at least two labels, but every training row has {sorted(found)} in the column "
            f"{column!r}. Is this the right column, and is the file perhaps sorted and cut by --max_train_samples?"
        )
    return LabelSpace("multi_label_classification" if is_multi else "single_label_classification", ordered)


def label_space_of(config: PreTrainedConfig) -> LabelSpace:
    """Read from a trained model's configuration what it predicts."""
    names = tuple(config.id2label[index] for index in range(config.num_labels))
    inferred = "regression" if len(names) == 1 else "single_label_classification"
    return LabelSpace(config.problem_type or inferred, names)


def _name(cell, feature) -> str | None:
    if cell is None or (isinstance(cell, int) and not isinstance(cell, bool) and cell == -1):
        return None
    if isinstance(feature, ClassLabel):
        return feature.int2str(cell)
    return str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell)


def _is_multi_hot(values: list) -> bool:
    """Lists of one length with zeros and ones only, some of them repeated, which no list of label ids would do."""
    rows = [row for row in values if row is not None]
    return (
        len({len(row) for row in rows}) == 1
        and all(cell in (0, 1) and not isinstance(cell, str) for row in rows for cell in row)
        and any(len(set(row)) < len(row) for row in rows)
    )


def _natural_order(name: str) -> tuple:
    is_integer = name.lstrip("-").isdigit()
    return (0, int(name), "") if is_integer else (1, 0, name)


def _is_number(value) -> bool:
    if isinstance(value, str):
        return value.lstrip("-").replace(".", "", 1).isdigit()
    return isinstance(value, (int, float)) and math.isfinite(value)
