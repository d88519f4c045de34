import json

import pytest
from datasets import Dataset
from transformers import TrainerControl, TrainerState, TrainingArguments

from amsdff_hf.training import ModelArguments, RunRecorder, check_same_run, make_run_record


ROWS = {"input_ids": [[2, 3], [4]], "labels": [0, 1]}


def record(folder, rows=None, head_learning_rate=None, **changes):
    training = TrainingArguments(output_dir=str(folder), use_cpu=True, **changes)
    model = ModelArguments("bert", head_learning_rate=head_learning_rate)
    return make_run_record(model, training, Dataset.from_dict(rows or ROWS))


@pytest.fixture
def checkpoint(tmp_path):
    """A checkpoint into which the callback has written the record of its run."""
    folder = tmp_path / "checkpoint-7"
    folder.mkdir()
    recorder, state = RunRecorder(record(tmp_path)), TrainerState(global_step=7, is_world_process_zero=True)
    recorder.on_save(TrainingArguments(output_dir=str(tmp_path), use_cpu=True), state, TrainerControl())
    return folder


def test_the_same_run_goes_on(checkpoint, tmp_path):
    check_same_run(str(checkpoint), record(tmp_path / "elsewhere", save_steps=3, logging_steps=1))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"learning_rate": 1.0}, "--learning_rate 5e-05 there and 1.0 here. Give the same command"),
        ({"seed": 3, "head_learning_rate": 0.5}, "--head_learning_rate None there and 0.5 here; --seed 42 there"),
        ({"rows": {**ROWS, "labels": [1, 1]}}, "another run than this one: training data. Give"),
        ({"rows": {**ROWS, "input_ids": [[2], [3, 4]]}}, "training data"),
    ],
)
def test_what_differs_is_named(checkpoint, tmp_path, changes, message):
    with pytest.raises(ValueError, match=message):
        check_same_run(str(checkpoint), record(tmp_path, **changes))


def test_checkpoints_without_a_record_are_taken_as_they_are(checkpoint, tmp_path):
    (checkpoint / "run.json").unlink()
    check_same_run(str(checkpoint), record(tmp_path, seed=3))


def test_no_secret_is_recorded(tmp_path):
    training = TrainingArguments(output_dir=str(tmp_path), use_cpu=True)
    made = make_run_record(ModelArguments("bert", token="hf_secret"), training, Dataset.from_dict(ROWS))
    assert "hf_secret" not in json.dumps(made)
