"""The script as people run it: a process of its own on small files."""

import json
import random
import re
import runpy
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from safetensors.torch import load_file
from transformers import AutoModelForSequenceClassification, AutoTokenizer, pipeline

from tests.conftest import ROOT


SCRIPT = ROOT / "examples" / "run_classification.py"
FAST = ["--per_device_train_batch_size", "8", "--learning_rate", "1e-3", "--report_to", "none", "--use_cpu"]
GOOD, BAD = ["good", "great"], ["bad", "poor"]


def sentences(count, seed=0):
    """Sentences whose one telling word says whether they praise."""
    generator = random.Random(seed)
    rows = []
    for row in range(count):
        word = generator.choice(GOOD if row % 2 else BAD)
        rows.append((f"the {generator.choice(['film', 'book', 'plot'])} was {word}", row % 2))
    return rows


def frame(count=32, seed=0):
    return pd.DataFrame(sentences(count, seed), columns=["text", "label"])


@pytest.fixture
def run_script(run_python, bert_folder, tmp_path):
    def run(*options, model=bert_folder, output="out", check=True, script=SCRIPT):
        return run_python(
            script, "--model_name_or_path", model, "--output_dir", tmp_path / output, *FAST, *options, check=check
        )

    return run


@pytest.fixture
def fail_script(monkeypatch, bert_folder, tmp_path):
    """Run the script inside this process, which is fast, and return the one sentence it fails with."""

    def run(*options, model=bert_folder):
        options = ["--model_name_or_path", model, "--output_dir", str(tmp_path / "out"), *FAST, *map(str, options)]
        monkeypatch.setattr(sys, "argv", [str(SCRIPT), *options])
        with pytest.raises(SystemExit) as stopped:
            runpy.run_path(str(SCRIPT), run_name="__main__")
        assert str(stopped.value).startswith("error: ")
        return str(stopped.value)

    return run


def results(folder):
    return json.loads((folder / "all_results.json").read_text())


@pytest.mark.parametrize(
    "options",
    [
        ("--architecture", "pyramid_graph", "--num_dropout_samples", "2", "--contrastive_weight", "0.1")
        + ("--long_text", "window", "--window_length", "4", "--window_overlap", "1"),
        ("--architecture", "plain", "--differential_fraction", "0.5", "--layer_decay", "0.9", "--r_drop_weight", "1"),
    ],
    ids=["pyramid_graph", "plain and differential"],
)
def test_other_heads_and_attentions_from_training_to_prediction(run_script, tmp_path, options):
    frame(64).to_csv(tmp_path / "train.csv", index=False)
    frame(16, seed=1).to_csv(tmp_path / "test.csv", index=False)
    run_script(
        *("--train_file", "train.csv", "--test_file", "test.csv", "--do_train", "--do_predict", *options),
        *("--num_train_epochs", "10", "--save_strategy", "no"),
    )
    trained = results(tmp_path / "out")
    assert trained["predict_accuracy"] > 0.9
    run_script("--test_file", "test.csv", "--do_predict", model=tmp_path / "out", output="again")
    assert results(tmp_path / "again")["predict_accuracy"] == trained["predict_accuracy"]


