import pytest
import torch
from transformers import BertConfig

from amsdff_hf import PyramidGraphConfig, PyramidGraphForSequenceClassification
from amsdff_hf.models.feature_pyramid import FeaturePyramid
from tests.conftest import BACKBONE_CONFIGS, SIZES, padded_texts, random_model
from tests.sweep.tiny_configs import tiny_config


def build(**fields):
    backbone = BertConfig(**{**SIZES, "max_position_embeddings": 400, "num_hidden_layers": 3})
    return random_model(PyramidGraphConfig(backbone_config=backbone, **fields))


@pytest.mark.parametrize("graph_layer", ["gat", "gatv2", "gcn"])
def test_dense_and_sparse_give_the_same(graph_layer):
    ids, mask = padded_texts(40)
    results = []
    for backend in ("dense", "sparse"):
        model = build(graph_layer=graph_layer, graph_backend=backend, window_size=1, num_neighbors=3)
        outputs = model(ids, attention_mask=mask, labels=torch.tensor([0, 1, 0, 1]), return_explanations=True)
        outputs.loss.backward()
        results.append((outputs, {name: p.grad for name, p in model.named_parameters()}))
    (dense, dense_gradients), (sparse, sparse_gradients) = results
    torch.testing.assert_close(sparse.logits, dense.logits, atol=1e-5, rtol=0)
    torch.testing.assert_close(sparse.edge_weights, dense.edge_weights, atol=1e-5, rtol=0)
    torch.testing.assert_close(sparse.token_weights, dense.token_weights, atol=1e-5, rtol=0)
    torch.testing.assert_close(sparse_gradients, dense_gradients, atol=1e-4, rtol=1e-3)


def test_long_texts_take_the_sparse_path():
    model = build(max_dense_nodes=100)
    chosen = []
    trunk = model.classifier.trunk
    build_graph = trunk.build_graph

    def spy(*args):
        graph = build_graph(*args)
        chosen.append(type(graph).__name__)
        return graph

    trunk.build_graph = spy
    for length in (56, 57):
        model(torch.full((1, length), 7))
    assert chosen == ["DenseGraph", "SparseGraph"]


@pytest.mark.parametrize("backend", ["dense", "sparse"])
@pytest.mark.parametrize("length", [1, 2, 3])
def test_tiny_texts_with_more_neighbors_than_nodes(backend, length):
    model = build(graph_backend=backend, num_neighbors=500, window_size=40)
    outputs = model(torch.full((2, length), 7), return_explanations=True)
    assert outputs.logits.isfinite().all()
    torch.testing.assert_close(outputs.token_weights.sum(1), torch.ones(2))


@pytest.mark.parametrize("fields", [{"levels": [0, 3]}, {"levels": [2]}, {"node_spans": (4,)}, {"node_spans": (2, 3)}])
def test_any_levels_and_spans(fields):
    ids, mask = padded_texts()
    outputs = build(**fields)(ids, attention_mask=mask, return_explanations=True)
    assert outputs.level_weights.shape == (4, len(fields.get("levels", [1, 2, 3])))
    assert (outputs.edge_weights.sum(-1) - 1).abs()[outputs.node_weights > 0].max() < 1e-5
    torch.testing.assert_close(outputs.token_weights.sum(1), torch.ones(4))


def test_the_chosen_levels_are_read():
    model = build(levels=[1, 3])
    ids, mask = padded_texts()
    states = model.backbone(ids, attention_mask=mask, output_hidden_states=True).hidden_states
    logits, _ = model.classifier((states[1], states[3]), mask)
    torch.testing.assert_close(model(ids, attention_mask=mask).logits, logits)


def test_the_pyramid_adds_from_the_top_down():
    torch.manual_seed(0)
    pyramid = FeaturePyramid(6, 4, num_levels=2, smoothing_width=3)
    for level in pyramid.levels:
        torch.nn.init.zeros_(level.smoothing_filter.weight)
        torch.nn.init.zeros_(level.smoothing_filter.bias)
    low, high = torch.randn(2, 1, 5, 6)
    mask = torch.ones(1, 5, dtype=torch.bool)
    top = pyramid.levels[1].lateral(high)
    levels = torch.stack([pyramid.levels[0].lateral(low) + top, top], dim=2)
    shares = pyramid.level_scores(levels).softmax(dim=2)
    fused, level_weights = pyramid((low, high), mask)
    torch.testing.assert_close(fused, (shares * levels).sum(2))
    torch.testing.assert_close(level_weights, shares.mean(1).squeeze(-1))


def test_decoders_are_read_too():
    model = random_model(PyramidGraphConfig(backbone_config=BACKBONE_CONFIGS["llama"]()))
    ids, mask = padded_texts()
    assert model(ids, attention_mask=mask).logits.isfinite().all()


def test_a_backbone_without_such_hidden_states_is_named():
    model = PyramidGraphForSequenceClassification(PyramidGraphConfig(backbone_config=tiny_config("funnel")))
    with pytest.raises(ValueError, match=r"for level \d+ the backbone \(funnel\) returns .*choose other `levels`"):
        model(torch.full((1, 12), 7))


def test_edges_can_be_trained_through():
    """The gradient reaches the vectors that decide which nodes are alike."""
    model = build(graph_layer="gcn", window_size=0)
    ids, _ = padded_texts(20)
    embeds = model.get_input_embeddings()(ids[:1]).detach().requires_grad_()
    edges = model(inputs_embeds=embeds, return_explanations=True).edge_weights
    edges[0, 0].max().backward()
    assert embeds.grad.abs().max() > 0
