# Copyright 2026 The amsdff_hf authors. Licensed under the Apache License, Version 2.0.
"""The lines of `runs.jsonl`: which ones `benchmark_accuracy.py` wants, which can be compared, and which count."""

import argparse
import json
from collections import Counter
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any

from fitted_heads import FITTED, STRENGTHS


Run = dict[str, Any]
# What all runs of a folder have in common.
SETTINGS = ("backbone", "frozen", "batch_size", "head_learning_rate", "bf16", "recipe")
# What the validation split chooses for each head.
SEARCHED = ("epochs", "learning_rate")


def drop_unfinished_line(file: Path) -> None:
    """Cut off what a process that was killed left of its last line, and say so."""
    content = file.read_bytes()
    _, _, last = content.rpartition(b"\n")
    if not last:
        return
    # Only the end is touched: writing all of it again could lose it, as on a full disk, which cuts lines too.
    with file.open("ab") as lines:
        try:
            json.loads(last)
            lines.write(b"\n")
        except ValueError:
            print(f"{file}: the last line was not finished, and its run is done again")
            lines.truncate(len(content) - len(last))


def read_runs(file: Path) -> list[Run]:
    """Read the runs of a file, and refuse what cannot be read or compared.

    A last line that is still being written is passed over.

    Raises:
        SystemExit: with the line that is no run.
    """
    runs = []
    lines = file.read_text(encoding="utf-8").splitlines(keepends=True)
    for number, line in enumerate(lines, start=1):
        try:
            runs.append(json.loads(line))
        except json.JSONDecodeError as error:
            if number == len(lines) and not line.endswith("\n"):
                break
            raise SystemExit(f"error: line {number} of {file} is no run, but {line[:40]!r}: delete it.") from error
    check_comparable(runs, file)
    return runs


def settings_of(arguments: argparse.Namespace, name: str, options: dict[str, Any], size: int | None) -> Run:
    """Return what the runs of one data set and training size have in common; others are not comparable."""
    return {
        "data": name,
        # The texts are known by their digest, wherever their files lie.
        "options": {name: value for name, value in options.items() if not name.endswith("_file")},
        "train_size": size,
        "backbone": arguments.backbone_digest,
        "frozen": arguments.freeze_backbone,
        "batch_size": arguments.batch_size,
        "head_learning_rate": arguments.head_learning_rate,
        "bf16": arguments.bf16,
        "recipe": arguments.recipe,
    }


def plan(arguments: argparse.Namespace, known: list[Run], settings: Run) -> Iterator[Run]:
    """Yield runs: for each head all epochs and learning rates, then, once these are known, other seeds with the best.

    A fitted head is searched by its strength in the place of a learning rate. It has no epochs, and nothing of it is
    drawn by chance, so that its seed is always 1.
    """
    for head in arguments.heads:
        is_fitted = head in FITTED
        grid = product([None], STRENGTHS) if is_fitted else product(arguments.epochs, arguments.learning_rates)
        first, *others = [1] if is_fitted else arguments.seeds
        length = arguments.whole_length if head.endswith("-windows") else None
        base = {**settings, "whole_length": length, "head": head}
        tried = [{**base, "seed": first, **dict(zip(SEARCHED, values, strict=True))} for values in grid]
        yield from tried
        done = [run for run in known if any(is_same(run, each) for each in tried)]
        yield from ({**base, "seed": seed, **best_trial(done)} for seed in others)


def best_trial(tried: list[Run]) -> Run:
    """Return the epochs and the learning rate that were best on the validation split."""
    best = max(tried, key=lambda run: (run["validation"]["accuracy"], -run["validation"]["nll"]))
    return {name: best[name] for name in SEARCHED}


def is_same(run: Run, wanted: Run) -> bool:
    """Whether a line is that of a run."""
    return all(run.get(name) == value for name, value in wanted.items())


