# Copyright 2026 The amsdff_hf authors. Licensed under the Apache License, Version 2.0.
r"""Train AMCCL on texts with audio and vision features, with some of the modalities left out, over several seeds.

    python examples/run_multimodal.py --model_name_or_path bert-base-uncased --mmsa_file unaligned_50.pkl \
        --output_dir runs/mosi
    python examples/run_multimodal.py --model_name_or_path bert-base-uncased --train_file train.parquet \
        --test_file test.parquet --output_dir runs/mine

Parquet files have the columns `text`, `label` and any of `audio` and `vision`: a list of vectors per text, one vector,
or nothing where it is missing. Labels that are floats are predicted as numbers, all others as classes, in the order in
which a data set publishes them.
"""

import argparse
import json
import sys
from pathlib import Path

import numpy as np
from datasets import Dataset
from multimodal_data import LABEL_RANGES, check_sequences, read_data
from transformers import AutoTokenizer, EvalPrediction, Trainer, TrainingArguments, set_seed

from amsdff_hf import AmcclFeatureExtractor, AmcclForSequenceClassification, AmcclProcessor
from amsdff_hf.data import LABELS, LabelSpace, MultimodalCollator
from amsdff_hf.training import (
    SENTIMENT_METRICS,
    build_optimizer,
    format_table,
    label_metrics,
    remove_checkpoints,
    to_probabilities,
)


COMBINATIONS = {"text": (), "text+audio": ("audio",), "text+vision": ("vision",), "all": ("audio", "vision")}
SHOWN = ["accuracy", "macro_f1", "accuracy_2_non0", "f1_non0", "accuracy_7", "accuracy_2", "f1", "mae", "corr"]


def parse_arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__.split("\n")[0], formatter_class=argparse.ArgumentDefaultsHelpFormatter
    )
    parser.add_argument("--model_name_or_path", required=True, help="backbone for the texts")
    parser.add_argument("--mmsa_file", help="pickle in the format of MMSA; converted to parquet in --output_dir")
    parser.add_argument("--train_file", help="parquet, as are the next two")
    parser.add_argument("--validation_file", help="chooses the best epoch; without it, the last one counts")
    parser.add_argument("--test_file")
    parser.add_argument("--text_column", help="column of the texts", default="text")
    parser.add_argument("--audio_column", help="column of the audio features", default="audio")
    parser.add_argument("--vision_column", help="column of the vision features", default="vision")
    parser.add_argument("--label_column", help="column of the labels", default="label")
    parser.add_argument("--output_dir", required=True)
    parser.add_argument("--do_regression", action="store_true", help="whole numbers are numbers and no classes")
    parser.add_argument("--num_classes", type=int, choices=[2, 3], help="make classes of labels that are numbers")
    parser.add_argument(
        "--combinations", nargs="+", choices=list(COMBINATIONS), help="if not given, all that there is data for"
    )
    parser.add_argument("--contrastive_weights", help="weights to compare", nargs="+", type=float, default=[0.0, 0.01])
    parser.add_argument("--contrastive_form", choices=["published", "infonce"], default="published")
    parser.add_argument("--text_pooling", choices=["cls", "mean", "last"], default="cls")
    parser.add_argument("--metrics", choices=list(SENTIMENT_METRICS), default="mosi", help="where labels are numbers")
    parser.add_argument("--seeds", help="one run each", nargs="+", type=int, default=[1, 2, 3])
    parser.add_argument("--num_train_epochs", type=float, default=10)
    parser.add_argument("--batch_size", type=int, default=64)
    parser.add_argument("--text_learning_rate", type=float, default=5e-5)
    parser.add_argument("--audio_learning_rate", type=float, default=1e-3)
    parser.add_argument("--vision_learning_rate", type=float, default=5e-4)
    parser.add_argument("--head_learning_rate", type=float, default=5e-4)
    parser.add_argument("--max_seq_length", type=int, default=50)
    parser.add_argument("--replace_non_finite", action="store_true", help="put the mean where features are NaN or inf")
    parser.add_argument("--save_models", action="store_true", help="keep the model of every run")
    arguments = parser.parse_args()
    if (arguments.mmsa_file is None) == (arguments.train_file is None or arguments.test_file is None):
        raise ValueError("Pass either --mmsa_file, or --train_file and --test_file.")
    return arguments


def build_processor(train: Dataset, modalities: tuple[str, ...], arguments: argparse.Namespace) -> AmcclProcessor:
    """Build tokenizer and feature extractor, the latter with means and deviations of the training data."""
    rows = {name: [row[name] for row in train.select_columns(name)] for name in modalities}
    sizes = {f"{name}_size": next(row for row in rows[name] if row is not None).shape[-1] for name in modalities}
    extractor = AmcclFeatureExtractor(**sizes, replace_non_finite=arguments.replace_non_finite).fit(**rows)
    return AmcclProcessor(extractor, AutoTokenizer.from_pretrained(arguments.model_name_or_path))


def build_model(
    processor: AmcclProcessor, space: LabelSpace, weight: float, arguments: argparse.Namespace
) -> AmcclForSequenceClassification:
    """Put a fresh head on the backbone, for numbers or for classes."""
    extractor = processor.feature_extractor
    fields = {"labels": list(space.names), "problem_type": space.problem_type, "loss_weights": (1, 0, 0)}
    return AmcclForSequenceClassification.from_backbone(
        arguments.model_name_or_path,
        audio_size=extractor.audio_size,
        vision_size=extractor.vision_size,
        contrastive_weight=weight,
        contrastive_form=arguments.contrastive_form,
        text_pooling=arguments.text_pooling,
        label_range=LABEL_RANGES[arguments.metrics],
        **fields,
    )


