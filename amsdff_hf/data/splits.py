# Copyright 2026 The amsdff_hf authors. Licensed under the Apache License, Version 2.0.
"""From the command line to splits with texts and encoded labels."""

from collections.abc import Sequence

from datasets import Dataset, DatasetDict
from transformers.utils import logging

from .arguments import DataTrainingArguments, split_names
from .labels import LABELS, LabelSpace, drop_or_report_unlabelled, find_label_column, infer_label_space, read_labels
from .loading import load_splits
from .texts import drop_or_report_empty_texts, find_text_columns, join_texts


logger = logging.get_logger(__name__)


def read_splits(
    arguments: DataTrainingArguments, roles: Sequence[str], cache_dir: str | None = None, token: str | None = None
) -> dict[str, Dataset]:
    """Read splits, join their texts, cut them to the wanted sizes and treat empty texts.

    Without validation data the test data is used for it, with a warning.

    Args:
        arguments: where the data is and what of it to use.
        roles: which of `train`, `validation` and `test` the run needs.
        cache_dir: cache of `datasets`.
        token: token for the Hub.

    Returns:
        The needed splits, with the columns `joined_text` and, for pairs, `joined_text_pair`.

    Raises:
        ValueError: if a needed split, a column or a text is missing.
    """
    found = load_splits(arguments, dict.fromkeys([*roles, "test"]), cache_dir, token)
    if "validation" in roles and "validation" not in found and "test" in found:
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
    labelled = {}
    for role, split in splits.items():
        column = find_label_column(split, arguments.label_column_name, role)
        if column is None:
            labelled[role] = split
            continue
        labels = read_labels(split, column, arguments.label_delimiter)
        if role != "test":
            split, labels = drop_or_report_unlabelled(split, labels, arguments.unlabelled, role)
        if space is None:
            names = split_names(arguments.labels)
            space = infer_label_space(labels, split, column, arguments.do_regression, names)
        encoded = space.encode(labels, role)
        stale = [name for name in ("label", LABELS) if name in split.column_names]
        labelled[role] = split.remove_columns(stale).add_column(LABELS, encoded)
    return labelled, space


def _prepare_texts(found: DatasetDict, arguments: DataTrainingArguments, role: str) -> Dataset:
    if role not in found:
        raise ValueError(f"There is no {role} data: pass --{role}_file, or --{role}_split_name of the data set.")
    split = found[role]
    split = join_texts(split, find_text_columns(split, arguments, role))
    if role == "train" and arguments.shuffle_train_dataset:
        split = split.shuffle(seed=arguments.shuffle_seed)
    limits = {
        "train": arguments.max_train_samples,
        "validation": arguments.max_eval_samples,
        "test": arguments.max_predict_samples,
    }
    if limits[role] is not None:
        split = split.select(range(min(limits[role], len(split))))
    return drop_or_report_empty_texts(split, arguments.empty_text, role)
