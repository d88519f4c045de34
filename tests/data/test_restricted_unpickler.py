import os
import pickle

import numpy as np
import pytest

from amsdff_hf.data.restricted_unpickler import load_arrays


class Attack:
    """Runs a command when it is unpickled by ordinary means."""

    def __init__(self, function, *arguments):
        self.call = function, arguments

    def __reduce__(self):
        return self.call


@pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
def test_arrays_and_plain_values_come_back(tmp_path, protocol):
    stored = {
        "array": np.arange(6, dtype=np.float32).reshape(2, 3),
        "order": np.asfortranarray(np.arange(6).reshape(2, 3)),
        "texts": np.array(["a", "bc"]),
        "objects": np.array(["a", None], dtype=object),
        "number": np.float64(0.5),
        "plain": [1, 2.5, "text", b"bytes", None, True, {"a": (1, 2)}, {3}, 1 + 2j],
    }
    (tmp_path / "x.pkl").write_bytes(pickle.dumps(stored, protocol=protocol))
    loaded = load_arrays(tmp_path / "x.pkl")
    assert loaded.keys() == stored.keys()
    for name in ("array", "order", "texts", "objects"):
        assert loaded[name].dtype == stored[name].dtype
        assert (loaded[name] == stored[name]).all()
    assert loaded["plain"] == stored["plain"]
    assert loaded["number"] == 0.5


def touched(tmp_path):
    return f"touch {tmp_path / 'attacked'}"


@pytest.mark.parametrize(
    ("attack", "name"),
    [
        (lambda path: Attack(os.system, touched(path)), "system"),
        (lambda path: Attack(eval, "1 + 1"), "builtins.eval"),
        (lambda path: Attack(exec, "import os"), "builtins.exec"),
        (lambda path: Attack(getattr, "text", "upper"), "builtins.getattr"),
        (lambda path: Attack(__import__, "os"), "builtins.__import__"),
        (lambda path: Attack(open, str(path / "attacked"), "w"), "open"),
        (lambda path: Attack(np.load, "x.npy"), "numpy"),
        (lambda path: {"train": [Attack(os.system, touched(path))]}, "system"),
    ],
)
def test_whatever_could_run_code_is_refused_unread(tmp_path, attack, name):
    (tmp_path / "x.pkl").write_bytes(pickle.dumps(attack(tmp_path)))
    with pytest.raises(ValueError, match=f"is refused: only numpy arrays.*it asks for .*{name}"):
        load_arrays(tmp_path / "x.pkl")
    assert not (tmp_path / "attacked").exists()


@pytest.mark.parametrize("content", [b"", b"no pickle", pickle.dumps([1, 2])[:-2], b"cos\nsystem\n(S'id'\ntR."])
def test_broken_files_are_refused(tmp_path, content):
    (tmp_path / "x.pkl").write_bytes(content)
    with pytest.raises(ValueError, match="is refused"):
        load_arrays(tmp_path / "x.pkl")
    with pytest.raises(FileNotFoundError, match="There is no file"):
        load_arrays(tmp_path / "none.pkl")
