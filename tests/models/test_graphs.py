"""One graph for every backbone and every shape: torch.compile, torch.export, and the attention back-ends."""

import pytest
import torch
from torch import nn

from tests.conftest import BACKBONE_CONFIGS, SIZES, random_model


SHAPES = [(4, 9), (2, 5), (1, 9), (3, 2)]


def texts(rows, length):
    """Random texts; the second half of the rows is padded on the left by one token."""
    ids = torch.randint(5, SIZES["vocab_size"], (rows, length), generator=torch.Generator().manual_seed(length))
    mask = torch.ones_like(ids)
    mask[rows // 2 :, 0] = 0
    return {"input_ids": ids, "attention_mask": mask}


# Compiling takes many seconds, so that `make test` compiles one backbone.
OTHERS = [pytest.param(name, marks=pytest.mark.slow) for name in BACKBONE_CONFIGS if name != "bert"]
one_backbone_quickly = pytest.mark.parametrize("backbone_name", ["bert", *OTHERS], indirect=True)


@pytest.fixture
def model(config_class, backbone_config):
    for name in vars(backbone_config):
        if "dropout" in name and isinstance(getattr(backbone_config, name), float):
            setattr(backbone_config, name, 0.0)
    model = random_model(config_class(backbone_config=backbone_config))
    for module in model.modules():
        if isinstance(module, nn.Dropout):
            module.p = 0.0
        elif isinstance(getattr(module, "dropout", None), float):
            module.dropout = 0.0
    return model


@one_backbone_quickly
@pytest.mark.quick_for("amsdff", "cnn_bilstm")
@torch.no_grad()
def test_compiles_into_one_graph_for_all_shapes(model):
    torch.compiler.reset()
    compiled = torch.compile(model, backend="aot_eager", fullgraph=True, dynamic=True)
    for shape in SHAPES:
        torch.testing.assert_close(compiled(**texts(*shape)).logits, model(**texts(*shape)).logits)


@one_backbone_quickly
@pytest.mark.quick_for("amsdff")
def test_a_training_step_compiles_into_one_graph(model):
    torch.compiler.reset()
    model.train()
    inputs, labels = texts(*SHAPES[0]), torch.tensor([0, 1, 1, 0])
    model(**inputs, labels=labels).loss.backward()
    expected = {name: p.grad.clone() for name, p in model.named_parameters()}
    model.zero_grad()
    torch.compile(model, backend="aot_eager", fullgraph=True, dynamic=True)(**inputs, labels=labels).loss.backward()
    for name, parameter in model.named_parameters():
        torch.testing.assert_close(parameter.grad, expected[name], atol=1e-5, rtol=1e-4)


@torch.no_grad()
def test_exports_with_any_batch_size_and_length(model):
    dynamic = {0: torch.export.Dim.AUTO, 1: torch.export.Dim.AUTO}
    inputs = texts(*SHAPES[0])
    program = torch.export.export(model, (), inputs, dynamic_shapes=dict.fromkeys(inputs, dynamic)).module()
    for shape in SHAPES[:2]:
        torch.testing.assert_close(program(**texts(*shape)).logits, model(**texts(*shape)).logits)


@torch.no_grad()
def test_attention_back_ends_agree_and_switch_at_run_time(model):
    inputs = texts(*SHAPES[0])
    assert model.config._attn_implementation == "sdpa"
    expected = model(**inputs).logits
    model.set_attn_implementation("eager")
    eager = model(**inputs, output_attentions=True)
    torch.testing.assert_close(eager.logits, expected, atol=1e-5, rtol=0)
    assert len(eager.attentions) == model.config.num_hidden_layers
    rows, length = SHAPES[0]
    for attention in eager.attentions:
        assert attention.shape == (rows, model.config.num_attention_heads, length, length)
        # Tokens of row 0 that are seen at all add up to one, wherever a causal model looks.
        torch.testing.assert_close(attention[0].sum(-1), torch.ones(model.config.num_attention_heads, length))
    model.set_attn_implementation("sdpa")
    assert torch.equal(model(**inputs).logits, expected)
