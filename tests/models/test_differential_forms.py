"""Each form against its equation, written out on random heads."""

import pytest
import torch

from amsdff_hf.models.differential_forms import FORMS, LayerLambda, lambda_init


ROWS, LENGTH, HEADS, SHARED, SIZE, WIDTH, DEPTH = 2, 5, 4, 2, 8, 12, 3


def attend(query, key, value, mask, **kwargs):
    """What an attention function of transformers does, with grouped keys."""
    repeats = query.shape[1] // key.shape[1]
    key, value = key.repeat_interleave(repeats, 1), value.repeat_interleave(repeats, 1)
    maps = (query @ key.transpose(-1, -2) / SIZE**0.5).softmax(-1)
    return (maps @ value).transpose(1, 2), maps


def heads(count, seed):
    return torch.randn(ROWS, count, LENGTH, SIZE, generator=torch.Generator().manual_seed(seed))


def build(name, num_twins=HEADS):
    torch.manual_seed(0)
    form = FORMS[name](SIZE, HEADS, num_twins, SHARED, DEPTH, WIDTH)
    with torch.no_grad():
        for parameter in form.parameters():
            parameter += 0.3 * torch.randn_like(parameter)
    return form


KEY, VALUE = heads(SHARED, 1), heads(SHARED, 2)
FIRST, SECOND = heads(HEADS, 3), heads(HEADS, 4)


def lambda_of(form):
    q1, k1, q2, k2 = form.layer_lambda.lambda_vectors
    return torch.exp(q1 @ k1) - torch.exp(q2 @ k2) + form.layer_lambda.start


@pytest.mark.parametrize("num_twins", [4, 2])
@pytest.mark.parametrize("name", ["query_twin", "row_sum"])
def test_a_twin_is_subtracted(name, num_twins):
    form = build(name, num_twins)
    weight = lambda_of(form)
    (first, _), (second, _) = (attend(query, KEY, VALUE, None) for query in (FIRST, SECOND))
    expected = first.clone()
    scale = 1 + weight if name == "row_sum" else 1
    expected[:, :, :num_twins] = scale * first[:, :, :num_twins] - weight * second[:, :, :num_twins]
    actual, maps = form(attend, torch.cat([FIRST, SECOND[:, :num_twins]], 1), KEY, VALUE, None)
    torch.testing.assert_close(actual, expected)
    values = VALUE.repeat_interleave(HEADS // SHARED, 1)
    torch.testing.assert_close((maps @ values).transpose(1, 2), expected)


def test_version_2_weighs_every_token_and_head():
    form = build("v2")
    hidden_states = torch.randn(ROWS, LENGTH, WIDTH)
    weight = torch.sigmoid(hidden_states @ form.lambda_map.weight.T)
    (first, _), (second, _) = (attend(query, KEY, VALUE, None) for query in (FIRST, SECOND))
    actual, _ = form(attend, torch.cat([FIRST, SECOND], 1), KEY, VALUE, None, hidden_states=hidden_states)
    torch.testing.assert_close(actual, first - weight[..., None] * second)


def test_version_1_pairs_neighbors():
    form = build("v1")
    weight, start = lambda_of(form), lambda_init(DEPTH)
    key, value = (each.repeat_interleave(2, 1) for each in (KEY, VALUE))
    # Four heads of keys, so that each pair of query heads has a pair of its own.
    key, value = key + heads(HEADS, 5), value + heads(HEADS, 6)
    expected = []
    for pair in range(HEADS // 2):
        values = torch.cat([value[:, 2 * pair], value[:, 2 * pair + 1]], dim=-1)
        maps = [
            (FIRST[:, head] @ key[:, head].transpose(-1, -2) / SIZE**0.5).softmax(-1)
            for head in (2 * pair, 2 * pair + 1)
        ]
        output = (maps[0] - weight * maps[1]) @ values
        normalized = output / (output.square().mean(-1, keepdim=True) + 1e-5).sqrt() * form.norm.weight
        expected.append((1 - start) * normalized)
    actual, _ = form(attend, FIRST, key, value, None)
    torch.testing.assert_close(actual.flatten(2), torch.cat(expected, dim=-1))


@pytest.mark.parametrize("num_twins", [4, 2])
def test_dex_corrects_the_output(num_twins):
    form = build("dex", num_twins)
    first, _ = attend(FIRST, KEY, VALUE, None)
    expected = first.clone()
    for head in range(num_twins):
        correction = form.correction[head // (HEADS // SHARED)]
        expected[:, :, head] = first[:, :, head] - lambda_of(form) * first[:, :, head] @ correction
    actual, _ = form(attend, FIRST, KEY, VALUE, None)
    torch.testing.assert_close(actual, expected)


def test_masks_and_biases_of_single_heads_are_split():
    seen = []

    def spy(query, key, value, mask, position_bias=None):
        seen.append((mask[0, :, 0, 0].tolist(), position_bias[0, :, 0, 0].tolist()))
        return attend(query, key, value, None)

    numbers = torch.arange(4.0).view(1, 4, 1, 1)
    build("query_twin", 2)(spy, torch.cat([FIRST, SECOND[:, :2]], 1), KEY, VALUE, numbers, position_bias=numbers)
    build("v1")(spy, FIRST, KEY, VALUE, numbers, position_bias=numbers)
    assert seen == [([0, 1, 2, 3],) * 2, ([0, 1],) * 2, ([0, 2],) * 2, ([1, 3],) * 2]


def test_lambda_starts_where_it_should():
    assert LayerLambda(SIZE, start=0.0, twins=True)().item() == 0
    values = [lambda_init(depth) for depth in range(12)]
    published = [0.200, 0.356, 0.471, 0.556, 0.619, 0.666, 0.701, 0.727, 0.746, 0.760, 0.770, 0.778]
    assert values == pytest.approx(published, abs=6e-4)
