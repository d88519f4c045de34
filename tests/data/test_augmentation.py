import random
import re

import pytest

from amsdff_hf.data.augmentation import OPERATIONS, TextAugmenter


TEXT = "The quick film, and the slow book: it's a good-natured pair."
WORDS = re.findall(r"\w+(?:[-'’]\w+)*", TEXT)


class Upper:
    """Gives each word of more than four letters a synonym of its own."""

    name = "test"

    def __call__(self, word):
        return [f"{word.upper()}X"] if len(word) > 4 else []


def augment(operation, count, seed=0, text=TEXT):
    """Apply an operation to about so many words."""
    share = count / max(1, len(re.findall(r"\w+(?:[-'’]\w+)*", text))) + 1e-9
    return OPERATIONS[operation](text, share, Upper(), random.Random(seed))


def test_synonyms_replace_words_that_are_no_stop_words():
    assert augment("synonym", 9) == TEXT.replace("quick", "QUICKX").replace("good-natured", "GOOD-NATUREDX")
    assert len({augment("synonym", 1, seed) for seed in range(20)}) == 2


def test_insertions_add_one_word_each_and_keep_the_marks():
    augmented = augment("insertion", 2)
    assert len(re.findall(r"X\b", augmented)) == 2
    assert re.sub(r" \S+X\b", "", augmented) == TEXT


def test_swaps_keep_all_words():
    augmented = augment("swap", 2)
    assert augmented != TEXT
    found = re.findall(r"\w+(?:[-'’]\w+)*", augmented)
    assert sorted(found) == sorted(WORDS)
    assert re.sub(r"[\w'-]", "", augmented) == re.sub(r"[\w'-]", "", TEXT)


def test_deletions_have_their_share_and_never_take_all():
    left = [len(re.findall(r"\w+(?:[-'’]\w+)*", augment("deletion", 3, seed))) for seed in range(300)]
    assert sum(left) / len(left) == pytest.approx(len(WORDS) - 3, abs=0.3)
    for seed in range(50):
        assert augment("deletion", 2, seed, text="one two").strip() in ("one", "two")
    assert "  " not in augment("deletion", 3)


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize("text", ["", " ", "...", "word", "?! 42"])
def test_texts_with_hardly_a_word_do_not_fail(operation, text):
    assert isinstance(augment(operation, 1, text=text), str)


def test_the_share_of_changed_texts_is_the_probability():
    augmenter, rng = TextAugmenter(Upper(), probability=0.3, operations=("swap",)), random.Random(0)
    changed = [augmenter(TEXT, rng) != TEXT for _ in range(2000)]
    assert sum(changed) / 2000 == pytest.approx(0.3 * (1 - 1 / 11), abs=0.05)
    assert TextAugmenter(Upper(), probability=0.0)(TEXT, rng) == TEXT
    for operation in OPERATIONS:
        assert TextAugmenter(Upper(), 1.0, alpha=0.0, operations=(operation,))("one two three", rng) == "one two three"


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"probability": 1.5}, "`probability` of the augmentation must be from 0 to 1, got 1.5"),
        ({"alpha": -1}, "`alpha`"),
        ({"operations": ("synonyms",)}, "must be some of synonym, insertion, swap, deletion, got"),
        ({"operations": ()}, "must be some of"),
    ],
)
def test_bad_values_are_named(fields, message):
    with pytest.raises(ValueError, match=message):
        TextAugmenter(Upper(), **fields)
