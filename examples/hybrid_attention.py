# Copyright 2026 The amsdff_hf authors. Licensed under the Apache License, Version 2.0.
r"""Fine-tune one backbone with growing shares of differential attention, same seed and budget, and compare.

    python examples/hybrid_attention.py --model_name_or_path aubmindlab/bert-base-arabertv2 \
        --train_file train.csv --test_file test.csv --num_train_epochs 3 --output_dir runs/hybrid

All options of run_classification.py but --seeds work here too. Without any data, SANAD is read from the Hub
(`arbml/SANAD`; --text_column_names and the like say how its columns and splits are called).
Results: a table, printed and as JSON, and a picture of the learned lambdas.
"""

import argparse
import json
import subprocess
import sys
import time
from pathlib import Path

from amsdff_hf import learned_lambdas
from amsdff_hf.training import ModelArguments, format_table, load_trained


SCRIPT = Path(__file__).with_name("run_classification.py")
BACKBONE, DATASET = "aubmindlab/bert-base-arabertv2", "arbml/SANAD"
METRICS = ["accuracy", "macro_f1", "macro_precision", "macro_recall", "roc_auc"]


def parse_arguments() -> tuple[argparse.Namespace, list[str]]:
    """Read the own options; all others go on to run_classification.py."""
    parser = argparse.ArgumentParser(
        description=__doc__.split("\n")[0],
        epilog="All options of run_classification.py but --seeds work here too.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--fractions", nargs="+", type=float, default=[0.0, 0.25, 0.5], help="shares of the layers")
    parser.add_argument("--forms", nargs="+", default=["query_twin"], help="forms of differential attention")
    parser.add_argument("--architecture", default="plain", help="head, as in run_classification.py")
    parser.add_argument("--model_name_or_path", default=BACKBONE)
    parser.add_argument("--output_dir", required=True)
    arguments, others = parser.parse_known_args()
    if any(option.split("=")[0] == "--seeds" for option in others):
        raise ValueError("--seeds is not for this comparison, whose runs share one seed: pass --seed, and repeat.")
    for fraction in arguments.fractions:
        if fraction != 0:
            ModelArguments(BACKBONE, differential_fraction=fraction, differential_form=arguments.forms[0])
    if not any(option.startswith(("--train_file", "--dataset_name")) for option in others):
        others += ["--dataset_name", DATASET]
    return arguments, others


def plan(arguments: argparse.Namespace) -> dict[str, list[str]]:
    """Name the runs and their options: the unchanged backbone once, every other fraction in each form."""
    runs: dict[str, list[str]] = {}
    for fraction in arguments.fractions:
        for form in arguments.forms if fraction else ["ordinary"]:
            options = ["--differential_fraction", str(fraction), "--differential_form", form] if fraction else []
            runs[f"{100 * fraction:g}% {form}"] = options
    return runs


def run(name: str, options: list[str], arguments: argparse.Namespace, others: list[str]) -> dict:
    """Train and evaluate once, in a process of its own, and read its results."""
    folder = Path(arguments.output_dir) / name.replace(" ", "-").replace("%", "")
    command = [sys.executable, str(SCRIPT), "--model_name_or_path", arguments.model_name_or_path]
    command += ["--architecture", arguments.architecture, "--output_dir", str(folder)]
    command += ["--do_train", "--do_predict", "--save_strategy", "no", *options, *others]
    start = time.perf_counter()
    if subprocess.run(command).returncode != 0:
        raise ValueError(f"The run {name!r} failed, for the reason above.")
    results = json.loads((folder / "all_results.json").read_text(encoding="utf-8"))
    return {
        **{metric: results[f"predict_{metric}"] for metric in METRICS if f"predict_{metric}" in results},
        "parameters": results["parameters"],
        "training_seconds": results["train_runtime"],
        "seconds": time.perf_counter() - start,
        "lambdas": learned_lambdas(load_trained(ModelArguments(str(folder)))),
    }


def save_lambda_image(lambdas: dict[str, dict[int, float]], path: Path) -> None:
    """Draw the learned lambda of each layer, a line for each run."""
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator

    figure = Figure(figsize=(6, 3.5), layout="constrained")
    axes = figure.subplots()
    for marker, (name, values) in zip("osD^v<>*", lambdas.items()):
        axes.plot(list(values), list(values.values()), marker=marker, label=name)
    axes.axhline(0, color="#888888", linewidth=0.8)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set_xlabel("layer, from 0")
    axes.set_ylabel("lambda after training")
    axes.legend(fontsize=8)
    figure.savefig(path, dpi=150)


def main() -> None:
    """Do all runs, then print the table and draw the picture."""
    arguments, others = parse_arguments()
    folder = Path(arguments.output_dir)
    runs = {name: run(name, options, arguments, others) for name, options in plan(arguments).items()}
    columns = [metric for metric in METRICS if all(metric in results for results in runs.values())]
    header = ["attention", *columns, "parameters", "training s"]
    rows = [
        [name, *(f"{results[metric]:.4f}" for metric in columns), f"{results['parameters']:,}"]
        + [f"{results['training_seconds']:.0f}"]
        for name, results in runs.items()
    ]
    print(f"\n{format_table(rows, header=header)}\n")
    for name, results in runs.items():
        values = ", ".join(f"{layer}: {value:+.3f}" for layer, value in results["lambdas"].items())
        if values:
            print(f"lambda by layer, {name}: {values}")
    (folder / "hybrid.json").write_text(json.dumps(runs, indent=2), encoding="utf-8")
    lambdas = {name: results["lambdas"] for name, results in runs.items() if results["lambdas"]}
    written = ["hybrid.json"]
    if lambdas:
        save_lambda_image(lambdas, folder / "lambdas.png")
        written.append("lambdas.png")
    print(f"\nIn {folder}: {', '.join(written)}")


if __name__ == "__main__":
    try:
        main()
    except (ValueError, OSError) as error:
        sys.exit(f"error: {error}")