def test_pairs_on_word_vectors_with_the_recipe_of_the_source(run_script, run_python, tmp_path):
    pairs = (
        frame(64).rename(columns={"text": "abstract"}).assign(title=["a title", "a title", "titles", "titles"] * 16)
    )
    pairs.to_csv(tmp_path / "train.csv", index=False)
    pairs[:16].to_csv(tmp_path / "dev.csv", index=False)
    vectors = ROOT / "examples" / "build_word_vectors.py"
    columns = ("--train_file", "train.csv", "--text_column_names", "title,abstract")
    run_python(vectors, *columns, "--hidden_size", 8, "--output_dir", "vectors")
    pair = ("--text_column_names", "title", "--text_pair_column_name", "abstract")
    off = {"input_dropout": 0.0, "lstm_dropout": 0.0, "conv_dropout": 0.0, "classifier_dropout": 0.0}
    small = json.dumps({"lstm_hidden_size": 8, "num_filters": 16, "classifier_hidden_size": 16, **off})
    recipe = (
        *("--class_weights", "1,2", "--lr_scheduler_type", "reduce_lr_on_plateau", "--metric_for_best_model"),
        *("accuracy", "--load_best_model_at_end", "--eval_strategy", "epoch", "--save_strategy", "epoch"),
        *("--early_stopping_patience", "9", "--augment_probability", "0.3", "--head_fields", small),
        *("--lr_scheduler_kwargs", '{"mode": "max", "factor": 0.5, "patience": 5}', "--learning_rate", "1e-2"),
    )
    done = run_script(
        *("--train_file", "train.csv", "--validation_file", "dev.csv", "--do_train", "--do_eval", *pair, *recipe),
        *("--architecture", "cnn_bilstm", "--num_train_epochs", "8", "--seeds", "1,2"),
        model=tmp_path / "vectors",
    )
    assert "augmentation: 30% of the training texts in every epoch" in done.stdout
    assert "similar words from the embeddings of the backbone" in done.stdout
    model = AutoModelForSequenceClassification.from_pretrained(tmp_path / "out" / "seed-1")
    assert model.config.text_pairs is True
    assert model.config.lstm_hidden_size == 8
    assert results(tmp_path / "out" / "seed-1")["eval_accuracy"] > 0.8
    classify = pipeline("text-classification", model=str(tmp_path / "out" / "seed-1"))
    answers = [classify({"text": "a title", "text_pair": f"the film was {word}"})["label"] for word in ("bad", "good")]
    assert answers == ["0", "1"]
    voters = [tmp_path / "out" / f"seed-{seed}" for seed in (1, 2)]
    failed = run_script("--test_file", "dev.csv", "--do_predict", *pair[:2], model=voters[0], check=False)
    assert "error: The model was trained on pairs of texts: name the second one" in failed.stderr
    ensemble = ROOT / "examples" / "ensemble.py"
    test = ("--test_file", "dev.csv", *pair, "--output_dir", "vote")
    output = run_python(ensemble, *voters, *test, "--num_copies", 2).stdout
    assert "ensemble + copies" in output
    metrics = json.loads((tmp_path / "vote" / "ensemble.json").read_text())
    assert len(metrics) == 6
    assert metrics["ensemble"]["accuracy"] > 0.8
    failed = run_python(ensemble, voters[0], voters[0], *test, check=False)
    assert "error: Each model votes once" in failed.stderr


def test_csv_from_training_to_pipeline(run_script, tmp_path):
    data = frame(64).replace({"label": {0: "negative", 1: "positive"}})
    data.to_csv(tmp_path / "train.csv", index=False)
    frame(16, seed=1).replace({"label": {0: "negative", 1: "positive"}}).to_csv(tmp_path / "dev.csv", index=False)
    done = run_script(
        *("--train_file", "train.csv", "--validation_file", "dev.csv", "--test_file", "dev.csv"),
        *("--do_train", "--do_eval", "--do_predict", "--num_train_epochs", "12", "--class_weights", "balanced"),
        *("--head_learning_rate", "2e-3", "--loss_weights", "1,0,0", "--save_strategy", "no"),
        *("--train_sampling_strategy", "group_by_length"),
    )
    out = tmp_path / "out"
    assert results(out)["predict_accuracy"] == results(out)["eval_accuracy"] == 1.0
    assert "train: 64 texts, 0.0% longer than 64 tokens and cut" in done.stdout
    assert re.search(r"\naccuracy +1\.0000 +1\.0000\n", done.stdout)
    written = {path.name for path in out.iterdir()}
    assert {"model.safetensors", "tokenizer.json", "predictions.csv", "predict_confusion_matrix.png"} <= written
    assert not [name for name in written if name.endswith((".bin", ".pt", ".pkl", ".pth"))]
    config = json.loads((out / "config.json").read_text())
    assert config["id2label"] == {"0": "negative", "1": "positive"}
    assert config["class_weights"] == [1.0, 1.0]
    assert pipeline("text-classification", model=str(out))("the film was great")[0]["label"] == "positive"
    assert pipeline("text-classification", model=str(out))("good " * 100, truncation=True)[0]["label"] == "positive"

    # The saved classifier alone evaluates and predicts, also rows without labels.
    frame(16, seed=1)[["text"]].to_json(tmp_path / "new.jsonl", orient="records", lines=True)
    run_script("--test_file", "new.jsonl", "--do_predict", model=out, output="predicted")
    predictions = pd.read_csv(tmp_path / "predicted" / "predictions.csv")
    assert list(predictions.columns) == ["index", "prediction", "score_negative", "score_positive", "text"]
    assert list(predictions["prediction"]) == ["negative", "positive"] * 8
    assert not [name for name in results(tmp_path / "predicted") if "accuracy" in name]
    run_script("--validation_file", "dev.csv", "--do_eval", model=out, output="evaluated")
    assert results(tmp_path / "evaluated")["eval_accuracy"] == 1.0


