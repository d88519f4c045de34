"""Dense and sparse graphs: what is linked, and that both say the same."""

import importlib.util

import pytest
import torch
from torch_geometric.nn import GATConv, GATv2Conv, GCNConv

from amsdff_hf.models.dense_graph import DenseGraph, neighbor_weights
from amsdff_hf.models.graph_layers import GRAPH_LAYERS
from amsdff_hf.models.graph_nodes import node_layout, pool_nodes
from amsdff_hf.models.sparse_graph import SparseGraph


GRAPHS = [DenseGraph, SparseGraph]


def make_graph(graph_class, length=11, lengths=(11, 1, 7), spans=(1, 2, 4), window_size=1, num_neighbors=2, width=8):
    generator = torch.Generator().manual_seed(0)
    states = torch.randn(len(lengths), 11, width, generator=generator)[:, :length]
    states = torch.cat([states, torch.randn(len(lengths), max(0, length - 11), width, generator=generator)], dim=1)
    mask = torch.arange(length) < torch.tensor(lengths)[:, None]
    nodes, node_mask, _ = pool_nodes(states, mask, list(spans))
    nodes.requires_grad_()
    layout = node_layout(length, list(spans), torch.device("cpu"))
    return nodes, node_mask, graph_class(nodes, node_mask, layout, window_size, num_neighbors)


def weights_of(graph):
    """Weights of all edges as a matrix."""
    if isinstance(graph, DenseGraph):
        return graph.weights
    return graph.matrix(graph.weights.unsqueeze(1))


@pytest.mark.parametrize("graph_class", GRAPHS)
def test_windows_and_containment(graph_class):
    _, _, graph = make_graph(graph_class, length=5, lengths=(5, 3), num_neighbors=0)
    whole, part = weights_of(graph)
    linked = {node: whole[node].nonzero().flatten().tolist() for node in range(10)}
    # Tokens 0 to 4, pairs 5 to 7, fours 8 and 9.
    assert linked[0] == [0, 1, 5]
    assert linked[2] == [1, 2, 3, 6]
    assert linked[6] == [2, 3, 5, 6, 7, 8]
    assert linked[9] == [7, 8, 9]
    assert set(whole.unique().tolist()) == {0.0, 1.0}
    # Tokens 3 and 4 are padding, and so are the nodes of nothing else.
    assert part[[3, 4, 7, 9]].abs().max() == part[:, [3, 4, 7, 9]].abs().max() == 0
    assert part[1].nonzero().flatten().tolist() == [0, 1, 2, 5]


@pytest.mark.parametrize("spans", [(1,), (2, 3), (1, 2, 4), (3, 4, 10)])
@pytest.mark.parametrize("num_neighbors", [0, 2, 50])
def test_both_graphs_have_the_same_edges(spans, num_neighbors):
    dense, sparse = (make_graph(kind, spans=spans, num_neighbors=num_neighbors)[2] for kind in GRAPHS)
    torch.testing.assert_close(weights_of(sparse), weights_of(dense))
    torch.testing.assert_close(sparse.degrees(), dense.degrees())


@pytest.mark.parametrize("graph_class", GRAPHS)
def test_alike_nodes_outside_of_the_window_are_linked(graph_class):
    nodes, _, graph = make_graph(graph_class, lengths=(11,), spans=(1,), num_neighbors=2)
    weights = weights_of(graph)[0]
    directions = torch.nn.functional.normalize(nodes[0], dim=-1)
    cosines = directions @ directions.T
    far = (torch.arange(11)[:, None] - torch.arange(11)).abs() > 1
    expected = torch.zeros(11, 11)
    for node in range(11):
        ranked = cosines[node].masked_fill(~far[node], 0).sort(descending=True)
        threshold = ranked.values[2].clamp(min=0)
        for value, other in zip(ranked.values[:2], ranked.indices[:2]):
            expected[node, other] = (value - threshold).clamp(min=0) / (1 - threshold)
    torch.testing.assert_close(weights, torch.where(far, torch.maximum(expected, expected.T), 1.0))
    assert (weights[far] > 0).any()


