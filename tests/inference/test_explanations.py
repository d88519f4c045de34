import copy

import pytest
import torch

from amsdff_hf import AmsdffConfig, AmsdffModel, CnnBilstmConfig, PyramidGraphConfig, explain
from tests.conftest import random_model


TEXT = "The films, actors and a plot."


@pytest.fixture
def model(bert_config):
    return random_model(AmsdffConfig(backbone_config=bert_config, labels=["bad", "good"], num_experts=2))


def test_word_pieces_are_merged_and_weights_add_up(model, tokenizer):
    explanation = explain(model, tokenizer, TEXT)[0]
    assert [word.word for word in explanation.words] == ["The", "films", ",", "actors", "and", "a", "plot", "."]
    assert all(TEXT[word.start : word.end] == word.word for word in explanation.words)
    total = sum(word.weight for word in explanation.words) + explanation.special_tokens_weight
    assert total == pytest.approx(1, abs=1e-5)
    encoded = tokenizer(TEXT, return_tensors="pt")
    weights = model(**encoded, return_explanations=True).token_weights[0]
    films = [i for i, word in enumerate(encoded.word_ids()) if word == 1]
    assert len(films) == 2
    assert explanation.words[1].weight == pytest.approx(weights[films].sum().item(), abs=1e-6)


def test_scores_gates_and_scales(model, tokenizer):
    explanation = explain(model, tokenizer, TEXT)[0]
    logits = model(**tokenizer(TEXT, return_tensors="pt")).logits
    assert list(explanation.scores) == ["bad", "good"]
    assert list(explanation.scores.values()) == pytest.approx(logits.softmax(-1)[0].tolist())
    assert explanation.label == ["bad", "good"][logits.argmax()]
    assert len(explanation.expert_gates) == 2
    assert sum(explanation.expert_gates) == pytest.approx(1)
    assert list(explanation.scale_weights) == [1, 3, 5]


def test_a_single_expert_has_no_gate_to_show(bert_config, tokenizer):
    model = random_model(AmsdffConfig(backbone_config=bert_config))
    assert model(**tokenizer(TEXT, return_tensors="pt"), return_explanations=True).expert_gates.tolist() == [[1]]
    assert explain(model, tokenizer, TEXT)[0].expert_gates == ()


@pytest.fixture
def graph_model(bert_config):
    return random_model(PyramidGraphConfig(backbone_config=bert_config, labels=["bad", "good"], num_neighbors=2))


def test_levels_and_graph(graph_model, tokenizer):
    explanation = explain(graph_model, tokenizer, [TEXT, "good"])[1]
    assert sum(explanation.level_weights.values()) == pytest.approx(1)
    assert list(explanation.level_weights) == [1, 2]
    nodes = explanation.graph.nodes
    assert [node.text for node in nodes] == ["[CLS]", "good", "[SEP]", "[CLS] good", "[SEP]", "[CLS] good [SEP]"]
    assert [node.span for node in nodes] == [1, 1, 1, 2, 2, 4]
    assert [node.num_tokens for node in nodes] == [1, 1, 1, 2, 1, 3]
    assert sum(node.weight for node in nodes) == pytest.approx(1)
    weights = [edge.weight for edge in explanation.graph.edges]
    assert weights == sorted(weights, reverse=True)
    assert all(edge.target != edge.source and 0 < edge.weight < 1 for edge in explanation.graph.edges)
    assert all(0 <= edge.source < 6 and 0 <= edge.target < 6 for edge in explanation.graph.edges)
    assert sum(word.weight for word in explanation.words) + explanation.special_tokens_weight == pytest.approx(1)


@pytest.mark.parametrize("side", ["left", "right"])
def test_a_graph_does_not_depend_on_the_batch(graph_model, tokenizer, side):
    tokenizer = type(tokenizer)(**{**tokenizer.init_kwargs, "tokenizer_object": tokenizer.backend_tokenizer})
    tokenizer.padding_side = side
    alone = explain(graph_model, tokenizer, TEXT)[0].graph
    together = explain(graph_model, tokenizer, [TEXT, "the film was good " * 5])[0].graph
    assert [node.text for node in together.nodes] == [node.text for node in alone.nodes]
    assert [node.weight for node in together.nodes] == pytest.approx([node.weight for node in alone.nodes], abs=1e-4)


def test_batches_do_not_change_an_explanation(model, tokenizer):
    texts = [TEXT, "good", "the the the the"]
    together = explain(model, tokenizer, texts, batch_size=2)
    for text, explanation in zip(texts, together, strict=True):
        alone = explain(model, tokenizer, text)[0]
        assert [w.weight for w in explanation.words] == pytest.approx([w.weight for w in alone.words], abs=1e-5)


