# Copyright 2026 The amsdff_hf authors. Licensed under the Apache License, Version 2.0.
"""Score a corpus of any size: parquet or JSON-lines files in, parquet files out, with any number of processes.

    python examples/score_corpus.py runs/mine "corpus/*.parquet" --output_dir scored
    torchrun --nproc_per_node 8 examples/score_corpus.py runs/mine s3://bucket/corpus --output_dir s3://bucket/scored

Each process reads chunks of rows of its own, and writes what it makes of a chunk at once. Given again after an
interruption of any kind, the same command goes on where it stopped: no row is lost, and none is there twice.
"""

import argparse
import json
import sys
import time
from collections.abc import Iterable, Iterator
from typing import Any

import fsspec
import numpy as np
from accelerate import PartialState
from transformers import AutoTokenizer, PreTrainedModel, PreTrainedTokenizerBase

from amsdff_hf import score
from amsdff_hf.data import (
    Chunk,
    find_files,
    finished_parts,
    iterate_chunks,
    label_space_of,
    remove_unfinished,
    write_part,
)
from amsdff_hf.inference import in_precision
from amsdff_hf.training import ModelArguments, load_trained, predicted_labels, readable_labels


RECORD = "corpus.json"


def parse_arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__.split("\n")[0], formatter_class=argparse.ArgumentDefaultsHelpFormatter
    )
    parser.add_argument("model", help="trained classifier, ours or any of transformers: folder or name on the Hub")
    parser.add_argument("files", nargs="+", help="parquet or JSON-lines files: paths, folders, patterns or URLs")
    parser.add_argument("--output_dir", required=True, help="folder or URL for the scores")
    parser.add_argument("--text_column_name", default="text", help="column of the text")
    parser.add_argument("--text_pair_column_name", help="column of the second text of each pair")
    parser.add_argument("--keep_columns", default="", help="further columns to write along, separated by commas")
    parser.add_argument("--all_scores", action="store_true", help="write the score of every label, not the best alone")
    parser.add_argument("--max_length", type=int, help="longest text in tokens; if not given, where training cut")
    parser.add_argument("--precision", default="auto", help="auto, bfloat16, float16 or float32")
    parser.add_argument("--rows_per_chunk", type=int, default=50_000, help="rows that are written at once")
    parser.add_argument("--tokens_per_batch", type=int, help="tokens of a batch; by the device if not given")
    parser.add_argument("--use_cpu", action="store_true", help="leave a GPU alone")
    return parser.parse_args()


def prepare(arguments: argparse.Namespace, state: PartialState) -> tuple[list[str], set[str]]:
    """Find what there is to read and what is done already; refuse to go on with something else.

    Raises:
        ValueError: if the folder holds scores of other files, or by other arguments.
    """
    if arguments.rows_per_chunk < 1:
        raise ValueError(f"--rows_per_chunk must be at least 1, got {arguments.rows_per_chunk}.")
    files = find_files(arguments.files)
    done = finished_parts(arguments.output_dir)
    asked = {name: value for name, value in vars(arguments).items() if name not in ("use_cpu", "tokens_per_batch")}
    asked["files"] = files
    path = f"{arguments.output_dir.rstrip('/')}/{RECORD}"
    system, _ = fsspec.core.url_to_fs(path)
    state.wait_for_everyone()
    if system.exists(path):
        with fsspec.open(path, "rt", encoding="utf-8") as file:
            before = json.load(file)
        other = [name for name in asked if asked[name] != before.get(name)]
        if other:
            raise ValueError(
                f"{arguments.output_dir} holds scores of a run with another {other[0]} ({before.get(other[0])!r}, now "
                f"{asked[other[0]]!r}): choose another --output_dir, or give the same command again."
            )
    state.wait_for_everyone()
    if state.is_main_process:
        remove_unfinished(arguments.output_dir)
        with fsspec.open(path, "wt", encoding="utf-8") as file:
            json.dump(asked, file, indent=2)
    state.wait_for_everyone()
    return files, done


