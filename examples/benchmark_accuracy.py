# Copyright 2026 The amsdff_hf authors. Licensed under the Apache License, Version 2.0.
"""Does a head make fewer errors than the plain one? Data sets x heads x seeds, all trained alike.

A suite is a JSON file that names data sets and, for each, options of `run_classification.py` that say where its three
splits are, such as `{"news": {"train_file": "train.csv", "validation_file": "dev.csv", "test_file": "test.csv"}}`.
Every head gets the same tokens, epochs and schedule, and the same learning rates to choose from by its accuracy on the
validation split, with the first seed; the test split chooses nothing. Heads named `-windows` alone read on where the
others are cut, as far as `--whole_length`. Each run is one line in `runs.jsonl` of the output folder; what
stands there is not run again. Then come the tables and pictures of `accuracy_report.py`.

    python examples/benchmark_accuracy.py suite.json --model_name_or_path distilbert-base-uncased \
        --freeze_backbone --heads linear-mean amsdff paper --seeds 1 2 3 4 5 --output_dir runs/frozen
"""

import argparse
import json
import logging
import tempfile
import time
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import torch
from accuracy_report import report
from accuracy_runs import Run, check_comparable, is_same, plan, settings_of
from benchmarked_heads import HEADS
from datasets import Dataset, disable_progress_bars
from transformers import (
    AutoModelForSequenceClassification,
    AutoTokenizer,
    DataCollatorWithPadding,
    PreTrainedModel,
    PreTrainedTokenizerBase,
    PrinterCallback,
    Trainer,
    TrainingArguments,
    set_seed,
)
from transformers.utils import logging as transformers_logging

from amsdff_hf.data import (
    LABELS,
    DataTrainingArguments,
    StatesCollator,
    cache_states,
    label_splits,
    read_splits,
    tokenize_splits,
    usable_length,
)
from amsdff_hf.training import (
    RDropTrainer,
    RecipeArguments,
    WeightAveraging,
    build_optimizer,
    classification_metrics,
    freeze_backbone,
    to_probabilities,
)


ROLES = ("train", "validation", "test")


def parse_arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__.split("\n")[0], formatter_class=argparse.ArgumentDefaultsHelpFormatter
    )
    parser.add_argument("suite", help="JSON file that says where each data set is")
    parser.add_argument("--model_name_or_path", required=True, help="backbone")
    parser.add_argument("--output_dir", required=True, help="folder of runs.jsonl, tables and pictures")
    parser.add_argument("--data", nargs="+", help="data sets of the suite; default: all")
    parser.add_argument("--heads", nargs="+", choices=["plain", *HEADS], default=["plain", "amsdff"])
    parser.add_argument("--seeds", nargs="+", type=int, default=[1, 2, 3, 4, 5])
    parser.add_argument("--train_sizes", nargs="+", type=int, help="first so many training texts; default: all")
    parser.add_argument("--freeze_backbone", action="store_true", help="train the heads alone, on kept states")
    parser.add_argument("--epochs", type=float, default=5)
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
    parser.add_argument("--baseline", help="head to compare with; default: the best linear one, or plain")
    arguments = parser.parse_args()
    if arguments.freeze_backbone and "plain" in arguments.heads:
        parser.error("--freeze_backbone compares heads on kept states: take linear-first in the place of plain.")
    if arguments.freeze_backbone and "amsdff-differential" in arguments.heads:
        parser.error("--freeze_backbone leaves differential attention untrained: take amsdff-differential out.")
    if arguments.whole_length is None and any(head.endswith("-windows") for head in arguments.heads):
        parser.error("heads named -windows read more than one window: say by --whole_length how many tokens.")
    frozen = arguments.freeze_backbone
    arguments.learning_rates = arguments.learning_rates or ([3e-4, 1e-3, 3e-3, 1e-2] if frozen else [5e-5, 2e-4])
    arguments.head_learning_rate = arguments.head_learning_rate or (None if frozen else 1e-3)
    unknown = set(json.loads(arguments.recipe)) - {one.name for one in fields(RecipeArguments)}
    if unknown:
        parser.error(f"--recipe does not know {', '.join(sorted(unknown))}.")
    for architecture in {"plain" if head == "plain" else "amsdff" for head in arguments.heads}:
        RecipeArguments(**json.loads(arguments.recipe)).check(TrainingArguments("unused"), architecture, frozen)
    suite = json.loads(Path(arguments.suite).read_text(encoding="utf-8"))
    missing = set(arguments.data or suite) - set(suite)
    if missing:
        parser.error(
            f"--data: {', '.join(sorted(missing))} is not in {arguments.suite}, which has {', '.join(suite)}."
        )
    arguments.suite = {name: suite[name] for name in arguments.data or suite}
    return arguments


