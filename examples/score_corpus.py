# Copyright 2026 The amsdff_hf authors. Licensed under the Apache License, Version 2.0.
"""Score a corpus of any size: parquet or JSON-lines files in, parquet files out, with any number of processes.

    python examples/score_corpus.py runs/mine "corpus/*.parquet" --output_dir scored
    torchrun --nproc_per_node 8 examples/score_corpus.py runs/mine s3://bucket/corpus --output_dir s3://bucket/scored

Each process reads chunks of rows of its own, and writes what it makes of a chunk at once. Given again after it was
interrupted or killed, the same command goes on where it stopped: no row is lost, and none is there twice.
"""

import argparse
import hashlib
import json
import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import fsspec
import numpy as np
import pyarrow as pa
import torch
from accelerate import PartialState
from accelerate.utils import broadcast_object_list
from transformers import AutoTokenizer, PreTrainedConfig, PreTrainedModel, PreTrainedTokenizerBase

from amsdff_hf import score
from amsdff_hf.data import (
    Chunk,
    column_types,
    digest_of_rows,
    digest_of_tokenizer,
    digest_of_weights,
    find_files,
    finished_parts,
    iterate_chunks,
    label_space_of,
    write_part,
    write_whole,
)
from amsdff_hf.inference import OnnxClassifier, fastest_precision, in_precision
from amsdff_hf.training import ModelArguments, check_kind_of_texts, load_trained, predicted_labels, readable_labels


# Readers of a folder of parquet files pass over what begins with an underscore.
RECORD = "_corpus.json"
OWN_COLUMNS = ("file", "row", "label", "score", "scores")


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
    parser.add_argument("--onnx_file", help="compute by this file, which export_onnx.py made of the model, on the CPU")
    parser.add_argument("--rows_per_chunk", type=int, default=50_000, help="rows that are written at once")
    parser.add_argument("--tokens_per_batch", type=int, help="tokens of a batch; by the device if not given")
    parser.add_argument("--use_cpu", action="store_true", help="leave a GPU alone")
    return parser.parse_args()


def describe_run(
    arguments: argparse.Namespace, files: list[str], computed_by: dict[str, str], tokenizer: PreTrainedTokenizerBase
) -> dict[str, Any]:
    """Collect all that decides what is written, so that no other run goes on with it unnoticed."""
    columns = ("text_column_name", "text_pair_column_name", "keep_columns", "all_scores")
    # In int8, scores depend a little on the batch.
    names = (*columns, "max_length", "rows_per_chunk", "tokens_per_batch")
    sizes = {path: fsspec.core.url_to_fs(path)[0].size(path) for path in files}
    asked = {name: getattr(arguments, name) for name in names}
    return {**computed_by, "tokenizer": digest_of_tokenizer(tokenizer), **asked, "files": sizes}


def choose_precision(arguments: argparse.Namespace, device: torch.device) -> str:
    """Return one number format for all processes and restarts: that of the record, or the fastest one here."""
    if arguments.precision != "auto":
        return arguments.precision
    recorded = read_record(arguments.output_dir) or {}
    # What an ONNX file began has none, and is refused later, with a sentence.
    chosen = recorded["precision"].removeprefix("torch.") if "precision" in recorded else fastest_precision(device)
    # Always, since one process may see a record that another one did not see yet.
    return broadcast_object_list([chosen])[0]


def load_classifier(
    arguments: argparse.Namespace, state: PartialState
) -> tuple[PreTrainedConfig, PreTrainedModel | OnnxClassifier, dict[str, str]]:
    """Return the config, what computes the scores, and of which model it does so, in which format or by which file.

    Raises:
        ValueError: if a number format is asked of an ONNX file, or that file was made of another model.
    """
    model = load_trained(ModelArguments(arguments.model))
    weights = digest_of_weights(model)
    # Before the model is converted: in another format it is still the same one.
    computed_by = {"model": digest_of_rows([model.config.to_json_string(), weights])}
    if arguments.onnx_file is None:
        precision = choose_precision(arguments, state.device)
        model = in_precision(model.to(state.device), precision)
        return model.config, model, computed_by | {"precision": str(model.dtype)}
    if arguments.precision != "auto":
        raise ValueError("--onnx_file has its own number format: leave --precision out.")
    classifier = OnnxClassifier(arguments.onnx_file, num_threads=1, num_parallel=torch.get_num_threads())
    if classifier.source != weights:
        raise ValueError(
            f"{arguments.onnx_file} was not made of the weights in {arguments.model}: run export_onnx.py on them."
        )
    digest = hashlib.sha256(Path(arguments.onnx_file).read_bytes()).hexdigest()
    return model.config, classifier, computed_by | {"onnx_file": digest}


