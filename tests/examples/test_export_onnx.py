import json

import pandas as pd
import pytest

from amsdff_hf import AmsdffForSequenceClassification
from tests.conftest import ROOT, make_tokenizer
from tests.examples.test_run_classification import frame


SCRIPT = ROOT / "examples" / "export_onnx.py"


@pytest.fixture
def classifier_folder(bert_folder, tokenizer, tmp_path):
    model = AmsdffForSequenceClassification.from_backbone(bert_folder, labels=["bad", "good"])
    model.save_pretrained(tmp_path / "model")
    tokenizer.save_pretrained(tmp_path / "model")
    return tmp_path / "model"


@pytest.mark.slow
def test_report_of_all_forms(classifier_folder, run_python, tmp_path):
    frame(20).replace({"label": {0: "bad", 1: "good"}}).to_csv(tmp_path / "test.csv", index=False)
    done = run_python(SCRIPT, classifier_folder, "--test_file", "test.csv", "--output_dir", "onnx", "--num_threads", 1)
    report = json.loads((tmp_path / "onnx" / "report.json").read_text())
    assert list(report) == ["PyTorch float32", "ONNX float32", "ONNX fused", "ONNX int8"]
    for exact in (report["ONNX float32"], report["ONNX fused"]):
        assert exact["largest difference"] <= 1e-5
        assert exact["same labels"] == 1
        assert exact["accuracy"] == report["PyTorch float32"]["accuracy"]
    assert report["ONNX int8"]["megabytes"] < exact["megabytes"]
    assert (tmp_path / "onnx" / "model_int8.onnx").exists()
    assert "ms per text" in done.stdout

    failed = run_python(SCRIPT, classifier_folder, "--test_file", "test.txt", "--output_dir", "onnx", check=False)
    assert failed.stderr.splitlines()[-1].startswith("error: There is no file 'test.txt'")
    frame(20).replace({"label": {0: "bad", 1: "fine"}}).to_csv(tmp_path / "test.csv", index=False)
    failed = run_python(SCRIPT, classifier_folder, "--test_file", "test.csv", "--output_dir", "onnx", check=False)
    assert "'fine'" in failed.stderr.splitlines()[-1]
    pd.DataFrame({"text": ["good", ""]}).to_csv(tmp_path / "test.csv", index=False)
    failed = run_python(SCRIPT, classifier_folder, "--test_file", "test.csv", "--output_dir", "onnx", check=False)
    assert "1 rows without text: rows 2" in failed.stderr.splitlines()[-1]
    failed = run_python(SCRIPT, "nowhere", "--test_file", "test.csv", "--output_dir", "onnx", check=False)
    assert failed.stderr.splitlines()[-1].startswith("error: 'nowhere' is neither")


def test_several_labels_and_cut_texts(bert_folder, run_python, tmp_path):
    settings = {"labels": ["bad", "good"], "problem_type": "multi_label_classification", "thresholds": [0.0, 1.0]}
    AmsdffForSequenceClassification.from_backbone(bert_folder, **settings).save_pretrained(tmp_path / "model")
    tokenizer = make_tokenizer()
    tokenizer.model_max_length = 16
    tokenizer.save_pretrained(tmp_path / "model")
    rows = [("good film", "bad;good"), ("a bad film " * 20, "bad"), ("the bank", "bad")]
    pd.DataFrame(rows, columns=["text", "label"]).to_csv(tmp_path / "test.csv", index=False)
    options = ("--test_file", "test.csv", "--output_dir", "onnx", "--num_threads", 1, "--label_delimiter", ";")
    done = run_python(SCRIPT, tmp_path / "model", *options)
    assert "3 texts, 1 of them cut" in done.stdout
    report = json.loads((tmp_path / "onnx" / "report.json").read_text())
    # The thresholds choose "bad" and never "good".
    assert report["ONNX float32"]["accuracy"] == pytest.approx(2 / 3)
    assert "same labels" not in report["ONNX float32"]
