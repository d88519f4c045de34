import itertools
import logging
import threading

import numpy as np
import pytest
import torch
from datasets import Dataset
from tokenizers import pre_tokenizers
from transformers import AutoModelForSequenceClassification, pipeline

from amsdff_hf import AmsdffConfig, score
from amsdff_hf.inference import OnnxClassifier, export_onnx, score_columns
from tests.conftest import BACKBONE_CONFIGS, WORDS, make_tokenizer, random_model


TEXTS = ["good film", "a bad plot and a poor actor.", "", "the bank", "team", "share price is very good"]


@pytest.fixture
def model(bert_config):
    return random_model(AmsdffConfig(backbone_config=bert_config, labels=["a", "b", "c"]))


@pytest.fixture
def short_tokenizer():
    tokenizer = make_tokenizer()
    tokenizer.model_max_length = 64
    return tokenizer


def random_texts(count, longest=40):
    generator = np.random.default_rng(0)
    return [" ".join(generator.choice(WORDS, generator.integers(1, longest))) for _ in range(count)]


def test_scores_are_those_of_the_pipeline_in_the_order_of_the_texts(config_class, bert_config, short_tokenizer):
    model = random_model(config_class(backbone_config=bert_config, labels=["a", "b", "c"]))
    texts = random_texts(50)
    classify = pipeline("text-classification", model=model, tokenizer=short_tokenizer, top_k=None)
    expected = [[{row["label"]: row["score"] for row in answer}[name] for name in "abc"] for answer in classify(texts)]
    found = list(score(texts, model, short_tokenizer, tokens_per_batch=100, window=16))
    assert {len(values) for values in found} == {3}
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_texts_beyond_a_window_are_read_to_the_end_by_score_and_pipeline(config_class, bert_config):
    fields = {"long_text": "window", "window_length": 16, "window_overlap": 4}
    model = random_model(config_class(backbone_config=bert_config, labels=["a", "b", "c"], **fields))
    tokenizer = make_tokenizer()
    texts = [
        *random_texts(4),
        " ".join(random_texts(9, longest=60)),
        "good film " * 60,
        "good film " * 60 + "bad team",
    ]
    classify = pipeline("text-classification", model=model, tokenizer=tokenizer, top_k=None)
    expected = [[{row["label"]: row["score"] for row in answer}[name] for name in "abc"] for answer in classify(texts)]
    found = list(score(texts, model, tokenizer))
    np.testing.assert_allclose(found, expected, atol=1e-5)
    assert np.abs(found[-1] - found[-2]).max() > 1e-4


@pytest.mark.parametrize("name", ["bert", "llama"])
def test_plain_models_of_transformers_are_scored_too(name, short_tokenizer):
    torch.manual_seed(0)
    model = AutoModelForSequenceClassification.from_config(BACKBONE_CONFIGS[name]()).eval()
    texts = random_texts(10)
    with torch.no_grad():
        single = [model(**short_tokenizer(text, return_tensors="pt")).logits.softmax(-1)[0] for text in texts]
    np.testing.assert_allclose(list(score(texts, model, short_tokenizer)), torch.stack(single), atol=1e-5)


def test_pairs_are_read_as_tuples_and_as_the_pipeline_takes_them(model, short_tokenizer):
    with torch.no_grad():
        expected = model(**short_tokenizer("good", "the film", return_tensors="pt")).logits.softmax(-1)[0]
    for text in (("good", "the film"), {"text": "good", "text_pair": "the film"}):
        np.testing.assert_allclose(next(score([text], model, short_tokenizer)), expected, atol=1e-6)
    for window in (1, 8):
        with pytest.raises(TypeError, match="Some texts are pairs and some are not"):
            list(score(["good", ("good", "film")], model, short_tokenizer, window=window))
    for single in ("good film", {"text": "good film"}):
        with pytest.raises(TypeError, match="`texts` is a single text, .*good film.*: put it into a list"):
            score(single, model, short_tokenizer)


def test_plain_decoders_find_the_last_token_by_the_padding_of_the_model(short_tokenizer):
    torch.manual_seed(0)
    model = AutoModelForSequenceClassification.from_config(BACKBONE_CONFIGS["llama"]()).eval()
    model.config.pad_token_id = 1
    short_tokenizer.pad_token = None
    alone = next(score(["film"], model, short_tokenizer))
    np.testing.assert_allclose(next(score(["film", "a bad plot and actor"], model, short_tokenizer)), alone, atol=1e-6)
    model.config.pad_token_id = None
    with pytest.raises(ValueError, match="Neither the tokenizer nor the model has a padding token"):
        score(["film"], model, short_tokenizer)


