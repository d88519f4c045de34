import argparse
import json
import runpy

import pytest

from tests.conftest import ROOT


@pytest.fixture
def runs():
    return runpy.run_path(str(ROOT / "examples" / "accuracy_runs.py"))


RUN = {"data": "news", "head": "x", "seed": 1, "epochs": 4.0, "learning_rate": 1e-3, "train_size": None}
RUN |= {"parameters": 10, "test": {}}


@pytest.mark.parametrize(
    ("lines", "sentence"),
    [
        ([json.dumps(RUN), json.dumps(RUN)[:30]], "line 2 of .* is no run, but .*: delete it"),
        ([json.dumps(RUN), json.dumps(RUN)], "holds a run 2 times: .*'news', None, 'x', 1, 4.0, 0.001"),
        (
            [json.dumps(RUN), json.dumps({**RUN, "seed": 2, "parameters": 1200})],
            "different heads called x on news, with 10 and 1,200 parameters",
        ),
        (
            [
                json.dumps({**RUN, "head_fields": {"a": 1, "b": 2}}),
                json.dumps({**RUN, "seed": 2, "head_fields": {"b": 3}}),
            ],
            "different heads called x, with b 2 and 3",
        ),
        (
            # An older run, which does not say how its head was configured, hides nothing.
            [json.dumps(RUN), *(json.dumps({**RUN, "seed": b, "head_fields": {"b": b}}) for b in (2, 3))],
            "different heads called x, with b 2 and 3",
        ),
        ([json.dumps({**RUN, "batch_size": 3}), json.dumps({**RUN, "seed": 2})], "different batch_size"),
    ],
)
def test_runs_that_cannot_be_compared_are_refused(runs, tmp_path, lines, sentence):
    file = tmp_path / "runs.jsonl"
    file.write_text("".join(f"{line}\n" for line in lines))
    with pytest.raises(SystemExit, match=sentence):
        runs["read_runs"](file)


def test_other_seeds_rates_epochs_heads_and_sizes_are_other_runs(runs, tmp_path):
    others = [
        {"seed": 2},
        {"learning_rate": 1e-2},
        {"epochs": 12.0},
        {"head": "y", "parameters": 7},
        {"train_size": 100},
    ]
    lines = [RUN, *({**RUN, **other} for other in others)]
    (tmp_path / "runs.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    assert runs["read_runs"](tmp_path / "runs.jsonl") == lines


def test_all_heads_choose_among_the_same_epochs(runs, tmp_path):
    known = [RUN, {**RUN, "head": "logistic-mean", "epochs": None}]
    runs["check_same_epochs"](known, [4.0, 12.0], tmp_path)
    with pytest.raises(SystemExit, match="other epochs than --epochs names. .* by --epochs 4 5, or use another"):
        runs["check_same_epochs"](known, [5.0], tmp_path)


def test_the_line_of_a_killed_process_is_dropped(runs, tmp_path, capsys):
    file = tmp_path / "runs.jsonl"
    whole = json.dumps(RUN) + "\n"
    file.write_text(whole + whole[:30])
    # As it is while another process writes it.
    assert runs["read_runs"](file) == [RUN]
    runs["drop_unfinished_line"](file)
    assert file.read_text() == whole
    assert "the last line was not finished" in capsys.readouterr().out
    file.write_text(whole.strip())
    runs["drop_unfinished_line"](file)
    assert file.read_text() == whole


def test_a_fitted_head_is_searched_by_its_strength_alone(runs):
    arguments = argparse.Namespace(
        seeds=[1, 2], heads=["logistic-mean", "x"], whole_length=None, epochs=[4.0, 12.0], learning_rates=[1e-3, 1e-2]
    )
    grid = [(4.0, 1e-3), (4.0, 1e-2), (12.0, 1e-3), (12.0, 1e-2)]
    known = [
        {"data": "news", "whole_length": None, "head": "x", "seed": 1, "epochs": epochs, "learning_rate": rate}
        | {"validation": {"accuracy": rate * epochs if epochs == 4 else 0.0, "nll": 1.0}}
        for epochs, rate in grid
    ]
    planned = list(runs["plan"](arguments, known, {"data": "news"}))
    found = [(run["seed"], run["epochs"], run["learning_rate"]) for run in planned if run["head"] == "x"]
    assert found == [*((1, *trial) for trial in grid), (2, 4.0, 1e-2)]
    fitted = [run for run in planned if run["head"] == "logistic-mean"]
    assert [run["learning_rate"] for run in fitted] == list(runs["STRENGTHS"])
    assert {(run["seed"], run["epochs"]) for run in fitted} == {(1, None)}
