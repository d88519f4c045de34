"""A Hub on the loopback interface, and processes that use it."""

import os
import subprocess
import sys

import pytest

from tests.conftest import ROOT
from tests.loopback_hub import LoopbackHub


@pytest.fixture(scope="module")
def hub():
    with LoopbackHub() as running:
        yield running


@pytest.fixture(scope="module")
def hub_home(tmp_path_factory):
    """The cache of the processes that use the Hub."""
    return tmp_path_factory.mktemp("hub_home")


@pytest.fixture(scope="module")
def on_hub(hub, hub_home):
    """Run Python in a process of its own, since the client reads the environment when it is imported."""

    def run(*command: object, check: bool = True, **environment: str) -> subprocess.CompletedProcess:
        done = subprocess.run(
            [sys.executable, *map(str, command)],
            capture_output=True,
            text=True,
            cwd=hub_home,
            env={**os.environ, **hub.environment(hub_home), "PYTHONPATH": str(ROOT), **environment},
            timeout=240,
        )
        assert not check or done.returncode == 0, done.stderr[-3000:]
        return done

    return run
