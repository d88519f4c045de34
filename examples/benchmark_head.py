# Copyright 2026 The amsdff_hf authors. Licensed under the Apache License, Version 2.0.
"""What heads and differential attention cost: time and memory against the plain head on the same backbone.

All models run in one process, in turn, so that a busy machine slows all of them. Printed are medians in milliseconds,
the ratio, and the ratio that the arithmetic alone would give (floating-point operations, counted).

    python examples/benchmark_head.py
    python examples/benchmark_head.py --models pyramid_graph --backbones distilbert --lengths 128 --threads 1
    python examples/benchmark_head.py --device cuda --dtype bfloat16 --batch_size 64
"""

import argparse
import ctypes
import statistics
import sys
import time
from collections.abc import Callable, Iterator

import torch
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode
from tqdm.auto import tqdm
from transformers import (
    AutoModelForSequenceClassification,
    BertConfig,
    DistilBertConfig,
    PreTrainedConfig,
    PreTrainedModel,
)

from amsdff_hf import (
    AmcclConfig,
    AmcclForSequenceClassification,
    AmsdffConfig,
    AmsdffForSequenceClassification,
    CnnBilstmConfig,
    CnnBilstmForSequenceClassification,
    PyramidGraphConfig,
    PyramidGraphForSequenceClassification,
    convert_to_differential_attention,
)
from amsdff_hf.models import front_positions, move_back, move_to_front


NUM_LABELS = 4
VOCABULARY = 30522
MIN_REPEATS = 3
NUM_STEPS = 50
FRACTION = 0.25


def backbone_config(name: str) -> PreTrainedConfig:
    """Configuration of a random backbone with the size of a well-known one."""
    if name == "distilbert":
        return DistilBertConfig(num_labels=NUM_LABELS)
    return BertConfig(
        hidden_size=384,
        num_hidden_layers=6,
        num_attention_heads=12,
        intermediate_size=1536,
        vocab_size=VOCABULARY,
        num_labels=NUM_LABELS,
    )


def build_plain(config: PreTrainedConfig) -> PreTrainedModel:
    """Build the classifier of transformers."""
    return AutoModelForSequenceClassification.from_config(config)


def build_amsdff(config: PreTrainedConfig) -> PreTrainedModel:
    """Build AMSDFF with its defaults."""
    return AmsdffForSequenceClassification(AmsdffConfig(backbone_config=config, num_labels=NUM_LABELS))


def build_pyramid_graph(config: PreTrainedConfig) -> PreTrainedModel:
    """Build the pyramid graph with its defaults."""
    return PyramidGraphForSequenceClassification(PyramidGraphConfig(backbone_config=config, num_labels=NUM_LABELS))


def build_cnn_bilstm(config: PreTrainedConfig) -> PreTrainedModel:
    """Build the CNN-BiLSTM with its defaults; the batch has single texts, which both of its branches read."""
    return CnnBilstmForSequenceClassification(CnnBilstmConfig(backbone_config=config, num_labels=NUM_LABELS))


def build_amccl(config: PreTrainedConfig) -> PreTrainedModel:
    """Build AMCCL with its defaults, which reads 50 steps of audio and of vision beside each text, as in MOSI."""
    return AmcclForSequenceClassification(AmcclConfig(backbone_config=config, num_labels=NUM_LABELS))


def build_differential(config: PreTrainedConfig) -> PreTrainedModel:
    """Build the classifier of transformers with differential attention in a quarter of its layers."""
    return convert_to_differential_attention(build_plain(config), FRACTION)


MODELS = {
    "amsdff": build_amsdff,
    "pyramid_graph": build_pyramid_graph,
    "cnn_bilstm": build_cnn_bilstm,
    "amccl": build_amccl,
    "differential": build_differential,
}


def build_models(names: list[str], backbone: str, device: str, dtype: torch.dtype) -> dict[str, PreTrainedModel]:
    """Return the plain classifier and those to compare with it, on equal backbones."""
    torch.manual_seed(0)
    models = {"plain": build_plain(backbone_config(backbone))}
    models |= {name: MODELS[name](backbone_config(backbone)) for name in names}
    return {name: model.to(device, dtype) for name, model in models.items()}


