import numpy as np
import pytest

from amsdff_hf.training.sentiment_metrics import mosi_metrics, sims_metrics


def test_mosi_by_hand():
    labels = np.array([3.0, -1.2, 0.0, 0.4, -2.6, 0.0])
    predictions = np.array([[4.0], [-0.4], [-0.1], [0.6], [-3.4], [0.2]])
    metrics = mosi_metrics(predictions, labels)
    assert metrics["accuracy_2_has0"] == pytest.approx(5 / 6)
    assert metrics["accuracy_2_non0"] == 1
    # Rounded: 3 -1 0 0 -3 0 and 3 -0 -0 1 -3 0.
    assert metrics["accuracy_7"] == pytest.approx(4 / 6)
    assert metrics["accuracy_5"] == pytest.approx(4 / 6)
    assert metrics["accuracy_3"] == pytest.approx(4 / 6)
    assert metrics["mae"] == pytest.approx((1 + 0.8 + 0.1 + 0.2 + 0.8 + 0.2) / 6)
    assert metrics["corr"] == pytest.approx(np.corrcoef(predictions[:, 0], labels)[0, 1])
    assert metrics["f1_non0"] == 1


def test_sims_by_hand():
    labels = np.array([1.0, -0.2, 0.0, 0.1, -0.8])
    predictions = np.array([2.0, -0.05, -0.3, 0.2, -0.9])
    metrics = sims_metrics(predictions, labels)
    assert metrics["accuracy_2"] == 1
    assert metrics["accuracy_3"] == pytest.approx(2 / 5)
    assert metrics["accuracy_5"] == pytest.approx(2 / 5)
    assert metrics["accuracy_2_weak"] == 1
    assert metrics["mae"] == pytest.approx((0 + 0.15 + 0.3 + 0.1 + 0.1) / 5)


def test_constant_predictions_have_no_correlation():
    assert "corr" not in mosi_metrics(np.zeros(3), np.array([1.0, 2.0, -1.0]))
    metrics = sims_metrics(np.zeros(2), np.ones(2))
    assert "corr" not in metrics
    assert "r2" not in metrics


@pytest.mark.parametrize("metric", [mosi_metrics, sims_metrics])
def test_one_prediction_per_label(metric):
    with pytest.raises(ValueError, match="got 2 predictions and 3 labels"):
        metric(np.zeros(2), np.zeros(3))
    with pytest.raises(ValueError, match="some predictions or labels are NaN"):
        metric(np.array([np.nan, 0.0]), np.zeros(2))
    with pytest.raises(ValueError, match="got 0 predictions and 0 labels"):
        metric(np.zeros(0), np.zeros(0))
