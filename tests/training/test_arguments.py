import pytest

from amsdff_hf.training import ModelArguments


def test_numbers_are_parsed():
    arguments = ModelArguments("x", loss_weights="1, 0,0", class_weights="1,2.5")
    assert arguments.parsed_loss_weights() == (1.0, 0.0, 0.0)
    assert arguments.parsed_class_weights(2) == (1.0, 2.5)
    assert ModelArguments("x", class_weights="balanced").parsed_class_weights(2) is None


@pytest.mark.parametrize("text", ["1,0", "a,b,c", ""])
def test_wrong_numbers_show_the_value(text):
    with pytest.raises(ValueError, match=f"--loss_weights must be 3 numbers separated by commas, got '{text}'"):
        ModelArguments("x", loss_weights=text).parsed_loss_weights()


@pytest.mark.parametrize("option", ["loss_weights", "class_weights"])
def test_the_plain_head_has_no_loss_options(option):
    with pytest.raises(ValueError, match=f"--{option} belongs to the losses of this package"):
        ModelArguments("x", architecture="plain", **{option: "1,0,0"})


def test_differential_options_become_a_block():
    assert ModelArguments("x").parsed_differential() is None
    block = {"fraction": 0.5, "layers": "top", "head_fraction": 1.0, "form": "query_twin"}
    assert ModelArguments("x", differential_fraction=0.5).parsed_differential() == block
    block = {"fraction": 0.25, "layers": [0, 3], "head_fraction": 0.5, "form": "dex"}
    listed = {"differential_layers": "0, 3", "differential_head_fraction": 0.5, "differential_form": "dex"}
    assert ModelArguments("x", **listed).parsed_differential() == block


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"differential_form": "dex"}, "add --differential_fraction 0.25, or list them"),
        ({"differential_fraction": 1.5}, "`fraction` of `differential_attention` must be above 0 and at most 1"),
        ({"differential_layers": "1,x"}, "--differential_layers must be whole numbers .*or one of bottom.*got '1,x'"),
        ({"differential_layers": "1,,2"}, "got '1,,2'"),
        ({"differential_layers": "-1"}, "got '-1'"),
        ({"differential_fraction": 0.5, "differential_layers": "1"}, "leave one of them out"),
        ({"differential_fraction": 0.5, "freeze_backbone": True}, "--freeze_backbone would freeze differential"),
        ({"lambda_learning_rate": 0.0}, "--lambda_learning_rate must be above 0"),
    ],
)
def test_wrong_differential_options_are_named(options, sentence):
    with pytest.raises(ValueError, match=sentence):
        ModelArguments("x", **options)
