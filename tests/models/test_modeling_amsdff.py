import inspect

import pytest
import torch
import torch.nn.functional as F
from transformers import BertConfig

from amsdff_hf import AmsdffConfig, AmsdffForSequenceClassification, AmsdffModel
from amsdff_hf.models.head_amsdff import AmsdffTrunk, DynamicFusion
from tests.conftest import SIZES, padded_texts, random_model


def pad(ids, mask, left, right):
    return F.pad(ids, (left, right)), F.pad(mask, (left, right))


@pytest.fixture
def model(bert_config):
    return random_model(AmsdffConfig(backbone_config=bert_config))


# --- padding -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("left", "right"), [(0, 7), (7, 0), (3, 4)])
def test_the_head_alone_does_not_see_padding(bert_config, left, right):
    torch.manual_seed(0)
    config = AmsdffConfig(backbone_config=bert_config, pooling=("attention", "cls", "max", "mean"))
    head = random_model(config).classifier
    states, mask = torch.randn(2, 6, 32), torch.tensor([[1] * 6, [1, 1, 1, 0, 0, 0]])
    padded = F.pad(states, (0, 0, left, right), value=1e4)
    with torch.no_grad():
        logits, features = head(states, mask, explain=True)
        moved_logits, moved = head(padded, F.pad(mask, (left, right)), explain=True)
    torch.testing.assert_close(moved_logits, logits, atol=1e-5, rtol=0)
    torch.testing.assert_close(moved.token_weights[:, left : left + 6], features.token_weights)
    torch.testing.assert_close(moved.expert_gates, features.expert_gates)
    torch.testing.assert_close(moved.scale_weights, features.scale_weights)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float16, torch.bfloat16])
def test_a_text_without_tokens_gives_finite_logits_and_gradients(bert_config, dtype):
    model = random_model(AmsdffConfig(backbone_config=bert_config)).to(dtype)
    ids, mask = padded_texts()
    mask[1] = 0
    outputs = model(ids, attention_mask=mask, labels=torch.tensor([0, 1, 0, 1]))
    outputs.loss.backward()
    assert outputs.logits.isfinite().all()
    assert all(p.grad.isfinite().all() for p in model.parameters())
    if dtype == torch.float32:
        longer = model(*pad(ids, mask, 2, 3)).logits
        torch.testing.assert_close(longer, outputs.logits, atol=1e-5, rtol=0)


def test_training_does_not_mix_texts_of_a_batch(bert_config):
    model = random_model(AmsdffConfig(backbone_config=bert_config))
    ids, mask = padded_texts()
    embeds = model.get_input_embeddings()(ids).detach().requires_grad_()
    model(inputs_embeds=embeds, attention_mask=mask).logits[0].sum().backward()
    assert embeds.grad[0].abs().max() > 0
    assert embeds.grad[1:].abs().max() == 0


# --- architecture ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("hidden_size", [20, 32, 42])
@pytest.mark.parametrize("scales", [(1,), (1, 3, 5), (3, 1, 7, 31)])
def test_any_hidden_size_and_any_scales(hidden_size, scales):
    backbone = BertConfig(**{**SIZES, "hidden_size": hidden_size, "num_attention_heads": 2})
    model = random_model(AmsdffConfig(backbone_config=backbone, scales=scales, num_fusion_heads=8))
    ids, mask = padded_texts()
    outputs = model(ids, attention_mask=mask, return_explanations=True)
    assert outputs.logits.shape == (4, 2)
    assert outputs.scale_weights.shape == (4, len(scales))