def as_text(row: dict[str, Any], number: int, path: str, columns: list[str]) -> str | tuple[str, str]:
    """Pick the text of a row, or the two of a pair.

    Raises:
        ValueError: if one of them is missing.
    """
    texts = tuple(row[column] for column in columns)
    if not all(isinstance(text, str) for text in texts):
        raise ValueError(
            f"Row {number} of {path} has no text: {columns} are {texts!r:.80}. Give it an empty one, or leave the row "
            "out."
        )
    return texts if len(texts) > 1 else texts[0]


class ChunkScorer:
    """Scores the rows of a chunk and lays the results out in columns."""

    def __init__(self, arguments: argparse.Namespace, model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase):
        self._arguments, self._model, self._tokenizer = arguments, model, tokenizer
        self._space, self._thresholds = label_space_of(model.config), getattr(model.config, "thresholds", None)
        self._texts = [n for n in (arguments.text_column_name, arguments.text_pair_column_name) if n is not None]
        self._kept = [name.strip() for name in arguments.keep_columns.split(",") if name.strip()]
        self.columns = list(dict.fromkeys([*self._texts, *self._kept]))

    def __call__(self, chunk: Chunk, path: str, rows: Iterable[dict[str, Any]]) -> dict[str, Any]:
        """Return the columns `file`, `row`, `label`, `score` or `scores`, and those that are kept."""
        kept: dict[str, list] = {name: [] for name in self._kept}

        def texts() -> Iterator[str | tuple[str, str]]:
            for number, row in enumerate(rows, start=chunk.start):
                for name in self._kept:
                    kept[name].append(row[name])
                yield as_text(row, number, path, self._texts)

        options = {"max_length": self._arguments.max_length, "tokens_per_batch": self._arguments.tokens_per_batch}
        scores = np.stack(list(score(texts(), self._model, self._tokenizer, **options)))
        predicted = predicted_labels(scores, self._space.problem_type, self._thresholds)
        labels = readable_labels(predicted, self._space.problem_type, self._space.names)
        numbers = np.arange(chunk.start, chunk.start + len(scores))
        columns = {"file": [path] * len(scores), "row": numbers, **kept, "label": labels}
        return columns | ({"scores": list(scores)} if self._arguments.all_scores else {"score": scores.max(axis=-1)})


def main() -> None:
    """Score every chunk of this process that is not there yet."""
    arguments = parse_arguments()
    state = PartialState(cpu=arguments.use_cpu)
    files, done = prepare(arguments, state)
    model = load_trained(ModelArguments(arguments.model)).to(state.device)
    scorer = ChunkScorer(
        arguments, in_precision(model, arguments.precision), AutoTokenizer.from_pretrained(arguments.model)
    )

    def is_wanted(chunk: Chunk) -> bool:
        is_mine = (chunk.file + chunk.number) % state.num_processes == state.process_index
        return is_mine and chunk.part not in done

    start, num_rows = time.perf_counter(), 0
    for number, path in enumerate(files):
        for chunk, rows in iterate_chunks(path, number, scorer.columns, arguments.rows_per_chunk, is_wanted):
            columns = scorer(chunk, path, rows)
            write_part(arguments.output_dir, chunk.part, columns)
            num_rows += len(columns["row"])
            speed = num_rows / (time.perf_counter() - start)
            print(
                f"process {state.process_index}: {chunk.part}, {num_rows:,} rows, {speed:,.0f} per second", flush=True
            )
    state.wait_for_everyone()
    if state.is_main_process:
        print(f"{len(finished_parts(arguments.output_dir)):,} parts in {arguments.output_dir}")
    state.destroy_process_group()


if __name__ == "__main__":
    try:
        main()
    except (ValueError, OSError) as error:
        sys.exit(f"error: {error}")
