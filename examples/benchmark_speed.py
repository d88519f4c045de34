# Copyright 2026 The amsdff_hf authors. Licensed under the Apache License, Version 2.0.
"""How many texts per second: `score`, in float32 and in what is faster, against the pipeline with its plain head.

All run in one process on the same texts, tokenization included: the pipeline in the order of arrival, batch 32, and
`score` as it is. With labels in the file, and trained models, the accuracy is shown too.

    python examples/benchmark_speed.py runs/mine --plain runs/mine-plain --test_file test.csv --max_length 256
"""

import argparse
import logging
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from transformers import AutoConfig, AutoModelForSequenceClassification, AutoTokenizer, PreTrainedModel, pipeline
from transformers.utils import logging as transformers_logging

from amsdff_hf import score
from amsdff_hf.data import LABELS, TEXT, add_test_file_options, label_space_of, parsed_test_file, read_test_rows
from amsdff_hf.inference import (
    PRECISIONS,
    OnnxClassifier,
    export_onnx,
    fastest_precision,
    fuse_onnx,
    in_precision,
    quantize_onnx,
)
from amsdff_hf.training import format_table


# What a row of the table is about: its name, and what scores all texts.
Entry = tuple[str, Callable[[list[str]], np.ndarray]]
LATENCY_TEXTS = 50
LEGEND = """\
ratio       of the texts per second to those of the first line
p50, p95    milliseconds that one text alone takes, median and 95th percentile
same label  share of the texts that get the label of the first line with the same model\
"""


def parse_arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__.split("\n")[0], formatter_class=argparse.ArgumentDefaultsHelpFormatter
    )
    parser.add_argument("model", help="trained classifier of this package: folder or name on the Hub")
    parser.add_argument("--plain", required=True, help="the plain classifier on the same backbone, the measure")
    add_test_file_options(parser)
    parser.add_argument("--num_texts", type=int, default=2000, help="texts to read, from the beginning of the file")
    parser.add_argument("--max_length", type=int, default=256, help="longest text in tokens")
    parser.add_argument("--repeats", type=int, default=3, help="runs of which the fastest counts")
    parser.add_argument("--device", default="cpu", help="cpu or cuda")
    parser.add_argument(
        "--precisions", nargs="*", choices=list(PRECISIONS), help="formats beside float32; default: the fastest here"
    )
    parser.add_argument("--compiled", action="store_true", help="also measure what torch.compile gains")
    parser.add_argument("--onnx", action="store_true", help="also measure ONNX files, in float32 and int8 (CPU)")
    return parser.parse_args()


def pipeline_entry(model: PreTrainedModel, tokenizer, max_length: int) -> Entry:
    """The pipeline of transformers in the order of arrival."""
    classify = pipeline(
        "text-classification", model=model, tokenizer=tokenizer, device=model.device, top_k=None, batch_size=32
    )
    names = [model.config.id2label[index] for index in range(model.config.num_labels)]

    def run(texts: list[str]) -> np.ndarray:
        answers = classify(texts, truncation=True, max_length=max_length)
        return np.array(
            [[{row["label"]: row["score"] for row in answer}[name] for name in names] for answer in answers]
        )

    return "pipeline, plain head, float32", run


def score_entry(name: str, model, tokenizer, max_length: int, **options) -> Entry:
    """`score` with these options."""

    def run(texts: list[str]) -> np.ndarray:
        return np.array(list(score(texts, model, tokenizer, max_length=max_length, **options)))

    return name, run


