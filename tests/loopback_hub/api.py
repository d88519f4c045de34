"""What the loopback Hub answers: the part of the real one's API that this package's users reach."""

import base64
import hashlib
import json
import re
from typing import Any
from urllib.parse import parse_qs

import yaml

from .repositories import KINDS, HubError, Repository, StoredFile
from .server import Answer, Handler, route


LARGE_ENDINGS = (".arrow", ".bin", ".h5", ".onnx", ".parquet", ".pkl", ".pt", ".pth", ".safetensors", ".zip")


def find(handler: Handler, kind: str | None, name: str) -> Repository:
    """Find a repository; a private one is as good as missing for strangers."""
    repository = handler.hub.repositories.get((KINDS.get(kind, "model"), name))
    if repository is None or (repository.private and not handler.is_known):
        raise HubError(404 if handler.is_known else 401, "RepoNotFound", "Repository not found")
    return repository


@route("GET", "/api/whoami-v2")
def who_am_i(handler: Handler) -> dict[str, Any]:
    handler.expect_writer()
    hub = handler.hub
    return {
        "type": "user",
        "name": hub.user,
        "fullname": hub.user,
        "email": f"{hub.user}@example.org",
        "orgs": [{"type": "org", "name": name, "roleInOrg": "write"} for name in hub.organizations],
        "auth": {"type": "access_token", "accessToken": {"displayName": "test", "role": "write"}},
    }


@route("POST", "/api/validate-yaml")
def validate_metadata(handler: Handler) -> Answer:
    head = re.match(r"---\r?\n(.*?)\r?\n---", handler.body["content"], re.DOTALL)
    errors = []
    try:
        metadata = yaml.safe_load(head.group(1)) if head else {}
        for name in ("license", "pipeline_tag", "base_model_relation"):
            if not isinstance(metadata.get(name, ""), str):
                errors.append({"message": f'"{name}" must be a string'})
    except yaml.YAMLError as error:
        errors.append({"message": str(error)})
    return Answer(400 if errors else 200, {"errors": errors, "warnings": []})


@route("HEAD GET", "/api/telemetry/.*")
def telemetry(handler: Handler) -> bytes:
    return b""


@route("GET", "/api/agent-harnesses")
def agent_harnesses(handler: Handler) -> dict[str, Any]:
    return {"harnesses": []}


@route("POST", "/api/repos/create")
def create(handler: Handler) -> Answer:
    wanted = handler.body
    kind, name = wanted.get("type") or "model", f"{wanted.get('organization') or handler.hub.user}/{wanted['name']}"
    handler.expect_writer(name)
    told = {"url": f"{handler.origin}/{'' if kind == 'model' else kind + 's/'}{name}", "name": name, "id": name}
    if (kind, name) in handler.hub.repositories:
        return Answer(409, {"error": f"You already created this {kind} repo", **told})
    is_private = wanted.get("visibility") == "private" or bool(wanted.get("private"))
    handler.hub.repositories[kind, name] = Repository(kind, name, is_private)
    return Answer(200, told)


@route("GET", "/api/{kind}/{name}(?:/revision/(?P<revision>[^/]+))?")
def describe(handler: Handler, kind: str, name: str, revision: str | None) -> dict[str, Any]:
    return find(handler, kind, name).described(revision)


@route("GET", "/api/{kind}/{name}/discussions")
def discussions(handler: Handler, kind: str, name: str) -> dict[str, Any]:
    find(handler, kind, name)
    return {"discussions": [], "count": 0, "start": 0}


@route("GET", "/api/{kind}/{name}/refs")
def references(handler: Handler, kind: str, name: str) -> dict[str, Any]:
    repository = find(handler, kind, name)

    def listed(prefix: str, found: dict[str, str]) -> list[dict[str, str]]:
        return [{"name": key, "ref": f"{prefix}{key}", "targetCommit": sha} for key, sha in found.items()]

    requests = {key: sha for key, sha in repository.branches.items() if key.startswith("refs/pr/")}
    branches = {key: sha for key, sha in repository.branches.items() if key not in requests}
    return {
        "branches": listed("refs/heads/", branches),
        "tags": listed("refs/tags/", repository.tags),
        "converts": [],
        "pullRequests": listed("", requests),
    }


