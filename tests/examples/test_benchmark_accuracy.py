import argparse
import json
import runpy
import sys
from pathlib import Path

import pytest
from filelock import FileLock

from tests.conftest import ROOT
from tests.examples.test_run_classification import frame


SCRIPT = ROOT / "examples" / "benchmark_accuracy.py"


@pytest.fixture
def suite(tmp_path):
    """Write a data set of 80 texts and return a suite with it."""
    for role, count in {"train": 48, "validation": 16, "test": 16}.items():
        frame(count, seed=count).to_csv(tmp_path / f"{role}.csv", index=False)
    return {f"{role}_file": f"{role}.csv" for role in ("train", "validation", "test")}


def test_runs_are_done_once_and_reported(run_python, bert_folder, tmp_path, suite):
    (tmp_path / "suite.json").write_text(json.dumps({"films": suite}))
    options = ["suite.json", "--model_name_or_path", bert_folder, "--output_dir", "out", "--freeze_backbone"]
    options += ["--states_folder", "states", "--epochs", "1", "2", "--learning_rates", "1e-3", "1e-2"]
    options += ["--seeds", "1", "2", "--recipe", '{"average_weights": 0.5, "r_drop_weight": 1.0}']
    first = run_python(SCRIPT, *options, "--heads", "linear-mean", "bigru", "amsdff", "logistic-mean")
    runs = [json.loads(line) for line in (tmp_path / "out" / "runs.jsonl").read_text().splitlines()]
    fitted = [run for run in runs if run["head"] == "logistic-mean"]
    assert [run["epochs"] for run in fitted] == [None] * 7
    assert max(run["validation"]["accuracy"] for run in fitted) > 0.5
    runs = [run for run in runs if run not in fitted]
    assert len(runs) == 3 * 5
    assert {run["head"] for run in runs} == {"linear-mean", "bigru", "amsdff"}
    for head in {run["head"] for run in runs}:
        own = [run for run in runs if run["head"] == head]
        trials = [(run["epochs"], run["learning_rate"]) for run in own]
        scores = [(run["validation"]["accuracy"], -run["validation"]["nll"]) for run in own[:4]]
        assert trials == [(1, 1e-3), (1, 1e-2), (2, 1e-3), (2, 1e-2), trials[scores.index(max(scores))]]
        assert [run["seed"] for run in own] == [1, 1, 1, 1, 2]
    assert "films: 2 labels" in first.stdout
    again = run_python(SCRIPT, *options, "--heads", "linear-mean", "amsdff", "logistic-mean")
    assert len((tmp_path / "out" / "runs.jsonl").read_text().splitlines()) == 15 + 7
    assert "films: 2 labels" not in again.stdout
    assert "holds all these runs already: nothing was trained" in again.stdout
    assert "nothing was trained" not in first.stdout
    assert "errors saved" in again.stdout


def test_two_processes_do_not_share_a_folder(run_python, bert_folder, tmp_path, suite):
    (tmp_path / "suite.json").write_text(json.dumps({"films": suite}))
    (tmp_path / "out").mkdir()
    with FileLock(tmp_path / "out" / "runs.jsonl.lock"):
        command = ["suite.json", "--model_name_or_path", bert_folder, "--output_dir", "out"]
        said = run_python(SCRIPT, *command, check=False).stderr
    assert said.strip().endswith("wait for it, or use another --output_dir.")


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--data", "films", "books"], "--data: books is not in suite.json, which has films"),
        (["--recipe", '{"layer_decoy": 0.9}'], "--recipe does not know layer_decoy"),
        (["--recipe", '{"layer_decay": 0.9}'], "--recipe: --layer_decay is for the layers that --freeze_backbone"),
        (["--heads", "linear-mean", "plain"], "take linear-first in the place of plain"),
        (["--heads", "amsdff-differential"], "leaves differential attention untrained"),
        (["--epochs", "0"], "--epochs must be above 0, got 0"),
        (["--train_sizes", "20", "0"], "--train_sizes must be at least 1, got 0"),
        (["--head_learning_rate", "1e-3"], "choose their rates by --learning_rates"),
    ],
)
def test_what_cannot_be_run_is_said_first(monkeypatch, capsys, tmp_path, suite, options, sentence):
    (tmp_path / "suite.json").write_text(json.dumps({"films": suite}))
    monkeypatch.chdir(tmp_path)
    command = ["suite.json", "--model_name_or_path", "bert", "--output_dir", "out", "--freeze_backbone"]
    monkeypatch.setattr(sys, "argv", ["benchmark_accuracy.py", *command, "--heads", "linear-mean", *options])
    with pytest.raises(SystemExit):
        runpy.run_path(str(SCRIPT))["parse_arguments"]()
    assert sentence in capsys.readouterr().err


