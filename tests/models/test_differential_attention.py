"""Differential attention in real backbones, converted and saved by the real library."""

import copy

import pytest
import torch
from peft import LoraConfig, get_peft_model
from transformers import AutoModel, AutoModelForSequenceClassification, BertConfig, BertModel, DistilBertConfig

from amsdff_hf import (
    AmsdffConfig,
    convert_to_differential_attention,
    learned_lambdas,
    load_differential_model,
    set_differential_implementation,
)
from amsdff_hf.models.differential_attention import attention_layers, fold_differential_attention
from tests.conftest import BACKBONE_CONFIGS, SIZES, padded_texts, random_model
from tests.sweep.tiny_configs import tiny_config


EXACT_FORMS = ["query_twin", "row_sum", "dex"]
ALL_FORMS = [*EXACT_FORMS, "v1", "v2"]
TYPES = {**BACKBONE_CONFIGS, **{name: lambda n=name: tiny_config(n) for name in ("qwen2", "qwen3", "gemma3_text")}}
IDS, MASK = padded_texts()


def backbone(name, implementation="sdpa"):
    torch.manual_seed(0)
    model = AutoModel.from_config(TYPES[name]()).eval()
    model = model.get_encoder() if model.config.is_encoder_decoder else model
    model.set_attn_implementation(implementation)
    return model


def states(model):
    with torch.no_grad():
        return model(input_ids=IDS, attention_mask=MASK).last_hidden_state[MASK.bool()]


def train_lambda(model):
    """Move the lambdas away from where they start, and the second queries away from the first."""
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for module in attention_layers(model):
            for parameter in getattr(module, "differential", torch.nn.Module()).parameters():
                parameter += 0.3 * torch.randn(parameter.shape, generator=generator)
            for name in ("query", "q_proj", "q_lin", "q", "Wqkv"):
                if hasattr(module, name):
                    rows = getattr(module, name).weight
                    rows += 0.1 * torch.randn(rows.shape, generator=generator)


def differential(name="bert", form="query_twin", **settings):
    """A classifier with trained differential attention."""
    block = {"fraction": 0.5, "form": form, **settings}
    model = random_model(AmsdffConfig(backbone_config=TYPES[name](), num_labels=3, differential_attention=block))
    train_lambda(model)
    return model


# --- conversion --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("implementation", ["sdpa", "eager"])
@pytest.mark.parametrize("form", EXACT_FORMS)
@pytest.mark.parametrize("name", TYPES)
def test_conversion_changes_nothing_at_first(name, form, implementation):
    for head_fraction in (1.0, 0.5):
        model = backbone(name, implementation)
        before = states(model)
        convert_to_differential_attention(model, fraction=0.5, form=form, head_fraction=head_fraction)
        torch.testing.assert_close(states(model), before, atol=1e-6, rtol=1e-6)
        assert model.config.differential_attention["form"] == form
        train_lambda(model)
        assert (states(model) - before).abs().max() > 1e-4


@pytest.mark.parametrize("form", ["query_twin", "dex"])
def test_lambda_starts_at_zero_and_moves(form):
    model = convert_to_differential_attention(backbone("bert"), fraction=0.5, form=form)
    weight = model.encoder.layer[1].attention.self.differential.layer_lambda
    assert weight().item() == 0.0
    model(IDS, attention_mask=MASK).last_hidden_state.square().sum().backward()
    assert weight.lambda_vectors.grad.abs().max() > 0


def test_pretrained_weights_stay(classifier_class, bert_folder):
    plain = BertModel.from_pretrained(bert_folder)
    model = classifier_class.from_backbone(bert_folder, differential_attention={"fraction": 0.5})
    for name, weight in plain.state_dict().items():
        if "pooler" not in name:
            assert torch.equal(model.backbone.state_dict()[name][: len(weight)], weight), name
    ordinary = classifier_class.from_backbone(bert_folder)
    ordinary.classifier.load_state_dict(model.classifier.state_dict())
    with torch.no_grad():
        assert torch.equal(model(IDS, attention_mask=MASK).logits, ordinary(IDS, attention_mask=MASK).logits)


@pytest.mark.parametrize("name", ["bert", "modernbert", "llama", "t5"])
def test_corrections_fold_into_the_values(name):
    model = convert_to_differential_attention(backbone(name), fraction=0.5, form="dex", head_fraction=0.5)
    parameters = sum(parameter.numel() for parameter in backbone(name).parameters())
    train_lambda(model)
    before = states(model)
    fold_differential_attention(model)
    torch.testing.assert_close(states(model), before, atol=1e-5, rtol=1e-5)
    assert sum(parameter.numel() for parameter in model.parameters()) == parameters
    with pytest.raises(ValueError, match="Only the form dex"):
        fold_differential_attention(model)


# --- what a converted model promises -----------------------------------------------------------------------------


