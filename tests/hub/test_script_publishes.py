"""`run_classification.py --push_to_hub` and `publish.py`, as people run them."""

import json

import pytest

from tests.conftest import ROOT
from tests.examples.test_run_classification import FAST, frame


EXAMPLES = ROOT / "examples"


@pytest.fixture
def train(on_hub, bert_folder, tmp_path):
    """Train one epoch and publish."""
    frame(32).to_csv(tmp_path / "train.csv", index=False)
    frame(16, seed=1).to_csv(tmp_path / "test.csv", index=False)

    def run(repo_id, *options, check=True):
        command = ["--model_name_or_path", bert_folder, "--output_dir", tmp_path / "out", *FAST, "--do_train"]
        data = ["--train_file", tmp_path / "train.csv", "--test_file", tmp_path / "test.csv", "--do_predict"]
        hub = ["--push_to_hub", "--hub_model_id", repo_id, "--num_train_epochs", "1", "--save_strategy", "no"]
        return on_hub(EXAMPLES / "run_classification.py", *command, *data, *hub, *options, check=check)

    return run


def test_trained_models_are_published_with_what_was_measured(train, hub, tmp_path):
    options = ["--card_license", "mit", "--card_language", "en", "--hub_token", hub.token]
    printed = train("org/trained", *options).stdout
    assert f"Published (public, unless it was private before): {hub.endpoint}/org/trained/commit/" in printed
    repository = hub.repository("org/trained")
    assert len(repository.commits) == 2
    files = repository.files()
    assert not [path for path in files if path.endswith((".bin", ".pt"))]
    facts = json.loads(files["model_card.json"].content)
    results = json.loads((tmp_path / "out" / "predict_results.json").read_text())
    assert facts["metrics"]["accuracy"]["value"] == results["predict_accuracy"]
    assert [(label["name"], label["texts"]) for label in facts["labels"]] == [("0", 16), ("1", 16)]
    assert facts["truncated_share"] == {"train": 0.0, "test": 0.0}
    assert [(data["name"], data["measured"]) for data in facts["data"]] == [("train.csv", "test.csv")]
    card = files["README.md"].content.decode()
    assert "license: mit" in card
    assert "name: test.csv" in card
    assert "name: train.csv" not in card
    assert "Measured on `test.csv`: one training, seed 42." in card
    assert "python run_classification.py --model_name_or_path bert0" in card
    assert hub.token not in card
    # The folder has the same card, but for the name under which it is loaded.
    assert (tmp_path / "out" / "README.md").read_text().count("\n") == card.count("\n")


def test_failures_before_the_training_cost_nothing(train, hub, tmp_path):
    done = train("stranger/model", check=False)
    assert done.stderr.splitlines()[-1].startswith("error: 'stranger/model' belongs to somebody else")
    assert not (tmp_path / "out" / "model.safetensors").exists()


def test_failures_after_the_training_leave_the_model_and_the_way_on(train, on_hub, hub, tmp_path):
    hub.failures["POST /api/models/org/later/commit/main"] = 1
    done = train("org/later", check=False)
    assert done.returncode == 1
    lines = done.stderr.splitlines()
    assert lines[-2].startswith("error: 'org/later' was not published: the Hub answered 503")
    command = lines[-1].partition("to publish it later: python ")[2].split()
    assert command[0] == "examples/publish.py"
    assert "Published: " in on_hub(ROOT / command[0], *command[1:]).stdout
    assert {"README.md", "model.safetensors", "modeling_amsdff.py"} <= set(hub.repository("org/later").files())
    assert json.loads(hub.repository("org/later").files()["model_card.json"].content)["metrics"]


def test_publish_refuses_folders_without_a_trained_model(on_hub, bert_folder, tmp_path):
    done = on_hub(EXAMPLES / "publish.py", bert_folder, "org/x", check=False)
    assert "is no trained classifier" in done.stderr
    done = on_hub(EXAMPLES / "publish.py", tmp_path, "org/x", check=False)
    assert "holds no model: there is no config.json" in done.stderr
