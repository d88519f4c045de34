import json

import numpy as np
import pandas as pd
import pytest
from transformers import AutoModelForSequenceClassification, AutoProcessor

from tests.conftest import ROOT
from tests.data.tiny_mmsa import write_mmsa


SCRIPT = ROOT / "examples" / "run_multimodal.py"
FAST = ["--seeds", "1", "--batch_size", "16", "--head_learning_rate", "1e-2", "--audio_learning_rate", "1e-2"]


def test_from_a_file_of_mmsa_to_the_table(run_python, tmp_path, bert_folder):
    write_mmsa(tmp_path / "x.pkl", {"train": 64, "valid": 16, "test": 16})
    done = run_python(
        *(SCRIPT, "--model_name_or_path", bert_folder, "--mmsa_file", "x.pkl", "--output_dir", "out", *FAST),
        *("--combinations", "text", "text+audio", "--contrastive_weights", "0.01", "--num_train_epochs", "16"),
        "--save_models",
    )
    results = json.loads((tmp_path / "out" / "results.json").read_text())
    heard, read = results["text+audio, contrastive 0.01"][0], results["text, contrastive 0.01"][0]
    assert heard["mae"] < 0.75 * read["mae"]
    assert heard["corr"] > 0.5
    assert "accuracy_7" in done.stdout
    folder = tmp_path / "out" / "text+audio-0.01-1"
    model, processor = (
        AutoModelForSequenceClassification.from_pretrained(folder),
        AutoProcessor.from_pretrained(folder),
    )
    audio = [np.full((2, 2), value) for value in (-3.0, 3.0)]
    low, high = model(**processor(["text 1", "text 1"], audio=audio)).logits.flatten().tolist()
    assert low < high


@pytest.mark.slow
def test_one_vector_per_text_and_classes(run_python, tmp_path, bert_folder):
    generator = np.random.default_rng(0)
    labels = ["negative", "positive"] * 24
    voices = [[float(label == "positive"), value] for label, value in zip(labels, generator.normal(size=48))]
    rows = pd.DataFrame({"said": ["words"] * 48, "voice": voices, "label": labels})
    rows.loc[3, "voice"] = None
    rows[:32].to_parquet(tmp_path / "train.parquet")
    rows[32:].to_parquet(tmp_path / "test.parquet")
    options = (SCRIPT, "--model_name_or_path", bert_folder, "--train_file", "train.parquet", *FAST)
    columns = ("--text_column", "said", "--audio_column", "voice", "--output_dir", "out")
    run_python(
        *options, "--test_file", "test.parquet", *columns, "--contrastive_weights", 0.1, "--num_train_epochs", 8
    )
    results = json.loads((tmp_path / "out" / "results.json").read_text())
    assert list(results) == ["text, contrastive 0.1", "text+audio, contrastive 0.1"]
    assert results["text+audio, contrastive 0.1"][0]["accuracy"] > 0.9
    failed = run_python(*options, *columns, check=False)
    assert "error: Pass either --mmsa_file, or --train_file and --test_file." in failed.stderr
    failed = run_python(*options, "--test_file", "test.parquet", "--output_dir", "out", check=False)
    assert (
        "error: There is no column of texts: name it by --text_column; there are ['said', 'voice', 'label']."
        in failed.stderr
    )
    wrong = ("--combinations", "text+vision", "--test_file", "test.parquet")
    failed = run_python(*options, *columns, *wrong, check=False)
    assert (
        "error: --combinations needs other data. text+vision: columns of audio or vision are not in" in failed.stderr
    )
    rows.at[5, "voice"] = [1.0, float("nan")]
    rows.to_parquet(tmp_path / "train.parquet")
    failed = run_python(*options, "--test_file", "test.parquet", *columns, check=False)
    assert "error: The audio in row 6 of the train data holds 1 numbers that are NaN or infinite" in failed.stderr
    rows.at[5, "voice"] = [1.0, 2.0, 3.0]
    rows.to_parquet(tmp_path / "train.parquet")
    failed = run_python(*options, "--test_file", "test.parquet", *columns, check=False)
    assert "error: The audio in row 6 of the train data has the shape (1, 3), where (num_steps, 2)" in failed.stderr


def test_numbers_become_classes_or_are_refused_out_of_range(run_python, tmp_path, bert_folder):
    write_mmsa(tmp_path / "x.pkl", {"train": 16, "test": 8})
    options = (SCRIPT, "--model_name_or_path", bert_folder, "--mmsa_file", "x.pkl", "--output_dir", "out", *FAST)
    few = ("--combinations", "all", "--contrastive_weights", "0.01", "--num_train_epochs", "1")
    run_python(*options, *few, "--num_classes", "3", "--save_models")
    config = json.loads((tmp_path / "out" / "all-0.01-1" / "config.json").read_text())
    assert list(config["id2label"].values()) == ["negative", "positive"]
    assert not list((tmp_path / "out").rglob("checkpoint-*"))
    assert not list((tmp_path / "out").rglob("*.bin"))
    failed = run_python(*options, *few, "--metrics", "sims", check=False)
    assert "but those of --metrics go from -1 to 1" in failed.stderr
