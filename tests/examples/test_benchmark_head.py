import re

from tests.conftest import ROOT


def test_table_has_times_ratio_floor_and_memory(run_python):
    done = run_python(
        ROOT / "examples" / "benchmark_head.py",
        *("--backbones", "minilm", "--lengths", "16", "--threads", "1", "--batch_size", "2", "--seconds", "0.1"),
    )
    rows = [line.split() for line in done.stdout.splitlines() if line.startswith("minilm")]
    assert [row[1] for row in rows] == ["inference", "training"]
    for row in rows:
        plain, amsdff, ratio, padding, floor = (float(cell.rstrip("%")) for cell in row[4:9])
        assert 0 < padding < 100
        assert abs(ratio - amsdff / plain) < 0.1
        assert 1.1 < floor < 1.3
        assert all(re.fullmatch(r"\d+\.\d", cell) and float(cell) > 0 for cell in row[9:])