def test_what_cannot_be_compared_or_read_is_said_before_training(run_python, bert_folder, tmp_path, suite):
    command = ["suite.json", "--model_name_or_path", bert_folder, "--output_dir", "out", "--heads", "amsdff"]
    for options, further, sentence in (
        (
            suite,
            [],
            "error: neither plain nor a linear head is run on films, but amsdff: add one, or pass --baseline.",
        ),
        (suite, ["--baseline", "cnn"], "the head to compare with, cnn, is not run on films"),
        ({**suite, "max_length": 5}, [], "such as train_file or max_seq_length, got max_length."),
        ("train.csv", [], "such as train_file or max_seq_length, got 'train.csv'."),
    ):
        (tmp_path / "suite.json").write_text(json.dumps({"films": options}))
        assert sentence in run_python(SCRIPT, *command, *further, check=False).stderr
    assert not (tmp_path / "out" / "runs.jsonl").exists()


def test_a_run_of_another_training_size_is_nothing_to_compare_with(monkeypatch):
    monkeypatch.syspath_prepend(str(SCRIPT.parent))
    expect_baselines = runpy.run_path(str(SCRIPT))["expect_baselines"]
    arguments = argparse.Namespace(suite={"films": {}}, heads=["amsdff"], train_sizes=[12], baseline=None)
    known = [{"data": "films", "train_size": size, "head": "linear-mean"} for size in (8, 12)]
    with pytest.raises(SystemExit, match="neither plain nor a linear head is run on films, but amsdff"):
        expect_baselines(arguments, known[:1])
    expect_baselines(arguments, known)


def test_a_fitted_head_needs_kept_states(monkeypatch, capsys, tmp_path, suite):
    (tmp_path / "suite.json").write_text(json.dumps({"films": suite}))
    command = [str(tmp_path / "suite.json"), "--model_name_or_path", "bert", "--output_dir", "out"]
    monkeypatch.setattr(sys, "argv", ["benchmark_accuracy.py", *command, "--heads", "logistic-mean"])
    with pytest.raises(SystemExit):
        runpy.run_path(str(SCRIPT))["parse_arguments"]()
    assert "heads named logistic- are fitted to kept states: pass --freeze_backbone" in capsys.readouterr().err


def test_a_data_set_with_fewer_texts_than_a_training_size_is_left_out(run_python, bert_folder, tmp_path, suite):
    (tmp_path / "suite.json").write_text(json.dumps({"films": suite}))
    command = ["suite.json", "--model_name_or_path", bert_folder, "--output_dir", "out", "--freeze_backbone"]
    command += ["--heads", "linear-mean", "--seeds", "1", "--learning_rates", "1e-2", "--epochs", "1"]
    printed = run_python(SCRIPT, *command, "--train_sizes", "20", "48", "--states_folder", "states").stdout
    assert "films: no run with 48 training texts; all are 48" in printed
    (run,) = (json.loads(line) for line in (tmp_path / "out" / "runs.jsonl").read_text().splitlines())
    assert (run["train_texts"], run["backbone_name"]) == (20, Path(bert_folder).name)
    # Other texts under the same name are not mixed with these.
    frame(48, seed=1).to_csv(tmp_path / "train.csv", index=False)
    failed = run_python(SCRIPT, *command, "--train_sizes", "30", check=False)
    assert "holds runs on other texts or labels called films" in failed.stderr


def test_test_data_validates_nothing(run_python, bert_folder, tmp_path, suite):
    del suite["validation_file"]
    (tmp_path / "suite.json").write_text(json.dumps({"films": suite}))
    command = ["suite.json", "--model_name_or_path", bert_folder, "--output_dir", "out", "--heads", "plain"]
    said = run_python(SCRIPT, *command, check=False).stderr
    assert "error: films: There is no validation data: pass --validation_file" in said
    assert "Traceback" not in said
    assert not (tmp_path / "out" / "runs.jsonl").exists()


def test_windows_read_what_is_cut_for_the_others(run_python, bert_folder, tmp_path, suite):
    (tmp_path / "suite.json").write_text(json.dumps({"films": {**suite, "max_seq_length": 5}}))
    options = ["suite.json", "--model_name_or_path", bert_folder, "--output_dir", "out", "--freeze_backbone"]
    options += ["--states_folder", "states", "--epochs", "1", "--learning_rates", "1e-3", "--seeds", "1"]
    options += ["--heads", "linear-mean-max", "linear-windows"]
    assert "--whole_length" in run_python(SCRIPT, *options, check=False).stderr
    printed = run_python(SCRIPT, *options, "--whole_length", "60").stdout
    assert "films: 2 labels, 5 tokens, train 48 (100% cut)" in printed
    assert "films: 2 labels, 60 tokens, train 48 (0% cut)" in printed
