import math

import numpy as np
import pytest
from scipy import stats
from sklearn import metrics as sk

from amsdff_hf.training import (
    calibration_error,
    classification_metrics,
    label_metrics,
    multi_label_metrics,
    own_metric_names,
    per_class_metrics,
    predicted_labels,
    readable_labels,
    regression_metrics,
    to_probabilities,
)
from amsdff_hf.training.metrics import has_label, readable_truth


RANDOM = np.random.default_rng(0)
LOGITS = RANDOM.normal(size=(200, 3))
LABELS = RANDOM.integers(3, size=200)
PROBABILITIES = to_probabilities(LOGITS, "single_label_classification")


def test_probabilities():
    np.testing.assert_allclose(PROBABILITIES.sum(-1), 1)
    np.testing.assert_allclose(
        to_probabilities(np.array([[0.0, math.log(3)]]), "multi_label_classification"), [[0.5, 0.75]]
    )
    assert np.isfinite(to_probabilities(np.array([[1e4, -1e4]]), "multi_label_classification")).all()
    assert to_probabilities(np.array([[1.5]]), "regression").tolist() == [[1.5]]


def test_classification_agrees_with_scikit_learn():
    metrics = classification_metrics(PROBABILITIES, LABELS)
    predicted = PROBABILITIES.argmax(-1)
    assert metrics["accuracy"] == sk.accuracy_score(LABELS, predicted)
    assert metrics["macro_f1"] == sk.f1_score(LABELS, predicted, average="macro")
    assert metrics["balanced_accuracy"] == pytest.approx(sk.balanced_accuracy_score(LABELS, predicted))
    assert metrics["roc_auc"] == pytest.approx(sk.roc_auc_score(LABELS, PROBABILITIES, multi_class="ovr"))
    assert sorted(metrics) == own_metric_names("single_label_classification")


def test_binary_auc_uses_the_second_label():
    probabilities = np.array([[0.9, 0.1], [0.2, 0.8], [0.6, 0.4]])
    assert classification_metrics(probabilities, np.array([0, 1, 1]))["roc_auc"] == 1.0


def test_classes_that_never_occur_leave_the_auc_out():
    assert "roc_auc" not in classification_metrics(PROBABILITIES[:2], np.array([0, 1]))


def test_calibration_error_by_hand():
    # Two texts at 0.9, one right; two at 0.6, both right: (0.4 + 0.4) / 2.
    probabilities = np.array([[0.9, 0.1], [0.9, 0.1], [0.6, 0.4], [0.6, 0.4]])
    assert calibration_error(probabilities, np.array([0, 1, 0, 0])) == pytest.approx(0.4)
    assert calibration_error(np.array([[1.0, 0.0]]), np.array([0])) == 0


def test_multi_label_agrees_with_scikit_learn():
    probabilities = to_probabilities(LOGITS, "multi_label_classification")
    labels = RANDOM.integers(2, size=(200, 3)).astype(float)
    metrics = multi_label_metrics(probabilities, labels)
    assert metrics["micro_f1"] == sk.f1_score(labels, probabilities >= 0.5, average="micro")
    assert metrics["roc_auc"] == pytest.approx(sk.roc_auc_score(labels, probabilities))
    assert sorted(metrics) == own_metric_names("multi_label_classification")
    assert multi_label_metrics(probabilities, labels, thresholds=[0.0, 0.0, 0.0])["macro_recall"] == 1.0


def test_regression_agrees_with_scipy():
    predictions, labels = RANDOM.normal(size=(50, 1)), RANDOM.integers(5, size=50).astype(float)
    metrics = regression_metrics(predictions, labels)
    assert metrics["pearson"] == pytest.approx(stats.pearsonr(predictions[:, 0], labels).statistic)
    assert metrics["spearman"] == pytest.approx(stats.spearmanr(predictions[:, 0], labels).statistic)
    assert metrics["r2"] == pytest.approx(sk.r2_score(labels, predictions))
    assert sorted(metrics) == own_metric_names("regression")


def test_rows_without_a_label_do_not_count():
    with_gaps = np.where(np.arange(200) < 20, -100, LABELS)
    expected = classification_metrics(PROBABILITIES[20:], LABELS[20:])
    assert label_metrics(PROBABILITIES, with_gaps, "single_label_classification") == expected
    assert label_metrics(PROBABILITIES, np.full(200, -100), "single_label_classification") == {}
    numbers = np.array([1.0, math.nan, 3.0])
    assert label_metrics(np.array([[1.0], [9.0], [3.0]]), numbers, "regression")["mae"] == 0


def test_per_class_table():
    table = per_class_metrics(PROBABILITIES, LABELS, ["a", "b", "c"], "single_label_classification")
    assert list(table) == ["a", "b", "c"]
    assert sum(row["texts"] for row in table.values()) == 200
    assert table["b"]["recall"] == pytest.approx(np.mean(PROBABILITIES.argmax(-1)[LABELS == 1] == 1))


def test_true_labels_can_be_read_and_may_be_unknown():
    multi = np.array([[1.0, 1.0], [-100.0, -100.0], [0.0, 0.0]], dtype=np.float32)
    numbers = np.array([0.1, np.nan, 1234567.0], dtype=np.float32)
    assert readable_truth(multi, "multi_label_classification", ["no", "yes"]) == ["no;yes", "", ""]
    assert readable_truth(numbers, "regression", ["stars"]) == ["0.1", "", "1234567"]
    assert has_label(multi, "multi_label_classification").tolist() == [True, False, True]
    assert has_label(numbers, "regression").tolist() == [True, False, True]


def test_decisions_can_be_read():
    probabilities = np.array([[0.2, 0.8], [0.6, 0.7]])
    single = predicted_labels(probabilities, "single_label_classification")
    assert readable_labels(single, "single_label_classification", ["no", "yes"]) == ["yes", "yes"]
    multi = predicted_labels(probabilities, "multi_label_classification", thresholds=[0.5, 0.75])
    assert readable_labels(multi, "multi_label_classification", ["no", "yes"]) == ["yes", "no"]
    number = predicted_labels(np.array([[1.25]]), "regression")
    assert readable_labels(number, "regression", ["stars"]) == ["1.25"]
