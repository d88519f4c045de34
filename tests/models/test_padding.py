import pytest
import torch
import torch.nn.functional as F
from transformers import BertConfig

from amsdff_hf.models.padding import front_positions, move_back, move_to_front
from tests.conftest import SIZES, padded_texts, random_model


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
