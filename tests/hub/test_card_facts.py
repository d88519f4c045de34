import json

import pytest
from huggingface_hub.errors import StrictDataclassFieldValidationError

from amsdff_hf.hub import (
    LICENSES,
    CardArguments,
    CardFacts,
    DataFacts,
    LabelFacts,
    MetricFacts,
    check_license,
    command_line,
    metric_facts,
    note_seeds,
)


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
    with pytest.raises(ValueError, match="'author' is in no card"):
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
    with pytest.raises(ValueError, match="'other' needs a `license_name`"):
        CardFacts(license="other")
    with pytest.raises(ValueError, match="--card_data_license: `license` 'free'"):
        CardArguments(card_data_license="free")


def test_cards_of_several_seeds_hold_mean_and_deviation(tmp_path):
    for seed, accuracy in ((1, 0.5), (2, 0.7)):
        facts = CardFacts(seeds=[seed], metrics={"accuracy": MetricFacts(accuracy)})
        if seed == 1:
            facts.metrics["pearson"] = MetricFacts(0.1)
        (tmp_path / f"seed-{seed}").mkdir()
        facts.save(tmp_path / f"seed-{seed}" / "model_card.json")
    note_seeds([tmp_path / "seed-1", tmp_path / "seed-2", tmp_path / "no-card"])
    noted = CardFacts.load(tmp_path / "seed-2" / "model_card.json")
    assert noted.seeds == [1, 2]
    assert list(noted.metrics) == ["accuracy"]
    assert noted.metrics["accuracy"].value == pytest.approx(0.6)
    assert noted.metrics["accuracy"].sd == pytest.approx(0.02**0.5)
    assert "| accuracy | 0.6000 (0.1414) |" in (tmp_path / "seed-1" / "README.md").read_text()


def test_results_are_finite_numbers():
    reported = {"eval_accuracy": 0.5, "eval_loss": 1.0, "eval_pearson": float("nan"), "eval_runtime": 3, "epoch": 1}
    assert metric_facts({**reported, "eval_mem_cpu_alloc_delta": 5}, "eval") == {"accuracy": MetricFacts(0.5)}


def test_commands_are_shown_without_secrets():
    for option in (["--token", "hf_x"], ["--hub_token=hf_x"], ["--hub-tok", "secret"], ["--model", "hf_abc"]):
        shown = command_line(["run.py", *option, "--seed", "1"])
        assert shown.endswith("--seed 1")
        assert "hf_" not in shown
        assert "secret" not in shown