def test_parquet_with_the_plain_head_and_class_label_names(run_script, tmp_path):
    from datasets import ClassLabel, Dataset

    names = ["zero stars", "five stars"]
    split = Dataset.from_pandas(frame(48)).cast_column("label", ClassLabel(names=names))
    split.to_parquet(str(tmp_path / "train.parquet"))
    split.to_parquet(str(tmp_path / "test.parquet"))
    run_script(
        *("--architecture", "plain", "--train_file", "train.parquet", "--test_file", "test.parquet"),
        *("--do_train", "--do_predict", "--num_train_epochs", "2", "--save_strategy", "no"),
    )
    model = AutoModelForSequenceClassification.from_pretrained(tmp_path / "out")
    assert type(model).__name__ == "BertForSequenceClassification"
    assert [model.config.id2label[i] for i in range(2)] == names
    assert "predict_macro_f1" in results(tmp_path / "out")


def test_multi_label(run_script, tmp_path):
    rows = [{"text": text, "label": ["praise"] * label + ["film"] * ("film" in text)} for text, label in sentences(64)]
    (tmp_path / "rows.json").write_text(json.dumps(rows))
    files = ("--train_file", "rows.json", "--validation_file", "rows.json", "--test_file", "rows.json")
    options = ["--do_train", "--do_eval", "--do_predict", "--tune_thresholds", "--num_train_epochs", "40"]
    run_script(*files, *options, "--save_strategy", "no")
    found = results(tmp_path / "out")
    assert found["eval_micro_f1"] == found["predict_micro_f1"] > 0.9
    predictions = pd.read_csv(tmp_path / "out" / "predictions.csv", keep_default_na=False)
    assert {"score_film", "score_praise"} <= set(predictions.columns)
    assert set(predictions["prediction"]) <= {"", "film", "praise", "film;praise"}
    assert set(predictions["true_label"]) == {"", "film", "praise", "film;praise"}
    config = json.loads((tmp_path / "out" / "config.json").read_text())
    assert config["problem_type"] == "multi_label_classification"
    assert len(config["thresholds"]) == 2
    assert config["thresholds"] != [0.5, 0.5]


def test_regression_on_a_pair_with_a_frozen_backbone(run_script, tmp_path):
    data = pd.DataFrame([(text, "the film", 0.5 + 2.0 * label) for text, label in sentences(64)])
    data.columns = ["first", "second", "stars"]
    data.to_csv(tmp_path / "rows.tsv", sep="\t", index=False)
    run_script(
        *("--train_file", "rows.tsv", "--test_file", "rows.tsv", "--do_train", "--do_predict", "--freeze_backbone"),
        *("--text_column_names", "first", "--text_pair_column_name", "second", "--label_column_name", "stars"),
        *("--num_train_epochs", "40", "--head_learning_rate", "4e-3", "--save_strategy", "no"),
    )
    assert results(tmp_path / "out")["predict_pearson"] > 0.9
    assert list(pd.read_csv(tmp_path / "out" / "predictions.csv").columns[2:4]) == ["true_label", "score_stars"]
    trained = AutoModelForSequenceClassification.from_pretrained(tmp_path / "out")
    assert trained.config.problem_type == "regression"
    tokenizer = AutoTokenizer.from_pretrained(tmp_path / "out")
    good, bad = (
        trained(**tokenizer(f"the film was {w}", "the film", return_tensors="pt")).logits for w in ("good", "bad")
    )
    assert good > bad


