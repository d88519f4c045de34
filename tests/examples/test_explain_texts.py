import pytest

from amsdff_hf import AmsdffConfig
from tests.conftest import ROOT, random_model


@pytest.fixture
def folder(bert_config, tokenizer, tmp_path):
    random_model(AmsdffConfig(backbone_config=bert_config, labels=["bad", "good"])).save_pretrained(tmp_path / "model")
    tokenizer.save_pretrained(tmp_path / "model")
    return tmp_path / "model"


def test_pictures_page_and_predictions(run_python, folder, tmp_path):
    script = ROOT / "examples" / "explain_texts.py"
    done = run_python(script, folder, "the film was good", "a poor book", "--output_dir", "explained")
    assert done.stdout.count("words that counted: ") == 2
    written = {path.name for path in (tmp_path / "explained").iterdir()}
    assert written == {"explanation_1.png", "explanation_2.png", "explanations.html"}
    assert (tmp_path / "explained" / "explanations.html").read_text().count("amsdff-explanation") == 2
