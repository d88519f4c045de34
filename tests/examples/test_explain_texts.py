import pytest
from transformers import BertForSequenceClassification

from amsdff_hf import AmsdffConfig
from tests.conftest import ROOT, random_model


@pytest.fixture
def folder(bert_config, tokenizer, tmp_path):
    return save(AmsdffConfig(backbone_config=bert_config, labels=["bad", "good"]), tokenizer, tmp_path / "model")


def save(config, tokenizer, folder):
    random_model(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


SCRIPT = ROOT / "examples" / "explain_texts.py"


def test_pictures_page_and_predictions(run_python, folder, tmp_path):
    done = run_python(SCRIPT, folder, "the film was good", "a poor book", "--output_dir", "explained")
    assert done.stdout.count("words that counted: ") == 2
    written = {path.name for path in (tmp_path / "explained").iterdir()}
    assert written == {"explanation_1.png", "explanation_2.png", "explanations.html"}
    assert (tmp_path / "explained" / "explanations.html").read_text().count("amsdff-explanation") == 2


def test_several_labels_by_their_thresholds(run_python, bert_config, tokenizer, tmp_path):
    settings = {"problem_type": "multi_label_classification", "thresholds": [0.0, 1.0, 0.0]}
    config = AmsdffConfig(backbone_config=bert_config, labels=["a", "b", "c"], **settings)
    done = run_python(SCRIPT, save(config, tokenizer, tmp_path / "model"), "the film was good")
    predicted = next(line for line in done.stdout.splitlines() if "predicted: " in line)
    assert "a (" in predicted
    assert "b (" not in predicted
    assert "c (" in predicted


def test_what_cannot_be_explained_is_named(run_python, bert_folder, tokenizer, tmp_path):
    BertForSequenceClassification.from_pretrained(bert_folder).save_pretrained(tmp_path / "plain")
    tokenizer.save_pretrained(tmp_path / "plain")
    messages = {
        "nowhere": "'nowhere'",
        bert_folder: "is no trained classifier",
        "plain": "needs a classifier of this package",
    }
    for model, message in messages.items():
        failed = run_python(SCRIPT, model, "a text", check=False)
        assert failed.stderr.splitlines()[-1].startswith("error: ")
        assert message in failed.stderr.splitlines()[-1]
