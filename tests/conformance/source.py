# Copyright 2026 The amsdff_hf authors. Licensed under the Apache License, Version 2.0.
"""The tests of transformers itself, from its source distribution, in a folder that adds what they lack by links."""

import json
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

import torch
import transformers
from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import PreTrainedTokenizerFast

from amsdff_hf.models import ARCHITECTURES

from .backbones import VOCAB_SIZE, backbone_config


HERE = Path(__file__).parent


def fetch_source(cache: Path) -> Path:
    """Return the unpacked source distribution of the installed transformers, fetched by pip on first use."""
    name = f"transformers-{transformers.__version__}"
    if not (cache / name / "tests").is_dir():
        cache.mkdir(parents=True, exist_ok=True)
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--no-binary", ":all:"]
        command += ["--no-build-isolation", "--dest", str(cache), f"transformers=={transformers.__version__}"]
        subprocess.run(command, check=True)
        # Unpacked beside its place and moved there whole, so that an interrupted run leaves no half of it.
        with tarfile.open(cache / f"{name}.tar.gz") as archive, tempfile.TemporaryDirectory(dir=cache) as folder:
            archive.extractall(folder, filter="data")
            (Path(folder) / name).rename(cache / name)
    return cache / name


def overlay(source: Path, folder: Path) -> Path:
    """Link transformers' tests and our stand-ins into one new folder, and return the file with our test classes."""
    shutil.rmtree(folder, ignore_errors=True)
    tests = folder / "tests"
    ours = tests / "models" / "amsdff_hf"
    ours.mkdir(parents=True)
    (folder / "src").symlink_to(source / "src")
    for path in (source / "tests").iterdir():
        (tests / path.name).symlink_to(path)
    for path in (HERE / "stand_ins").iterdir():
        if path.name != "__pycache__":
            (tests / path.name).symlink_to(path)
    for package in (tests / "models", ours):
        (package / "__init__.py").touch()
    (ours / "backbones.py").symlink_to(HERE / "backbones.py")
    (ours / "test_common.py").symlink_to(HERE / "common_tests.py")
    return ours / "test_common.py"


def build_tiny_hub(folder: Path, backbone: str) -> None:
    """Save one tiny model and tokenizer for each class, laid out as the pipeline tests look for them."""
    shutil.rmtree(folder, ignore_errors=True)
    summary = {}
    for config_class, *model_classes in ARCHITECTURES:
        config = config_class(backbone_config=backbone_config(backbone), labels=["entailment", "neutral", "other"])
        for model_class in model_classes:
            place = folder / config_class.model_type / model_class.__name__
            torch.manual_seed(0)
            model_class(config).save_pretrained(place)
            _tiny_tokenizer().save_pretrained(place)
            summary[model_class.__name__] = {
                "tokenizer_classes": ["PreTrainedTokenizerFast"],
                "processor_classes": [],
                "model_classes": [model_class.__name__],
            }
    (folder / "reports").mkdir()
    (folder / "reports" / "tiny_model_summary.json").write_text(json.dumps(summary), encoding="utf-8")


def _tiny_tokenizer() -> PreTrainedTokenizerFast:
    text = "who are you voting for in my stomach hurts this is a test another good film"
    words = ["[PAD]", "[UNK]", *text.split()]
    assert len(words) <= VOCAB_SIZE
    tokenizer = Tokenizer(models.WordLevel({word: index for index, word in enumerate(words)}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, pad_token="[PAD]", unk_token="[UNK]", model_max_length=64
    )


def default_cache() -> Path:
    """Folder for what is fetched, by the XDG convention."""
    return Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "amsdff_hf"
