"""A run that was killed by the operating system ends with the very weights of one that was not."""

import random
import signal

import pytest
import torch
from safetensors.torch import load_file

from tests.training.kill_and_resume import SAVE_STEPS, STEPS


@pytest.mark.quick_for("amsdff")
def test_resume_after_kill_is_bit_equal(config_class, tmp_path, run_python):
    script = ("-m", "tests.training.kill_and_resume", config_class.model_type)
    run_python(*script, tmp_path / "whole")
    expected = load_file(tmp_path / "whole" / "final.safetensors")
    # Another step in every run of the tests; a failure names it.
    step = random.SystemRandom().randrange(SAVE_STEPS + 1, STEPS)
    killed = run_python(*script, tmp_path / "killed", "--kill_at", step, check=False)
    assert killed.returncode == -signal.SIGKILL
    assert not (tmp_path / "killed" / "final.safetensors").exists()
    resumed = run_python(*script, tmp_path / "killed")
    last_saved = (step - 1) // SAVE_STEPS * SAVE_STEPS
    assert f"checkpoint-{last_saved}\n" in resumed.stdout, f"killed at step {step}"
    actual = load_file(tmp_path / "killed" / "final.safetensors")
    for name, tensor in expected.items():
        assert torch.equal(actual[name], tensor), f"{name} differs, killed at step {step}"
