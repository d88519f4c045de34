# Copyright 2026 The amsdff_hf authors. Licensed under the Apache License, Version 2.0.
"""How many errors of one head another one saves, with the uncertainty by texts and seeds: rows of the report."""

import numpy as np
from accuracy_runs import SEARCHED, Run, chosen_runs, search_of


RESAMPLES = 2000
# Percentiles of what is drawn.
INTERVAL = (2.5, 97.5)
# Of the reference in a resample without any, where percentages would be infinite (as Haldane's correction of odds);
# in one of its seeds.
FEWEST_ERRORS = 0.5


def is_right(run: Run) -> np.ndarray:
    """Which test texts a run predicted rightly."""
    test = run["test"]
    return np.unpackbits(np.frombuffer(bytes.fromhex(test["right"]), dtype=np.uint8))[: test["texts"]]


def compare(runs: list[Run], reference: list[Run], is_reference: bool) -> Run:
    """Return one row of the table: the runs with what was chosen for them, against those of the reference."""
    search = search_of(runs)
    runs, reference = chosen_runs(runs), chosen_runs(reference)
    epochs, rate = (runs[0][name] for name in SEARCHED)
    # With other epochs, other rates may have been tried.
    rates = [run["learning_rate"] for run in search if run["epochs"] == epochs]
    tests = [run["test"] for run in runs]
    accuracy = [test["accuracy"] for test in tests]
    row = {
        "seeds": len(runs),
        "tried": len(search),
        "epochs": None if epochs is None else with_edge(epochs, [run["epochs"] for run in search]),
        "rate": f"={rate:g}" if len(rates) == 1 < len(search) else with_edge(rate, rates),
        "accuracy": float(np.mean(accuracy)),
        "sd": float(np.std(accuracy, ddof=1)) if len(runs) > 1 else None,
        "macro_f1": float(np.mean([test["macro_f1"] for test in tests])),
        "ece": float(np.mean([test["calibration_error"] for test in tests])),
        "seconds": float(np.mean([run["seconds"] for run in runs])),
        "parameters": runs[0]["parameters"],
        "is_reference": is_reference,
    }
    errors, theirs = (1.0 - np.array([is_right(run) for run in group]) for group in (runs, reference))
    # Of no error, none can be saved.
    if is_reference or not theirs.any():
        return {**row, "saved": None, "low": None, "high": None, "p": None, "resampled": np.zeros(RESAMPLES)}
    resampled = resample_saved(errors, theirs)
    low, high = np.percentile(resampled, INTERVAL)
    saved = 100 * (1 - errors.mean() / theirs.mean())
    share = min(np.mean(resampled <= 0), np.mean(resampled >= 0))
    p = min(1.0, 2 * (share + 1 / RESAMPLES))
    return {**row, "saved": saved, "low": low, "high": high, "p": p, "resampled": resampled}


def with_edge(chosen: float, tried: list[float]) -> str:
    """Write what was chosen, with < or > if it was the lowest or the highest of several."""
    lowest, highest = min(tried), max(tried)
    edge = "" if lowest == highest else {lowest: "<", highest: ">"}.get(chosen, "")
    return f"{edge}{chosen:g}"


def resample_saved(errors: np.ndarray, reference: np.ndarray) -> np.ndarray:
    """Draw texts, the same for two heads, and seeds of each, and compare (Efron and Tibshirani 1993, chapter 16).

    Args:
        errors: where a head was wrong, 1 or 0, `(num_seeds, num_texts)`.
        reference: the same of the reference, with as many seeds as it has.

    Returns:
        Errors saved in percent, `(RESAMPLES,)`.
    """
    generator = np.random.default_rng(0)
    texts = draw_counts(generator, errors.shape[1])
    totals = [
        (draw_counts(generator, len(group)) * (texts @ group.T)).sum(axis=1) / len(group)
        for group in (errors, reference)
    ]
    fewest = FEWEST_ERRORS / max(len(errors), len(reference))
    # Where neither head is wrong, nothing is saved.
    return np.where(totals[0] == totals[1], 0.0, 100 * (1 - totals[0] / np.maximum(totals[1], fewest)))


def draw_counts(generator: np.random.Generator, size: int) -> np.ndarray:
    """How often each of `size` things comes when as many are drawn, `(RESAMPLES, size)`."""
    return generator.multinomial(size, np.full(size, 1 / size), size=RESAMPLES).astype(np.float64)
