"""The closed forms against the published code, written out as it stands there."""

import math
from types import SimpleNamespace

import pytest
import torch
import torch.nn.functional as F

from amsdff_hf import AmsdffConfig
from amsdff_hf.models.contrastive_losses import (
    contrastive_loss,
    intensity_pair_weights,
    margin_loss,
    nominal_pair_weights,
    published_contrast,
    weighted_info_nce,
)
from tests.conformance.backbones import no_dropout
from tests.conftest import padded_texts, random_model


EVERYWHERE = torch.ones(6, dtype=torch.bool)
LABELS = torch.tensor([2.0, 1.6, -1.0, 0.0, 0.0, -3.0])


def unit_vectors(seed, rows=6, width=5, dtype=torch.float64):
    generator = torch.Generator().manual_seed(seed)
    return F.normalize(torch.randn(rows, width, generator=generator, dtype=dtype), dim=-1)


def published_mask(labels, k=0.5, gain=1.5):
    """The positive mask of the published code, pair by pair."""
    scaled = [(label + 3) / 3 - 1 for label in labels.tolist()]
    mask = torch.zeros(len(scaled), len(scaled), dtype=torch.float64)
    for i, one in enumerate(scaled):
        for j, other in enumerate(scaled):
            distance = abs(one - other)
            if distance <= k and math.copysign(1, one) * (one != 0) == math.copysign(1, other) * (other != 0):
                mask[i, j] = gain * math.exp(-distance / k)
    return mask


def published_term(first, second, mask, temperature, refine_weight):
    """Contrast and refine loss of the published code, with its own exponentials."""
    similarities = first @ second.t()
    ratio = torch.exp(mask * similarities / temperature) / torch.exp(similarities / temperature).sum(1, keepdim=True)
    return -torch.log(ratio).mean() - refine_weight * (mask * similarities).mean()


@pytest.mark.parametrize("seed", range(20))
def test_the_closed_form_equals_the_published_code(seed):
    first, second, mask = unit_vectors(seed), unit_vectors(seed + 100), published_mask(LABELS)
    pull = intensity_pair_weights(LABELS.double()).pull
    torch.testing.assert_close(pull, mask, atol=1e-12, rtol=0)
    for left, right in ((first, second), (first, first)):
        expected = published_term(left, right, mask, 0.03, 4.0)
        torch.testing.assert_close(published_contrast(left, right, pull, EVERYWHERE), expected, atol=1e-10, rtol=1e-10)
    within = ((mask * (first @ first.t())).mean() + (mask * (second @ second.t())).mean()) / 2
    expected = torch.relu(0.8 - (within - (mask * (first @ second.t())).mean()))
    torch.testing.assert_close(margin_loss(first, second, pull, EVERYWHERE), expected)


def test_the_whole_published_loss_is_the_sum_of_its_parts():
    """The order of the source: vision with audio, vision with text, text with audio."""
    config = SimpleNamespace(
        problem_type="regression",
        contrastive_form="published",
        contrastive_temperature=0.03,
        contrastive_threshold=0.5,
        contrastive_gain=1.5,
        refine_weight=4.0,
        label_range=3.0,
    )
    vectors, mask = [unit_vectors(seed) for seed in range(3)], published_mask(LABELS)
    vision, text, audio = range(3)
    expected = sum(published_term(one, one, mask, 0.03, 4.0) for one in vectors)
    for i, j in ((vision, audio), (vision, text), (text, audio)):
        within = sum((mask * (vectors[side] @ vectors[side].t())).mean() for side in (i, j)) / 2
        apart = torch.relu(0.8 - (within - (mask * (vectors[i] @ vectors[j].t())).mean()))
        expected = expected + 0.2 * (published_term(vectors[i], vectors[j], mask, 0.03, 4.0) + apart)
    # Any length of the vectors: they are brought to length 1.
    scaled = [3.0 * one for one in vectors]
    found = contrastive_loss(scaled, [EVERYWHERE] * 3, LABELS.double(), config, 0.2, 1.0, 0.8)
    torch.testing.assert_close(found, expected, atol=1e-10, rtol=1e-10)


