import pytest
import torch
import torch.nn.functional as F
from torch import nn

from amsdff_hf.models import layers


@pytest.fixture
def hidden_states():
    return torch.randn(3, 7, 12, generator=torch.Generator().manual_seed(0))


@pytest.fixture
def mask():
    return torch.tensor([[1] * 7, [1, 1, 1, 0, 0, 0, 0], [0, 0, 1, 1, 1, 1, 0]]).bool()


def initialized(module: nn.Module) -> nn.Module:
    torch.manual_seed(1)
    for child in module.modules():
        if hasattr(child, "initialize_parameters"):
            child.initialize_parameters()
    return module.eval()


@pytest.mark.parametrize("kernel_size", [1, 3, 5])
def test_depthwise_convolution_is_that_of_torch(hidden_states, kernel_size):
    layer = layers.DepthwiseConv1d(12, kernel_size)
    expected = F.conv1d(
        hidden_states.transpose(1, 2), layer.weight, layer.bias, padding=kernel_size // 2, groups=12
    ).transpose(1, 2)
    torch.testing.assert_close(layer(hidden_states), expected)


def test_query_pooling_is_cross_attention_of_one_query(hidden_states, mask):
    pooling = initialized(layers.QueryPooling(12, num_heads=4, dropout=0.1))
    # The same network unfolded: keys are the tokens themselves, once per head, and values are projected per token.
    keys = torch.einsum("bsh,nh->bns", hidden_states, pooling.pooling_query)
    weights = keys.masked_fill(~mask[:, None], float("-inf")).softmax(-1)
    values = torch.einsum("bsh,ndh->bnsd", hidden_states, pooling.value_weight) + pooling.value_bias[:, None]
    expected = torch.einsum("bns,bnsd->bnd", weights, values).flatten(1)
    pooled = pooling(hidden_states, mask, need_weights=True)
    torch.testing.assert_close(pooled.vector, expected)
    torch.testing.assert_close(pooled.weights, weights.mean(1))


def test_self_attention_is_that_of_torch(hidden_states, mask):
    layer = initialized(layers.SelfAttention(12, num_heads=4, dropout=0.1))
    reference = nn.MultiheadAttention(12, 4, batch_first=True).eval()
    reference.load_state_dict(
        {
            "in_proj_weight": layer.fused_qkv.weight,
            "in_proj_bias": layer.fused_qkv.bias,
            "out_proj.weight": layer.fused_output.weight,
            "out_proj.bias": layer.fused_output.bias,
        }
    )
    expected, _ = reference(hidden_states, hidden_states, hidden_states, key_padding_mask=~mask)
    torch.testing.assert_close(layer(hidden_states, mask), expected)


POOLINGS = {
    "attention": lambda: layers.AttentionPooling(12, 5),
    "query": lambda: layers.QueryPooling(12, 4, 0.1),
    "max": layers.MaxPooling,
    "mean": layers.MeanPooling,
}


@pytest.mark.parametrize("name", POOLINGS)
def test_pooling_sees_real_tokens_only(name, hidden_states, mask):
    pooling = initialized(POOLINGS[name]())
    pooled = pooling(hidden_states, mask, need_weights=True)
    changed = hidden_states.masked_fill(~mask.unsqueeze(-1), 1e4)
    torch.testing.assert_close(pooling(changed, mask).vector, pooled.vector)
    torch.testing.assert_close(pooled.weights.sum(1), torch.ones(3))
    assert (pooled.weights[~mask] == 0).all()
    assert pooling(hidden_states, mask).weights is None


def test_max_pooling_shares_ties():
    weights = layers.MaxPooling()(torch.zeros(1, 4, 2), torch.tensor([[True, True, False, False]]), True).weights
    assert weights.tolist() == [[0.5, 0.5, 0.0, 0.0]]


def test_packed_maps_are_initialized_one_by_one():
    packed = layers.PackedLinear(300, 300, num_maps=3)
    packed.initialize_parameters()
    single = nn.Linear(300, 300)
    nn.init.xavier_uniform_(single.weight)
    assert packed.weight.std().item() == pytest.approx(single.weight.std().item(), rel=0.02)
    assert packed.bias.abs().max() == 0


@pytest.mark.parametrize(("width", "parts"), [(768, 3), (1024, 3), (320, 3), (7, 4), (256, 5)])
def test_widths_add_up(width, parts):
    widths = layers.split_width(width, parts)
    assert sum(widths) == width
    assert max(widths) - min(widths) <= 1
