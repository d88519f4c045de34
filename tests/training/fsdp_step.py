"""One step of AdamW with FSDP2 in every process of a gloo group, as a script under torchrun."""

import argparse
import gc
import json
from pathlib import Path

import torch
import torch.distributed as dist
from safetensors.torch import save_file
from torch.distributed.checkpoint.state_dict import StateDictOptions, get_model_state_dict
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.fsdp import fully_shard
from torch.distributed.tensor import DTensor

from tests.training.one_step import CASES, TEXTS, build_model, make_inputs


def step(model: torch.nn.Module, model_type: str, texts: slice) -> None:
    """One step of AdamW."""
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-2, eps=1e-4)
    inputs = {name: column[texts] for name, column in make_inputs(model_type).items()}
    model(**inputs, labels=CASES["mixture"][1][texts]).loss.backward()
    optimizer.step()


def take_step(model_type: str, folder: Path) -> None:
    """Shard every backbone layer, the classifier and the rest, take a step on a part of the texts, save the result."""
    rank, world_size = dist.get_rank(), dist.get_world_size()
    mesh = init_device_mesh("cpu", (world_size,))
    model = build_model(model_type, "mixture").train()
    for layer in (*model.backbone.encoder.layer, model.classifier, model):
        fully_shard(layer, mesh=mesh)
    part = slice(rank * TEXTS // world_size, (rank + 1) * TEXTS // world_size)
    step(model, model_type, part)
    sharded = sum(isinstance(parameter, DTensor) for parameter in model.parameters())
    state = get_model_state_dict(model, options=StateDictOptions(full_state_dict=True, cpu_offload=True))
    if rank == 0:
        facts = {"world_size": world_size, "sharded": sharded, "parameters": len(list(model.parameters()))}
        (folder / "facts.json").write_text(json.dumps(facts))
        save_file({name: tensor.contiguous() for name, tensor in state.items()}, folder / "fsdp.safetensors")


def main() -> None:
    """Join the group, take the step and leave."""
    parser = argparse.ArgumentParser()
    parser.add_argument("model_type")
    parser.add_argument("folder", type=Path)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    dist.init_process_group("gloo")
    take_step(arguments.model_type, arguments.folder)
    # The sharded model refers to the group in cycles. A group that Python meets only while it shuts down still has
    # running gloo threads, and now and then the process aborts ("terminate called without an active exception").
    gc.collect()
    dist.destroy_process_group()


if __name__ == "__main__":
    main()
