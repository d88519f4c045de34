# Copyright 2026 The amsdff_hf authors. Licensed under the Apache License, Version 2.0.
"""Easy data augmentation (EDA, Wei and Zou 2019): words replaced, inserted, swapped or deleted."""

import random
import re
from collections.abc import Callable
from dataclasses import dataclass

from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS

from .synonyms import Synonyms


_WORD = re.compile(r"(\w+(?:[-'’]\w+)*)")


class _Words:
    """A text as words with what stands between them, so that a changed text keeps its marks."""

    def __init__(self, text: str):
        pieces = _WORD.split(text)
        self.words, self.between = pieces[1::2], pieces[::2]

    def share(self, alpha: float) -> int:
        """Number of words that the share `alpha` of all stands for, one at least."""
        return max(1, int(alpha * len(self.words)))

    def __str__(self) -> str:
        pieces = [self.between[0]]
        for word, after in zip(self.words, self.between[1:], strict=True):
            # Of a deleted word, one of the two spaces around it goes too.
            pieces += [word, after] if word else [after.lstrip(" ")]
        return "".join(pieces)


def replace_synonyms(text: str, alpha: float, synonyms: Synonyms, rng: random.Random) -> str:
    """Replace a share `alpha` of the words, one at least and no stop words, by a synonym each."""
    parts = _Words(text)
    count = parts.share(alpha)
    candidates = [word for word in dict.fromkeys(map(str.lower, parts.words)) if word not in ENGLISH_STOP_WORDS]
    rng.shuffle(candidates)
    replaced = {}
    for word in candidates:
        if len(replaced) == count:
            break
        found = synonyms(word)
        if found:
            replaced[word] = rng.choice(found)
    parts.words = [replaced.get(word.lower(), word) for word in parts.words]
    return str(parts)


def insert_synonyms(text: str, alpha: float, synonyms: Synonyms, rng: random.Random) -> str:
    """Put synonyms of random words, no stop words, behind random words: a share `alpha` of the words, one at least."""
    parts = _Words(text)
    candidates = [word for word in parts.words if word.lower() not in ENGLISH_STOP_WORDS]
    for _ in range(parts.share(alpha)):
        shuffled = rng.sample(candidates, len(candidates))
        found = next(filter(None, map(synonyms, shuffled)), [])
        if found:
            place = rng.randrange(len(parts.words))
            parts.words[place] += " " + rng.choice(found)
    return str(parts)


def swap_words(text: str, alpha: float, synonyms: Synonyms, rng: random.Random) -> str:
    """Swap two random words, as often as a share `alpha` of the words, once at least."""
    parts = _Words(text)
    for _ in range(parts.share(alpha) if len(parts.words) > 1 else 0):
        one, other = rng.sample(range(len(parts.words)), 2)
        parts.words[one], parts.words[other] = parts.words[other], parts.words[one]
    return str(parts)


def delete_words(text: str, alpha: float, synonyms: Synonyms, rng: random.Random) -> str:
    """Delete each word with the probability `alpha`, but never every word."""
    parts = _Words(text)
    if len(parts.words) < 2:
        return text
    kept = [rng.random() >= alpha for _ in parts.words]
    kept[rng.randrange(len(kept))] |= not any(kept)
    parts.words = [word if stays else "" for word, stays in zip(parts.words, kept, strict=True)]
    return str(parts)


Operation = Callable[[str, float, Synonyms, random.Random], str]
OPERATIONS: dict[str, Operation] = {
    "synonym": replace_synonyms,
    "insertion": insert_synonyms,
    "swap": swap_words,
    "deletion": delete_words,
}


@dataclass(frozen=True)
class TextAugmenter:
    """Changes some texts, each by one operation that is drawn for it.

    Args:
        synonyms: where similar words come from.
        probability: share of the texts that are changed.
        alpha: share of the words of such a text that are replaced, inserted or swapped, one word at least, or the
            probability of each word to be deleted; 0 changes nothing.
        operations: names among `synonym`, `insertion`, `swap` and `deletion`.

    Raises:
        ValueError: if a number is out of range or an operation unknown.

    Examples:
    ```python
    >>> import random
    >>> augmenter = TextAugmenter(lambda word: ["film"] if word == "movie" else [], 1.0, operations=("synonym",))
    >>> augmenter("A movie, and a good one.", random.Random(0))
    'A film, and a good one.'

    ```
    """

    synonyms: Synonyms
    probability: float = 0.3
    alpha: float = 0.1
    operations: tuple[str, ...] = tuple(OPERATIONS)

    def __post_init__(self):
        for name in ("probability", "alpha"):
            if not 0 <= getattr(self, name) <= 1:
                raise ValueError(f"`{name}` of the augmentation must be from 0 to 1, got {getattr(self, name)}.")
        unknown = [name for name in self.operations if name not in OPERATIONS]
        if unknown or not self.operations:
            raise ValueError(f"`operations` must be some of {', '.join(OPERATIONS)}, got {list(self.operations)}.")

    def __call__(self, text: str, rng: random.Random) -> str:
        """Return the text, changed or as it is, by the numbers of `rng` alone."""
        if rng.random() >= self.probability or self.alpha == 0:
            return text
        return OPERATIONS[rng.choice(self.operations)](text, self.alpha, self.synonyms, rng)
