# Copyright 2026 The amsdff_hf authors. Licensed under the Apache License, Version 2.0.
"""A corpus in files, too large for memory: read in chunks of rows, and what becomes of each chunk written at once."""

import json
import os
import uuid
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, chain, count, islice, pairwise
from typing import Any

import fsspec
import pyarrow as pa
import pyarrow.parquet as pq


_ROWS_AT_ONCE = 1024
_JSON_LINES = (".jsonl", ".jsonl.gz", ".json", ".json.gz")


@dataclass(frozen=True)
class Chunk:
    """Some rows of a file, one after the other.

    Args:
        file: number of the file in the corpus, from 0.
        number: number of the chunk in the file, from 0.
        start: its first row in the file, from 0.
    """

    file: int
    number: int
    start: int

    @property
    def part(self) -> str:
        """Name of the file with what became of it."""
        return f"part-{self.file:05d}-{self.number:06d}.parquet"


def find_files(patterns: Sequence[str], leave_out: str | None = None) -> list[str]:
    """Find parquet and JSON-lines files by paths, folders or patterns, local or at any URL that fsspec knows.

    Args:
        patterns: where to look.
        leave_out: a folder of which nothing is taken, such as that of the results.

    Returns:
        The paths, sorted, so that a file has the same number however the patterns were ordered or a shell expanded
        them.

    Raises:
        FileNotFoundError: if a pattern finds nothing.
        ValueError: if a file is of another type, or a folder has folders inside.
    """
    found: list[str] = []
    own = None if leave_out is None else fsspec.core.url_to_fs(leave_out)[1].rstrip("/")
    for pattern in patterns:
        system, path = fsspec.core.url_to_fs(pattern)
        is_folder = system.isdir(path)
        entries = system.glob(f"{path.rstrip('/')}/*" if is_folder else path, detail=True)
        if own is not None:
            entries = {name: entry for name, entry in entries.items() if not f"{name}/".startswith(f"{own}/")}
        paths = [name for name, entry in entries.items() if entry["type"] == "file"]
        if is_folder and len(paths) < len(entries):
            inner = next(name for name, entry in entries.items() if entry["type"] != "file")
            raise ValueError(
                f"{pattern!r} holds the folder {inner!r}, whose files would be left out: name the files by a pattern, "
                f"{pattern.rstrip('/')}/*.parquet without it or {pattern.rstrip('/')}/**/*.parquet with it."
            )
        if "://" in pattern:
            paths = [system.unstrip_protocol(one) for one in paths]
        if not paths:
            outside = "" if leave_out is None else f" outside of {leave_out!r}"
            raise FileNotFoundError(
                f"No file is found under {pattern!r}{outside}: write a path, a folder or a pattern like *."
            )
        found += paths
    wrong = [path for path in found if not path.endswith((".parquet", *_JSON_LINES))]
    if wrong:
        raise ValueError(
            f"{wrong[0]!r} is neither .parquet nor .jsonl: convert it, or name other files, as by *.parquet."
        )
    return sorted(set(found))


def iterate_chunks(
    path: str, file: int, columns: Sequence[str], rows_per_chunk: int, is_wanted: Callable[[Chunk], bool]
) -> Iterator[tuple[Chunk, Iterator[dict[str, Any]]]]:
    """Go through the wanted chunks of a file; the rows of each have to be read before the next one is asked for.

    Args:
        path: a file that [`find_files`] found.
        file: its number in the corpus.
        columns: what to read.
        rows_per_chunk: rows of a chunk; the last one of a file may have fewer.
        is_wanted: which chunks to read; the rows of the others are skipped.

    Yields:
        A chunk, and its rows with these columns; empty lines are no rows.

    Raises:
        ValueError: if a column is missing, or a line is no JSON object.
    """
    read = _parquet_chunks if path.endswith(".parquet") else _json_chunks
    yield from read(path, file, columns, rows_per_chunk, is_wanted)


