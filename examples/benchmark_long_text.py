# Copyright 2026 The amsdff_hf authors. Licensed under the Apache License, Version 2.0.
"""What a text costs that is longer than its backbone reads: milliseconds for one text at a time, and of it the head.

The same tokens are read whole, in overlapping windows, by AMSDFF, and cut at one window by the plain head.

    python examples/benchmark_long_text.py sentence-transformers/all-MiniLM-L6-v2 --output_dir runs/long
"""

import argparse
import statistics
import time
from pathlib import Path

import matplotlib
import torch
from matplotlib import pyplot as plt
from transformers import AutoModelForSequenceClassification, PreTrainedModel
from transformers.utils import logging as transformers_logging

from amsdff_hf import AmsdffForSequenceClassification
from amsdff_hf.training import format_table


matplotlib.use("Agg")


class HeadClock:
    """Measures the seconds that the head of a model takes in its latest forward pass."""

    def __init__(self, model: AmsdffForSequenceClassification):
        self.seconds = 0.0
        model.classifier.register_forward_pre_hook(self.start)
        model.classifier.register_forward_hook(self.stop)

    def start(self, *_: object) -> None:
        """Remember when the head began."""
        self.began = time.perf_counter()

    def stop(self, *_: object) -> None:
        """Remember how long it took."""
        self.seconds = time.perf_counter() - self.began


def parse_arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__.split("\n")[0], formatter_class=argparse.ArgumentDefaultsHelpFormatter
    )
    parser.add_argument("model_name_or_path", help="backbone")
    parser.add_argument("--output_dir", required=True, help="folder of the table and the picture")
    parser.add_argument("--window_length", type=int, default=256, help="tokens of a window")
    parser.add_argument("--window_overlap", type=int, default=64, help="tokens that a window shares with the next one")
    parser.add_argument("--lengths", nargs="+", type=int, default=[256, 512, 1024, 2048, 4096, 8192], help="tokens")
    parser.add_argument("--repeats", type=int, default=7, help="runs of which the median counts")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads(), help="of PyTorch")
    return parser.parse_args()


@torch.inference_mode()
def measure(model: PreTrainedModel, length: int, repeats: int, clock: HeadClock | None = None) -> tuple[float, float]:
    """Return the milliseconds of one random text, and those of the head; the first run is no part of it."""
    generator = torch.Generator().manual_seed(0)
    vocabulary = model.config.get_text_config().vocab_size
    input_ids = torch.randint(vocabulary, (1, length), generator=generator)
    whole, head = [], []
    for _ in range(1 + repeats):
        start = time.perf_counter()
        model(input_ids=input_ids, attention_mask=torch.ones_like(input_ids))
        whole.append(1000 * (time.perf_counter() - start))
        head.append(1000 * clock.seconds if clock else 0.0)
    return statistics.median(whole[1:]), statistics.median(head[1:])


def draw(rows: list[list[float]], plain: float, file: Path) -> None:
    """Draw milliseconds against tokens."""
    tokens, whole, head = ([row[column] for row in rows] for column in range(3))
    figure, axis = plt.subplots(figsize=(5.6, 4))
    axis.plot(tokens, whole, marker="o", label="AMSDFF, all windows")
    axis.plot(tokens, head, marker="o", label="of it the head")
    axis.plot(tokens, [whole[0] * count / tokens[0] for count in tokens], linestyle="--", label="if it grew linearly")
    axis.axhline(plain, color="gray", label="plain head, cut at one window")
    axis.set(xlabel="tokens", ylabel="milliseconds", xscale="log", yscale="log")
    axis.set_xticks(tokens, [f"{count:,}" for count in tokens], minor=False)
    axis.set_xticks([], minor=True)
    axis.grid(alpha=0.3)
    axis.legend(fontsize=8)
    figure.tight_layout()
    figure.savefig(file, dpi=120)
    plt.close(figure)


def main() -> None:
    """Measure all lengths and print one table."""
    arguments = parse_arguments()
    transformers_logging.set_verbosity_error()
    torch.set_num_threads(arguments.threads)
    model = AmsdffForSequenceClassification.from_backbone(
        arguments.model_name_or_path,
        num_labels=2,
        long_text="window",
        window_length=arguments.window_length,
        window_overlap=arguments.window_overlap,
    ).eval()
    plain = AutoModelForSequenceClassification.from_pretrained(arguments.model_name_or_path, num_labels=2).eval()
    cut, _ = measure(plain, arguments.window_length, arguments.repeats)
    clock, rows = HeadClock(model), []
    for length in arguments.lengths:
        whole, head = measure(model, length, arguments.repeats, clock)
        rows.append([length, whole, head, whole / length * 1000])
    cells = [[f"{length:,}", *(f"{value:.1f}" for value in values)] for length, *values in rows]
    text = format_table(cells, header=["tokens", "ms", "of it the head", "ms per 1,000 tokens"])
    text += (
        f"\n\nOne text at a time, {arguments.threads} threads, windows of {arguments.window_length} tokens, each with "
        f"{arguments.window_overlap} of the one before.\nThe plain head on a text cut at one window: {cut:.1f} ms"
    )
    print(f"\n{text}")
    folder = Path(arguments.output_dir)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "long_text.txt").write_text(f"{text}\n", encoding="utf-8")
    draw(rows, cut, folder / "long_text.png")
    print(f"\nIn {folder}: long_text.txt, long_text.png")


if __name__ == "__main__":
    main()
