import ast
import importlib
import re
from pathlib import Path

import pytest

import amsdff_hf
from tests.conftest import ROOT


PACKAGE = ROOT / "amsdff_hf"
ALLOWED = {
    "models": {"models"},
    "data": {"data", "models"},
    "training": {"training", "models"},
    "inference": {"inference", "models"},
    "hub": {"hub", "models", "data", "training", "inference"},
}


def imported_rooms(path: Path) -> set[str]:
    """Folders of the package that a file imports from."""
    rooms = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.level == 2:
            rooms.add((node.module or "").split(".")[0])
        elif isinstance(node, ast.ImportFrom) and node.level == 1:
            rooms.add(path.parent.name)
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("amsdff_hf."):
            rooms.add(node.module.split(".")[1])
    return rooms


@pytest.mark.parametrize("room", ALLOWED)
def test_dependencies_point_one_way(room):
    for path in (PACKAGE / room).glob("*.py"):
        assert imported_rooms(path) <= ALLOWED[room], path


@pytest.mark.parametrize("path", sorted((ROOT / "examples").glob("*.py")), ids=lambda path: path.stem)
def test_examples_use_public_names(path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "amsdff_hf":
            assert node.module.count(".") <= 1
            hidden = {alias.name for alias in node.names} - set(importlib.import_module(node.module).__all__)
            assert not hidden, (node.module, hidden)


def test_models_travel_alone():
    """Custom code on the Hub: flat siblings that import torch, transformers, huggingface_hub and each other."""
    for path in (PACKAGE / "models").glob("*.py"):
        source = path.read_text()
        tree = ast.parse(source)
        assert not [node for node in tree.body if isinstance(node, ast.ImportFrom) and node.module == "__future__"]
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                names = [alias.name.split(".")[0] for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and node.level == 0:
                names = [node.module.split(".")[0]]
            else:
                continue
            outside = set(names) - {"torch", "transformers", "huggingface_hub"} - set(STANDARD_LIBRARY)
            assert not outside, (path, outside)


STANDARD_LIBRARY = {
    "collections",
    "contextlib",
    "dataclasses",
    "difflib",
    "functools",
    "importlib",
    "inspect",
    "math",
    "os",
    "sys",
    "types",
    "typing",
}


def test_nothing_unsafe_is_called():
    unsafe = re.compile(
        r"\bimport pickle\b|\bpickle\.\w|torch\.load\(|(?<![.\w])eval\(|(?<![.\w])exec\(|trust_remote_code=True"
    )
    # The first refuses all that could run code, which its own tests attack; the second shows code on model cards.
    known = {PACKAGE / "data" / "restricted_unpickler.py", PACKAGE / "hub" / "card_snippets.py"}
    for path in {*PACKAGE.rglob("*.py"), *(ROOT / "examples").glob("*.py")} - known:
        lines = [line for line in path.read_text().splitlines() if not line.strip().startswith("#")]
        assert not [line for line in lines if unsafe.search(line)], path


def test_public_names_exist_and_are_sorted():
    assert amsdff_hf.__all__ == sorted(amsdff_hf.__all__, key=lambda name: (name[0].islower(), name))
    assert all(getattr(amsdff_hf, name).__doc__ for name in amsdff_hf.__all__)


def test_import_changes_nothing_but_the_registry(run_python):
    code = """
import logging, os
import sys
import transformers, transformers.pipelines, transformers.modeling_utils
# Some versions of transformers import scikit-learn by themselves.
heavy = {"matplotlib", "sklearn", "datasets", "onnx", "onnxruntime", "torch_geometric"} - set(sys.modules)
before = dict(os.environ), transformers.logging.get_verbosity(), list(logging.root.handlers)
import amsdff_hf
assert before == (dict(os.environ), transformers.logging.get_verbosity(), list(logging.root.handlers))
from transformers import AutoConfig
assert type(AutoConfig.for_model("amsdff")) is amsdff_hf.AmsdffConfig
assert not heavy & set(sys.modules), heavy & set(sys.modules)
import importlib; importlib.reload(amsdff_hf)
print("fine")
"""
    assert run_python("-c", code).stdout == "fine\n"


def test_every_public_name_has_a_docstring():
    for path in PACKAGE.rglob("*.py"):
        tree = ast.parse(path.read_text())
        assert ast.get_docstring(tree), path
        for node in tree.body:
            if isinstance(node, (ast.ClassDef, ast.FunctionDef)) and not node.name.startswith("_"):
                assert ast.get_docstring(node), (path, node.name)
