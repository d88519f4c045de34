"""What the page does with texts and files; the page itself is looked at by test_app_in_browser.py."""

import csv
import runpy

import pytest
import torch
from transformers import AutoModelForSequenceClassification, AutoTokenizer

from amsdff_hf import CnnBilstmConfig, CnnBilstmForSequenceClassification
from amsdff_hf.data import number_texts
from tests.conftest import BACKBONE_CONFIGS, ROOT, make_tokenizer, random_model


APP = runpy.run_path(str(ROOT / "examples" / "app.py"))
BadInputError = APP["BadInputError"]


@pytest.fixture(scope="module")
def classifier(bert_folder):
    from amsdff_hf import AmsdffForSequenceClassification

    torch.manual_seed(0)
    model = AmsdffForSequenceClassification.from_backbone(bert_folder, labels=["bad", "good"], num_experts=2).eval()
    return APP["Classifier"](model, AutoTokenizer.from_pretrained(bert_folder))


def test_one_text_has_scores_words_and_gates(classifier):
    scores, words, inside = classifier.classify("a good film")
    assert sum(scores.values()) == pytest.approx(1, abs=1e-5)
    assert set(scores) == {"bad", "good"}
    assert words.count("<span") == 3
    assert [name for name, _ in inside if name.startswith("expert")]
    assert inside[-1][1].endswith("%")


def test_other_classifiers_have_scores(bert_folder):
    torch.manual_seed(0)
    plain = AutoModelForSequenceClassification.from_pretrained(bert_folder, num_labels=3).eval()
    scores, words, inside = APP["Classifier"](plain, AutoTokenizer.from_pretrained(bert_folder)).classify("good film")
    assert len(scores) == 3
    assert (words, inside) == ("", [])


def test_pairs_need_both_texts():
    config = CnnBilstmConfig(backbone_config=BACKBONE_CONFIGS["bert"](), labels=["a", "b"], text_pairs=True)
    assert issubclass(CnnBilstmForSequenceClassification, type(random_model(config)))
    pairs = APP["Classifier"](random_model(config), number_texts(make_tokenizer()))
    _, words, inside = pairs.classify("a good film", "a bad plot")
    assert words.count("<p dir") == 2
    assert [name for name, _ in inside] == ["first text", "second text"]
    with pytest.raises(BadInputError, match="Type both texts"):
        pairs.classify("a good film", " ")


def test_files_come_back_with_every_row(classifier, tmp_path):
    path = tmp_path / "texts.csv"
    path.write_text("id,text\n" + "".join(f'{row},"a good, film"\n' for row in range(130)), encoding="utf-8-sig")
    done = []
    shown, written = APP["classify_file"](classifier, str(path), ["text"], done.append)
    assert done == [64 / 130, 128 / 130, 1.0]
    with open(written, encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    assert shown == rows[:21]
    assert rows[0] == ["prediction", "score_bad", "score_good", "text"]
    assert len(rows) == 131
    assert rows[1][0] == ("bad" if float(rows[1][1]) > 0.5 else "good")
    assert rows[1][3] == "a good, film"


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "There are no rows"),
        (b"text\n", "There are no rows"),
        (b"body\nx\n", "has no column 'text'; it has body"),
        (b"text\nfine\n \n", "Line 3 has nothing in the column 'text'"),
        (b"text\n" + b"x\n" * 10_001, "has 10,001 rows; at most 10,000"),
        ("text\nmüde\n".encode("latin-1"), "no CSV file in UTF-8"),
        (b'text\n"unclosed\n', "no CSV file in UTF-8"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "no CSV file in UTF-8"),
    ],
)
def test_bad_files_are_answered_with_a_sentence(tmp_path, content, sentence):
    (tmp_path / "bad.csv").write_bytes(content)
    with pytest.raises(BadInputError, match=sentence):
        APP["read_columns"](str(tmp_path / "bad.csv"), ["text"])


@pytest.mark.parametrize(
    ("text", "sentence"), [("", "Type a text"), (None, "Type a text"), ("x" * 100_001, "100,000")]
)
def test_bad_texts_are_answered_with_a_sentence(classifier, text, sentence):
    with pytest.raises(BadInputError, match=sentence):
        classifier.classify(text)