def test_a_frozen_backbone_runs_once_and_the_results_are_the_same(run_script, bert_folder, tmp_path):
    frame(64).to_csv(tmp_path / "train.csv", index=False)
    frame(24, seed=1).to_csv(tmp_path / "dev.csv", index=False)
    files = (
        "--train_file",
        "train.csv",
        "--validation_file",
        "dev.csv",
        "--do_train",
        "--do_eval",
        "--freeze_backbone",
    )
    options = (*files, "--num_train_epochs", "3", "--eval_strategy", "epoch", "--save_strategy", "no")
    options += ("--train_sampling_strategy", "group_by_length", "--states_folder", "states", "--save_strategy", "no")
    kept = run_script(*options, output="kept")
    assert len(list((tmp_path / "states").glob("*/states.arrow"))) == 2
    assert re.search(r"Keeping what the frozen backbone makes of 88 texts: 0 MB in states, where", kept.stderr)
    run_script(*options, "--no_cache_states", output="anew")
    expected, found = results(tmp_path / "anew"), results(tmp_path / "kept")
    assert found["eval_accuracy"] == expected["eval_accuracy"]
    assert found["eval_loss"] == pytest.approx(expected["eval_loss"], rel=1e-2)
    assert len(list((tmp_path / "states").glob("*/states.arrow"))) == 2
    run_script(*options, "--states_precision", "bfloat16", output="rough")
    assert len(list((tmp_path / "states").glob("*/states.arrow"))) == 4
    assert results(tmp_path / "rough")["eval_loss"] == pytest.approx(expected["eval_loss"], rel=1e-1)
    # Nothing of a saved model tells how its head was trained.
    assert (tmp_path / "kept" / "config.json").read_bytes() == (tmp_path / "anew" / "config.json").read_bytes()
    models = [load_file(tmp_path / name / "model.safetensors") for name in ("kept", "anew")]
    assert models[0].keys() == models[1].keys()
    backbone = load_file(Path(bert_folder) / "model.safetensors")
    same = [name for name in models[0] if name.startswith("backbone.")]
    assert len(same) > 20
    assert all(torch.equal(models[0][name], backbone[name.removeprefix("backbone.")]) for name in same)


def test_seeds_and_lora(run_script, tmp_path):
    frame(48).to_csv(tmp_path / "train.csv", index=False)
    files = ("--train_file", "train.csv", "--test_file", "train.csv")
    options = ("--do_train", "--do_predict", "--num_train_epochs", "2", "--save_strategy", "no")
    done = run_script(*files, *options, "--seeds", "1,2", "--lora_rank", "4")
    assert re.search(r"\n2 seeds +mean +sd\n", done.stdout)
    accuracy = [results(tmp_path / "out" / f"seed-{seed}")["predict_accuracy"] for seed in (1, 2)]
    mean = sum(accuracy) / 2
    assert re.search(rf"\npredict_accuracy +{mean:.4f}", done.stdout)
    saved = json.loads((tmp_path / "out" / "seeds_results.json").read_text())["predict_accuracy"]
    assert saved == {"mean": pytest.approx(mean), "sd": pytest.approx(np.std(accuracy, ddof=1)), "seeds": accuracy}
    model, report = AutoModelForSequenceClassification.from_pretrained(
        tmp_path / "out" / "seed-1", output_loading_info=True
    )
    assert not any(report.values())
    assert type(model).__name__ == "AmsdffForSequenceClassification"


