# Copyright 2026 The amsdff_hf authors. Licensed under the Apache License, Version 2.0.
"""Split the data of the measurements in NOTES.md and write the suite that `benchmark_accuracy.py` reads.

python examples/results/prepare_data.py ../shared/data runs/benchmark_data
"""

import argparse
import json
from pathlib import Path

from datasets import Dataset


# Training texts that validate where a data set has no validation split.
HELD_OUT = {"ag_news": 1000, "20newsgroups_stripped": 1000, "20newsgroups": 1000, "sanad": 400}
# Its order is by source; more texts would only cost time.
AG_NEWS_TEXTS = 8000
COLUMNS = {"text", "title", "abstract", "label"}
OPTIONS = {
    "ag_news": {"text_column_names": "text", "max_seq_length": 96},
    "20newsgroups_stripped": {"text_column_names": "text", "max_seq_length": 128, "empty_text": "keep"},
    "arxiv": {"text_column_names": "title", "text_pair_column_name": "abstract", "max_seq_length": 192},
    "sanad": {"text_column_names": "text", "max_seq_length": 128},
    "20newsgroups": {"text_column_names": "text", "max_seq_length": 256},
}


def read_splits(folder: Path, name: str) -> dict[str, Dataset]:
    """Return training, test and, where there is one, validation texts of a data set."""
    single = {"arxiv": "arxiv_cs4", "sanad": "sanad_khaleej_small"}
    if name not in single:
        return {role: Dataset.from_parquet(str(folder / f"{name}_{role}.parquet")) for role in ("train", "test")}
    rows = Dataset.from_parquet(str(folder / f"{single[name]}.parquet"))
    return {role: rows.filter(lambda row, role=role: row["split"] == role) for role in sorted(set(rows["split"]))}


def main() -> None:
    """Write three files for each data set, and the suite."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("data", type=Path, help="folder with the parquet files")
    parser.add_argument("output", type=Path, help="folder to write to")
    arguments = parser.parse_args()
    arguments.output.mkdir(parents=True, exist_ok=True)
    suite = {}
    for name, options in OPTIONS.items():
        splits = read_splits(arguments.data, name)
        train = splits["train"].shuffle(seed=0)
        if "validation" not in splits:
            count = min(len(train), AG_NEWS_TEXTS + HELD_OUT[name]) if name == "ag_news" else len(train)
            splits["validation"] = train.select(range(count - HELD_OUT[name], count))
            train = train.select(range(count - HELD_OUT[name]))
        splits["train"], suite[name] = train, dict(options)
        for role, rows in splits.items():
            path = arguments.output / f"{name}_{role}.parquet"
            rows.select_columns([column for column in rows.column_names if column in COLUMNS]).to_parquet(str(path))
            suite[name][f"{role}_file"] = str(path)
            print(f"{path}: {len(rows):,}")
    (arguments.output / "suite.json").write_text(json.dumps(suite, indent=2), encoding="utf-8")


if __name__ == "__main__":
    main()
