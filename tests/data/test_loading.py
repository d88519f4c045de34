import re

import pandas as pd
import pytest

from amsdff_hf.data import DataTrainingArguments
from amsdff_hf.data.loading import find_column, load_file, load_splits


ROWS = {"text": ["good film", "NA"], "label": ["null", "yes"]}


@pytest.mark.parametrize("extension", ["csv", "tsv", "json", "jsonl", "parquet"])
def test_every_type_reads_the_same_rows(tmp_path, extension):
    path = tmp_path / f"rows.{extension}"
    frame = pd.DataFrame(ROWS)
    if extension in ("csv", "tsv"):
        frame.to_csv(path, index=False, sep="\t" if extension == "tsv" else ",")
    elif extension == "parquet":
        frame.to_parquet(path)
    else:
        frame.to_json(path, orient="records", lines=extension == "jsonl")
    assert load_file(str(path)).to_dict() == ROWS


def test_files_of_different_types_go_together(tmp_path):
    pd.DataFrame(ROWS).to_csv(tmp_path / "a.csv", index=False)
    pd.DataFrame(ROWS).to_parquet(tmp_path / "b.parquet")
    arguments = DataTrainingArguments(train_file=str(tmp_path / "a.csv"), test_file=str(tmp_path / "b.parquet"))
    splits = load_splits(arguments)
    assert {role: len(split) for role, split in splits.items()} == {"train": 2, "test": 2}


def test_a_local_data_set_with_renamed_and_removed_splits(tmp_path):
    for name in ("fit", "check", "other"):
        pd.DataFrame({**ROWS, "extra": [1, 2]}).to_parquet(tmp_path / f"{name}.parquet")
    (tmp_path / "README.md").write_text(
        "---\nconfigs:\n- config_name: default\n  data_files:\n"
        + "".join(f"  - {{split: {name}, path: {name}.parquet}}\n" for name in ("fit", "check", "other"))
        + "---\n"
    )
    names = {"train_split_name": "fit", "validation_split_name": "check"}
    arguments = DataTrainingArguments(dataset_name=str(tmp_path), remove_columns="extra", **names)
    splits = load_splits(arguments)
    assert set(splits) == {"train", "validation"}
    assert splits["train"].column_names == ["text", "label", "source_row"]
    with pytest.raises(ValueError, match="no split 'nope'; it has fit, check, other"):
        load_splits(DataTrainingArguments(dataset_name=str(tmp_path), train_split_name="nope"))
    removed = DataTrainingArguments(dataset_name=str(tmp_path), remove_splits="check", **names)
    assert set(load_splits(removed)) == {"train"}


def test_missing_and_empty_and_unknown_files(tmp_path):
    with pytest.raises(FileNotFoundError, match="There is no file 'nope.csv'"):
        load_file("nope.csv")
    (tmp_path / "a.txt").write_text("x")
    with pytest.raises(ValueError, match=r"must end in \.csv, \.tsv, \.json, \.jsonl, \.parquet"):
        load_file(str(tmp_path / "a.txt"))
    (tmp_path / "empty.csv").touch()
    with pytest.raises(ValueError, match="is empty"):
        load_file(str(tmp_path / "empty.csv"))
    (tmp_path / "header.csv").write_text("text,label\n")
    with pytest.raises(ValueError, match="header.csv' cannot be read as a table with rows"):
        load_file(str(tmp_path / "header.csv"))
    (tmp_path / "broken.json").write_text('{"text": ')
    with pytest.raises(ValueError, match="broken.json' cannot be read as a table with rows"):
        load_file(str(tmp_path / "broken.json"))


def test_missing_columns_list_those_that_exist(tmp_path):
    pd.DataFrame(ROWS).to_csv(tmp_path / "a.csv", index=False)
    split = load_file(str(tmp_path / "a.csv"))
    with pytest.raises(ValueError, match="'body', which the train data does not have; it has text, label"):
        find_column(split, "body", (), "train", "--text_column_names")
    with pytest.raises(ValueError, match="no column 'x' or 'y'; it has text, label. Name the right one with --option"):
        find_column(split, None, ("x", "y"), "train", "--option")


def test_rows_with_too_many_cells_are_named(tmp_path):
    (tmp_path / "a.csv").write_text('text,label\n"good, film",pos\nbad, film,neg\n')
    with pytest.raises(ValueError, match=r"has 2 columns, but 3 cells in row 2: \['bad', ' film', 'neg'\]"):
        load_file(str(tmp_path / "a.csv"))


@pytest.mark.parametrize(("name", "separator"), [("a.csv", ";"), ("a.csv", "|"), ("a.csv", "\t"), ("a.tsv", ",")])
def test_another_separator_is_named(tmp_path, name, separator):
    (tmp_path / name).write_text(f'text{separator}label\n"good, old film"{separator}pos\n')
    with pytest.raises(ValueError, match=rf"cells by {re.escape(repr(separator))} where .*save it again"):
        load_file(str(tmp_path / name))


@pytest.mark.parametrize(
    ("name", "lines"),
    [
        ("a.csv", ['"text, in English"', '"Hello, world"']),
        ("a.tsv", ["What do you think, sir?", "Hello, world"]),
        ("a.csv", ["text;label", "no semicolon"]),
        ("a.csv", ["x" * 140_000, "a header longer than a cell of Python's csv module"]),
    ],
)
def test_a_single_column_with_other_separators_in_it_is_read(tmp_path, name, lines):
    (tmp_path / name).write_text("\n".join(lines) + "\n")
    assert load_file(str(tmp_path / name)).to_dict() == {lines[0].strip('"'): [lines[1].strip('"')]}


@pytest.mark.parametrize("name", ["max_seq_length", "max_train_samples"])
def test_sizes_below_one_are_refused(name):
    with pytest.raises(ValueError, match=f"--{name} must be at least 1, got 0"):
        DataTrainingArguments(train_file="a.csv", **{name: 0})


def test_no_data_at_all_says_what_to_pass():
    with pytest.raises(ValueError, match="--dataset_name, or at least one of --train_file"):
        DataTrainingArguments()
