import pytest

from amsdff_hf import AmsdffConfig
from amsdff_hf.models.differential_settings import DifferentialAttentionSettings


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"fraction": 0.5}, [6, 7, 8, 9, 10, 11]),
        ({"fraction": 0.25, "layers": "bottom"}, [0, 1, 2]),
        ({"fraction": 0.5, "layers": "even"}, [1, 3, 5, 7, 9, 11]),
        ({"fraction": 1.0, "layers": "even"}, list(range(12))),
        ({"layers": [4, 1]}, [1, 4]),
    ],
)
def test_layers_are_chosen(settings, expected):
    assert DifferentialAttentionSettings(**settings).chosen_layers(12) == expected


def test_heads_that_share_keys_are_chosen_together():
    assert DifferentialAttentionSettings(head_fraction=0.5).chosen_heads(8, 2) == 4
    assert DifferentialAttentionSettings().chosen_heads(8, 2) == 8


@pytest.mark.parametrize(
    ("block", "message"),
    [
        ({"fraction": 0}, "`fraction` of `differential_attention` must be above 0 and at most 1, got 0"),
        ({"fraction": 1.5}, "at most 1, got 1.5"),
        ({"head_fraction": -1}, "`head_fraction` of"),
        ({"fraction": True}, "got True"),
        ({"form": "v3"}, "must be one of dex, query_twin, row_sum, v1, v2, got 'v3'"),
        ({"layers": "middle"}, "must be bottom, even, top or a list of layers, got 'middle'"),
        ({"form": "v1", "head_fraction": 0.5}, "v1 pairs all heads"),
        ({"share": 0.5}, "has no 'share'; it knows fraction, layers, head_fraction, form"),
    ],
)
def test_what_is_wrong_is_named(block, message):
    with pytest.raises(Exception, match=message):
        AmsdffConfig(differential_attention=block)


def test_the_block_of_a_configuration_is_completed():
    config = AmsdffConfig(differential_attention={"fraction": 0.5})
    whole = {"fraction": 0.5, "layers": "top", "head_fraction": 1.0, "form": "query_twin"}
    assert config.differential_attention == whole
    assert AmsdffConfig.from_dict(config.to_dict()).differential_attention == whole
