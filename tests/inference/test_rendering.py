import builtins
import dataclasses
import re
from html.parser import HTMLParser

import pytest
from matplotlib.figure import Figure

from amsdff_hf import Explanation, explanation_to_html, save_explanation_image
from amsdff_hf.inference import WordWeight, rendering


TEXT = "A <b>great</b> plot & more words that are cut"


@pytest.fixture
def explanation():
    words = [
        WordWeight(word, TEXT.index(word), TEXT.index(word) + len(word), weight) for word, weight in WEIGHTS.items()
    ]
    return Explanation(
        texts=(TEXT,),
        scores={"good <1>": 0.8, "bad": 0.2},
        words=tuple(words),
        special_tokens_weight=0.1,
        expert_gates=(0.5, 0.5),
        scale_weights={1: 0.4, 3: 0.6},
        truncated=True,
    )


WEIGHTS = {"A": 0.0, "great": 0.6, "plot": 0.3}


class Text(HTMLParser):
    def __init__(self, html):
        super().__init__()
        self.data, self.tags = [], []
        self.feed(html)

    def handle_data(self, data):
        self.data.append(data)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))


def test_html_shows_the_whole_text_and_nothing_of_it_is_markup(explanation):
    page = Text(explanation_to_html(explanation))
    assert TEXT in "".join(page.data)
    assert "good <1>" in page.data
    assert [tag for tag, _ in page.tags].count("b") == 2  # the two labels, not the text's own


def test_the_strongest_word_has_the_strongest_color(explanation):
    spans = [attrs for tag, attrs in Text(explanation_to_html(explanation)).tags if "rgba" in attrs.get("style", "")]
    opacity = [float(re.search(r", ([\d.]+)\)", attrs["style"])[1]) for attrs in spans]
    assert opacity[0] == 0
    assert opacity[1] == pytest.approx(0.85)
    assert opacity[2] == pytest.approx(0.43, abs=0.01)
    assert spans[1]["title"] == "60.0%"


def test_picture_is_drawn(explanation, tmp_path):
    save_explanation_image(explanation, str(tmp_path / "a.png"))
    assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")


def test_no_line_of_the_picture_reaches_beyond_it(explanation, tmp_path, monkeypatch):
    figures = []
    monkeypatch.setattr(Figure, "savefig", lambda figure, *args, **kwargs: figures.append(figure))
    facts = {"scale_weights": dict.fromkeys(range(1, 21, 2), 0.1), "level_weights": {0: 0.5, 12: 0.5}}
    save_explanation_image(dataclasses.replace(explanation, **facts), str(tmp_path / "a.png"))
    figures[0].draw_without_rendering()
    for text in figures[0].axes[1].texts:
        assert text.get_window_extent().x1 <= figures[0].bbox.x1, text.get_text()
    # Nor does a long line take room from what stands above it.
    assert figures[0].axes[0].get_position().width > 0.8


def test_lines_are_wrapped_at_words(explanation):
    lines = rendering._wrap(explanation, characters=15)
    texts = ["".join(piece for piece, _ in line) for line in lines]
    assert texts == ["A <b>great", "plot ..."]


def test_without_matplotlib_the_extra_is_named(explanation, tmp_path, monkeypatch):
    monkeypatch.setattr(rendering, "is_matplotlib_available", lambda: False)
    with pytest.raises(ImportError, match=r"pip install 'amsdff_hf\[plots\]'"):
        save_explanation_image(explanation, str(tmp_path / "a.png"))
    assert builtins.open is open
