import re

import pandas as pd
import torch
from transformers import AutoModelForSequenceClassification

from amsdff_hf import AmsdffForSequenceClassification
from tests.conftest import ROOT, TEXT, make_tokenizer


def test_formats_are_compared_with_the_pipeline(run_python, bert_folder, tmp_path):
    torch.manual_seed(0)
    make_tokenizer().save_pretrained(tmp_path / "own")
    AmsdffForSequenceClassification.from_backbone(bert_folder, labels=["a", "b"]).save_pretrained(tmp_path / "own")
    plain = AutoModelForSequenceClassification.from_pretrained(bert_folder, num_labels=2)
    plain.save_pretrained(tmp_path / "plain")
    words = TEXT.split()
    rows = [(" ".join(words[: 1 + row % 20]), "ab"[row % 2]) for row in range(30)]
    pd.DataFrame(rows, columns=["text", "label"]).to_csv(tmp_path / "test.csv", index=False)
    options = ("own", "--plain", "plain", "--test_file", "test.csv", "--max_length", "16", "--repeats", "1")
    done = run_python(
        ROOT / "examples" / "benchmark_speed.py", *options, "--num_texts", "24", "--precisions", "bfloat16", "--onnx"
    )
    assert "24 texts, up to 16 tokens, cpu" in done.stdout
    lines = {line.split("  ")[0]: line.split() for line in done.stdout.splitlines()[3:]}
    assert float(lines["pipeline, plain head, float32"][-5]) == 1
    # Each is the first of its model, or agrees with the pipeline.
    assert lines["pipeline, plain head, float32"][-2] == lines["score, amsdff, float32"][-2] == "-"
    assert lines["score, plain head, float32"][-2] == "1.0000"
    assert lines["score, amsdff, ONNX float32 fused"][-2] == "1.0000"
    assert float(lines["score, amsdff, bfloat16"][-2]) <= 1
    assert float(lines["score, amsdff, ONNX int8 fused"][-2]) > 0.5
    # What the plain head finds right is the same by either way.
    assert lines["pipeline, plain head, float32"][-1] == lines["score, plain head, float32"][-1]
    assert re.search("score, amsdff, float32: [0-9.]+ texts/s", done.stderr)
