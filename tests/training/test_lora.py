import pytest
import torch
from transformers import AutoModelForSequenceClassification

from amsdff_hf import AmsdffConfig, convert_to_differential_attention
from amsdff_hf.training import add_lora, lora
from amsdff_hf.training.arguments import ARCHITECTURES
from tests.conftest import BACKBONE_CONFIGS, random_model


@pytest.mark.parametrize("kind", [*ARCHITECTURES, "plain"])
def test_the_backbone_gets_lora_and_the_classifier_is_trained_whole(kind):
    if kind == "plain":
        model = AutoModelForSequenceClassification.from_config(BACKBONE_CONFIGS["bert"]())
    else:
        model = random_model(ARCHITECTURES[kind].config_class(backbone_config=BACKBONE_CONFIGS["bert"]()))
    adapted = add_lora(model, rank=2)
    trained = [name for name, p in adapted.named_parameters() if p.requires_grad]
    assert any("lora_" in name for name in trained)
    assert all(("lora_" in name) != (".classifier." in name) for name in trained)
    ids = torch.tensor([[5, 6, 7]])
    merged = adapted.eval().merge_and_unload()
    assert type(merged) is type(model)
    assert not any("lora" in name for name, _ in merged.named_parameters())
    assert merged(ids).logits.isfinite().all()


@pytest.mark.parametrize("form", ["query_twin", "v2"])
def test_what_differential_attention_adds_is_trained_whole(form):
    model = AutoModelForSequenceClassification.from_config(BACKBONE_CONFIGS["bert"]())
    adapted = add_lora(convert_to_differential_attention(model, form=form, fraction=0.5), rank=2)
    added = {name: p for name, p in adapted.named_parameters() if ".differential.modules_to_save" in name}
    assert added
    assert all(p.requires_grad for p in added.values())
    assert not any("lora_" in name for name in added)
    ids, labels = torch.tensor([[5, 6, 7]]), torch.tensor([1])
    adapted(ids, labels=labels).loss.backward()
    assert all(p.grad.abs().max() > 0 for p in added.values())
    assert adapted.eval().merge_and_unload()(ids).logits.isfinite().all()


def test_without_peft_the_extra_is_named(monkeypatch, bert_config):
    monkeypatch.setattr(lora, "is_peft_available", lambda: False)
    with pytest.raises(ImportError, match=r"pip install 'amsdff_hf\[peft\]'"):
        add_lora(random_model(AmsdffConfig(backbone_config=bert_config)), rank=2)
