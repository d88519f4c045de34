import json
import runpy

import numpy as np
import pytest

from tests.conftest import ROOT


@pytest.fixture
def report():
    return runpy.run_path(str(ROOT / "examples" / "accuracy_report.py"))


def line(head, seed, right, rate=1e-3, validation=0.5, data="news", size=None, epochs=4.0):
    bits = np.array(right, dtype=bool)
    test = {"accuracy": bits.mean(), "macro_f1": 0.5, "calibration_error": 0.1, "texts": len(bits)}
    test["right"] = np.packbits(bits).tobytes().hex()
    own = {"backbone": "x", "data": data, "train_size": size, "head": head, "seed": seed}
    return {
        **own,
        "epochs": epochs,
        "learning_rate": rate,
        "validation": {"accuracy": validation, "nll": 1.0},
        "test": test,
        "train_texts": size or 5000,
        "seconds": 2.0 + seed,
        "parameters": 10,
    }


def test_the_rate_and_epochs_that_validation_chose_are_reported(report):
    runs = [line("x", 1, [1, 0], rate=1e-3, validation=0.9), line("x", 1, [1, 1], rate=1e-2, validation=0.8)]
    assert [run["learning_rate"] for run in report["chosen_runs"](runs)] == [1e-3]
    runs += [line("x", 1, [1, 1], rate=1e-3, validation=0.8, epochs=12.0)]
    assert [run["epochs"] for run in report["chosen_runs"](runs)] == [4.0]
    longer = [line("x", 1, [1, 1], rate=1e-3, validation=0.95, epochs=12.0)]
    assert [run["epochs"] for run in report["chosen_runs"](runs[:2] + longer)] == [12.0]
    runs += [line("x", 2, [1, 1], rate=1e-3, validation=0.1)]
    assert [run["seed"] for run in report["chosen_runs"](runs)] == [1, 2]


def test_the_best_linear_head_is_the_reference(report):
    heads = {name: [line(name, 1, [1], validation=v)] for name, v in (("linear-first", 0.4), ("linear-mean", 0.6))}
    for name in ("amsdff", "linear-windows"):
        heads[name] = [line(name, 1, [1], validation=0.9)]
    assert report["choose_baseline"](heads) == "linear-mean"
    assert report["choose_baseline"]({**heads, "plain": []}) == "plain"
    report["expect_baseline"](["amsdff", "linear-mean"], None, "news")
    none = "neither plain nor a linear head is run on news, but amsdff, linear-windows: add one"
    for baseline, sentence in (
        (None, none),
        ("cnn", "cnn, is not run on news: there is amsdff, linear"),
    ):
        with pytest.raises(SystemExit, match=sentence):
            report["expect_baseline"](["amsdff", "linear-windows"], baseline, "news")


def test_a_small_loss_is_not_rounded_away(report):
    head = {"head": "x", "data": "news", "texts": 10, "seeds": 2, "accuracy": 0.5, "saved": -0.5, "resampled": [0.0]}
    head["is_reference"] = False
    assert report["average"]([{**head, "high": -0.04}])[0]["significantly worse on"] == "news"
    assert report["average"]([{**head, "high": 0.04}])[0]["significantly worse on"] == "none"


def test_another_recipe_is_compared_with_the_head_of_another_folder(report, tmp_path, capsys):
    for name, right in (("defaults", [1, 0] * 50), ("recipe", [1, 1, 1, 0] * 25)):
        (tmp_path / name).mkdir()
        lines = [json.dumps(line(head, 1, right)) + "\n" for head in ("plain", "amsdff")]
        (tmp_path / name / "runs.jsonl").write_text("".join(lines))
    report["report"](tmp_path / "recipe", against=tmp_path / "defaults")
    rows = json.loads((tmp_path / "recipe" / "table.json").read_text())["rows"]
    assert [row["head"] for row in rows] == ["plain of defaults", "plain", "amsdff"]
    assert [row["saved"] for row in rows] == [None, pytest.approx(50), pytest.approx(50)]
    printed = capsys.readouterr().out
    assert "defaults was run with the same settings." in printed
    lines = [json.dumps(line("plain", 1, right) | {"options": options}) for options in ({}, {"x": 1})]
    for name, text in zip(("longer", "other"), lines, strict=True):
        (tmp_path / name).mkdir()
        (tmp_path / name / "runs.jsonl").write_text(text + "\n")
    with pytest.raises(SystemExit, match="other holds runs on news with another options: {'x': 1}, not {}"):
        report["report"](tmp_path / "longer", against=tmp_path / "other")
    told = report["check_against"]([line("plain", 1, [1], epochs=9.0)], [line("plain", 1, [1])], tmp_path / "shorter")
    assert told == "shorter was run with epochs 4 in the place of 9."
    with pytest.raises(SystemExit, match="there is no run in .*nowhere"):
        report["report"](tmp_path / "recipe", against=tmp_path / "nowhere")
    for other, sentence in ({"texts_digest": "z"}, "texts_digest"), ({"backbone": "z"}, "backbone"):
        (tmp_path / "defaults" / "runs.jsonl").write_text(json.dumps({**line("plain", 1, [1]), **other}))
        with pytest.raises(SystemExit, match=f"holds runs on news with another {sentence}: z"):
            report["report"](tmp_path / "recipe", against=tmp_path / "defaults")


