import pytest
import torch
import torch.nn.functional as F
from transformers import BertConfig

from amsdff_hf import AmsdffConfig
from amsdff_hf.models.padding import front_positions, may_follow_padding, move_back, move_to_front
from tests.conftest import SIZES, padded_texts, random_model
from tests.sweep.tiny_configs import tiny_config


MASK = torch.tensor([[0, 0, 1, 1], [1, 0, 1, 0], [1, 1, 1, 1], [0, 0, 0, 0]])


def test_real_tokens_come_first_in_their_order():
    tokens = torch.arange(16).view(4, 4)
    moved = move_to_front(tokens, front_positions(MASK))
    assert moved.tolist() == [[2, 3, 0, 1], [4, 6, 5, 7], [8, 9, 10, 11], [12, 13, 14, 15]]


def test_moving_back_undoes_it_in_any_dimension():
    positions = front_positions(MASK)
    vectors = torch.randn(4, 4, 5)
    torch.testing.assert_close(move_back(move_to_front(vectors, positions), positions), vectors)
    maps = torch.randn(4, 2, 4, 4)
    front = move_to_front(maps.transpose(1, 2), positions).transpose(1, 2)
    torch.testing.assert_close(move_back(front, positions, dim=2), maps)


def test_boolean_and_float_masks_are_read_alike():
    for mask in (MASK.bool(), MASK.float()):
        assert torch.equal(front_positions(mask), front_positions(MASK))


# --- logits --------------------------------------------------------------------------------------------------------


def pad(ids, mask, left, right):
    return F.pad(ids, (left, right)), F.pad(mask, (left, right))


@pytest.mark.parametrize(("left", "right"), [(0, 0), (0, 7), (7, 0), (5, 9)])
def test_logits_do_not_depend_on_padding_or_neighbors(config_class, backbone_config, left, right):
    model = random_model(config_class(backbone_config=backbone_config))
    ids, mask = padded_texts()
    with torch.no_grad():
        alone = torch.cat([model(ids[i : i + 1, : mask[i].sum()]).logits for i in range(len(ids))])
        padded_ids, padded_mask = pad(ids, mask, left, right)
        together = model(padded_ids, attention_mask=padded_mask).logits
    torch.testing.assert_close(together, alone, atol=1e-5, rtol=0)


@pytest.mark.parametrize("length", [256, 512])
def test_logits_do_not_depend_on_padding_to_the_window(config_class, length):
    model = random_model(config_class(backbone_config=BertConfig(**{**SIZES, "max_position_embeddings": 512})))
    ids, mask = padded_texts()
    with torch.no_grad():
        expected = model(ids, attention_mask=mask).logits
        for left in (0, length - 9):
            padded = model(*pad(ids, mask, left, length - 9 - left)).logits
            torch.testing.assert_close(padded, expected, atol=1e-5, rtol=0)


def per_token_inputs(kind, model):
    """Ids or vectors of one text of six tokens, with one further input that is different for every token."""
    generator = torch.Generator().manual_seed(1)
    ids = torch.randint(5, 30, (1, 6), generator=generator)
    boxes = torch.randint(0, 20, (1, 6, 4), generator=generator).sort(dim=-1).values
    further = {
        "token_type_ids": torch.tensor([[0, 0, 0, 1, 1, 1]]),
        "position_ids": torch.tensor([[5, 4, 3, 2, 1, 0]]),
        "bbox": boxes,
    }
    if kind == "inputs_embeds":
        return {"inputs_embeds": model.get_input_embeddings()(ids).detach()}
    return {"input_ids": ids, kind: further[kind]}


@pytest.mark.parametrize("kind", ["token_type_ids", "position_ids", "inputs_embeds", "bbox"])
def test_whatever_belongs_to_a_token_moves_with_it(config_class, kind):
    backbone = tiny_config("layoutlm") if kind == "bbox" else BertConfig(**SIZES)
    model = random_model(config_class(backbone_config=backbone))
    inputs = per_token_inputs(kind, model)
    kept = torch.arange(3, 9)
    padded = {
        name: value.new_zeros(1, 10, *value.shape[2:]).index_copy(1, kept, value) for name, value in inputs.items()
    }
    mask = torch.zeros(1, 10, dtype=torch.long).index_fill(1, kept, 1)
    with torch.no_grad():
        expected = model(**inputs).logits
        torch.testing.assert_close(model(**padded, attention_mask=mask).logits, expected, atol=1e-5, rtol=0)
        name = next(iter(reversed(inputs)))
        changed = {**inputs, name: inputs[name].flip(1)}
        assert (model(**changed).logits - expected).abs().max() > 1e-4, "no proof: the order makes no difference"


def test_tokens_are_moved_only_where_one_follows_padding():
    assert not may_follow_padding(torch.tensor([[1, 1, 1], [1, 0, 0], [0, 0, 0]]))
    assert may_follow_padding(torch.tensor([[1, 1, 1], [0, 1, 1]]))
    assert may_follow_padding(torch.tensor([[1, 0, 1]]))
    assert may_follow_padding(torch.ones(1, 3, device="meta"))


@pytest.mark.filterwarnings("ignore")
def test_a_traced_model_moves_tokens(bert_config):
    model = random_model(AmsdffConfig(backbone_config=bert_config)).requires_grad_(False)
    ids, _ = padded_texts()
    mask = torch.ones_like(ids)

    def logits(ids, mask):
        return model(ids, attention_mask=mask).logits

    traced = torch.jit.trace(logits, (ids, mask), check_trace=False)
    mask[0, :4] = 0
    torch.testing.assert_close(traced(ids, mask), logits(ids, mask), atol=1e-5, rtol=0)
