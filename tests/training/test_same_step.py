"""The real Trainer takes the same step in one large batch, in accumulated small ones, and in two processes."""

import json

import pytest
import torch
from safetensors.torch import load_file

from tests.training.one_step import CASES, TEXTS, build_model, train


@pytest.fixture(scope="module")
def whole(tmp_path_factory, config_class):
    """Weights after large batches in one process."""
    folder = tmp_path_factory.mktemp("whole")
    return {
        case: train(config_class.model_type, case, folder, batch_size=TEXTS, accumulation=1).model.state_dict()
        for case in CASES
    }


def assert_same(actual, expected):
    for name, tensor in expected.items():
        torch.testing.assert_close(actual[name], tensor, atol=2e-6, rtol=1e-5, msg=lambda text, n=name: f"{n}: {text}")


@pytest.mark.parametrize("case", CASES)
def test_accumulation_takes_the_same_step(config_class, case, whole, tmp_path):
    start = build_model(config_class.model_type, case).state_dict()
    assert any((start[name] - tensor).abs().max() > 1e-3 for name, tensor in whole[case].items())
    trainer = train(config_class.model_type, case, tmp_path, batch_size=4, accumulation=4)
    assert_same(trainer.model.state_dict(), whole[case])


@pytest.mark.quick_for("amsdff", "amccl")
def test_two_processes_take_the_same_step_and_use_every_parameter(config_class, whole, tmp_path, run_python):
    launch = ("-m", "torch.distributed.run", "--standalone", "--nproc_per_node", 2, "-m")
    run_python(*launch, "tests.training.one_step", config_class.model_type, tmp_path, "--batch_size", TEXTS // 2)
    for case, expected in whole.items():
        facts = json.loads((tmp_path / f"{case}.json").read_text())
        assert facts == {"world_size": 2, "wrapper": "DistributedDataParallel"}
        assert_same(load_file(tmp_path / f"{case}.safetensors"), expected)
