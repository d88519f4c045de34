# Copyright 2026 The amsdff_hf authors. Licensed under the Apache License, Version 2.0.
"""Explanations for the eye: an HTML fragment and a picture."""

from html import escape
from textwrap import wrap

from transformers.utils.import_utils import is_matplotlib_available

from .explanations import Explanation, WordWeight


_ORANGE = (0.93, 0.46, 0.0)
_BLUE = (0.20, 0.42, 0.69)
_LABELS_SHOWN = 6
_STRONGEST_MARK = 0.85
_LETTERS_PER_LINE = 88
_LETTERS_PER_FOOTER_LINE = 110


def explanation_to_html(explanation: Explanation) -> str:
    """Return an HTML fragment: the scores, the text with its words marked, and a line of facts.

    The stronger the color of a word, the larger its share; the largest has the full color. Point at a word to read
    its share.
    """
    paragraphs = []
    for index, text in enumerate(explanation.texts):
        parts, position, strongest = [], 0, _strongest(explanation, index)
        for word in (word for word in explanation.words if word.text_index == index):
            color = f"rgba({', '.join(str(round(255 * part)) for part in _ORANGE)}, {_opacity(word, strongest):.2f})"
            parts.append(escape(text[position : word.start]))
            parts.append(
                f'<span style="background: {color}; border-radius: 3px" title="{word.weight:.1%}">'
                f"{escape(text[word.start : word.end])}</span>"
            )
            position = word.end
        cut = '<span style="color: #888" title="cut off">' + escape(text[position:]) + "</span>"
        paragraphs.append(
            f'<p dir="auto" style="line-height: 1.7">{"".join(parts)}{cut if text[position:].strip() else ""}</p>'
        )
    scores = ", ".join(f"<b>{escape(label)}</b> {score:.3f}" for label, score in _top_scores(explanation))
    return (
        f'<div class="amsdff-explanation" style="font-family: sans-serif; max-width: 60em"><p>{scores}</p>'
        f'{"".join(paragraphs)}<p style="color: #666; font-size: 85%">{escape(_footer(explanation))}</p></div>'
    )


def save_explanation_image(explanation: Explanation, path: str) -> None:
    """Draw the scores as bars and the text with its words marked.

    Args:
        explanation: what to draw.
        path: file to write; its ending decides the format.

    Raises:
        ImportError: if matplotlib is not installed.
    """
    if not is_matplotlib_available():
        raise ImportError("Pictures are drawn by matplotlib: pip install 'amsdff_hf[plots]'.")
    from matplotlib.figure import Figure

    scores = _top_scores(explanation)
    lines, footer = _wrap(explanation, _LETTERS_PER_LINE), wrap(_footer(explanation), _LETTERS_PER_FOOTER_LINE)
    text_height, bars_height = 0.30 * (len(lines) + len(footer)) + 0.25, 0.28 * len(scores) + 0.35
    figure = Figure(figsize=(9.5, text_height + bars_height), layout="constrained")
    bars, text = figure.subplots(2, 1, height_ratios=[bars_height, text_height])
    _draw_scores(bars, scores)
    strongest = [_strongest(explanation, index) for index in range(len(explanation.texts))]
    _draw_text(text, lines, strongest, footer)
    figure.savefig(path, dpi=150)


def _draw_scores(axes, scores: list[tuple[str, float]]) -> None:
    names, values = zip(*reversed(scores))
    axes.barh(names, values, color=_BLUE, height=0.65)
    for position, value in enumerate(values):
        axes.text(max(value, 0), position, f" {value:.3f}", va="center", fontsize=9)
    if all(0 <= value <= 1 for value in values):
        axes.set_xlim(0, 1.12)
    axes.xaxis.set_visible(False)
    for side in ("top", "right", "bottom"):
        axes.spines[side].set_visible(False)
    axes.tick_params(axis="y", length=0, labelsize=10)


def _draw_text(
    axes, lines: list[list[tuple[str, WordWeight | None]]], strongest: list[float], footer: list[str]
) -> None:
    """Write line by line in a monospaced font, whose letters all have the same width."""
    axes.set_axis_off()
    columns = max(max(sum(len(piece) for piece, _ in line) for line in lines), _LETTERS_PER_LINE)
    axes.set_xlim(0, columns)
    axes.set_ylim(len(lines) + len(footer) + 0.2, -0.2)
    for row, line in enumerate(lines):
        column = 0
        for piece, word in line:
            if word is not None:
                box = (column, row + 0.06), len(piece), 0.88
                axes.add_patch(_rectangle(*box, (*_ORANGE, _opacity(word, strongest[word.text_index]))))
            for offset, letter in enumerate(piece):
                axes.text(
                    column + offset + 0.5,
                    row + 0.52,
                    letter,
                    family="monospace",
                    fontsize=10,
                    ha="center",
                    va="center",
                )
            column += len(piece)
    for row, line in enumerate(footer, start=len(lines)):
        axes.text(0, row + 0.7, line, fontsize=7.5, color="#555555", va="center")


def _rectangle(corner: tuple[float, float], width: float, height: float, color: tuple[float, ...]):
    from matplotlib.patches import Rectangle

    return Rectangle(corner, width, height, facecolor=color, edgecolor="none")


def _wrap(explanation: Explanation, characters: int) -> list[list[tuple[str, WordWeight | None]]]:
    """Break the texts into lines of pieces; a piece is a word, or what stands between two words."""
    lines: list[list[tuple[str, WordWeight | None]]] = []
    for index, text in enumerate(explanation.texts):
        # A blank line between the two texts of a pair.
        lines += [[] for _ in range(1 + (index > 0))]
        position = width = 0
        for word in (word for word in explanation.words if word.text_index == index):
            between = " ".join(text[position : word.start].split("\n"))
            if width + len(between) + len(word.word) > characters and width:
                lines.append([])
                width, between = 0, ""
            lines[-1] += [(between, None)] * bool(between) + [(word.word, word)]
            width += len(between) + len(word.word)
            position = word.end
        if text[position:].strip():
            lines[-1].append((" ...", None))
    return lines


def _top_scores(explanation: Explanation) -> list[tuple[str, float]]:
    return sorted(explanation.scores.items(), key=lambda item: -item[1])[:_LABELS_SHOWN]


def _strongest(explanation: Explanation, index: int) -> float:
    """Of one text alone: a word of a short title has a larger share than any of a long abstract."""
    return max((word.weight for word in explanation.words if word.text_index == index), default=1.0) or 1.0


def _opacity(word: WordWeight, strongest: float) -> float:
    return _STRONGEST_MARK * word.weight / strongest


def _footer(explanation: Explanation) -> str:
    of_what = "its share of its text" if len(explanation.texts) > 1 else "its share"
    parts = [
        f"the darker a word, the larger {of_what}",
        f"tokens that are no words {explanation.special_tokens_weight:.0%}",
    ]
    if explanation.expert_gates:
        parts.append("experts " + " / ".join(f"{gate:.0%}" for gate in explanation.expert_gates))
    if explanation.field_weights and len(explanation.texts) == 2:
        first, second = explanation.field_weights
        parts.append(f"gates: first text {first:.0%}, second text {second:.0%}")
    named = {
        "convolutions by their width in tokens": explanation.scale_weights,
        "levels": explanation.level_weights,
        "kernels over the modalities": explanation.kernel_weights,
    }
    for name, shares in named.items():
        if shares:
            parts.append(f"{name} " + ", ".join(f"{key}: {share:.0%}" for key, share in shares.items()))
    if explanation.truncated:
        parts.append("the end of the text was cut off")
    return " · ".join(parts)
