# Copyright 2026 The amsdff_hf authors. Licensed under the Apache License, Version 2.0.
"""From the command line to splits with texts and encoded labels."""

from collections.abc import Sequence

from datasets import Dataset, DatasetDict
from transformers.utils import logging

from ..models.losses import IGNORED_LABEL
from .arguments import DataTrainingArguments, split_names
from .label_columns import drop_or_report_unlabelled, find_label_column, holds_multi_hot, read_labels
from .labels import LABELS, LabelSpace, infer_label_space
from .loading import ROW, load_splits
from .texts import drop_or_report_empty_texts, find_text_columns, join_texts


logger = logging.get_logger(__name__)

_SIZE_OPTIONS = {"train": "max_train_samples", "validation": "max_eval_samples", "test": "max_predict_samples"}


def read_splits(
    arguments: DataTrainingArguments,
    roles: Sequence[str],
    cache_dir: str | None = None,
    token: str | None = None,
    test_may_validate: bool = True,
) -> dict[str, Dataset]:
    """Read splits, join their texts, cut them to the wanted sizes and treat empty texts.

    Without validation data the test data is used for it, with a warning, unless the run chooses something by it.

    Args:
        arguments: where the data is and what of it to use.
        roles: which of `train`, `validation` and `test` the run needs.
        cache_dir: cache of `datasets`.
        token: token for the Hub.
        test_may_validate: whether test data may stand in for missing validation data.

    Returns:
        The needed splits, with the columns `joined_text` and, for pairs, `joined_text_pair`.

    Raises:
        ValueError: if a needed split, a column or a text is missing.
    """
    found = load_splits(arguments, roles, cache_dir, token)
    if "validation" in roles and "validation" not in found and test_may_validate:
        found.update(load_splits(arguments, ["test"], cache_dir, token))
    if "validation" in roles and "validation" not in found and "test" in found and test_may_validate:
        logger.warning("There is no validation data: evaluating on the test data.")
        found["validation"] = found["test"]
    return {role: _prepare_texts(found, arguments, role) for role in roles}


def label_splits(
    splits: dict[str, Dataset], arguments: DataTrainingArguments, space: LabelSpace | None
) -> tuple[dict[str, Dataset], LabelSpace]:
    """Add the column `labels` with encoded labels; test data may lack labels, some or all.

    Args:
        splits: splits by role, the training data first.
        arguments: which column holds the labels, and how to read it.
        space: what a trained model predicts; `None` to infer it from the training data.

    Returns:
        The splits and what is predicted.

    Raises:
        ValueError: if labels are missing, unknown or of the wrong type.
    """
    labelled, is_multi_hot = {}, None
    for role, split in splits.items():
        column = find_label_column(split, arguments.label_column_name, role)
        if column is None:
            labelled[role] = split
            continue
        if is_multi_hot is None:
            # Decided once, so that training and test labels are read alike.
            is_multi_hot = holds_multi_hot(split, column, arguments.label_format)
        regression = arguments.do_regression if space is None else space.problem_type == "regression"
        labels = read_labels(split, column, arguments.label_delimiter, is_multi_hot, regression)
        if role != "test":
            split, labels = drop_or_report_unlabelled(split, labels, arguments.unlabelled, role)
        if space is None:
            names = split_names(arguments.labels)
            space = infer_label_space(labels, split, column, regression, names)
        encoded = space.encode(labels, role, split[ROW])
        is_cut = role != "train" and getattr(arguments, _SIZE_OPTIONS[role]) is not None
        if is_cut and space.problem_type == "single_label_classification":
            _warn_of_missing_labels(encoded, role, space)
        stale = [name for name in ("label", LABELS) if name in split.column_names]
        labelled[role] = split.remove_columns(stale).add_column(LABELS, encoded)
    return labelled, space


def read_test_rows(arguments: DataTrainingArguments, space: LabelSpace, needs_labels: bool = False) -> Dataset:
    """Read the texts of a test file and, if it has any, its labels as a trained model counts them.

    Args:
        arguments: the file and its columns.
        space: what the model predicts.
        needs_labels: refuse a file without labels.

    Raises:
        ValueError: if a column, a text or a needed label is missing, or a label unknown.
    """
    splits, _ = label_splits(read_splits(arguments, ["test"]), arguments, space)
    if needs_labels and LABELS not in splits["test"].column_names:
        raise ValueError(f"{arguments.test_file} has no labels to compare with: name them by --label_column_name.")
    return splits["test"]


def _prepare_texts(found: DatasetDict, arguments: DataTrainingArguments, role: str) -> Dataset:
    if role not in found:
        raise ValueError(f"There is no {role} data: pass --{role}_file, or --{role}_split_name of the data set.")
    split = found[role]
    split = join_texts(split, find_text_columns(split, arguments, role))
    if role == "train" and arguments.shuffle_train_dataset:
        split = split.shuffle(seed=arguments.shuffle_seed)
    limit = getattr(arguments, _SIZE_OPTIONS[role])
    if limit is not None:
        split = split.select(range(min(limit, len(split))))
    return drop_or_report_empty_texts(split, arguments.empty_text, role)


def _warn_of_missing_labels(encoded: Sequence, role: str, space: LabelSpace) -> None:
    """Files are often sorted by label, and then their first rows say nothing about most labels."""
    present = len(set(encoded) - {IGNORED_LABEL})
    if 0 < present < len(space.names):
        logger.warning(
            f"The {len(encoded):,} {role} rows that --{_SIZE_OPTIONS[role]} keeps hold {present} of "
            f"{len(space.names)} labels, and the metrics are of these: shuffle the rows if the file is sorted."
        )
