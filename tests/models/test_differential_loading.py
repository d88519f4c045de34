import pytest
import torch
from transformers import AutoModel, AutoModelForSequenceClassification

from amsdff_hf import convert_to_differential_attention, load_differential_model
from tests.conftest import BACKBONE_CONFIGS, padded_texts, random_model


def converted(auto_class, config, form="query_twin"):
    torch.manual_seed(0)
    model = convert_to_differential_attention(auto_class.from_config(config).eval(), fraction=0.5, form=form)
    for name, parameter in model.named_parameters():
        if "differential" in name or "query" in name:
            parameter.data += torch.randn_like(parameter)
    return model


@pytest.mark.parametrize("form", ["query_twin", "row_sum", "dex", "v1", "v2"])
def test_a_saved_plain_model_gives_the_same_logits(bert_config, tmp_path, form):
    model = converted(AutoModelForSequenceClassification, bert_config, form)
    model.save_pretrained(tmp_path)
    loaded, report = load_differential_model(tmp_path, output_loading_info=True)
    assert not any(report[name] for name in ("missing_keys", "unexpected_keys", "mismatched_keys"))
    ids, mask = padded_texts()
    with torch.no_grad():
        assert torch.equal(loaded(ids, attention_mask=mask).logits, model(ids, attention_mask=mask).logits)


def test_what_is_loaded_can_be_saved_and_loaded_again(tmp_path):
    model = converted(AutoModel, BACKBONE_CONFIGS["llama"]())
    model.save_pretrained(tmp_path / "first")
    again = load_differential_model(tmp_path / "first", AutoModel)
    again.save_pretrained(tmp_path / "second")
    twice = load_differential_model(tmp_path / "second", AutoModel, dtype=torch.bfloat16)
    assert twice.config.architectures == model.config.architectures == ["LlamaModel"]
    assert {p.dtype for name, p in twice.named_parameters() if "lambda_vectors" in name} == {torch.float32}
    ids, _ = padded_texts()
    with torch.no_grad():
        assert torch.equal(again(ids).last_hidden_state, model(ids).last_hidden_state)


def test_the_implementation_is_set_as_always(bert_config, tmp_path):
    model = converted(AutoModel, bert_config)
    model.save_pretrained(tmp_path)
    loaded = load_differential_model(tmp_path, AutoModel)
    loaded.set_attn_implementation("eager")
    ids, mask = padded_texts()
    with torch.no_grad():
        actual, expected = loaded(ids, attention_mask=mask, output_attentions=True), model(ids, attention_mask=mask)
    torch.testing.assert_close(actual.last_hidden_state[mask == 1], expected.last_hidden_state[mask == 1])
    assert actual.attentions[1].min() < 0


@pytest.mark.parametrize("form", ["query_twin", "dex"])
def test_a_converted_model_is_no_backbone(bert_config, tmp_path, classifier_class, form):
    converted(AutoModel, bert_config, form).save_pretrained(tmp_path)
    with pytest.raises(ValueError, match="was converted to differential attention.*load_differential_model"):
        classifier_class.from_backbone(tmp_path)


def test_models_of_this_package_have_their_own_class(config_class, bert_config, tmp_path):
    block = {"fraction": 0.5}
    random_model(config_class(backbone_config=bert_config, differential_attention=block)).save_pretrained(tmp_path)
    with pytest.raises(ValueError, match=f"model of this package .{config_class.model_type}.*from_pretrained"):
        load_differential_model(tmp_path)


def test_a_model_that_was_not_converted_has_its_own_class(bert_config, tmp_path):
    AutoModelForSequenceClassification.from_config(bert_config).save_pretrained(tmp_path)
    with pytest.raises(ValueError, match="no `differential_attention`: load it by AutoModelForSeq"):
        load_differential_model(tmp_path)
