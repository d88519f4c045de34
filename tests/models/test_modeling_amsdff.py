import pytest
import torch
import torch.nn.functional as F
from transformers import BertConfig

from amsdff_hf import AmsdffConfig, AmsdffForSequenceClassification, AmsdffModel
from amsdff_hf.models.head_amsdff import DynamicFusion
from amsdff_hf.models.layers import FirstPooling
from tests.conftest import SIZES, padded_texts, random_model


@pytest.mark.parametrize("hidden_size", [20, 32, 42])
@pytest.mark.parametrize("scales", [(1,), (1, 3, 5), (3, 1, 7, 31)])
def test_any_hidden_size_and_any_scales(hidden_size, scales):
    backbone = BertConfig(**{**SIZES, "hidden_size": hidden_size, "num_attention_heads": 2})
    model = random_model(AmsdffConfig(backbone_config=backbone, scales=scales, num_fusion_heads=8))
    ids, mask = padded_texts()
    outputs = model(ids, attention_mask=mask, return_explanations=True)
    assert outputs.logits.shape == (4, 2)
    assert outputs.scale_weights.shape == (4, len(scales))


@pytest.mark.parametrize("residual", [False, True])
def test_the_gate_mixes_whole_experts(bert_config, residual):
    torch.manual_seed(0)
    config = AmsdffConfig(backbone_config=bert_config, num_experts=3, fusion_residual=residual)
    fusion = DynamicFusion(config).eval()
    for module in (fusion.expert_maps, fusion.gated_sum):
        module.initialize_parameters()
    torch.nn.init.normal_(fusion.gated_sum.bias)
    states = torch.randn(2, 5, 32)
    fused, gates = fusion(states, torch.ones(2, 5, dtype=torch.bool))
    torch.testing.assert_close(gates, fusion.expert_gate(states.mean(1)).softmax(-1))
    expected = states.clone() if residual else torch.zeros_like(fused)
    for expert in range(3):
        rows = slice(32 * expert, 32 * (expert + 1))
        inner = F.gelu(F.linear(states, fusion.expert_maps.weight[rows], fusion.expert_maps.bias[rows]))
        output = F.linear(inner, fusion.gated_sum.weight[:, rows], fusion.gated_sum.bias[expert])
        expected += gates[:, expert, None, None] * output
    torch.testing.assert_close(fused, expected)


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


VARIANTS = [
    {"variant": "paper"},
    {"variant": "paper", "direct_pooling": ("first",), "head_hidden_size": 20},
    {"levels": "last"},
    {"levels": (0, 2), "direct_pooling": ("first", "max", "mean"), "classifier_hidden_sizes": (8,)},
]


@pytest.fixture(params=VARIANTS, ids=str)
def variant(request, bert_config):
    fields = dict(request.param)
    if "classifier_hidden_sizes" in fields:
        fields["classifier_dropouts"] = (0.1,)
    return random_model(AmsdffConfig(backbone_config=bert_config, **fields))


@pytest.mark.parametrize("side", ["left", "right"])
def test_no_variant_sees_padding(variant, side):
    ids, mask = padded_texts()
    wide = (5, 0) if side == "left" else (0, 5)
    with torch.no_grad():
        outputs = variant(ids, attention_mask=mask, return_explanations=True)
        moved = variant(F.pad(ids, wide), attention_mask=F.pad(mask, wide), return_explanations=True)
    torch.testing.assert_close(moved.logits, outputs.logits, atol=1e-5, rtol=0)
    torch.testing.assert_close(moved.token_weights[:, wide[0] : wide[0] + 9], outputs.token_weights)
    torch.testing.assert_close(outputs.token_weights.sum(1), torch.ones(4))


def test_every_variant_comes_back(variant, tmp_path):
    variant.save_pretrained(tmp_path)
    ids, mask = padded_texts()
    loaded, information = AmsdffForSequenceClassification.from_pretrained(tmp_path, output_loading_info=True)
    assert not any(information.values())
    torch.testing.assert_close(loaded(ids, mask).logits, variant(ids, mask).logits, atol=0, rtol=0)
    features = AmsdffModel.from_pretrained(tmp_path)(ids, mask)
    assert features.pooler_output.shape == (4, variant.config.pooled_size)
    assert features.last_hidden_state.shape == (4, 9, variant.config.token_size)


def test_at_first_the_logits_come_from_the_direct_way_alone(bert_config):
    torch.manual_seed(0)
    model = AmsdffForSequenceClassification(AmsdffConfig(backbone_config=bert_config)).eval()
    ids, mask = padded_texts()
    states = model.states_of(ids, mask)[:, -1]
    real = mask.bool()
    means = torch.stack([row[kept].mean(0) for row, kept in zip(states, real)])
    maxima = torch.stack([row[kept].amax(0) for row, kept in zip(states, real)])
    vector = torch.cat([F.layer_norm(means, (32,)), F.layer_norm(maxima, (32,))], dim=1)
    scores = model.classifier.label_scores
    torch.testing.assert_close(model(ids, mask).logits, F.linear(vector, scores.weight[:, :64], scores.bias))
    # And yet the rest starts to learn at once.
    model(ids, mask, labels=torch.tensor([0, 1, 0, 1])).loss.backward()
    assert (scores.weight.grad[:, 64:] != 0).any()


def test_a_bare_variant_of_the_paper_does_not_start_from_zero(bert_config):
    model = AmsdffForSequenceClassification(AmsdffConfig(backbone_config=bert_config, variant="paper"))
    assert (model.classifier.label_scores.weight != 0).all()


@pytest.mark.parametrize("side", ["left", "right"])
def test_the_first_token_is_found_behind_padding(side):
    states, mask = torch.randn(2, 5, 3), torch.tensor([[0, 0, 1, 1, 1], [0, 1, 1, 1, 1]]).bool()
    if side == "right":
        states, mask = states.flip(1), torch.tensor([[1, 1, 0, 0, 0], [1, 0, 0, 0, 0]]).bool()
    pooled = FirstPooling()(states, mask, need_weights=True)
    torch.testing.assert_close(pooled.vector, torch.stack([states[i, mask[i].nonzero()[0, 0]] for i in range(2)]))
    torch.testing.assert_close(pooled.weights.sum(1), torch.ones(2))
