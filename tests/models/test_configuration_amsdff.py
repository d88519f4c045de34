import json

import pytest
from transformers import BertConfig

from amsdff_hf import AmsdffConfig


def test_the_variant_paper_is_that_of_the_paper():
    config = AmsdffConfig(variant="paper")
    assert (config.head_hidden_size, config.direct_size, config.pooled_size, config.output_dropout) == (768, 0, 768, 0)
    assert tuple(config.scales) == (1, 3, 5)
    assert (config.num_experts, config.fusion_residual) == (3, False)
    assert tuple(config.pooling) == ("attention", "cls", "max")
    assert tuple(config.classifier_hidden_sizes) == (384, 192)
    assert tuple(config.classifier_dropouts) == (0.3, 0.2)
    assert tuple(config.loss_weights) == (0.4, 0.4, 0.2)
    assert (config.focal_gamma, config.label_smoothing, config.head_dropout) == (2.0, 0.1, 0.1)


def test_the_default_has_a_direct_way_and_a_narrow_branch():
    config = AmsdffConfig()
    assert (config.variant, config.head_hidden_size, tuple(config.direct_pooling)) == (
        "residual",
        128,
        ("mean", "max"),
    )
    assert (config.pooled_size, config.token_size, config.hidden_levels) == (2 * 768 + 3 * 128, 128, [0, 6, 12])
    assert (config.num_experts, config.fusion_residual) == (1, True)
    assert tuple(config.classifier_hidden_sizes) == () == tuple(config.classifier_dropouts)
    assert tuple(config.loss_weights) == (1, 0, 0)


def test_a_given_field_is_kept_and_a_narrow_backbone_has_a_narrow_head():
    backbone = BertConfig(hidden_size=32, num_attention_heads=2)
    assert AmsdffConfig(backbone_config=backbone).head_hidden_size == 32
    config = AmsdffConfig(variant="paper", loss_weights=(1, 0, 0), output_dropout=0.2, direct_pooling=("first",))
    assert (tuple(config.loss_weights), config.output_dropout, config.direct_size) == ((1, 0, 0), 0.2, 768)


def test_a_trained_model_stays_the_variant_that_it_is(tmp_path):
    AmsdffConfig(variant="paper").save_pretrained(tmp_path)
    loaded = AmsdffConfig.from_pretrained(tmp_path, variant="paper")
    assert (loaded.variant, tuple(loaded.direct_pooling)) == ("paper", ())
    with pytest.raises(ValueError, match="built as 'paper' and cannot become 'residual'"):
        AmsdffConfig.from_pretrained(tmp_path, variant="residual")


def test_what_was_saved_before_experts_could_add_to_the_tokens_replaces_them(tmp_path):
    AmsdffConfig(num_experts=3).save_pretrained(tmp_path)
    file = tmp_path / "config.json"
    stored = json.loads(file.read_text())
    assert AmsdffConfig.from_pretrained(tmp_path).fusion_residual is True
    del stored["fusion_residual"]
    file.write_text(json.dumps(stored))
    loaded = AmsdffConfig.from_pretrained(tmp_path)
    assert (loaded.variant, loaded.num_experts, loaded.fusion_residual) == ("residual", 3, False)


def test_levels_are_counted_from_the_embeddings():
    assert AmsdffConfig(levels="last").hidden_levels is None
    assert AmsdffConfig(levels=(0, 12)).hidden_levels == [0, 12]


def test_json_round_trip(tmp_path):
    config = AmsdffConfig(scales=(1, 7), pooling=("mean",), classifier_hidden_sizes=(5,), classifier_dropouts=(0.0,))
    config.save_pretrained(tmp_path)
    loaded = AmsdffConfig.from_pretrained(tmp_path)
    assert json.loads(loaded.to_json_string()) == json.loads(config.to_json_string())
    assert loaded.classifier_hidden_sizes == [5]


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("scales", (1, 2), r"`scales` must be different odd numbers from 1 to 31, got \[1, 2\]"),
        ("scales", (1, 33), "`scales`.*33"),
        ("scales", (3, 3), "`scales`"),
        ("scales", (), "`scales`"),
        ("pooling", ("median",), "attention, cls, max, mean, got .'median'"),
        ("pooling", (), "`pooling`"),
        ("pooling", ("cls", "cls"), "`pooling`"),
        ("num_experts", 0, "`num_experts` must be at least 1, got 0"),
        ("num_fusion_heads", 0, "`num_fusion_heads`"),
        ("num_pooling_heads", -1, "`num_pooling_heads`"),
        ("classifier_hidden_sizes", (4, 0), r"`classifier_hidden_sizes\[1\]`"),
        ("classifier_dropouts", (0.1,), "`classifier_dropouts`.*0 layers"),
        ("output_dropout", 1.0, "`output_dropout`"),
        ("direct_pooling", ("mean", "mean"), "`direct_pooling` must name different members of first, max, mean"),
        ("direct_pooling", ("cls",), r"got \['cls'\]"),
        ("head_hidden_size", 0, "`head_hidden_size` must be at least 1, got 0"),
        ("levels", "first", '`levels` must be "last" or "auto" or a list'),
        ("levels", (0, 13), "to 12 .last layer.*13"),
        ("head_dropout", 1.5, "`head_dropout` must be at least 0 and below 1, got 1.5"),
        ("head_attention_dropout", -0.1, "`head_attention_dropout`"),
    ],
)
def test_bad_values_name_their_field(field, value, message):
    with pytest.raises(ValueError, match=message):
        AmsdffConfig(**{field: value})


def test_models_from_before_the_variants_are_those_of_the_paper():
    stored = AmsdffConfig(variant="paper").to_dict()
    for name in ("variant", "levels", "head_hidden_size", "direct_pooling", "join_pooling", "output_dropout"):
        del stored[name]
    config = AmsdffConfig.from_dict({**stored, "classifier_hidden_sizes": None})
    assert (config.variant, config.join_pooling, config.levels) == ("paper", True, "last")
    assert tuple(config.classifier_hidden_sizes) == (384, 192)
