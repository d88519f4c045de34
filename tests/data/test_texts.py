import pytest
from datasets import Dataset

from amsdff_hf.data import DataTrainingArguments
from amsdff_hf.data.texts import TextColumns, drop_or_report_empty_texts, find_text_columns, join_texts, list_rows


def arguments(**kwargs):
    return DataTrainingArguments(train_file="unused.csv", **kwargs)


def test_columns_are_joined_without_touching_them():
    split = Dataset.from_dict({"title": ["a", None, "c"], "body": ["x", "y", None], "year": [1, 2, 3]})
    found = find_text_columns(
        split, arguments(text_column_names="title, body,year", text_column_delimiter=" | "), "train"
    )
    joined = join_texts(split, found)
    assert joined["joined_text"] == ["a | x | 1", "y | 2", "c | 3"]
    assert joined["title"] == ["a", None, "c"]


def test_pairs_stay_two_texts():
    split = Dataset.from_dict({"text": ["a"], "other": ["b"]})
    joined = join_texts(split, find_text_columns(split, arguments(text_pair_column_name="other"), "train"))
    assert (joined["joined_text"], joined["joined_text_pair"]) == (["a"], ["b"])


def test_usual_column_names_are_found():
    assert find_text_columns(Dataset.from_dict({"sentence": ["a"]}), arguments(), "train").first == ("sentence",)
    with pytest.raises(ValueError, match="no column 'text' or 'sentence'; it has body"):
        find_text_columns(Dataset.from_dict({"body": ["a"]}), arguments(), "train")


EMPTY = Dataset.from_dict({"text": ["good", None, " \n", "bad", ""], "source_row": [0, 10, 20, 30, 40]})


@pytest.mark.parametrize(("policy", "left"), [("drop", ["good", "bad"]), ("keep", ["good", "", " \n", "bad", ""])])
def test_empty_texts_are_dropped_or_kept_on_request(policy, left):
    joined = join_texts(EMPTY, TextColumns(("text",)))
    assert list(drop_or_report_empty_texts(joined, policy, "train")["joined_text"]) == left


def test_empty_texts_are_an_error_with_row_numbers():
    with pytest.raises(
        ValueError, match=r"train data has 3 rows without text: rows 11, 21, 41\. Pass --empty_text drop"
    ):
        drop_or_report_empty_texts(join_texts(EMPTY, TextColumns(("text",))), "error", "train")


def test_nothing_but_empty_texts_is_an_error():
    with pytest.raises(ValueError, match="No row of the test data has a text"):
        drop_or_report_empty_texts(join_texts(EMPTY.select([1, 2]), TextColumns(("text",))), "drop", "test")


def test_numbers_and_gaps_are_texts_too():
    split = Dataset.from_dict({"text": [1.5, float("nan")]})
    assert join_texts(split, TextColumns(("text",)))["joined_text"] == ["1.5", ""]


def test_long_lists_of_rows_are_cut():
    assert list_rows(list(range(12)), range(12)) == "rows 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 and 2 more"
