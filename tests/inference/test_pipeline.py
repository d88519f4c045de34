import pytest
import torch
from datasets import Dataset
from transformers import AutoModel, CanineTokenizer, pipeline
from transformers.pipelines.pt_utils import KeyDataset

from amsdff_hf import AmsdffConfig, ThresholdPipeline
from tests.conftest import make_tokenizer, random_model
from tests.sweep.tiny_configs import tiny_config


TEXTS = ["good film", "a bad plot and a poor actor.", "the bank", "team", "share price"]
LONG = "good film " * 50


@pytest.fixture
def saved(config_class, bert_config, tmp_path):
    """Return a function that saves a model with these fields of the config, and gives model, tokenizer and folder."""

    def save(**fields):
        model = random_model(config_class(backbone_config=bert_config, **fields))
        tokenizer = make_tokenizer()
        tokenizer.model_max_length = 64
        model.save_pretrained(tmp_path)
        tokenizer.save_pretrained(tmp_path)
        return model, tokenizer, str(tmp_path)

    return save


def scores(model, tokenizer, function, *texts):
    """What the pipeline has to answer for one text or pair: label -> score."""
    with torch.no_grad():
        values = function(model(**tokenizer(*texts, return_tensors="pt")).logits[0]).tolist()
    return pytest.approx(dict(zip(model.config.labels, values)), abs=1e-6)


def as_dict(answer):
    return {row["label"]: row["score"] for row in answer}


# --- transformers' own pipelines ---------------------------------------------------------------------------------


def test_single_labels_pairs_and_top_k(saved):
    model, tokenizer, folder = saved(labels=["no", "perhaps", "yes"])
    classifier = pipeline("text-classification", model=folder)
    softmax = torch.nn.Softmax(dim=-1)
    assert as_dict(classifier(TEXTS[0], top_k=None)) == scores(model, tokenizer, softmax, TEXTS[0])
    pair = {"text": TEXTS[0], "text_pair": TEXTS[1]}
    assert as_dict(classifier(pair, top_k=None)) == scores(model, tokenizer, softmax, *pair.values())
    ranked = classifier(TEXTS[0], top_k=None)
    assert classifier(TEXTS[0], top_k=2) == ranked[:2]
    assert classifier(TEXTS[0]) == ranked[:1]


@pytest.mark.parametrize(
    ("name", "function"),
    [("none", torch.nn.Identity()), ("sigmoid", torch.sigmoid), ("softmax", torch.nn.Softmax(-1))],
)
def test_function_to_apply(saved, name, function):
    model, tokenizer, folder = saved(labels=["no", "perhaps", "yes"])
    answer = pipeline("text-classification", model=folder)(TEXTS[1], top_k=None, function_to_apply=name)
    assert as_dict(answer) == scores(model, tokenizer, function, TEXTS[1])


@pytest.mark.parametrize(
    ("fields", "function"),
    [
        ({"labels": ["a", "b", "c"], "problem_type": "multi_label_classification"}, torch.sigmoid),
        ({"num_labels": 1, "problem_type": "regression"}, torch.nn.Identity()),
    ],
)
def test_multi_label_and_regression(saved, fields, function):
    model, tokenizer, folder = saved(**fields)
    answer = pipeline("text-classification", model=folder)(TEXTS[1], top_k=None)
    assert as_dict(answer) == scores(model, tokenizer, function, TEXTS[1])


@pytest.mark.parametrize("padding_side", ["left", "right"])
def test_batches_and_iterators_give_what_single_texts_give(saved, padding_side):
    _, _, folder = saved(labels=["no", "yes"])
    classifier = pipeline("text-classification", model=folder)
    expected = [classifier(text)[0] for text in TEXTS]
    classifier.tokenizer.padding_side = padding_side
    column = Dataset.from_dict({"text": TEXTS})
    for inputs in (TEXTS, KeyDataset(column, "text"), (text for text in column["text"])):
        answers = list(classifier(inputs, batch_size=2))
        assert [answer["label"] for answer in answers] == [answer["label"] for answer in expected]
        assert [answer["score"] for answer in answers] == pytest.approx([a["score"] for a in expected], abs=1e-6)


def test_zero_shot_classification(saved):
    model, tokenizer, folder = saved(labels=["entailment", "neutral", "contradiction"])
    classifier = pipeline("zero-shot-classification", model=folder)
    answer = classifier(TEXTS[0], ["film", "sport"], hypothesis_template="the {}", multi_label=True)
    for label, score in zip(answer["labels"], answer["scores"]):
        with torch.no_grad():
            logits = model(**tokenizer(TEXTS[0], f"the {label}", return_tensors="pt")).logits[0]
        assert score == pytest.approx(logits[[2, 0]].softmax(-1)[1].item(), abs=1e-6)


def test_feature_extraction(saved):
    _, tokenizer, folder = saved()
    features = torch.tensor(pipeline("feature-extraction", model=folder)(TEXTS[0])[0])
    with torch.no_grad():
        expected = AutoModel.from_pretrained(folder).eval()(**tokenizer(TEXTS[0], return_tensors="pt"))
    torch.testing.assert_close(features, expected.last_hidden_state[0])