def test_pairs_know_which_text_a_word_is_from(model, tokenizer):
    explanation = explain(model, tokenizer, [("good film", "bad book")])[0]
    assert [(word.word, word.text_index) for word in explanation.words] == [
        ("good", 0),
        ("film", 0),
        ("bad", 1),
        ("book", 1),
    ]


def test_long_texts_are_cut_and_say_so(model, tokenizer):
    tokenizer = type(tokenizer)(**{**tokenizer.init_kwargs, "tokenizer_object": tokenizer.backend_tokenizer})
    tokenizer.model_max_length = 64
    long, short = explain(model, tokenizer, ["the " * 100, "the"])
    assert long.truncated
    assert len(long.words) == 62
    assert not short.truncated


def test_problem_types(bert_config, tokenizer):
    for problem_type, check in {
        "multi_label_classification": lambda s, z: s == pytest.approx(z.sigmoid().tolist()),
        "regression": lambda s, z: s == pytest.approx(z.tolist()),
    }.items():
        model = random_model(AmsdffConfig(backbone_config=bert_config, problem_type=problem_type, num_labels=3))
        logits = model(**tokenizer(TEXT, return_tensors="pt")).logits[0]
        assert check(list(explain(model, tokenizer, TEXT)[0].scores.values()), logits)


def test_one_pair_is_a_tuple_and_anything_else_is_refused(model, tokenizer):
    (explanation,) = explain(model, tokenizer, ("good film", "bad book"))
    assert explanation.texts == ("good film", "bad book")
    assert explain(model, tokenizer, []) == []
    for wrong in (None, [None], ["a", ("b", "c")], [("a", "b", "c")], 3):
        with pytest.raises(TypeError, match="needs a text, a list of texts, a pair"):
            explain(model, tokenizer, wrong)


def test_empty_texts_have_no_words(model, tokenizer):
    explanation = explain(model, tokenizer, "")[0]
    assert explanation.words == ()
    assert explanation.special_tokens_weight == pytest.approx(1)


def test_texts_are_cut_at_the_positions_of_the_model(model, tokenizer):
    assert tokenizer.model_max_length > 10**9
    assert len(explain(model, tokenizer, "the " * 100)[0].words) == 62


def test_the_mode_of_the_model_is_kept(model, tokenizer, monkeypatch):
    model.train()
    explain(model, tokenizer, TEXT)
    assert model.training
    monkeypatch.setattr(model, "forward", lambda **kwargs: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        explain(model, tokenizer, TEXT)
    assert model.training


def test_other_models_and_slow_tokenizers_are_refused(model, tokenizer, bert_config):
    from transformers import BertForSequenceClassification

    with pytest.raises(TypeError, match="needs a classifier of this package .amccl, amsdff, .*, got AmsdffModel"):
        explain(AmsdffModel(model.config), tokenizer, TEXT)
    with pytest.raises(TypeError, match="of this package .amccl, amsdff, .*, got BertForSequenceClass"):
        explain(BertForSequenceClassification(bert_config), tokenizer, TEXT)

    class SlowTokenizer:
        is_fast = False

    with pytest.raises(TypeError, match="needs a fast tokenizer.*SlowTokenizer"):
        explain(model, SlowTokenizer(), TEXT)
    assert torch.is_grad_enabled()


def test_pairs_show_the_share_of_each_text_and_need_numbered_texts(tokenizer, bert_config):
    config = CnnBilstmConfig(backbone_config=bert_config, labels=["bad", "good"], text_pairs=True)
    model = random_model(config)
    explanation = explain(model, tokenizer, ("good", TEXT))[0]
    assert sum(explanation.field_weights) == pytest.approx(1)
    by_text = [sum(word.weight for word in explanation.words if word.text_index == index) for index in range(2)]
    assert 0 < by_text[0] < explanation.field_weights[0]
    assert 0 < by_text[1] < explanation.field_weights[1]
    with pytest.raises(ValueError, match="was trained on pairs of texts, but got single texts"):
        explain(model, tokenizer, TEXT)
    unnumbered = copy.deepcopy(tokenizer)
    unnumbered.model_input_names = ["input_ids", "attention_mask"]
    with pytest.raises(ValueError, match=r"does not number them: pass `amsdff_hf.data.number_texts\(tokenizer\)`"):
        explain(model, unnumbered, ("good", TEXT))
    model.config.text_pairs = False
    with pytest.raises(ValueError, match="was trained on single texts, but got pairs of texts"):
        explain(model, tokenizer, ("good", TEXT))
