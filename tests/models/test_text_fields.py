import torch

from amsdff_hf.models.text_fields import cut_field, field_masks


TYPES = torch.tensor([[0, 0, 0, 1, 1, 0, 0], [0, 0, 1, 1, 1, 1, 1], [0, 0, 0, 0, 0, 0, 0], [1, 1, 1, 1, 1, 1, 1]])
MASK = torch.tensor(
    [[1, 1, 1, 1, 1, 0, 0], [0, 1, 1, 1, 1, 1, 1], [1, 1, 1, 1, 0, 0, 0], [0, 0, 0, 0, 0, 1, 1]]
).bool()


def test_a_row_with_one_text_only_stands_for_both():
    first, second = field_masks(MASK, TYPES)
    assert first.int().tolist()[:2] == [[1, 1, 1, 0, 0, 0, 0], [0, 1, 0, 0, 0, 0, 0]]
    assert second.int().tolist()[:2] == [[0, 0, 0, 1, 1, 0, 0], [0, 0, 1, 1, 1, 1, 1]]
    assert torch.equal(first[2:], MASK[2:])
    assert torch.equal(second[2:], MASK[2:])


def test_a_field_stands_at_the_front_of_the_shortest_sequence_that_holds_it():
    hidden_states = torch.arange(28.0).view(4, 7, 1) + 1
    field = cut_field(hidden_states, field_masks(MASK, TYPES)[1])
    assert field.hidden_states.shape == (4, 5, 1)
    assert field.mask.sum(1).tolist() == [2, 5, 4, 2]
    assert field.hidden_states[0, :2, 0].tolist() == [4, 5]
    assert field.hidden_states[3, :2, 0].tolist() == [27, 28]


def test_what_is_put_back_stands_where_it_was():
    hidden_states = torch.randn(4, 7, 3)
    for mask in field_masks(MASK, TYPES):
        field = cut_field(hidden_states, mask)
        expected = hidden_states.masked_fill(~mask.unsqueeze(-1), 0)
        assert torch.equal(field.put_back(field.hidden_states), expected)
        assert torch.equal(field.put_back(field.hidden_states[..., 0]), expected[..., 0])
