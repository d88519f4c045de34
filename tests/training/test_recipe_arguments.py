import pytest
from transformers import TrainingArguments

from amsdff_hf.training import RecipeArguments


def check(tmp_path, options, architecture=None, freezes=False, **training):
    arguments = TrainingArguments(output_dir=str(tmp_path), **training)
    RecipeArguments(**options).check(arguments, architecture, freezes)


def test_only_what_was_asked_for_goes_into_the_configuration():
    assert RecipeArguments().config_fields() == {}
    fields = {"num_dropout_samples": 4, "contrastive_weight": 0.1}
    assert RecipeArguments(layer_decay=0.9, **fields).config_fields() == fields


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"layer_decay": 0.0}, "--layer_decay must be above 0 and at most 1, got 0.0"),
        ({"average_weights": 1.0}, "--average_weights must be above 0 and below 1, got 1.0"),
        ({"num_dropout_samples": 0}, "--num_dropout_samples must be at least 1, got 0"),
        ({"r_drop_weight": -1.0}, "--r_drop_weight must not be below 0, got -1.0"),
        ({"contrastive_weight": -1.0}, "--contrastive_weight must not be below 0"),
    ],
)
def test_wrong_values_are_shown(options, sentence):
    with pytest.raises(ValueError, match=sentence):
        RecipeArguments(**options)


def test_what_does_not_go_together(tmp_path):
    with pytest.raises(ValueError, match="--num_dropout_samples is for the heads of this package"):
        check(tmp_path, {"num_dropout_samples": 2}, architecture="plain")
    with pytest.raises(ValueError, match="--layer_decay is for the layers that --freeze_backbone does not train"):
        check(tmp_path, {"layer_decay": 0.9}, freezes=True)
    best = {"load_best_model_at_end": True, "eval_strategy": "epoch", "save_strategy": "epoch"}
    with pytest.raises(ValueError, match="--average_weights ends with the average of all steps"):
        check(tmp_path, {"average_weights": 0.9}, **best)
    with pytest.raises(ValueError, match="--average_weights needs all weights in every process, which FSDP"):
        check(tmp_path, {"average_weights": 0.9}, fsdp=True)
    check(tmp_path, {"layer_decay": 0.9, "r_drop_weight": 1.0, "average_weights": 0.9}, architecture="plain")