@route("GET", "/api/{kind}/{name}/commits/{revision}")
def commits(handler: Handler, kind: str, name: str, revision: str) -> list[dict[str, Any]]:
    repository = find(handler, kind, name)
    sha, told = repository.resolve(revision), []
    while sha is not None:
        commit = repository.commits[sha]
        author = {"user": handler.hub.user}
        told.append({"id": sha, "title": commit.title, "message": "", "date": commit.date, "authors": [author]})
        sha = commit.parent
    return told


@route("POST", "/api/{kind}/{name}/branch/(?P<branch>[^/]+)")
def create_branch(handler: Handler, kind: str, name: str, branch: str) -> dict[str, Any]:
    handler.expect_writer(name)
    repository = find(handler, kind, name)
    if branch in repository.branches:
        raise HubError(409, None, "Reference already exists")
    repository.branches[branch] = repository.resolve(handler.body.get("startingPoint"))
    return {}


@route("POST", "/api/{kind}/{name}/tag/{revision}")
def create_tag(handler: Handler, kind: str, name: str, revision: str) -> dict[str, Any]:
    handler.expect_writer(name)
    repository = find(handler, kind, name)
    repository.tags[handler.body["tag"]] = repository.resolve(revision)
    return {}


@route("GET", "/api/{kind}/{name}/tree/{revision}(?:/(?P<folder>.*))?")
def tree(handler: Handler, kind: str, name: str, revision: str, folder: str | None) -> list[dict[str, Any]]:
    repository = find(handler, kind, name)
    handler.commit = repository.resolve(revision)
    prefix = f"{folder.strip('/')}/" if folder else ""
    found = [file.listed(path) for path, file in repository.files(revision).items() if path.startswith(prefix)]
    if prefix and not found:
        raise HubError(404, "EntryNotFound", f"{folder} does not exist on {revision!r}")
    if handler.query.get("recursive", "").lower() in ("true", "1"):
        return found
    here = [entry for entry in found if "/" not in entry["path"].removeprefix(prefix)]
    below = {prefix + entry["path"].removeprefix(prefix).split("/")[0] for entry in found if entry not in here}
    return here + [{"type": "directory", "path": path, "size": 0, "oid": "0" * 40} for path in sorted(below)]


@route("POST", "/api/{kind}/{name}/paths-info/{revision}")
def paths_info(handler: Handler, kind: str, name: str, revision: str) -> list[dict[str, Any]]:
    files = find(handler, kind, name).files(revision)
    is_json = "json" in handler.headers.get("Content-Type", "")
    wanted = handler.body["paths"] if is_json else parse_qs(handler.raw.decode()).get("paths", [])
    return [files[path].listed(path) for path in wanted if path in files]


@route("GET HEAD", "/{folder}{name}/resolve/{revision}/(?P<path>.+)")
def download(handler: Handler, kind: str | None, name: str, revision: str, path: str) -> Answer:
    repository = find(handler, kind, name)
    handler.commit = repository.resolve(revision)
    file = repository.files(revision).get(path)
    if file is None:
        raise HubError(404, "EntryNotFound", "Entry not found")
    headers = {"X-Repo-Commit": handler.commit, "ETag": f'"{file.etag}"'}
    if not file.is_large:
        return ranged(handler, file.content, headers)
    headers["X-Linked-Size"], headers["X-Linked-ETag"] = str(len(file.content)), f'"{file.etag}"'
    return Answer(302, b"", {**headers, "Location": f"{handler.hub.storage_endpoint}/large/{file.sha256}"})


def ranged(handler: Handler, content: bytes, headers: dict[str, str]) -> Answer:
    """Send a file or the part of it that was asked for."""
    match = re.fullmatch(r"bytes=(\d+)-(\d*)", handler.headers.get("Range", ""))
    if match is None:
        # An answer to HEAD has the length of the file, but not the file.
        return Answer(200, content, headers)
    start, stop = int(match[1]), int(match[2] or len(content) - 1) + 1
    headers["Content-Range"] = f"bytes {start}-{min(stop, len(content)) - 1}/{len(content)}"
    return Answer(206, content[start:stop], headers)