def read_record(folder: str) -> dict[str, Any] | None:
    """Return the description of the run that a folder belongs to; `None` if it is free."""
    system, path = fsspec.core.url_to_fs(f"{folder.rstrip('/')}/{RECORD}")
    # Some file systems remember what they have listed before.
    system.invalidate_cache()
    return json.loads(system.cat_file(path)) if system.exists(path) else None


def check_same_run(folder: str, run: dict[str, Any]) -> None:
    """Refuse to go on in the folder of another run; a free one gets the description of this run.

    Raises:
        ValueError: with what is not the same, or if there are parts of which nothing tells how they were made.
    """
    before = read_record(folder)
    if before is None:
        if finished_parts(folder):
            raise ValueError(
                f"{folder} holds scores without {RECORD}, which says how they were made: choose another --output_dir, "
                "or delete that folder."
            )
        write_whole(f"{folder.rstrip('/')}/{RECORD}", json.dumps(run, indent=2).encode())
        return
    other = [name for name in run | before if run.get(name) != before.get(name)]
    if other:
        difference = describe_difference(before.get(other[0]), run.get(other[0]))
        raise ValueError(
            f"{folder} belongs to a run with other {other[0]} ({difference}): choose another --output_dir, delete "
            "that folder, or give the same command again."
        )


def describe_difference(before: Any, now: Any) -> str:
    """Write what changed; of the sizes of many files, the first one that did."""
    if not (isinstance(before, dict) and isinstance(now, dict)):
        return f"{before!r:.80}, now {now!r:.80}"
    path = next(path for path in sorted(before | now) if before.get(path) != now.get(path))
    sizes = [f"{files[path]:,} bytes" if path in files else "not there" for files in (before, now)]
    return f"{path}: {sizes[0]}, now {sizes[1]}"


def check_apart(folder: str, files: list[str]) -> None:
    """Refuse to write scores among the files of the corpus, of which they would become a part.

    Raises:
        ValueError: with a file in the output folder.
    """
    _, own = fsspec.core.url_to_fs(folder)
    for path in files:
        if fsspec.core.url_to_fs(path)[1].rpartition("/")[0] == own.rstrip("/"):
            raise ValueError(f"--output_dir {folder} holds {path}, which is to be scored: choose a folder of its own.")


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


def as_written(values: list[Any], kind: pa.DataType) -> list[Any]:
    """Values of a kept column, as text where its type is text."""
    if not pa.types.is_string(kind):
        return values
    return [value if value is None or isinstance(value, str) else json.dumps(value) for value in values]


