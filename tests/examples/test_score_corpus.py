"""A corpus is scored by two processes, one of which is killed."""

import json
import os
import re
import runpy
import subprocess
import sys
import time

import numpy as np
import pandas as pd
import psutil
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch

from amsdff_hf import AmsdffForSequenceClassification, score
from amsdff_hf.data import digest_of_weights
from amsdff_hf.inference import OnnxClassifier, export_onnx
from tests.conftest import ROOT, WORDS, make_tokenizer


SCRIPT = ROOT / "examples" / "score_corpus.py"
SIZES = (2100, 900)


@pytest.fixture
def corpus(tmp_path, bert_folder):
    """Two files and a model, in an empty folder; returns the texts of all rows."""
    generator = np.random.default_rng(0)
    texts = [" ".join(generator.choice(WORDS, generator.integers(1, 12))) for _ in range(sum(SIZES))]
    rows = [{"id": f"row {number}", "text": text} for number, text in enumerate(texts)]
    (tmp_path / "corpus").mkdir()
    pq.write_table(pa.Table.from_pylist(rows[: SIZES[0]]), tmp_path / "corpus" / "a.parquet")
    (tmp_path / "corpus" / "b.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows[SIZES[0] :]))
    AmsdffForSequenceClassification.from_backbone(bert_folder, labels=["a", "b"]).save_pretrained(tmp_path / "model")
    tokenizer = make_tokenizer()
    tokenizer.model_max_length = 64
    tokenizer.save_pretrained(tmp_path / "model")
    return texts


def scored(folder):
    parts = sorted(folder.glob("part-*.parquet"))
    return pd.concat([pd.read_parquet(part) for part in parts], ignore_index=True)


def options(**changed):
    given = {"output_dir": "out", "rows_per_chunk": "50", "keep_columns": "id", "precision": "float32"} | changed
    named = [part for name, value in given.items() for part in (f"--{name}", value)]
    return [str(SCRIPT), "model", "corpus", "--use_cpu", *named]


def test_no_row_is_lost_or_repeated_by_a_kill(corpus, run_python, tmp_path):
    command = ["-m", "torch.distributed.run", "--standalone", "--nproc_per_node", "2", *options()]
    process = subprocess.Popen(
        [sys.executable, *command],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    until = time.monotonic() + 120
    while len(list(tmp_path.glob("out/part-*"))) < 5 and time.monotonic() < until:
        time.sleep(0.005)
    # The launcher gives each process a session of its own, in which it would live on.
    launcher = psutil.Process(process.pid)
    for one in (launcher, *launcher.children(recursive=True)):
        one.kill()
    process.wait()
    before = len(list(tmp_path.glob("out/part-*")))
    assert 5 <= before < 60, "killed too late to prove anything"
    # The same command again, and then one process, which finds what two have left.
    again = run_python(*command)
    assert again.stdout.count("part-") == 60 - before
    (tmp_path / "out" / "part-00000-000001.parquet").unlink()
    assert run_python(*options()).stdout.count("part-") == 1
    rows = scored(tmp_path / "out")
    assert list(rows["id"]) == [f"row {number}" for number in range(len(corpus))]
    assert list(rows["row"]) == [*range(SIZES[0]), *range(SIZES[1])]
    assert not list(tmp_path.glob("out/.part-*"))
    # The record beside the parts does not disturb who reads the whole folder.
    assert len(pd.read_parquet(tmp_path / "out")) == len(corpus)
    model = AmsdffForSequenceClassification.from_pretrained(tmp_path / "model")
    expected = np.stack(list(score(corpus, model, make_tokenizer(), max_length=64)))
    np.testing.assert_allclose(rows["score"], expected.max(-1), atol=1e-5)
    assert (rows["label"] == np.array(["a", "b"])[expected.argmax(-1)]).all()


def test_a_run_goes_on_with_what_it_began_and_nothing_else(corpus, run_python, tmp_path):
    # A format that `auto` never chooses for a CPU.
    run_python(*options(rows_per_chunk="1000", precision="float16"), "--all_scores")
    rows = scored(tmp_path / "out")
    assert len(rows) == len(corpus)
    assert np.stack(rows["scores"]).shape == (len(corpus), 2)
    (tmp_path / "out" / "part-00000-000001.parquet").unlink()
    failed = run_python(*options(rows_per_chunk="1000", precision="bfloat16"), "--all_scores", check=False)
    assert "belongs to a run with other precision ('torch.float16', now 'torch.bfloat16')" in failed.stderr
    again = run_python(*options(rows_per_chunk="1000", precision="auto"), "--all_scores")
    assert "process 0: computing in float16" in again.stdout
    assert "process 0: part-00000-000001.parquet, 1,000 rows" in again.stdout
    assert again.stdout.count("part-") == 1
    assert scored(tmp_path / "out").equals(rows)
    model = AmsdffForSequenceClassification.from_pretrained(tmp_path / "model")
    for size, other in (("500", "rows_per_chunk (1000, now 500)"), ("1000", "model (")):
        failed = run_python(*options(rows_per_chunk=size, precision="auto"), "--all_scores", check=False)
        assert failed.returncode == 1
        assert f"belongs to a run with other {other}" in failed.stderr
        # Trained anew into the same folder, it is another model.
        model.classifier.label_scores.weight.data += 1
        model.save_pretrained(tmp_path / "model")


def test_an_onnx_file_scores_alone_and_nothing_goes_on_with_it_unnoticed(corpus, run_python, tmp_path):
    model = AmsdffForSequenceClassification.from_pretrained(tmp_path / "model").eval()
    # Scores that depend on the text, and not on what a fresh head makes of all of them.
    model.classifier.label_scores.weight.data.normal_(generator=torch.Generator().manual_seed(0))
    model.save_pretrained(tmp_path / "model")
    export_onnx(model, tmp_path / "model.onnx", source=digest_of_weights(model))
    by_file = options(rows_per_chunk="1000", precision="auto", onnx_file="model.onnx")
    assert "process 0: computing in the format of the ONNX file" in run_python(*by_file, "--all_scores").stdout
    found = np.stack(scored(tmp_path / "out")["scores"])
    expected = score(corpus, OnnxClassifier(tmp_path / "model.onnx"), make_tokenizer(), max_length=64)
    assert np.abs(found - np.stack(list(expected))).max() < 1e-6
    assert np.ptp(found, axis=0).max() > 0.01

    (tmp_path / "out" / "part-00000-000001.parquet").unlink()
    assert run_python(*by_file, "--all_scores").stdout.count("part-") == 1
    failed = run_python(*options(rows_per_chunk="1000", precision="float32"), "--all_scores", check=False)
    assert "belongs to a run with other precision (None, now 'torch." in failed.stderr
    failed = run_python(*by_file, "--all_scores", "--tokens_per_batch", "64", check=False)
    assert "belongs to a run with other tokens_per_batch (None, now 64)" in failed.stderr
    failed = run_python(*options(onnx_file="model.onnx"), check=False)
    assert "--onnx_file has its own number format: leave --precision out" in failed.stderr
    # Trained anew, and not exported again.
    model.classifier.label_scores.weight.data += 1
    model.save_pretrained(tmp_path / "model")
    failed = run_python(*by_file, check=False)
    assert "error: model.onnx was not made of the weights in model: run export_onnx.py on them." in failed.stderr
    failed = run_python(*options(precision="auto", onnx_file="none.onnx"), check=False)
    assert "error: There is no file 'none.onnx'" in failed.stderr


def test_another_run_is_refused_before_the_first_part_too(corpus, run_python, tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "_corpus.json").write_text('{"model": "another"}')
    failed = run_python(*options(), check=False)
    assert "out belongs to a run with other model ('another', now " in failed.stderr
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["_corpus.json"]


def test_a_run_whose_record_is_gone_or_replaced_writes_nothing_more(tmp_path):
    check_same_run = runpy.run_path(str(SCRIPT))["check_same_run"]
    check_same_run(str(tmp_path / "out"), {"model": "one", "files": {"a": 1}})
    check_same_run(str(tmp_path / "out"), {"model": "one", "files": {"a": 1}})
    # Begun in the same moment, it wrote its record last.
    (tmp_path / "out" / "_corpus.json").write_text('{"model": "two", "files": {"a": 1}}')
    with pytest.raises(ValueError, match="out belongs to a run with other model .'two', now 'one'.: choose another"):
        check_same_run(str(tmp_path / "out"), {"model": "one", "files": {"a": 1}})
    (tmp_path / "out" / "_corpus.json").rename(tmp_path / "out" / "part-00000-000000.parquet")
    with pytest.raises(ValueError, match="out holds scores without _corpus.json"):
        check_same_run(str(tmp_path / "out"), {"model": "one", "files": {"a": 1}})


def test_files_that_came_or_grew_are_named(tmp_path):
    check_same_run = runpy.run_path(str(SCRIPT))["check_same_run"]
    check_same_run(str(tmp_path), {"files": {"a": 1, "b": 2000}})
    for now, said in (({"a": 1}, "b: 2,000 bytes, now not there"), ({"a": 3, "b": 2000}, "a: 1 bytes, now 3 bytes")):
        with pytest.raises(ValueError, match=re.escape(f"a run with other files ({said}): choose another")):
            check_same_run(str(tmp_path), {"files": now})


def test_a_run_stops_where_another_one_took_its_folder(corpus, run_python, tmp_path):
    code = f"""
import pathlib, runpy, sys
sys.argv = {options(rows_per_chunk="1000")!r}
names = runpy.run_path(sys.argv[0])["main"].__globals__
write_part = names["write_part"]
def write_and_lose(*given):
    write_part(*given)
    pathlib.Path("out/_corpus.json").write_text('{{"model": "another"}}')
names["write_part"] = write_and_lose
names["main"]()
"""
    failed = run_python("-c", code, check=False)
    assert "ValueError: out belongs to a run with other model ('another', now " in failed.stderr
    assert [part.name for part in (tmp_path / "out").glob("part-*")] == ["part-00000-000000.parquet"]


def test_several_labels_are_written_as_a_list(corpus, run_python, tmp_path):
    model = AmsdffForSequenceClassification.from_pretrained(tmp_path / "model")
    model.config.problem_type, model.config.thresholds = "multi_label_classification", [0.0, 1.0]
    model.save_pretrained(tmp_path / "model")
    run_python(*options())
    assert scored(tmp_path / "out")["label"].map(list).tolist() == [["a"]] * len(corpus)
    (part, *_) = sorted((tmp_path / "out").glob("part-*"))
    assert pq.read_schema(part).field("label").type.value_type == pa.string()


def test_scores_do_not_become_a_part_of_the_corpus(corpus, run_python, tmp_path):
    command = options()
    command[command.index("out")] = "corpus"
    before = sorted((tmp_path / "corpus").iterdir())
    assert "which is to be scored: choose a folder of its own" in run_python(*command, check=False).stderr
    assert sorted((tmp_path / "corpus").iterdir()) == before
    # Below the corpus they are left alone, so that the same command goes on.
    inside = options(output_dir="corpus/scored", rows_per_chunk="1000")
    for printed in ("done, 3,000 rows\n", "done, 0 rows; 4 parts were there before\n"):
        assert printed in run_python(*inside).stdout


def test_a_row_without_a_text_is_named(corpus, run_python, tmp_path):
    with open(tmp_path / "corpus" / "b.jsonl", "a") as file:
        file.write('{"id": "last", "text": null}\n')
    failed = run_python(*options(rows_per_chunk="1000"), check=False)
    assert failed.returncode == 1
    assert "error: Row 900 of" in failed.stderr
    assert "b.jsonl has no text: ['text'] are (None,)" in failed.stderr
    # The chunks before it are done.
    assert len(scored(tmp_path / "out")) == SIZES[0]


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"keep_columns": "id,label"}, "--keep_columns 'label' is the name of a column that is written"),
        ({"rows_per_chunk": "0"}, "--rows_per_chunk must be at least 1, got 0"),
        ({"precision": "int8"}, "`precision` must be auto"),
    ],
)
def test_bad_options_leave_nothing_behind(corpus, run_python, tmp_path, changed, sentence):
    failed = run_python(*options(**changed), check=False)
    assert failed.returncode == 1
    assert sentence in failed.stderr
    assert not (tmp_path / "out").exists()
