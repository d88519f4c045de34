import pytest
from huggingface_hub.errors import StrictDataclassError
from transformers import AutoModel, BertConfig

from amsdff_hf.models.configuration_backbone import BackboneClassifierConfig


NAMES = [f"name {i}" for i in range(12)]


def test_labels_set_everything_together():
    config = BackboneClassifierConfig(labels=NAMES)
    assert config.num_labels == 12
    assert config.labels == NAMES
    assert config.id2label[11] == "name 11"
    assert config.label2id["name 11"] == 11


@pytest.mark.parametrize("given", ["id2label", "label2id"])
def test_either_map_alone_gives_the_other(given):
    maps = {"id2label": {0: "no", 1: "yes"}, "label2id": {"no": 0, "yes": 1}}
    config = BackboneClassifierConfig(**{given: maps[given]})
    assert {"id2label": config.id2label, "label2id": config.label2id} == maps


@pytest.mark.parametrize(
    "arguments",
    [
        {"num_labels": 3, "id2label": {0: "a", 1: "b"}},
        {"num_labels": 3, "labels": ["a", "b"]},
        {"labels": ["a", "b"], "id2label": {0: "b", 1: "a"}},
        {"id2label": {0: "a", 1: "b"}, "label2id": {"a": 1, "b": 0}},
        {"labels": ["a", "a"]},
        {"id2label": {0: "a", 2: "b"}},
    ],
)
def test_contradicting_labels_raise(arguments):
    with pytest.raises(ValueError, match="label"):
        BackboneClassifierConfig(**arguments)


def test_label_order_survives_the_string_keys_of_json(config_class, tmp_path):
    config_class(labels=NAMES).save_pretrained(tmp_path)
    assert config_class.from_pretrained(tmp_path).labels == NAMES


@pytest.mark.parametrize(
    ("override", "expected"),
    [
        ({"labels": ["x", "y", "z"]}, ["x", "y", "z"]),
        ({"id2label": {0: "x", 1: "y", 2: "z"}}, ["x", "y", "z"]),
        ({"num_labels": 3}, ["LABEL_0", "LABEL_1", "LABEL_2"]),
        ({"num_labels": 2}, ["no", "yes"]),
    ],
)
def test_loading_with_other_labels_replaces_both_maps(config_class, tmp_path, override, expected):
    config_class(labels=["no", "yes"]).save_pretrained(tmp_path)
    config = config_class.from_pretrained(tmp_path, **override)
    assert config.labels == expected
    assert config.label2id == {name: i for i, name in enumerate(expected)}


def test_backbone_config_is_stored_whole_and_comes_back(config_class, tmp_path, bert_config):
    config_class(backbone_config=bert_config).save_pretrained(tmp_path)
    loaded = config_class.from_pretrained(tmp_path).backbone_config
    assert isinstance(loaded, BertConfig)
    assert {**loaded.to_dict(), "_name_or_path": ""} == {**bert_config.to_dict(), "_name_or_path": ""}


def test_paths_and_code_of_the_backbone_are_not_stored(config_class, bert_config):
    bert_config._name_or_path = "/home/somebody/model"
    bert_config.auto_map = {"AutoModel": "evil--code.Model"}
    stored = config_class(backbone_config=bert_config).to_dict()["backbone_config"]
    assert stored["_name_or_path"] == ""
    assert "auto_map" not in stored


def test_code_named_by_a_nested_dictionary_is_ignored(config_class):
    nested = {"model_type": "bert", "auto_map": {"AutoModel": "evil--code.Model"}, "trust_remote_code": True}
    config = config_class(backbone_config=nested)
    assert not hasattr(config.backbone_config, "auto_map")
    assert not hasattr(config.backbone_config, "trust_remote_code")


@pytest.mark.parametrize("name", ["backbone", "use_timm_backbone", "use_pretrained_backbone", "backbone_kwargs"])
def test_arguments_that_would_download_are_refused(config_class, name):
    with pytest.raises(ValueError, match=f"`{name}=.*from_backbone"):
        config_class(**{name: "somebody/model"})


@pytest.mark.parametrize(
    ("nested", "message"),
    [({"hidden_size": 8}, "without `model_type`"), ({"model_type": "nope"}, "'nope'.*upgrade transformers")],
)
def test_unusable_backbone_dictionaries_say_what_to_do(config_class, nested, message):
    with pytest.raises(ValueError, match=message):
        config_class(backbone_config=nested)


def test_sizes_come_from_the_backbone(config_class, bert_config):
    config = config_class(backbone_config=bert_config)
    assert (config.hidden_size, config.num_hidden_layers, config.num_attention_heads) == (32, 2, 4)
    config.vocab_size = 7
    assert bert_config.vocab_size == 7


def test_building_around_a_live_model_keeps_its_attention(config_class, bert_config):
    model = AutoModel.from_config(bert_config, attn_implementation="sdpa")
    config_class(backbone_config=model.config)
    assert model.config._attn_implementation == "sdpa"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("loss_weights", (1.0, 0.0)),
        ("loss_weights", (0.0, 0.0, 0.0)),
        ("loss_weights", (1.0, -0.1, 0.0)),
        ("focal_gamma", -1.0),
        ("label_smoothing", 1.0),
        ("huber_delta", 0.0),
        ("huber_delta", float("nan")),
        ("loss_weights", (float("nan"), 0.0, 1.0)),
        ("initializer_range", -1.0),
        ("thresholds", [0.5, 7.0]),
        ("problem_type", "banana"),
        ("labels", "abc"),
        ("labels", []),
        ("labels", [1, 2]),
        ("num_labels", 0),
        ("class_weights", [1.0, 2.0, 3.0]),
        ("class_weights", [1.0, float("nan")]),
        ("thresholds", [0.5]),
    ],
)
def test_bad_values_name_their_field(config_class, field, value):
    with pytest.raises((ValueError, StrictDataclassError), match=f"{field}"):
        config_class(**{field: value})


def test_one_label_means_regression_aloud(config_class):
    assert config_class(num_labels=1).problem_type == "regression"
    assert config_class(problem_type="regression").num_labels == 1
    assert config_class(num_labels=1, problem_type="multi_label_classification").problem_type.startswith("multi")
    with pytest.raises(ValueError, match="`class_weights` are for classification"):
        config_class(num_labels=1, class_weights=[1.0])


def test_a_plain_backbone_is_no_checkpoint_of_ours(config_class, classifier_class, tmp_path, bert_config):
    bert_config.save_pretrained(tmp_path)
    with pytest.raises(ValueError, match=f"of a bert model, not of {config_class.model_type}.*from_backbone"):
        config_class.from_pretrained(tmp_path)
    with pytest.raises(ValueError, match="from_backbone"):
        classifier_class.from_pretrained(tmp_path, num_labels=4)


def test_values_of_the_wrong_type_name_their_field(config_class):
    with pytest.raises(Exception, match="regression_loss"):
        config_class(regression_loss="cubic")


@pytest.mark.parametrize("problem_type", ["single_label_classification", "regression"])
def test_thresholds_are_for_several_labels(config_class, problem_type):
    with pytest.raises(ValueError, match="`thresholds` are for several labels per text"):
        config_class(num_labels=2, thresholds=[0.5, 0.5], problem_type=problem_type)
