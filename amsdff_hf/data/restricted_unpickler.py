# Copyright 2026 The amsdff_hf authors. Licensed under the Apache License, Version 2.0.
"""Reading pickles of arrays without running anything that somebody put into them."""

import os
import pickle
from typing import Any


# All that numpy's arrays, numbers and dtypes need, under the names of numpy 1 and 2.
_ADMITTED = {
    ("numpy", "dtype"),
    ("numpy", "ndarray"),
    ("numpy._core.multiarray", "_reconstruct"),
    ("numpy._core.multiarray", "scalar"),
    ("numpy._core.numeric", "_frombuffer"),
    ("numpy.core.multiarray", "_reconstruct"),
    ("numpy.core.multiarray", "scalar"),
    ("numpy.core.numeric", "_frombuffer"),
    ("_codecs", "encode"),
    # Under their names of Python 2 too, which old protocols keep.
    *(
        (module, name)
        for module in ("builtins", "__builtin__")
        for name in ("bytearray", "complex", "frozenset", "set", "slice")
    ),
}


class _RestrictedUnpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        if (module, name) in _ADMITTED:
            return super().find_class(module, name)
        raise pickle.UnpicklingError(f"it asks for {module}.{name}")

    def persistent_load(self, pid: Any) -> Any:
        raise pickle.UnpicklingError("it asks for an object from outside of the file")


def load_arrays(path: str | os.PathLike) -> Any:
    """Read a pickle that holds numpy arrays and plain Python values only.

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
        except (pickle.UnpicklingError, EOFError, AttributeError, IndexError, KeyError, TypeError) as error:
            raise ValueError(
                f"{path!r} is refused: only numpy arrays, numbers, texts, lists and dictionaries may stand in a file "
                f"opened here, but {error}. Pickles can run any code when they are opened by other means."
            ) from error
