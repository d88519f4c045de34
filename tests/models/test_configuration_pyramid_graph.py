import pytest
from transformers import BertConfig

from amsdff_hf import PyramidGraphConfig
from tests.conftest import SIZES


@pytest.mark.parametrize(("depth", "expected"), [(1, [1]), (2, [1, 2]), (6, [2, 4, 6]), (12, [4, 8, 12])])
def test_auto_levels_are_spread_over_the_depth(depth, expected):
    backbone = BertConfig(**{**SIZES, "num_hidden_layers": depth})
    assert PyramidGraphConfig(backbone_config=backbone).hidden_levels == expected


def test_the_graph_is_as_wide_as_the_backbone_up_to_a_limit():
    assert PyramidGraphConfig(backbone_config=BertConfig(**SIZES)).graph_width == 32
    assert PyramidGraphConfig().graph_width == 256
    assert PyramidGraphConfig(graph_hidden_size=300).graph_width == 300


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("levels", [3, 13], r"from 0 \(embeddings\) to 12 \(last layer\), got \[3, 13\]"),
        ("levels", [-1], r"got \[-1\]"),
        ("levels", [4, 4], "different levels"),
        ("levels", [], r"got \[\]"),
        ("levels", "last", "must be \"auto\" or a list of levels such as \\[4, 8, 12\\], got 'last'"),
        ("node_spans", [2, 1], r"in rising order, got \[2, 1\]"),
        ("node_spans", [0], "from 1 to 512"),
        ("smoothing_width", 2, "must be an odd number of tokens, got 2"),
        ("window_size", -1, r"must be 0 \(no such edges\) or more, got -1"),
        ("num_neighbors", -1, "must be 0"),
        ("graph_hidden_size", 0, "must be at least 1, got 0"),
        ("num_graph_layers", 0, "must be at least 1"),
        ("graph_layer", "sage", "graph_layer"),
        ("graph_backend", "gpu", "graph_backend"),
        ("head_dropout", 1.0, "below 1"),
    ],
)
def test_bad_values_are_named(field, value, sentence):
    with pytest.raises(Exception, match=sentence) as caught:
        PyramidGraphConfig(**{field: value})
    assert field in str(caught.value)


def test_fields_survive_saving(tmp_path):
    PyramidGraphConfig(levels=[2, 12], node_spans=(1, 3), graph_layer="gcn").save_pretrained(tmp_path)
    loaded = PyramidGraphConfig.from_pretrained(tmp_path)
    assert loaded.hidden_levels == [2, 12]
    assert list(loaded.node_spans) == [1, 3]
    assert loaded.graph_layer == "gcn"
