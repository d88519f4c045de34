from tests.conftest import ROOT


SCRIPT = ROOT / "examples" / "benchmark_long_text.py"


def test_a_row_for_each_length_and_a_picture(run_python, bert_folder, tmp_path):
    options = ["--window_length", "16", "--window_overlap", "4", "--lengths", "16", "64", "--repeats", "2"]
    done = run_python(SCRIPT, bert_folder, *options, "--output_dir", "out")
    lines = done.stdout.splitlines()
    numbers = [
        [float(cell.replace(",", "")) for cell in line.split()] for line in lines if line.startswith(("16 ", "64 "))
    ]
    assert [row[0] for row in numbers] == [16, 64]
    assert all(0 < head < whole for _, whole, head, _ in numbers)
    assert "windows of 16 tokens, each with 4 of the one before" in done.stdout
    assert (tmp_path / "out" / "long_text.png").stat().st_size > 1000
