# Copyright 2026 The amsdff_hf authors. Licensed under the Apache License, Version 2.0.
"""Publishing a trained model: everything that belongs to it, in one commit."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

from huggingface_hub import CommitInfo, HfApi, get_token
from huggingface_hub.errors import HfHubHTTPError, HFValidationError, HTTPError, OfflineModeIsEnabled
from huggingface_hub.utils import get_session, hf_raise_for_status, validate_repo_id
from safetensors import SafetensorError, safe_open
from transformers import PreTrainedModel, PreTrainedTokenizerBase, ProcessorMixin

from ..models.travelling_code import TravelsWithCode, travels_with_code
from .card_facts import CARD_FACTS, CardFacts
from .card_rendering import render_card
from .card_sources import facts_of_model


# Endings of files that are pickles, or may hold some.
_PICKLES = (".bin", ".ckpt", ".h5", ".joblib", ".npy", ".npz", ".pickle", ".pkl", ".pt", ".pth")
# How a pickle begins (protocols 2 to 5), and a zip archive, which `torch.save` writes one into.
_PICKLE_BEGINNINGS = (b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05", b"PK\x03\x04")
# What an earlier publication may have left that this one does not replace: other shards, code, or pickles.
_REPLACED = ["*.safetensors", "*.safetensors.index.json", "*.py", *(f"*{ending}" for ending in _PICKLES)]


class PublishingError(RuntimeError):
    """A model could not be published; the message says why, and what to do."""


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
    """Publish a model with its tokenizer, its code, its card and its metrics, all in one commit.

    Whoever has this package loads it by `from_pretrained`; everybody else with `trust_remote_code`. When an upload
    was interrupted, the same call again sends what is missing.

    Args:
        model: a model of this package, or any other of transformers.
        tokenizer: its tokenizer, or the processor of a multimodal model.
        repo_id: `"user/name"` or `"organization/name"`; made if it does not exist.
        card: what the card shall say; without it, what the model itself tells.
        token: write token; by default that of `hf auth login` or `HF_TOKEN`.
        private: make a new repository private.
        revision: branch, made if it does not exist; `main` if not given.
        create_pr: propose the commit as a pull request instead of making it.
        commit_message: first line of the commit.
        max_shard_size: weights are split into files no larger than this.

    Returns:
        The commit, with its `commit_url`, its id `oid` and the `pr_url`, if there is one.

    Raises:
        PublishingError: if there is no token, or a wrong one, if the repository belongs to somebody else, if the name
            or the card is not valid, or if the Hub cannot be reached. Nothing is uploaded then.
    """
    check_can_publish(repo_id, token, create_pr)
    if getattr(model, "backbone", None) is None and getattr(model.config, "differential_attention", None) is not None:
        raise PublishingError(
            "A plain model with differential attention cannot be published, since nobody could load it by "
            "`from_pretrained`: put it under a head of this package, as `AmsdffConfig(differential_attention=...)`."
        )
    api = HfApi(token=token)
    facts = facts_of_model(model) if card is None else card
    with explained(repo_id), tempfile.TemporaryDirectory() as folder:
        save_for_hub(folder, model, tokenizer, facts, repo_id=repo_id, max_shard_size=max_shard_size)
        _check_card(api, Path(folder) / "README.md")
        if not (create_pr and api.repo_exists(repo_id)):
            api.create_repo(repo_id, private=private, exist_ok=True)
        if revision is not None and not revision.startswith("refs/pr/"):
            api.create_branch(repo_id, branch=revision, exist_ok=True)
        return api.upload_folder(
            repo_id=repo_id,
            folder_path=folder,
            commit_message=commit_message,
            revision=revision,
            create_pr=create_pr,
            delete_patterns=_REPLACED,
        )


def check_can_publish(repo_id: str, token: str | None = None, create_pr: bool = False) -> None:
    """Find out whether a model can be published, before any work is done for it.

    Args:
        repo_id: `"user/name"` or `"organization/name"`.
        token: write token; by default that of `hf auth login` or `HF_TOKEN`.
        create_pr: whether it will be a pull request, which may go to anybody.

    Raises:
        PublishingError: if the name is not valid, if there is no token, or a wrong one, if the repository belongs to
            somebody else, or if the Hub cannot be reached.
    """
    try:
        validate_repo_id(repo_id)
    except HFValidationError as error:
        raise PublishingError(
            f"{repo_id!r} is no name of a repository: write `user/name` or `organization/name`, of letters, digits, "
            "'-', '_' and '.', with at most 96 characters."
        ) from error
    if not (token or get_token()):
        raise PublishingError(
            "There is no token for the Hub: run `hf auth login`, set HF_TOKEN, or pass `token`; it needs the right to "
            "write."
        )
    with explained(repo_id):
        known = HfApi(token=token).whoami()
    owners = [known["name"], *(organization["name"] for organization in known.get("orgs", []))]
    if "/" in repo_id and repo_id.split("/")[0] not in owners and not create_pr:
        raise PublishingError(
            f"{repo_id!r} belongs to somebody else: this token is of {known['name']!r}, who may write under "
            f"{', '.join(owners)}. Choose one of these, or propose a change with `create_pr=True`."
        )


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
        model: a model of this package, or any other of transformers.
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


def _check_card(api: HfApi, path: Path) -> None:
    # Not `ModelCard.validate`, which before huggingface_hub 2 asks huggingface.co whatever HF_ENDPOINT says.
    content = {"repoType": "model", "content": path.read_text(encoding="utf-8")}
    answer = get_session().post(f"{api.endpoint}/api/validate-yaml", json=content)
    if answer.status_code == 400:
        reasons = "; ".join(problem["message"] for problem in answer.json()["errors"])
        raise PublishingError(f"The Hub refuses the metadata of the card, nothing was uploaded: {reasons}.")
    hf_raise_for_status(answer)


@contextmanager
def explained(repo_id: str) -> Iterator[None]:
    """Turn the errors of the client into one sentence each.

    Args:
        repo_id: what is being published.

    Raises:
        PublishingError: where the client raises an error of the Hub or of the network.
    """
    try:
        yield
    except HfHubHTTPError as error:
        status = error.response.status_code
        reason = {
            401: "the Hub does not know this token: run `hf auth login`, set HF_TOKEN, or pass another `token`",
            403: "this token may not write there: use one with the right to write, or another name",
            412: "somebody else has changed the repository meanwhile: try again",
        }.get(status, f"the Hub answered {status} ({error.server_message or 'without a reason'}): try again later")
        raise PublishingError(f"{repo_id!r} was not published: {reason}.") from error
    except (HTTPError, OfflineModeIsEnabled, ConnectionError) as error:
        raise PublishingError(
            f"{repo_id!r} was not published, because the Hub cannot be reached ({error}): check the network and "
            "HF_HUB_OFFLINE, then do the same again."
        ) from error
