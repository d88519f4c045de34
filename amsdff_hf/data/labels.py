# Copyright 2026 The amsdff_hf authors. Licensed under the Apache License, Version 2.0.
"""Labels: from whatever a data set holds to names in a fixed order, and from names to ids."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from datasets import Dataset, List
from transformers import PreTrainedConfig
from transformers.utils import logging

from ..models.losses import IGNORED_LABEL
from .label_columns import MultiHot
from .texts import list_rows


logger = logging.get_logger(__name__)

LABELS = "labels"


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

    def encode(self, labels: Sequence, role: str, numbers: Sequence[int] | None = None) -> list:
        """Turn labels as [`read_labels`] gives them into what the model takes.

        Args:
            labels: names, lists of names or numbers; `None` where a row has no label.
            role: name of the split, for messages.
            numbers: number of each row in its file, from 0, for messages; its position if not given.

        Returns:
            Ids, rows of zeros and ones, or numbers; -100 or a row of -100 for rows without a label.

        Raises:
            ValueError: if a label is unknown or of the wrong type.
        """
        numbers = range(len(labels)) if numbers is None else numbers
        if self.problem_type == "regression":
            return [self._number(label, number, role) for number, label in zip(numbers, labels, strict=True)]
        labels = [_text_of(label) for label in labels]
        is_multi = self.problem_type == "multi_label_classification"
        wanted = (list, type(None)) if is_multi else (str, type(None))
        wrong = [row for row, label in enumerate(labels) if not isinstance(label, wanted)]
        if wrong:
            raise ValueError(
                f"The model does {self.problem_type.replace('_', '-')}, but the {role} label in row "
                f"{numbers[wrong[0]] + 1} is "
                f"{labels[wrong[0]]!r}."
            )
        self._check_known(labels, role, numbers)
        if not is_multi:
            return [IGNORED_LABEL if label is None else self._id(label) for label in labels]
        rows = [None if label is None else {self._id(name) for name in label} for label in labels]
        unlabelled = [float(IGNORED_LABEL)] * len(self.names)
        return [
            unlabelled if row is None else [float(index in row) for index in range(len(self.names))] for row in rows
        ]

    def _id(self, name: str) -> int | None:
        if name in self.names:
            return self.names.index(name)
        # Files often hold ids where the model knows names; with numbers for names, that would be a guess.
        if name.isdecimal() and int(name) < len(self.names) and not any(known.isdecimal() for known in self.names):
            return int(name)
        return None

    def _check_known(self, labels: Sequence, role: str, numbers: Sequence[int]) -> None:
        rows_of: dict[str, list[int]] = {}
        for row, label in enumerate(labels):
            for name in _as_list(label):
                if name is not None and self._id(name) is None:
                    rows_of.setdefault(name, []).append(row)
        if rows_of:
            unknown = "; ".join(
                f"{name!r} in {list_rows(rows, numbers)}" for name, rows in sorted(rows_of.items())[:5]
            )
            raise ValueError(
                f"The {role} data has labels that are not among the {len(self.names)} known ones "
                f"({', '.join(self.names[:20])}{', ...' if len(self.names) > 20 else ''}): {unknown}. Correct or "
                "remove these rows, or name all labels with --labels before training."
            )
        names = {name for label in labels if label is not None for name in _as_list(label)}
        if names - set(self.names):
            logger.warning(
                f"The {role} labels are numbers: reading them as ids, 0 for {self.names[0]!r} to "
                f"{len(self.names) - 1} for {self.names[-1]!r}."
            )

    def _number(self, label, number: int, role: str) -> float:
        if label is None:
            return math.nan
        if isinstance(label, list) or not _is_number(label):
            raise ValueError(f"Regression needs numbers, but the {role} label in row {number + 1} is {label!r}.")
        return float(label)


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
    if _means_regression(present, column, regression, has_gaps=any(cell is None for cell in split[column])):
        return LabelSpace("regression", (column,))
    is_multi = isinstance(present[0], list)
    found = {_text_of(name) for label in present for name in _as_list(label)}
    feature = split.features[column]
    published = getattr(feature.feature if isinstance(feature, List) else feature, "names", None)
    if isinstance(present[0], MultiHot):
        published = [str(index) for index in range(present[0].width)]
    ordered = tuple(names) or tuple(published or sorted(found, key=_natural_order))
    if len(ordered) < 2 or (len(found) < 2 and not is_multi):
        raise ValueError(
            f"Classification needs at least two labels, but every training row has {sorted(found)} in the column "
            f"{column!r}. Is this the right column, and is the file perhaps sorted and cut by --max_train_samples?"
        )
    return LabelSpace("multi_label_classification" if is_multi else "single_label_classification", ordered)


def _means_regression(present: list, column: str, regression: bool | None, has_gaps: bool) -> bool:
    are_floats = isinstance(present[0], float)
    if regression or not are_floats:
        return bool(regression)
    are_whole = all(map(_is_whole, present))
    if regression is None and are_whole and has_gaps:
        raise ValueError(
            f"The labels in {column!r} are whole numbers with gaps, so they may be classes or numbers: pass "
            "--do_regression false for classes, or --do_regression true."
        )
    if regression is False and not are_whole:
        raise ValueError(
            f"The labels in {column!r} are floats such as {present[0]}, which do not name classes: turn them into "
            "integers or strings, or pass --do_regression true."
        )
    return regression is None


def label_space_of(config: PreTrainedConfig) -> LabelSpace:
    """Read from a trained model's configuration what it predicts."""
    names = tuple(config.id2label[index] for index in range(config.num_labels))
    inferred = "regression" if len(names) == 1 else "single_label_classification"
    return LabelSpace(config.problem_type or inferred, names)


def _natural_order(name: str) -> tuple:
    is_integer = name.removeprefix("-").isdecimal()
    return (0, int(name), "") if is_integer else (1, 0, name)


def _is_number(value) -> bool:
    try:
        return math.isfinite(float(value))
    except ValueError:
        return False


def _is_whole(label) -> bool:
    return isinstance(label, float) and label.is_integer()


def _text_of(label):
    return str(int(label)) if _is_whole(label) else label


def _as_list(label) -> list:
    return label if isinstance(label, list) else [label]
