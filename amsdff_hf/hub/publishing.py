# Copyright 2026 The amsdff_hf authors. Licensed under the Apache License, Version 2.0.
"""Publishing a trained model: everything that belongs to it, in one commit."""

import os
import re
import tempfile
from contextlib import nullcontext
from importlib.resources import files
from pathlib import Path

from huggingface_hub import CommitInfo, HfApi
from huggingface_hub.utils import get_session, hf_raise_for_status
from safetensors import SafetensorError, safe_open
from transformers import PreTrainedModel, PreTrainedTokenizerBase, ProcessorMixin

from ..models.travelling_code import TravelsWithCode, travels_with_code
from .card_facts import CARD_FACTS, CardFacts
from .card_rendering import render_card
from .card_sources import facts_of_model
from .permissions import PublishingError, check_can_publish, explained


# Endings of files that are pickles, or may hold some.
_PICKLES = (".bin", ".ckpt", ".h5", ".joblib", ".npy", ".npz", ".pickle", ".pkl", ".pt", ".pth")
# How a pickle begins (protocols 2 to 5), and a zip archive, which `torch.save` writes one into.
_PICKLE_BEGINNINGS = (b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05", b"PK\x03\x04")
# Weights that an earlier publication left, and that this one would otherwise stand beside.
_WEIGHTS = re.compile(
    r"(model|pytorch_model|adapter_model)[^/]*\.(safetensors|bin)(\.index\.json)?|adapter_config\.json"
)


def push_to_hub(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase | ProcessorMixin,
    repo_id: str,
    *,
    card: CardFacts | None = None,
    token: str | None = None,
    private: bool | None = None,
    revision: str | None = None,
    create_pr: bool = False,
    commit_message: str = "Upload model",
    max_shard_size: str | int = "5GB",
) -> CommitInfo:
    """Publish a classifier with its tokenizer, its code, its card and its metrics, all in one commit.

    Whoever has this package loads it by `from_pretrained`; everybody else with `trust_remote_code`. When an upload
    was interrupted, the same call again sends what is missing. Weights and code of an earlier publication that this
    one does not replace are deleted in the same commit; all other files stay.

    Args:
        model: a classifier of this package, or any other of transformers.
        tokenizer: its tokenizer, or the processor of a multimodal model.
        repo_id: `"user/name"`, `"organization/name"`, or `"name"` under one's own; made if it does not exist.
        card: what the card shall say; without it, what the model itself tells.
        token: write token; by default that of `hf auth login` or `HF_TOKEN`.
        private: make a new repository private.
        revision: branch, made if it does not exist; `main` if not given.
        create_pr: propose the commit as a pull request to `main` instead of making it.
        commit_message: first line of the commit.
        max_shard_size: weights are split into files no larger than this.

    Returns:
        The commit, with its `commit_url`, its id `oid` and the `pr_url`, if there is one.

    Raises:
        PublishingError: if there is no token, or a wrong one, if the repository belongs to somebody else, or is public
            where a private one was asked for, if the name, the model or the card is not fit, or if the Hub cannot be
            reached. The repository is as it was then.
    """
    _check_model(model, tokenizer)
    if create_pr and revision is not None:
        raise PublishingError(f"A pull request goes to `main`: leave out `revision`, which is {revision!r}.")
    repo_id, api = check_can_publish(repo_id, token, create_pr), HfApi(token=token)
    facts = facts_of_model(model) if card is None else card
    with explained(repo_id), tempfile.TemporaryDirectory() as folder:
        save_for_hub(folder, model, tokenizer, facts, repo_id=repo_id, max_shard_size=max_shard_size)
        _check_card(api, Path(folder) / "README.md")
        if not api.repo_exists(repo_id):
            api.create_repo(repo_id, private=private)
        elif private and not api.model_info(repo_id).private:
            raise PublishingError(
                f"{repo_id!r} is public already: choose another name, make it private in its settings, or leave out "
                "`private`."
            )
        if revision is not None and not revision.startswith("refs/pr/"):
            api.create_branch(repo_id, branch=revision, exist_ok=True)
        return _upload(api, repo_id, folder, commit_message, revision, create_pr)


def save_for_hub(
    folder: str | os.PathLike,
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase | ProcessorMixin,
    card: CardFacts,
    repo_id: str | None = None,
    max_shard_size: str | int = "5GB",
) -> None:
    """Write the files of a publication into an empty folder, as [`push_to_hub`] uploads them.

    Args:
        folder: where to write.
        model: a classifier of this package, or any other of transformers.
        tokenizer: its tokenizer, or the processor of a multimodal model.
        card: what the card shall say.
        repo_id: name under which the card tells to load it; by default after the folder.
        max_shard_size: weights are split into files no larger than this.

    Raises:
        PublishingError: if there is a pickle among the files.
    """
    for part in (model, tokenizer):
        with travels_with_code(part) if isinstance(part, TravelsWithCode) else nullcontext():
            part.save_pretrained(folder, **({"max_shard_size": max_shard_size} if part is model else {}))
    name = repo_id or f"org/{os.path.basename(os.path.abspath(folder))}"
    Path(folder, "README.md").write_text(render_card(card, name), encoding="utf-8")
    card.save(Path(folder) / CARD_FACTS)
    check_no_pickles(folder)


def check_no_pickles(folder: str | os.PathLike) -> None:
    """Refuse to let a pickle leave the machine: whoever loads one runs whatever it says.

    Raises:
        PublishingError: with the first such file.
    """
    for path in sorted(path for path in Path(folder).rglob("*") if path.is_file()):
        if path.suffix in _PICKLES or _begins_like_a_pickle(path):
            raise PublishingError(
                f"{path.name!r} is a pickle or an archive that may hold one, and no such file is published: save "
                "weights as safetensors, and leave everything else out."
            )


def _check_model(model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase | ProcessorMixin | None) -> None:
    name = type(model).__name__
    if hasattr(model, "peft_config") or hasattr(model, "merge_and_unload"):
        raise PublishingError(f"{name} holds adapters: publish what `merge_and_unload()` of it returns.")
    if not name.endswith("ForSequenceClassification"):
        raise PublishingError(
            f"{name} is no classifier: publish the one that it belongs to, from which `AutoModel` loads it too."
        )
    if tokenizer is None:
        raise PublishingError("There is no tokenizer, without which nobody could use the model: pass its own.")
    if not isinstance(model, TravelsWithCode) and getattr(model.config, "differential_attention", None) is not None:
        raise PublishingError(
            "A plain model with differential attention cannot be published, since nobody could load it by "
            "`from_pretrained`: put it under a head of this package, as `AmsdffConfig(differential_attention=...)`."
        )


def _check_card(api: HfApi, path: Path) -> None:
    # Not `ModelCard.validate`, which before huggingface_hub 2 asks huggingface.co whatever HF_ENDPOINT says.
    content = {"repoType": "model", "content": path.read_text(encoding="utf-8")}
    answer = get_session().post(f"{api.endpoint}/api/validate-yaml", json=content)
    if answer.status_code == 400:
        reasons = "; ".join(problem["message"] for problem in answer.json()["errors"])
        raise PublishingError(f"The Hub refuses the metadata of the card, nothing was uploaded: {reasons}.")
    hf_raise_for_status(answer)


def _upload(api: HfApi, repo_id: str, folder: str, message: str, revision: str | None, create_pr: bool) -> CommitInfo:
    own_code = {path.name for path in files("amsdff_hf.models").iterdir() if path.name.endswith(".py")}
    there = api.list_repo_files(repo_id, revision=revision)
    try:
        return api.upload_folder(
            repo_id=repo_id,
            folder_path=folder,
            commit_message=message,
            revision=revision,
            create_pr=create_pr,
            delete_patterns=[path for path in there if path in own_code or _WEIGHTS.fullmatch(path)],
        )
    except RuntimeError as error:
        # What the client makes of every failure to send a large file.
        raise PublishingError(
            f"{repo_id!r} was not published, because the upload broke off ({error}): do the same again, which sends "
            "only what is missing."
        ) from error


def _begins_like_a_pickle(path: Path) -> bool:
    with open(path, "rb") as file:
        beginning = file.read(4)
    if not beginning.startswith(_PICKLE_BEGINNINGS):
        return False
    if path.suffix != ".safetensors":
        return True
    # These begin with the length of their header, which can be any number.
    try:
        with safe_open(path, framework="pt"):
            return False
    except SafetensorError:
        return True
