"""What only a GPU can show; skipped where there is none."""

import importlib.util

import pytest
import torch

from tests.conftest import padded_texts, random_model


pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")


@pytest.fixture
def model(config_class, backbone_config):
    return random_model(config_class(backbone_config=backbone_config, num_labels=3))


def on_gpu():
    ids, mask = padded_texts()
    return {"input_ids": ids.cuda(), "attention_mask": mask.cuda()}


@torch.no_grad()
def test_float32_gives_the_logits_of_the_cpu(model):
    ids, mask = padded_texts()
    expected = model(ids, attention_mask=mask).logits
    torch.testing.assert_close(model.cuda()(**on_gpu()).logits.cpu(), expected, atol=1e-4, rtol=0)


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_half_precision_trains_with_fused_attention(model, dtype):
    assert model.config._attn_implementation == "sdpa"
    expected = model(*padded_texts()).logits.detach()
    model = model.to("cuda", dtype)
    outputs = model(**on_gpu(), labels=torch.tensor([0, 1, 2, 0]).cuda())
    outputs.loss.backward()
    assert all(p.grad.isfinite().all() for p in model.parameters() if p.grad is not None)
    scale = expected.abs().max().item()
    torch.testing.assert_close(outputs.logits.float().cpu(), expected, atol=0.1 * scale, rtol=0)


@torch.no_grad()
def test_compiles_for_all_shapes(model):
    torch.compiler.reset()
    model, inputs = model.cuda(), on_gpu()
    compiled = torch.compile(model, fullgraph=True, dynamic=True)
    for rows in (4, 2):
        part = {name: value[:rows] for name, value in inputs.items()}
        torch.testing.assert_close(compiled(**part).logits, model(**part).logits, atol=1e-4, rtol=0)


@pytest.mark.skipif(importlib.util.find_spec("flash_attn") is None, reason="flash attention is not installed")
@torch.no_grad()
def test_flash_attention_agrees(model):
    model = model.to("cuda", torch.bfloat16)
    expected = model(**on_gpu()).logits
    model.set_attn_implementation("flash_attention_2")
    scale = expected.float().abs().max().item()
    torch.testing.assert_close(model(**on_gpu()).logits, expected, atol=0.1 * scale, rtol=0)
