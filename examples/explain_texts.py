# Copyright 2026 The amsdff_hf authors. Licensed under the Apache License, Version 2.0.
"""Classify texts with a trained classifier and show which words counted.

    python examples/explain_texts.py runs/my-classifier "A first text." "A second text." --output_dir runs/explained

Each text gets a picture, with a pyramid-graph classifier also one of its graph; all of them stand in one HTML page.
"""

import argparse
import os
import sys

from transformers import AutoTokenizer

from amsdff_hf import ThresholdPipeline, explain, explanation_to_html, save_explanation_image, save_graph_image
from amsdff_hf.training import ModelArguments, load_trained


WORDS_SHOWN = 5


def main() -> None:
    """Classify, explain, and write the pictures and the page."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("model", help="folder or name on the Hub")
    parser.add_argument("texts", nargs="+", help="one text each, in quotes")
    parser.add_argument(
        "--pairs", action="store_true", help="each two of the texts are a pair, such as title, abstract"
    )
    parser.add_argument("--output_dir", default=".", help="where to write the pictures and explanations.html")
    arguments = parser.parse_args()

    model, tokenizer = load_trained(ModelArguments(arguments.model)), AutoTokenizer.from_pretrained(arguments.model)
    texts: list = arguments.texts
    if arguments.pairs:
        if len(texts) % 2:
            raise ValueError(f"--pairs needs an even number of texts, got {len(texts)}.")
        texts = list(zip(texts[::2], texts[1::2], strict=True))
    explanations = explain(model, tokenizer, texts)
    classifier = ThresholdPipeline(model=model, tokenizer=tokenizer)
    predictions = classifier([{"text": text[0], "text_pair": text[1]} for text in texts] if arguments.pairs else texts)
    os.makedirs(arguments.output_dir, exist_ok=True)
    for number, (prediction, explanation) in enumerate(zip(predictions, explanations, strict=True), start=1):
        picture = os.path.join(arguments.output_dir, f"explanation_{number}.png")
        save_explanation_image(explanation, picture)
        strongest = sorted(explanation.words, key=lambda word: -word.weight)[:WORDS_SHOWN]
        words = ", ".join(f"{word.word} {word.weight:.0%}" for word in strongest)
        print(f"\n{number}. {explanation.texts[0]}")
        labels = [prediction] if isinstance(prediction, dict) else prediction
        predicted = ", ".join(f"{label['label']} ({label['score']:.3f})" for label in labels) or "no label"
        print(f"   predicted: {predicted}; words that counted: {words}")
        print(f"   picture: {picture}")
        if explanation.graph is not None:
            drawn = os.path.join(arguments.output_dir, f"graph_{number}.png")
            save_graph_image(explanation.graph, drawn, title=predicted)
            print(f"   graph: {drawn}")
    page = os.path.join(arguments.output_dir, "explanations.html")
    with open(page, "w", encoding="utf-8") as file:
        file.write('<!DOCTYPE html><meta charset="utf-8"><title>Explanations</title>\n')
        file.write("\n<hr>\n".join(map(explanation_to_html, explanations)))
    print(f"\nAll of them: {page}")


if __name__ == "__main__":
    try:
        main()
    except (ValueError, TypeError, OSError) as error:
        sys.exit(f"error: {error}")
