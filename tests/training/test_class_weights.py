import numpy as np
import pytest
from sklearn.utils.class_weight import compute_class_weight

from amsdff_hf.training import balanced_class_weights


def test_single_label_is_scikit_learns_balanced():
    labels = np.array([0, 0, 0, 1, 2, 2])
    expected = compute_class_weight("balanced", classes=np.arange(3), y=labels)
    assert balanced_class_weights(labels, "single_label_classification", "abc") == pytest.approx(expected.tolist())


def test_multi_label_is_absent_over_present():
    labels = np.array([[1, 0], [1, 1], [1, 0], [0, 0]])
    assert balanced_class_weights(labels, "multi_label_classification", "ab") == pytest.approx([1 / 3, 3.0])


def test_labels_without_texts_and_regression_are_refused():
    with pytest.raises(ValueError, match=r"none has \['c'\]"):
        balanced_class_weights(np.array([0, 1]), "single_label_classification", ["a", "b", "c"])
    with pytest.raises(ValueError, match="for classification"):
        balanced_class_weights(np.array([0.5]), "regression", ["a"])
