# Copyright 2026 The amsdff_hf authors. Licensed under the Apache License, Version 2.0.
"""Why a classifier decided as it did: the weight of every word, and what its head says of itself."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from tqdm.auto import tqdm
from transformers import PreTrainedConfig, PreTrainedModel, PreTrainedTokenizerBase
from transformers.utils import ModelOutput

from ..models import ARCHITECTURES
from .text_graphs import TextGraph, read_graph


# Tokenizers without a limit say 10 ** 30.
_NO_LIMIT = 10**9
# By name, since the classes that travel with a checkpoint are others.
_OURS = {config_class.model_type for config_class, _, _ in ARCHITECTURES}


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
        truncated: whether the end of the text was cut off.
        expert_gates: AMSDFF: share of each expert, if there are several.
        scale_weights: AMSDFF: share of each scale, by its width in tokens.
        kernel_weights: AMCCL: share of each convolution over the modalities, by its width.
        field_weights: CNN-BiLSTM: share of the first and of the second text of a pair.
        level_weights: pyramid graph: share of each level of the backbone.
        graph: pyramid graph: nodes and strongest edges.
    """

    texts: tuple[str, ...]
    scores: dict[str, float]
    words: tuple[WordWeight, ...]
    special_tokens_weight: float
    truncated: bool
    expert_gates: tuple[float, ...] = ()
    scale_weights: dict[int, float] = field(default_factory=dict)
    kernel_weights: dict[int, float] = field(default_factory=dict)
    field_weights: tuple[float, ...] = ()
    level_weights: dict[int, float] = field(default_factory=dict)
    graph: TextGraph | None = None

    @property
    def label(self) -> str:
        """The label with the highest score."""
        return max(self.scores, key=self.scores.__getitem__)


def explain(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    texts: str | tuple[str, str] | Sequence[str] | Sequence[tuple[str, str]],
    batch_size: int = 16,
) -> list[Explanation]:
    """Classify texts and say which words counted.

    Args:
        model: a classifier of this package, such as [`AmsdffForSequenceClassification`].
        tokenizer: its tokenizer; a fast one, which knows where each token stands in the text.
        texts: a text, a list of texts, a pair (a tuple of two texts) or a list of pairs; what is longer than the
            model can read is cut.
        batch_size: texts per forward pass.

    Returns:
        One [`Explanation`] per text.

    Raises:
        TypeError: if the model gives no weights, the tokenizer is not a fast one, or `texts` are no texts.
        ValueError: if the model was trained on pairs and these are single texts, or the reverse, or if the model
            tells the texts of a pair apart by token types which the tokenizer does not give.
    """
    if not tokenizer.is_fast:
        raise TypeError(f"explain() needs a fast tokenizer to find the words, got {type(tokenizer).__name__}.")
    if model.config.model_type not in _OURS or not hasattr(model, "classifier"):
        raise TypeError(
            f"explain() needs a classifier of this package ({', '.join(sorted(_OURS))}), got {type(model).__name__}."
        )
    pairs = _as_pairs(texts)
    _check_kind(model, tokenizer, is_pair=bool(pairs) and len(pairs[0]) == 2)
    was_training = model.training
    model.eval()
    try:
        starts = tqdm(range(0, len(pairs), batch_size), desc="Explaining", disable=len(pairs) <= batch_size)
        batches = [_explain_batch(model, tokenizer, pairs[start : start + batch_size]) for start in starts]
    finally:
        model.train(was_training)
    return [explanation for batch in batches for explanation in batch]


def _check_kind(model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, is_pair: bool) -> None:
    kinds = {True: "pairs of texts", False: "single texts"}
    if model.config.text_pairs not in (None, is_pair):
        raise ValueError(
            f"The model was trained on {kinds[model.config.text_pairs]}, but got {kinds[is_pair]}: pass "
            f"{'tuples of two texts (explain_texts.py: --pairs)' if model.config.text_pairs else 'one text each'}."
        )
    if is_pair and "token_type_ids" in model.head_arguments and 1 not in tokenizer("a", "a").get("token_type_ids", ()):
        raise ValueError(
            f"{type(model).__name__} tells the texts of a pair apart by `token_type_ids`, but the tokenizer does not "
            "number them: pass `amsdff_hf.data.number_texts(tokenizer)`."
        )


