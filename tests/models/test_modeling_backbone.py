import pytest
import torch
from transformers import (
    AutoModel,
    AutoModelForMaskedLM,
    AutoModelForSequenceClassification,
    BertConfig,
    BertModel,
    DistilBertModel,
)

from amsdff_hf import AmsdffForSequenceClassification
from tests.conformance.backbones import no_dropout
from tests.conftest import BACKBONE_CONFIGS, SIZES, random_model


def batch(length=7, rows=3):
    generator = torch.Generator().manual_seed(0)
    return torch.randint(5, SIZES["vocab_size"], (rows, length), generator=generator)


def test_every_backbone_trains_every_parameter(config_class, backbone_config):
    model = random_model(config_class(backbone_config=backbone_config)).train()
    model(batch(), attention_mask=torch.ones(3, 7), labels=torch.tensor([0, 1, 0])).loss.backward()
    without = [name for name, p in model.named_parameters() if p.grad is None or not p.grad.isfinite().all()]
    assert without == []


def test_embeddings_can_be_replaced(config_class, bert_config):
    model = random_model(config_class(backbone_config=bert_config))
    table = torch.nn.Embedding(9, 32)
    model.set_input_embeddings(table)
    assert model.get_input_embeddings() is model.backbone.embeddings.word_embeddings is table


def test_resizing_reaches_the_backbone(config_class, bert_config):
    model = random_model(config_class(backbone_config=bert_config))
    model.resize_token_embeddings(50)
    assert model.get_input_embeddings().num_embeddings == 50
    assert model.vocab_size == model.config.vocab_size == model.config.backbone_config.vocab_size == 50


def test_activation_checkpointing_gives_the_same_gradients(config_class):
    backbone = BertConfig(**SIZES, hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0)
    model = random_model(config_class(backbone_config=backbone, **no_dropout(config_class))).train()
    gradients = []
    for checkpointing in (False, True):
        model.zero_grad()
        if checkpointing:
            # The name before transformers 5.23 warns in later versions.
            enable = getattr(model, "activation_checkpointing_enable", None) or model.gradient_checkpointing_enable
            enable()
        model(batch(), labels=torch.tensor([0, 1, 0])).loss.backward()
        gradients.append({name: parameter.grad.clone() for name, parameter in model.named_parameters()})
    assert any(getattr(module, "gradient_checkpointing", False) for module in model.modules())
    assert len(gradients[0]) > 50
    torch.testing.assert_close(*gradients)


# --- from_backbone -----------------------------------------------------------------------------------------------


def save_backbone(name, folder, model_class=AutoModel):
    torch.manual_seed(3)
    model = model_class.from_config(BACKBONE_CONFIGS[name]())
    model.save_pretrained(folder)
    return model


def test_from_backbone_keeps_the_backbone_bit_for_bit(classifier_class, backbone_name, tmp_path):
    save_backbone(backbone_name, tmp_path)
    expected = AutoModel.from_pretrained(tmp_path)
    expected = expected.get_encoder() if backbone_name == "t5" else expected
    model = classifier_class.from_backbone(tmp_path, labels=["no", "yes"])
    kept = model.backbone.state_dict()
    assert len(kept) > 5
    for name, tensor in kept.items():
        assert torch.equal(tensor, expected.state_dict()[name]), name
    assert model.config.labels == ["no", "yes"]
    assert not model.training


def test_from_backbone_reads_other_heads_checkpoints(model_class, tmp_path):
    saved = save_backbone("bert", tmp_path, AutoModelForMaskedLM)
    model = model_class.from_backbone(tmp_path)
    torch.testing.assert_close(model.get_input_embeddings().weight, saved.get_input_embeddings().weight)


def test_from_backbone_says_what_is_new_in_one_line(classifier_class, tmp_path, caplog):
    save_backbone("distilbert", tmp_path)
    classifier_class.from_backbone(tmp_path)
    lines = [record.message for record in caplog.records if "newly initialized" in record.message]
    assert len(lines) == 1
    assert "distilbert" in lines[0]
    assert "classifier (" in lines[0]


def test_from_backbone_respects_dtype_and_attention(classifier_class, tmp_path):
    save_backbone("bert", tmp_path)
    model = classifier_class.from_backbone(tmp_path, dtype=torch.bfloat16, attn_implementation="eager")
    assert {p.dtype for p in model.parameters()} == {torch.bfloat16}
    assert model.backbone.config._attn_implementation == "eager"
    assert model(batch()).logits.isfinite().all()


