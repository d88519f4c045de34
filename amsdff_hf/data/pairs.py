# Copyright 2026 The amsdff_hf authors. Licensed under the Apache License, Version 2.0.
"""Tokenizers that say which of two texts each token belongs to."""

import json

from tokenizers import Encoding, processors
from transformers import PreTrainedTokenizerBase, PreTrainedTokenizerFast


def number_texts(tokenizer: PreTrainedTokenizerBase) -> PreTrainedTokenizerBase:
    """Return a tokenizer whose `token_type_ids` are 1 at the second text of a pair, whatever its own type.

    Tokenizers of models without token types, such as RoBERTa or DistilBERT, give none or only zeros, so that a head
    could not tell the texts apart. What comes back puts the same tokens in the same order, and keeps its habit when it
    is saved and loaded.

    Args:
        tokenizer: any fast tokenizer; one that numbers the texts already comes back as it is.

    Raises:
        ValueError: if it is no fast tokenizer, or puts nothing but its own tokens where a text should be.
    """
    if not getattr(tokenizer, "is_fast", False):
        raise ValueError(
            f"{type(tokenizer).__name__} cannot tell which text a token belongs to: load a fast tokenizer "
            "(`use_fast=True`)."
        )
    if numbers_texts(tokenizer):
        return tokenizer
    backend = type(tokenizer.backend_tokenizer).from_str(tokenizer.backend_tokenizer.to_str())
    backend.no_padding()
    backend.no_truncation()
    template = _pair_template(backend.encode("a"), backend.encode("a", "a"))
    steps = [step for step in [_offset_trimming(backend.to_str()), template] if step is not None]
    backend.post_processor = processors.Sequence(steps)
    names = [name for name in tokenizer.model_input_names if name != "token_type_ids"]
    return PreTrainedTokenizerFast(
        tokenizer_object=backend,
        model_input_names=[names[0], "token_type_ids", *names[1:]],
        model_max_length=tokenizer.model_max_length,
        padding_side=tokenizer.padding_side,
        truncation_side=tokenizer.truncation_side,
        chat_template=tokenizer.chat_template,
        **{"extra_special_tokens": tokenizer.extra_special_tokens, **tokenizer.special_tokens_map},
    )


def numbers_texts(tokenizer: PreTrainedTokenizerBase) -> bool:
    """Whether the `token_type_ids` of a fast tokenizer are 1 at the second text of a pair and 0 at the first."""
    encoded = tokenizer("a", "a")
    types = encoded.get("token_type_ids")
    if types is None:
        return False
    texts = encoded.sequence_ids()
    return all(text is None or text == number for text, number in zip(texts, types, strict=True))


def _pair_template(single: Encoding, pair: Encoding) -> processors.TemplateProcessing:
    """Template that adds the special tokens of two examples at the same places, the last ones to the second text."""
    ids: dict[str, int] = {}
    templates = []
    for encoding in (single, pair):
        pieces: list[str] = []
        for index, text in zip(encoding.ids, encoding.sequence_ids, strict=True):
            number = int("$B:1" in pieces)
            if text is None:
                # Names of its own, since a token may hold the colon that ends a name here.
                name = f"special{index}"
                ids[name] = index
                pieces.append(f"{name}:{number}")
            elif (piece := ("$A:0", "$B:1")[text]) not in pieces:
                pieces.append(piece)
        templates.append(pieces)
    if "$A:0" not in templates[0] or "$B:1" not in templates[1]:
        raise ValueError(f"The tokenizer makes no token of the text 'a', but {pair.tokens} of the pair 'a', 'a'.")
    tokens = dict(zip(pair.ids + single.ids, pair.tokens + single.tokens, strict=True))
    special = [{"id": name, "ids": [index], "tokens": [tokens[index]]} for name, index in ids.items()]
    return processors.TemplateProcessing(single=templates[0], pair=templates[1], special_tokens=special)


def _offset_trimming(state: str) -> processors.ByteLevel | None:
    """The part of a post-processor that leaves the space before a word out of its offsets, if there is one."""
    post_processor = json.loads(state)["post_processor"] or {}
    for step in post_processor.get("processors", [post_processor]):
        if "trim_offsets" in step:
            return processors.ByteLevel(
                add_prefix_space=step["add_prefix_space"], trim_offsets=step["trim_offsets"], use_regex=True
            )
    return None
