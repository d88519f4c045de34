import pandas as pd
import pytest

from amsdff_hf.data import DataTrainingArguments, label_splits, read_splits


@pytest.fixture
def files(tmp_path):
    pd.DataFrame({"text": [f"text {i}" for i in range(10)], "label": list("ab" * 5)}).to_csv(
        tmp_path / "train.csv", index=False
    )
    pd.DataFrame({"text": ["x", "y", "z"], "label": ["b", None, "a"]}).to_csv(tmp_path / "test.csv", index=False)
    return {"train_file": str(tmp_path / "train.csv"), "test_file": str(tmp_path / "test.csv")}


def test_splits_with_texts_and_labels(files):
    arguments = DataTrainingArguments(**files, max_train_samples=4)
    splits, space = label_splits(read_splits(arguments, ["train", "test"]), arguments, None)
    assert space.names == ("a", "b")
    assert splits["train"]["joined_text"] == ["text 0", "text 1", "text 2", "text 3"]
    assert splits["train"]["labels"] == [0, 1, 0, 1]
    assert splits["test"]["labels"] == [1, -100, 0]


def test_shuffling_happens_before_the_cut_and_is_seeded(files):
    arguments = DataTrainingArguments(**files, max_train_samples=4, shuffle_train_dataset=True, shuffle_seed=3)
    first, second = (read_splits(arguments, ["train"])["train"]["joined_text"] for _ in range(2))
    assert list(first) == list(second)
    assert list(first) != [f"text {i}" for i in range(4)]


def test_a_cut_that_leaves_labels_out_of_the_metrics_is_said(files, tmp_path, caplog):
    pd.DataFrame({"text": list("uvwxyz"), "label": list("aaaabb")}).to_csv(tmp_path / "sorted.csv", index=False)
    files["validation_file"] = str(tmp_path / "sorted.csv")
    with caplog.at_level("WARNING", logger="amsdff_hf"):
        arguments = DataTrainingArguments(**files, max_eval_samples=5)
        label_splits(read_splits(arguments, ["train", "validation"]), arguments, None)
        assert not caplog.records
        arguments = DataTrainingArguments(**files, max_eval_samples=4)
        label_splits(read_splits(arguments, ["train", "validation"]), arguments, None)
    assert "4 validation rows that --max_eval_samples keeps hold 1 of 2 labels" in caplog.text


def test_test_data_stands_in_for_validation_data_and_must_then_have_labels(files):
    arguments = DataTrainingArguments(**files)
    splits = read_splits(arguments, ["train", "validation"])
    assert len(splits["validation"]) == 3
    with pytest.raises(ValueError, match="validation data has 1 rows without a label .*: rows 2"):
        label_splits(splits, arguments, None)


def test_a_missing_split_says_what_to_pass(files):
    arguments = DataTrainingArguments(train_file=files["train_file"])
    with pytest.raises(ValueError, match="There is no validation data: pass --validation_file"):
        read_splits(arguments, ["train", "validation"])
    with pytest.raises(ValueError, match="There is no validation data"):
        read_splits(DataTrainingArguments(**files), ["train", "validation"], test_may_validate=False)