def test_tables_and_pictures(report, tmp_path, capsys):
    runs = []
    for data in ("news", "mail"):
        for size in (250, None):
            for seed in (1, 2):
                runs.append(line("plain", seed, [1, 0] * 50, data=data, size=size))
                runs.append(line("amsdff", seed, [1, 1, 1, 0] * 25, data=data, size=size))
    (tmp_path / "runs.jsonl").write_text("".join(json.dumps(run) + "\n" for run in runs))
    report["report"](tmp_path)
    assert {path.name for path in tmp_path.iterdir()} >= {"table.txt", "table.json", "cost.png", "learning.png"}
    shown = capsys.readouterr().out
    table = json.loads((tmp_path / "table.json").read_text())
    assert table["means"][1]["errors saved"] == pytest.approx(50)
    assert table["means"][1]["significantly worse on"] == "none"
    assert "amsdff" in shown
    assert [row["saved"] for row in table["rows"]][::2] == [None] * 4
    assert len(table["rows"]) == 8


def test_learning_curves_take_several_sizes_of_one_data_set(report, tmp_path):
    runs = [line("plain", 1, [1, 0] * 20, data=data, size=size) for data, size in (("news", 100), ("mail", 50))]
    (tmp_path / "runs.jsonl").write_text("".join(json.dumps(run) + "\n" for run in runs))
    report["report"](tmp_path)
    assert not (tmp_path / "learning.png").exists()


def test_sizes_alone_and_heads_on_some_data_only(report, tmp_path):
    runs = [line(head, 1, [1, 0] * 20, size=size) for head in ("plain", "amsdff") for size in (100, 1000)]
    runs.append(line("plain", 1, [1, 0], data="mail", size=50))
    (tmp_path / "runs.jsonl").write_text("".join(json.dumps(run) + "\n" for run in runs))
    report["report"](tmp_path)
    table = json.loads((tmp_path / "table.json").read_text())
    assert [row["head"] for row in table["means"]] == ["plain"]


def test_uneven_searches_are_said(report, tmp_path):
    runs = [line("plain", 1, [1, 0]), *(line("amsdff", 1, [1, 0], rate=rate) for rate in (1e-3, 1e-2))]
    (tmp_path / "runs.jsonl").write_text("".join(json.dumps(run) + "\n" for run in runs))
    report["report"](tmp_path)
    said = "(and rates) that were tried on news: plain 4 (0.001); amsdff 4 (0.001 0.01)."
    assert said in (tmp_path / "table.txt").read_text()


def test_a_head_that_loses_to_no_error_is_in_no_average(report, tmp_path):
    right = {
        ("plain", "news"): [1, 1],
        ("amsdff", "news"): [0, 0],
        ("plain", "mail"): [0, 0],
        ("amsdff", "mail"): [1, 0],
    }
    runs = [line(head, 1, found, data=data) for (head, data), found in right.items()]
    (tmp_path / "runs.jsonl").write_text("".join(json.dumps(run) + "\n" for run in runs))
    report["report"](tmp_path)
    table = json.loads((tmp_path / "table.json").read_text())
    assert [row["head"] for row in table["means"]] == ["plain"]


def test_what_cannot_be_compared_is_refused(report, tmp_path):
    runs = [line("plain", 1, [1, 0]), {**line("plain", 2, [1, 0]), "backbone": "y"}]
    (tmp_path / "runs.jsonl").write_text("".join(json.dumps(run) + "\n" for run in runs))
    with pytest.raises(SystemExit, match='different backbone, "x" and "y"'):
        report["report"](tmp_path)
    runs = [{**line("plain", seed, [1, 0]), "options": {"max_seq_length": 64 * seed}} for seed in (1, 2)]
    (tmp_path / "runs.jsonl").write_text("".join(json.dumps(run) + "\n" for run in runs))
    with pytest.raises(SystemExit, match="two data sets called news"):
        report["report"](tmp_path)
    runs = [{**line("amsdff-windows", seed, [1, 0]), "whole_length": 1000 * seed} for seed in (1, 2)]
    (tmp_path / "runs.jsonl").write_text("".join(json.dumps(run) + "\n" for run in runs))
    with pytest.raises(SystemExit, match="different --whole_length"):
        report["report"](tmp_path)
    (tmp_path / "runs.jsonl").write_text(json.dumps(line("plain", 1, [1, 0])) + "\n")
    with pytest.raises(SystemExit, match="head to compare with, cnn, is not run on news: there is plain"):
        report["report"](tmp_path, baseline="cnn")
