# Copyright 2026 The amsdff_hf authors. Licensed under the Apache License, Version 2.0.
"""Word vectors from a text file or from scratch, as a backbone with its tokenizer."""

import os
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence, Set
from dataclasses import dataclass
from typing import TextIO

import numpy as np
import torch
from transformers import PreTrainedTokenizerFast
from transformers.utils import logging

from ..models.configuration_word_vectors import WordVectorsConfig
from ..models.modeling_word_vectors import WordVectorsModel
from .word_tokenizer import SPECIAL_TOKENS, build_word_tokenizer, count_words, frequent_words, normalize


logger = logging.get_logger(__name__)


@dataclass(frozen=True)
class Coverage:
    """How much of a vocabulary has vectors from a file.

    Args:
        num_words: words of the vocabulary.
        num_found: those that the file has a vector for.
        share_of_texts: share of the words of the texts, each as often as it occurs, that have a vector from the file.
    """

    num_words: int
    num_found: int
    share_of_texts: float

    def __str__(self) -> str:
        return (
            f"{self.num_found:,} of {self.num_words:,} words ({self.num_found / self.num_words:.1%}) have vectors "
            f"from the file, {self.share_of_texts:.1%} of the running words of the texts"
        )


@dataclass(frozen=True)
class WordVectors:
    """A word-vector backbone and its tokenizer, which belong together.

    Args:
        model: the vectors.
        tokenizer: its tokenizer.
        coverage: what part of the vocabulary the file knew; `None` without a file or without texts.
    """

    model: WordVectorsModel
    tokenizer: PreTrainedTokenizerFast
    coverage: Coverage | None = None

    def save_pretrained(self, folder: str | os.PathLike) -> None:
        """Write both into a folder that `AutoModel`, `AutoTokenizer` and `from_backbone` read."""
        self.model.save_pretrained(folder)
        self.tokenizer.save_pretrained(folder)


def from_texts(
    texts: Iterable[str], hidden_size: int = 300, max_words: int = 50_000, min_count: int = 2, seed: int = 0
) -> WordVectors:
    """Build a backbone with random vectors for the words of a training corpus.

    Args:
        texts: training texts; those of validation and test have no place here.
        hidden_size: width of the vectors.
        max_words: most frequent words that get a vector.
        min_count: how often a word has to occur; all others are [UNK].
        seed: seed of the vectors.

    Raises:
        ValueError: if no word occurs often enough.

    Examples:
    ```python
    >>> from amsdff_hf.data import from_texts

    >>> backbone = from_texts(["a good film", "a good book"], hidden_size=8)
    >>> backbone.tokenizer.convert_ids_to_tokens(range(5))
    ['[PAD]', '[UNK]', '[SEP]', 'a', 'good']

    ```
    """
    return _build(frequent_words(count_words(texts), max_words, min_count), hidden_size, seed)


def from_text_vectors(
    path: str | os.PathLike,
    texts: Iterable[str] | None = None,
    limit: int | None = None,
    max_words: int = 50_000,
    min_count: int = 2,
    seed: int = 0,
) -> WordVectors:
    """Build a backbone with the vectors of a text file: a word and its numbers in each line, separated by spaces.

    This is the form of GloVe, and with a first line of two numbers (words, width) of word2vec and fastText.

    Args:
        path: the file, in UTF-8.
        texts: training texts, whose words make up the vocabulary; those that the file lacks get vectors from
            N(0, 0.01 ** 2). Without texts, the words of the file are the vocabulary.
        limit: read only so many lines; such files begin with the most frequent words.
        max_words: most frequent words of the texts that get a vector.
        min_count: how often a word of the texts has to occur; all others are [UNK].
        seed: seed of the random vectors.

    Raises:
        FileNotFoundError: if there is no such file.
        ValueError: if a line has another width than the first, holds something else than numbers, or if no word of
            the texts occurs often enough.
    """
    counts = None if texts is None else count_words(texts)
    words = None if counts is None else frequent_words(counts, max_words, min_count)
    found = read_text_vectors(path, limit, None if words is None else set(words))
    words = list(found) if words is None else words
    if not found:
        raise ValueError(f"{os.fspath(path)!r} has no vector for any word of the texts: is it for another language?")
    built = _build(words, len(next(iter(found.values()))), seed)
    table = built.model.get_input_embeddings().weight
    rows = [len(SPECIAL_TOKENS) + index for index, word in enumerate(words) if word in found]
    with torch.no_grad():
        table[rows] = torch.from_numpy(np.stack([found[word] for word in words if word in found]))
    return WordVectors(built.model, built.tokenizer, None if counts is None else _coverage(words, found, counts))


