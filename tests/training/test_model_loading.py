import pytest
from transformers import AutoModelForSequenceClassification, BertForSequenceClassification

from amsdff_hf import AmsdffForSequenceClassification
from amsdff_hf.training import ModelArguments, load_for_training, load_tokenizer, load_trained


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
    with pytest.raises(ValueError, match="cannot be trained as --architecture plain"):
        load_for_training(ModelArguments(str(tmp_path), architecture="plain"), LABELS, TYPE)


def test_only_trained_classifiers_predict(bert_folder, tmp_path):
    with pytest.raises(ValueError, match="is no trained classifier.*head would be random"):
        load_trained(ModelArguments(bert_folder))
    AutoModelForSequenceClassification.from_pretrained(bert_folder).save_pretrained(tmp_path)
    assert isinstance(load_trained(ModelArguments(str(tmp_path))), BertForSequenceClassification)


def test_a_name_that_does_not_exist_is_shown():
    with pytest.raises(OSError, match="--model_name_or_path 'no/such-model' is neither"):
        load_trained(ModelArguments("no/such-model"))


def test_tokenizers_without_padding_use_the_end_token(bert_folder, tmp_path, caplog):
    tokenizer = load_tokenizer(ModelArguments(bert_folder))
    tokenizer.pad_token, tokenizer.eos_token = None, "[SEP]"
    tokenizer.save_pretrained(tmp_path)
    assert load_tokenizer(ModelArguments(bert_folder, tokenizer_name=str(tmp_path))).pad_token == "[SEP]"
    assert "no padding token" in caplog.text
