# Copyright 2026 The amsdff_hf authors. Licensed under the Apache License, Version 2.0.
"""Does a head make fewer errors than the plain one? Data sets x heads x seeds, all trained alike.

A suite is a JSON file that names data sets and, for each, options of `run_classification.py` that say where its three
splits are, such as `{"news": {"train_file": "train.csv", "validation_file": "dev.csv", "test_file": "test.csv"}}`.
Every head gets the same tokens and schedule, and the same epochs and learning rates to choose from by its accuracy on
the validation split, with the first seed; the test split chooses nothing. Heads named `-windows` alone read on where
the others are cut, as far as `--whole_length`; those named `logistic-` are linear layers that are fitted to their
optimum, searched by the weight of their norm. Each run is one line in `runs.jsonl` of the output folder; what stands
there is not run again. Then come the tables and pictures of `accuracy_report.py`.

    python examples/benchmark_accuracy.py suite.json --model_name_or_path distilbert-base-uncased \
        --freeze_backbone --heads linear-mean amsdff paper --seeds 1 2 3 4 5 --output_dir runs/frozen
"""

import argparse
import json
import logging
from dataclasses import fields
from itertools import product
from pathlib import Path
from typing import Any

from accuracy_report import expect_baseline, report
from accuracy_runs import (
    SEARCHED,
    Run,
    check_comparable,
    check_same_epochs,
    check_same_heads,
    check_same_texts,
    drop_unfinished_line,
    is_same,
    plan,
    read_runs,
    settings_of,
)
from accuracy_training import ROLES, Benchmark
from benchmarked_heads import HEADS
from datasets import disable_progress_bars
from filelock import FileLock, Timeout
from fitted_heads import FITTED
from transformers import TrainingArguments
from transformers.utils import logging as transformers_logging

from amsdff_hf import AmsdffForSequenceClassification
from amsdff_hf.data import DataTrainingArguments, digest_of_weights
from amsdff_hf.training import RecipeArguments


def parse_arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__.split("\n")[0], formatter_class=argparse.ArgumentDefaultsHelpFormatter
    )
    parser.add_argument("suite", help="JSON file that says where each data set is")
    parser.add_argument("--model_name_or_path", required=True, help="backbone")
    parser.add_argument("--output_dir", required=True, help="folder of runs.jsonl, tables and pictures")
    parser.add_argument("--data", nargs="+", help="data sets of the suite; default: all")
    heads = ["plain", *HEADS, *FITTED]
    parser.add_argument(
        "--heads", nargs="+", choices=heads, default=["plain", "amsdff"], metavar="HEAD", help=", ".join(heads)
    )
    parser.add_argument("--seeds", nargs="+", type=int, default=[1, 2, 3, 4, 5])
    parser.add_argument("--train_sizes", nargs="+", type=int, help="first so many training texts; default: all")
    parser.add_argument("--freeze_backbone", action="store_true", help="train the heads alone, on kept states")
    parser.add_argument("--epochs", nargs="+", type=float, default=[5.0], help="to choose from, if several")
    parser.add_argument("--batch_size", type=int, default=32)
    parser.add_argument(
        "--learning_rates",
        nargs="+",
        type=float,
        help="to choose from; default: 5e-5 2e-4, or 3e-4 to 1e-2 if frozen",
    )
    parser.add_argument("--head_learning_rate", type=float, help="default: 1e-3, or, if frozen, the learning rate")
    parser.add_argument("--whole_length", type=int, help="tokens that heads named -windows read of a text")
    parser.add_argument("--recipe", default="{}", help='JSON of recipe options, such as {"layer_decay": 0.9}')
    parser.add_argument("--bf16", action="store_true", help="train under bfloat16")
    parser.add_argument("--states_folder", help="where to keep states; default: the cache of `datasets`")
    parser.add_argument(
        "--baseline", choices=heads, metavar="HEAD", help="to compare with; default: plain, or the best linear one"
    )
    arguments = parser.parse_args()
    if arguments.freeze_backbone and "plain" in arguments.heads:
        parser.error("--freeze_backbone compares heads on kept states: take linear-first in the place of plain.")
    if arguments.freeze_backbone and arguments.head_learning_rate is not None:
        parser.error("--freeze_backbone trains heads alone: choose their rates by --learning_rates.")
    if arguments.freeze_backbone and "amsdff-differential" in arguments.heads:
        parser.error("--freeze_backbone leaves differential attention untrained: take amsdff-differential out.")
    if not arguments.freeze_backbone and set(FITTED) & set(arguments.heads):
        parser.error("heads named logistic- are fitted to kept states: pass --freeze_backbone.")
    if arguments.whole_length is None and any(head.endswith("-windows") for head in arguments.heads):
        parser.error("heads named -windows read more than one window: say by --whole_length how many tokens.")
    if min(arguments.epochs) <= 0:
        parser.error(f"--epochs must be above 0, got {min(arguments.epochs):g}.")
    frozen = arguments.freeze_backbone
    arguments.learning_rates = arguments.learning_rates or ([3e-4, 1e-3, 3e-3, 1e-2] if frozen else [5e-5, 2e-4])
    arguments.head_learning_rate = arguments.head_learning_rate or (None if frozen else 1e-3)
    arguments.recipe = read_json(arguments.recipe, "--recipe")
    unknown = set(arguments.recipe) - {one.name for one in fields(RecipeArguments)}
    if unknown:
        parser.error(f"--recipe does not know {', '.join(sorted(unknown))}.")
    for architecture in {"plain" if head == "plain" else "amsdff" for head in arguments.heads}:
        try:
            RecipeArguments(**arguments.recipe).check(TrainingArguments("unused"), architecture, frozen)
        except ValueError as error:
            parser.error(f"--recipe: {error} Here --heads names the architectures.")
    if min(arguments.train_sizes or [1]) < 1:
        parser.error(f"--train_sizes must be at least 1, got {min(arguments.train_sizes)}.")
    suite = read_json(Path(arguments.suite).read_text(encoding="utf-8"), arguments.suite)
    missing = set(arguments.data or suite) - set(suite)
    if missing:
        parser.error(
            f"--data: {', '.join(sorted(missing))} is not in {arguments.suite}, which has {', '.join(suite)}."
        )
    arguments.suite = {name: suite[name] for name in arguments.data or suite}
    known = {one.name for one in fields(DataTrainingArguments)}
    for name, options in arguments.suite.items():
        if not isinstance(options, dict) or not set(options) <= known:
            wrong = ", ".join(sorted(set(options) - known)) if isinstance(options, dict) else repr(options)
            parser.error(
                f"{name} of the suite must be an object with options of run_classification.py that say where its data "
                f"is, such as train_file or max_seq_length, got {wrong}."
            )
    return arguments


