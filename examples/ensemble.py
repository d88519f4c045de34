# Copyright 2026 The amsdff_hf authors. Licensed under the Apache License, Version 2.0.
r"""Let trained classifiers vote, and let each of them read changed copies of every text too.

    python examples/ensemble.py runs/mine/seed-1 runs/mine/seed-2 runs/mine/seed-3 --test_file test.csv \
        --num_copies 4 --output_dir runs/ensemble

Soft voting: the probabilities of the models are averaged. Test-time augmentation: so are those of the copies. Several
labels per text are decided by the mean of the thresholds that the models keep.
"""

import argparse
import json
import random
import sys
from pathlib import Path

import numpy as np
import torch
from datasets import Dataset
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from amsdff_hf.data import (
    LABELS,
    OPERATIONS,
    ROW,
    TEXT,
    TEXT_PAIR,
    LabelSpace,
    TextAugmenter,
    add_test_file_options,
    find_synonyms,
    label_space_of,
    parsed_test_file,
    read_test_rows,
)
from amsdff_hf.inference import score_columns
from amsdff_hf.training import (
    ModelArguments,
    check_kind_of_texts,
    format_table,
    label_metrics,
    load_tokenizer,
    load_trained,
    write_reports,
)


METRICS = ["accuracy", "macro_f1", "roc_auc", "calibration_error", "mae", "pearson"]


def parse_arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__.split("\n")[0], formatter_class=argparse.ArgumentDefaultsHelpFormatter
    )
    parser.add_argument("models", nargs="+", help="folders or names on the Hub of trained classifiers")
    add_test_file_options(parser)
    parser.add_argument("--output_dir", required=True)
    parser.add_argument("--num_copies", type=int, default=0, help="changed copies of each text that are read too")
    parser.add_argument("--augment_alpha", type=float, default=0.1, help="share of the words that are changed in one")
    parser.add_argument("--augment_operations", nargs="+", choices=list(OPERATIONS), default=list(OPERATIONS))
    parser.add_argument("--max_seq_length", type=int, help="cut texts here; if not given, where the tokenizer says")
    parser.add_argument("--seed", type=int, default=0, help="of the copies")
    arguments = parser.parse_args()
    if len(set(arguments.models)) < len(arguments.models):
        raise ValueError(f"Each model votes once, but some are named twice: {arguments.models}.")
    if arguments.num_copies < 0:
        raise ValueError(f"--num_copies must be at least 0, got {arguments.num_copies}.")
    return arguments


def load_models(arguments: argparse.Namespace) -> tuple[dict[str, PreTrainedModel], LabelSpace]:
    """Load the models and make sure that they predict the same."""
    models, space = {}, None
    for name in arguments.models:
        model = load_trained(ModelArguments(name)).eval()
        check_kind_of_texts(model.config, arguments.text_pair_column_name is not None)
        own = label_space_of(model.config)
        space = own if space is None else space
        if own != space:
            raise ValueError(
                f"{name} predicts {own.problem_type} of {list(own.names)}, but {arguments.models[0]} "
                f"{space.problem_type} of {list(space.names)}: models that vote need the same labels in one order."
            )
        models[name] = model
    return models, space


def read_copies(
    rows: Dataset, model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, arguments: argparse.Namespace
) -> list[list[list[str]]]:
    """Return the columns of texts as they are, and so many changed copies of them."""
    columns = [list(rows[name]) for name in (TEXT, TEXT_PAIR) if name in rows.column_names]
    if not arguments.num_copies:
        return [columns]
    operations = tuple(arguments.augment_operations)
    augmenter = TextAugmenter(find_synonyms(model, tokenizer), 1.0, arguments.augment_alpha, operations)
    rng = random.Random(arguments.seed)
    print(f"similar words from {augmenter.synonyms.name}", file=sys.stderr)
    copies = [[[augmenter(text, rng) for text in column] for column in columns] for _ in range(arguments.num_copies)]
    return [columns, *copies]


def vote(
    models: dict[str, PreTrainedModel], space: LabelSpace, rows: Dataset, arguments: argparse.Namespace
) -> dict[str, np.ndarray]:
    """Return the probabilities of each model, of their vote, and of both with the copies."""
    device = "cuda" if torch.cuda.is_available() else "cpu"
    plain, augmented = {}, {}
    for name, model in models.items():
        tokenizer = load_tokenizer(ModelArguments(name))
        each = [
            score_columns(columns, model.to(device), tokenizer, max_length=arguments.max_seq_length, progress=True)
            for columns in read_copies(rows, model, tokenizer, arguments)
        ]
        plain[name], augmented[f"{name} + copies"] = each[0], np.mean(each, axis=0)
        print(f"{name}: done", file=sys.stderr, flush=True)
    voters = {"ensemble": plain, "ensemble + copies": augmented}
    ensembles = {name: np.mean(list(each.values()), axis=0) for name, each in voters.items()}
    if not arguments.num_copies:
        return {**plain, "ensemble": ensembles["ensemble"]}
    return {**plain, **augmented, **ensembles}


def main() -> None:
    """Predict, print the tables, and write metrics and the predictions of the vote."""
    arguments = parse_arguments()
    models, space = load_models(arguments)
    rows = read_test_rows(parsed_test_file(arguments), space, needs_labels=True)
    labels, folder = np.array(rows[LABELS]), Path(arguments.output_dir)
    probabilities = vote(models, space, rows, arguments)
    stored = [getattr(model.config, "thresholds", None) or [0.5] * len(space.names) for model in models.values()]
    thresholds = list(np.mean(stored, axis=0)) if space.problem_type == "multi_label_classification" else None
    metrics = {
        name: label_metrics(found, labels, space.problem_type, thresholds) for name, found in probabilities.items()
    }
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "ensemble.json").write_text(json.dumps(metrics, indent=2), encoding="utf-8")
    last, found = list(probabilities.items())[-1]
    table = write_reports(
        str(folder), "ensemble", found, labels, rows[TEXT], rows[ROW], space.names, space.problem_type, thresholds
    )
    columns = [name for name in METRICS if all(name in scores for scores in metrics.values())]
    lines = [[name, *(scores[column] for column in columns)] for name, scores in metrics.items()]
    print(f"\n{last}, label by label:\n{table}\n\n{format_table(lines, header=['model', *columns])}")
    print(f"\nIn {folder}: {', '.join(sorted(path.name for path in folder.iterdir()))}")


if __name__ == "__main__":
    try:
        main()
    except (ValueError, OSError) as error:
        sys.exit(f"error: {error}")
