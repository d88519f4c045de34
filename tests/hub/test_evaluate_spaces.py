"""The metrics as modules of `evaluate`: from a folder, and by name from the Hub."""

import json

import evaluate
import numpy as np
import pytest
from sklearn import metrics as sk

from amsdff_hf.hub import EVALUATE_MODULES, push_evaluate_module, save_evaluate_module


@pytest.fixture(params=EVALUATE_MODULES)
def name(request):
    return request.param


def examples(name: str) -> tuple[np.ndarray, np.ndarray]:
    """Predictions and references of 50 texts."""
    random = np.random.default_rng(0)
    if name == "amsdff_mosi":
        labels = random.uniform(-3, 3, 50).round(1)
        return labels + random.normal(size=50), labels
    scores = random.dirichlet(np.ones(4), 50)
    return scores, random.integers(0, 4, 50) if name == "amsdff_classification" else random.integers(0, 2, (50, 4))


def by_scikit_learn(name: str, predictions: np.ndarray, labels: np.ndarray) -> dict[str, float]:
    """The same by scikit-learn and numpy."""
    if name == "amsdff_mosi":
        return {
            "mae": sk.mean_absolute_error(labels, predictions),
            "corr": np.corrcoef(labels, predictions)[0, 1],
            "accuracy_2_has0": sk.accuracy_score(labels >= 0, predictions >= 0),
            "accuracy_7": sk.accuracy_score(np.clip(labels, -3, 3).round(), np.clip(predictions, -3, 3).round()),
        }
    if name == "amsdff_multilabel":
        decided = predictions >= 0.5
        return {
            "accuracy": sk.accuracy_score(labels, decided),
            "label_accuracy": 1 - sk.hamming_loss(labels, decided),
            "micro_f1": sk.f1_score(labels, decided, average="micro"),
            "macro_f1": sk.f1_score(labels, decided, average="macro"),
            "samples_f1": sk.f1_score(labels, decided, average="samples", zero_division=0),
            "roc_auc": sk.roc_auc_score(labels, predictions, average="macro"),
        }
    decided = predictions.argmax(axis=-1)
    return {
        "accuracy": sk.accuracy_score(labels, decided),
        "balanced_accuracy": sk.balanced_accuracy_score(labels, decided),
        "macro_f1": sk.f1_score(labels, decided, average="macro"),
        "weighted_f1": sk.f1_score(labels, decided, average="weighted"),
        "matthews_correlation": sk.matthews_corrcoef(labels, decided),
        "roc_auc": sk.roc_auc_score(labels, predictions, multi_class="ovr"),
        "calibration_error": expected_calibration_error(predictions, labels),
    }


def expected_calibration_error(scores: np.ndarray, labels: np.ndarray) -> float:
    """Guo et al. 2017, text by text."""
    bins: dict[int, list] = {}
    for row, label in zip(scores, labels, strict=True):
        bins.setdefault(min(int(row.max() * 15), 14), []).append((row.max(), row.argmax() == label))
    gaps = [abs(sum(c for c, _ in found) - sum(right for _, right in found)) for found in bins.values()]
    return sum(gaps) / len(labels)


def test_folders_load_offline_and_agree_with_scikit_learn(name, tmp_path):
    predictions, labels = examples(name)
    metric = evaluate.load(save_evaluate_module(name, tmp_path), cache_dir=str(tmp_path / "cache"))
    found = metric.compute(predictions=predictions.tolist(), references=labels.tolist())
    for key, value in by_scikit_learn(name, predictions, labels).items():
        assert found[key] == pytest.approx(value, abs=1e-12), key
    assert {"app.py", "README.md", "requirements.txt", f"{name}.py"} < {
        path.name for path in (tmp_path / name).iterdir()
    }


def test_names_load_from_the_hub(on_hub, tmp_path):
    code = """
import json
import evaluate
from amsdff_hf.hub import EVALUATE_MODULES, push_evaluate_module
from tests.hub.test_evaluate_spaces import examples
found = {}
for name in EVALUATE_MODULES:
    push_evaluate_module(name, f"org/{name}")
    predictions, labels = examples(name)
    metric = evaluate.load(f"org/{name}")
    found[name] = metric.compute(predictions=predictions.tolist(), references=labels.tolist())
print(json.dumps(found))
"""
    loaded = json.loads(on_hub("-c", code).stdout.splitlines()[-1])
    for name, found in loaded.items():
        metric = evaluate.load(save_evaluate_module(name, tmp_path), cache_dir=str(tmp_path / "cache"))
        predictions, labels = examples(name)
        assert found == metric.compute(predictions=predictions.tolist(), references=labels.tolist())


def test_names_that_cannot_work_are_refused(tmp_path):
    with pytest.raises(ValueError, match="There is no metric 'accuracy'"):
        save_evaluate_module("accuracy", tmp_path)
    with pytest.raises(ValueError, match="name the Space 'amsdff_mosi'"):
        push_evaluate_module("amsdff_mosi", "org/mosi")
