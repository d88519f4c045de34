"""FSDP2 (`fully_shard`) takes the step of a single process."""

import json

import pytest
import torch
from safetensors.torch import load_file

from tests.training.fsdp_step import step
from tests.training.one_step import TEXTS, build_model


@pytest.mark.quick_for("amsdff", "cnn_bilstm")
def test_two_shards_take_the_step_of_one_process(config_class, tmp_path, run_python):
    expected = build_model(config_class.model_type, "mixture").train()
    start = {name: tensor.clone() for name, tensor in expected.state_dict().items()}
    step(expected, config_class.model_type, slice(TEXTS))
    launch = ("-m", "torch.distributed.run", "--standalone", "--nproc_per_node", 2, "-m")
    run_python(*launch, "tests.training.fsdp_step", config_class.model_type, tmp_path)
    facts = json.loads((tmp_path / "facts.json").read_text())
    assert facts["world_size"] == 2
    assert facts["sharded"] == facts["parameters"] == len(start)
    actual = load_file(tmp_path / "fsdp.safetensors")
    for name, tensor in expected.state_dict().items():
        assert not torch.equal(start[name], tensor), f"{name} did not move"
        torch.testing.assert_close(actual[name], tensor, atol=1e-5, rtol=1e-4, msg=lambda text, n=name: f"{n}: {text}")
