# Copyright 2026 The amsdff_hf authors. Licensed under the Apache License, Version 2.0.
r"""Train AMCCL on texts with audio and vision features, with some of the modalities left out, over several seeds.

    python examples/run_multimodal.py --model_name_or_path bert-base-uncased --mmsa_file unaligned_50.pkl \
        --output_dir runs/mosi
    python examples/run_multimodal.py --model_name_or_path bert-base-uncased --train_file train.parquet \
        --test_file test.parquet --output_dir runs/mine

Parquet files have the columns `text`, `label` and any of `audio` and `vision`: a list of vectors per text, one vector,
or nothing where it is missing. Labels that are floats are predicted as numbers, all others as classes.
"""

import argparse
import json
import sys
from pathlib import Path

import numpy as np
from datasets import Dataset, List
from transformers import AutoTokenizer, EvalPrediction, Trainer, TrainingArguments, set_seed

from amsdff_hf import AmcclFeatureExtractor, AmcclForSequenceClassification, AmcclProcessor
from amsdff_hf.data import MultimodalCollator, convert_mmsa, load_file
from amsdff_hf.training import SENTIMENT_METRICS, build_optimizer, format_table, label_metrics, to_probabilities


COMBINATIONS = {"text": (), "text+audio": ("audio",), "text+vision": ("vision",), "all": ("audio", "vision")}
SHOWN = ["accuracy", "macro_f1", "accuracy_2_non0", "f1_non0", "accuracy_7", "accuracy_2", "f1", "mae", "corr"]
LABEL_RANGES = {"mosi": 3.0, "mosei": 3.0, "sims": 1.0}


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
    parser.add_argument("--text_column", default="text")
    parser.add_argument("--audio_column", default="audio")
    parser.add_argument("--vision_column", default="vision")
    parser.add_argument("--label_column", default="label")
    parser.add_argument("--output_dir", required=True)
    parser.add_argument("--combinations", nargs="+", choices=list(COMBINATIONS), default=list(COMBINATIONS))
    parser.add_argument("--contrastive_weights", nargs="+", type=float, default=[0.0, 0.01])
    parser.add_argument("--contrastive_form", choices=["published", "infonce"], default="published")
    parser.add_argument("--text_pooling", choices=["cls", "mean", "last"], default="cls")
    parser.add_argument("--metrics", choices=list(SENTIMENT_METRICS), default="mosi", help="where labels are numbers")
    parser.add_argument("--seeds", nargs="+", type=int, default=[1, 2, 3])
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


def read_data(arguments: argparse.Namespace) -> dict[str, Dataset]:
    """Read the splits, with columns called `text`, `audio`, `vision` and `label`."""
    if arguments.mmsa_file is not None:
        files = convert_mmsa(arguments.mmsa_file, Path(arguments.output_dir) / "data")
        return {role: load_file(str(path)) for role, path in files.items()}
    files = {role: getattr(arguments, f"{role}_file") for role in ("train", "validation", "test")}
    names = {getattr(arguments, f"{name}_column"): name for name in ("text", "audio", "vision", "label")}
    splits = {}
    for role, path in files.items():
        if path is not None:
            split = load_file(path)
            needed = {arguments.text_column, arguments.label_column} - set(split.column_names)
            if needed:
                raise ValueError(f"{path} has no column {', '.join(sorted(needed))}; it has {split.column_names}.")
            kept = split.select_columns([name for name in names if name in split.column_names])
            splits[role] = kept.rename_columns({name: new for name, new in names.items() if name in kept.column_names})
    return splits


def as_sequences(split: Dataset) -> Dataset:
    """Make a sequence of length 1 of columns that hold one vector per text."""
    flat = [
        name
        for name in ("audio", "vision")
        if name in split.column_names and not isinstance(split.features[name].feature, List)
    ]
    return split.map(lambda row: {name: row[name] and [row[name]] for name in flat}) if flat else split


def encode_labels(splits: dict[str, Dataset]) -> tuple[dict[str, Dataset], list[str] | None]:
    """Turn labels into ids by their names, sorted; floats stay, and the names are `None`."""
    kinds = splits["train"].features["label"].dtype
    if kinds.startswith("float"):
        return splits, None
    names = sorted({str(label) for label in splits["train"]["label"]})
    for role, split in splits.items():
        unknown = {str(label) for label in split["label"]} - set(names)
        if unknown:
            raise ValueError(f"The {role} data has labels that training never saw: {sorted(unknown)}.")
        ids = [names.index(str(label)) for label in split["label"]]
        splits[role] = split.remove_columns("label").add_column("label", ids)
    return splits, names


