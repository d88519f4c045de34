import os
import pickle
import random

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
        "bytes": np.array([b"a", b"bc"]),
        "flags": np.array([True, False]),
        "big-endian": np.arange(3, dtype=">i4"),
        "objects": np.array(["a", None], dtype=object),
        "number": np.float64(0.5),
        "plain": [1, 2.5, "text", b"bytes", None, True, {"a": (1, 2)}, {3}, 1 + 2j],
    }
    (tmp_path / "x.pkl").write_bytes(pickle.dumps(stored, protocol=protocol))
    loaded = load_arrays(tmp_path / "x.pkl")
    assert loaded.keys() == stored.keys()
    for name in ("array", "order", "texts", "objects", "bytes", "flags", "big-endian"):
        # numpy turns the bytes of another order around, under some protocols.
        assert loaded[name].dtype.newbyteorder("=") == stored[name].dtype.newbyteorder("=")
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
        (lambda path: Attack(np.memmap, str(path / "attacked")), "memmap"),
        (lambda path: {"train": [Attack(os.system, touched(path))]}, "system"),
    ],
)
def test_whatever_could_run_code_is_refused_unread(tmp_path, attack, name):
    (tmp_path / "x.pkl").write_bytes(pickle.dumps(attack(tmp_path)))
    with pytest.raises(ValueError, match=f"is refused: only numpy arrays.*it asks for .*{name}"):
        load_arrays(tmp_path / "x.pkl")
    assert not (tmp_path / "attacked").exists()


class StateAttack:
    """Rebuilds something of numpy and then gives it a state of an attacker's choice."""

    def __init__(self, function, arguments, state):
        self.reduced = function, arguments, state

    def __reduce__(self):
        return self.reduced


@pytest.mark.parametrize(
    "attack",
    [
        # Each of these makes numpy read eight bytes as the address of an object.
        lambda: Attack(np.ndarray, (1,), "O", b"A" * 8),
        lambda: Attack(np.frombuffer, b"A" * 8, "O"),
        lambda: StateAttack(np.dtype, ("V8", False, True), (3, "|", None, ("a",), {"a": ("O", 0)}, 8, 1, 0)),
        lambda: StateAttack(
            np._core.multiarray._reconstruct, (np.ndarray, (0,), b"b"), (1, (1,), np.dtype("O"), False, b"A" * 8)
        ),
        lambda: Attack(np._core.multiarray.scalar, np.dtype("O"), b"A" * 8),
        lambda: Attack(np._core.numeric._frombuffer, b"A" * 8, np.dtype("O"), (1,), "C"),
    ],
)
def test_bytes_never_become_addresses(tmp_path, attack):
    (tmp_path / "x.pkl").write_bytes(pickle.dumps({"train": attack()}))
    with pytest.raises(ValueError, match="is refused"):
        load_arrays(tmp_path / "x.pkl")


def test_no_mutation_of_a_fine_file_does_more_than_being_refused(tmp_path):
    content = pickle.dumps({"a": np.arange(4.0), "b": np.array(["x", None], dtype=object), "c": ["text", 1, {2}]})
    generator, num_refused = random.Random(0), 0
    for _ in range(300):
        mutated = bytearray(content)
        for _ in range(generator.randint(1, 4)):
            mutated[generator.randrange(len(mutated))] = generator.randrange(256)
        (tmp_path / "x.pkl").write_bytes(mutated)
        try:
            loaded = load_arrays(tmp_path / "x.pkl")
        except ValueError:
            num_refused += 1
        else:
            # What a pickle of plain values can hold at most, whatever was changed in it.
            plain = (dict, list, tuple, set, frozenset, str, bytes, bytearray, int, float, complex, type(None))
            assert isinstance(loaded, (*plain, np.ndarray, np.generic))
    assert 0 < num_refused < 300


@pytest.mark.parametrize("content", [b"", b"no pickle", pickle.dumps([1, 2])[:-2], b"cos\nsystem\n(S'id'\ntR."])
def test_broken_files_are_refused(tmp_path, content):
    (tmp_path / "x.pkl").write_bytes(content)
    with pytest.raises(ValueError, match="is refused"):
        load_arrays(tmp_path / "x.pkl")
    with pytest.raises(FileNotFoundError, match="There is no file"):
        load_arrays(tmp_path / "none.pkl")
