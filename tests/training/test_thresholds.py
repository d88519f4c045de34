import numpy as np
import pytest
from sklearn.metrics import f1_score

from amsdff_hf.training import tune_thresholds


def test_no_other_threshold_is_better():
    random = np.random.default_rng(0)
    labels = random.integers(2, size=(60, 3))
    probabilities = np.clip(0.3 * labels + random.uniform(size=(60, 3)) * 0.6, 0, 1).round(2)
    thresholds = tune_thresholds(probabilities, labels)
    for column, threshold in enumerate(thresholds):
        best = max(f1_score(labels[:, column], probabilities[:, column] >= t) for t in np.linspace(0, 1, 501))
        assert f1_score(labels[:, column], probabilities[:, column] >= threshold) == pytest.approx(best)


def test_labels_that_never_occur_keep_the_middle():
    assert tune_thresholds(np.array([[0.9], [0.1]]), np.array([[0], [0]])) == [0.5]


def test_equal_scores_are_never_cut_apart():
    (threshold,) = tune_thresholds(np.array([[0.6], [0.6], [0.2]]), np.array([[1], [0], [0]]))
    assert 0.2 < threshold < 0.6
