import json

import pytest
from huggingface_hub.errors import StrictDataclassFieldValidationError

from amsdff_hf.hub import LICENSES, CardArguments, CardFacts, DataFacts, LabelFacts, MetricFacts, check_license


def test_files_hold_what_is_known_and_give_it_back(tmp_path):
    facts = CardFacts(
        name="A model",
        labels=[LabelFacts("a", 0), LabelFacts("b", example="x")],
        data=[DataFacts("mine", split="test")],
        metrics={"accuracy": MetricFacts(0.0, 0.1)},
        confusions=[("a", "b", 2)],
        truncated_share={"train": 0.0},
    )
    facts.save(tmp_path / "card.json")
    assert CardFacts.load(tmp_path / "card.json") == facts
    text = (tmp_path / "card.json").read_text()
    assert "null" not in text
    assert json.loads(text)["labels"] == [{"name": "a", "texts": 0}, {"name": "b", "example": "x"}]


def test_unknown_fields_and_wrong_types_are_named(tmp_path):
    (tmp_path / "card.json").write_text('{"author": "me"}')
    with pytest.raises(ValueError, match="'author', which no card has"):
        CardFacts.load(tmp_path / "card.json")
    for field, value in {"name": 3, "language": "en", "parameters": "many", "metrics": {"accuracy": 0.5}}.items():
        with pytest.raises(StrictDataclassFieldValidationError, match=f"'{field}'"):
            CardFacts(**{field: value})


def test_licenses_are_those_of_the_hub():
    assert {"apache-2.0", "mit", "cc-by-4.0", "other"} <= LICENSES
    check_license(None)
    check_license("other", "my own")
    with pytest.raises(ValueError, match="'apache2' is none of the Hub's: did you mean 'apache-2.0'?"):
        CardFacts(license="apache2")
    with pytest.raises(ValueError, match="'other' needs the `license_name`"):
        CardFacts(license="other")
    with pytest.raises(ValueError, match="--card_data_license: `license` 'free'"):
        CardArguments(card_data_license="free")