class Benchmark:
    """All that the runs on one data set share: tokenized splits, labels and, of a frozen backbone, its states."""

    def __init__(self, name: str, options: dict[str, Any], arguments: argparse.Namespace):
        self.name, self.arguments = name, arguments
        self.tokenizer: PreTrainedTokenizerBase = AutoTokenizer.from_pretrained(arguments.model_name_or_path)
        # The recurrent baselines read from the first token on.
        self.tokenizer.padding_side = "right"
        data_args = DataTrainingArguments(**options)
        self.data_args, self.tokenized = data_args, {}
        # Test data that stood in for validation data would choose the learning rate.
        splits = read_splits(data_args, ROLES, test_may_validate=False)
        self.labelled, space = label_splits(splits, data_args, None)
        if space.problem_type != "single_label_classification":
            raise SystemExit(f"error: {name} is {space.problem_type}; accuracy compares single labels only.")
        self.labels, self.window = space.names, data_args.max_seq_length or 128

    def build(self, head: str) -> PreTrainedModel:
        """Put a fresh head on the backbone."""
        name = self.arguments.model_name_or_path
        if head == "plain":
            labels = dict(enumerate(self.labels))
            model = AutoModelForSequenceClassification.from_pretrained(name, num_labels=len(labels), id2label=labels)
            # Or the Trainer would not divide the loss by the accumulation steps.
            model.accepts_loss_kwargs = False
            return model
        further = RecipeArguments(**json.loads(self.arguments.recipe)).config_fields()
        if head.endswith("-windows"):
            further |= {"long_text": "window", "window_length": self.window, "window_overlap": self.window // 4}
        return HEADS[head](name, labels=self.labels, problem_type="single_label_classification", **further)

    def splits(self, model: PreTrainedModel) -> dict[str, Dataset]:
        """Return the texts as a model reads them: cut at one window, or several windows of them."""
        reads_windows = getattr(model.config, "long_text", None) == "window"
        if reads_windows not in self.tokenized:
            is_pair = self.data_args.text_pair_column_name is not None
            wanted = self.arguments.whole_length if reads_windows else self.window
            length = usable_length(wanted, self.tokenizer, model, is_pair)
            tokenized = tokenize_splits(self.labelled, self.tokenizer, length, self.data_args)
            told = [f"{role} {len(one.dataset):,} ({one.truncated_share:.0%} cut)" for role, one in tokenized.items()]
            print(f"\n{self.name}: {len(self.labels)} labels, {length} tokens, {', '.join(told)}", flush=True)
            self.tokenized[reads_windows] = {role: one.dataset for role, one in tokenized.items()}
        return dict(self.tokenized[reads_windows])

    def rows(self, model: PreTrainedModel, training: TrainingArguments, size: int | None) -> dict[str, Dataset]:
        """Return what the Trainer reads: texts, or the states of a frozen backbone."""
        rows = self.splits(model)
        if self.arguments.freeze_backbone:
            folder = self.arguments.states_folder
            rows = {role: cache_states(split, model, training, folder) for role, split in rows.items()}
        if size is not None:
            if size >= len(rows["train"]):
                raise SystemExit(
                    f"error: --train_sizes {size}: {self.name} has {len(rows['train'])} training texts; a run without "
                    "the option takes them all."
                )
            rows["train"] = rows["train"].select(range(size))
        return rows

    def run(self, head: str, seed: int, learning_rate: float, size: int | None) -> Run:
        """Train one head and measure it on the validation and the test split."""
        arguments, recipe = self.arguments, RecipeArguments(**json.loads(self.arguments.recipe))
        set_seed(seed)
        model = self.build(head)
        with tempfile.TemporaryDirectory() as folder:
            training = TrainingArguments(
                folder,
                seed=seed,
                learning_rate=learning_rate,
                num_train_epochs=arguments.epochs,
                per_device_train_batch_size=arguments.batch_size,
                per_device_eval_batch_size=64,
                weight_decay=0.01,
                warmup_steps=0.1,
                bf16=arguments.bf16,
                use_cpu=not torch.cuda.is_available(),
                train_sampling_strategy="group_by_length",
                save_strategy="no",
                report_to="none",
                disable_tqdm=True,
                logging_strategy="no",
            )
            training.dataloader_pin_memory &= training.device.type != "cpu"
            rows = self.rows(model, training, size)
            if arguments.freeze_backbone:
                freeze_backbone(model)
            trainer = self.trainer(model, training, rows, recipe)
            start = time.perf_counter()
            trainer.train()
            seconds = time.perf_counter() - start
            found = {role: self.measure(trainer, rows[role]) for role in ROLES[1:]}
        trained = sum(p.numel() for p in model.parameters() if p.requires_grad)
        sizes = {"train_texts": len(rows["train"]), "parameters": trained}
        return {"seconds": round(seconds, 1), **sizes, **found}

    def trainer(
        self, model: PreTrainedModel, training: TrainingArguments, rows: dict[str, Dataset], recipe: RecipeArguments
    ) -> Trainer:
        """Build the Trainer with the recipe."""
        collator = DataCollatorWithPadding(self.tokenizer)
        is_frozen, head_rate = self.arguments.freeze_backbone, self.arguments.head_learning_rate
        optimizer = build_optimizer(model, training, head_rate, layer_decay=recipe.layer_decay)
        trainer = RDropTrainer(
            model,
            training,
            train_dataset=rows["train"],
            data_collator=StatesCollator(model, collator) if is_frozen else collator,
            callbacks=[WeightAveraging(recipe.average_weights)] if recipe.average_weights else [],
            optimizers=(optimizer, None),
        )
        trainer.remove_callback(PrinterCallback)
        trainer.r_drop_weight = recipe.r_drop_weight
        return trainer

    def measure(self, trainer: Trainer, split: Dataset) -> Run:
        """Return accuracy, macro-F1, loss, calibration error, and which texts were right, as hexadecimal digits."""
        # With `group_by_length` the predictions would come back in another order.
        trainer.args.train_sampling_strategy = "random"
        logits, labels = trainer.predict(split).predictions, np.array(split[LABELS])
        probabilities = to_probabilities(logits, "single_label_classification")
        scores = classification_metrics(probabilities, labels)
        nll = -np.log(np.clip(probabilities[np.arange(len(labels)), labels], 1e-12, None)).mean()
        scores = {name: round(float(value), 5) for name, value in {**scores, "nll": nll}.items()}
        is_right = probabilities.argmax(axis=1) == labels
        return {**scores, "texts": len(labels), "right": np.packbits(is_right).tobytes().hex()}


def run_missing(arguments: argparse.Namespace, file: Path) -> None:
    """Do the runs that are not in the file yet, and write each to it."""
    known = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()] if file.exists() else []
    check_comparable(
        known + [settings_of(arguments, name, each, None) for name, each in arguments.suite.items()], file
    )
    for name, options in arguments.suite.items():
        benchmark = None
        for size in arguments.train_sizes or [None]:
            for wanted in plan(arguments, known, settings_of(arguments, name, options, size)):
                if any(is_same(run, wanted) for run in known):
                    continue
                benchmark = benchmark or Benchmark(name, options, arguments)
                head, seed, rate = wanted["head"], wanted["seed"], wanted["learning_rate"]
                found = benchmark.run(head, seed, rate, size)
                known.append({**wanted, **found})
                with file.open("a", encoding="utf-8") as lines:
                    lines.write(json.dumps(known[-1]) + "\n")
                accuracy = ", ".join(f"{role} {found[role]['accuracy']:.4f}" for role in ROLES[1:])
                print(f"{name} {head:<20} seed {seed} rate {rate:g}: {accuracy}, {found['seconds']} s", flush=True)


def main() -> None:
    """Do the runs that are missing, and report all."""
    try:
        arguments = parse_arguments()
    except ValueError as error:
        raise SystemExit(f"error: {error}") from error
    output = Path(arguments.output_dir)
    output.mkdir(parents=True, exist_ok=True)
    # A line for each run is enough.
    transformers_logging.set_verbosity_error()
    transformers_logging.disable_progress_bar()
    logging.getLogger("amsdff_hf").setLevel(logging.ERROR)
    disable_progress_bars()
    run_missing(arguments, output / "runs.jsonl")
    report(output, baseline=arguments.baseline)


if __name__ == "__main__":
    main()