def test_columns_are_texts_or_pairs(model, short_tokenizer):
    first, second = ["good", "the bank"], ["the film", "share price"]
    expected = list(score(first, model, short_tokenizer))
    np.testing.assert_array_equal(score_columns([first], model, short_tokenizer), expected)
    expected = list(score(list(zip(first, second)), model, short_tokenizer))
    np.testing.assert_array_equal(score_columns([first, second], model, short_tokenizer), expected)


def test_endless_streams_are_read_window_by_window(model, short_tokenizer):
    read = []

    def stream():
        for number in itertools.count():
            read.append(number)
            yield TEXTS[number % len(TEXTS)]

    scores = list(itertools.islice(score(stream(), model, short_tokenizer, window=8), 10))
    assert len(scores) == 10
    np.testing.assert_allclose(scores[6], scores[0], atol=1e-6)
    # The window at hand, the one before it, and the one that is tokenized meanwhile.
    assert len(read) <= 24


def test_the_end_of_a_line_is_no_part_of_its_text(model, short_tokenizer, tmp_path):
    short_tokenizer.backend_tokenizer.normalizer = None
    short_tokenizer.backend_tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    texts = ["good", "bad", "good"]
    assert len(short_tokenizer("good\n")["input_ids"]) > len(short_tokenizer("good")["input_ids"])
    (tmp_path / "texts.txt").write_text("\n".join(texts))
    with open(tmp_path / "texts.txt") as lines:
        found = list(score(lines, model, short_tokenizer))
    np.testing.assert_array_equal(found, list(score(texts, model, short_tokenizer)))


def test_nothing_in_nothing_out(model, short_tokenizer):
    assert list(score([], model, short_tokenizer)) == []


def test_batches_hold_no_more_tokens_than_asked_for(model, short_tokenizer):
    shapes = []
    model.backbone.register_forward_pre_hook(
        lambda *given: shapes.append(given[-1]["input_ids"].shape), with_kwargs=True
    )
    list(score(random_texts(60), model, short_tokenizer, tokens_per_batch=128))
    assert all(rows * length <= 128 for rows, length in shapes)
    # Texts of like length together: little is padding.
    tokens = sum(len(short_tokenizer(text)["input_ids"]) for text in random_texts(60))
    assert sum(rows * length for rows, length in shapes) < 1.2 * tokens


def test_multi_label_and_regression(bert_config, short_tokenizer):
    for problem_type, activation in (
        ("multi_label_classification", torch.sigmoid),
        ("regression", lambda logits: logits),
    ):
        model = random_model(AmsdffConfig(backbone_config=bert_config, num_labels=3, problem_type=problem_type))
        with torch.no_grad():
            expected = activation(model(**short_tokenizer("good film", return_tensors="pt")).logits)[0]
        np.testing.assert_allclose(next(score(["good film"], model, short_tokenizer)), expected, atol=1e-6)


def test_reduced_precision_leaves_the_model_alone(model, short_tokenizer):
    expected = list(score(TEXTS, model, short_tokenizer))
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    found = list(score(TEXTS, model, short_tokenizer, precision="bfloat16"))
    np.testing.assert_allclose(found, expected, atol=0.05)
    assert not np.array_equal(found, expected)
    assert all(torch.equal(tensor, before[name]) for name, tensor in model.state_dict().items())


def test_auto_says_what_it_chose(model, short_tokenizer, caplog):
    with caplog.at_level(logging.WARNING, "amsdff_hf"):
        list(score(TEXTS, model, short_tokenizer, precision="auto"))
    assert any("the fastest for this cpu" in record.message for record in caplog.records)


def test_cut_texts_are_mentioned_once(model, short_tokenizer, caplog):
    exact, longer = "film " * 62, "film " * 63
    for texts, times in (([exact] * 3, 0), ([exact, longer, longer, "film"] * 3, 1)):
        caplog.clear()
        list(score(texts, model, short_tokenizer, window=4))
        assert sum("longer than 64 tokens and was cut" in record.message for record in caplog.records) == times