class ChunkScorer:
    """Scores the rows of a chunk and lays the results out in columns."""

    def __init__(
        self,
        arguments: argparse.Namespace,
        config: PreTrainedConfig,
        classifier: PreTrainedModel | OnnxClassifier,
        tokenizer: PreTrainedTokenizerBase,
    ):
        self._arguments, self._classifier, self._tokenizer = arguments, classifier, tokenizer
        self._space, self._thresholds = label_space_of(config), getattr(config, "thresholds", None)
        self._texts = [n for n in (arguments.text_column_name, arguments.text_pair_column_name) if n is not None]
        self._kept = [name.strip() for name in arguments.keep_columns.split(",") if name.strip()]
        taken = sorted(set(self._kept) & set(OWN_COLUMNS))
        if taken:
            raise ValueError(f"--keep_columns {taken[0]!r} is the name of a column that is written: rename it before.")
        if self._space.problem_type == "regression" and len(self._space.names) > 1:
            raise ValueError(f"The model predicts {len(self._space.names)} numbers, and only one can be written.")
        check_kind_of_texts(config, arguments.text_pair_column_name is not None)
        self.columns = list(dict.fromkeys([*self._texts, *self._kept]))

    def __call__(self, chunk: Chunk, path: str, rows: Iterable[dict[str, Any]]) -> dict[str, Any]:
        """Return the columns `file`, `row`, `label`, `score` or `scores`, and those that are kept.

        Those of JSON lines are kept as text, since what looks like a number in one chunk may not in the next one.
        """
        types = column_types(path, self._kept)
        kept: dict[str, list] = {name: [] for name in self._kept}

        def texts() -> Iterator[str | tuple[str, str]]:
            for number, row in enumerate(rows, start=chunk.start):
                for name in self._kept:
                    kept[name].append(row[name])
                yield as_text(row, number, path, self._texts)

        options = {name: getattr(self._arguments, name) for name in ("max_length", "tokens_per_batch")}
        options["problem_type"] = self._space.problem_type
        scores = np.stack(list(score(texts(), self._classifier, self._tokenizer, **options)))
        predicted = predicted_labels(scores, self._space.problem_type, self._thresholds)
        if self._space.problem_type == "multi_label_classification":
            named = [[name for name, one in zip(self._space.names, row, strict=True) if one] for row in predicted]
            # The type is given for parts in which no text has a label.
            labels = pa.array(named, pa.list_(pa.string()))
        else:
            labels = readable_labels(predicted, self._space.problem_type, self._space.names)
        numbers = np.arange(chunk.start, chunk.start + len(scores))
        arrays = {name: pa.array(as_written(kept[name], types[name]), types[name]) for name in self._kept}
        columns = {"file": [path] * len(scores), "row": numbers, **arrays, "label": labels}
        return columns | ({"scores": list(scores)} if self._arguments.all_scores else {"score": scores.max(axis=-1)})


def main() -> None:
    """Score every chunk of this process that is not there yet."""
    arguments = parse_arguments()
    if arguments.rows_per_chunk < 1:
        raise ValueError(f"--rows_per_chunk must be at least 1, got {arguments.rows_per_chunk}.")
    # For its number, its device and the number format: later, the processes never wait for each other.
    state = PartialState(cpu=arguments.use_cpu)
    # The scores of a run that goes on are no part of its corpus, wherever they lie.
    goes_on = read_record(arguments.output_dir) is not None
    files = find_files(arguments.files, leave_out=arguments.output_dir if goes_on else None)
    check_apart(arguments.output_dir, files)
    config, classifier, computed_by = load_classifier(arguments, state)
    form = computed_by.get("precision", "the format of the ONNX file").removeprefix("torch.")
    print(f"process {state.process_index}: computing in {form}", flush=True)
    tokenizer = AutoTokenizer.from_pretrained(arguments.model)
    scorer = ChunkScorer(arguments, config, classifier, tokenizer)
    run = describe_run(arguments, files, computed_by, tokenizer)
    check_same_run(arguments.output_dir, run)
    done = finished_parts(arguments.output_dir)

    def is_wanted(chunk: Chunk) -> bool:
        is_mine = (chunk.file + chunk.number) % state.num_processes == state.process_index
        return is_mine and chunk.part not in done

    start, num_rows = time.perf_counter(), 0
    for number, path in enumerate(files):
        for chunk, rows in iterate_chunks(path, number, scorer.columns, arguments.rows_per_chunk, is_wanted):
            columns = scorer(chunk, path, rows)
            # Two different runs may have begun in the same moment, and the record is that of one of them.
            check_same_run(arguments.output_dir, run)
            write_part(arguments.output_dir, chunk.part, columns)
            num_rows += len(columns["row"])
            speed = num_rows / (time.perf_counter() - start)
            print(
                f"process {state.process_index}: {chunk.part}, {num_rows:,} rows so far, {speed:,.0f} per second",
                flush=True,
            )
    before = f"; {len(done):,} parts were there before" if done else ""
    print(f"process {state.process_index}: done, {num_rows:,} rows{before}", flush=True)
    state.destroy_process_group()


if __name__ == "__main__":
    try:
        main()
    except (ValueError, OSError, ImportError) as error:
        sys.exit(f"error: {error}")
