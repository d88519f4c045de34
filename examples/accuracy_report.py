# Copyright 2026 The amsdff_hf authors. Licensed under the Apache License, Version 2.0.
"""The tables and pictures of `benchmark_accuracy.py`, from the lines that it wrote.

python examples/accuracy_report.py runs/frozen
"""

import argparse
import zlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from accuracy_comparison import INTERVAL, compare
from accuracy_plots import draw
from accuracy_runs import SETTINGS, Run, chosen_runs, epochs_of, names, read_runs, search_of

from amsdff_hf.training import format_table, save_json


def report(folder: Path, baseline: str | None = None, against: Path | None = None) -> None:
    """Print the tables of a folder, and write them and the pictures there.

    Args:
        folder: where `runs.jsonl` is.
        baseline: the head to compare with; if not given, `plain` or, where there is none, of the linear heads the
            one with the best validation accuracy, for each data set.
        against: another such folder, where that head is looked for: the same texts under another recipe.

    Raises:
        SystemExit: if there are no runs, or none of the head to compare with.
    """
    runs = runs_of(folder)
    others = runs_of(against) if against else runs
    differences = f"\n\n{check_against(runs, others, against)}" if against else ""
    rows: list[Run] = []
    notes: list[str] = []
    for data, size in sorted({(run["data"], run["train_size"] or 0) for run in runs}):
        heads = heads_of(runs, data, size)
        uneven = uneven_searches(heads)
        where = f"{data}, {size:,} texts" if size else data
        notes += [f"\n\nEpochs (and rates) that were tried on {where}: {uneven}."] if uneven else []
        theirs = heads_of(others, data, size) if against else heads
        expect_baseline(theirs, baseline, data)
        name = baseline or choose_baseline(theirs)
        reference = theirs[name]
        if against:
            heads = {f"{name} of {against.name}": reference, **heads}
        rows += [
            {"data": data, "texts": own[0]["train_texts"], "head": head}
            | compare(own, reference, is_reference=own is reference)
            for head, own in heads.items()
        ]
    marked = [row | {"head": f"{row['head']} (reference)"} if row["is_reference"] else row for row in rows]
    text = format_table([[as_shown(name, row[name]) for name in COLUMNS] for row in marked], header=list(COLUMNS))
    means = average(rows)
    if means:
        shown = [[as_shown(name, value) for name, value in row.items()] for row in means]
        text += "\n\n" + format_table(shown, header=list(means[0]))
    text += differences + "".join(notes)
    print(f"\n{text}\n\n{LEGEND}")
    (folder / "table.txt").write_text(f"{text}\n\n{LEGEND}\n", encoding="utf-8")
    shown = [{name: value for name, value in row.items() if name != "resampled"} for row in rows]
    save_json({"rows": shown, "means": means}, str(folder / "table.json"))
    draw(rows, with_most_texts(rows), folder)


COLUMNS = ("data", "texts", "head", "seeds", "tried", "epochs", "rate", "accuracy", "sd", "macro_f1", "ece")
COLUMNS += ("saved", "low", "high", "p", "seconds", "parameters")
LEGEND = """\
seeds         trainings with what was chosen; of logistic regression nothing is drawn by chance, so that it has one
tried         pairs of epochs and learning rate; that with the best accuracy on the validation split is chosen
epochs, rate  what was chosen; logistic regression has no epochs, and its rate is the inverse weight of the norm
  < >         the lowest or the highest that was tried, beyond which there may be a better one
  =           the only rate that was tried with these epochs
accuracy, macro_f1, ece (expected calibration error): on the test split, means over the seeds
sd            standard deviation of the accuracy over the seeds
saved         errors that the head saves, in % of those of the reference; - if that makes none
low, high     95 % interval of that, by a bootstrap over the texts, the same for both heads, and the seeds of each;
              too narrow where seeds are few
p             of no difference, two-sided, by the same bootstrap; not corrected for the number of comparisons
seconds       of one training\
"""


def runs_of(folder: Path) -> list[Run]:
    """Read the runs of a folder."""
    file = folder / "runs.jsonl"
    if not file.exists():
        raise SystemExit(f"error: there is no run in {folder}.")
    return read_runs(file)


def check_against(own: list[Run], others: list[Run], against: Path) -> str:
    """Refuse another folder whose runs say nothing about these, and say what else is different.

    Raises:
        SystemExit: if texts, what is read of them, the backbone, or whether it is trained, are different.
    """
    for data in {run["data"] for run in own}:
        pairs = [next((run for run in runs if run["data"] == data), None) for runs in (own, others)]
        if pairs[1] is None:
            raise SystemExit(f"error: {against} holds no run on {data}.")
        for name in ("texts_digest", "options", "backbone", "frozen"):
            mine, theirs = (run.get(name) for run in pairs)
            if mine != theirs:
                raise SystemExit(f"error: {against} holds runs on {data} with another {name}: {theirs}, not {mine}.")
    others = [run for run in others if run["data"] in {one["data"] for one in own}]
    settings = [(name, own[0].get(name), others[0].get(name)) for name in SETTINGS]
    settings.append(("epochs", shown_epochs(own), shown_epochs(others)))
    differences = [f"{name} {theirs} in the place of {mine}" for name, mine, theirs in settings if mine != theirs]
    return f"{against.name} was run with {', '.join(differences) or 'the same settings'}."