@route("POST", "/api/{kind}/{name}/preupload/{revision}")
def preupload(handler: Handler, kind: str, name: str, revision: str) -> dict[str, Any]:
    handler.expect_writer(name)
    stored = find(handler, kind, name).files(revision)
    told = []
    for wanted in handler.body["files"]:
        path = wanted["path"]
        is_large = path.endswith(LARGE_ENDINGS) or wanted["size"] > 10_000_000
        known = stored[path].etag if path in stored else None
        mode = "lfs" if is_large else "regular"
        told.append({"path": path, "uploadMode": mode, "shouldIgnore": False, "oid": known})
    return {"files": told}


@route("POST", r"/{folder}(?P<name>[^/]+/[^/]+)\.git/info/lfs/objects/batch")
def plan_large_uploads(handler: Handler, kind: str | None, name: str) -> dict[str, Any]:
    handler.expect_writer(name)
    find(handler, kind, name)
    told = []
    for wanted in handler.body["objects"]:
        entry = {"oid": wanted["oid"], "size": wanted["size"]}
        if wanted["oid"] not in handler.hub.large_files:
            upload = {"href": f"{handler.hub.storage_endpoint}/large/{wanted['oid']}", "header": {}}
            verify = {"href": f"{handler.origin}/large/verify", "header": {}}
            entry["actions"] = {"upload": upload, "verify": verify}
        told.append(entry)
    return {"transfer": "basic", "objects": told}


@route("POST", "/large/verify")
def verify_large_file(handler: Handler) -> dict[str, Any]:
    if len(handler.hub.large_files.get(handler.body["oid"], b"")) != handler.body["size"]:
        raise HubError(404, None, "the file did not arrive")
    return {}


@route("GET HEAD PUT", "/large/(?P<sha256>[0-9a-f]{64})")
def large_file(handler: Handler, sha256: str) -> Answer:
    if handler.command == "PUT":
        if hashlib.sha256(handler.raw).hexdigest() != sha256:
            raise HubError(400, None, "the file is another than announced")
        handler.hub.large_files[sha256] = handler.raw
        return Answer()
    if sha256 not in handler.hub.large_files:
        raise HubError(404, None, "no such file")
    return ranged(handler, handler.hub.large_files[sha256], {"ETag": f'"{sha256}"'})


@route("POST", "/api/{kind}/{name}/commit/{revision}")
def commit(handler: Handler, kind: str, name: str, revision: str) -> dict[str, Any]:
    handler.expect_writer(name)
    repository = find(handler, kind, name)
    files, header = dict(repository.files(revision)), {}
    for line in handler.raw.splitlines():
        operation = json.loads(line)
        value = operation["value"]
        if operation["key"] == "header":
            header = value
        elif operation["key"] == "file":
            files[value["path"]] = StoredFile(base64.b64decode(value["content"]), is_large=False)
        elif operation["key"] == "lfsFile":
            files[value["path"]] = StoredFile(handler.hub.large_files[value["oid"]], is_large=True)
        elif operation["key"] == "deletedFile":
            del files[value["path"]]
        else:
            raise HubError(400, None, f"unknown operation {operation['key']!r}")
    if header.get("parentCommit", repository.resolve(revision)) != repository.resolve(revision):
        raise HubError(412, None, "A commit has happened since. Please refresh and try again.")
    branch, told = revision, {}
    if handler.query.get("create_pr") == "1":
        number = 1 + sum(key.startswith("refs/pr/") for key in repository.branches)
        branch = f"refs/pr/{number}"
        repository.branches[branch] = repository.resolve(revision)
        told["pullRequestUrl"] = f"{handler.origin}/{name}/discussions/{number}"
    elif branch not in repository.branches:
        raise HubError(400, None, "can only commit to a branch")
    sha = repository.commit(branch, files, header.get("summary", ""))
    return {"success": True, "commitOid": sha, "commitUrl": f"{handler.origin}/{name}/commit/{sha}", **told}