def test_the_saved_tokenizer_knows_where_to_cut(saved):
    model, tokenizer, folder = saved()
    classifier = pipeline("text-classification", model=folder)
    with pytest.raises(ValueError, match="A text has 102 tokens, .* positions for 64: .*truncation=True"):
        classifier(LONG)
    assert as_dict(classifier(LONG, top_k=None, truncation=True)) == scores(
        model, tokenizer, torch.nn.Softmax(-1), "good film " * 31
    )


# --- the pipeline of this package --------------------------------------------------------------------------------


def test_labels_whose_score_reaches_their_threshold(saved):
    labels = ["a", "b", "c"]
    _, _, folder = saved(labels=labels, problem_type="multi_label_classification", thresholds=[0.05, 1.0, 0.05])
    classifier = pipeline("text-classification", model=folder, pipeline_class=ThresholdPipeline)
    ranked = classifier(TEXTS[0], top_k=None)
    assert len(ranked) == 3
    chosen = [row for row in ranked if row["label"] != "b"]
    assert classifier(TEXTS[0]) == chosen
    assert list(classifier(TEXTS[:1], batch_size=2)) == [chosen]
    assert classifier(TEXTS[0], top_k=1) == ranked[:1]
    assert len(classifier(TEXTS[0], top_k=None, function_to_apply="none")) == 3
    # Scores in another form are no probabilities, which thresholds could be compared with: all of them are given.
    raw = classifier(TEXTS[0], function_to_apply="none")
    assert raw == pipeline("text-classification", model=folder)(TEXTS[0], function_to_apply="none")
    classifier.model.config.thresholds = None
    assert classifier(TEXTS[0]) == [row for row in ranked if row["score"] >= 0.5]
    classifier.model.config.thresholds = [1.0, 1.0, 1.0]
    assert classifier(TEXTS[0]) == []


def test_single_labels_are_answered_as_by_transformers(saved):
    _, _, folder = saved(labels=["no", "yes"])
    stock = pipeline("text-classification", model=folder)
    ours = pipeline("text-classification", model=folder, pipeline_class=ThresholdPipeline)
    for inputs in (TEXTS[0], TEXTS, {"text": TEXTS[0], "text_pair": TEXTS[1]}):
        assert ours(inputs) == stock(inputs)


@pytest.mark.parametrize("tokenizer_limit", [16, 10**30])
def test_long_texts_are_cut_and_it_is_said_once(saved, tokenizer_limit, caplog):
    _, _, folder = saved(labels=["no", "yes"])
    classifier = pipeline("text-classification", model=folder, pipeline_class=ThresholdPipeline)
    classifier.tokenizer.model_max_length = tokenizer_limit
    longest = min(64, tokenizer_limit)
    classifier(TEXTS)
    assert not caplog.records
    answers = classifier([LONG, LONG])
    assert [record.getMessage() for record in caplog.records] == [
        f"A text is longer than {longest} tokens and was cut; further ones are cut without a warning."
    ]
    assert answers[0] == classifier("good film " * (longest // 2 - 1))[0]
    with pytest.raises(ValueError, match="A text has 102 tokens"):
        classifier(LONG, truncation=False)


def test_pairs_and_batches_are_decided_like_single_texts(saved):
    model, tokenizer, folder = saved(labels=["a", "b", "c"], problem_type="multi_label_classification")
    with torch.no_grad():
        logits = [model(**tokenizer(text, return_tensors="pt")).logits[0] for text in TEXTS]
    # Each label is decided for some texts and not for others.
    thresholds = torch.stack(logits).sigmoid().sort(dim=0).values[1:3].mean(dim=0).tolist()
    model.config.thresholds = thresholds
    model.save_pretrained(folder)
    classifier = pipeline("text-classification", model=folder, pipeline_class=ThresholdPipeline)
    singles = [classifier(text) for text in TEXTS]
    assert len({len(labels) for labels in singles}) > 1
    for inputs in (TEXTS, (text for text in TEXTS)):
        answers = list(classifier(inputs, batch_size=2))
        assert [[row["label"] for row in answer] for answer in answers] == [
            [row["label"] for row in answer] for answer in singles
        ]
    pair = {"text": TEXTS[0], "text_pair": TEXTS[1]}
    ranked = classifier(pair, top_k=None)
    chosen = {row["label"] for row in ranked if row["score"] >= thresholds["abc".index(row["label"])]}
    assert {row["label"] for row in classifier(pair)} == chosen


def test_slow_tokenizers_are_heard_too(tmp_path, caplog):
    config = AmsdffConfig(backbone_config=tiny_config("canine"), labels=["no", "yes"])
    tokenizer = CanineTokenizer(model_max_length=32)
    classifier = ThresholdPipeline(model=random_model(config), tokenizer=tokenizer)
    classifier("short")
    assert not caplog.records
    classifier("long " * 100)
    assert ["A text is longer than 32 tokens" in record.getMessage() for record in caplog.records] == [True]
