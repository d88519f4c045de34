import math

import pytest
from datasets import ClassLabel, Dataset, Features, List, Value
from transformers import BertConfig

from amsdff_hf.data import LabelSpace, label_space_of
from amsdff_hf.data.label_columns import (
    drop_or_report_unlabelled,
    find_label_column,
    holds_multi_hot,
    read_labels,
)
from amsdff_hf.data.labels import infer_label_space


def column(values, feature=None) -> Dataset:
    split = Dataset.from_dict(
        {"label": values}, features=Features({"label": feature}) if feature is not None else None
    )
    return split.add_column("source_row", list(range(len(split))))


def read(split, delimiter=None, label_format="auto", regression=None) -> list:
    return read_labels(split, "label", delimiter, holds_multi_hot(split, "label", label_format), regression)


def space_for(split, names=(), regression=None, **kwargs) -> LabelSpace:
    labels = read(split, regression=regression, **kwargs)
    return infer_label_space(labels, split, "label", regression, names)


def test_class_labels_keep_their_published_order():
    split = column([2, 0, 1], ClassLabel(names=["World", "Sports", "Business"]))
    space = space_for(split)
    assert space.names == ("World", "Sports", "Business")
    assert space.encode(read(split), "train") == [2, 0, 1]


def test_integers_are_sorted_as_numbers():
    split = column(list(range(11, -1, -1)))
    space = space_for(split)
    assert space.names == tuple(map(str, range(12)))
    assert space.encode(read(split), "train") == list(range(11, -1, -1))


def test_strings_are_sorted_and_given_names_keep_their_order():
    split = column(["b", "a", "c"])
    assert space_for(split).names == ("a", "b", "c")
    assert space_for(split, names=["c", "b", "a", "never seen"]).names == ("c", "b", "a", "never seen")


def test_booleans_are_names():
    assert space_for(column([True, False])).names == ("False", "True")


@pytest.mark.parametrize(
    ("split", "delimiter", "names", "encoded"),
    [
        (column([["b", "a"], [], ["c"]]), None, ("a", "b", "c"), [[1, 1, 0], [0, 0, 0], [0, 0, 1]]),
        (column([[2, 10], [2], [10]]), None, ("2", "10"), [[1, 1], [1, 0], [0, 1]]),
        (column(["b; a", "c", "a"]), ";", ("a", "b", "c"), [[1, 1, 0], [0, 0, 1], [1, 0, 0]]),
        (column([[0, 1, 1], [0, 0, 0], [1, 0, 0]]), None, ("0", "1", "2"), [[0, 1, 1], [0, 0, 0], [1, 0, 0]]),
        (
            column([[1], [0, 1], []], List(ClassLabel(names=["x", "y"]))),
            None,
            ("x", "y"),
            [[0, 1], [1, 1], [0, 0]],
        ),
        (column([[0, 1, 0], [1, 1, 0]]), None, ("0", "1", "2"), [[0, 1, 0], [1, 1, 0]]),
        (column(["a;;b;", "", "b"]), ";", ("a", "b"), [[1, 1], [0, 0], [0, 1]]),
    ],
    ids=["strings", "integers", "joined strings", "zeros and ones", "class labels", "never positive", "empty parts"],
)
def test_multi_label_in_every_form(split, delimiter, names, encoded):
    space = space_for(split, delimiter=delimiter)
    assert space.problem_type == "multi_label_classification"
    assert space.names == names
    assert space.encode(read(split, delimiter), "train") == encoded


def test_zeros_and_ones_get_given_names():
    split = column([[0, 1, 1], [0, 0, 0]])
    space = space_for(split, names=["toxic", "rude", "spam"])
    assert space.encode(read(split), "train") == [[0, 1, 1], [0, 0, 0]]


def test_floats_mean_regression():
    split = column([0.5, 2.0, None])
    space = space_for(split)
    assert (space.problem_type, space.names) == ("regression", ("label",))
    encoded = space.encode(read(split), "test")
    assert encoded[:2] == [0.5, 2.0]
    assert math.isnan(encoded[2])


@pytest.mark.parametrize(
    ("label_format", "names", "encoded"),
    [("lists", ("0", "1"), [[1, 1], [1, 1]]), ("multi_hot", ("0", "1"), [[0, 1], [1, 0]])],
)
def test_lists_that_fit_both_forms_need_a_word(label_format, names, encoded):
    split = column([[0, 1], [1, 0]])
    with pytest.raises(
        ValueError, match=r"such as \[0, 1\], may be ids.*--label_format lists or --label_format multi_hot"
    ):
        read(split)
    space = space_for(split, label_format=label_format)
    assert space.names == names
    assert space.encode(read(split, label_format=label_format), "train") == encoded
    with pytest.raises(ValueError, match="multi_hot needs lists of one length"):
        read(column([[0, 2], [1, 0]]), label_format="multi_hot")


