# Copyright 2026 The amsdff_hf authors. Licensed under the Apache License, Version 2.0.
"""The texts of a data set: which columns they are, how several become one, and what to do about empty ones."""

from collections.abc import Sequence
from dataclasses import dataclass

from datasets import Dataset
from transformers.utils import logging

from .arguments import DataTrainingArguments, split_names
from .loading import ROW, TEXT, TEXT_PAIR, find_column


logger = logging.get_logger(__name__)

_ROWS_SHOWN = 10


@dataclass(frozen=True)
class TextColumns:
    """Columns that make up a text.

    Args:
        first: columns to join into the text.
        pair: column of the second text of a pair, if there is one.
        delimiter: what to put between joined columns.
    """

    first: tuple[str, ...]
    pair: str | None = None
    delimiter: str = " "


def find_text_columns(split: Dataset, arguments: DataTrainingArguments, role: str) -> TextColumns:
    """Find the text columns that the arguments name, or else `text` or `sentence`.

    Raises:
        ValueError: if a column does not exist; the message lists those that do.
    """
    option = "--text_column_names"
    names = split_names(arguments.text_column_names)
    first = [find_column(split, name, (), role, option) for name in names]
    pair = arguments.text_pair_column_name
    if pair is not None:
        find_column(split, pair, (), role, "--text_pair_column_name")
    return TextColumns(
        first=tuple(first) or (find_column(split, None, ("text", "sentence"), role, option),),
        pair=pair,
        delimiter=arguments.text_column_delimiter,
    )


def join_texts(split: Dataset, columns: TextColumns) -> Dataset:
    """Add the columns `joined_text` and, for pairs, `joined_text_pair`; the original columns stay as they are."""
    split = split.remove_columns([name for name in (TEXT, TEXT_PAIR) if name in split.column_names])
    cells = [split[name] for name in columns.first]
    texts = [columns.delimiter.join(_as_text(cell) for cell in row if cell is not None) for row in zip(*cells)]
    split = split.add_column(TEXT, texts)
    if columns.pair is not None:
        split = split.add_column(TEXT_PAIR, [_as_text(cell) for cell in split[columns.pair]])
    return split


def drop_or_report_empty_texts(split: Dataset, policy: str, role: str) -> Dataset:
    """Apply `--empty_text` to the rows whose text, or whose text and pair, are missing or blank.

    Args:
        split: data with the column `joined_text`.
        policy: `error`, `drop` or `keep`.
        role: name of the split, for messages.

    Raises:
        ValueError: if there are such rows and the policy is `error`; the message names the rows.
    """
    columns = [name for name in (TEXT, TEXT_PAIR) if name in split.column_names]
    numbers = split[ROW]
    empty = [
        row for row, texts in enumerate(zip(*(split[name] for name in columns))) if not any(map(str.strip, texts))
    ]
    if not empty or policy == "keep":
        return split
    if policy == "error":
        raise ValueError(
            f"The {role} data has {len(empty)} rows without text: {list_rows(empty, numbers)}. Pass --empty_text "
            "drop to leave them out, or --empty_text keep to classify them as empty texts."
        )
    if len(empty) == len(split):
        raise ValueError(f"No row of the {role} data has a text. Is this the right column?")
    logger.warning(f"Dropped {len(empty)} {role} rows without text: {list_rows(empty, numbers)}.")
    return drop_rows(split, empty)


def drop_rows(split: Dataset, rows: Sequence[int]) -> Dataset:
    """Return the split without the rows at these positions."""
    left_out = set(rows)
    return split.select([row for row in range(len(split)) if row not in left_out])


def list_rows(rows: Sequence[int], numbers: Sequence[int]) -> str:
    """Name rows for a message, by the numbers that they have in their file, counted from 1.

    Args:
        rows: positions in the split.
        numbers: row numbers from 0 of the whole split.

    Examples:
    ```python
    >>> list_rows([0, 2], numbers=[10, 11, 12])
    'rows 11, 13'

    ```
    """
    shown = ", ".join(str(numbers[row] + 1) for row in rows[:_ROWS_SHOWN])
    return f"rows {shown}" + (f" and {len(rows) - _ROWS_SHOWN} more" if len(rows) > _ROWS_SHOWN else "")


def _as_text(cell) -> str:
    # A column with numbers and gaps is read as floats, so that a missing cell is NaN, which differs from itself.
    return "" if cell is None or cell != cell else str(cell)
