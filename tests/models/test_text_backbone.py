import pytest
import torch
from transformers import AutoModel, PerceiverConfig, TrOCRConfig, WhisperConfig

from amsdff_hf.models.text_backbone import learned_positions
from tests.conftest import BACKBONE_CONFIGS, random_model
from tests.sweep.tiny_configs import tiny_config


def test_encoder_decoders_keep_their_encoder_and_their_whole_config(config_class, classifier_class):
    config = config_class(backbone_config=BACKBONE_CONFIGS["t5"]())
    model = classifier_class(config)
    assert type(model.backbone).__name__ == "T5Stack"
    assert model.config.backbone_config.is_encoder_decoder


def test_multimodal_models_are_read_by_their_language_model(config_class, model_class):
    model = model_class(config_class(backbone_config=tiny_config("gemma3")))
    assert type(model.backbone).__name__ == "Gemma3TextModel"


def test_poolers_are_not_built(config_class, model_class, bert_config):
    assert model_class(config_class(backbone_config=bert_config)).backbone.pooler is None


@pytest.mark.parametrize(("name", "limit"), [("bert", 64), ("distilbert", 64), ("roberta", 63), ("llama", None)])
def test_learned_positions(name, limit):
    model = AutoModel.from_config(BACKBONE_CONFIGS[name]())
    assert learned_positions(model, model.config) == limit


def test_positions_of_an_image_tower_do_not_count(config_class, model_class):
    model = model_class(config_class(backbone_config=tiny_config("t5gemma2")))
    assert any("vision_tower" in name for name, _ in model.named_modules())
    assert model.max_sequence_length is None


@pytest.mark.parametrize(
    ("config", "message"),
    [
        (WhisperConfig(encoder_layers=1, decoder_layers=1), "WhisperEncoder .* reads `input_features`"),
        (PerceiverConfig(num_blocks=1), "'perceiver' has no `hidden_size`|reads `inputs`"),
        (TrOCRConfig(decoder_layers=1), "AutoModel of transformers has no model of the type 'trocr'"),
    ],
)
def test_models_that_read_no_texts_are_refused(config_class, classifier_class, config, message):
    with pytest.raises(ValueError, match=message):
        classifier_class(config_class(backbone_config=config))


def test_pretrained_models_that_read_no_texts_are_refused(classifier_class, tmp_path):
    AutoModel.from_config(tiny_config("whisper")).save_pretrained(tmp_path / "whisper")
    with pytest.raises(ValueError, match="WhisperEncoder .* reads `input_features`"):
        classifier_class.from_backbone(tmp_path / "whisper")
    TrOCRConfig().save_pretrained(tmp_path / "trocr")
    with pytest.raises(ValueError, match="no model of the type 'trocr'"):
        classifier_class.from_backbone(tmp_path / "trocr")


def test_resizing_an_encoder_keeps_the_whole_configuration_valid(config_class):
    model = random_model(config_class(backbone_config=tiny_config("t5gemma2")))
    model.resize_token_embeddings(170)
    config = config_class.from_dict(model.config.to_dict())
    assert config.vocab_size == config.backbone_config.decoder.vocab_size == 170
    with torch.no_grad():
        assert model(torch.tensor([[169, 3]])).logits.isfinite().all()


def test_a_folder_with_an_unknown_type_is_not_called_missing(classifier_class, tmp_path):
    (tmp_path / "config.json").write_text('{"model_type": "from_the_future"}')
    with pytest.raises(ValueError, match="from_the_future"):
        classifier_class.from_backbone(tmp_path)
