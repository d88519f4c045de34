# Copyright 2026 The amsdff_hf authors. Licensed under the Apache License, Version 2.0.
r"""Try a trained classifier in the browser: one text with its explanation, or a whole CSV file.

    python examples/app.py runs/agnews
    python examples/app.py org/amsdff-agnews --port 7861

The page is served to this machine alone, and nothing that is typed there leaves it.
"""

import argparse
import csv
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from transformers import AutoTokenizer, PreTrainedModel, PreTrainedTokenizerBase

from amsdff_hf import explain, explanation_to_html
from amsdff_hf.data import label_space_of
from amsdff_hf.inference import score_columns
from amsdff_hf.training import ModelArguments, load_trained, predicted_labels, readable_labels


LONGEST_TEXT = 100_000
MOST_ROWS = 10_000
ROWS_AT_ONCE = 64
ROWS_SHOWN = 20


class BadInputError(ValueError):
    """What was typed or uploaded cannot be classified; the message is for whoever did it."""


class Classifier:
    """What the page asks a model for.

    Args:
        model: a classifier of this package or of transformers, in evaluation mode.
        tokenizer: its tokenizer.
    """

    def __init__(self, model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase):
        self.model, self.tokenizer = model, tokenizer
        space = label_space_of(model.config)
        self.problem_type, self.names = space.problem_type, list(space.names)
        self.takes_pairs = bool(getattr(model.config, "text_pairs", False))
        self.explains = hasattr(model, "backbone")

    def scores(self, columns: list[list[str]]) -> Any:
        """Probabilities `(num_texts, num_labels)` of texts, or of pairs as two columns."""
        return score_columns(columns, self.model, self.tokenizer)

    def classify(self, text: str, second: str = "") -> tuple[dict[str, float] | str, str, list[list[Any]]]:
        """Classify one text.

        Args:
            text: the text.
            second: the second text, for a model of pairs.

        Returns:
            The score of each label (or the predicted number as text), the text as HTML with its words marked, and rows
            of what the head says of itself.

        Raises:
            BadInputError: if there is no text, or far too much of it.
        """
        texts = [text or "", second or ""] if self.takes_pairs else [text or ""]
        if not all(one.strip() for one in texts):
            raise BadInputError("Type a text first." if len(texts) == 1 else "Type both texts first.")
        if max(map(len, texts)) > LONGEST_TEXT:
            raise BadInputError(f"This text is longer than {LONGEST_TEXT:,} characters: shorten it.")
        if not self.explains:
            scores = self.scores([[one] for one in texts])[0]
            return self._shown(dict(zip(self.names, map(float, scores), strict=True))), "", []
        [explanation] = explain(self.model, self.tokenizer, [tuple(texts)] if self.takes_pairs else texts)
        shares = {
            **{f"expert {number}": share for number, share in enumerate(explanation.expert_gates, start=1)},
            **{f"scale of {width} tokens": share for width, share in explanation.scale_weights.items()},
            **{f"kernel of {width}": share for width, share in explanation.kernel_weights.items()},
            **dict(zip(("first text", "second text"), explanation.field_weights, strict=False)),
            **{f"level {level} of the backbone": share for level, share in explanation.level_weights.items()},
        }
        rows = [[name, f"{share:.1%}"] for name, share in shares.items()]
        return self._shown(explanation.scores), explanation_to_html(explanation), rows

    def _shown(self, scores: dict[str, float]) -> dict[str, float] | str:
        # A number is no share of anything, as the bars would say.
        return f"{next(iter(scores.values())):.4g}" if self.problem_type == "regression" else scores

    def classify_rows(self, columns: list[list[str]]) -> Iterator[list[list[str]]]:
        """Classify many texts, a part at a time: rows of the answer and of all scores."""
        thresholds = getattr(self.model.config, "thresholds", None)
        for start in range(0, len(columns[0]), ROWS_AT_ONCE):
            scores = self.scores([column[start : start + ROWS_AT_ONCE] for column in columns])
            decided = predicted_labels(scores, self.problem_type, thresholds)
            labels = readable_labels(decided, self.problem_type, self.names)
            yield [[label, *(f"{score:.6f}" for score in row)] for label, row in zip(labels, scores, strict=True)]


def read_columns(path: str, names: list[str]) -> list[list[str]]:
    """Read columns of a CSV file.

    Args:
        path: the file.
        names: the columns.

    Raises:
        BadInputError: if it is no such file, lacks a column, has a row without text, or is empty or too long.
    """
    csv.field_size_limit(100 * LONGEST_TEXT)
    try:
        with open(path, encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file, strict=True))
    except (UnicodeDecodeError, csv.Error) as error:
        raise BadInputError(f"This is no CSV file in UTF-8 ({error}).") from error
    if not rows:
        raise BadInputError("There are no rows in this file: the first line names the columns, the others are texts.")
    missing = [name for name in names if name not in rows[0]]
    if missing:
        found = ", ".join(name for name in rows[0] if name)
        raise BadInputError(f"This file has no column {missing[0]!r}; it has {found}.")
    if len(rows) > MOST_ROWS:
        raise BadInputError(f"This file has {len(rows):,} rows; at most {MOST_ROWS:,} are classified here.")
    for number, row in enumerate(rows, start=2):
        empty = [name for name in names if not (row[name] or "").strip()]
        if empty:
            raise BadInputError(f"Line {number} has nothing in the column {empty[0]!r}.")
        if any(len(row[name]) > LONGEST_TEXT for name in names):
            raise BadInputError(f"Line {number} has a text longer than {LONGEST_TEXT:,} characters: shorten it.")
    return [[row[name] for row in rows] for name in names]


