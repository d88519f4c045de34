# Copyright 2026 The amsdff_hf authors. Licensed under the Apache License, Version 2.0.
"""Command-line arguments that say what data to read; a superset of those of transformers' run_classification.py."""

import argparse
from dataclasses import dataclass, field


def _option(default, text: str, choices: list[str] | None = None):
    metadata = {"help": text} if choices is None else {"help": text, "choices": choices}
    return field(default=default, metadata=metadata)


@dataclass
class DataTrainingArguments:
    """What data to read, and which of its columns are texts and labels."""

    dataset_name: str | None = _option(None, "Data set on the Hub, or a local folder that `datasets` can read.")
    dataset_config_name: str | None = _option(None, "Configuration of the data set.")
    train_file: str | None = _option(None, "Training file: csv, tsv, json, jsonl or parquet.")
    validation_file: str | None = _option(None, "Validation file, of any of these types.")
    test_file: str | None = _option(None, "Test file, of any of these types.")
    train_split_name: str | None = _option(None, "Split of the data set to train on, if not `train`.")
    validation_split_name: str | None = _option(None, "Split to validate on, if not `validation`.")
    test_split_name: str | None = _option(None, "Split to test on, if not `test`.")
    remove_splits: str | None = _option(None, "Splits to leave out, separated by commas.")
    remove_columns: str | None = _option(None, "Columns to leave out, separated by commas.")
    text_column_names: str | None = _option(
        None, "Text columns, separated by commas; several are joined. Default: `text`, or else `sentence`."
    )
    text_column_delimiter: str = _option(" ", "What to put between joined text columns.")
    text_pair_column_name: str | None = _option(
        None, "Column of the second text: the tokenizer then encodes a true pair."
    )
    label_column_name: str | None = _option(None, "Label column. Default: `label`, or else `labels`.")
    labels: str | None = _option(None, "Names of all labels in their order, separated by commas.")
    label_delimiter: str | None = _option(None, "Separator of several labels in one cell, for multi-label data.")
    label_format: str = _option(
        "auto",
        "Lists of labels: their names or ids, or a zero or one for every label. `auto` asks where both would fit.",
        ["auto", "lists", "multi_hot"],
    )
    unlabelled: str = _option(
        "error", "Training or validation rows without a label: empty, or -1 among ids from 0.", ["error", "drop"]
    )
    empty_text: str = _option("error", "Rows whose text is missing or blank.", ["error", "drop", "keep"])
    do_regression: bool | None = _option(None, "Predict a number. Default: yes if the labels are floats.")
    max_seq_length: int | None = _option(
        None,
        "Longest text in tokens; what is cut is reported. Default: 128 in training (8192 in windows), then the same.",
    )
    pad_to_max_length: bool = _option(
        False, "Pad every text to --max_seq_length and not to the longest of its batch: same results, more time."
    )
    preprocessing_num_workers: int | None = _option(None, "Processes for tokenization.")
    overwrite_cache: bool = _option(False, "Tokenize again, whatever `datasets` has in its cache.")
    shuffle_train_dataset: bool = _option(False, "Shuffle the training rows before --max_train_samples cuts them.")
    shuffle_seed: int = _option(42, "Seed of that shuffle.")
    max_train_samples: int | None = _option(None, "Use at most this many training rows.")
    max_eval_samples: int | None = _option(None, "Use at most this many validation rows.")
    max_predict_samples: int | None = _option(None, "Use at most this many test rows.")
    augment_probability: float = _option(
        0.0, "Share of the training texts that are changed anew in every epoch (EDA), each by one operation."
    )
    augment_alpha: float = _option(0.1, "Share of the words of such a text that are changed.")
    augment_operations: str = _option(
        "synonym,insertion,swap,deletion", "Operations to draw from, separated by commas."
    )
    cache_states: bool = _option(
        True, "With --freeze_backbone, run the backbone once and not in every epoch, and keep its states on disk."
    )
    states_folder: str | None = _option(
        None, "Folder for these states; default: `backbone_states` in the cache of `datasets`."
    )
    states_precision: str | None = _option(
        None,
        "Number format in which the backbone computes these; default: that of training. float16 is slow on a CPU.",
        ["bfloat16", "float16", "float32"],
    )
    metric_name: str | None = _option(None, "Further metric, loaded by the `evaluate` library if it can be reached.")

    def __post_init__(self):
        if self.dataset_name is None and not (self.train_file or self.validation_file or self.test_file):
            raise ValueError(
                "There is no data: pass --dataset_name, or at least one of --train_file, --validation_file and "
                "--test_file."
            )
        for name in ("max_seq_length", "max_train_samples", "max_eval_samples", "max_predict_samples"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise ValueError(f"--{name} must be at least 1, got {value}.")
        for name in ("augment_probability", "augment_alpha"):
            if not 0 <= getattr(self, name) <= 1:
                raise ValueError(f"--{name} must be from 0 to 1, got {getattr(self, name)}.")


def add_test_file_options(parser: argparse.ArgumentParser) -> None:
    """Add `--test_file` and the options that say which of its columns are texts and labels."""
    parser.add_argument("--test_file", required=True, help="csv, tsv, json, jsonl or parquet with texts and labels")
    parser.add_argument("--text_column_names", help="if not given, `text`, or else `sentence`")
    parser.add_argument("--text_pair_column_name", help="column of the second text of each pair")
    parser.add_argument("--label_column_name", help="if not given, `label`, or else `labels`")
    parser.add_argument("--label_delimiter", help="what separates several labels in one cell")


def parsed_test_file(parsed: argparse.Namespace) -> DataTrainingArguments:
    """Turn the options of [`add_test_file_options`] into arguments."""
    names = ("text_column_names", "text_pair_column_name", "label_column_name", "label_delimiter")
    return DataTrainingArguments(test_file=parsed.test_file, **{name: getattr(parsed, name) for name in names})


def split_names(value: str | None) -> list[str]:
    """Split a comma-separated list and strip the names.

    Examples:
    ```python
    >>> split_names("title, abstract")
    ['title', 'abstract']

    ```
    """
    return [name.strip() for name in value.split(",") if name.strip()] if value else []