def make_batch(batch_size: int, length: int, device: str, padded: bool) -> dict[str, torch.Tensor]:
    """Return random token ids, with a row that is a token shorter if padding is asked for, so that all is masked."""
    generator = torch.Generator().manual_seed(0)
    mask = torch.ones(batch_size, length, dtype=torch.long, device=device)
    mask[:1, length - padded :] = 0
    return {
        "input_ids": torch.randint(1000, VOCABULARY, (batch_size, length), generator=generator).to(device),
        "attention_mask": mask,
        "labels": torch.randint(NUM_LABELS, (batch_size,), generator=generator).to(device),
    }


def add_modalities(model: torch.nn.Module, batch: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Add random audio and vision to the batch if the model reads some."""
    sizes = getattr(model.config, "modality_sizes", {})
    shape = len(batch["input_ids"]), NUM_STEPS
    device = batch["input_ids"].device
    return batch | {
        f"{name}_values": torch.randn(*shape, size, dtype=model.dtype, device=device) for name, size in sizes.items()
    }


def inference(model: torch.nn.Module, batch: dict[str, torch.Tensor]) -> Callable[[], object]:
    """Return a function that predicts the batch once."""
    model.eval()
    inputs = {name: tensor for name, tensor in batch.items() if name != "labels"}

    @torch.inference_mode()
    def run() -> object:
        return model(**inputs).logits

    return run


def padding_moves(model: torch.nn.Module, batch: dict[str, torch.Tensor]) -> Callable[[], object]:
    """Return a function that moves real tokens to the front and the token vectors back, as every forward does."""
    shape = (*batch["input_ids"].shape, model.config.hidden_size)
    hidden_states = torch.zeros(shape, dtype=model.dtype, device=model.device)

    @torch.inference_mode()
    def run() -> object:
        positions = front_positions(batch["attention_mask"])
        for name in ("input_ids", "attention_mask"):
            move_to_front(batch[name], positions)
        return move_back(hidden_states, positions)

    return run


def training_step(model: torch.nn.Module, batch: dict[str, torch.Tensor]) -> Callable[[], object]:
    """Return a function that takes one optimizer step on the batch."""
    model.train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-6)

    def run() -> None:
        model(**batch).loss.backward()
        optimizer.step()
        optimizer.zero_grad()

    return run


def keep_freed_memory() -> None:
    """Tell glibc to keep freed memory, so that times do not depend on which tensors it happens to give back.

    Otherwise the page faults of a training step differ by hundreds of milliseconds with the order of allocations,
    for the same model and more than the head costs.
    """
    libc = ctypes.CDLL(None)
    if sys.platform == "linux" and hasattr(libc, "mallopt"):
        m_trim_threshold, m_mmap_max = -1, -4
        libc.mallopt(m_mmap_max, 0)
        libc.mallopt(m_trim_threshold, 2**31 - 1)


def seconds(run: Callable[[], object], device: str) -> float:
    """Time one call, with the device idle before and after."""
    synchronize(device)
    start = time.perf_counter()
    run()
    synchronize(device)
    return time.perf_counter() - start


def synchronize(device: str) -> None:
    """Wait for the accelerator, if there is one."""
    if device == "cuda":
        torch.cuda.synchronize()


def alternate(runs: dict[str, Callable[[], object]], device: str, budget: float) -> dict[str, float]:
    """Return the median seconds of each function, called in turn for about `budget` seconds."""
    for run in runs.values():
        seconds(run, device)
    times = {name: [] for name in runs}
    start = time.perf_counter()
    while time.perf_counter() - start < budget or len(times["plain"]) < MIN_REPEATS:
        for name, run in runs.items():
            times[name].append(seconds(run, device))
    return {name: statistics.median(values) for name, values in times.items()}


def count_flops(model: torch.nn.Module, batch: dict[str, torch.Tensor]) -> int:
    """Return the floating-point operations of all matrix products and convolutions of one forward pass."""
    # PyTorch counts the products inside attention only in its unfused form.
    with sdpa_kernel(SDPBackend.MATH), FlopCounterMode(display=False) as counter:
        inference(model, batch)()
    return counter.get_total_flops()


def peak_activation_mib(run: Callable[[], object], device: str) -> float:
    """Return the peak of memory allocated during one call, above what the model itself holds, in MiB."""
    if device == "cuda":
        torch.cuda.reset_peak_memory_stats()
        before = torch.cuda.memory_allocated()
        run()
        return (torch.cuda.max_memory_allocated() - before) / 2**20
    with torch.profiler.profile(activities=[torch.profiler.ProfilerActivity.CPU], profile_memory=True) as profiler:
        run()
    level = peak = 0
    for event in profiler.profiler.kineto_results.events():
        if event.name() == "[memory]":
            level += event.nbytes()
            peak = max(peak, level)
    return peak / 2**20


def parse_arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__.split("\n")[0], formatter_class=argparse.ArgumentDefaultsHelpFormatter
    )
    parser.add_argument("--models", nargs="+", choices=list(MODELS), default=list(MODELS))
    parser.add_argument("--backbones", nargs="+", choices=["distilbert", "minilm"], default=["distilbert", "minilm"])
    parser.add_argument("--lengths", nargs="+", type=int, default=[32, 128, 512])
    parser.add_argument("--threads", nargs="+", type=int, default=[1, 2])
    parser.add_argument("--batch_size", type=int, default=8)
    parser.add_argument("--device", choices=["cpu", "cuda"], default="cpu")
    parser.add_argument("--dtype", choices=["float32", "bfloat16"], default="float32")
    parser.add_argument("--seconds", type=float, default=6.0, help="time to measure each pair for")
    parser.add_argument("--padded", action="store_true", help="one text is a token shorter, so that padding is masked")
    parser.add_argument("--default_malloc", action="store_true", help="let the C library return memory between steps")
    return parser.parse_args()


def measure(arguments: argparse.Namespace) -> Iterator[str]:
    """Measure every combination and yield the lines of the table, each as soon as it is known."""
    threads = arguments.threads if arguments.device == "cpu" else arguments.threads[:1]
    settings = [(b, m, t, s) for b in arguments.backbones for m in MODES for t in threads for s in arguments.lengths]
    models, current = {}, None
    for backbone, mode, num_threads, length in tqdm(settings, desc="Measuring", unit="pair", file=sys.stderr):
        if backbone != current:
            dtype, current = getattr(torch, arguments.dtype), backbone
            models = build_models(arguments.models, backbone, arguments.device, dtype)
        torch.set_num_threads(num_threads)
        batch = make_batch(arguments.batch_size, length, arguments.device, arguments.padded)
        batches = {name: add_modalities(model, batch) for name, model in models.items()}
        runs = {name: MODES[mode](model, batches[name]) for name, model in models.items()}
        moves = {"padding": padding_moves(models["plain"], batch)}
        medians = alternate(runs | moves, arguments.device, arguments.seconds)
        memory = {name: peak_activation_mib(run, arguments.device) for name, run in runs.items()}
        flops = {name: count_flops(model, batches[name]) for name, model in models.items()}
        for name in arguments.models:
            padding = "" if name == "differential" else f"{medians['padding'] / medians[name]:.2%}"
            yield (
                f"{backbone:<11}{mode:<10}{num_threads:>8}{length:>7}  {name:<14}{medians['plain'] * 1e3:>9.1f}"
                f"{medians[name] * 1e3:>10.1f}{medians[name] / medians['plain']:>7.3f}"
                f"{flops[name] / flops['plain']:>12.3f}{padding:>9}{memory['plain']:>11.1f}{memory[name]:>11.1f}"
            )


MODES = {"inference": inference, "training": training_step}


def main() -> None:
    """Measure and print the table."""
    arguments = parse_arguments()
    if not arguments.default_malloc:
        keep_freed_memory()
    device = torch.cuda.get_device_name() if arguments.device == "cuda" else "CPU"
    print(f"\nbatch size {arguments.batch_size}, {arguments.dtype}, {device}, torch {torch.__version__}\n")
    print(
        f"{'backbone':<11}{'mode':<10}{'threads':>8}{'tokens':>7}  {'model':<14}{'plain ms':>9}{'model ms':>10}"
        f"{'ratio':>7}{'FLOP ratio':>12}{'padding':>9}{'plain MiB':>11}{'model MiB':>11}"
    )
    for line in measure(arguments):
        print(line, flush=True)
    print(
        f"\nmodel: a head of this package, or the plain one with differential attention in {FRACTION:.0%} of the "
        "layers. ratio: model / plain, lower is better. FLOP ratio: what it would be if time followed the arithmetic "
        "of matrix products, attention and convolutions alone (a training step is three forward passes for all). "
        "padding: share of the model's time that makes it independent of padding, here with none to move. MiB: peak "
        "memory of one call on top of the weights."
    )


if __name__ == "__main__":
    main()