def test_onnx_files_are_scored_by_the_same_function(model, short_tokenizer, tmp_path):
    pytest.importorskip("onnxruntime")
    pytest.importorskip("onnxscript")
    export_onnx(model, tmp_path / "model.onnx", token_types=True)
    texts = random_texts(10)
    found = list(score(texts, OnnxClassifier(tmp_path / "model.onnx"), short_tokenizer, tokens_per_batch=128))
    np.testing.assert_allclose(found, list(score(texts, model, short_tokenizer)), atol=1e-4)

    class InPairs(OnnxClassifier):
        """Computes a batch only while another one is computed too."""

        other = threading.Barrier(2, timeout=30)

        def __call__(self, encoded):
            self.other.wait()
            return super().__call__(encoded)

    parallel = InPairs(tmp_path / "model.onnx", num_threads=1, num_parallel=2)
    # Each text is a batch of its own.
    side_by_side = list(score(texts, parallel, short_tokenizer, tokens_per_batch=1, window=4))
    np.testing.assert_allclose(side_by_side, found, atol=1e-5)
    with pytest.raises(ValueError, match="trained for single_label_classification, and not for regression"):
        score(texts, parallel, short_tokenizer, problem_type="regression")
    export_onnx(model, tmp_path / "single.onnx")
    with pytest.raises(ValueError, match="does not read the token_type_ids of these pairs"):
        list(score([("good", "film")], OnnxClassifier(tmp_path / "single.onnx"), short_tokenizer))
    with pytest.raises(ValueError, match="`num_parallel` must be at least 1, got 0"):
        OnnxClassifier(tmp_path / "model.onnx", num_parallel=0)
    with pytest.raises(ValueError, match="own number format"):
        score(texts, OnnxClassifier(tmp_path / "model.onnx"), short_tokenizer, precision="bfloat16")


@pytest.mark.parametrize("kind", ["multi_label_classification", "regression"])
def test_an_onnx_file_knows_what_it_predicts(kind, bert_config, short_tokenizer, tmp_path):
    pytest.importorskip("onnxruntime")
    pytest.importorskip("onnxscript")
    labels = 3 if kind == "multi_label_classification" else 1
    # A single label is regression without being told.
    told = {} if labels == 1 else {"problem_type": kind}
    model = random_model(AmsdffConfig(backbone_config=bert_config, num_labels=labels, **told))
    export_onnx(model, tmp_path / "model.onnx", token_types=True)
    found = list(score(random_texts(5), OnnxClassifier(tmp_path / "model.onnx"), short_tokenizer))
    np.testing.assert_allclose(found, list(score(random_texts(5), model, short_tokenizer)), atol=1e-4)


@pytest.mark.parametrize(
    "wrong", [None, 3, ["good", "film"], ("good",), {"title": "good"}, {"text": "good", "pair": "film"}, ("good", 1)]
)
def test_what_is_no_text_is_named(model, short_tokenizer, wrong):
    with pytest.raises(TypeError, match="Text 5 is .*: write a string, a pair of strings as a tuple"):
        list(score([*["good"] * 5, wrong], model, short_tokenizer, window=3))


def test_a_stream_is_read_by_its_column(model, short_tokenizer):
    stream = Dataset.from_dict({"text": TEXTS, "label": [0] * len(TEXTS)}).to_iterable_dataset()
    np.testing.assert_array_equal(
        list(score(stream["text"], model, short_tokenizer)), list(score(TEXTS, model, short_tokenizer))
    )
    with pytest.raises(TypeError, match="of a data set or a stream, give the column"):
        list(score(stream, model, short_tokenizer))


def test_a_compiled_model_gives_the_same_scores(model, short_tokenizer, monkeypatch):
    compiled, compile_model = [], torch.compile
    monkeypatch.setattr(
        torch, "compile", lambda *args, **kwargs: compiled.append(args) or compile_model(*args, **kwargs)
    )
    # Without the minute, and the compiler of C++, that inductor takes.
    with torch.compiler.set_stance("force_eager"):
        found = list(score(TEXTS, model, short_tokenizer, compiled=True))
    assert compiled == [(model,)]
    np.testing.assert_array_equal(found, list(score(TEXTS, model, short_tokenizer)))


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"window": 0}, "`window` must be at least 1, got 0"),
        ({"max_length": 100}, "`max_length` 100 is more than the model has positions for, 64"),
        ({"precision": "int8"}, "`precision` must be auto, bfloat16, float16, float32 or None, got 'int8'"),
        ({"problem_type": "regression"}, "was trained for single_label_classification, and not for regression"),
    ],
)
def test_arguments_are_checked_before_anything_is_read(model, short_tokenizer, options, sentence):
    with pytest.raises(ValueError, match=sentence):
        score(TEXTS, model, short_tokenizer, **options)
