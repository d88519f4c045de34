"""A backbone from scratch, then the same fine-tuning with more and more differential attention."""

import json

import pytest

from tests.conftest import ROOT
from tests.examples.test_run_classification import FAST, frame


EXAMPLES = ROOT / "examples"


@pytest.fixture
def files(tmp_path):
    frame(48).to_csv(tmp_path / "train.csv", index=False)
    frame(16, seed=1).to_csv(tmp_path / "test.csv", index=False)
    return tmp_path


@pytest.mark.slow
def test_from_raw_texts_to_the_table(run_python, files):
    sizes = ("--vocab_size", 100, "--hidden_size", 32, "--num_heads", 2, "--max_seq_length", 16)
    done = run_python(
        EXAMPLES / "train_backbone.py",
        *("--train_file", "train.csv", "--output_dir", "bert", "--max_steps", 2, *sizes),
    )
    assert "48 texts, 48 windows" in done.stdout
    again = run_python(
        EXAMPLES / "train_backbone.py", "--train_file", "train.csv", "--output_dir", "bert", check=False
    )
    assert "--output_dir 'bert' is not empty" in again.stderr
    done = run_python(
        EXAMPLES / "hybrid_attention.py",
        *("--model_name_or_path", "bert", "--train_file", "train.csv", "--test_file", "test.csv"),
        *("--output_dir", "hybrid", "--fractions", 0, 0.5, "--forms", "query_twin", "v2", "--max_steps", 3, *FAST),
    )
    results = json.loads((files / "hybrid" / "hybrid.json").read_text())
    assert list(results) == ["0% ordinary", "50% query_twin", "50% v2"]
    assert results["0% ordinary"]["parameters"] < results["50% query_twin"]["parameters"]
    assert list(results["50% query_twin"]["lambdas"]) == ["2", "3"]
    assert all(value != 0 for value in results["50% query_twin"]["lambdas"].values())
    assert results["50% v2"]["lambdas"] == {}
    assert "lambda by layer, 50% query_twin: 2: " in done.stdout
    for metric in ("accuracy", "macro_f1", "macro_precision", "macro_recall", "roc_auc"):
        assert 0 <= results["0% ordinary"][metric] <= 1
    assert (files / "hybrid" / "lambdas.png").read_bytes().startswith(b"\x89PNG")


def test_a_run_that_fails_ends_all(run_python, files, bert_folder):
    done = run_python(
        EXAMPLES / "hybrid_attention.py",
        *("--model_name_or_path", bert_folder, "--train_file", "train.csv", "--test_file", "test.csv"),
        *("--output_dir", "hybrid", "--fractions", 0.1, *FAST),
        check=False,
    )
    assert done.returncode == 1
    assert (
        "error: `fraction` 0.1 of `differential_attention` selects none of 2 layers: take at least 0.5" in done.stderr
    )
    assert "The run '10% query_twin' failed" in done.stderr


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (("--fractions", 0, 1.5), "`fraction` of `differential_attention` must be above 0 and at most 1, got 1.5"),
        (("--fractions", "-0.5"), "got -0.5"),
        (("--seeds", "1,2"), "--seeds is not for this comparison"),
    ],
)
def test_bad_options_are_named_before_any_run(run_python, files, options, sentence):
    done = run_python(EXAMPLES / "hybrid_attention.py", "--output_dir", "hybrid", *options, check=False)
    assert sentence in done.stderr
    assert not (files / "hybrid").exists()