def test_regression_on_request_takes_integers_and_refuses_words():
    split = column([1, -1, 3])
    space = space_for(split, regression=True)
    assert space.encode(read(split, regression=True), "train") == [1.0, -1.0, 3.0]
    assert space.encode(["3", "1e-3"], "x") == [3.0, 0.001]
    with pytest.raises(ValueError, match="train label in row 2 is 'high'"):
        LabelSpace("regression", ("score",)).encode(["1", "high"], "train")


def test_floats_are_classes_only_where_they_are_whole():
    with pytest.raises(ValueError, match="floats such as 0.5.*--do_regression true"):
        space_for(column([0.5, 1.0]), regression=False)
    # A column of integers with a gap is read as floats.
    gaps = column([0.0, 1.0, None])
    with pytest.raises(ValueError, match="whole numbers with gaps.*--do_regression false for classes"):
        space_for(gaps)
    space = space_for(gaps, regression=False)
    assert space.names == ("0", "1")
    assert space.encode(read(gaps), "test") == [0, 1, -100]


def test_a_single_class_is_an_error():
    with pytest.raises(ValueError, match=r"at least two labels, but every training row has \['a'\]"):
        space_for(column(["a", "a"]))


def test_labels_that_training_never_saw_are_an_error():
    with pytest.raises(ValueError, match=r"validation data has labels that are not among.*'c' in rows 2, 3"):
        LabelSpace("single_label_classification", ("a", "b")).encode(["a", "c", "c"], "validation")


def test_messages_name_the_rows_of_the_file():
    with pytest.raises(ValueError, match=r"'c' in rows 8"):
        LabelSpace("single_label_classification", ("a", "b")).encode(["a", "c"], "validation", numbers=[3, 7])


def test_wrong_kinds_of_labels_name_the_row():
    with pytest.raises(ValueError, match=r"does single-label-classification, but the test label in row 1 is \['a'\]"):
        LabelSpace("single_label_classification", ("a", "b")).encode([["a"]], "test")


def test_ids_are_read_as_names_only_where_names_are_no_numbers(caplog):
    assert LabelSpace("single_label_classification", ("World", "Sports")).encode(["1", "0"], "test") == [1, 0]
    assert "reading them as ids, 0 for 'World' to 1 for 'Sports'" in caplog.text
    with pytest.raises(ValueError, match="'0' in rows 1"):
        LabelSpace("single_label_classification", ("1", "2")).encode(["0"], "test")


def test_unlabelled_rows():
    split = column([1, -1, 0])
    labels = read(split)
    assert labels == ["1", None, "0"]
    with pytest.raises(
        ValueError, match=r"train data has 1 rows without a label \(empty or -1\): rows 2\. Pass --unlabelled drop"
    ):
        drop_or_report_unlabelled(split, labels, "error", "train")
    kept, left = drop_or_report_unlabelled(split, labels, "drop", "train")
    assert (kept["label"], left) == ([1, 0], ["1", "0"])
    assert LabelSpace("single_label_classification", ("0", "1")).encode(labels, "test") == [1, -100, 0]
    assert read(column([-1, 0, 1, -2])) == ["-1", "0", "1", "-2"]


def test_label_columns_of_odd_types_are_refused():
    with pytest.raises(ValueError, match="has the type"):
        read_labels(column([{"a": 1}]), "label")


def test_the_label_column_may_be_missing_in_test_data_only():
    split = Dataset.from_dict({"text": ["a"]}, features=Features({"text": Value("string")}))
    assert find_label_column(split, None, "test") is None
    assert find_label_column(split, "topic", "test") is None
    # Without those that are added while it is read.
    joined = split.add_column("joined_text", ["a"])
    with pytest.raises(ValueError, match="no column 'label' or 'labels'; it has text. Name the right one"):
        find_label_column(joined, None, "train")


def test_label_space_of_a_trained_model():
    config = BertConfig(id2label={i: f"n{i}" for i in range(11)})
    space = label_space_of(config)
    assert space.names[10] == "n10"
    assert space.problem_type == "single_label_classification"
    assert label_space_of(BertConfig(num_labels=1)).problem_type == "regression"
