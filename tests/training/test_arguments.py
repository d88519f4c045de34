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
    with pytest.raises(ValueError, match=f"--{option} belongs to the loss of --architecture amsdff"):
        ModelArguments("x", architecture="plain", **{option: "1,0,0"})