def read_text_vectors(
    path: str | os.PathLike, limit: int | None = None, wanted: Set[str] | None = None
) -> dict[str, np.ndarray]:
    """Read the vectors of a text file, words in lower case.

    Where words differ in letter case only, or stand in the file twice, the first vector counts, and how many others
    there were is said.

    Args:
        path: the file, in UTF-8.
        limit: read only so many lines.
        wanted: keep the vectors of these words only.

    Returns:
        Vectors in float32 by word, in the order of the file.

    Raises:
        FileNotFoundError: if there is no such file.
        ValueError: if the file is empty, a line has another width than the first, or holds no numbers.
    """
    path = os.fspath(path)
    if not os.path.isfile(path):
        raise FileNotFoundError(f"There is no file {path!r} (looked in {os.getcwd()}).")
    if limit is not None and limit < 1:
        raise ValueError(f"`limit` must be at least 1, got {limit}.")
    vectors: dict[str, np.ndarray] = {}
    seen: set[str] = set()
    num_lines = num_repeated = num_phrases = 0
    # Some editors put a mark of the encoding before the first word.
    with open(path, encoding="utf-8-sig", newline="\n") as file:
        try:
            for number, word, cells in _lines(file, path, limit):
                num_lines += 1
                word = normalize(word)
                num_phrases += " " in word
                num_repeated += word in seen
                if word not in seen and (wanted is None or word in wanted):
                    vectors[word] = _numbers(word, cells, number, path)
                seen.add(word)
        except UnicodeDecodeError as error:
            raise ValueError(f"{path!r} is not written in UTF-8 ({error.reason}): save it as UTF-8.") from error
    if not num_lines:
        raise ValueError(f"{path!r} holds no vectors.")
    if num_repeated:
        logger.warning(f"{path}: {num_repeated:,} lines repeat a word, in any letter case; the first counts.")
    if num_phrases:
        logger.warning(f"{path}: {num_phrases:,} lines are for several words at once, which no token will ever be.")
    return vectors


def _lines(file: TextIO, path: str, limit: int | None) -> Iterator[tuple[int, str, list[str]]]:
    """Yield number, word and cells of numbers of each line behind the header, blank ones left out."""
    width, source, num_read = None, "the first line", 0
    for number, line in enumerate(file, start=1):
        cells = line.rstrip(" \r\n").split(" ")
        if cells == [""]:
            continue
        if width is None and len(cells) == 2 and all(cell.isdigit() for cell in cells):
            width, source = int(cells[1]), "the header"
            continue
        if num_read == limit:
            return
        num_read += 1
        width = len(cells) - 1 if width is None else width
        first = len(cells) - width
        # A word may have spaces in it; where it would have numbers in it, there is one number too many.
        if width < 1 or first < 1 or any(_is_number(cell) for cell in cells[1:first]):
            raise ValueError(
                f"Line {number} of {path!r} has {len(cells) - 1} numbers after the word {cells[0]!r}, where {source} "
                f"says {width}: each line must hold one word and its numbers, separated by single spaces."
            )
        yield number, " ".join(cells[:first]), cells[first:]


def _is_number(cell: str) -> bool:
    return re.fullmatch(r"[-+]?\d*\.?\d+(e[-+]?\d+)?", cell, flags=re.IGNORECASE) is not None


def _numbers(word: str, cells: Sequence[str], number: int, path: str) -> np.ndarray:
    try:
        vector = np.array(cells, dtype=np.float32)
    except ValueError as error:
        raise ValueError(f"Line {number} of {path!r} holds something else than numbers: {error}.") from error
    if not np.isfinite(vector).all():
        raise ValueError(f"Line {number} of {path!r}, {word!r}, holds numbers that are not finite: correct it.")
    return vector


def _build(words: Sequence[str], hidden_size: int, seed: int) -> WordVectors:
    tokenizer = build_word_tokenizer(words)
    config = WordVectorsConfig(vocab_size=len(tokenizer), hidden_size=hidden_size, pad_token_id=tokenizer.pad_token_id)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return WordVectors(WordVectorsModel(config).eval(), tokenizer)


def _coverage(words: Sequence[str], found: dict[str, np.ndarray], counts: Counter[str]) -> Coverage:
    num_running = sum(counts[word] for word in words if word in found)
    return Coverage(len(words), sum(word in found for word in words), num_running / counts.total())