def entries(arguments: argparse.Namespace, folder: str) -> list[Entry]:
    """All that is measured; the first is what the others are compared with."""
    tokenizer = AutoTokenizer.from_pretrained(arguments.model)
    load = AutoModelForSequenceClassification.from_pretrained
    models = (load(name, dtype=torch.float32) for name in (arguments.plain, arguments.model))
    plain, own = (model.to(arguments.device).eval() for model in models)
    kind = own.config.model_type
    common = {"tokenizer": tokenizer, "max_length": arguments.max_length}
    reduced = fastest_precision(own.device)
    made = [pipeline_entry(plain, **common)]
    made += [score_entry("score, plain head, float32", plain, **common)]
    made += [score_entry(f"score, {kind}, float32", own, **common)]
    for precision in [reduced] if arguments.precisions is None else arguments.precisions:
        if precision != "float32":
            # Converted here, and not anew for every text whose latency is measured.
            made += [score_entry(f"score, {kind}, {precision}", in_precision(own, precision), **common)]
    if arguments.compiled:
        compiled = torch.compile(in_precision(own, reduced), dynamic=True)
        made += [score_entry(f"score, {kind}, {reduced}, compiled", compiled, **common)]
    if arguments.onnx:
        path, fused, quantized = (Path(folder, f"{form}.onnx") for form in ("model", "fused", "int8"))
        export_onnx(own, path, token_types="token_type_ids" in tokenizer.model_input_names)
        fuse_onnx(path, fused)
        quantize_onnx(fused, quantized)
        files = {"float32 fused": fused, "int8 fused": quantized}
        for form, file in files.items():
            classifier = OnnxClassifier(file, num_threads=1, num_parallel=torch.get_num_threads())
            made += [score_entry(f"score, {kind}, ONNX {form}", classifier, **common)]
    return made


def measure(run: Callable, texts: list[str], repeats: int) -> tuple[float, np.ndarray]:
    """Texts per second in the fastest of several runs, and the scores."""
    # Compilation and the first memory are no part of it.
    run(texts[:200])
    seconds = []
    for _ in range(repeats):
        start = time.perf_counter()
        scores = run(texts)
        seconds.append(time.perf_counter() - start)
    return len(texts) / min(seconds), scores


def latencies(run: Callable, texts: list[str]) -> tuple[float, float]:
    """Median and 95th percentile of the milliseconds that one text alone takes."""
    taken = []
    for text in texts[:LATENCY_TEXTS]:
        start = time.perf_counter()
        run([text])
        taken.append(1000 * (time.perf_counter() - start))
    return statistics.median(taken), float(np.percentile(taken, 95))


def main() -> None:
    """Measure everything and print one table."""
    arguments = parse_arguments()
    transformers_logging.set_verbosity_error()
    # Otherwise every single run would say that texts are cut.
    logging.getLogger("amsdff_hf").setLevel(logging.ERROR)
    config = AutoConfig.from_pretrained(arguments.model)
    if label_space_of(config).problem_type != "single_label_classification" or arguments.text_pair_column_name:
        raise ValueError("The comparison is for single texts with one label each: choose such a model and columns.")
    rows = read_test_rows(parsed_test_file(arguments), label_space_of(config))
    rows = rows.select(range(min(arguments.num_texts, len(rows))))
    texts = rows[TEXT][:]
    labels = np.array(rows[LABELS]) if LABELS in rows.column_names else None
    lines, reference = [], None
    # The first of each model is the one in float32 that the others are compared with, and not with itself.
    labels_of: dict[str, np.ndarray] = {}
    with tempfile.TemporaryDirectory() as folder:
        for name, run in entries(arguments, folder):
            speed, scores = measure(run, texts, arguments.repeats)
            reference = speed if reference is None else reference
            decided = scores.argmax(-1)
            kind = name.split(", ")[1]
            same = f"{np.mean(decided == labels_of[kind]):.4f}" if kind in labels_of else "-"
            labels_of.setdefault(kind, decided)
            accuracy = f"{np.mean(decided == labels):.4f}" if labels is not None else ""
            lines.append([name, speed, speed / reference, *latencies(run, texts), same, accuracy])
            print(f"{name}: {speed:.1f} texts/s", file=sys.stderr, flush=True)
    header = ["", "texts/s", "ratio", "p50 ms", "p95 ms", "same label", "accuracy"]
    threads = f"{torch.get_num_threads()} threads of {os.cpu_count()}"
    print(f"\n{len(texts):,} texts, up to {arguments.max_length} tokens, {arguments.device}, {threads}\n")
    print(f"{format_table(lines, header=header)}\n\n{LEGEND}")


if __name__ == "__main__":
    try:
        main()
    except (ValueError, OSError, ImportError) as error:
        sys.exit(f"error: {error}")
