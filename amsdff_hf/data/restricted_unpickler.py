# Copyright 2026 The amsdff_hf authors. Licensed under the Apache License, Version 2.0.
"""Reading pickles of arrays without running anything that somebody put into them.

Not even numpy's own classes are handed out: called with bytes of an attacker's choice, `numpy.ndarray` and the state
of `numpy.dtype` read memory that is not theirs. What stands in for them here takes plain numbers, texts and lists.
"""

import os
import pickle
import re
from typing import Any

import numpy as np


_PLAIN_DTYPE = re.compile(r"[biufcSU]\d+|O8?|\?")
_ARRAY_TYPE = object()


class _Dtype:
    """Stands in for `numpy.dtype`: a kind and a width, a byte order, and nothing else."""

    def __init__(self, code: str, *_: Any):
        if not isinstance(code, str) or not _PLAIN_DTYPE.fullmatch(code):
            raise pickle.UnpicklingError(f"it asks for the dtype {code!r}")
        self.resolved = np.dtype(code)

    def __setstate__(self, state: tuple) -> None:
        _, order, *structure = state
        if order not in ("<", ">", "|", "=") or structure[:3] != [None] * 3:
            raise pickle.UnpicklingError("it asks for a dtype with parts")
        self.resolved = self.resolved.newbyteorder(order)


class _Array(np.ndarray):
    """An array whose state is checked before numpy sees it."""

    def __setstate__(self, state: tuple) -> None:
        _, shape, dtype, is_fortran, values = state
        dtype = _resolved(dtype)
        if isinstance(values, list) != (dtype.kind == "O"):
            raise pickle.UnpicklingError(f"it asks for an array of {dtype} from a {type(values).__name__}")
        super().__setstate__((1, shape, dtype, bool(is_fortran), values))


def _resolved(dtype: Any) -> np.dtype:
    if not isinstance(dtype, _Dtype):
        raise pickle.UnpicklingError(f"it asks for an array of {dtype!r}")
    return dtype.resolved


def _new_array(kind: Any, *_: Any) -> _Array:
    if kind is not _ARRAY_TYPE:
        raise pickle.UnpicklingError(f"it asks for an array of the type {kind!r}")
    return np.ndarray.__new__(_Array, (0,), "b")


def _from_bytes(values: Any, dtype: Any, shape: Any, order: str) -> np.ndarray:
    return np.frombuffer(values, dtype=_resolved(dtype)).reshape(shape, order=order)


def _scalar(dtype: Any, values: bytes) -> np.generic:
    return np.frombuffer(values, dtype=_resolved(dtype))[0]


# Under the names of numpy 1 and 2 and of Python 2 and 3.
_STAND_INS = {
    ("numpy", "dtype"): _Dtype,
    ("numpy", "ndarray"): _ARRAY_TYPE,
    **{(f"numpy.{core}.multiarray", "_reconstruct"): _new_array for core in ("core", "_core")},
    **{(f"numpy.{core}.multiarray", "scalar"): _scalar for core in ("core", "_core")},
    **{(f"numpy.{core}.numeric", "_frombuffer"): _from_bytes for core in ("core", "_core")},
}
_ADMITTED = {
    ("_codecs", "encode"),
    *(
        (module, name)
        for module in ("builtins", "__builtin__")
        for name in ("bytearray", "complex", "frozenset", "set", "slice")
    ),
}


class _RestrictedUnpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        """Give a stand-in or a harmless builtin; anything else is refused by its name."""
        if (module, name) in _STAND_INS:
            return _STAND_INS[module, name]
        if (module, name) in _ADMITTED:
            return super().find_class(module, name)
        raise pickle.UnpicklingError(f"it asks for {module}.{name}")

    def persistent_load(self, pid: Any) -> Any:
        """Refuse objects that are kept outside of the file."""
        raise pickle.UnpicklingError("it asks for an object from outside of the file")


def load_arrays(path: str | os.PathLike) -> Any:
    """Read a pickle that holds numpy arrays of numbers and texts, and plain Python values.

    Args:
        path: the file.

    Returns:
        What was pickled.

    Raises:
        FileNotFoundError: if there is no such file.
        ValueError: if the file asks for anything else, so that it could run code, or is no pickle.
    """
    path = os.fspath(path)
    if not os.path.isfile(path):
        raise FileNotFoundError(f"There is no file {path!r} (looked in {os.getcwd()}).")
    with open(path, "rb") as file:
        try:
            return _RestrictedUnpickler(file).load()
        # A broken file can make the unpickler raise anything.
        except Exception as error:
            raise ValueError(
                f"{path!r} is refused: only numpy arrays, numbers, texts, lists and dictionaries may stand in a file "
                f"opened here, but {error or type(error).__name__}. Pickles can run any code when they are opened by "
                "other means."
            ) from error
