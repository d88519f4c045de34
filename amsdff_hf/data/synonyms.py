# Copyright 2026 The amsdff_hf authors. Licensed under the Apache License, Version 2.0.
"""Where augmentation takes similar words from: WordNet, or the embeddings of a backbone."""

import importlib.util
from typing import Protocol

import torch
import torch.nn.functional as F
from transformers import PreTrainedModel, PreTrainedTokenizerBase


_SHORTEST_WORD = 3


class Synonyms(Protocol):
    """Gives words that may stand for another."""

    name: str

    def __call__(self, word: str) -> list[str]:
        """Return words in lower case that may stand for `word`, the best first; none if there are none."""


class WordNetSynonyms:
    """Words that share a meaning in WordNet (Miller 1995), read by NLTK.

    Raises:
        LookupError: if NLTK is not installed, or its data holds no WordNet.
    """

    name = "WordNet"

    def __init__(self):
        if not wordnet_is_there():
            raise LookupError("There is no WordNet: pip install nltk, then python -m nltk.downloader wordnet.")
        from nltk.corpus import wordnet

        self._wordnet = wordnet

    def __call__(self, word: str) -> list[str]:
        """Return the other words of all meanings of `word`, those of the most frequent meaning first."""
        names = [name for meaning in self._wordnet.synsets(word) for name in meaning.lemma_names()]
        names = [name.replace("_", " ").lower() for name in names]
        return [name for name in dict.fromkeys(names) if name != word.lower()]


def wordnet_is_there() -> bool:
    """Whether NLTK and the data of WordNet are installed."""
    if importlib.util.find_spec("nltk") is None:
        return False
    import nltk

    # As NLTK finds it, unpacked or not.
    for place in ("corpora/wordnet", "corpora/wordnet.zip"):
        try:
            nltk.data.find(place)
        except LookupError:
            continue
        return True
    return False


class EmbeddingNeighbors:
    """Words whose input embeddings are close to each other (cosine), among those that are one token.

    Args:
        tokenizer: tokenizer of the backbone.
        table: its input embeddings, `(vocab_size, embedding_size)`; copied, so that training does not change them.
        num_neighbors: how many words to return at most.
        min_similarity: cosine from which words count as similar.
    """

    name = "the embeddings of the backbone"

    def __init__(
        self,
        tokenizer: PreTrainedTokenizerBase,
        table: torch.Tensor,
        num_neighbors: int = 10,
        min_similarity: float = 0.5,
    ):
        ids = _ids_of_words(tokenizer)
        self._words = list(ids)
        self._rows = {word: row for row, word in enumerate(self._words)}
        self._vectors = F.normalize(table.detach().float().cpu()[list(ids.values())], dim=-1)
        self._num_neighbors, self._min_similarity = num_neighbors, min_similarity
        self._known: dict[str, list[str]] = {}

    def __call__(self, word: str) -> list[str]:
        """Return the nearest words, the nearest first."""
        word = word.lower()
        if word not in self._known:
            self._known[word] = self._find(word) if word in self._rows else []
        return self._known[word]

    def _find(self, word: str) -> list[str]:
        similarities = self._vectors @ self._vectors[self._rows[word]]
        similarities[self._rows[word]] = -1.0
        values, rows = similarities.topk(min(self._num_neighbors, len(self._words)))
        near = zip(values.tolist(), rows.tolist(), strict=True)
        return [self._words[row] for value, row in near if value >= self._min_similarity]


def find_synonyms(model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase) -> Synonyms:
    """Take WordNet where NLTK has it, or else the neighbors among the input embeddings of a model."""
    if wordnet_is_there():
        return WordNetSynonyms()
    return EmbeddingNeighbors(tokenizer, model.get_input_embeddings().weight)


def _ids_of_words(tokenizer: PreTrainedTokenizerBase) -> dict[str, int]:
    """Ids of the words in lower case that are a single token where they stand after a space."""
    vocabulary = tokenizer.get_vocab()
    words = {token: tokenizer.convert_tokens_to_string([token]).strip() for token in vocabulary}
    words = {token: word for token, word in words.items() if word.isalpha() and len(word) >= _SHORTEST_WORD}
    if not words:
        return {}
    ids = tokenizer([f" {word}" for word in words.values()], add_special_tokens=False)["input_ids"]
    found: dict[str, int] = {}
    for (token, word), split in zip(words.items(), ids, strict=True):
        if split == [vocabulary[token]]:
            found.setdefault(word.lower(), vocabulary[token])
    return found
