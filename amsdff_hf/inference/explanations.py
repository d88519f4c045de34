# Copyright 2026 The amsdff_hf authors. Licensed under the Apache License, Version 2.0.
"""Why a classifier decided as it did: the weight of every word, the experts and the scales."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from tqdm.auto import tqdm
from transformers import PreTrainedModel, PreTrainedTokenizerBase


@dataclass(frozen=True)
class WordWeight:
    """A word and its share in the vector of the text.

    Args:
        word: the word as it stands in the text.
        start: position of its first character.
        end: position after its last character.
        weight: its share, from 0 to 1.
        text_index: 0 in the text, 1 in the second text of a pair.
    """

    word: str
    start: int
    end: int
    weight: float
    text_index: int = 0


@dataclass(frozen=True)
class Explanation:
    """What a classifier says of one text, and what that rests on.

    The weights of the words and `special_tokens_weight` sum to 1. They say how much of the pooled vector comes from
    the position of a word, after the backbone has mixed in its context; they do not say what would change without it.

    Args:
        texts: the text, or the two texts of a pair.
        scores: probability of each label, or the predicted number in regression.
        words: the words in their order.
        special_tokens_weight: share of the tokens that are no words, such as [CLS].
        expert_gates: share of each expert.
        scale_weights: share of each scale, by its width in tokens.
        truncated: whether the end of the text was cut off.
    """

    texts: tuple[str, ...]
    scores: dict[str, float]
    words: tuple[WordWeight, ...]
    special_tokens_weight: float
    expert_gates: tuple[float, ...]
    scale_weights: dict[int, float]
    truncated: bool

    @property
    def label(self) -> str:
        """The label with the highest score."""
        return max(self.scores, key=self.scores.__getitem__)


def explain(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    texts: str | Sequence[str | tuple[str, str]],
    batch_size: int = 16,
) -> list[Explanation]:
    """Classify texts and say which words counted.

    Args:
        model: an [`AmsdffForSequenceClassification`].
        tokenizer: its tokenizer; a fast one, which knows where each token stands in the text.
        texts: texts, or pairs of texts; longer ones than the tokenizer's `model_max_length` are cut.
        batch_size: texts per forward pass.

    Returns:
        One [`Explanation`] per text.

    Raises:
        TypeError: if the model gives no weights or the tokenizer is not a fast one.
    """
    if not tokenizer.is_fast:
        raise TypeError(f"explain() needs a fast tokenizer to find the words, got {type(tokenizer).__name__}.")
    if not hasattr(model.config, "scales"):
        raise TypeError(f"explain() needs an AMSDFF classifier, got {type(model).__name__}.")
    texts = [texts] if isinstance(texts, str) else list(texts)
    pairs = [(text,) if isinstance(text, str) else tuple(text) for text in texts]
    was_training = model.training
    model.eval()
    starts = tqdm(range(0, len(pairs), batch_size), desc="Explaining", disable=len(pairs) <= batch_size)
    explanations = [
        explanation
        for start in starts
        for explanation in _explain_batch(model, tokenizer, pairs[start : start + batch_size])
    ]
    model.train(was_training)
    return explanations


@torch.inference_mode()
def _explain_batch(
    model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, pairs: list[tuple[str, ...]]
) -> Iterator[Explanation]:
    columns = [list(column) for column in zip(*pairs, strict=True)]
    limit = tokenizer.model_max_length if tokenizer.model_max_length < 10**9 else None
    encoded = tokenizer(*columns, truncation=limit is not None, max_length=limit, padding=True, return_tensors="pt")
    outputs = model(**encoded.to(model.device), return_explanations=True)
    scores = _scores(outputs.logits.float(), model.config)
    for row, texts in enumerate(pairs):
        encoding = encoded.encodings[row]
        words, special = _merge_word_pieces(encoding, outputs.token_weights[row].float().tolist(), texts)
        yield Explanation(
            texts=texts,
            scores={model.config.id2label[index]: score for index, score in enumerate(scores[row].tolist())},
            words=words,
            special_tokens_weight=special,
            expert_gates=tuple(outputs.expert_gates[row].tolist()),
            scale_weights=dict(zip(model.config.scales, outputs.scale_weights[row].tolist(), strict=True)),
            truncated=bool(encoding.overflowing),
        )


def _scores(logits: torch.Tensor, config) -> torch.Tensor:
    if config.problem_type == "regression" or config.num_labels == 1:
        return logits
    if config.problem_type == "multi_label_classification":
        return logits.sigmoid()
    return logits.softmax(dim=-1)


def _merge_word_pieces(encoding, weights: list[float], texts: tuple[str, ...]) -> tuple[tuple[WordWeight, ...], float]:
    """Sum the weights of the pieces of each word; what belongs to no word is returned on its own."""
    pieces: dict[tuple[int, int], list[int]] = {}
    special = 0.0
    for token, (word, text) in enumerate(zip(encoding.word_ids, encoding.sequence_ids, strict=True)):
        if word is None or text is None:
            special += weights[token]
        else:
            pieces.setdefault((text, word), []).append(token)
    words = []
    for (text, _), tokens in pieces.items():
        start, end = encoding.offsets[tokens[0]][0], encoding.offsets[tokens[-1]][1]
        words.append(WordWeight(texts[text][start:end], start, end, sum(weights[token] for token in tokens), text))
    return tuple(words), special
