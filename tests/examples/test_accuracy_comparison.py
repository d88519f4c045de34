import runpy

import numpy as np
import pytest

from tests.conftest import ROOT
from tests.examples.test_accuracy_report import line


@pytest.fixture
def comparison():
    return runpy.run_path(str(ROOT / "examples" / "accuracy_comparison.py"))


def test_a_better_head_saves_errors(comparison):
    generator = np.random.default_rng(0)
    reference = generator.random(1000) < 0.3
    errors = reference & (generator.random(1000) < 0.8)
    better, worse = [line("better", 1, ~errors)], [line("worse", 1, ~reference)]
    found = comparison["compare"](better, worse, is_reference=False)
    assert found["saved"] == pytest.approx(100 * (1 - errors.sum() / reference.sum()))
    assert 0 < found["low"] < found["saved"] < found["high"]
    assert found["p"] < 0.01
    assert comparison["compare"](worse, better, is_reference=False)["high"] < 0
    assert comparison["compare"](better, better, is_reference=False)["p"] == 1.0


def test_of_no_error_none_is_saved(comparison):
    perfect, other = [line("perfect", 1, [1, 1])], [line("other", 1, [1, 0])]
    assert comparison["compare"](other, perfect, is_reference=False)["saved"] is None
    assert comparison["compare"](perfect, other, is_reference=False)["saved"] == 100
    assert (comparison["resample_saved"](np.zeros((1, 2)), np.zeros((1, 2))) == 0).all()
    # Not billions, where the reference happens to have no error.
    assert comparison["resample_saved"](np.ones((1, 4)), np.array([[1.0, 0, 0, 0]])).min() == 100 * (1 - 4 / 0.5)


def test_a_head_with_more_errors_than_few_saves_none(comparison):
    reference = np.zeros((5, 200))
    reference[0, 0] = 1
    errors = reference.copy()
    errors[1, 0] = 1
    drawn = comparison["resample_saved"](errors, reference)
    counts = np.unique(drawn)
    # Ratios of whole numbers of errors, but where the reference has none and half of one is counted.
    assert set(np.round(counts, 6)) <= {
        np.round(100 * (1 - a / b), 6) for a in range(60) for b in (0.5, *range(1, 60))
    }


def test_seeds_that_differ_widen_the_interval(comparison):
    reference = np.arange(400) % 4 == 0
    same = [np.arange(400) % 8 == 0] * 2
    different = [np.arange(400) % 4 == 0, np.zeros(400, dtype=bool)]
    drawn = [
        comparison["resample_saved"](1.0 * np.array(errors), 1.0 * reference[None]) for errors in (same, different)
    ]
    assert drawn[0].mean() == pytest.approx(50, abs=1)
    assert drawn[1].mean() == pytest.approx(50, abs=2)
    assert drawn[1].std() > 5 * drawn[0].std()


def test_bits_come_back_in_their_order(comparison):
    right = np.random.default_rng(1).random(13) < 0.5
    assert (comparison["is_right"](line("x", 0, right)) == right).all()


def test_a_rate_at_the_edge_of_the_search_is_marked(comparison):
    runs = [line("x", 1, [1, 0], rate=rate, validation=v) for rate, v in ((1e-3, 0.5), (1e-2, 0.7), (1e-1, 0.9))]
    row = comparison["compare"](runs, runs, is_reference=True)
    assert (row["tried"], row["rate"], row["sd"]) == (3, ">0.1", None)
    assert comparison["compare"](runs[:2], runs, is_reference=False)["rate"] == ">0.01"
    runs[1]["validation"]["accuracy"] = 1.0
    assert comparison["compare"](runs, runs, is_reference=True)["rate"] == "0.01"
    # One rate alone was tried with more epochs.
    runs.append(line("x", 1, [1, 0], rate=1e-3, validation=1.0, epochs=12.0))
    runs[1]["validation"]["accuracy"] = 0.95
    row = comparison["compare"](runs, runs, is_reference=True)
    assert (row["tried"], row["epochs"], row["rate"]) == (4, ">12", "=0.001")
