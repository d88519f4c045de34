"""The text of whole cards, one for each architecture."""

import pytest
import yaml

from amsdff_hf.hub import CardFacts, DataFacts, LabelFacts, MetricFacts, card_metadata, facts_of_model, render_card
from tests.conftest import BACKBONE_CONFIGS, ROOT, random_model


HERE = ROOT / "tests" / "hub"


def full_facts(config_class) -> CardFacts:
    """All that a card can hold, for a tiny model of an architecture."""
    config = config_class(backbone_config=BACKBONE_CONFIGS["bert"](), labels=["World", "Sci|Tech"])
    facts = facts_of_model(random_model(config))
    facts.name, facts.base_model = f"{config_class.model_type} on news", "google-bert/bert-base-uncased"
    facts.license, facts.language, facts.tags = "apache-2.0", ["en"], ["news"]
    facts.labels = [LabelFacts("World", 10, "Oil | up\nagain"), LabelFacts("Sci|Tech", 12, 'It\'s a "robot"')]
    facts.data = [DataFacts("AG News", "fancyzhx/ag_news", split="test", revision="abc123", license="unknown")]
    facts.seeds, facts.metrics = [1, 2], {"accuracy": MetricFacts(0.9, 0.01), "macro_f1": MetricFacts(0.89, 0.02)}
    facts.baseline = {"accuracy": MetricFacts(0.88)}
    facts.per_class = {"World": {"precision": 0.9, "recall": 0.8, "f1": 0.85, "texts": 1900}}
    facts.confusions = [("World", "Sci|Tech", 3)]
    facts.max_length, facts.truncated_share = 128, {"train": 0.1, "test": 0.05}
    facts.texts_per_second, facts.training_seconds, facts.hardware = 123.4, 1000.5, "2 threads of a x86_64 CPU"
    facts.limits, facts.command = ["English news only."], "python run_classification.py --seed 1"
    facts.versions, facts.citation = {"torch": "2.13.0"}, "@misc{amsdff}"
    return facts


def test_whole_card(config_class):
    rendered = render_card(full_facts(config_class), "org/news")
    expected = HERE / "cards" / f"{config_class.model_type}.md"
    assert rendered == expected.read_text(encoding="utf-8")


def test_metadata_is_what_the_hub_reads(config_class):
    metadata = yaml.safe_load(card_metadata(full_facts(config_class), "org/news").to_yaml())
    assert metadata["library_name"] == "transformers"
    assert metadata["pipeline_tag"] == "text-classification"
    assert metadata["base_model_relation"] == "finetune"
    assert metadata["tags"] == ["amsdff_hf", config_class.model_type, "news"]
    result = metadata["model-index"][0]["results"][0]
    assert result["dataset"] == {
        "name": "AG News",
        "type": "fancyzhx/ag_news",
        "split": "test",
        "revision": "abc123",
    }
    assert result["metrics"][0] == {"type": "accuracy", "value": 0.9, "name": "accuracy"}


@pytest.mark.parametrize("field", [None, *(name for name in CardFacts.__dataclass_fields__)])
def test_every_field_can_be_missing(config_class, field):
    facts = full_facts(config_class)
    bare = CardFacts()
    if field is None:
        facts = bare
    else:
        setattr(facts, field, getattr(bare, field))
    rendered = render_card(facts, "org/news")
    assert "None" not in rendered
    assert "null" not in rendered
    assert "\n\n\n" not in rendered


def test_examples_cannot_break_a_table(config_class):
    rendered = render_card(full_facts(config_class), "org/news")
    assert "| 0 | World | 10 | Oil \\| up again |" in rendered
    assert "| 1 | Sci\\|Tech | 12 |" in rendered
