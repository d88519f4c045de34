# Copyright 2026 The amsdff_hf authors. Licensed under the Apache License, Version 2.0.
r"""Compare trained classifiers on clean and on spoiled texts: typing errors, lost words, cut texts, letter case.

    python examples/robustness.py runs/plain runs/amsdff runs/pyramid_graph --test_file test.csv \
        --output_dir runs/robustness

All models, of any architecture, read the same texts; of a pair, both are spoiled. Results: a table, printed and as
JSON, and a plot.
"""

import argparse
import json
import sys
from pathlib import Path

import numpy as np
import torch

from amsdff_hf.data import (
    LABELS,
    PERTURBATIONS,
    TEXT,
    TEXT_PAIR,
    add_test_file_options,
    label_space_of,
    parsed_test_file,
    perturb,
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
)


METRICS = ["accuracy", "macro_f1", "roc_auc", "macro_precision"]


def parse_arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__.split("\n")[0], formatter_class=argparse.ArgumentDefaultsHelpFormatter
    )
    parser.add_argument("models", nargs="+", help="folders or names on the Hub of trained classifiers")
    add_test_file_options(parser)
    parser.add_argument("--output_dir", required=True)
    parser.add_argument("--perturbations", nargs="+", choices=list(PERTURBATIONS), default=list(PERTURBATIONS))
    parser.add_argument("--max_seq_length", type=int, help="cut texts here; default: what the tokenizer says")
    parser.add_argument("--seed", type=int, default=0, help="of the perturbations")
    return parser.parse_args()


def compare(arguments: argparse.Namespace) -> dict[str, dict[str, dict[str, float]]]:
    """Score every model on every perturbation; the keys are model, perturbation, metric."""
    device = "cuda" if torch.cuda.is_available() else "cpu"
    models, data, results = {}, {}, {}
    for name in arguments.models:
        models[name] = load_trained(ModelArguments(name)).eval()
        try:
            check_kind_of_texts(models[name].config, arguments.text_pair_column_name is not None)
            space = label_space_of(models[name].config)
            data[name] = read_test_rows(parsed_test_file(arguments), space, needs_labels=True)
        except ValueError as error:
            raise ValueError(f"{name}: {error}") from error
    for name, model in models.items():
        model.to(device)
        tokenizer, problem_type = load_tokenizer(ModelArguments(name)), label_space_of(model.config).problem_type
        rows = data[name]
        labels, results[name] = np.array(rows[LABELS]), {}
        for perturbation in arguments.perturbations:
            columns = [
                perturb(rows[column], perturbation, arguments.seed)
                for column in (TEXT, TEXT_PAIR)
                if column in rows.column_names
            ]
            probabilities = score_columns(
                columns, model, tokenizer, max_length=arguments.max_seq_length, progress=True
            )
            thresholds = getattr(model.config, "thresholds", None)
            results[name][perturbation] = label_metrics(probabilities, labels, problem_type, thresholds)
            print(f"{name}, {perturbation}: done", file=sys.stderr, flush=True)
    return results


def make_table(results: dict[str, dict[str, dict[str, float]]]) -> str:
    """A row for each perturbation and model, a column for each metric."""
    scores = [score for model in results.values() for score in model.values()]
    columns = [metric for metric in METRICS if all(metric in score for score in scores)]
    columns = columns or sorted(scores[0])
    rows = [
        [perturbation, name, *(results[name][perturbation][metric] for metric in columns)]
        for perturbation in next(iter(results.values()))
        for name in results
    ]
    return format_table(rows, header=["texts", "model", *columns])


def save_plot(results: dict[str, dict[str, dict[str, float]]], path: Path) -> None:
    """Draw the first metric over the perturbations, a mark for each model."""
    from matplotlib.figure import Figure

    first = next(iter(next(iter(results.values())).values()))
    metric = next((metric for metric in METRICS if metric in first), min(first))
    figure = Figure(figsize=(8, 4), layout="constrained")
    axes = figure.subplots()
    for marker, (name, scores) in zip("osD^v<>*", results.items()):
        # No lines: one perturbation has nothing to do with the next.
        values = [score[metric] for score in scores.values()]
        axes.plot(list(scores), values, marker=marker, markersize=8, linestyle="none", alpha=0.8, label=name)
    axes.set_ylabel(metric.replace("_", " "))
    axes.tick_params(axis="x", rotation=35)
    axes.grid(axis="y", alpha=0.3)
    axes.legend(fontsize=8)
    figure.savefig(path, dpi=150)


def main() -> None:
    """Compare, print the table, and write table and plot."""
    arguments = parse_arguments()
    results = compare(arguments)
    folder = Path(arguments.output_dir)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "robustness.json").write_text(json.dumps(results, indent=2), encoding="utf-8")
    save_plot(results, folder / "robustness.png")
    print(f"\n{make_table(results)}\n\nIn {folder}: robustness.json, robustness.png")


if __name__ == "__main__":
    try:
        main()
    except (ValueError, OSError) as error:
        sys.exit(f"error: {error}")
