# Copyright 2026 The amsdff_hf authors. Licensed under the Apache License, Version 2.0.
"""Texts as they come in practice: with typing errors, lost words, cut off, in other letter case.

Every function takes the text and a generator, so that the same seed gives the same texts.
"""

import functools
import random
from collections.abc import Callable, Sequence


def add_typos(text: str, generator: random.Random, share: float) -> str:
    """Spoil a share of the letters: swap one with the next, drop it, double it, or take another from the text.

    Args:
        text: what was meant.
        generator: source of chance.
        share: probability that a letter is spoiled, from 0 to 1.

    Examples:
    ```python
    >>> import random
    >>> add_typos("The market fell sharply on Monday.", random.Random(1), share=0.2)
    'hTe markTt feell shraply oe Monday.'

    ```
    """
    letters = [letter for letter in text if letter.isalnum()]
    typed, position = [], 0
    while position < len(text):
        letter, following = text[position], text[position + 1 : position + 2]
        if letter.isalnum() and generator.random() < share:
            spoiled = generator.choice([following + letter, "", letter + letter, generator.choice(letters)])
            position += spoiled == following + letter and len(following)
            letter = spoiled
        typed.append(letter)
        position += 1
    return "".join(typed)


def drop_words(text: str, generator: random.Random, share: float) -> str:
    """Leave out a share of the words, at least one of which stays.

    Args:
        text: the whole text.
        generator: source of chance.
        share: probability that a word is left out, from 0 to 1.
    """
    words = text.split()
    kept = [word for word in words if generator.random() >= share]
    return " ".join(kept or words[:1])


def cut_off(text: str, generator: random.Random, share: float) -> str:
    """Cut off the end of a text.

    Args:
        text: the whole text.
        generator: not used: the cut is the same each time.
        share: share of the words that is cut off, from 0 to 1; one word stays at least.
    """
    words = text.split()
    return " ".join(words[: max(1, round(len(words) * (1 - share)))])


def change_case(text: str, generator: random.Random, share: float) -> str:
    """Swap the case of a share of the letters; at 1, of all of them.

    Args:
        text: the text as it was.
        generator: source of chance.
        share: probability that the case of a letter is swapped, from 0 to 1.
    """
    return "".join(letter.swapcase() if generator.random() < share else letter for letter in text)


PERTURBATIONS: dict[str, Callable[[str, random.Random], str]] = {
    "clean": lambda text, generator: text,
    **{f"typos {share:.0%}": functools.partial(add_typos, share=share) for share in (0.05, 0.1, 0.2)},
    **{f"word drop {share:.0%}": functools.partial(drop_words, share=share) for share in (0.1, 0.3)},
    **{f"truncation {share:.0%}": functools.partial(cut_off, share=share) for share in (0.25, 0.5)},
    "case 50%": functools.partial(change_case, share=0.5),
}


def perturb(texts: Sequence[str], name: str, seed: int) -> list[str]:
    """Perturb every text in the way of this name.

    Args:
        texts: the texts as they are.
        name: a key of `PERTURBATIONS`.
        seed: the same one gives the same texts, whatever the other texts are.

    Raises:
        ValueError: if there is no such way.
    """
    if name not in PERTURBATIONS:
        raise ValueError(f"There is no perturbation {name!r}: choose among {', '.join(PERTURBATIONS)}.")
    return [PERTURBATIONS[name](text, random.Random(f"{seed} {number}")) for number, text in enumerate(texts)]
