import pytest
import torch
from transformers import AutoModelForSequenceClassification, BertForSequenceClassification

from amsdff_hf import AmsdffForSequenceClassification
from amsdff_hf.training import ModelArguments, load_for_training, load_tokenizer, load_trained
from tests.conftest import padded_texts


LABELS = ["bad", "good"]
TYPE = "single_label_classification"


def test_a_backbone_gets_either_head(bert_folder):
    amsdff = load_for_training(ModelArguments(bert_folder), LABELS, TYPE, loss_weights=(1, 0, 0))
    assert isinstance(amsdff, AmsdffForSequenceClassification)
    assert tuple(amsdff.config.loss_weights) == (1, 0, 0)
    plain = load_for_training(ModelArguments(bert_folder, architecture="plain"), LABELS, TYPE)
    assert isinstance(plain, BertForSequenceClassification)
    assert plain.accepts_loss_kwargs is False
    for model in (amsdff, plain):
        assert list(model.config.id2label.values()) == LABELS
        assert model.config.problem_type == TYPE


def test_trained_classifiers_are_gone_on_with(bert_folder, tmp_path):
    first = load_for_training(ModelArguments(bert_folder), LABELS, TYPE)
    first.save_pretrained(tmp_path)
    again = load_for_training(ModelArguments(str(tmp_path)), LABELS, TYPE)
    assert all((again.state_dict()[name] == tensor).all() for name, tensor in first.state_dict().items())
    for other in ("plain", "pyramid_graph"):
        with pytest.raises(ValueError, match=f"cannot be trained as --architecture {other}"):
            load_for_training(ModelArguments(str(tmp_path), architecture=other), LABELS, TYPE)


def test_only_trained_classifiers_predict(bert_folder, tmp_path):
    with pytest.raises(ValueError, match="is no trained classifier.*head would be random"):
        load_trained(ModelArguments(bert_folder))
    AutoModelForSequenceClassification.from_pretrained(bert_folder).save_pretrained(tmp_path)
    assert isinstance(load_trained(ModelArguments(str(tmp_path))), BertForSequenceClassification)


def test_a_name_that_does_not_exist_is_shown():
    with pytest.raises(OSError, match="'no/such-model' is neither"):
        load_trained(ModelArguments("no/such-model"))


def test_tokenizers_without_padding_use_the_end_token(bert_folder, tmp_path, caplog):
    tokenizer = load_tokenizer(ModelArguments(bert_folder))
    tokenizer.pad_token, tokenizer.eos_token = None, "[SEP]"
    tokenizer.save_pretrained(tmp_path)
    assert load_tokenizer(ModelArguments(bert_folder, tokenizer_name=str(tmp_path))).pad_token == "[SEP]"
    assert "no padding token" in caplog.text


@pytest.mark.parametrize("architecture", ["amsdff", "plain"])
def test_differential_attention_on_either_head(bert_folder, tmp_path, architecture):
    options = ModelArguments(bert_folder, architecture=architecture, differential_fraction=0.5)
    model = load_for_training(options, LABELS, TYPE).eval()
    assert model.config.differential_attention["fraction"] == 0.5
    assert any("lambda_vectors" in name for name, _ in model.named_parameters())
    model.save_pretrained(tmp_path)
    ids, mask = padded_texts()
    expected = model(ids, attention_mask=mask).logits
    trained = load_trained(ModelArguments(str(tmp_path)))
    assert torch.equal(trained(ids, attention_mask=mask).logits, expected)
    again = load_for_training(ModelArguments(str(tmp_path), architecture=architecture), LABELS, TYPE).eval()
    assert torch.equal(again(ids, attention_mask=mask).logits, expected)
    more = ModelArguments(str(tmp_path), architecture=architecture, differential_fraction=1.0)
    with pytest.raises(ValueError, match="goes on with the attention that it was trained with, {'"):
        load_for_training(more, LABELS, TYPE)


def test_a_converted_plain_model_is_no_backbone(bert_folder, tmp_path):
    options = ModelArguments(bert_folder, architecture="plain", differential_fraction=0.5)
    load_for_training(options, LABELS, TYPE).save_pretrained(tmp_path)
    with pytest.raises(ValueError, match="was converted to differential attention.*--architecture plain"):
        load_for_training(ModelArguments(str(tmp_path)), LABELS, TYPE)
