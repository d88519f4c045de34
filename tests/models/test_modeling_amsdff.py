import pytest
import torch
import torch.nn.functional as F
from transformers import BertConfig

from amsdff_hf import AmsdffConfig, AmsdffForSequenceClassification, AmsdffModel
from amsdff_hf.models.head_amsdff import DynamicFusion
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