def run(
    splits: dict[str, Dataset],
    space: LabelSpace,
    processor: AmcclProcessor,
    combination: str,
    weight: float,
    seed: int,
    arguments: argparse.Namespace,
) -> dict[str, float]:
    """Train once and return the metrics of the test data."""
    set_seed(seed)
    model = build_model(processor, space, weight, arguments)
    chooses, is_regression = "validation" in splits, space.problem_type == "regression"
    folder = Path(arguments.output_dir) / f"{combination}-{weight:g}-{seed}"
    training = TrainingArguments(
        output_dir=str(folder),
        num_train_epochs=arguments.num_train_epochs,
        per_device_train_batch_size=arguments.batch_size,
        per_device_eval_batch_size=arguments.batch_size,
        learning_rate=arguments.text_learning_rate,
        weight_decay=0.01,
        lr_scheduler_type="cosine",
        warmup_steps=0.1,
        eval_strategy="epoch" if chooses else "no",
        save_strategy="best" if chooses else "no",
        save_total_limit=1,
        save_only_model=True,
        load_best_model_at_end=chooses,
        metric_for_best_model="mae" if is_regression else "macro_f1",
        greater_is_better=not is_regression,
        remove_unused_columns=False,
        report_to="none",
        seed=seed,
        dataloader_pin_memory=False,
    )
    # The encoders alone, as in the source; what follows them learns as the rest of the head does.
    part_rates = {
        f"classifier.trunk.others.{name}.layers": getattr(arguments, f"{name}_learning_rate")
        for name in COMBINATIONS[combination]
    }
    trainer = Trainer(
        model,
        training,
        train_dataset=splits["train"],
        eval_dataset=splits.get("validation"),
        data_collator=MultimodalCollator(processor, arguments.max_seq_length),
        compute_metrics=lambda prediction: score(prediction, space, arguments.metrics),
        optimizers=(build_optimizer(model, training, arguments.head_learning_rate, None, part_rates), None),
    )
    trainer.train()
    remove_checkpoints(str(folder))
    if not arguments.save_models:
        folder.rmdir()
    else:
        model.save_pretrained(folder)
        processor.save_pretrained(folder)
    output = trainer.predict(splits["test"], metric_key_prefix="test").metrics
    return {name.removeprefix("test_"): value for name, value in output.items()}


def score(prediction: EvalPrediction, space: LabelSpace, metrics: str) -> dict[str, float]:
    """Metrics of numbers, by the customs of the data set, or of classes."""
    if space.problem_type == "regression":
        return SENTIMENT_METRICS[metrics](prediction.predictions, prediction.label_ids)
    probabilities = to_probabilities(prediction.predictions, space.problem_type)
    return label_metrics(probabilities, prediction.label_ids, space.problem_type)


def choose_combinations(splits: dict[str, Dataset], wanted: list[str] | None) -> list[str]:
    """Return the combinations that are wanted, or else all that every split has the modalities for."""
    there = set.intersection(*(set(split.column_names) for split in splits.values()))
    possible = [name for name, modalities in COMBINATIONS.items() if set(modalities) <= there]
    missing = [name for name in wanted or COMBINATIONS if name not in possible]
    said = (
        f"{', '.join(missing)}: columns of audio or vision are not in every split (there are "
        f"{', '.join(sorted(there))}); --audio_column and --vision_column say how they are called."
    )
    if wanted and missing:
        raise ValueError(f"--combinations needs other data. {said}")
    if missing:
        print(f"Left out: {said}", file=sys.stderr)
    return wanted or possible


def main() -> None:
    """Run every combination with every contrastive weight and seed, and print mean and standard deviation."""
    arguments = parse_arguments()
    splits, space = read_data(arguments)
    combinations = choose_combinations(splits, arguments.combinations)
    for name in {name for combination in combinations for name in COMBINATIONS[combination]}:
        check_sequences(splits, name, arguments.replace_non_finite)
    results: dict[str, list[dict[str, float]]] = {}
    for combination in combinations:
        modalities = COMBINATIONS[combination]
        processor = build_processor(splits["train"], modalities, arguments)
        own = {role: split.select_columns([LABELS, "text", *modalities]) for role, split in splits.items()}
        for weight in arguments.contrastive_weights:
            name = f"{combination}, contrastive {weight:g}"
            for seed in arguments.seeds:
                scores = run(own, space, processor, combination, weight, seed, arguments)
                results.setdefault(name, []).append(scores)
                print(f"{name}, seed {seed}: done", file=sys.stderr, flush=True)
    shown = [metric for metric in SHOWN if all(metric in row for rows in results.values() for row in rows)]
    lines = []
    for name, rows in results.items():
        cells = [[row[metric] for row in rows] for metric in shown]
        spread = [f" ({np.std(cell, ddof=1):.4f})" if len(cell) > 1 else "" for cell in cells]
        lines.append([name, *(f"{np.mean(cell):.4f}{sd}" for cell, sd in zip(cells, spread, strict=True))])
    folder = Path(arguments.output_dir)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "results.json").write_text(json.dumps(results, indent=2), encoding="utf-8")
    several = len(arguments.seeds) > 1
    seeds = f"{len(arguments.seeds)} seeds, mean (standard deviation)" if several else f"seed {arguments.seeds[0]}"
    print(f"\n{format_table(lines, header=[seeds, *shown])}\n\nIn {folder}: results.json")


if __name__ == "__main__":
    try:
        main()
    except (ValueError, OSError) as error:
        sys.exit(f"error: {error}")
