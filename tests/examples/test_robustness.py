import json

from transformers import AutoModelForSequenceClassification

from amsdff_hf import AmsdffForSequenceClassification, PyramidGraphForSequenceClassification
from tests.conftest import ROOT
from tests.examples.test_run_classification import frame


SCRIPT = ROOT / "examples" / "robustness.py"


def test_all_architectures_in_one_table(run_python, tmp_path, bert_folder, tokenizer):
    names = {0: "no", 1: "yes"}
    AutoModelForSequenceClassification.from_pretrained(bert_folder, id2label=names).save_pretrained(tmp_path / "plain")
    for name, model_class in {
        "amsdff": AmsdffForSequenceClassification,
        "pyramid": PyramidGraphForSequenceClassification,
    }.items():
        model_class.from_backbone(bert_folder, labels=["no", "yes"]).save_pretrained(tmp_path / name)
    for name in ("plain", "amsdff", "pyramid"):
        tokenizer.save_pretrained(tmp_path / name)
    frame(20).replace({"label": names}).to_csv(tmp_path / "test.csv", index=False)
    wanted = ("--perturbations", "clean", "typos 20%")
    done = run_python(SCRIPT, "plain", "amsdff", "pyramid", "--test_file", "test.csv", "--output_dir", "out", *wanted)
    table = [line.split() for line in done.stdout.splitlines()]
    assert ["texts", "model", "accuracy", "macro_f1", "roc_auc", "macro_precision"] in table
    results = json.loads((tmp_path / "out" / "robustness.json").read_text())
    assert list(results) == ["plain", "amsdff", "pyramid"]
    assert all(list(scores) == ["clean", "typos 20%"] for scores in results.values())
    assert 0 <= results["pyramid"]["clean"]["accuracy"] <= 1
    assert (tmp_path / "out" / "robustness.png").read_bytes().startswith(b"\x89PNG")


def test_texts_without_labels_are_refused(run_python, tmp_path, bert_folder, tokenizer):
    AmsdffForSequenceClassification.from_backbone(bert_folder, labels=["no", "yes"]).save_pretrained(tmp_path / "a")
    tokenizer.save_pretrained(tmp_path / "a")
    frame(4)[["text"]].to_csv(tmp_path / "test.csv", index=False)
    done = run_python(SCRIPT, "a", "--test_file", "test.csv", "--output_dir", "out", check=False)
    assert "test.csv has no labels to compare with" in done.stderr
    assert not (tmp_path / "out").exists()
