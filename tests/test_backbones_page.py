import re

import transformers

from tests.conftest import ROOT
from tests.sweep.checks import Row
from tests.sweep.facts import NOT_FOR_TEXTS
from tests.sweep.report import markdown
from tests.sweep.tiny_configs import text_model_types


PAGE = (ROOT / "BACKBONES.md").read_text(encoding="utf-8")


def test_every_model_type_works_or_has_a_reason():
    """The page is of the tested version of transformers; another one may have other types."""
    rows = dict(re.findall(r"^\| ([\w.-]+) \| (yes|no) \|", PAGE, flags=re.MULTILINE))
    if f"transformers {transformers.__version__} " in PAGE:
        assert list(rows) == text_model_types()
    assert {name for name, works in rows.items() if works == "no"} == set(NOT_FOR_TEXTS)
    assert f"{len(rows) - len(NOT_FOR_TEXTS)} work, 0 fail" in PAGE


def test_page_shows_what_was_found():
    rows = [
        Row(
            "one",
            reads_right_padding=False,
            reads_left_padding=True,
            longest_text=128,
            becomes_differential=True,
            unused_parameters=["a", "b"],
        ),
        Row("two", reads_right_padding=True, reads_left_padding=True, problems=["training: a|b"]),
        Row("three", not_for_texts="needs images"),
    ]
    page = markdown(rows)
    assert "3 types: 1 work, 1 fail, 1 cannot" in page
    assert "| one | yes | ignored | changed | limited | yes | tensors without a gradient: 2 |" in page
    assert "| two | no | changed | changed | any | no | training: a\\|b |" in page
    assert "| three | no |  |  |  |  | needs images |" in page
