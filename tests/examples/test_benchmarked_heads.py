import runpy

import pytest
import torch
from transformers import BertModel

from tests.conftest import ROOT, padded_texts


@pytest.fixture
def heads():
    return runpy.run_path(str(ROOT / "examples" / "benchmarked_heads.py"))["HEADS"]


def test_every_head_is_built_and_is_another_one(heads, bert_config, tmp_path):
    # A quarter of four is one.
    bert_config.num_hidden_layers = 4
    BertModel(bert_config).save_pretrained(tmp_path)
    ids, mask = padded_texts()
    kinds = {}
    for name, build in heads.items():
        torch.manual_seed(0)
        model = build(str(tmp_path), labels=["a", "b", "c"]).eval()
        assert model(ids, attention_mask=mask).logits.shape == (4, 3), name
        kinds.setdefault((str(model.config.to_diff_dict()), str(model)), []).append(name)
    # On windows they are the same heads.
    assert [names for names in kinds.values() if len(names) > 1] == [
        ["linear-mean-max", "linear-windows"],
        ["amsdff", "amsdff-windows"],
    ]
