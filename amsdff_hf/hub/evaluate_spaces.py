# Copyright 2026 The amsdff_hf authors. Licensed under the Apache License, Version 2.0.
"""The metrics of this package as modules of `evaluate`: folders that load offline, or Spaces on the Hub."""

import os
import shutil
import tempfile
from importlib.resources import as_file, files
from pathlib import Path

from huggingface_hub import CommitInfo, HfApi

from .permissions import check_can_publish, explained


# Which file of `training` each module computes with: a copy of it goes along, so that nothing is computed twice.
EVALUATE_MODULES = {
    "amsdff_classification": "scores.py",
    "amsdff_multilabel": "scores.py",
    "amsdff_mosi": "sentiment_metrics.py",
}
_REQUIREMENTS = "datasets\nevaluate\nnumpy\nscikit-learn\n"
_APP = """import json

import evaluate
import gradio as gr


metric = evaluate.load("{name}")


def compute(predictions: str, references: str) -> dict[str, float]:
    try:
        return metric.compute(predictions=json.loads(predictions), references=json.loads(references))
    except ValueError as error:
        raise gr.Error(str(error)) from error


boxes = [gr.Textbox(label="predictions, as a list in JSON"), gr.Textbox(label="references, as a list in JSON")]
gr.Interface(compute, boxes, gr.JSON(), title="{name}", description=metric.description).launch()
"""
_README = """---
title: {name}
sdk: gradio
sdk_version: 6.31.0
app_file: app.py
pinned: false
license: apache-2.0
tags:
- evaluate
- metric
---

# {name}

```python
import evaluate

metric = evaluate.load("{where}")
print(metric.inputs_description)
```
"""


def save_evaluate_module(name: str, folder: str | os.PathLike, where: str | None = None) -> str:
    """Write a metric as a module that `evaluate.load` takes, in the shape of a Space.

    Args:
        name: one of `EVALUATE_MODULES`.
        folder: where to make a folder of that name.
        where: what its README tells to load; the folder itself if not given.

    Returns:
        The new folder, for `evaluate.load`.

    Raises:
        ValueError: if there is no such metric.

    Examples:
    ```python
    >>> import tempfile
    >>> import evaluate

    >>> metric = evaluate.load(save_evaluate_module("amsdff_classification", tempfile.mkdtemp()))
    >>> metric.compute(predictions=[[0.9, 0.1], [0.2, 0.8]], references=[0, 1])["accuracy"]
    1.0

    ```
    """
    if name not in EVALUATE_MODULES:
        raise ValueError(f"There is no metric {name!r}: choose one of {', '.join(EVALUATE_MODULES)}.")
    target = Path(folder) / name
    target.mkdir(parents=True, exist_ok=True)
    package = files(__package__.rpartition(".")[0])
    for source in (("hub", "evaluate_modules", f"{name}.py"), ("training", EVALUATE_MODULES[name])):
        with as_file(package.joinpath(*source)) as path:
            shutil.copy(path, target / source[-1])
    (target / "requirements.txt").write_text(_REQUIREMENTS, encoding="utf-8")
    (target / "app.py").write_text(_APP.format(name=where or name), encoding="utf-8")
    (target / "README.md").write_text(_README.format(name=name, where=where or target), encoding="utf-8")
    return str(target)


def push_evaluate_module(name: str, repo_id: str, token: str | None = None, private: bool | None = None) -> CommitInfo:
    """Publish a metric as a Space, from which `evaluate.load(repo_id)` takes it.

    Args:
        name: one of `EVALUATE_MODULES`.
        repo_id: `"user/name"` or `"organization/name"`, where the last part has to be `name`.
        token: write token; by default that of `hf auth login` or `HF_TOKEN`.
        private: make a new Space private.

    Raises:
        PublishingError: if the Space cannot be published.
        ValueError: if there is no such metric, or if the Space has another name.
    """
    if repo_id.rpartition("/")[2] != name:
        raise ValueError(
            f"`evaluate` looks for {repo_id.rpartition('/')[2]}.py in {repo_id!r}: name the Space {name!r}."
        )
    repo_id, api = check_can_publish(repo_id, token), HfApi(token=token)
    with explained(repo_id), tempfile.TemporaryDirectory() as folder:
        target = save_evaluate_module(name, folder, where=repo_id)
        api.create_repo(repo_id, repo_type="space", space_sdk="gradio", private=private, exist_ok=True)
        return api.upload_folder(
            repo_id=repo_id, repo_type="space", folder_path=target, commit_message="Upload metric"
        )
