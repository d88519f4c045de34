import torch

from amsdff_hf.models.graph_nodes import node_layout, pool_nodes, spread_to_tokens


def test_the_layout_goes_span_by_span():
    layout = node_layout(5, [1, 2, 4], torch.device("cpu"))
    assert layout.level.tolist() == [0] * 5 + [1] * 3 + [2] * 2
    assert layout.index.tolist() == [0, 1, 2, 3, 4, 0, 1, 2, 0, 1]
    assert layout.start.tolist() == [0, 1, 2, 3, 4, 0, 2, 4, 0, 4]
    assert layout.end.tolist() == [1, 2, 3, 4, 5, 2, 4, 6, 4, 8]


def test_nodes_are_means_of_their_real_tokens():
    states = torch.tensor([[[2.0], [4.0], [6.0], [9.0]]])
    nodes, mask, counts = pool_nodes(states, torch.tensor([[True, True, True, False]]), [1, 2, 3])
    assert nodes.squeeze().tolist() == [2, 4, 6, 0, 3, 6, 4, 0]
    assert mask.squeeze().tolist() == [True, True, True, False, True, True, True, False]
    assert counts.squeeze().tolist() == [1, 1, 1, 0, 2, 1, 3, 0]


def test_values_of_nodes_come_back_to_their_tokens():
    values = torch.tensor([[1, 2, 3, 4, 5, 10, 20, 30, 100, 200]])
    assert spread_to_tokens(values, 5, [1, 2, 4]).tolist() == [[111, 112, 123, 124, 235]]