def shown_epochs(runs: list[Run]) -> str:
    """Write the numbers of epochs that runs had."""
    return ", ".join(f"{epochs:g}" for epochs in sorted(epochs_of(runs)))


def uneven_searches(heads: dict[str, list[Run]]) -> str:
    """Say among which epochs and rates each head chose, if not among the same."""
    tried = {head: shown_search(search_of(own)) for head, own in heads.items() if epochs_of(own)}
    return "; ".join(f"{head} {one}" for head, one in tried.items()) if len(set(tried.values())) > 1 else ""


def shown_search(runs: list[Run]) -> str:
    """Write the rates that were tried with each number of epochs."""
    rates = {
        epochs: sorted({run["learning_rate"] for run in runs if run["epochs"] == epochs})
        for epochs in sorted(epochs_of(runs))
    }
    return ", ".join(f"{epochs:g} ({' '.join(f'{rate:g}' for rate in tried)})" for epochs, tried in rates.items())


def heads_of(runs: list[Run], data: str, size: int) -> dict[str, list[Run]]:
    """Return the runs of each head on one data set with one training size."""
    of_data = [run for run in runs if (run["data"], run["train_size"] or 0) == (data, size)]
    return {head: [run for run in of_data if run["head"] == head] for head in names(of_data)}


def as_shown(name: str, value: Any) -> Any:
    """A value of a table as people read it."""
    if value is None:
        return "-"
    return f"{value:{FORMATS[name]}}" if name in FORMATS else value


FORMATS = {"texts": ",", "saved": ".1f", "low": ".1f", "high": ".1f", "p": ".3f", "errors saved": ".1f"}
FORMATS |= {"seconds": ".0f", "parameters": ","}


def linear_heads(heads: Iterable[str]) -> list[str]:
    """Return those that others may have to beat; a head that reads whole documents is what has to be shown."""
    return [head for head in heads if head.startswith(("linear", "logistic")) and not head.endswith("-windows")]


def expect_baseline(heads: Iterable[str], baseline: str | None, data: str) -> None:
    """Refuse heads on a data set that nothing can be compared with.

    Raises:
        SystemExit: if the head to compare with is not among them, or there is none that could be it.
    """
    found = ", ".join(heads) or "nothing"
    if baseline is not None and baseline not in heads:
        raise SystemExit(f"error: the head to compare with, {baseline}, is not run on {data}: there is {found}.")
    if baseline is None and "plain" not in heads and not linear_heads(heads):
        raise SystemExit(
            f"error: neither plain nor a linear head is run on {data}, but {found}: add one, or pass --baseline."
        )


def choose_baseline(heads: dict[str, list[Run]]) -> str:
    """Return the head that the others have to beat."""
    if "plain" in heads:
        return "plain"
    return max(
        linear_heads(heads),
        key=lambda head: np.mean([run["validation"]["accuracy"] for run in chosen_runs(heads[head])]),
    )


def average(rows: list[Run]) -> list[Run]:
    """Mean over the data sets of the errors saved, with most texts, of the heads that ran on all of them."""
    whole = with_most_texts(rows)
    # Each data set was resampled from the same seed: in another order each, so that their errors do not go together.
    whole = [
        row | {"resampled": np.random.default_rng(zlib.crc32(row["data"].encode())).permutation(row["resampled"])}
        for row in whole
    ]
    data = {row["data"] for row in whole}
    means = []
    for head in names(whole):
        # Where the reference makes no error, there is no share of it.
        own = [row for row in whole if row["head"] == head and (row["is_reference"] or row["saved"] is not None)]
        if len(own) == len(data):
            worse = [row["data"] for row in own if row["high"] is not None and row["high"] < 0]
            low, high = np.percentile(np.mean([row["resampled"] for row in own], axis=0), INTERVAL)
            means.append(
                {
                    "head": head,
                    "data sets": len(own),
                    "seeds": min(row["seeds"] for row in own),
                    "accuracy": float(np.mean([row["accuracy"] for row in own])),
                    "errors saved": float(np.mean([row["saved"] or 0.0 for row in own])),
                    "low": low,
                    "high": high,
                    "significantly worse on": ", ".join(worse) or "none",
                }
            )
    return means


def with_most_texts(rows: list[Run]) -> list[Run]:
    """Return the rows of each data set with the most training texts."""
    most = {row["data"]: row["texts"] for row in sorted(rows, key=lambda row: row["texts"])}
    return [row for row in rows if row["texts"] == most[row["data"]]]


def main() -> None:
    """Report what a folder holds."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folder", type=Path, help="output folder of benchmark_accuracy.py")
    parser.add_argument("--baseline", help="head to compare with; default: plain, or the best linear one")
    parser.add_argument("--against", type=Path, help="another such folder, where that head is: with another recipe")
    arguments = parser.parse_args()
    report(arguments.folder, arguments.baseline, arguments.against)


if __name__ == "__main__":
    main()
