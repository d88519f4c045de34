import argparse
import runpy

import pandas as pd
import pytest

from tests.conftest import ROOT, make_tokenizer


@pytest.fixture
def training():
    return runpy.run_path(str(ROOT / "examples" / "accuracy_training.py"))


@pytest.fixture
def arguments(bert_folder, tmp_path):
    """A backbone whose tokenizer does not number the texts of a pair, and three files of pairs."""
    tokenizer = make_tokenizer()
    tokenizer.model_input_names = ["input_ids", "attention_mask"]
    tokenizer.save_pretrained(tmp_path / "backbone")
    for name in ("config.json", "model.safetensors"):
        (tmp_path / "backbone" / name).symlink_to(f"{bert_folder}/{name}")
    for role in ("train", "validation", "test"):
        rows = {"title": ["good", "bad"] * 4, "abstract": ["film", "plot"] * 4, "label": ["a", "b"] * 4}
        pd.DataFrame(rows).to_csv(tmp_path / f"{role}.csv", index=False)
    return argparse.Namespace(model_name_or_path=str(tmp_path / "backbone"), recipe={}, freeze_backbone=False)


def options(folder):
    files = {f"{role}_file": str(folder / f"{role}.csv") for role in ("train", "validation", "test")}
    return {**files, "text_column_names": "title", "text_pair_column_name": "abstract"}


def test_a_head_of_two_texts_reads_them_apart(training, arguments, tmp_path):
    benchmark = training["Benchmark"]("papers", options(tmp_path), arguments)
    for head, is_numbered in (("cnn_bilstm", True), ("amsdff", False), ("plain", False)):
        model = benchmark.build(head)
        tokenizer = training["fit_together"](model, benchmark.tokenizer, benchmark.data_args, is_fresh=True)
        row = benchmark.splits(model, tokenizer)["train"][0]
        assert ("token_type_ids" in row) == is_numbered


def test_the_digest_is_of_texts_and_labels(training, arguments, tmp_path):
    before = training["Benchmark"]("papers", options(tmp_path), arguments).digest
    assert before == training["Benchmark"]("others", options(tmp_path), arguments).digest
    rows = pd.read_csv(tmp_path / "test.csv")
    rows.loc[0, "label"] = "b"
    rows.to_csv(tmp_path / "test.csv", index=False)
    assert before != training["Benchmark"]("papers", options(tmp_path), arguments).digest


def test_every_test_text_needs_a_label(training, arguments, tmp_path):
    rows = pd.read_csv(tmp_path / "test.csv")
    rows.loc[0, "label"] = None
    rows.to_csv(tmp_path / "test.csv", index=False)
    with pytest.raises(SystemExit, match="papers: every test text needs a label"):
        training["Benchmark"]("papers", options(tmp_path), arguments)


def test_a_run_says_what_its_head_is(training, arguments, tmp_path):
    benchmark = training["Benchmark"]("papers", options(tmp_path), arguments)
    fields = training["head_fields"](benchmark.build("no-fusion-residual").config)
    assert (fields["fusion_residual"], fields["levels"]) == (False, "auto")
    assert "backbone_config" not in fields
    assert "num_labels" not in fields
    assert training["head_fields"](benchmark.build("plain").config) == {}
