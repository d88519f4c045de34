import pytest
import torch
import torch.nn.functional as F

from amsdff_hf.models import layers, masking


@pytest.mark.parametrize("dtype", [torch.float32, torch.float16, torch.bfloat16])
def test_rows_without_tokens_are_finite_and_the_same_at_any_length(dtype):
    for length in (2, 5):
        states, mask = masking.real_tokens(torch.randn(1, length, 12).to(dtype), torch.zeros(1, length))
        assert mask.tolist() == [[True] + [False] * (length - 1)]
        assert masking.masked_max(states, mask).tolist() == [[1.0, -1.0] * 6]
        assert masking.masked_mean(states, mask).tolist() == [[1.0, -1.0] * 6]


def test_garbage_at_padding_does_not_spread():
    mask = torch.tensor([[True] * 7, [True] * 3 + [False] * 4, [False] * 6 + [True]])
    states = torch.full((3, 7, 12), float("nan")).masked_fill(mask.unsqueeze(-1), 1.0)
    cleaned, kept = masking.real_tokens(states, mask.long())
    assert cleaned.isfinite().all()
    assert torch.equal(kept, mask)


def test_without_padding_nothing_is_copied_and_the_values_are_those_of_a_mask(monkeypatch):
    states, mask = torch.randn(2, 5, 12), torch.ones(2, 5)
    cleaned, kept = masking.real_tokens(states, mask)
    assert cleaned is states
    assert masking.zero_padding(states, kept) is states
    attention = layers.SelfAttention(12, 4, 0.0)
    attention.fused_qkv.initialize_parameters()
    given = []
    attend = F.scaled_dot_product_attention
    monkeypatch.setattr(
        F,
        "scaled_dot_product_attention",
        lambda *parts, attn_mask, **rest: given.append(attn_mask) or attend(*parts, attn_mask=attn_mask),
    )
    free = attention(states, kept), masking.masked_max(states, kept)
    monkeypatch.setattr(masking, "is_known", lambda values: False)
    masked = attention(states, kept), masking.masked_max(states, kept)
    torch.testing.assert_close(free, masked)
    assert [one is None for one in given] == [True, False]


def test_a_graph_masks_always():
    def fill(states, mask):
        return masking.zero_padding(*masking.real_tokens(states, mask))

    states = torch.randn(2, 5, 12)
    compiled = torch.compile(fill, backend="eager", fullgraph=True)
    assert torch.equal(compiled(states, torch.ones(2, 5)), states)
    padded = torch.tensor([[1.0] * 5, [1.0] * 3 + [0.0] * 2])
    assert torch.equal(compiled(states, padded), fill(states, padded))
    assert (fill(states, padded)[1, 3:] == 0).all()