def classify_file(
    classifier: Classifier, path: str, names: list[str], progress: Callable[[float], None]
) -> tuple[list[list[str]], str]:
    """Classify the texts of a CSV file.

    Args:
        classifier: the model.
        path: the file.
        names: its columns with the texts.
        progress: told the share that is done.

    Returns:
        The first rows with a header, and a CSV file with all of them.
    """
    columns = read_columns(path, names)
    header, answers = ["prediction", *(f"score_{name}" for name in classifier.names), *names], []
    for part in classifier.classify_rows(columns):
        answers += part
        progress(len(answers) / len(columns[0]))
    table = [header, *([*answer, *texts] for answer, texts in zip(answers, zip(*columns, strict=True), strict=True))]
    written = Path(tempfile.mkdtemp()) / "predictions.csv"
    with open(written, "w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(table)
    return table[: ROWS_SHOWN + 1], str(written)


def build_app(classifier: Classifier, name: str) -> Any:
    """Lay the page out; returns a `gradio.Blocks`."""
    import gradio as gr

    def one(text: str, second: str = "") -> tuple[Any, ...]:
        try:
            return classifier.classify(text, second)
        except BadInputError as error:
            raise gr.Error(str(error), print_exception=False) from error

    def many(path: str | None, column: str, second: str = "", progress: Any = gr.Progress()) -> tuple[Any, ...]:  # noqa: B008
        if path is None:
            raise gr.Error("Choose a file first.", print_exception=False)
        names = [column, second] if classifier.takes_pairs else [column]
        try:
            table, written = classify_file(classifier, path, names, progress)
        except BadInputError as error:
            raise gr.Error(str(error), print_exception=False) from error
        return gr.Dataframe(table[1:], headers=table[0], visible=True), gr.File(written, visible=True)

    with gr.Blocks(title=name, analytics_enabled=False) as app:
        gr.Markdown(f"# {name}\nLabels: {', '.join(classifier.names)}")
        with gr.Tab("One text"):
            texts = [gr.Textbox(label="Text", lines=4, elem_id="text")]
            if classifier.takes_pairs:
                texts.append(gr.Textbox(label="Second text", lines=4, elem_id="second"))
            button = gr.Button("Classify", variant="primary", elem_id="classify")
            with gr.Row():
                scores = gr.Label(label="Scores", elem_id="scores")
                inside = gr.Dataframe(
                    headers=["part of the head", "share"],
                    label="Inside",
                    elem_id="inside",
                    visible=classifier.explains,
                )
            words = gr.HTML(label="Words", elem_id="words", visible=classifier.explains)
            gr.on([button.click, texts[-1].submit], one, texts, [scores, words, inside])
        with gr.Tab("A CSV file"):
            upload = gr.File(label="CSV in UTF-8, with a header", file_types=[".csv"], elem_id="upload")
            columns = [gr.Textbox("text", label="Column with the texts")]
            if classifier.takes_pairs:
                columns.append(gr.Textbox("text_pair", label="Column with the second texts"))
            start = gr.Button("Classify all", variant="primary", elem_id="classify_all")
            preview = gr.Dataframe(label=f"First {ROWS_SHOWN} rows", elem_id="preview", visible=False)
            download = gr.File(label="All rows", elem_id="download", visible=False)
            start.click(many, [upload, *columns], [preview, download])
    return app


def main() -> None:
    """Load the model and serve the page."""
    parser = argparse.ArgumentParser(
        description=__doc__.split("\n")[0], formatter_class=argparse.ArgumentDefaultsHelpFormatter
    )
    parser.add_argument("model", nargs="?", default="runs/demo/amsdff", help="folder or name on the Hub")
    parser.add_argument("--port", type=int, default=7860, help="port on this machine")
    arguments = parser.parse_args()
    try:
        import gradio as gr
    except ImportError:
        sys.exit("error: the page needs gradio: pip install 'amsdff_hf[app]', or simply `make app`.")
    try:
        model = load_trained(ModelArguments(arguments.model))
        classifier = Classifier(model, AutoTokenizer.from_pretrained(arguments.model))
        name = Path(arguments.model).name if Path(arguments.model).exists() else arguments.model
        # Fonts of the system, so that the page asks nobody else for its own.
        theme = gr.themes.Default(font=["system-ui", "sans-serif"], font_mono=["monospace"])
        app = build_app(classifier, name)
        _, url, _ = app.launch(
            server_name="127.0.0.1",
            server_port=arguments.port,
            share=False,
            max_file_size="20mb",
            theme=theme,
            # What Gradio prints of its own advises to show the page to the whole internet.
            quiet=True,
            prevent_thread_lock=True,
        )
        print(f"{name} is at {url} on this machine; Ctrl+C ends it.", flush=True)
        app.block_thread()
    except (ValueError, OSError) as error:
        sys.exit(f"error: {error} (The model may be any trained one, such as that of `make demo`; the port, --port.)")


if __name__ == "__main__":
    main()
