import csv
import json

import numpy as np

from amsdff_hf.training import format_table, write_reports


PROBABILITIES = np.array([[0.9, 0.1], [0.2, 0.8], [0.7, 0.3]])


def test_table_is_aligned():
    table = format_table([["a", 0.12345, 10], ["long name", 1.0, ""]], header=["", "share", "count"])
    assert table.splitlines() == [
        "            share  count",
        "---------  ------  -----",
        "a          0.1235     10",
        "long name  1.0000",
    ]


def test_single_label_files(tmp_path):
    texts, labels = ["one, two", 'say "x"', "three"], np.array([0, 1, -100])
    table = write_reports(
        str(tmp_path), "predict", PROBABILITIES, labels, texts, [0, 1, 5], ["no", "yes"], "single_label_classification"
    )
    assert "yes" in table
    with open(tmp_path / "predictions.csv", newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [row["prediction"] for row in rows] == ["no", "yes", "no"]
    assert [row["true_label"] for row in rows] == ["no", "yes", ""]
    assert rows[0] == {
        "index": "0",
        "prediction": "no",
        "true_label": "no",
        "score_no": "0.900000",
        "score_yes": "0.100000",
        "text": "one, two",
    }
    assert (tmp_path / "predict_results.txt").read_text() == "index\tprediction\n0\tno\n1\tyes\n5\tno\n"
    assert json.loads((tmp_path / "predict_per_class.json").read_text())["no"]["texts"] == 1
    assert (tmp_path / "predict_confusion_matrix.png").read_bytes().startswith(b"\x89PNG")


def test_without_labels_there_are_predictions_only(tmp_path):
    assert (
        write_reports(
            str(tmp_path),
            "eval",
            PROBABILITIES,
            None,
            ["a"] * 3,
            range(3),
            ["no", "yes"],
            "single_label_classification",
        )
        == ""
    )
    assert [path.name for path in tmp_path.iterdir()] == ["eval_predictions.csv"]


def test_regression_writes_numbers(tmp_path):
    write_reports(str(tmp_path), "predict", np.array([[1.5]]), np.array([2.0]), ["a"], [0], ["stars"], "regression")
    assert "0,1.5,2,1.500000,a" in (tmp_path / "predictions.csv").read_text()
    assert not (tmp_path / "predict_per_class.json").exists()
