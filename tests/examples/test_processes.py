"""The README's commands for several processes, which really start two."""

import json
import re
import shlex

import pandas as pd
import pytest

from tests.conftest import ROOT
from tests.examples.test_run_classification import FAST, frame


MODULES = {"accelerate": ["accelerate.commands.accelerate_cli"], "torchrun": ["torch.distributed.run"]}
TEXTS = 37


@pytest.mark.parametrize("launcher", MODULES)
def test_two_processes_train_and_predict(launcher, run_python, bert_folder, tmp_path):
    (command,) = re.findall(rf"^{launcher} .*run_classification\.py", (ROOT / "README.md").read_text(), re.MULTILINE)
    _, *options, script = shlex.split(command)
    frame(64).to_csv(tmp_path / "train.csv", index=False)
    frame(TEXTS, seed=1).to_csv(tmp_path / "test.csv", index=False)
    # A port of its own, so that tests may run side by side.
    options += ["--main_process_port", "0"] if launcher == "accelerate" else ["--standalone"]
    shared = ["--model_name_or_path", bert_folder, "--train_file", "train.csv", "--test_file", "test.csv", *FAST]
    shared += ["--do_train", "--do_predict", "--num_train_epochs", "6", "--per_device_train_batch_size", "2"]
    done = run_python("-m", *MODULES[launcher], *options, ROOT / script, *shared, "--output_dir", "out")
    assert "2 processes" in done.stdout
    state = json.loads((tmp_path / "out" / "trainer_state.json").read_text())
    assert state["global_step"] == 6 * 64 // (2 * 2)
    predictions = pd.read_csv(tmp_path / "out" / "predictions.csv")
    assert len(predictions) == TEXTS
    results = json.loads((tmp_path / "out" / "all_results.json").read_text())
    correct = (predictions["prediction"] == frame(TEXTS, seed=1)["label"]).mean()
    assert results["predict_accuracy"] == pytest.approx(correct)
    assert correct > 0.9