def build_processor(train: Dataset, modalities: tuple[str, ...], arguments: argparse.Namespace) -> AmcclProcessor:
    """Build tokenizer and feature extractor, the latter with means and deviations of the training data."""
    rows = {name: list(train[name]) for name in modalities}
    sizes = {f"{name}_size": len(next(row for row in rows[name] if row)[0]) for name in modalities}
    extractor = AmcclFeatureExtractor(**sizes, replace_non_finite=arguments.replace_non_finite).fit(**rows)
    return AmcclProcessor(extractor, AutoTokenizer.from_pretrained(arguments.model_name_or_path))


def build_model(
    processor: AmcclProcessor, names: list[str] | None, weight: float, arguments: argparse.Namespace
) -> AmcclForSequenceClassification:
    """Put a fresh head on the backbone, for numbers or for classes."""
    extractor = processor.feature_extractor
    fields = {"labels": names, "loss_weights": (1, 0, 0)} if names else {"num_labels": 1, "problem_type": "regression"}
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
    splits: dict[str, Dataset], names: list[str] | None, combination: str, weight: float, seed: int, arguments
) -> dict[str, float]:
    """Train once and return the metrics of the test data."""
    set_seed(seed)
    modalities = COMBINATIONS[combination]
    columns = ["text", "label", *modalities]
    splits = {role: split.select_columns(columns) for role, split in splits.items()}
    processor = build_processor(splits["train"], modalities, arguments)
    model = build_model(processor, names, weight, arguments)
    chooses = "validation" in splits
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
        load_best_model_at_end=chooses,
        metric_for_best_model="mae" if names is None else "macro_f1",
        greater_is_better=names is not None,
        remove_unused_columns=False,
        report_to="none",
        seed=seed,
        dataloader_pin_memory=False,
    )
    part_rates = {
        f"classifier.trunk.others.{name}": getattr(arguments, f"{name}_learning_rate") for name in modalities
    }
    trainer = Trainer(
        model,
        training,
        train_dataset=splits["train"],
        eval_dataset=splits.get("validation"),
        data_collator=MultimodalCollator(processor, arguments.max_seq_length),
        compute_metrics=lambda prediction: score(prediction, names, arguments.metrics),
        optimizers=(build_optimizer(model, training, arguments.head_learning_rate, None, part_rates), None),
    )
    trainer.train()
    if arguments.save_models:
        model.save_pretrained(folder)
        processor.save_pretrained(folder)
    output = trainer.predict(splits["test"], metric_key_prefix="test").metrics
    return {name.removeprefix("test_"): value for name, value in output.items()}


def score(prediction: EvalPrediction, names: list[str] | None, metrics: str) -> dict[str, float]:
    """Metrics of numbers, by the customs of the data set, or of classes."""
    if names is None:
        return SENTIMENT_METRICS[metrics](prediction.predictions, prediction.label_ids)
    problem_type = "single_label_classification"
    return label_metrics(to_probabilities(prediction.predictions, problem_type), prediction.label_ids, problem_type)


def main() -> None:
    """Run every combination with every contrastive weight and seed, and print mean and standard deviation."""
    arguments = parse_arguments()
    splits, names = encode_labels({role: as_sequences(split) for role, split in read_data(arguments).items()})
    there = set(splits["train"].column_names)
    results: dict[str, list[dict[str, float]]] = {}
    for combination in [name for name in arguments.combinations if set(COMBINATIONS[name]) <= there]:
        for weight in arguments.contrastive_weights:
            name = f"{combination}, contrastive {weight:g}"
            for seed in arguments.seeds:
                results.setdefault(name, []).append(run(splits, names, combination, weight, seed, arguments))
                print(f"{name}, seed {seed}: done", file=sys.stderr, flush=True)
    shown = [metric for metric in SHOWN if all(metric in row for rows in results.values() for row in rows)]
    lines = []
    for name, rows in results.items():
        cells = [[row[metric] for row in rows] for metric in shown]
        lines.append([name, *(f"{np.mean(cell):.4f} ({np.std(cell):.4f})" for cell in cells)])
    folder = Path(arguments.output_dir)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "results.json").write_text(json.dumps(results, indent=2), encoding="utf-8")
    seeds = f"{len(arguments.seeds)} seeds, mean (standard deviation)"
    print(f"\n{format_table(lines, header=[seeds, *shown])}\n\nIn {folder}: results.json")


if __name__ == "__main__":
    try:
        main()
    except (ValueError, OSError) as error:
        sys.exit(f"error: {error}")
