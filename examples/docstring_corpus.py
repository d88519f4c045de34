# Copyright 2026 The amsdff_hf authors. Licensed under the Apache License, Version 2.0.
"""Real English text that every machine has: the docstrings of installed scientific libraries.

The task is to tell from a docstring's prose which library it documents. To keep it honest,

- docstrings are read from the source files, so that none is inherited;
- only the prose before the first section counts: parameter lists and examples betray the house style;
- the names and aliases of the libraries are removed;
- texts that occur twice, in one library or in two, are dropped;
- a module is either in the training data or in the test data, so that neighbors never straddle the split;
- every library has the same number of texts.
"""

import ast
import hashlib
import importlib.util
import inspect
import re
from pathlib import Path

from datasets import ClassLabel, Dataset, DatasetDict, Features, Value
from tqdm.auto import tqdm


LIBRARIES = {
    "matplotlib": ("matplotlib", "pyplot", "plt", "mpl"),
    "networkx": ("networkx", "nx"),
    "numpy": ("numpy", "np", "ndarray"),
    "pandas": ("pandas", "pd"),
    "scikit-learn": ("sklearn", "scikit-learn", "scikit"),
    "scipy": ("scipy",),
    "sympy": ("sympy",),
    "torch": ("torch", "pytorch", "aten"),
}
SHORTEST, LONGEST = 8, 60  # words
TEST_SHARE = 0.3

_ANY_NAME = "|".join(re.escape(name) for names in LIBRARIES.values() for name in names)
_NAMES = re.compile(rf"(?<![a-z])(?:{_ANY_NAME})(?![a-z])\.?", re.IGNORECASE)
_SECTION = re.compile(
    r"\n\s*(?:[A-Z][\w ]*\n\s*[-=~]{3,}"
    r"|(?:Args|Arguments|Parameters|Returns|Raises|Examples?|Yields|Note|Warning)s?::?\s*\n"
    r"|:(?:param|returns?|type)\b|>>>|\.\. )"
)
_MARKUP = re.compile(r":[a-z:]+:(?=`)|[`*|~]+|\$[^$]*\$|\bhttps?://\S+")


def read_corpus(train_per_library: int, test_per_library: int, seed: int = 0) -> DatasetDict:
    """Read the docstrings of the installed libraries.

    Args:
        train_per_library: training texts of each library.
        test_per_library: test texts of each library.
        seed: decides which modules are test modules, and which texts are taken.

    Returns:
        `train` and `test` with the columns `text`, `label` and `module`.

    Raises:
        ValueError: if a library is not installed or has too few texts.
    """
    found = {library: _read_library(library, names[0]) for library, names in LIBRARIES.items()}
    repeated = _repeated_texts(found)
    rows = {"train": [], "test": []}
    for library, texts in found.items():
        fresh = [(text, module) for text, module in texts if text.lower() not in repeated]
        fresh.sort(key=lambda row: _number(seed, row[0]))
        for split, count in (("train", train_per_library), ("test", test_per_library)):
            own = [row for row in fresh if (_number(seed, row[1]) < TEST_SHARE) == (split == "test")]
            if len(own) < count:
                raise ValueError(f"{library} has only {len(own)} {split} texts, {count} are wanted.")
            rows[split] += [{"text": text, "label": library, "module": module} for text, module in own[:count]]
    features = Features(
        {"text": Value("string"), "label": ClassLabel(names=list(LIBRARIES)), "module": Value("string")}
    )
    return DatasetDict(
        {split: Dataset.from_list(part, features=features).shuffle(seed=seed) for split, part in rows.items()}
    )


def prose(docstring: str) -> str:
    r"""Return the prose of a docstring before its first section, without markup and names of libraries.

    Examples:
    ```python
    >>> prose("Sum the `x` of a numpy array.\n\nParameters\n----------\nx : int")
    'Sum the x of a array.'

    ```
    """
    text = "\n" + inspect.cleandoc(docstring)
    text = _MARKUP.sub(" ", _SECTION.split(text, maxsplit=1)[0])
    return " ".join(re.sub(r"\s+([.,;:])", r"\1", _NAMES.sub(" ", text)).split())


def _read_library(library: str, package: str) -> list[tuple[str, str]]:
    spec = importlib.util.find_spec(package)
    if spec is None:
        raise ValueError(f"{library} is not installed: pip install 'amsdff_hf[demo]'.")
    root = Path(spec.origin).parent
    files = [path for path in sorted(root.rglob("*.py")) if not _is_test(path.relative_to(root))]
    texts = []
    for path in tqdm(files, desc=f"Reading {library}", unit="file", leave=False):
        module = f"{package}.{'.'.join(path.relative_to(root).with_suffix('').parts)}"
        texts += [(text, module) for text in _docstrings(path) if SHORTEST <= len(text.split()) <= LONGEST]
    return texts


def _docstrings(path: Path) -> list[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    documented = (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    docstrings = [ast.get_docstring(node) for node in ast.walk(tree) if isinstance(node, documented)]
    return [prose(docstring) for docstring in docstrings if docstring]


def _is_test(path: Path) -> bool:
    return any(part in ("tests", "testing", "_vendor", "externals", "array_api_compat") for part in path.parts)


def _repeated_texts(found: dict[str, list[tuple[str, str]]]) -> set[str]:
    seen, repeated = set(), set()
    for texts in found.values():
        for text, _ in texts:
            (repeated if text.lower() in seen else seen).add(text.lower())
    return repeated


def _number(seed: int, text: str) -> float:
    """Even pseudo-random number from 0 to 1 that belongs to a text, on every machine and in every version."""
    return int.from_bytes(hashlib.sha256(f"{seed} {text}".encode()).digest()[:8], "big") / 2**64
