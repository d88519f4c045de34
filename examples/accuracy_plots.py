# Copyright 2026 The amsdff_hf authors. Licensed under the Apache License, Version 2.0.
"""The pictures of `accuracy_report.py`: accuracy against cost, and learning curves."""

from pathlib import Path

import matplotlib
from accuracy_runs import Run, names
from matplotlib import pyplot as plt
from matplotlib.ticker import LogLocator, NullLocator, StrMethodFormatter


matplotlib.use("Agg")


def draw(rows: list[Run], with_most_texts: list[Run], folder: Path) -> None:
    """Draw accuracy against seconds and, with several training sizes, the learning curves.

    Args:
        rows: those of the table.
        with_most_texts: those of each data set with the most training texts.
        folder: where `cost.png` and `learning.png` are written.
    """
    draw_panels(with_most_texts, "seconds", "seconds of training", folder / "cost.png")
    if len(with_most_texts) < len(rows):
        draw_panels(rows, "texts", "training texts", folder / "learning.png")


def draw_panels(rows: list[Run], column: str, label: str, file: Path) -> None:
    """Draw accuracy against a column, one panel for each data set, every head in one color in all of them."""
    heads = names(rows)
    palette = plt.get_cmap("tab10" if len(heads) <= 10 else "tab20")
    colors = {head: palette(index % palette.N) for index, head in enumerate(heads)}
    data = sorted({row["data"] for row in rows})
    figure, axes = plt.subplots(1, len(data), figsize=(3.6 * len(data) + 1.6, 3.6), squeeze=False)
    for axis, one in zip(axes[0], data):
        for head, color in colors.items():
            points = sorted(
                (row[column], row["accuracy"]) for row in rows if (row["data"], row["head"]) == (one, head)
            )
            x, y = [point[0] for point in points], [point[1] for point in points]
            axis.plot(x, y, marker="o", linestyle="-" if column == "texts" else "", color=color, label=head)
        axis.set(title=one, xlabel=label, xscale="log")
        axis.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axis.xaxis.set_major_formatter(StrMethodFormatter("{x:,g}"))
        axis.xaxis.set_minor_locator(NullLocator())
        axis.grid(alpha=0.3)
    axes[0, 0].set_ylabel("accuracy")
    figure.tight_layout()
    figure.legend(*axes[0, 0].get_legend_handles_labels(), loc="center left", bbox_to_anchor=(1, 0.5), fontsize=8)
    figure.savefig(file, dpi=120, bbox_inches="tight")
    plt.close(figure)
