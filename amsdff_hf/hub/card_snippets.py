# Copyright 2026 The amsdff_hf authors. Licensed under the Apache License, Version 2.0.
"""The code that a card shows; a test runs every line of it."""

import json

from .card_facts import CardFacts


# How logits become an answer.
_ANSWERS = {
    "regression": "logits.item()",
    "multi_label_classification": (
        "[label for label, score in zip(model.config.label2id, logits[0].sigmoid()) if score >= 0.5]"
    ),
    None: "model.config.id2label[logits.argmax().item()]",
}
_EXAMPLE = "A text to classify."


def card_snippets(facts: CardFacts, repo_id: str) -> dict[str, str]:
    """Write the snippets of a card.

    Args:
        facts: whether the model reads pairs, several labels, or audio and vision, and an example.
        repo_id: name under which the model is loaded.

    Returns:
        Code by its purpose: `pipeline` with this package, `remote_code` without it, `vectors` of texts.
    """
    given = min((label.example for label in facts.labels if label.example), key=len, default=_EXAMPLE)
    text = json.dumps(given, ensure_ascii=False)
    pair = f'{{"text": {text}, "text_pair": "The second text of the pair."}}' if facts.takes_pairs else text
    options = ", top_k=None" if facts.problem_type == "multi_label_classification" else ""
    both = f"{text}, " + ('"The second text of the pair.", ' if facts.takes_pairs else "")
    imported = "import amsdff_hf  # makes transformers know the architecture\n" if facts.model_type != "plain" else ""
    load = f'"{repo_id}", revision="main", code_revision="main", trust_remote_code=True'
    return {
        "pipeline": (
            f"{imported}from transformers import pipeline\n\n"
            f'classifier = pipeline("text-classification", model="{repo_id}"{options})\n'
            f"print(classifier({pair}))"
        ),
        "remote_code": (
            "from transformers import AutoModelForSequenceClassification, AutoTokenizer\n\n"
            f'tokenizer = AutoTokenizer.from_pretrained("{repo_id}", revision="main", trust_remote_code=True)\n'
            f"model = AutoModelForSequenceClassification.from_pretrained(\n    {load}\n)\n"
            f'logits = model(**tokenizer({both}truncation=True, return_tensors="pt")).logits\n'
            f"print({_ANSWERS.get(facts.problem_type, _ANSWERS[None])})"
        ),
        "vectors": (
            "import amsdff_hf  # makes transformers know the architecture\n"
            "from transformers import AutoModel, AutoTokenizer\n\n"
            f'tokenizer = AutoTokenizer.from_pretrained("{repo_id}")\n'
            f'model = AutoModel.from_pretrained("{repo_id}")\n'
            f'vector = model(**tokenizer({both}truncation=True, return_tensors="pt")).pooler_output\n'
            "print(vector.shape)"
        ),
    }
