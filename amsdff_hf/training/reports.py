# Copyright 2026 The amsdff_hf authors. Licensed under the Apache License, Version 2.0.
"""What a run leaves behind for people: tables, predictions and pictures."""

import csv
import json
import os
from collections.abc import Sequence
from typing import Any

import numpy as np

from .confusion_matrix import save_confusion_matrix
from .metrics import has_label, per_class_metrics, predicted_labels, readable_labels, readable_truth


def format_table(rows: Sequence[Sequence[Any]], header: Sequence[str]) -> str:
    """Lay out a table for the terminal: the first column to the left, numbers to the right with four digits.

    Examples:
    ```python
    >>> print(format_table([["accuracy", 0.5], ["texts", 20]], header=["metric", "test"]))
    metric      test
    --------  ------
    accuracy  0.5000
    texts         20

    ```
    """
    cells = [[_cell(value) for value in row] for row in rows]
    widths = [max(len(row[column]) for row in [list(header), *cells]) for column in range(len(header))]
    lines = [list(header), ["-" * width for width in widths], *cells]
    return "\n".join(
        "  ".join(
            [line[0].ljust(widths[0])] + [cell.rjust(width) for cell, width in zip(line[1:], widths[1:], strict=True)]
        ).rstrip()
        for line in lines
    )


def format_results(results: dict[str, dict[str, float]]) -> str:
    """Lay out the metrics of several splits side by side.

    Args:
        results: metrics by the prefix of their split, which their names begin with, as the Trainer names them.

    Examples:
    ```python
    >>> results = {"eval": {"eval_accuracy": 0.5, "eval_loss": 1.0}, "predict": {"predict_accuracy": 0.25}}
    >>> print(format_results(results))
    metric      eval  predict
    --------  ------  -------
    accuracy  0.5000   0.2500
    loss      1.0000

    ```
    """
    names = dict.fromkeys(key.removeprefix(f"{prefix}_") for prefix, metrics in results.items() for key in metrics)
    rows = [
        [name, *(metrics.get(f"{prefix}_{name}", "") for prefix, metrics in results.items())]
        for name in names
        if name not in _HIDDEN
    ]
    return format_table(rows, header=["metric", *results])


_HIDDEN = ("runtime", "steps_per_second", "model_preparation_time")


def write_reports(
    folder: str,
    prefix: str,
    probabilities: np.ndarray,
    labels: np.ndarray | None,
    texts: Sequence[str],
    rows: Sequence[int],
    names: Sequence[str],
    problem_type: str,
    thresholds: Sequence[float] | None = None,
) -> str:
    """Write predictions, per-class table and confusion matrix of one split.

    The files are `{prefix}_predictions.csv` (`predictions.csv` and `predict_results.txt` for the prefix `predict`),
    `{prefix}_per_class.json` and `{prefix}_confusion_matrix.png`.

    Args:
        folder: where to write.
        prefix: `eval` or `predict`.
        probabilities: `(num_texts, num_labels)`, see [`to_probabilities`].
        labels: encoded labels, or `None`.
        texts: the texts.
        rows: numbers of the rows in their file, from 0.
        names: names of the labels.
        problem_type: as in the model's configuration.
        thresholds: one per label in multi-label classification.

    Returns:
        The per-class table to print; empty if there is none.
    """
    predicted = predicted_labels(probabilities, problem_type, thresholds)
    readable = readable_labels(predicted, problem_type, names)
    file_name = "predictions.csv" if prefix == "predict" else f"{prefix}_predictions.csv"
    truth = None if labels is None else readable_truth(labels, problem_type, names)
    save_predictions(os.path.join(folder, file_name), readable, probabilities, names, texts, rows, truth)
    if prefix == "predict":
        with open(os.path.join(folder, "predict_results.txt"), "w", encoding="utf-8") as file:
            file.write("index\tprediction\n")
            file.writelines(f"{row}\t{label}\n" for row, label in zip(rows, readable, strict=True))
    if labels is None or problem_type == "regression":
        return ""
    kept = has_label(labels, problem_type)
    if not kept.any():
        return ""
    table = per_class_metrics(probabilities, labels, names, problem_type, thresholds)
    save_json(table, os.path.join(folder, f"{prefix}_per_class.json"))
    if problem_type == "single_label_classification":
        path = os.path.join(folder, f"{prefix}_confusion_matrix.png")
        save_confusion_matrix(predicted[kept], labels[kept], names, path)
    rows = [[name, *values.values()] for name, values in table.items()]
    return format_table(rows, header=["label", "precision", "recall", "f1", "texts"])


def save_json(values: dict[str, Any], path: str) -> None:
    """Write a dictionary as readable JSON."""
    with open(path, "w", encoding="utf-8") as file:
        json.dump(values, file, indent=2, ensure_ascii=False)
        file.write("\n")


def save_predictions(
    path: str,
    predicted: Sequence[str],
    probabilities: np.ndarray,
    names: Sequence[str],
    texts: Sequence[str],
    rows: Sequence[int],
    truth: Sequence[str] | None = None,
) -> None:
    """Write one line per text: the number of its row, prediction, true label if known, scores and the text.

    Args:
        path: csv file to write.
        predicted: what is predicted for each text, as people read it.
        probabilities: `(num_texts, num_labels)`.
        names: names of the labels.
        texts: the texts.
        rows: numbers of the rows in their file, from 0.
        truth: what was right, as [`readable_truth`] returns it; without it there is no such column.
    """
    known = {} if truth is None else {"true_label": truth}
    with open(path, "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["index", "prediction", *known, *[f"score_{name}" for name in names], "text"])
        columns = (rows, predicted, *known.values(), probabilities, texts)
        for *start, scores, text in zip(*columns, strict=True):
            writer.writerow([*start, *[f"{score:.6f}" for score in scores], text])


def _cell(value: Any) -> str:
    if isinstance(value, (float, np.floating)):
        return f"{value:.4f}"
    return f"{value:,}" if isinstance(value, (int, np.integer)) else str(value)
