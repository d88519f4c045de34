import random

import pytest

from amsdff_hf.data.perturbations import PERTURBATIONS, add_typos, change_case, cut_off, drop_words, perturb


TEXT = "The market fell sharply on Monday, analysts said, after three quiet weeks of trading. " * 4


@pytest.mark.parametrize("name", PERTURBATIONS)
def test_same_seed_same_texts_whatever_stands_beside_them(name):
    texts = perturb([TEXT, "short", ""], name, seed=3)
    assert texts == perturb([TEXT, "short", ""], name, seed=3)
    assert perturb([TEXT], name, seed=3) == texts[:1]
    assert (texts[0] == TEXT) == (name == "clean")
    assert texts[2] == ""


def test_another_seed_makes_other_errors():
    assert perturb([TEXT], "typos 10%", seed=1) != perturb([TEXT], "typos 10%", seed=2)


@pytest.mark.parametrize("share", [0.05, 0.2])
def test_typos_spoil_about_the_share_of_letters(share):
    block = "abcdefghij"
    spoiled = add_typos(block * 500, random.Random(0), share)
    # A block stays whole if none of its letters is spoiled, which a twentieth of the errors does not do.
    assert spoiled.count(block) / 500 == pytest.approx((1 - share) ** 10, abs=0.06)
    assert add_typos(block, random.Random(0), 0.0) == block
    assert add_typos(" ,. ", random.Random(0), 1.0) == " ,. "


def test_words_are_dropped_but_never_all():
    words = [f"w{index}" for index in range(1000)]
    kept = drop_words(" ".join(words), random.Random(0), 0.3).split()
    assert len(kept) == pytest.approx(700, abs=50)
    assert [word for word in words if word in set(kept)] == kept
    assert drop_words("one two three", random.Random(0), 1.0) == "one"


def test_the_end_is_cut_off():
    assert cut_off("one two three four", random.Random(0), 0.5) == "one two"
    assert cut_off("one", random.Random(0), 0.9) == "one"


def test_the_case_is_swapped():
    assert change_case("One two", random.Random(0), 1.0) == "oNE TWO"
    assert change_case("One two", random.Random(0), 0.0) == "One two"


def test_unknown_names_are_refused():
    with pytest.raises(ValueError, match="no perturbation 'noise': choose among clean, typos 5%"):
        perturb(["a"], "noise", seed=0)
