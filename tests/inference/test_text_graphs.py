import pytest

from amsdff_hf import save_graph_image
from amsdff_hf.inference import GraphEdge, GraphNode, TextGraph, text_graphs


def make_graph(count):
    nodes = [GraphNode(f"word{index}", 1, index, 1, 1 / count) for index in range(count)]
    nodes += [GraphNode(f"pair{index}", 2, index, min(2, count - index), 0.0) for index in range(0, count, 2)]
    return TextGraph(tuple(nodes), (GraphEdge(0, 1, 0.5), GraphEdge(count, 0, 0.25), GraphEdge(count - 1, 0, 0.1)))


@pytest.mark.parametrize("count", [1, 2, 7, 200])
def test_pictures_of_short_and_long_texts(tmp_path, count):
    save_graph_image(make_graph(count), tmp_path / "graph.png", title="good (0.9)")
    assert (tmp_path / "graph.png").read_bytes().startswith(b"\x89PNG")


def test_other_heads_make_no_graphs(tmp_path):
    with pytest.raises(TypeError, match="by a pyramid-graph classifier, the only one that makes graphs, got NoneType"):
        save_graph_image(None, tmp_path / "graph.png")


def test_without_matplotlib_the_extra_is_named(monkeypatch, tmp_path):
    monkeypatch.setattr(text_graphs, "is_matplotlib_available", lambda: False)
    with pytest.raises(ImportError, match=r"pip install 'amsdff_hf\[plots\]'"):
        save_graph_image(make_graph(2), tmp_path / "graph.png")
