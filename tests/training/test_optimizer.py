import pytest
import torch
from transformers import AlbertConfig, AutoModelForSequenceClassification, TrainingArguments, XLMConfig

from amsdff_hf import AmsdffConfig, AmsdffForSequenceClassification
from amsdff_hf.training import build_optimizer, freeze_backbone
from tests.conftest import BACKBONE_CONFIGS, SIZES


@pytest.fixture(params=["amsdff", "plain"])
def model(request):
    if request.param == "amsdff":
        return AmsdffForSequenceClassification(AmsdffConfig(backbone_config=BACKBONE_CONFIGS["bert"]()))
    return AutoModelForSequenceClassification.from_config(BACKBONE_CONFIGS["distilbert"]())


def test_groups_cover_every_parameter_once(model, tmp_path):
    arguments = TrainingArguments(output_dir=str(tmp_path), learning_rate=1e-5, weight_decay=0.1)
    groups = build_optimizer(model, arguments, head_learning_rate=1e-3).param_groups
    names = {id(p): name for name, p in model.named_parameters()}
    seen = [names[id(p)] for group in groups for p in group["params"]]
    assert sorted(seen) == sorted(names.values())
    for group in groups:
        for parameter in group["params"]:
            name = names[id(parameter)]
            is_head = name.startswith(("classifier", "pre_classifier"))
            assert group["lr"] == (1e-3 if is_head else 1e-5), name
            spared = name.endswith("bias") or "orm.weight" in name or parameter.ndim == 1
            assert group["weight_decay"] == (0.0 if spared else 0.1), name


@pytest.mark.parametrize("form", ["query_twin", "v2"])
def test_lambdas_have_a_group_of_their_own(tmp_path, form):
    block = {"fraction": 1.0, "form": form}
    model = AmsdffForSequenceClassification(
        AmsdffConfig(backbone_config=BACKBONE_CONFIGS["bert"](), differential_attention=block)
    )
    arguments = TrainingArguments(output_dir=str(tmp_path), learning_rate=1e-5, weight_decay=0.1)
    names = {id(p): name for name, p in model.named_parameters()}
    for rate, options in {1e-4: {}, 1e-3: {"lambda_learning_rate": 1e-3}}.items():
        groups = build_optimizer(model, arguments, 1e-2, **options).param_groups
        (group,) = [group for group in groups if group["lr"] == rate]
        assert len(group["params"]) == 2
        assert all("lambda" in names[id(parameter)] for parameter in group["params"])
        assert group["weight_decay"] == 0


def test_a_frozen_backbone_gets_no_gradients_and_no_dropout(model):
    freeze_backbone(model)
    model.train()
    backbone = getattr(model, "backbone", None) or model.base_model
    ids = torch.randint(5, 20, (2, 6))
    model(ids, labels=torch.tensor([0, 1])).loss.backward()
    assert all(p.grad is None for p in backbone.parameters())
    assert any(p.grad is not None for p in model.parameters())
    assert torch.equal(backbone(ids)[0], backbone(ids)[0])
    assert model.classifier.training


def test_frozen_parameters_are_left_out_of_the_optimizer(model, tmp_path):
    freeze_backbone(model)
    groups = build_optimizer(model, TrainingArguments(output_dir=str(tmp_path)), 1e-3).param_groups
    optimized = {id(parameter) for group in groups for parameter in group["params"]}
    assert optimized == {id(parameter) for parameter in model.parameters() if parameter.requires_grad}


LAYERS = {
    "bert": "backbone.encoder.layer.",
    "distilbert": "backbone.transformer.layer.",
    "llama": "backbone.layers.",
    "modernbert": "backbone.layers.",
    "roberta": "backbone.encoder.layer.",
    "t5": "backbone.block.",
}


@pytest.mark.parametrize("model_type", sorted(BACKBONE_CONFIGS))
def test_lower_layers_learn_more_slowly(tmp_path, model_type):
    model = AmsdffForSequenceClassification(AmsdffConfig(backbone_config=BACKBONE_CONFIGS[model_type]()))
    arguments = TrainingArguments(output_dir=str(tmp_path), learning_rate=1.0)
    groups = build_optimizer(model, arguments, 5.0, layer_decay=0.5).param_groups
    rates = {id(p): group["lr"] for group in groups for p in group["params"]}
    expected = {"classifier.": 5.0, f"{LAYERS[model_type]}0.": 0.25, f"{LAYERS[model_type]}1.": 0.5}
    found = set()
    for name, parameter in model.named_parameters():
        is_input = "embed" in name or "shared" in name
        rate = 0.125 if is_input else next((rate for part, rate in expected.items() if name.startswith(part)), 0.5)
        assert rates[id(parameter)] == rate, name
        found.add(rate)
    assert found == {0.125, 0.25, 0.5, 5.0}


def test_layers_in_several_lists_side_by_side(tmp_path):
    sizes = {"emb_dim": 32, "n_layers": 3, "n_heads": 4, "vocab_size": 40, "max_position_embeddings": 64}
    model = AmsdffForSequenceClassification(AmsdffConfig(backbone_config=XLMConfig(**sizes)))
    groups = build_optimizer(model, TrainingArguments(output_dir=str(tmp_path), learning_rate=1.0), layer_decay=0.5)
    rates = {id(p): group["lr"] for group in groups.param_groups for p in group["params"]}
    for name, parameter in model.backbone.named_parameters():
        for level, rate in enumerate((0.125, 0.25, 0.5)):
            if f".{level}." in name:
                assert rates[id(parameter)] == rate, name


def test_a_layer_decay_needs_layers_of_their_own(tmp_path):
    backbone = AlbertConfig(**{**SIZES, "embedding_size": 16})
    model = AmsdffForSequenceClassification(AmsdffConfig(backbone_config=backbone))
    with pytest.raises(ValueError, match="a backbone of the type 'albert' does not have"):
        build_optimizer(model, TrainingArguments(output_dir=str(tmp_path)), layer_decay=0.5)