@pytest.mark.parametrize("form", ALL_FORMS)
@pytest.mark.parametrize("name", BACKBONE_CONFIGS)
def test_saving_and_loading(name, form, tmp_path):
    model = differential(name, form)
    model.save_pretrained(tmp_path)
    for auto_class in (AutoModel, AutoModelForSequenceClassification):
        loaded, report = auto_class.from_pretrained(tmp_path, output_loading_info=True)
        assert not any(report.values()), report
    with torch.no_grad():
        expected, actual = (each(IDS, attention_mask=MASK).logits for each in (model, loaded))
    torch.testing.assert_close(actual, expected, atol=1e-5, rtol=0)
    assert loaded.config.differential_attention == model.config.differential_attention


@pytest.mark.parametrize("form", ALL_FORMS)
@pytest.mark.parametrize("name", BACKBONE_CONFIGS)
def test_padding_and_implementations_make_no_difference(name, form):
    model = differential(name, form)
    left_ids, left_mask = (torch.nn.functional.pad(each, (5, 2)) for each in (IDS, MASK))
    with torch.no_grad():
        expected = model(IDS, attention_mask=MASK).logits
        torch.testing.assert_close(model(left_ids, attention_mask=left_mask).logits, expected, atol=1e-5, rtol=0)
        for implementation in ("eager", "sdpa"):
            model.set_attn_implementation(implementation)
            actual = model(IDS, attention_mask=MASK).logits
            torch.testing.assert_close(actual, expected, atol=1e-5, rtol=0)


@pytest.mark.parametrize("form", ALL_FORMS)
def test_causal_models_stay_causal(form):
    model = convert_to_differential_attention(backbone("llama"), fraction=1.0, form=form)
    train_lambda(model)
    changed = IDS.clone()
    changed[:, -1] = 7
    with torch.no_grad():
        first, second = (model(ids).last_hidden_state for ids in (IDS, changed))
    torch.testing.assert_close(first[:, :-1], second[:, :-1])
    assert (first[:, -1] - second[:, -1]).abs().max() > 1e-3


@pytest.mark.parametrize(
    ("form", "head_fraction", "heads"), [("query_twin", 1.0, 4), ("query_twin", 0.5, 2), ("v1", 1, 2)]
)
def test_maps_are_differential(form, head_fraction, heads):
    model = differential(form=form, head_fraction=head_fraction)
    model.set_attn_implementation("eager")
    with torch.no_grad():
        weight = model.backbone.encoder.layer[1].attention.self.differential.layer_lambda()
        maps = model(IDS, attention_mask=MASK, output_attentions=True).attentions
    sums = maps[1][:, :heads].sum(-1)
    assert abs(weight.item()) > 0.01
    torch.testing.assert_close(sums, (1 - weight).expand_as(sums))
    others = torch.cat([maps[0].sum(-1), maps[1][:, heads:].sum(-1)], dim=1)
    torch.testing.assert_close(others, torch.ones_like(others))


def test_dropout_of_attention_is_kept():
    config = BertConfig(**{**SIZES, "hidden_dropout_prob": 0.0, "attention_probs_dropout_prob": 0.5})
    model = convert_to_differential_attention(BertModel(config, add_pooling_layer=False), fraction=1.0)
    train_lambda(model)
    assert not torch.equal(states(model.train()), states(model))
    assert torch.equal(states(model.eval()), states(model))


def test_lambda_stays_in_float32(tmp_path):
    differential().save_pretrained(tmp_path)
    model = AutoModelForSequenceClassification.from_pretrained(tmp_path, dtype=torch.bfloat16)
    dtypes = {name: parameter.dtype for name, parameter in model.named_parameters()}
    assert {dtype for name, dtype in dtypes.items() if "lambda_vectors" in name} == {torch.float32}
    assert {dtype for name, dtype in dtypes.items() if "lambda_vectors" not in name} == {torch.bfloat16}
    with torch.no_grad():
        assert model(IDS, attention_mask=MASK).logits.isfinite().all()


@pytest.mark.parametrize("name", ["bert", "modernbert"])
def test_lora_adapts_and_merges(name):
    model = differential(name)
    adapted = get_peft_model(copy.deepcopy(model), LoraConfig(task_type="SEQ_CLS", target_modules="all-linear"))
    with torch.no_grad():
        for parameter_name, parameter in adapted.named_parameters():
            if "lora_B" in parameter_name:
                parameter.normal_(std=0.1)
        expected = adapted.eval()(IDS, attention_mask=MASK).logits
        merged = adapted.merge_and_unload()(IDS, attention_mask=MASK).logits
    torch.testing.assert_close(merged, expected, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("form", ["query_twin", "v2"])
def test_compiles_into_one_graph(form):
    model = differential(form=form)
    compiled = torch.compile(model, fullgraph=True, dynamic=True, backend="eager")
    with torch.no_grad():
        expected, actual = (each(IDS, attention_mask=MASK).logits for each in (model, compiled))
    torch.testing.assert_close(actual, expected, atol=1e-5, rtol=0)


# --- what cannot be ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("config", "message"),
    [
        (lambda: tiny_config("deberta-v2"), "that of 'deberta-v2' does not"),
        (lambda: tiny_config("olmo2"), "code of 'olmo2' does not let its heads be more than they are"),
        (lambda: tiny_config("git"), "that of 'git' does not"),
        (lambda: tiny_config("gpt2"), "attention of 'gpt2' .* none is known to make queries and keys"),
    ],
)
def test_other_backbones_are_named(config, message):
    with pytest.raises(ValueError, match=message):
        convert_to_differential_attention(AutoModel.from_config(config()), fraction=1.0)


