import json

import pytest

from amsdff_hf import AmsdffForSequenceClassification
from tests.conftest import ROOT
from tests.examples.test_run_classification import frame


SCRIPT = ROOT / "examples" / "export_onnx.py"


@pytest.fixture
def classifier_folder(bert_folder, tokenizer, tmp_path):
    model = AmsdffForSequenceClassification.from_backbone(bert_folder, labels=["bad", "good"])
    model.save_pretrained(tmp_path / "model")
    tokenizer.save_pretrained(tmp_path / "model")
    return tmp_path / "model"


def test_report_of_all_forms(classifier_folder, run_python, tmp_path):
    frame(20).replace({"label": {0: "bad", 1: "good"}}).to_csv(tmp_path / "test.csv", index=False)
    done = run_python(SCRIPT, classifier_folder, "--test_file", "test.csv", "--output_dir", "onnx", "--num_threads", 1)
    report = json.loads((tmp_path / "onnx" / "report.json").read_text())
    assert list(report) == ["PyTorch float32", "ONNX float32", "ONNX int8"]
    exact = report["ONNX float32"]
    assert exact["largest difference"] <= 1e-5
    assert exact["same labels"] == 1
    assert exact["accuracy"] == report["PyTorch float32"]["accuracy"]
    assert report["ONNX int8"]["megabytes"] < exact["megabytes"]
    assert (tmp_path / "onnx" / "model_int8.onnx").exists()
    assert "ms per text" in done.stdout

    failed = run_python(SCRIPT, classifier_folder, "--test_file", "test.txt", "--output_dir", "onnx", check=False)
    assert failed.stderr.splitlines()[-1].startswith("error: --test_file must end in .csv")
