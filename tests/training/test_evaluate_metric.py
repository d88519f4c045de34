import numpy as np
import pytest

from amsdff_hf.training import load_evaluate_metric


MODULE = """
import datasets
import evaluate

class HalfRight(evaluate.Metric):
    def _info(self):
        features = datasets.Features({"predictions": datasets.Value("int64"), "references": datasets.Value("int64")})
        return evaluate.MetricInfo(description="", citation="", features=features)

    def _compute(self, predictions, references):
        right = sum(p == r for p, r in zip(predictions, references)) / len(references)
        return {"right": right, "half_right": right / 2}
"""


def test_a_reachable_module_is_used(tmp_path):
    folder = tmp_path / "half_right"
    folder.mkdir()
    (folder / "half_right.py").write_text(MODULE)
    compute = load_evaluate_metric(str(folder), "single_label_classification", 3)
    values = compute(np.array([0, 1]), np.array([0, 2]))
    assert values == {"evaluate_right": 0.5, "evaluate_half_right": 0.25, "evaluate_combined_score": 0.375}


def test_an_unreachable_module_falls_back_to_our_own_value_or_says_what_there_is(caplog):
    assert load_evaluate_metric("accuracy", "single_label_classification", 3) is None
    assert "scikit-learn's value is reported" in caplog.text
    with pytest.raises(ValueError, match="--metric_name 'nonsense' cannot be loaded.*accuracy, balanced_accuracy"):
        load_evaluate_metric("nonsense", "single_label_classification", 3)
