"""The committed cards: made from their facts, to the byte, and fit for the Hub."""

import re

import pytest
import yaml

from amsdff_hf.hub import CardFacts, render_card
from tests.conftest import ROOT


CARDS = ROOT / "model_cards"


@pytest.fixture(params=sorted(CARDS.glob("*.json")), ids=lambda path: path.stem)
def path(request):
    return request.param


def test_cards_are_made_from_their_facts(path):
    expected = render_card(CardFacts.load(path), f"org/{path.stem}")
    assert path.with_suffix(".md").read_text(encoding="utf-8") == expected, "run `make cards`"


def test_metadata_agrees_with_the_facts(path):
    facts = CardFacts.load(path)
    metadata = yaml.safe_load(path.with_suffix(".md").read_text(encoding="utf-8").split("---")[1])
    assert metadata["license"] == facts.license
    assert metadata["pipeline_tag"] == "text-classification"
    [result] = metadata["model-index"][0]["results"]
    found = {metric["name"]: metric["value"] for metric in result["metrics"]}
    assert found == {name: metric.value for name, metric in facts.metrics.items()}


def test_the_page_lists_every_card(path):
    assert f"[{path.stem}]({path.stem}.md)" in (CARDS / "README.md").read_text(encoding="utf-8")


def test_there_is_no_card_without_facts():
    cards = {card.stem for card in CARDS.glob("*.md")} - {"README"}
    assert cards == {facts.stem for facts in CARDS.glob("*.json")}
    assert cards


def test_no_path_of_a_machine_is_shown(path):
    assert not re.search(r"/(home|root|Users|tmp|work)/", path.read_text(encoding="utf-8"))