def test_negatives_take_part_in_the_mended_form_only():
    labels = torch.tensor([2.0, 2.0, -2.0])
    weights = intensity_pair_weights(labels)
    near = torch.tensor([[1.0, 0.0], [1.0, 0.0], [0.8, 0.6]], requires_grad=True)
    present = torch.ones(3, dtype=torch.bool)
    apart = torch.autograd.grad(weighted_info_nce(near, near, weights, present), near)[0]
    # The gradient step moves the vector of the other label away from the first two.
    assert (near - 0.1 * apart)[2] @ near[0] < near[2] @ near[0]
    assert weights.push[0, 2] == pytest.approx(0.8 * 1.5 * math.exp((4 / 3 - 0.5) / 0.5))


def test_with_nominal_labels_it_is_supervised_contrast():
    labels, vectors = torch.tensor([0, 1, 0, 2, 1, 0]), unit_vectors(3)
    loss = weighted_info_nce(vectors, vectors, nominal_pair_weights(labels), EVERYWHERE, temperature=0.1)
    terms = []
    for i in range(6):
        others = [j for j in range(6) if j != i]
        total = torch.logsumexp(torch.stack([vectors[i] @ vectors[j] / 0.1 for j in others]), 0)
        positives = [j for j in others if labels[j] == labels[i]]
        if positives:
            terms.append(-torch.stack([vectors[i] @ vectors[j] / 0.1 - total for j in positives]).mean())
    torch.testing.assert_close(loss, torch.stack(terms).mean(), atol=1e-6, rtol=1e-6)


@pytest.mark.parametrize("form", ["published", "infonce"])
def test_what_is_missing_takes_part_in_no_pair(form):
    config = AmsdffConfig(
        num_labels=1, contrastive_form=form, contrastive_weight=1.0, label_range=3.0, contrastive_temperature=0.1
    )
    vectors, present = [unit_vectors(0), unit_vectors(1)], torch.tensor([True, True, False, True, True, False])
    kept = present.nonzero().flatten()
    few = contrastive_loss(
        [one[kept] for one in vectors], [EVERYWHERE[kept]] * 2, LABELS[kept], config, 0.2, 1.0, margin=0.8
    )
    spoiled = [torch.where(present[:, None], one, 7.0) for one in vectors]
    all_of_them = contrastive_loss(spoiled, [present] * 2, LABELS, config, 0.2, 1.0, margin=0.8)
    torch.testing.assert_close(all_of_them, few)
    nothing = contrastive_loss(vectors, [~EVERYWHERE] * 2, LABELS, config, 0.2, 1.0, margin=0.8)
    assert nothing == 0


@pytest.mark.parametrize("form", ["published", "infonce"])
@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_stays_finite(form, dtype):
    config = AmsdffConfig(num_labels=1, contrastive_form=form, label_range=3.0, contrastive_temperature=0.03)
    vectors = (100 * unit_vectors(0)).to(dtype).requires_grad_()
    loss = contrastive_loss([vectors], [EVERYWHERE], LABELS, config)
    loss.backward()
    assert loss.isfinite()
    assert vectors.grad.isfinite().all()


def test_labels_beyond_the_range_are_refused():
    config = AmsdffConfig(num_labels=1, label_range=1.0)
    with pytest.raises(ValueError, match="A label has the size 3, but `label_range` .* is 1: set it"):
        contrastive_loss([unit_vectors(0)], [EVERYWHERE], LABELS, config)


@pytest.mark.parametrize("form", ["published", "infonce"])
def test_every_architecture_adds_it_to_its_loss(config_class, bert_config, form):
    ids, mask = padded_texts()
    labels = torch.tensor([0, 1, 0, -100])
    options = {"contrastive_form": form, "contrastive_temperature": 1.0}
    bert_config.hidden_dropout_prob = bert_config.attention_probs_dropout_prob = 0.0
    options |= {"backbone_config": bert_config, **no_dropout(config_class)}
    without = random_model(config_class(contrastive_weight=0.0, **options))
    model = random_model(config_class(contrastive_weight=0.5, **options))
    inputs = {"input_ids": ids, "attention_mask": mask, "labels": labels}
    # Losses of evaluation are comparable.
    assert torch.equal(model(**inputs).loss, without(**inputs).loss)
    outputs, plain = (one.train()(**inputs) for one in (model, without))
    torch.testing.assert_close(outputs.logits, plain.logits)
    assert (outputs.loss - plain.loss).abs() > 1e-3
    outputs.loss.backward()
    assert all(p.grad.isfinite().all() for p in model.parameters())
