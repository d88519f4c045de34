"""What the heads of all architectures promise."""

import inspect

import pytest
import torch
import torch.nn.functional as F
from transformers.utils import ModelOutput

from tests.conftest import padded_texts, random_model


def pad(ids, mask, left, right):
    return F.pad(ids, (left, right)), F.pad(mask, (left, right))


def random_states(config, *shape):
    """What the head of this configuration reads: the last token vectors, or those of several levels."""
    if config.hidden_levels is None:
        return torch.randn(*shape, config.hidden_size)
    return tuple(torch.randn(*shape, config.hidden_size) for _ in config.hidden_levels)


def pad_states(states, left, right, value):
    if isinstance(states, tuple):
        return tuple(pad_states(level, left, right, value) for level in states)
    return F.pad(states, (0, 0, left, right), value=value)


@pytest.fixture
def model(config_class, bert_config):
    return random_model(config_class(backbone_config=bert_config))


# --- padding -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("left", "right"), [(0, 7), (7, 0), (3, 4)])
def test_the_head_alone_does_not_see_padding(model, left, right):
    torch.manual_seed(0)
    states, mask = random_states(model.config, 2, 6), torch.tensor([[1] * 6, [1, 1, 1, 0, 0, 0]])
    with torch.no_grad():
        logits, features = model.classifier(states, mask, explain=True)
        padded = pad_states(states, left, right, value=1e4)
        moved_logits, moved = model.classifier(padded, F.pad(mask, (left, right)), explain=True)
    torch.testing.assert_close(moved_logits, logits, atol=1e-5, rtol=0)
    torch.testing.assert_close(moved.token_weights[:, left : left + 6], features.token_weights)
    for name, value in features._asdict().items():
        if value is not None and value.shape == getattr(moved, name).shape:
            torch.testing.assert_close(getattr(moved, name), value, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float16, torch.bfloat16])
def test_a_text_without_tokens_gives_finite_logits_and_gradients(model, dtype):
    model.to(dtype)
    ids, mask = padded_texts()
    mask[1] = 0
    outputs = model(ids, attention_mask=mask, labels=torch.tensor([0, 1, 0, 1]))
    outputs.loss.backward()
    assert outputs.logits.isfinite().all()
    assert all(p.grad.isfinite().all() for p in model.parameters())
    if dtype == torch.float32:
        longer = model(*pad(ids, mask, 2, 3)).logits
        torch.testing.assert_close(longer, outputs.logits, atol=1e-5, rtol=0)


def test_training_does_not_mix_texts_of_a_batch(model):
    ids, mask = padded_texts()
    embeds = model.get_input_embeddings()(ids).detach().requires_grad_()
    model(inputs_embeds=embeds, attention_mask=mask).logits[0].sum().backward()
    assert embeds.grad[0].abs().max() > 0
    assert embeds.grad[1:].abs().max() == 0


# --- modules -----------------------------------------------------------------------------------------------------


def test_everything_new_sits_in_the_classifier(model, model_class):
    assert [name for name, _ in model.named_children()] == ["backbone", "classifier"]
    assert isinstance(model.classifier.trunk, model_class.trunk_class)


def test_the_head_has_no_buffers_and_no_batch_norm(model):
    assert list(model.classifier.buffers()) == []
    assert not any("BatchNorm" in type(module).__name__ for module in model.modules())


def test_same_seed_same_weights(config_class, classifier_class, bert_config):
    states = []
    for _ in range(2):
        torch.manual_seed(7)
        states.append(classifier_class(config_class(backbone_config=bert_config)).state_dict())
    assert all(torch.equal(states[0][name], states[1][name]) for name in states[0])


# --- outputs -----------------------------------------------------------------------------------------------------


