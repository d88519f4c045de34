import json
import runpy

import pandas as pd
import pytest

from tests.conftest import ROOT


SCRIPT = ROOT / "examples" / "results" / "prepare_data.py"


def rows(prefix, count):
    return pd.DataFrame(
        {"text": [f"{prefix} {number}" for number in range(count)], "label": ["a", "b"] * (count // 2)}
    )


@pytest.fixture
def prepared(run_python, tmp_path):
    """Write data of the shapes of the real one, split it, and return the folder."""
    data = tmp_path / "data"
    data.mkdir()
    for name in ("ag_news", "20newsgroups", "20newsgroups_stripped"):
        for role, count in {"train": 1400, "test": 20}.items():
            rows(f"{name} {role}", count).to_parquet(data / f"{name}_{role}.parquet")
    sanad = [rows(f"sanad {role}", count).assign(split=role) for role, count in {"train": 440, "test": 20}.items()]
    pd.concat(sanad).to_parquet(data / "sanad_khaleej_small.parquet")
    counts = {"train": 60, "validation": 20, "test": 20}
    arxiv = pd.concat([rows(f"arxiv {role}", count).assign(split=role) for role, count in counts.items()])
    arxiv = arxiv.rename(columns={"text": "title"}).assign(abstract="It is so.")
    arxiv.to_parquet(data / "arxiv_cs4.parquet")
    run_python(SCRIPT, data, tmp_path / "out")
    return tmp_path / "out"


def test_no_text_is_in_two_splits(prepared):
    suite = json.loads((prepared / "suite.json").read_text())
    assert sorted(suite) == ["20newsgroups", "20newsgroups_stripped", "ag_news", "arxiv", "sanad"]
    for name, options in suite.items():
        column = options["text_column_names"]
        splits = {role: pd.read_parquet(options[f"{role}_file"])[column] for role in ("train", "validation", "test")}
        texts = pd.concat(list(splits.values()))
        assert texts.is_unique
        # What was test data stays test data, all of it.
        assert splits["test"].str.startswith(f"{name} test").all()
        assert len(splits["test"]) == 20
        assert not pd.concat([splits["train"], splits["validation"]]).str.contains("test").any()
    sizes = {name: len(pd.read_parquet(options["validation_file"])) for name, options in suite.items()}
    assert sizes == {"ag_news": 1000, "20newsgroups": 1000, "20newsgroups_stripped": 1000, "sanad": 400, "arxiv": 20}


def test_long_texts_are_joined_within_a_split_and_a_label(prepared):
    options = json.loads((prepared / "long.json").read_text())["arxiv_joined"]
    for role, count in {"train": 60, "validation": 20, "test": 20}.items():
        frame = pd.read_parquet(options[f"{role}_file"])
        assert len(frame) == 2 * (count // 2 // 3)
        for text, label in zip(frame["text"], frame["label"], strict=True):
            numbers = [int(part.split(".")[0]) for part in text.split(f"arxiv {role} ")[1:]]
            assert len(numbers) == 3
            assert {"ab"[number % 2] for number in numbers} == {label}


def test_the_whole_of_ag_news_begins_with_its_part(prepared):
    split_all = runpy.run_path(str(SCRIPT))["split_all"]
    split_all.__globals__["AG_NEWS_TEXTS"] = 100
    part, whole = (split_all(prepared.parent / "data", name) for name in ("ag_news", "ag_news_whole"))
    assert len(part["train"]) == 100
    assert len(whole["train"]) == 400
    assert whole["train"]["text"][:100] == part["train"]["text"][:]
    for role in ("validation", "test"):
        assert whole[role]["text"][:] == part[role]["text"][:]
    assert not set(whole["train"]["text"]) & set(whole["validation"]["text"])
