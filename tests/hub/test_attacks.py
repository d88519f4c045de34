"""What a hostile repository tries, and that nothing of it runs; every process has the package and no trust."""

import json
import pickle

import pytest
import torch

from amsdff_hf.models import ARCHITECTURES
from tests.conftest import BACKBONE_CONFIGS, make_tokenizer, random_model
from tests.loopback_hub.repositories import Repository, StoredFile


LOAD = """
import sys
import amsdff_hf
from transformers import AutoModel, AutoModelForSequenceClassification, AutoTokenizer, pipeline
try:
    pipeline("text-classification", model=sys.argv[1])("a good film")
    AutoModel.from_pretrained(sys.argv[1])
    AutoTokenizer.from_pretrained(sys.argv[1])
    print("loaded")
except Exception as error:
    print(f"{type(error).__name__}: {error}")
print("evil was here" if "evil" in sys.argv else "nothing ran")
"""
EVIL = b"import sys\nsys.argv.append('evil')\n"


class Exploit:
    """Unpickling it shows."""

    def __reduce__(self):
        return exec, ("import sys; sys.argv.append('evil')",)


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """The files of an honest publication."""
    folder = tmp_path_factory.mktemp("honest")
    config_class = ARCHITECTURES[0][0]
    config = config_class(backbone_config=BACKBONE_CONFIGS["bert"](), labels=["bad", "good"])
    random_model(config).save_pretrained(folder)
    make_tokenizer().save_pretrained(folder)
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.fixture
def attack(hub, on_hub, files):
    """Publish an honest model with these files in the place of its own, load it, and return what was printed."""

    def run(name: str, changed: dict[str, bytes | None]) -> list[str]:
        repository = Repository("model", f"org/{name}")
        kept = {path: content for path, content in {**files, **changed}.items() if content is not None}
        stored = {path: StoredFile(content, path.endswith(".safetensors")) for path, content in kept.items()}
        repository.commit("main", stored, "attack")
        hub.repositories["model", f"org/{name}"] = repository
        hub.large_files.update({file.sha256: file.content for file in stored.values() if file.is_large})
        return on_hub("-c", LOAD, f"org/{name}").stdout.splitlines()

    return run


def edited(files: dict[str, bytes], **changes: object) -> bytes:
    """The configuration with changes; `backbone_config` is changed and not replaced."""
    config = json.loads(files["config.json"])
    config["backbone_config"] |= changes.pop("backbone_config", {})
    return json.dumps({**config, **changes}).encode()


def test_honest_models_load(attack):
    assert attack("honest", {}) == ["loaded", "nothing ran"]


def test_code_named_by_the_configuration(attack, files):
    auto_map = dict.fromkeys(("AutoConfig", "AutoModel", "AutoModelForSequenceClassification"), "evil.Model")
    changed = {"config.json": edited(files, auto_map=auto_map, trust_remote_code=True), "evil.py": EVIL}
    assert attack("auto-map", changed) == ["loaded", "nothing ran"]


def test_code_and_places_named_by_the_backbone(hub, attack, files):
    nested = {
        "auto_map": {"AutoConfig": "stranger/evil--evil.Config", "AutoModel": "stranger/evil--evil.Model"},
        "trust_remote_code": True,
        "_name_or_path": "stranger/evil",
        "attn_implementation": "stranger/evil",
        "_attn_implementation": "stranger/evil",
    }
    config = edited(files, backbone_config=nested, attn_implementation="stranger/evil", _name_or_path="stranger/evil")
    assert attack("nested", {"config.json": config, "evil.py": EVIL}) == ["loaded", "nothing ran"]
    assert not [request for request in hub.requests if "stranger" in request.path]


def test_backbones_that_want_code_of_their_own(attack, files):
    nested = {"model_type": "evil", "auto_map": {"AutoConfig": "evil.Config"}}
    said, ran = attack("own-code", {"config.json": edited(files, backbone_config=nested), "evil.py": EVIL})
    assert "has the model type 'evil', which this version of transformers does not know" in said
    assert ran == "nothing ran"


def test_pickles_beside_the_weights(attack):
    exploit = pickle.dumps(Exploit())
    changed = {"pytorch_model.bin": exploit, "training_args.bin": exploit, "optimizer.pt": exploit}
    assert attack("pickle", changed) == ["loaded", "nothing ran"]


def test_pickles_in_the_place_of_the_weights(attack):
    said, ran = attack("only-pickle", {"model.safetensors": None, "pytorch_model.bin": pickle.dumps(Exploit())})[-2:]
    assert said != "loaded"
    assert ran == "nothing ran"


def test_file_names_that_climb_out_of_the_folder(attack, files, hub_home):
    index = {"metadata": {}, "weight_map": {"classifier.label_scores.weight": "../../../../climbed.safetensors"}}
    changed = {
        "model.safetensors": None,
        "model.safetensors.index.json": json.dumps(index).encode(),
        "../../../../climbed.safetensors": files["model.safetensors"],
        "../../evil.py": EVIL,
    }
    *said, ran = attack("climbing", changed)
    assert said[-1] != "loaded"
    assert ran == "nothing ran"
    assert not [path for path in hub_home.parent.rglob("climbed.safetensors") if "models--" not in str(path)]


@pytest.mark.parametrize(
    "nested",
    [
        {"model_type": "detr", "backbone": "stranger/evil", "use_timm_backbone": False},
        {"model_type": "detr"},
        {"model_type": "timm_wrapper", "architecture": "hf_hub:stranger/evil"},
        {"inner": {"backbone": "stranger/evil"}},
    ],
)
def test_backbones_that_would_download_something(hub, attack, files, nested):
    said, ran = attack("download", {"config.json": edited(files, backbone_config=nested)})
    assert "would download something" in said or "has a backbone of its own" in said
    assert ran == "nothing ran"
    assert not [request for request in hub.requests if "stranger" in request.path]


@pytest.mark.parametrize("field", ["num_experts", "scales"])
def test_absurd_sizes_of_the_head_are_refused(field):
    config_class = ARCHITECTURES[0][0]
    with pytest.raises(ValueError, match=f"`{field}` is 1,000,001, more than"):
        config_class(**{field: [1_000_001] if field == "scales" else 1_000_001})


@pytest.mark.parametrize(
    "sizes",
    [{"num_hidden_layers": 10**9}, {"hidden_size": 2**40}, {"vocab_size": 10**12}, {"intermediate_size": 2**40}],
)
def test_absurd_sizes_are_refused_at_once(attack, files, sizes):
    said, _ = attack("absurd", {"config.json": edited(files, backbone_config=sizes)})
    assert f"`backbone_config.{next(iter(sizes))}` is" in said
    assert "do not load this one" in said


def test_exploits_would_show(tmp_path):
    """The pickle of these tests is a real one."""
    torch.save({}, tmp_path / "fine.bin")
    import sys

    pickle.loads(pickle.dumps(Exploit()))
    assert sys.argv.pop() == "evil"