def test_shapes_and_tuples(model, model_class):
    ids, mask = padded_texts()
    outputs = model(ids, attention_mask=mask, labels=torch.tensor([0, 1, 1, 0]))
    assert outputs.logits.shape == (4, 2)
    assert outputs.pooled_output.shape == (4, model.config.pooled_size)
    loss, logits, *_ = model(ids, attention_mask=mask, labels=torch.tensor([0, 1, 1, 0]), return_dict=False)
    assert loss == outputs.loss
    assert torch.equal(logits, outputs.logits)
    base = model_class(model.config).eval()(ids, attention_mask=mask)
    assert base.last_hidden_state.shape == (4, 9, model.config.token_size)
    assert base.pooler_output.shape == (4, model.config.pooled_size)


@pytest.mark.parametrize("request_by", ["return_explanations", "output_attentions"])
def test_explanations_come_on_request_only(model, request_by):
    ids, mask = padded_texts()
    outputs, silent = model(ids, attention_mask=mask, **{request_by: True}), model(ids, attention_mask=mask)
    assert isinstance(outputs, ModelOutput)
    fields = [name for name in outputs if name.endswith(("_weights", "_gates"))]
    assert "token_weights" in fields
    for name in fields:
        shares = outputs[name]
        assert shares.min() >= 0, name
        if shares.ndim == 2:
            torch.testing.assert_close(shares.sum(1), torch.ones(4), msg=name)
        assert silent.get(name) is None
    assert outputs.token_weights.shape == (4, 9)
    assert (outputs.token_weights[mask == 0] == 0).all()


def test_hidden_states_are_returned_as_asked(model):
    ids, mask = padded_texts()
    assert model(ids, attention_mask=mask).hidden_states is None
    every = model(ids, attention_mask=mask, output_hidden_states=True).hidden_states
    assert [state.shape for state in every] == [(4, 9, 32)] * 3
    # Where the head reads the last ones only, a list is left to the backbone, and old versions know none.
    for chosen in () if model.config.hidden_levels is None else ([0, 1], [1], [0, -1]):
        some = model(ids, attention_mask=mask, output_hidden_states=chosen).hidden_states
        assert [level for level, state in enumerate(some) if state is not None] == sorted(
            index % 3 for index in chosen
        )
        assert all(torch.equal(some[level], every[level]) for level in chosen)


def test_the_loss_follows_the_config(config_class, bert_config):
    ids, mask = padded_texts()
    config = config_class(backbone_config=bert_config, loss_weights=(1, 0, 0), num_labels=3, contrastive_weight=0.0)
    outputs = random_model(config)(ids, attention_mask=mask, labels=torch.tensor([0, 1, 2, 0]))
    torch.testing.assert_close(outputs.loss, F.cross_entropy(outputs.logits, torch.tensor([0, 1, 2, 0])))


# --- interfaces --------------------------------------------------------------------------------------------------


def test_the_trainer_divides_accumulated_losses(classifier_class):
    assert classifier_class.accepts_loss_kwargs is False


def test_forward_names_the_standard_inputs(classifier_class):
    names = ["input_ids", "attention_mask", "token_type_ids", "position_ids", "inputs_embeds", "labels"]
    assert list(inspect.signature(classifier_class.forward).parameters)[1:7] == names


# --- several dropouts --------------------------------------------------------------------------------------------


def test_the_loss_is_the_mean_over_the_dropouts_of_the_head(config_class, bert_config):
    model = random_model(config_class(backbone_config=bert_config, num_dropout_samples=3, contrastive_weight=0.0))
    ids, mask = padded_texts()
    labels = torch.tensor([0, 1, 0, 1])
    seen = []
    model.classifier.register_forward_hook(lambda module, inputs, outputs: seen.append(outputs[0]))
    loss = model.train()(ids, attention_mask=mask, labels=labels).loss
    assert len(seen) == 3
    assert not torch.equal(seen[0], seen[1])
    torch.testing.assert_close(loss, sum(model.loss_function(logits, labels) for logits in seen) / 3)
    seen.clear()
    model.eval()(ids, attention_mask=mask, labels=labels)
    assert len(seen) == 1
