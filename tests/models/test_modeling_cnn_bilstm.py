import pytest
import torch
import torch.nn.functional as F
from torch import nn
from transformers import AutoModelForSequenceClassification

from amsdff_hf import CnnBilstmConfig, WordVectorsConfig
from amsdff_hf.models.head_cnn_bilstm import TokenBatchNorm, TokenConv1d
from tests.conftest import random_model


IDS = torch.tensor([[5, 6, 7, 2, 8, 9, 10, 11, 2], [12, 2, 13, 14, 2, 0, 0, 0, 0]])
TYPES = torch.tensor([[0, 0, 0, 0, 1, 1, 1, 1, 1], [0, 0, 1, 1, 1, 0, 0, 0, 0]])
MASK = torch.tensor([[1] * 9, [1] * 5 + [0] * 4])
SMALL = {"lstm_hidden_size": 6, "num_filters": 5, "classifier_hidden_size": 8}


@pytest.fixture
def model():
    return random_model(CnnBilstmConfig(backbone_config=WordVectorsConfig(vocab_size=100, hidden_size=12), **SMALL))


def features(model, **inputs):
    with torch.no_grad():
        return model.classifier(model.backbone(IDS).last_hidden_state, MASK, True, **inputs)[1]


def test_the_defaults_are_those_of_the_source():
    config = CnnBilstmConfig(backbone_config=WordVectorsConfig(vocab_size=37_762), num_labels=3)
    model = random_model(config)
    assert config.fused_width == 2 * 128 + 3 * 128
    assert config.loss_weights == (0.0, 0.0, 1.0)
    # About 13.9 million are published, without a list.
    assert model.num_parameters() == pytest.approx(13.9e6, rel=0.03)


def test_each_text_reaches_its_own_branch_only(model):
    before = features(model, token_type_ids=TYPES)
    first_width = model.config.first_width
    for changed, own, other in (
        (0, slice(0, first_width), slice(first_width, None)),
        (5, slice(first_width, None), slice(0, first_width)),
    ):
        ids = IDS.clone()
        ids[0, changed] = 50
        with torch.no_grad():
            after = model.classifier.trunk(model.backbone(ids).last_hidden_state, MASK, token_type_ids=TYPES)
            unchanged = model.classifier.trunk(model.backbone(IDS).last_hidden_state, MASK, token_type_ids=TYPES)
        difference = (after.last_hidden_state - unchanged.last_hidden_state).abs()
        assert difference[0, :, own].max() > 1e-4
        assert difference[..., other].max() == 0
    assert before.field_weights.shape == (2, 2)


def test_token_features_are_zero_in_the_half_of_the_other_text(model):
    with torch.no_grad():
        states = model.classifier.trunk(model.backbone(IDS).last_hidden_state, MASK, token_type_ids=TYPES)
    width = model.config.first_width
    is_first, is_second = (TYPES == 0) & (MASK == 1), (TYPES == 1) & (MASK == 1)
    assert states.last_hidden_state[..., :width][~is_first].abs().max() == 0
    assert states.last_hidden_state[..., width:][~is_second].abs().max() == 0
    assert states.last_hidden_state[..., :width][is_first].abs().sum(-1).min() > 0


def test_weights_of_the_words_follow_the_share_of_their_text(model):
    found = features(model, token_type_ids=TYPES)
    torch.testing.assert_close(found.token_weights.sum(1), torch.ones(2))
    for row in range(2):
        second = found.token_weights[row][TYPES[row] == 1].sum()
        torch.testing.assert_close(second, found.field_weights[row, 1])


def test_a_single_text_is_read_by_both_branches(model):
    untyped, zeros = features(model), features(model, token_type_ids=torch.zeros_like(TYPES))
    torch.testing.assert_close(untyped.pooler_output, zeros.pooler_output)
    assert (untyped.pooler_output - features(model, token_type_ids=TYPES).pooler_output).abs().max() > 1e-3


def test_a_model_that_was_trained_on_pairs_refuses_single_texts_and_the_reverse(model):
    model.config.text_pairs = True
    model(IDS, attention_mask=MASK, token_type_ids=TYPES)
    for types in (None, torch.zeros_like(TYPES)):
        with pytest.raises(ValueError, match="was trained on pairs of texts, but `token_type_ids` tell of no second"):
            model(IDS, attention_mask=MASK, token_type_ids=types)
    model.config.text_pairs = False
    model(IDS, attention_mask=MASK)
    with pytest.raises(ValueError, match="was trained on single texts, but `token_type_ids` tell of a second one"):
        model(IDS, attention_mask=MASK, token_type_ids=TYPES)


@pytest.mark.parametrize("norm", ["layer", "batch"])
@pytest.mark.parametrize("left", [0, 3])
def test_pairs_do_not_see_padding_neither_in_training_nor_after_it(norm, left):
    config = CnnBilstmConfig(
        backbone_config=WordVectorsConfig(vocab_size=100, hidden_size=12),
        conv_norm=norm,
        **SMALL,
        **dict.fromkeys(
            ("input_dropout", "lstm_dropout", "conv_dropout", "head_attention_dropout", "classifier_dropout"), 0.0
        ),
    )
    model = random_model(config)

    def logits(left, right):
        inputs = {"input_ids": IDS, "attention_mask": MASK, "token_type_ids": TYPES}
        return model(**{name: F.pad(value, (left, right)) for name, value in inputs.items()}).logits

    for mode in (False, True):
        model.train(mode)
        torch.testing.assert_close(logits(left, 4), logits(0, 0), atol=1e-5, rtol=0)


def test_batch_norm_counts_real_tokens_only(tmp_path):
    norm, states, mask = TokenBatchNorm(4), torch.randn(2, 5, 4), torch.tensor([[1] * 5, [1, 0, 0, 0, 0]]).bool()
    reference = nn.BatchNorm1d(4)
    torch.testing.assert_close(norm(states, mask)[mask], reference(states[mask]))
    torch.testing.assert_close(norm.running_mean, reference.running_mean)
    config = CnnBilstmConfig(backbone_config=WordVectorsConfig(vocab_size=100, hidden_size=12), conv_norm="batch")
    model = random_model(config).train()
    assert model(IDS[:1, :1]).logits.isfinite().all()
    model(IDS, attention_mask=MASK)
    model.eval().save_pretrained(tmp_path)
    again = AutoModelForSequenceClassification.from_pretrained(tmp_path)
    assert torch.equal(again(IDS, attention_mask=MASK).logits, model(IDS, attention_mask=MASK).logits)


@pytest.mark.parametrize("kernel_size", [1, 2, 3, 4, 5])
def test_convolutions_keep_the_length(kernel_size):
    convolution, states = TokenConv1d(3, 4, kernel_size), torch.randn(2, 6, 3)
    padded = F.pad(states.transpose(1, 2), (4, 4))
    expected = F.conv1d(padded, convolution.weight, convolution.bias)[:, :, 4 - (kernel_size - 1) // 2 :][:, :, :6]
    torch.testing.assert_close(convolution(states), expected.transpose(1, 2))