def test_the_gate_mixes_whole_experts(bert_config):
    torch.manual_seed(0)
    fusion = DynamicFusion(AmsdffConfig(backbone_config=bert_config)).eval()
    for module in (fusion.expert_maps, fusion.gated_sum):
        module.initialize_parameters()
    torch.nn.init.normal_(fusion.gated_sum.bias)
    states = torch.randn(2, 5, 32)
    fused, gates = fusion(states, torch.ones(2, 5, dtype=torch.bool))
    torch.testing.assert_close(gates, fusion.expert_gate(states.mean(1)).softmax(-1))
    expected = torch.zeros_like(fused)
    for expert in range(3):
        rows = slice(32 * expert, 32 * (expert + 1))
        inner = F.gelu(F.linear(states, fusion.expert_maps.weight[rows], fusion.expert_maps.bias[rows]))
        output = F.linear(inner, fusion.gated_sum.weight[:, rows], fusion.gated_sum.bias[expert])
        expected += gates[:, expert, None, None] * output
    torch.testing.assert_close(fused, expected)


def test_everything_new_sits_in_the_classifier(model):
    assert [name for name, _ in model.named_children()] == ["backbone", "classifier"]
    assert isinstance(model.classifier.trunk, AmsdffTrunk)


def test_the_head_has_no_buffers_and_no_batch_norm(model):
    assert list(model.classifier.buffers()) == []
    assert not any("BatchNorm" in type(module).__name__ for module in model.modules())


def test_same_seed_same_weights(bert_config):
    states = []
    for _ in range(2):
        torch.manual_seed(7)
        states.append(AmsdffForSequenceClassification(AmsdffConfig(backbone_config=bert_config)).state_dict())
    assert all(torch.equal(states[0][name], states[1][name]) for name in states[0])


# --- outputs -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("request_by", ["return_explanations", "output_attentions"])
@pytest.mark.parametrize("model_class", [AmsdffModel, AmsdffForSequenceClassification])
def test_explanations_on_request(bert_config, model_class, request_by):
    config = AmsdffConfig(backbone_config=bert_config, pooling=("attention", "cls", "max", "mean"), num_experts=4)
    model = model_class(config).eval()
    ids, mask = padded_texts()
    outputs = model(ids, attention_mask=mask, **{request_by: True})
    assert outputs.token_weights.shape == (4, 9)
    assert outputs.expert_gates.shape == (4, 4)
    assert outputs.scale_weights.shape == (4, 3)
    for weights in (outputs.token_weights, outputs.expert_gates, outputs.scale_weights):
        torch.testing.assert_close(weights.sum(1), torch.ones(4))
        assert weights.min() >= 0
    assert (outputs.token_weights[mask == 0] == 0).all()
    silent = model(ids, attention_mask=mask)
    assert silent.token_weights is silent.expert_gates is silent.scale_weights is None


def test_shapes_and_tuples(model):
    ids, mask = padded_texts()
    outputs = model(ids, attention_mask=mask, labels=torch.tensor([0, 1, 1, 0]))
    assert outputs.logits.shape == (4, 2)
    assert outputs.pooled_output.shape == (4, 32)
    loss, logits, _ = model(ids, attention_mask=mask, labels=torch.tensor([0, 1, 1, 0]), return_dict=False)
    assert loss == outputs.loss
    assert torch.equal(logits, outputs.logits)
    base = AmsdffModel(model.config).eval()(ids, attention_mask=mask)
    assert base.last_hidden_state.shape == (4, 9, 32)
    assert base.pooler_output.shape == (4, 32)


def test_the_loss_follows_the_config(bert_config):
    ids, mask = padded_texts()
    config = AmsdffConfig(backbone_config=bert_config, loss_weights=(1, 0, 0), num_labels=3)
    outputs = random_model(config)(ids, attention_mask=mask, labels=torch.tensor([0, 1, 2, 0]))
    torch.testing.assert_close(outputs.loss, F.cross_entropy(outputs.logits, torch.tensor([0, 1, 2, 0])))


def test_the_trainer_divides_accumulated_losses():
    assert AmsdffForSequenceClassification.accepts_loss_kwargs is False


# --- interfaces --------------------------------------------------------------------------------------------------


def test_forward_names_the_standard_inputs():
    parameters = inspect.signature(AmsdffForSequenceClassification.forward).parameters
    assert list(parameters)[1:7] == [
        "input_ids",
        "attention_mask",
        "token_type_ids",
        "position_ids",
        "inputs_embeds",
        "labels",
    ]