def read_json(text: str, source: str) -> dict[str, Any]:
    """Read a JSON object, and name where it comes from if it is none."""
    try:
        parsed = json.loads(text)
    except json.JSONDecodeError as error:
        raise ValueError(f"{source} must be a JSON object: {error}.") from error
    if not isinstance(parsed, dict):
        raise ValueError(f"{source} must be a JSON object, got {text[:40]!r}.")
    return parsed


def expect_baselines(arguments: argparse.Namespace, known: list[Run]) -> None:
    """Refuse, before anything is trained, what the report would refuse: heads that nothing can be compared with.

    Raises:
        SystemExit: with the data set.
    """
    heads = {pair: [*arguments.heads] for pair in product(arguments.suite, arguments.train_sizes or [None])}
    for run in known:
        heads.setdefault((run["data"], run["train_size"]), []).append(run["head"])
    for (data, _), found in heads.items():
        expect_baseline(list(dict.fromkeys(found)), arguments.baseline, data)


def run_missing(arguments: argparse.Namespace, file: Path) -> int:
    """Do the runs that are not in the file yet, write each to it, and return how many there were."""
    if file.exists():
        drop_unfinished_line(file)
    known = read_runs(file) if file.exists() else []
    count_before = len(known)
    check_same_epochs(known, arguments.epochs, file)
    name_of_backbone = {"backbone_name": Path(arguments.model_name_or_path).name}
    check_comparable(
        known + [settings_of(arguments, name, each, None) for name, each in arguments.suite.items()], file
    )
    expect_baselines(arguments, known)
    for name, options in arguments.suite.items():
        benchmark = None
        for size in arguments.train_sizes or [None]:
            for wanted in plan(arguments, known, settings_of(arguments, name, options, size)):
                if any(is_same(run, wanted) for run in known):
                    continue
                if benchmark is None:
                    benchmark = Benchmark(name, options, arguments)
                    check_same_texts(known, name, benchmark.digest, file)
                count = len(benchmark.labelled["train"])
                if size is not None and size >= count:
                    print(f"{name}: no run with {size:,} training texts; all are {count:,}, without --train_sizes")
                    break
                head, seed, epochs, rate = (wanted[key] for key in ("head", "seed", *SEARCHED))
                found = benchmark.run(head, seed, epochs, rate, size)
                known.append({**wanted, **name_of_backbone, **found})
                with file.open("a", encoding="utf-8") as lines:
                    lines.write(json.dumps(known[-1]) + "\n")
                check_same_heads(known, file)
                accuracy = ", ".join(f"{role} {found[role]['accuracy']:.4f}" for role in ROLES[1:])
                tried = f"rate {rate:g}" if epochs is None else f"epochs {epochs:g} rate {rate:g}"
                print(f"{name} {head:<20} seed {seed} {tried}: {accuracy}, {found['seconds']} s", flush=True)
    return len(known) - count_before


def main() -> None:
    """Do the runs that are missing, and report all."""
    arguments = parse_arguments()
    output = Path(arguments.output_dir)
    output.mkdir(parents=True, exist_ok=True)
    # A line for each run is enough.
    transformers_logging.set_verbosity_error()
    transformers_logging.disable_progress_bar()
    logging.getLogger("amsdff_hf").setLevel(logging.ERROR)
    disable_progress_bars()
    # Without its pooler, which the plain head alone reads, and which some checkpoints do not hold.
    backbone = AmsdffForSequenceClassification.from_backbone(arguments.model_name_or_path, labels=["a", "b"]).backbone
    arguments.backbone_digest = digest_of_weights(backbone)[:16]
    file = output / "runs.jsonl"
    try:
        with FileLock(f"{file}.lock", timeout=0):
            count = run_missing(arguments, file)
    except Timeout:
        sentence = f"another process adds runs to {file}: wait for it, or use another --output_dir."
        raise SystemExit(f"error: {sentence}") from None
    if not count and file.exists():
        print(f"{file} holds all these runs already: nothing was trained")
    report(output, baseline=arguments.baseline)


if __name__ == "__main__":
    try:
        main()
    except (ValueError, OSError) as error:
        raise SystemExit(f"error: {error}") from error
