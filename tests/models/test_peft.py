"""LoRA by PEFT's own defaults: the backbone gets adapters, the head is trained and saved whole."""

import pytest
import torch
from peft import LoraConfig, PeftModel, get_peft_model
from peft.utils.constants import TRANSFORMERS_MODELS_TO_LORA_TARGET_MODULES_MAPPING
from safetensors.torch import load_file
from torch import nn

from tests.conftest import SIZES, random_model
from tests.sweep.checks import layer_names


IDS = torch.randint(5, SIZES["vocab_size"], (4, 9), generator=torch.Generator().manual_seed(0))
RELOAD = """
import torch, sys
from peft import PeftModel
from safetensors.torch import save_file
from transformers import AutoModelForSequenceClassification
import amsdff_hf
torch.manual_seed(99)
model = AutoModelForSequenceClassification.from_pretrained(sys.argv[1])
torch.nn.init.normal_(model.classifier.label_scores.weight)
model = PeftModel.from_pretrained(model, sys.argv[2]).eval()
ids = torch.load(sys.argv[3], weights_only=True)
with torch.no_grad():
    save_file({"logits": model(ids).logits, "merged": model.merge_and_unload()(ids).logits}, sys.argv[4])
"""


@pytest.mark.parametrize("targets", [["query", "value"], "all-linear"])
def test_whole_head_is_trained_saved_reloaded_elsewhere_and_merged(
    targets, config_class, bert_config, tmp_path, run_python
):
    model = random_model(config_class(backbone_config=bert_config))
    model.save_pretrained(tmp_path / "base")
    head = [name for name, _ in model.named_parameters() if name.startswith("classifier.")]
    adapted = get_peft_model(model, LoraConfig(task_type="SEQ_CLS", target_modules=targets, lora_dropout=0.0))
    trained = [name for name, parameter in adapted.named_parameters() if parameter.requires_grad]
    assert not any("lora" in name for name in trained if ".classifier." in name)
    assert sum(".classifier." in name for name in trained) == len(head)
    optimizer = torch.optim.SGD([p for p in adapted.parameters() if p.requires_grad], lr=0.5)
    before = adapted(IDS).logits
    adapted(IDS, labels=torch.tensor([0, 1, 1, 0])).loss.backward()
    optimizer.step()
    expected = adapted(IDS).logits
    assert not torch.equal(before, expected)

    adapted.save_pretrained(tmp_path / "adapter")
    torch.save(IDS, tmp_path / "ids.pt")
    run_python("-c", RELOAD, tmp_path / "base", tmp_path / "adapter", tmp_path / "ids.pt", tmp_path / "out")
    reloaded = load_file(tmp_path / "out")
    torch.testing.assert_close(reloaded["logits"], expected, atol=1e-6, rtol=0)
    torch.testing.assert_close(reloaded["merged"], expected, atol=1e-5, rtol=0)
    assert len(load_file(tmp_path / "adapter" / "adapter_model.safetensors")) > len(head)


def test_no_layer_of_the_head_is_named_like_a_target_of_lora(config_class, bert_config):
    """`make sweep` compares the names with those of all backbones."""
    head = random_model(config_class(backbone_config=bert_config)).classifier
    usual = TRANSFORMERS_MODELS_TO_LORA_TARGET_MODULES_MAPPING.values()
    targets = {target for names in usual if not isinstance(names, str) for target in names}
    assert {"query", "q_proj", "output"} <= targets
    assert not layer_names(head) & targets


def test_a_model_with_lora_reloads_onto_a_fresh_head(config_class, bert_config, tmp_path):
    """`from_backbone` gives everybody another random head; the adapter brings the trained one."""
    model = random_model(config_class(backbone_config=bert_config))
    backbone = {name: tensor.clone() for name, tensor in model.backbone.state_dict().items()}
    adapted = get_peft_model(model, LoraConfig(task_type="SEQ_CLS", target_modules=["query"])).eval()
    adapted.save_pretrained(tmp_path)
    fresh = random_model(config_class(backbone_config=bert_config))
    nn.init.normal_(fresh.classifier.label_scores.weight)
    fresh.backbone.load_state_dict(backbone)
    restored = PeftModel.from_pretrained(fresh, tmp_path).eval()
    torch.testing.assert_close(restored(IDS).logits, adapted(IDS).logits)
