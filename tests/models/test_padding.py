import torch

from amsdff_hf.models.padding import front_positions, move_back, move_to_front


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
