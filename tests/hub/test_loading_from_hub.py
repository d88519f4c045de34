"""Publishing and loading, by people with and without the package, of every architecture."""

import ast
import json

import pytest

from tests.conftest import ROOT


NAMES = ["amsdff", "pyramid_graph", "cnn_bilstm", "amccl", "words"]
FILES = {"README.md", "config.json", "model_card.json", "tokenizer.json", "tokenizer_config.json"}


@pytest.fixture(scope="module")
def published(on_hub):
    return json.loads(on_hub("-m", "tests.hub.publish_all").stdout)


@pytest.fixture(scope="module")
def loaded(on_hub, published):
    """What was loaded with the package, without it, and without it and without a network."""
    commits = json.dumps({name: published[name]["commit"] for name in NAMES})
    script = ROOT / "tests" / "hub" / "load_all.py"
    found = {way: json.loads(on_hub(script, way, commits, PYTHONPATH="").stdout) for way in ("with", "without")}
    offline = {"HF_HUB_OFFLINE": "1", "HF_ENDPOINT": "http://127.0.0.1:9", "PYTHONPATH": ""}
    return found | {"offline": json.loads(on_hub(script, "without", commits, **offline).stdout)}


@pytest.mark.parametrize("way", ["with", "without", "offline"])
@pytest.mark.parametrize("name", NAMES)
def test_everybody_gets_the_same_model(published, loaded, name, way):
    found = loaded[way][name]
    assert sum(found["logits"], []) == pytest.approx(sum(published[name]["logits"], []), abs=1e-6)
    assert not [keys for keys in found["problems"] if keys]
    assert found["class"].startswith("amsdff_hf." if way == "with" else "transformers_modules.")
    assert found["class"].endswith("ForSequenceClassification")
    assert found["config"].endswith("Config")
    assert found["vector"][0] == 1
    assert len(found["tokens"]) == 5
    assert found["pipeline"] in ("bad", "good")
    assert set(found["files"]) >= FILES


@pytest.mark.parametrize("way", ["with", "without", "offline"])
def test_processors_travel(loaded, way):
    assert {"input_ids", "audio_values", "audio_mask"} <= set(loaded[way]["amccl"]["processor"])


def test_one_commit_holds_everything(hub, published):
    for name in NAMES:
        repository = hub.repository(f"org/{name}")
        # The first is that of the new repository.
        assert len(repository.commits) == 2
        files = repository.files()
        assert set(files) >= FILES
        assert all(not path.endswith((".bin", ".pt", ".pkl")) for path in files)
    shards = [path for path in hub.repository("org/amsdff").files() if path.endswith(".safetensors")]
    assert len(shards) > 1
    assert "model.safetensors.index.json" in hub.repository("org/amsdff").files()


def test_cards_reach_the_hub(hub, published):
    told = hub.repository("org/amsdff").described("main")
    assert told["pipeline_tag"] == "text-classification"
    assert told["library_name"] == "transformers"
    assert told["cardData"]["license"] == "apache-2.0"
    assert {"amsdff_hf", "amsdff"} <= set(told["tags"])


RUN_SNIPPETS = """
import re, sys
from huggingface_hub import hf_hub_download
if sys.argv[1] == "without":
    sys.modules["amsdff_hf"] = None
for name in sys.argv[2:]:
    card = open(hf_hub_download(f"org/{name}", "README.md"), encoding="utf-8").read()
    for block in re.findall(r"```python\\n(.*?)```", card, re.DOTALL):
        if ("amsdff_hf" in block) == (sys.argv[1] == "with"):
            exec(block, {})
"""


@pytest.mark.parametrize(("way", "answers"), [("with", 2), ("without", 1)])
def test_snippets_of_the_cards_run(on_hub, published, way, answers):
    names = [*NAMES, "pairs"]
    printed = on_hub("-c", RUN_SNIPPETS, way, *names, PYTHONPATH="").stdout.splitlines()
    assert len(printed) == answers * len(names)


def test_without_package_and_trust_nothing_is_run(on_hub, published):
    code = """
import sys
sys.modules["amsdff_hf"] = None
from transformers import AutoModelForSequenceClassification
AutoModelForSequenceClassification.from_pretrained("org/amsdff", trust_remote_code=False)
"""
    done = on_hub("-c", code, check=False, PYTHONPATH="")
    assert done.returncode != 0
    assert "contains custom code which must be executed to correctly" in done.stderr
    assert "transformers_modules" not in done.stderr


def test_code_that_travels_is_small_and_touches_neither_files_nor_network(hub, published):
    modules_of_files = [
        "http",
        "httpx",
        "io",
        "pathlib",
        "requests",
        "shutil",
        "socket",
        "subprocess",
        "tempfile",
        "urllib",
    ]
    functions = ["open", "eval", "exec", "compile", "__import__"]
    methods = [
        "hf_hub_download",
        "load",
        "popen",
        "snapshot_download",
        "system",
        "unlink",
        "write_bytes",
        "write_text",
    ]
    for name in NAMES:
        files = {path: file.content for path, file in hub.repository(f"org/{name}").files().items()}
        code = {path: content.decode() for path, content in files.items() if path.endswith(".py")}
        assert sum(map(len, code.values())) < 250_000
        for path, source in code.items():
            assert source.count("\n") < 330, path
            for node in ast.walk(ast.parse(source)):
                if isinstance(node, ast.ImportFrom) and node.level:
                    assert f"{node.module}.py" in code, (path, node.module)
                elif isinstance(node, (ast.Import, ast.ImportFrom)):
                    modules = [node.module] if isinstance(node, ast.ImportFrom) else [one.name for one in node.names]
                    roots = {module.split(".")[0] for module in modules}
                    assert not roots & set(modules_of_files), (path, roots)
                    assert "amsdff_hf" not in roots, path
                elif isinstance(node, ast.Call):
                    assert getattr(node.func, "id", None) not in functions, (path, node.lineno)
                    assert getattr(node.func, "attr", None) not in methods, (path, node.lineno)
