import gzip
import json

import fsspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from fsspec.implementations.local import LocalFileSystem

from amsdff_hf.data import Chunk, column_types, find_files, finished_parts, iterate_chunks, write_part


ROWS = [{"id": row, "text": f"text {row}"} for row in range(25)]


def save(path, rows=ROWS):
    if path.suffix == ".parquet":
        # Groups whose borders are not those of the chunks.
        pq.write_table(pa.Table.from_pylist(rows), path, row_group_size=7)
    else:
        content = "".join(json.dumps(row) + "\n" for row in rows).encode()
        path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)
    return str(path)


def read(path, columns=("id",), rows_per_chunk=10, is_wanted=lambda chunk: True):
    return [(chunk, list(rows)) for chunk, rows in iterate_chunks(path, 3, columns, rows_per_chunk, is_wanted)]


@pytest.mark.parametrize("name", ["a.parquet", "a.jsonl", "a.jsonl.gz"])
def test_chunks_hold_every_row_once(tmp_path, name):
    chunks = read(save(tmp_path / name), ("id", "text"))
    assert [chunk for chunk, _ in chunks] == [Chunk(3, number, 10 * number) for number in range(3)]
    assert [row for _, rows in chunks for row in rows] == ROWS
    assert chunks[2][0].part == "part-00003-000002.parquet"
    assert read(save(tmp_path / name, ROWS[:20]))[-1][0].number == 1


@pytest.mark.parametrize("name", ["a.parquet", "a.jsonl"])
def test_only_wanted_chunks_are_read(tmp_path, name):
    chunks = read(save(tmp_path / name), is_wanted=lambda chunk: chunk.number == 1)
    assert [row["id"] for _, rows in chunks for row in rows] == list(range(10, 20))


def test_files_are_found_by_path_folder_pattern_and_url(tmp_path):
    for name in ("b.parquet", "a.jsonl"):
        save(tmp_path / name)
    both = [str(tmp_path / "a.jsonl"), str(tmp_path / "b.parquet")]
    assert find_files([str(tmp_path)]) == both
    assert find_files([f"{tmp_path}/*.parquet", str(tmp_path)]) == both
    assert find_files(both[::-1]) == both
    with fsspec.open("memory://corpus/c.parquet", "wb") as file:
        pq.write_table(pa.Table.from_pylist(ROWS), file)
    assert find_files(["memory://corpus"]) == ["memory:///corpus/c.parquet"]
    assert len(read(find_files(["memory://corpus"])[0])) == 3
    with pytest.raises(FileNotFoundError, match="No file is found under .*missing"):
        find_files([str(tmp_path / "missing*")])
    (tmp_path / "year=2024").mkdir()
    inner = save(tmp_path / "year=2024" / "c.parquet")
    with pytest.raises(ValueError, match="holds the folder '.*year=2024', whose files would be left out"):
        find_files([str(tmp_path)])
    assert find_files([f"{tmp_path}/**/*.parquet"]) == [both[1], inner]
    (tmp_path / "notes.txt").write_text("")
    with pytest.raises(ValueError, match="notes.txt' is neither .parquet nor .jsonl"):
        find_files([f"{tmp_path}/*.*"])


def test_what_is_wrong_with_a_row_is_said(tmp_path):
    for name in ("a.parquet", "a.jsonl"):
        with pytest.raises(ValueError, match="There is no column 'body' in .*: it has id, text"):
            read(save(tmp_path / name), ("body",))
    (tmp_path / "b.jsonl").write_text('\n{"id": 1, "text": "a"}\n\n{"id": 2, "text": "b"}\n\n')
    ((_, rows),) = read(str(tmp_path / "b.jsonl"))
    assert [row["id"] for row in rows] == [1, 2]
    (tmp_path / "b.jsonl").write_text('{"id": 1}\n[2]\n')
    with pytest.raises(ValueError, match=r"Row 1 of .*b.jsonl is no JSON object: '\[2\]'"):
        read(str(tmp_path / "b.jsonl"))


def test_parts_are_there_whole_or_not_at_all(tmp_path, monkeypatch):
    folder = tmp_path / "out"
    assert finished_parts(str(folder)) == set()
    write_part(str(folder), "part-1.parquet", {"row": [1, 2]})
    real = LocalFileSystem.mv

    def killed(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(LocalFileSystem, "mv", killed)
    with pytest.raises(KeyboardInterrupt):
        write_part(str(folder), "part-2.parquet", {"row": [3]})
    assert finished_parts(str(folder)) == {"part-1.parquet"}
    assert len(list(folder.iterdir())) == 2
    monkeypatch.setattr(LocalFileSystem, "mv", real)
    write_part(str(folder), "part-2.parquet", {"row": [3]})
    assert sorted(path.name for path in folder.iterdir()) == ["part-1.parquet", "part-2.parquet"]
    assert pq.read_table(folder / "part-1.parquet")["row"].to_pylist() == [1, 2]


def test_types_are_those_of_the_file_and_not_of_the_chunk(tmp_path):
    path = save(tmp_path / "a.parquet")
    assert column_types(path, ["id", "text"]) == {"id": pa.int64(), "text": pa.string()}
    assert column_types("a.jsonl", ["id"]) == {"id": pa.string()}


def test_memory_is_a_file_system_too():
    write_part("memory://parts", "part-1.parquet", {"row": [1]})
    assert finished_parts("memory://parts") == {"part-1.parquet"}
