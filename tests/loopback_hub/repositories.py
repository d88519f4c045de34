"""Repositories in memory: files, commits, branches, tags and pull requests."""

import hashlib
import json
import re
import secrets
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import yaml


KINDS = {"models": "model", "datasets": "dataset", "spaces": "space"}
TASKS = {"ForSequenceClassification": "text-classification"}


class HubError(Exception):
    """An answer other than the wanted one; the client tells what is missing by `code`."""

    def __init__(self, status: int, code: str | None, message: str):
        super().__init__(message)
        self.status, self.code, self.message = status, code, message


@dataclass(frozen=True)
class StoredFile:
    """One version of a file; a large one is a pointer in git, and its bytes lie in the large storage."""

    content: bytes
    is_large: bool

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.content).hexdigest()

    @property
    def pointer(self) -> bytes:
        lines = "version https://git-lfs.github.com/spec/v1", f"oid sha256:{self.sha256}", f"size {len(self.content)}"
        return "".join(f"{line}\n" for line in lines).encode()

    @property
    def git_id(self) -> str:
        stored = self.pointer if self.is_large else self.content
        return hashlib.sha1(b"blob %d\0" % len(stored) + stored).hexdigest()

    @property
    def etag(self) -> str:
        return self.sha256 if self.is_large else self.git_id

    def listed(self, path: str) -> dict[str, Any]:
        """The entry of a tree listing."""
        entry = {"type": "file", "path": path, "size": len(self.content), "oid": self.git_id}
        if self.is_large:
            entry["lfs"] = {"oid": self.sha256, "size": len(self.content), "pointerSize": len(self.pointer)}
        return entry


@dataclass
class Commit:
    """All files after a change."""

    files: dict[str, StoredFile]
    title: str
    parent: str | None
    date: str = field(default_factory=lambda: datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z"))


class Repository:
    """A model, data set or space, born with one commit on `main`."""

    def __init__(self, kind: str, name: str, private: bool = False):
        self.kind, self.name, self.private = kind, name, private
        self.commits: dict[str, Commit] = {}
        self.branches: dict[str, str] = {}
        self.tags: dict[str, str] = {}
        self.commit("main", {".gitattributes": StoredFile(b"*.safetensors filter=lfs\n", False)}, "initial commit")

    def commit(self, branch: str, files: dict[str, StoredFile], title: str) -> str:
        """Put a commit on a branch, and return its id."""
        sha = secrets.token_hex(20)
        self.commits[sha] = Commit(files, title, self.branches.get(branch))
        self.branches[branch] = sha
        return sha

    def resolve(self, revision: str | None) -> str:
        """Find the commit that a branch, a tag or an id names."""
        name = re.sub(r"^refs/heads/", "", revision or "main")
        sha = self.branches.get(name) or self.tags.get(name) or (name if name in self.commits else None)
        if sha is None:
            raise HubError(404, "RevisionNotFound", f"Invalid rev id: {name}")
        return sha

    def files(self, revision: str | None = None) -> dict[str, StoredFile]:
        """The files of a revision."""
        return self.commits[self.resolve(revision)].files

    def described(self, revision: str | None) -> dict[str, Any]:
        """What the Hub tells about a repository."""
        sha = self.resolve(revision)
        commit = self.commits[sha]
        told = {
            "id": self.name,
            "sha": sha,
            "private": self.private,
            "gated": False,
            "disabled": False,
            "lastModified": commit.date,
            "createdAt": commit.date,
            "tags": [],
            "downloads": 0,
            "siblings": [
                {"rfilename": path, "size": len(file.content), "blobId": file.git_id}
                for path, file in sorted(commit.files.items())
            ],
        }
        card = self.card_data(commit.files)
        if card:
            told |= {"cardData": card, "tags": card.get("tags") or []}
        return told | (self._model_facts(commit.files, card) if self.kind == "model" else {})

    @staticmethod
    def card_data(files: dict[str, StoredFile]) -> dict[str, Any]:
        """The metadata at the head of the card."""
        if "README.md" not in files:
            return {}
        head = re.match(r"---\r?\n(.*?)\r?\n---", files["README.md"].content.decode(), re.DOTALL)
        return json.loads(json.dumps(yaml.safe_load(head.group(1)), default=str)) if head else {}

    @staticmethod
    def _model_facts(files: dict[str, StoredFile], card: dict[str, Any]) -> dict[str, Any]:
        config = json.loads(files["config.json"].content) if "config.json" in files else {}
        architectures = config.get("architectures") or []
        tasks = [task for ending, task in TASKS.items() if any(name.endswith(ending) for name in architectures)]
        return {
            "pipeline_tag": card.get("pipeline_tag") or next(iter(tasks), None),
            "library_name": card.get("library_name") or ("transformers" if architectures else None),
            "config": {name: config[name] for name in ("architectures", "model_type", "auto_map") if name in config},
        }
