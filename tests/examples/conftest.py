import pytest

from tests.conftest import ROOT


@pytest.fixture(autouse=True)
def examples_import_each_other(monkeypatch):
    """Put their folder on the path, as the interpreter does for a script that it starts."""
    monkeypatch.syspath_prepend(str(ROOT / "examples"))