def test_second_queries_are_not_for_every_form():
    convert_to_differential_attention(AutoModel.from_config(tiny_config("olmo2")), fraction=1.0, form="dex")
    with pytest.raises(ValueError, match="code of 'gpt_oss' does not let its heads be paired, as the form v1 needs"):
        convert_to_differential_attention(AutoModel.from_config(tiny_config("gpt_oss")), fraction=1.0, form="v1")

    gpt_oss = AutoModel.from_config(tiny_config("gpt_oss"))
    with pytest.raises(ValueError, match="have twins for some of them only, as the form query_twin needs"):
        convert_to_differential_attention(gpt_oss, fraction=1.0, head_fraction=0.5)


def test_a_model_is_converted_once(bert_config):
    model = convert_to_differential_attention(AutoModel.from_config(bert_config), layers=[1])
    with pytest.raises(ValueError, match="attention of this 'bert' is differential already"):
        convert_to_differential_attention(model, layers=[0])
    assert list(learned_lambdas(model)) == [1]


@pytest.mark.parametrize("form", ALL_FORMS)
def test_another_implementation_never_loses_it_in_silence(bert_config, form):
    """A model of transformers has its own `set_attn_implementation`, which knows nothing of the conversion."""
    model = convert_to_differential_attention(AutoModel.from_config(bert_config).eval(), fraction=0.5, form=form)
    train_lambda(model)
    expected = states(model)
    model.set_attn_implementation("eager")
    with pytest.raises(ValueError, match="set to .eager., which knows nothing of differential attention: set it by"):
        model(IDS)
    set_differential_implementation(model, "eager")
    torch.testing.assert_close(states(model), expected, atol=1e-5, rtol=0)


@pytest.mark.parametrize("name", ["bart", "t5", "blenderbot"])
def test_attention_to_another_text_stays_as_it_is(name):
    model = AutoModel.from_config(tiny_config(name))
    names = {module: name for name, module in model.named_modules()}
    found = [names[module] for module in attention_layers(model)]
    assert found
    assert not [name for name in found if "encoder_attn" in name or "EncDec" in name]


def test_layers_are_counted_in_the_part_that_reads():
    model = convert_to_differential_attention(AutoModel.from_config(tiny_config("gemma3")), layers=[0])
    assert list(learned_lambdas(model)) == [0]


@pytest.mark.parametrize("name", ["gemma4_text", "diffllama"])
def test_values_that_change_on_the_way_cannot_be_folded(name):
    model = convert_to_differential_attention(AutoModel.from_config(tiny_config(name)), fraction=1.0, form="dex")
    with pytest.raises(ValueError, match=f"'{name}' changes the values after their projection"):
        fold_differential_attention(model)


@pytest.mark.parametrize("form", ["query_twin", "v1", "v2"])
@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_lambdas_of_half_precision_models_stay_in_float32(bert_config, form, dtype, tmp_path):
    model = convert_to_differential_attention(AutoModel.from_config(bert_config, dtype=dtype).eval(), 0.5, form=form)
    model.save_pretrained(tmp_path)
    for each in (model, load_differential_model(tmp_path, AutoModel, dtype=dtype)):
        dtypes = {p.dtype for name, p in each.named_parameters() if "lambda_" in name}
        assert dtypes == {torch.float32}
        assert each(IDS, attention_mask=MASK).last_hidden_state.isfinite().all()


def test_settings_that_do_not_fit_the_backbone_are_named():
    odd = DistilBertConfig(vocab_size=31, dim=30, n_layers=2, n_heads=3, hidden_dim=37, max_position_embeddings=64)
    model = AutoModel.from_config(odd)
    with pytest.raises(ValueError, match="v1 pairs heads, but the backbone has 3 of queries and 3 of keys"):
        convert_to_differential_attention(model, fraction=0.5, form="v1")
    with pytest.raises(ValueError, match="`fraction` 0.1 .* selects none of 2 layers: take at least 0.5"):
        convert_to_differential_attention(model, fraction=0.1)
    with pytest.raises(ValueError, match=r"different layers from 0 to 1, got \[2\]"):
        convert_to_differential_attention(model, layers=[2])
    with pytest.raises(ValueError, match="`head_fraction` 0.1 .* selects none of 3 heads"):
        convert_to_differential_attention(model, fraction=0.5, head_fraction=0.1)
    with pytest.raises(ValueError, match="implementations eager and sdpa, the backbone .* is set to 'flex_attention'"):
        differential().set_attn_implementation("flex_attention")
