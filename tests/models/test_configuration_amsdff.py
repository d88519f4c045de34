import json

import pytest

from amsdff_hf import AmsdffConfig


def test_defaults_are_those_of_the_paper():
    config = AmsdffConfig()
    assert tuple(config.scales) == (1, 3, 5)
    assert config.num_experts == 3
    assert tuple(config.pooling) == ("attention", "cls", "max")
    assert config.classifier_widths == [384, 192]
    assert tuple(config.classifier_dropouts) == (0.3, 0.2)
    assert tuple(config.loss_weights) == (0.4, 0.4, 0.2)
    assert (config.focal_gamma, config.label_smoothing, config.head_dropout) == (2.0, 0.1, 0.1)


def test_json_round_trip(tmp_path):
    config = AmsdffConfig(scales=(1, 7), pooling=("mean",), classifier_hidden_sizes=(5,), classifier_dropouts=(0.0,))
    config.save_pretrained(tmp_path)
    loaded = AmsdffConfig.from_pretrained(tmp_path)
    assert json.loads(loaded.to_json_string()) == json.loads(config.to_json_string())
    assert loaded.classifier_widths == [5]


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
        ("classifier_dropouts", (0.1,), "`classifier_dropouts`.*2 layers"),
        ("classifier_dropouts", (0.1, 1.0), r"`classifier_dropouts\[1\]`"),
        ("head_dropout", 1.5, "`head_dropout` must be at least 0 and below 1, got 1.5"),
        ("head_attention_dropout", -0.1, "`head_attention_dropout`"),
    ],
)
def test_bad_values_name_their_field(field, value, message):
    with pytest.raises(ValueError, match=message):
        AmsdffConfig(**{field: value})