def check_comparable(runs: list[Run], file: Path) -> None:
    """Refuse runs in one file that were not made alike.

    Raises:
        SystemExit: with what differs.
    """
    for name in SETTINGS:
        found = {json.dumps(run.get(name), sort_keys=True) for run in runs}
        if len(found) > 1:
            raise SystemExit(
                f"error: {file} would hold runs with different {name}, {' and '.join(sorted(found))}, which cannot be "
                "compared: keep them in folders of their own."
            )
    for data in {run["data"] for run in runs}:
        of_data = [run for run in runs if run["data"] == data]
        kinds = {json.dumps(run.get("options"), sort_keys=True) for run in of_data}
        texts = {run["texts_digest"] for run in of_data if "texts_digest" in run}
        if len(kinds) > 1 or len(texts) > 1:
            raise SystemExit(
                f"error: {file} would hold runs on two data sets called {data}: use another --output_dir."
            )
    for one, number in Counter(
        (run["data"], run.get("train_size"), run["head"], run["seed"], *(run[name] for name in SEARCHED))
        for run in runs
        if "test" in run
    ).items():
        if number > 1:
            raise SystemExit(f"error: {file} holds a run {number} times: {one}. Delete all but one of these lines.")
    check_same_heads(runs, file)
    lengths = {run["whole_length"] for run in runs if run.get("whole_length") is not None}
    if len(lengths) > 1:
        raise SystemExit(f"error: {file} would hold runs with different --whole_length: use another --output_dir.")


def check_same_epochs(known: list[Run], epochs: list[float], file: Path) -> None:
    """Refuse to search among other epochs than the heads of a file were.

    Raises:
        SystemExit: if the file has runs with epochs that are not among those to choose from.
    """
    missing = epochs_of(known) - set(epochs)
    if missing:
        both = " ".join(f"{one:g}" for one in sorted({*missing, *epochs}))
        raise SystemExit(
            f"error: {file} holds runs with other epochs than --epochs names. Let all heads choose among the same, by "
            f"--epochs {both}, or use another --output_dir."
        )


def epochs_of(runs: list[Run]) -> set[float]:
    """Return the numbers of epochs that runs had; fitted heads have none."""
    return {run["epochs"] for run in runs} - {None}


def check_same_heads(runs: list[Run], file: Path) -> None:
    """Refuse to compare seeds of a head that has changed in between.

    Raises:
        SystemExit: if runs of one name have different numbers of parameters, or heads that were configured otherwise.
    """
    check_same_fields(runs, file)
    sizes: dict[tuple[str, str], set[int]] = {}
    for run in runs:
        if "parameters" in run:
            sizes.setdefault((run["data"], run["head"]), set()).add(run["parameters"])
    for (data, head), found in sizes.items():
        if len(found) > 1:
            raise SystemExit(
                f"error: {file} would hold runs of different heads called {head} on {data}, with "
                f"{' and '.join(f'{size:,}' for size in sorted(found))} parameters: use another --output_dir."
            )


def check_same_fields(runs: list[Run], file: Path) -> None:
    """Refuse runs of one name whose configurations differ, as by a default that has changed.

    Raises:
        SystemExit: with the field; one that an older run does not know is passed over.
    """
    first: dict[tuple[str, str], dict[str, Any]] = {}
    for run in runs:
        fields = run.get("head_fields")
        if fields is None:
            continue
        before = first.setdefault((run["data"], run["head"]), fields)
        for name in sorted(before.keys() & fields.keys()):
            if before[name] != fields[name]:
                raise SystemExit(
                    f"error: {file} would hold runs of different heads called {run['head']}, with {name} "
                    f"{before[name]} and {fields[name]}: use another --output_dir."
                )


def check_same_texts(known: list[Run], data: str, digest: str, file: Path) -> None:
    """Refuse to add runs on other texts than those of a file.

    Raises:
        SystemExit: if the texts or labels of the data set have changed.
    """
    if any(run["data"] == data and run["texts_digest"] != digest for run in known):
        raise SystemExit(f"error: {file} holds runs on other texts or labels called {data}: use another --output_dir.")


def names(runs: list[Run]) -> list[str]:
    """Heads in the order of their first run."""
    return list(dict.fromkeys(run["head"] for run in runs))


def chosen_runs(runs: list[Run]) -> list[Run]:
    """Return the runs with what was best on the validation split, with the seed that tried most."""
    best = best_trial(search_of(runs))
    return [run for run in runs if is_same(run, best)]


def search_of(runs: list[Run]) -> list[Run]:
    """Return the runs with the seed that tried most."""
    seeds = [run["seed"] for run in runs]
    search = max(seeds, key=seeds.count)
    return [run for run in runs if run["seed"] == search]
