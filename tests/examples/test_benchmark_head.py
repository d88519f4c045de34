import re

from tests.conftest import ROOT


def test_table_has_times_ratio_floor_and_memory(run_python):
    done = run_python(
        ROOT / "examples" / "benchmark_head.py",
        *("--backbones", "minilm", "--lengths", "16", "--threads", "1", "--batch_size", "2", "--seconds", "0.1"),
    )
    rows = [line.split() for line in done.stdout.splitlines() if line.startswith("minilm")]
    models = ["amsdff", "pyramid_graph", "cnn_bilstm", "amccl", "differential"]
    assert [row[1] for row in rows] == ["inference"] * 5 + ["training"] * 5
    assert [row[4] for row in rows] == models * 2
    for row in rows:
        plain, timed, ratio, floor = map(float, row[5:9])
        assert abs(ratio - timed / plain) < 0.1
        assert 1.0 < floor < 1.6
        assert (len(row) == 12) == row[9].endswith("%") == (row[4] != "differential")
        assert all(re.fullmatch(r"\d+\.\d", cell) and float(cell) > 0 for cell in row[-2:])