def test_interrupted_training_goes_on_to_the_same_weights(run_script, tmp_path):
    frame(40).to_csv(tmp_path / "train.csv", index=False)
    options = ["--train_file", "train.csv", "--do_train", "--num_train_epochs", "4", "--save_strategy", "steps"]
    options += ["--save_steps", "5", "--average_weights", "0.9"]
    run_script(*options, output="whole")
    # A wrapper kills the process behind the second checkpoint, as a power failure would.
    (tmp_path / "killed.py").write_text(
        "import os, runpy, signal, sys, transformers\n"
        "old = transformers.Trainer.training_step\n"
        "def step(self, *args, **kwargs):\n"
        "    if self.state.global_step == 11: os.kill(os.getpid(), signal.SIGKILL)\n"
        "    return old(self, *args, **kwargs)\n"
        "transformers.Trainer.training_step = step\n"
        f"sys.path.insert(0, {str(SCRIPT.parent)!r})\n"
        f"runpy.run_path({str(SCRIPT)!r}, run_name='__main__')\n"
    )
    killed = run_script(*options, output="parts", check=False, script=tmp_path / "killed.py")
    assert killed.returncode == -9
    assert not (tmp_path / "parts" / "model.safetensors").exists()
    done = run_script(*options, output="parts")
    assert "Going on from" in done.stdout
    assert "checkpoint-10" in done.stdout
    whole, parts = (tmp_path / name / "model.safetensors" for name in ("whole", "parts"))
    assert whole.read_bytes() == parts.read_bytes()

    metrics = (tmp_path / "parts" / "train_results.json").read_bytes()
    again = run_script(*options, output="parts")
    assert "Nothing was left to train." in again.stdout
    assert whole.read_bytes() == parts.read_bytes()
    seconds = json.loads((tmp_path / "whole" / "model_card.json").read_text())["training_seconds"]
    run_script(*options, output="whole")
    assert json.loads((tmp_path / "whole" / "model_card.json").read_text())["training_seconds"] == seconds
    assert (tmp_path / "parts" / "train_results.json").read_bytes() == metrics
    other = run_script(*options, "--learning_rate", "2e-3", output="parts", check=False)
    assert "--learning_rate 0.001 there and 0.002 here. Give the same" in other.stderr.splitlines()[-1]


def test_training_goes_on_with_the_labels_of_the_model(run_script, tmp_path):
    frame(16).replace({"label": {0: "neg", 1: "pos"}}).to_csv(tmp_path / "train.csv", index=False)
    options = [
        "--train_file",
        "train.csv",
        "--do_train",
        "--max_steps",
        "2",
        "--save_strategy",
        "steps",
        "--save_steps",
        "1",
    ]
    run_script(*options, "--labels", "pos,neg", output="first")
    run_script(*options, model=tmp_path / "first", output="second")
    assert json.loads((tmp_path / "second" / "config.json").read_text())["id2label"] == {"0": "pos", "1": "neg"}
    other = run_script(*options, "--labels", "neg,pos", output="first", check=False)
    assert "is of another model (amsdff, labels ['pos', 'neg'])" in other.stderr
    run_script(*options[:3], "--max_steps", "1", "--overwrite_output_dir", "--save_strategy", "steps", output="first")
    assert [path.name for path in (tmp_path / "first").glob("checkpoint-*")] == ["checkpoint-1"]


# --- bad input: one sentence, before anything is trained ----------------------------------------------------------


@pytest.fixture
def files(tmp_path):
    def write(name, data):
        pd.DataFrame(data).to_csv(tmp_path / name, index=False)
        return str(tmp_path / name)

    return write


FINE = {"text": ["good film", "bad film"] * 4, "label": ["a", "b"] * 4}


