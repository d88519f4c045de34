"""The two servers of the loopback Hub: its API, and the storage of large files on an origin of its own."""

import json
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from .repositories import HubError, Repository


@dataclass(frozen=True)
class Answer:
    """What goes back to the client."""

    status: int = 200
    body: Any = b""
    headers: dict[str, str] | None = None


@dataclass(frozen=True)
class LoggedRequest:
    """What a test can look up afterwards; sizes in bytes."""

    method: str
    path: str
    status: int
    received: int
    sent: int


ROUTES: list[tuple[tuple[str, ...], re.Pattern, Callable]] = []


def route(methods: str, pattern: str) -> Callable:
    """Register a function for all requests with one of these methods whose path matches."""
    for name, meaning in {
        "{kind}": r"(?P<kind>models|datasets|spaces)",
        "{folder}": r"(?:(?P<kind>datasets|spaces)/)?",
        "{name}": r"(?P<name>[^/]+/[^/]+)",
        "{revision}": r"(?P<revision>[^/]+)",
    }.items():
        pattern = pattern.replace(name, meaning)

    def register(function: Callable) -> Callable:
        ROUTES.append((tuple(methods.split()), re.compile(pattern), function))
        return function

    return register


class Handler(BaseHTTPRequestHandler):
    """One request: reads it, finds its route, sends the answer, logs both."""

    protocol_version = "HTTP/1.1"
    hub: "LoopbackHub"

    def handle_any(self) -> None:
        url = urlsplit(self.path)
        self.query = {key: values[-1] for key, values in parse_qs(url.query, keep_blank_values=True).items()}
        self.raw = self._read_body()
        authorization = self.headers.get("Authorization", "")
        self.is_known = authorization == f"Bearer {self.hub.token}"
        try:
            if authorization and self.server is self.hub.storage:
                raise HubError(400, None, "the token was sent to the storage of files")
            if authorization and not self.is_known:
                raise HubError(401, None, "Invalid user token.")
            answer = self._answer(url.path)
        except HubError as error:
            headers = {"X-Error-Message": error.message}
            if error.code:
                headers["X-Error-Code"] = error.code
            if error.code == "EntryNotFound":
                # The client remembers by it that this commit has no such file, for its offline mode.
                headers["X-Repo-Commit"] = self.commit
            answer = Answer(error.status, {"error": error.message}, headers)
        body = answer.body if isinstance(answer.body, bytes) else json.dumps(answer.body).encode()
        logged = LoggedRequest(self.command, url.path, answer.status, len(self.raw), len(body))
        self.hub.requests.append(logged)
        self.send_response(answer.status)
        for name, value in {"Content-Length": str(len(body)), **(answer.headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = handle_any

    def log_message(self, *arguments: Any) -> None:
        """Nothing on the terminal: `LoopbackHub.requests` is the log."""

    def _answer(self, path: str) -> Answer:
        for pattern, times in self.hub.failures.items():
            if times > 0 and re.search(pattern, f"{self.command} {path}"):
                self.hub.failures[pattern] -= 1
                raise HubError(503, None, "the server is down")
        for methods, pattern, function in ROUTES:
            match = pattern.fullmatch(path)
            if match and self.command in methods:
                found = {name: value and unquote(value) for name, value in match.groupdict().items()}
                with self.hub.lock:
                    answer = function(self, **found)
                return answer if isinstance(answer, Answer) else Answer(body=answer)
        raise HubError(404, None, f"no route for {self.command} {path}")

    def _read_body(self) -> bytes:
        if "chunked" not in self.headers.get("Transfer-Encoding", ""):
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        chunks = []
        while size := int(self.rfile.readline(), 16):
            chunks.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(chunks)

    @property
    def body(self) -> dict[str, Any]:
        """The request as JSON."""
        return json.loads(self.raw or b"{}")

    @property
    def origin(self) -> str:
        """Where the client found this server."""
        return f"http://{self.headers['Host']}"

    def expect_writer(self, name: str | None = None) -> None:
        """Refuse whoever has no token, or writes under another's name; everybody may propose a pull request."""
        if not self.is_known:
            raise HubError(401, None, "Invalid username or password.")
        is_proposal = self.query.get("create_pr") == "1" or self.path.endswith("/objects/batch")
        if name is not None and not is_proposal and name.split("/")[0] not in (self.hub.user, *self.hub.organizations):
            raise HubError(403, None, f"You don't have the rights to create a model under the namespace {name!r}.")


class LoopbackHub:
    """A Hub for tests: `with LoopbackHub() as hub`, and `hub.environment(home)` for the processes that shall use it.

    Args:
        user: who owns the token.
        organizations: where that user may write too.
    """

    def __init__(self, user: str = "tester", organizations: tuple[str, ...] = ("org",)):
        self.user, self.organizations, self.token = user, organizations, "hf_loopback"
        self.repositories: dict[tuple[str, str], Repository] = {}
        self.large_files: dict[str, bytes] = {}
        self.requests: list[LoggedRequest] = []
        # How often requests that match shall find the server down, by a pattern of "METHOD /path".
        self.failures: dict[str, int] = {}
        self.lock = threading.RLock()
        handler = type("BoundHandler", (Handler,), {"hub": self})
        # As on the real Hub, large files come from another origin, which must never see the token.
        self.api, self.storage = (ThreadingHTTPServer(("127.0.0.1", 0), handler) for _ in range(2))
        self.endpoint = f"http://127.0.0.1:{self.api.server_address[1]}"
        # Before huggingface_hub 2, the client tells origins apart by their host alone.
        self.storage_endpoint = f"http://localhost:{self.storage.server_address[1]}"

    def __enter__(self) -> "LoopbackHub":
        for server in (self.api, self.storage):
            server.daemon_threads = True
            threading.Thread(target=server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *exception: object) -> None:
        for server in (self.api, self.storage):
            server.shutdown()
            server.server_close()

    def environment(self, home: str | Path) -> dict[str, str]:
        """Environment of a process that shall use this Hub; the client reads it at import."""
        return {
            "HF_ENDPOINT": self.endpoint,
            "HF_TOKEN": self.token,
            "HF_HOME": str(home),
            "HF_HUB_OFFLINE": "0",
            # Where Xet is installed, the client would ask for its servers.
            "HF_HUB_DISABLE_XET": "1",
            "HF_HUB_DISABLE_TELEMETRY": "1",
            "HF_HUB_DISABLE_UPDATE_CHECK": "1",
            "NO_PROXY": "127.0.0.1,localhost",
        }

    def repository(self, name: str, kind: str = "model") -> Repository:
        """A repository, for a test to look into."""
        return self.repositories[kind, name]