def test_a_neighbor_comes_and_goes_gradually():
    threshold = torch.tensor([0.4])
    weights = neighbor_weights(torch.tensor([0.3, 0.4, 0.4 + 1e-6, 0.7, 1.0]), threshold)
    torch.testing.assert_close(weights, torch.tensor([0.0, 0.0, 1.7e-6, 0.5, 1.0]), atol=1e-6, rtol=0)


@pytest.mark.parametrize("kind", GRAPH_LAYERS)
def test_both_graphs_give_the_same_messages_and_gradients(kind):
    torch.manual_seed(0)
    layer = GRAPH_LAYERS[kind](8, 2, 0.0)
    for parameter in layer.parameters():
        torch.nn.init.normal_(parameter)
    results = []
    for graph_class in GRAPHS:
        nodes, mask, graph = make_graph(graph_class)
        messages, shares = layer(nodes, graph)
        (messages[mask] ** 2).sum().backward()
        results.append((messages[mask], graph.matrix(shares), nodes.grad))
    for dense, sparse in zip(*results):
        torch.testing.assert_close(sparse, dense, atol=1e-4, rtol=1e-4)


def reference_layer(kind, layer):
    """The layer of PyTorch Geometric with the same weights."""
    if kind == "gcn":
        reference = GCNConv(8, 8, add_self_loops=False)
        reference.lin.weight.data, reference.bias.data = layer.node_map.weight.data, torch.zeros(8)
        return reference
    if kind == "gat":
        reference = GATConv(8, 4, heads=2, add_self_loops=False, bias=False)
        reference.lin.weight.data = layer.node_map.weight.data
        reference.att_src.data, reference.att_dst.data = (
            layer.source_vectors.data[None],
            layer.target_vectors.data[None],
        )
        return reference
    reference = GATv2Conv(8, 4, heads=2, add_self_loops=False, bias=False)
    reference.lin_r.weight.data, reference.lin_l.weight.data = layer.node_maps.weight.data.split(8)
    reference.att.data = layer.edge_vectors.data[None]
    for linear in (reference.lin_l, reference.lin_r):
        linear.bias = None
    return reference


@pytest.mark.parametrize("kind", GRAPH_LAYERS)
@torch.no_grad()
def test_the_layers_are_those_of_the_papers(kind):
    """Where all edges weigh 1, they are the layers of PyTorch Geometric."""
    torch.manual_seed(0)
    layer = GRAPH_LAYERS[kind](8, 2, 0.0)
    for name, parameter in layer.named_parameters():
        torch.nn.init.normal_(parameter) if not name.endswith("bias") else torch.nn.init.zeros_(parameter)
    nodes, _, graph = make_graph(DenseGraph, lengths=(11,), num_neighbors=0)
    edges = graph.weights[0].nonzero().T
    expected = reference_layer(kind, layer)(nodes[0], edges.flip(0))
    torch.testing.assert_close(layer(nodes, graph)[0][0], expected, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("graph_class", GRAPHS)
@torch.no_grad()
def test_longer_padding_adds_nothing(graph_class):
    layer = GRAPH_LAYERS["gat"](8, 2, 0.0)
    for parameter in layer.parameters():
        torch.nn.init.normal_(parameter)
    messages = []
    for length in (11, 30):
        nodes, mask, graph = make_graph(graph_class, length=length)
        messages.append(layer(nodes, graph)[0][mask])
    torch.testing.assert_close(*messages)


def test_without_pytorch_geometric_the_extra_is_named(monkeypatch):
    find_spec = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name == "torch_geometric" else find_spec(name)
    )
    make_graph(DenseGraph)
    with pytest.raises(ImportError, match=r'pip install "amsdff_hf\[graph\]".*`graph_backend="dense"`'):
        make_graph(SparseGraph)
