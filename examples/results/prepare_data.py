# Copyright 2026 The amsdff_hf authors. Licensed under the Apache License, Version 2.0.
"""Split the data of the measurements in NOTES.md and write the suites that `benchmark_accuracy.py` reads.

python examples/results/prepare_data.py ../shared/data runs/benchmark_data
"""

import argparse
import json
from pathlib import Path

from datasets import Dataset


# Training texts that validate where a data set has no validation split.
HELD_OUT = {"ag_news": 1000, "20newsgroups_stripped": 1000, "20newsgroups": 1000, "sanad": 400}
# Of 36,926, since five seeds of every head on all of them would take days; `ag_news_whole` has them all.
AG_NEWS_TEXTS = 8000
COLUMNS = {"text", "title", "abstract", "label"}
OPTIONS = {
    "ag_news": {"text_column_names": "text", "max_seq_length": 96},
    "ag_news_whole": {"text_column_names": "text", "max_seq_length": 96},
    "20newsgroups_stripped": {"text_column_names": "text", "max_seq_length": 128, "empty_text": "keep"},
    "arxiv": {"text_column_names": "title", "text_pair_column_name": "abstract", "max_seq_length": 192},
    "sanad": {"text_column_names": "text", "max_seq_length": 128},
    "20newsgroups": {"text_column_names": "text", "max_seq_length": 256},
    "arxiv_joined": {"text_column_names": "text", "max_seq_length": 256},
}
# Abstracts of one subject in a text of `arxiv_joined`: too long for a window of 512 tokens.
JOINED = 3
WHOLE = ("ag_news", "20newsgroups_stripped", "arxiv", "sanad", "20newsgroups")
# What two processor cores can fine-tune in a few hours; most AG News texts are shorter than the others anyway.
SHORT = {"ag_news": 128, "20newsgroups_stripped": 64, "arxiv": 64, "sanad": 64}
# What each suite holds: data sets and their lengths, and rows of each split (all if not said).
SUITES: dict[str, tuple[dict[str, int], dict[str, int]]] = {
    "suite": ({name: OPTIONS[name]["max_seq_length"] for name in WHOLE}, {}),
    "fine_tuning": (SHORT, {"train": 1500, "validation": 500, "test": 2000}),
    "whole": ({"ag_news_whole": 96}, {}),
    "long": ({"20newsgroups": 256, "arxiv_joined": 256}, {"train": 4000, "validation": 500, "test": 2000}),
}


def read_splits(folder: Path, name: str) -> dict[str, Dataset]:
    """Return training, test and, where there is one, validation texts of a data set."""
    single = {"arxiv": "arxiv_cs4", "sanad": "sanad_khaleej_small"}
    if name not in single:
        return {role: Dataset.from_parquet(str(folder / f"{name}_{role}.parquet")) for role in ("train", "test")}
    rows = Dataset.from_parquet(str(folder / f"{single[name]}.parquet"))
    return {role: rows.filter(lambda row, role=role: row["split"] == role) for role in sorted(set(rows["split"]))}


def split_all(folder: Path, name: str) -> dict[str, Dataset]:
    """Return the three splits of a data set."""
    if name == "arxiv_joined":
        return {role: join_abstracts(rows) for role, rows in split_all(folder, "arxiv").items()}
    source = name.removesuffix("_whole")
    splits = read_splits(folder, source)
    splits["train"] = splits["train"].shuffle(seed=0)
    if "validation" not in splits:
        train, held_out = splits["train"], HELD_OUT[source]
        count = min(len(train), AG_NEWS_TEXTS + held_out) if source == "ag_news" else len(train)
        splits["validation"] = train.select(range(count - held_out, count))
        # With the same texts first, and the same validation texts.
        further = [] if name == source else range(count, len(train))
        splits["train"] = train.select([*range(count - held_out), *further])
    return {role: rows.select_columns(sorted(COLUMNS & set(rows.column_names))) for role, rows in splits.items()}


def join_abstracts(rows: Dataset) -> Dataset:
    """Make long texts: titles and abstracts of one subject, a few in each."""
    texts = []
    for label in sorted(set(rows["label"])):
        of_label = [f"{row['title']}. {row['abstract']}" for row in rows if row["label"] == label]
        groups = zip(*[iter(of_label)] * JOINED)
        texts += [{"text": " ".join(group), "label": label} for group in groups]
    return Dataset.from_list(texts).shuffle(seed=0)


def main() -> None:
    """Write three files for each data set of each suite, and the suites."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("data", type=Path, help="folder with the parquet files")
    parser.add_argument("output", type=Path, help="folder to write to")
    arguments = parser.parse_args()
    arguments.output.mkdir(parents=True, exist_ok=True)
    splits = {name: split_all(arguments.data, name) for name in OPTIONS}
    for suite, (lengths, sizes) in SUITES.items():
        options = {name: OPTIONS[name] | {"max_seq_length": length} for name, length in lengths.items()}
        for name in lengths:
            for role, rows in splits[name].items():
                path = arguments.output / f"{name}_{role}.parquet"
                if len(rows) > sizes.get(role, len(rows)):
                    # The first rows of some splits are all of the same labels.
                    rows = rows.shuffle(seed=1).select(range(sizes[role]))
                    path = path.with_stem(f"{path.stem}_{sizes[role]}")
                rows.to_parquet(str(path))
                options[name][f"{role}_file"] = str(path)
                print(f"{suite}: {path}: {len(rows):,}")
        (arguments.output / f"{suite}.json").write_text(json.dumps(options, indent=2), encoding="utf-8")


if __name__ == "__main__":
    main()
