"""Publishing through the real client, with what can go wrong."""

import json
import zipfile

import pytest
import torch

from amsdff_hf.hub import PublishingError, check_no_pickles
from tests.loopback_hub.repositories import Repository


CODE = {"modeling_amsdff.py", "configuration_amsdff.py", "modeling_backbone.py"}


@pytest.fixture(scope="module")
def refused(on_hub, hub):
    found = json.loads(on_hub("-m", "tests.hub.publishing_cases", "refusals").stdout)["refusals"]
    # Not even an empty repository.
    assert hub.repositories == {}
    return found


@pytest.mark.parametrize(
    ("case", "sentence"),
    [
        ("bad name", "'org/../evil' is no name of a repository: write `user/name`"),
        ("bad characters", "'org/a b' is no name"),
        ("somebody else", "belongs to somebody else: this token is of 'tester', who may write under tester, org"),
        ("wrong token", "the Hub does not know this token: run `hf auth login`"),
        ("no token", "There is no token for the Hub: run `hf auth login`, set HF_TOKEN"),
        ("card", '"license" must be a string'),
        ("hybrid", "differential attention"),
        ("features", "is no classifier"),
        ("adapters", "publish what `merge_and_unload()` of it returns"),
        ("no tokenizer", "There is no tokenizer"),
    ],
)
def test_refusals_are_one_sentence(refused, case, sentence):
    assert sentence in refused[case]
    assert "\n\n" not in refused[case]


@pytest.fixture(scope="module")
def published(on_hub, hub, refused):
    hub.repositories["model", "stranger/theirs"] = Repository("model", "stranger/theirs")
    return json.loads(on_hub("-m", "tests.hub.publishing_cases", "publications").stdout.splitlines()[-1])[
        "publications"
    ]


def test_private_branches_and_pull_requests(hub, published):
    assert hub.repository("org/private").private
    branches = hub.repository("org/branch").branches
    assert branches["tried"] == published["branch"] != branches["main"]
    assert set(hub.repository("org/branch").files("main")) == {".gitattributes"}
    assert published["request"].endswith("/org/shards/discussions/1")


def test_everybody_may_propose_a_change(hub, published):
    assert published["to a stranger"].endswith("/stranger/theirs/discussions/1")
    repository = hub.repository("stranger/theirs")
    assert set(repository.files("main")) == {".gitattributes"}
    assert "modeling_amsdff.py" in repository.files("refs/pr/1")
    assert "leave out `revision`" in published["branch of a stranger"]


def test_names_without_an_owner_are_ones_own(hub, published):
    card = hub.repository("tester/own-name").files()["README.md"].content.decode()
    assert 'model="tester/own-name"' in card


def test_nothing_private_becomes_public(published):
    assert "'org/kept' is public already" in published["public already"]


def test_files_of_other_people_stay(hub, published):
    assert "handler.py" in hub.repository("org/kept").files()


def test_publishing_again_removes_what_is_no_longer_there(hub, published):
    repository = hub.repository("org/shards")
    first, second = list(repository.commits.values())[1:3]
    assert any(path.startswith("model-00002-of-0") for path in first.files)
    assert [path for path in second.files if path.endswith(".safetensors")] == ["model.safetensors"]
    assert "model.safetensors.index.json" not in second.files


def test_no_pickle_leaves_the_machine(hub, published):
    for repository in hub.repositories.values():
        for commit in repository.commits.values():
            assert not [path for path in commit.files if path.endswith((".bin", ".pt", ".pth", ".pkl"))]
    assert not [content for content in hub.large_files.values() if content.startswith((b"\x80\x02", b"PK"))]


def test_the_trainer_publishes_every_save_and_the_end(hub, published):
    titles = [commit.title for commit in hub.repository("org/trainer").commits.values()]
    assert titles[1:] == ["Training in progress, step 1", "Training in progress, step 2", "End of training"]
    files = hub.repository("org/trainer").files()
    assert {*CODE, "README.md", "tokenizer.json", "model.safetensors"} <= set(files)
    assert b"license: mit" in files["README.md"].content
    assert "would publish the state of the optimizer" in published["checkpoints"]


def test_push_to_hub_of_the_model_brings_its_code(hub, published):
    files = hub.repository("org/plain-push").files()
    assert {*CODE, "config.json", "model.safetensors", "README.md"} <= set(files)
    assert "AutoModelForSequenceClassification" in json.loads(files["config.json"].content)["auto_map"]
    assert b"- amsdff_hf" in files["README.md"].content


def test_the_token_stays_with_the_api(hub, published):
    uploads = [request for request in hub.requests if request.path.startswith("/large/") and request.method == "PUT"]
    # The storage answers 400 to whoever shows a token.
    assert uploads
    assert {request.status for request in uploads} == {200}


def test_interrupted_uploads_can_be_repeated(hub, on_hub):
    # All that the client tries before it gives a large file up.
    hub.failures["PUT /large/"] = 6
    hub.failures["POST /api/models/org/interrupted/commit/main"] = 1
    hub.large_files.clear()
    hub.requests.clear()
    found = json.loads(on_hub("-m", "tests.hub.publishing_cases", "interrupted").stdout)["interrupted"]
    hub.failures.clear()
    assert "the upload broke off" in found[0]
    assert "the Hub answered 503" in found[1]
    assert found[2] == "no error"
    # The weights had arrived the second time.
    sent = [request for request in hub.requests if request.method == "PUT" and request.status == 200]
    assert len({request.path for request in sent}) == len(sent)


def test_trainings_go_on_when_a_save_cannot_be_published(hub, on_hub):
    hub.failures["POST /api/models/org/down/commit/main"] = 2
    done = on_hub("-m", "tests.hub.publishing_cases", "down")
    left = json.loads(done.stdout.splitlines()[-1])["down"]
    assert {"checkpoint-1", "checkpoint-2"} <= set(left)
    assert "The training goes on, but step 1 was not published: 'org/down'" in done.stderr


def test_without_a_network(on_hub):
    code = """
from tests.hub.publishing_cases import refusal
print(refusal("org/model"))
"""
    for environment in ({"HF_ENDPOINT": "http://127.0.0.1:9"}, {"HF_HUB_OFFLINE": "1"}):
        assert "because the Hub cannot be reached" in on_hub("-c", code, **environment).stdout


def test_pickles_are_found_by_what_they_are(tmp_path):
    torch.save({"weights": torch.zeros(1)}, tmp_path / "weights.safetensors")
    with pytest.raises(PublishingError, match=r"'weights.safetensors' is a pickle"):
        check_no_pickles(tmp_path)
    (tmp_path / "weights.safetensors").unlink()
    (tmp_path / "notes.txt").write_bytes(b"\x80\x04\x95")
    with pytest.raises(PublishingError, match=r"'notes.txt' is a pickle"):
        check_no_pickles(tmp_path)
    (tmp_path / "notes.txt").write_text("notes")
    check_no_pickles(tmp_path)
    (tmp_path / "folder").mkdir()
    with zipfile.ZipFile(tmp_path / "folder" / "model.bin", "w"):
        pass
    with pytest.raises(PublishingError, match=r"'model.bin'"):
        check_no_pickles(tmp_path)
