import importlib.util
import sys

import pytest

from tests.conftest import ROOT


@pytest.fixture(scope="module")
def corpus_module():
    spec = importlib.util.spec_from_file_location("docstring_corpus", ROOT / "examples" / "docstring_corpus.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules["docstring_corpus"] = module
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    ("docstring", "prose"),
    [
        ("Sum the `x` of a numpy array.\n\nParameters\n----------\nx : int", "Sum the x of a array."),
        ("Do it.\n\nArgs:\n    x: what", "Do it."),
        ("Do it.\n\n>>> do(it)", "Do it."),
        ("See :func:`~torch.nn.functional.relu` and np.sum.", "See nn.functional.relu and sum."),
        ("A SciPy and scikit-learn story", "A and story"),
        ("An input sympy_object", "An input _object"),
    ],
)
def test_only_prose_without_names_is_left(corpus_module, docstring, prose):
    assert corpus_module.prose(docstring) == prose


def test_splits_share_no_module_and_no_text_and_are_balanced(corpus_module, monkeypatch, tmp_path):
    for library in ("first_library", "second_library"):
        for number in range(30):
            folder = tmp_path / library
            folder.mkdir(exist_ok=True)
            words = f"that is the documentation of function number {number} in"
            (folder / f"m{number}.py").write_text(
                f'def f():\n    """{library} says {words} this very place."""\n\n'
                f'def g():\n    """Both of the libraries have this text number {number}."""\n\n'
                f'def h():\n    """Short text."""\n'
            )
        (tmp_path / library / "__init__.py").touch()
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(corpus_module, "LIBRARIES", {"first": ("first_library",), "second": ("second_library",)})
    monkeypatch.setattr(corpus_module, "_NAMES", __import__("re").compile("_library"))
    corpus = corpus_module.read_corpus(train_per_library=8, test_per_library=4)
    again = corpus_module.read_corpus(train_per_library=8, test_per_library=4)
    train, test = corpus["train"], corpus["test"]
    assert sorted(train["label"]) == [0] * 8 + [1] * 8
    assert not set(train["module"]) & set(test["module"])
    assert not set(train["text"]) & set(test["text"])
    assert not any("Both of" in text or "Short" in text for text in [*train["text"], *test["text"]])
    assert train.to_dict() == again["train"].to_dict()
    with pytest.raises(ValueError, match="first has only .* train texts, 1000 are wanted"):
        corpus_module.read_corpus(train_per_library=1000, test_per_library=4)
