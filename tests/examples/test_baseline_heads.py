import runpy

import pytest
import torch
import torch.nn.functional as F

from tests.conftest import ROOT, padded_texts


HEADS = runpy.run_path(str(ROOT / "examples" / "baseline_heads.py"))
KINDS = ("attention", "bigru", "bilstm", "cnn", "linear-first", "linear-max", "linear-mean", "linear-mean-max")


@pytest.mark.parametrize("kind", KINDS)
def test_every_baseline_learns_and_does_not_see_padding(bert_config, kind):
    torch.manual_seed(0)
    model = HEADS["BaselineForSequenceClassification"](HEADS["BaselineConfig"](backbone_config=bert_config, kind=kind))
    ids, mask = padded_texts()
    model.train()(ids, attention_mask=mask, labels=torch.tensor([0, 1, 0, 1])).loss.backward()
    assert all(p.grad is not None and p.grad.isfinite().all() for p in model.classifier.parameters())
    model.eval()
    with torch.no_grad():
        logits = model(ids, attention_mask=mask).logits
        padded = model(F.pad(ids, (0, 7)), attention_mask=F.pad(mask, (0, 7))).logits
    torch.testing.assert_close(padded, logits, atol=1e-5, rtol=0)
