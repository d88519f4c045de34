"""What a hostile repository tries, and that nothing of it runs; the process has the package and no trust."""

import json
import pickle

import pytest
import torch

from amsdff_hf.models import ARCHITECTURES
from tests.conftest import BACKBONE_CONFIGS, make_tokenizer, random_model
from tests.loopback_hub.repositories import Repository, StoredFile


LOAD = """
import json, sys
import amsdff_hf
from transformers import AutoModel, AutoModelForSequenceClassification, AutoTokenizer, pipeline
outcomes = {}
for name in sys.argv[1].split(","):
    said = "loaded"
    try:
        pipeline("text-classification", model=f"org/{name}")("a good film")
        AutoModel.from_pretrained(f"org/{name}")
        AutoTokenizer.from_pretrained(f"org/{name}")
    except Exception as error:
        said = f"{type(error).__name__}: {error}"
    outcomes[name] = said, sys.argv[2:]
    del sys.argv[2:]
print(json.dumps(outcomes))
"""
EVIL = b"import sys\nsys.argv.append('evil')\n"
DOWNLOADS = [
    {"model_type": "detr", "backbone": "stranger/evil", "use_timm_backbone": False},
    {"model_type": "detr"},
    {"model_type": "timm_wrapper", "architecture": "hf_hub:stranger/evil"},
    {"inner": {"backbone": "stranger/evil"}},
]
SIZES = [{"num_hidden_layers": 10**9}, {"hidden_size": 2**40}, {"vocab_size": 10**12}, {"intermediate_size": 2**40}]


class Exploit:
    """Unpickling it shows."""

    def __reduce__(self):
        return exec, ("import sys; sys.argv.append('evil')",)


@pytest.fixture(scope="module")
def files(tmp_path_factory) -> dict[str, bytes]:
    """The files of an honest publication."""
    folder = tmp_path_factory.mktemp("honest")
    config_class = ARCHITECTURES[0][0]
    config = config_class(backbone_config=BACKBONE_CONFIGS["bert"](), labels=["bad", "good"])
    random_model(config).save_pretrained(folder)
    make_tokenizer().save_pretrained(folder)
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def edited(files: dict[str, bytes], **changes: object) -> dict[str, bytes]:
    """The configuration with changes, beside a file of code; `backbone_config` is changed and not replaced."""
    config = json.loads(files["config.json"])
    config["backbone_config"] |= changes.pop("backbone_config", {})
    return {"config.json": json.dumps({**config, **changes}).encode(), "evil.py": EVIL}


def attacks(files: dict[str, bytes]) -> dict[str, dict[str, bytes | None]]:
    """Files in the place of the honest ones, by the name of the attack."""
    auto_map = dict.fromkeys(("AutoConfig", "AutoModel", "AutoModelForSequenceClassification"), "evil.Model")
    nested = {
        "auto_map": {"AutoConfig": "stranger/evil--evil.Config", "AutoModel": "stranger/evil--evil.Model"},
        "trust_remote_code": True,
        "_name_or_path": "stranger/evil",
        "attn_implementation": "stranger/evil",
        "_attn_implementation": "stranger/evil",
    }
    places = {"attn_implementation": "stranger/evil", "_name_or_path": "stranger/evil"}
    own_code = {"model_type": "evil", "auto_map": {"AutoConfig": "evil.Config"}}
    exploit = pickle.dumps(Exploit())
    index = {"metadata": {}, "weight_map": {"classifier.label_scores.weight": "../../../../climbed.safetensors"}}
    climbing = {
        "model.safetensors": None,
        "model.safetensors.index.json": json.dumps(index).encode(),
        "../../../../climbed.safetensors": files["model.safetensors"],
        "../../evil.py": EVIL,
    }
    return {
        "honest": {},
        "auto-map": edited(files, auto_map=auto_map, trust_remote_code=True),
        "nested": edited(files, backbone_config=nested, **places),
        "own-code": edited(files, backbone_config=own_code),
        "pickle": {"pytorch_model.bin": exploit, "training_args.bin": exploit, "optimizer.pt": exploit},
        "only-pickle": {"model.safetensors": None, "pytorch_model.bin": exploit},
        "climbing": climbing,
        **{f"download-{row}": edited(files, backbone_config=nested) for row, nested in enumerate(DOWNLOADS)},
        **{f"absurd-{row}": edited(files, backbone_config=sizes) for row, sizes in enumerate(SIZES)},
    }


@pytest.fixture(scope="module")
def outcomes(hub, on_hub, files) -> dict[str, tuple[str, list[str]]]:
    """Publish all, load all in one process, and return what was said and what ran, by the name of the attack."""
    published = attacks(files)
    for name, changed in published.items():
        repository = Repository("model", f"org/{name}")
        kept = {path: content for path, content in {**files, **changed}.items() if content is not None}
        stored = {path: StoredFile(content, path.endswith(".safetensors")) for path, content in kept.items()}
        repository.commit("main", stored, "attack")
        hub.repositories["model", f"org/{name}"] = repository
        hub.large_files.update({file.sha256: file.content for file in stored.values() if file.is_large})
    return json.loads(on_hub("-c", LOAD, ",".join(published)).stdout.splitlines()[-1])


def test_nothing_runs_and_nobody_else_is_asked(hub, outcomes):
    assert {name: ran for name, (_, ran) in outcomes.items() if ran} == {}
    assert not [request for request in hub.requests if "stranger" in request.path]


@pytest.mark.parametrize("name", ["honest", "auto-map", "nested", "pickle"])
def test_what_is_harmless_without_its_poison_loads(outcomes, name):
    assert outcomes[name][0] == "loaded"


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("own-code", "has the model type 'evil', which this version of transformers does not know"),
        ("only-pickle", "Error"),
        ("climbing", "Error"),
        ("download-0", "would download something"),
        ("download-1", "has a backbone of its own"),
        ("download-2", "has a backbone of its own"),
        ("download-3", "would download something"),
        *((f"absurd-{row}", f"`backbone_config.{next(iter(sizes))}` is") for row, sizes in enumerate(SIZES)),
    ],
)
def test_all_else_is_refused(outcomes, name, sentence):
    said = outcomes[name][0]
    assert sentence in said
    assert ("do not load this one" in said) == name.startswith("absurd")


def test_files_that_climb_stay_in_the_cache(outcomes, hub_home):
    assert not [path for path in hub_home.parent.rglob("climbed.safetensors") if "models--" not in str(path)]


@pytest.mark.parametrize("field", ["num_experts", "scales"])
def test_absurd_sizes_of_the_head_are_refused(field):
    config_class = ARCHITECTURES[0][0]
    with pytest.raises(ValueError, match=f"`{field}` is 1,000,001, more than"):
        config_class(**{field: [1_000_001] if field == "scales" else 1_000_001})


def test_exploits_would_show(tmp_path):
    """The pickle of these tests is a real one."""
    torch.save({}, tmp_path / "fine.bin")
    import sys

    pickle.loads(pickle.dumps(Exploit()))
    assert sys.argv.pop() == "evil"