def test_from_backbone_passes_fields_to_the_config(tmp_path):
    save_backbone("bert", tmp_path)
    model = AmsdffForSequenceClassification.from_backbone(
        tmp_path, num_labels=5, scales=(1, 7), loss_weights=(1, 0, 0)
    )
    assert model.config.num_labels == 5
    assert tuple(model.config.scales) == (1, 7)
    with pytest.raises(TypeError, match="`scale` is neither a field of AmsdffConfig.*did you mean `scales`"):
        AmsdffForSequenceClassification.from_backbone(tmp_path, scale=(1, 3))
    with pytest.raises(TypeError, match="did you mean `labels`"):
        AmsdffForSequenceClassification.from_backbone(tmp_path, lables=["a", "b"])


def test_from_backbone_without_such_a_backbone_says_what_was_tried(classifier_class):
    with pytest.raises(OSError, match="No backbone 'no/such-model': there is no folder /.*offline mode is on"):
        classifier_class.from_backbone("no/such-model")


def test_from_backbone_refuses_our_own_checkpoints(config_class, classifier_class, tmp_path, bert_config):
    random_model(config_class(backbone_config=bert_config)).save_pretrained(tmp_path)
    with pytest.raises(ValueError, match=f"of the type {config_class.model_type}, with a backbone inside"):
        classifier_class.from_backbone(tmp_path)


# --- save and load -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("auto_class", [AutoModel, AutoModelForSequenceClassification])
def test_both_auto_classes_load_one_checkpoint_completely(config_class, backbone_config, tmp_path, auto_class):
    model = random_model(config_class(backbone_config=backbone_config))
    model.save_pretrained(tmp_path)
    assert [path.name for path in tmp_path.glob("*.safetensors")] == ["model.safetensors"]
    loaded, report = auto_class.from_pretrained(tmp_path, output_loading_info=True)
    assert not any(report.values()), report
    with torch.no_grad():
        expected, outputs = model(batch()), loaded.eval()(batch())
    if auto_class is AutoModel:
        torch.testing.assert_close(outputs.pooler_output, expected.pooled_output, atol=1e-6, rtol=1e-6)
    else:
        torch.testing.assert_close(outputs.logits, expected.logits, atol=1e-6, rtol=1e-6)


def test_the_base_model_saves_what_the_classifier_loads(
    config_class, model_class, classifier_class, bert_config, tmp_path
):
    base = model_class(config_class(backbone_config=bert_config)).eval()
    base.save_pretrained(tmp_path)
    loaded, report = classifier_class.from_pretrained(tmp_path, output_loading_info=True)
    assert report["unexpected_keys"] == set()
    assert all(name.startswith("classifier.") and ".trunk." not in name for name in report["missing_keys"])
    with torch.no_grad():
        assert torch.equal(loaded.eval()(batch()).pooled_output, base(batch()).pooler_output)


def test_a_checkpoint_without_the_head_gets_a_fresh_one(config_class, classifier_class, bert_config, tmp_path):
    model = random_model(config_class(backbone_config=bert_config))
    backbone_only = {name: t for name, t in model.state_dict().items() if not name.startswith("classifier")}
    model.save_pretrained(tmp_path, state_dict=backbone_only)
    torch.manual_seed(5)
    loaded = classifier_class.from_pretrained(tmp_path)
    for name, tensor in backbone_only.items():
        assert torch.equal(loaded.state_dict()[name], tensor), name
    for name, tensor in loaded.classifier.state_dict().items():
        assert tensor.isfinite().all(), name
        if tensor.ndim == 1 and name.endswith("weight"):
            assert (tensor == 1).all(), name
        elif name.endswith("bias"):
            assert (tensor == 0).all(), name
        else:
            assert 0.005 < tensor.std() < 1.0, name
    assert loaded.classifier.label_scores.weight.std().item() == pytest.approx(0.02, rel=0.5)


def test_other_label_counts_need_permission(config_class, classifier_class, bert_config, tmp_path):
    random_model(config_class(backbone_config=bert_config)).save_pretrained(tmp_path)
    loaded = classifier_class.from_pretrained(tmp_path, labels=["a", "b", "c"], ignore_mismatched_sizes=True)
    assert loaded.config.labels == ["a", "b", "c"]
    assert loaded(batch()).logits.shape == (3, 3)


def test_backbones_can_be_taken_out_again(config_class, tmp_path):
    for name, model_class in {"bert": BertModel, "distilbert": DistilBertModel}.items():
        model = random_model(config_class(backbone_config=BACKBONE_CONFIGS[name]()))
        model.backbone.save_pretrained(tmp_path / name)
        loaded = model_class.from_pretrained(tmp_path / name)
        torch.testing.assert_close(loaded.get_input_embeddings().weight, model.get_input_embeddings().weight)