def _parquet_chunks(path, file, columns, rows_per_chunk, is_wanted):
    with fsspec.open(path, "rb") as opened:
        table = pq.ParquetFile(opened)
        names = table.schema_arrow.names
        for column in columns:
            _expect_column(column, names, path)
        sizes = [table.metadata.row_group(group).num_rows for group in range(table.num_row_groups)]
        bounds = [0, *accumulate(sizes)]
        for number, start in enumerate(range(0, bounds[-1], rows_per_chunk)):
            chunk = Chunk(file, number, start)
            if is_wanted(chunk):
                yield chunk, _parquet_rows(table, columns, bounds, start, min(start + rows_per_chunk, bounds[-1]))


def _parquet_rows(table, columns, bounds, start, stop):
    groups = [g for g, (first, end) in enumerate(pairwise(bounds)) if first < stop and start < end]
    position = bounds[groups[0]]
    for batch in table.iter_batches(_ROWS_AT_ONCE, row_groups=groups, columns=list(columns)):
        if position >= stop:
            return
        first, end = max(start - position, 0), min(stop - position, len(batch))
        position += len(batch)
        if first < end:
            yield from batch.slice(first, end - first).to_pylist()


def _json_chunks(path, file, columns, rows_per_chunk, is_wanted):
    with fsspec.open(path, "rt", compression="infer", encoding="utf-8") as opened:
        rows = (line for line in opened if not line.isspace())
        for number in count():
            chunk = Chunk(file, number, number * rows_per_chunk)
            lines = islice(rows, rows_per_chunk)
            first = next(lines, None)
            if first is None:
                return
            if is_wanted(chunk):
                yield chunk, _json_rows(chain([first], lines), columns, path, chunk.start)
            else:
                deque(lines, maxlen=0)


def _json_rows(lines, columns, path, start):
    for number, line in enumerate(lines, start=start):
        try:
            row = json.loads(line)
        except json.JSONDecodeError:
            row = None
        if not isinstance(row, dict):
            raise ValueError(f"Row {number} of {path} is no JSON object: {line.strip()!r:.80}.")
        for column in columns:
            _expect_column(column, list(row), f"row {number} of {path}")
        yield {column: row[column] for column in columns}


def _expect_column(column, names, where):
    if column not in names:
        raise ValueError(f"There is no column {column!r} in {where}: it has {', '.join(names)}.")


def column_types(path: str, columns: Sequence[str]) -> dict[str, pa.DataType]:
    """Return the types of columns of a file, which all its chunks share: those of parquet, text for JSON lines."""
    if not path.endswith(".parquet"):
        return dict.fromkeys(columns, pa.string())
    with fsspec.open(path, "rb") as opened:
        schema = pq.read_schema(opened)
    return {column: schema.field(column).type for column in columns}


def write_part(folder: str, name: str, columns: dict[str, Any]) -> None:
    """Write a parquet file that is there whole or not at all, whenever the process is killed.

    Args:
        folder: local folder or URL.
        name: name of the file.
        columns: its contents.
    """
    written = pa.BufferOutputStream()
    pq.write_table(pa.table(columns), written)
    write_whole(f"{folder.rstrip('/')}/{name}", written.getvalue().to_pybytes())
    # Left by a process that was killed over the same chunk.
    system, path = fsspec.core.url_to_fs(folder)
    system.invalidate_cache()
    for one in system.glob(f"{path}/.{name}.*"):
        system.rm(one)


def write_whole(url: str, content: bytes) -> None:
    """Write a file that is there whole or not at all, whenever the process is killed.

    Args:
        url: local path or URL.
        content: all of it.
    """
    system, path = fsspec.core.url_to_fs(url)
    folder, _, name = path.rpartition("/")
    system.makedirs(folder, exist_ok=True)
    unfinished = f"{folder}/.{name}.{uuid.uuid4().hex}"
    with system.open(unfinished, "wb") as file:
        file.write(content)
    system.mv(unfinished, path)


def finished_parts(folder: str) -> set[str]:
    """Return the names of the whole parts in a folder; none if it does not exist."""
    system, path = fsspec.core.url_to_fs(folder)
    # Some file systems remember what they have listed before.
    system.invalidate_cache()
    names = {os.path.basename(one) for one in system.ls(path, detail=False)} if system.exists(path) else set()
    return {name for name in names if name.startswith("part-")}