def test_bad_input_is_named(fail_script, files, tmp_path):
    train = files("train.csv", FINE)
    do = ["--train_file", train, "--do_train"]
    cases = {
        "it has text, label": [*do, "--text_column_names", "body"],
        "no column 'label' or 'labels'; it has text": ["--train_file", files("x.csv", {"text": ["a"]}), "--do_train"],
        "rows without text: rows 2": [
            *("--train_file", files("gap.csv", {"text": ["x", None, "y"], "label": ["a", "b", "a"]}), "--do_train")
        ],
        "at least two labels": [
            "--train_file",
            files("one.csv", {"text": ["x", "y"], "label": ["a"] * 2}),
            "--do_train",
        ],
        "not among the 2 known ones (a, b): 'c' in rows 1": [
            *(*do, "--do_eval", "--validation_file", files("dev.csv", {"text": ["x"], "label": ["c"]}))
        ],
        "There is no validation data": [*do, "--do_eval"],
        "There is nothing to do": ["--train_file", train],
        "There is no file": ["--train_file", "nope.csv", "--do_train"],
        "--loss_weights must be 3 numbers": [*do, "--loss_weights", "1"],
        "`loss_weights` must be three shares": [*do, "--loss_weights", "0,0,0"],
        "--early_stopping_patience needs": [*do, "--early_stopping_patience", "2"],
        "no trained classifier": ["--test_file", train, "--do_predict"],
        "--metric_name 'nope' cannot be loaded": [*do, "--metric_name", "nope"],
        "--seeds must be whole numbers": [*do, "--seeds", "one"],
        "--metric_for_best_model must be one of loss, accuracy": [*do, "--metric_for_best_model", "f1"],
        "--learning_rate must be above 0, got -1.0": [*do, "--learning_rate", "-1"],
        "--max_seq_length 2 leaves no room": [*do, "--max_seq_length", "2"],
        "--tune_thresholds needs validation data": [*do, "--tune_thresholds"],
        "--augment_probability must be from 0 to 1, got 2.0": [*do, "--augment_probability", "2"],
        "`operations` must be some of synonym, insertion": [
            *(*do, "--augment_probability", "0.5", "--augment_operations", "shuffle")
        ],
        "Field 'num_experts' expected int, got str (value: '2')": [*do, "--head_fields", '{"num_experts": "2"}'],
        "--head_fields must not hold labels": [*do, "--head_fields", '{"labels": ["a"]}'],
        "--head_fields must be a JSON object": [*do, "--head_fields", "num_experts=2"],
        "--head_fields: `num_expert` is neither a field of AmsdffConfig nor": [
            *(*do, "--head_fields", '{"num_expert": 2}')
        ],
        "publish the one that you choose": [*do, "--seeds", "1,2", "--push_to_hub"],
        "--card_license: `license` 'free' is none": [*do, "--card_license", "free"],
        "holds no model_card.json": [*do, "--card_baseline", "nowhere"],
        "--states_precision bfloat16 is for states that are kept": [*do, "--states_precision", "bfloat16"],
        "pass one of them": [*do, "--lora_rank", "2", "--freeze_backbone"],
        "Regression needs numbers, but the train label in row 1 is 'a'": [*do, "--do_regression", "true"],
    }
    for message, options in cases.items():
        assert message in fail_script(*options), message
    assert "'no/such' is neither a folder" in fail_script(*do, model="no/such")
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "thesis.docx").touch()
    assert "is not empty and holds no checkpoint" in fail_script(*do)


def test_arguments_may_stand_in_a_json_file(monkeypatch, tmp_path, bert_folder):
    options = {"model_name_or_path": bert_folder, "output_dir": str(tmp_path / "o"), "train_file": "nope.csv"}
    (tmp_path / "arguments.json").write_text(json.dumps({**options, "do_train": True, "use_cpu": True}))
    monkeypatch.setattr(sys, "argv", [str(SCRIPT), str(tmp_path / "arguments.json")])
    with pytest.raises(SystemExit, match="There is no file 'nope.csv'"):
        runpy.run_path(str(SCRIPT), run_name="__main__")


HF_ARGUMENTS = """
model_name_or_path config_name tokenizer_name cache_dir use_fast_tokenizer model_revision token trust_remote_code
ignore_mismatched_sizes dataset_name dataset_config_name do_regression text_column_names text_column_delimiter
train_split_name validation_split_name test_split_name remove_splits remove_columns label_column_name max_seq_length
preprocessing_num_workers overwrite_cache pad_to_max_length shuffle_train_dataset shuffle_seed max_train_samples
max_eval_samples max_predict_samples metric_name train_file validation_file test_file
"""


def test_every_argument_of_transformers_script_exists(run_python):
    usage = run_python(SCRIPT, "--help").stdout
    missing = [name for name in HF_ARGUMENTS.split() if f"--{name}" not in usage]
    assert missing == []