def _as_pairs(texts: object) -> list[tuple[str, ...]]:
    rows = list(texts) if isinstance(texts, Sequence) and not isinstance(texts, (str, tuple)) else [texts]
    pairs = [(row,) if isinstance(row, str) else row for row in rows]
    are_strings = all(isinstance(pair, tuple) and all(isinstance(text, str) for text in pair) for pair in pairs)
    if not are_strings or not {len(pair) for pair in pairs} <= {1, 2} or len({len(pair) for pair in pairs}) > 1:
        raise TypeError(
            "explain() needs a text, a list of texts, a pair or a list of pairs, where a pair is a tuple of two texts "
            f"and no list; got {repr(texts)[:80]}."
        )
    return pairs


@torch.inference_mode()
def _explain_batch(
    model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, pairs: list[tuple[str, ...]]
) -> list[Explanation]:
    columns = [list(column) for column in zip(*pairs, strict=True)]
    limit = min(tokenizer.model_max_length, model.max_sequence_length or tokenizer.model_max_length)
    is_limited = limit < _NO_LIMIT
    encoded = tokenizer(
        *columns,
        truncation=is_limited,
        max_length=limit if is_limited else None,
        padding=len(pairs) > 1,
        return_tensors="pt",
    )
    outputs = model(**encoded.to(model.device), return_explanations=True)
    scores = _scores(outputs.logits.float(), model.config.problem_type)
    explanations = []
    for row, texts in enumerate(pairs):
        encoding = encoded.encodings[row]
        words, special = _merge_word_pieces(encoding, outputs.token_weights[row].float().tolist(), texts)
        explanations.append(
            Explanation(
                texts=texts,
                scores={model.config.id2label[index]: score for index, score in enumerate(scores[row].tolist())},
                words=words,
                special_tokens_weight=special,
                truncated=bool(encoding.overflowing),
                **_own_words(model.config, outputs, row, encoding),
            )
        )
    return explanations


def _own_words(config: PreTrainedConfig, outputs: ModelOutput, row: int, encoding) -> dict[str, Any]:
    """What the head of this architecture says of itself, as fields of an [`Explanation`]."""
    if config.model_type == "amsdff":
        scales = dict(zip(config.scales, outputs.scale_weights[row].tolist(), strict=True))
        # The gate of a single expert is always open.
        gates = tuple(outputs.expert_gates[row].tolist()) if config.num_experts > 1 else ()
        return {"expert_gates": gates, "scale_weights": scales}
    if config.model_type == "amccl":
        kernels = dict(zip(config.view_kernel_sizes, outputs.kernel_weights[row].tolist(), strict=True))
        return {"kernel_weights": kernels}
    if config.model_type == "cnn_bilstm":
        return {"field_weights": tuple(outputs.field_weights[row].tolist())}
    real = [token for token, kept in zip(encoding.tokens, encoding.attention_mask, strict=True) if kept]
    weights = outputs.node_weights[row], outputs.edge_weights[row]
    return {
        "level_weights": dict(zip(config.hidden_levels, outputs.level_weights[row].tolist(), strict=True)),
        "graph": read_graph(*weights, len(encoding.tokens), real, config.node_spans),
    }


def _scores(logits: torch.Tensor, problem_type: str | None) -> torch.Tensor:
    if problem_type == "regression":
        return logits
    return logits.sigmoid() if problem_type == "multi_label_classification" else logits.softmax(dim=-1)


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
        # Some tokenizers count the space before a word as its first letter.
        word = texts[text][start:end].lstrip()
        words.append(WordWeight(word, end - len(word), end, sum(weights[token] for token in tokens), text))
    return tuple(words), special
