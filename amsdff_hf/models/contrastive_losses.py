# Copyright 2026 The amsdff_hf authors. Licensed under the Apache License, Version 2.0.
"""Contrastive losses: texts with like labels shall have like vectors, within a modality and across modalities.

Two forms. `published` is what the code of AMCCL computes (github.com/kaka-yjk/amccl), in a closed form that does not
overflow: texts with unlike labels enter it with weight zero only, so that they push nothing away. `infonce` is the
form that was meant: positives and negatives of each text in one softmax (van den Oord et al. 2018, Khosla et al.
2020), each with a weight by how far the labels are apart.

Every text may lack a vector; what is missing takes part in no pair. All losses are in float32 or better.
"""

from collections.abc import Sequence
from typing import NamedTuple

import torch
import torch.nn.functional as F

from .losses import IGNORED_LABEL, at_least_float32


_NEGATIVE_SHARE = 0.8


class PairWeights(NamedTuple):
    """How strongly each pair of texts attracts and repels, both `(batch_size, batch_size)` and never negative."""

    pull: torch.Tensor
    push: torch.Tensor


def nominal_pair_weights(labels: torch.Tensor) -> PairWeights:
    """Pairs with the same label, or the same set of labels, attract each other, all others repel; weights are 1.

    Args:
        labels: `(batch_size,)` ids, or `(batch_size, num_labels)` zeros and ones.
    """
    rows = labels.reshape(labels.shape[0], -1)
    same = (rows.unsqueeze(0) == rows.unsqueeze(1)).all(dim=-1)
    return PairWeights(same.float(), (~same).float())


def intensity_pair_weights(
    labels: torch.Tensor, threshold: float = 0.5, gain: float = 1.5, label_range: float = 3.0
) -> PairWeights:
    """Pairs of one polarity and similar intensity attract each other, all others repel the more they differ.

    With labels divided by `label_range` and their distance `d`, the pull is `gain * exp(-d / threshold)` where
    `d <= threshold` and both labels have the same sign, 0 being a sign of its own; otherwise the push is
    `0.8 * gain * exp((d - threshold) / threshold)`. Of several numbers per text, the largest distance counts.

    Args:
        labels: `(batch_size,)` or `(batch_size, num_targets)` numbers from `-label_range` to `label_range`.
        threshold: largest distance of alike labels, after the division.
        gain: weight of a pair with equal labels.
        label_range: largest size of a label.
    """
    scaled = at_least_float32(labels.reshape(labels.shape[0], -1)) / label_range
    distances = (scaled.unsqueeze(0) - scaled.unsqueeze(1)).abs().amax(dim=-1)
    signs = scaled.sign()
    alike = (distances <= threshold) & (signs.unsqueeze(0) == signs.unsqueeze(1)).all(dim=-1)
    pull = gain * (-distances / threshold).exp()
    push = _NEGATIVE_SHARE * gain * ((distances - threshold) / threshold).exp()
    return PairWeights(pull * alike, push * ~alike)


def published_contrast(
    first: torch.Tensor,
    second: torch.Tensor,
    pull: torch.Tensor,
    present: torch.Tensor,
    temperature: float = 0.03,
    refine_weight: float = 4.0,
) -> torch.Tensor:
    """Contrast plus refine loss of the published code.

    The code averages `-log(exp(m_ij s_ij / t) / sum_k exp(s_ik / t))` over all pairs and subtracts `refine_weight`
    times the mean of `m_ij s_ij`. Both together are `mean_i logsumexp_k(s_ik / t) - (1 / t + refine_weight) *
    mean_ij(m_ij s_ij)`, which is computed here.

    Args:
        first: `(batch_size, width)`, of length 1.
        second: `(batch_size, width)`, of length 1.
        pull: `(batch_size, batch_size)`, see [`PairWeights`].
        present: boolean `(batch_size,)`, false where a text lacks one of the two vectors.
        temperature: what similarities are divided by.
        refine_weight: weight of the refine loss.

    Returns:
        A scalar, 0 if no text is present.
    """
    similarities = first @ second.t()
    scaled = (similarities / temperature).masked_fill(~present.unsqueeze(0), torch.finfo(similarities.dtype).min)
    spread = torch.where(present, scaled.logsumexp(dim=1), 0.0).sum() / present.sum().clamp(min=1)
    return spread - (1 / temperature + refine_weight) * mean_over_pairs(pull * similarities, present)


def weighted_info_nce(
    first: torch.Tensor, second: torch.Tensor, weights: PairWeights, present: torch.Tensor, temperature: float = 0.1
) -> torch.Tensor:
    """InfoNCE in which all texts with like labels are positives and all others negatives, each with its weight.

    For text i, `-sum_j p_ij log(exp(s_ij / t) / (sum_positives exp(s_ik / t) + sum_negatives n_ik exp(s_ik / t)))`,
    where `p_ij` is the pull divided by its sum over j and `n_ik` the push; averaged over the texts with a positive.
    Where both sides are one and the same tensor, no text is compared with itself.

    Args:
        first: `(batch_size, width)`, of length 1.
        second: `(batch_size, width)`, of length 1.
        weights: see [`PairWeights`].
        present: boolean `(batch_size,)`, false where a text lacks one of the two vectors.
        temperature: what similarities are divided by.

    Returns:
        A scalar, 0 if no text has a positive.
    """
    counted = present.unsqueeze(0) & present.unsqueeze(1)
    if first is second:
        counted = counted & ~torch.eye(first.shape[0], dtype=torch.bool, device=first.device)
    pull, push = weights.pull * counted, weights.push * counted
    logits = first @ second.t() / temperature
    # A weight inside of the sum is its logarithm beside the logit.
    shares = torch.where(pull > 0, torch.ones_like(push), push)
    lowest = torch.finfo(logits.dtype).min
    shifted = (logits + shares.clamp(min=torch.finfo(shares.dtype).tiny).log()).masked_fill(shares == 0, lowest)
    totals = pull.sum(dim=1)
    attracted = (pull * logits).sum(dim=1) / totals.clamp(min=torch.finfo(pull.dtype).tiny)
    has_positive = totals > 0
    return torch.where(has_positive, shifted.logsumexp(dim=1) - attracted, 0.0).sum() / has_positive.sum().clamp(min=1)


def margin_loss(
    first: torch.Tensor, second: torch.Tensor, pull: torch.Tensor, present: torch.Tensor, margin: float = 0.8
) -> torch.Tensor:
    """How much less than `margin` the similarity within two modalities is above that across them.

    Args:
        first: `(batch_size, width)`, of length 1.
        second: `(batch_size, width)`, of length 1.
        pull: `(batch_size, batch_size)`; similarities are averaged under it over all pairs.
        present: boolean `(batch_size,)`, false where a text lacks one of the two vectors.
        margin: the wanted difference.
    """
    across = mean_over_pairs(pull * (first @ second.t()), present)
    within = [mean_over_pairs(pull * (side @ side.t()), present) for side in (first, second)]
    return F.relu(margin - (sum(within) / 2 - across)) * present.any()


def mean_over_pairs(values: torch.Tensor, present: torch.Tensor) -> torch.Tensor:
    """Mean of `(batch_size, batch_size)` over the pairs of texts that are both present; 0 if there are none."""
    counted = present.unsqueeze(0) & present.unsqueeze(1)
    return torch.where(counted, values, 0.0).sum() / counted.sum().clamp(min=1)


def contrast_labels(labels: torch.Tensor, config) -> tuple[PairWeights, torch.Tensor]:
    """Weigh the pairs of a batch by its labels.

    Args:
        labels: ids, zeros and ones, or numbers, as the loss of the problem type takes them.
        config: a [`BackboneClassifierConfig`].

    Returns:
        The weights, and which texts have a label, `(batch_size,)`.

    Raises:
        ValueError: if a number is larger than `label_range`.
    """
    if config.problem_type == "regression":
        _check_range(labels, config.label_range)
        options = config.contrastive_threshold, config.contrastive_gain, config.label_range
        return intensity_pair_weights(labels, *options), labels.new_ones(labels.shape[0], dtype=torch.bool)
    return nominal_pair_weights(labels), (labels.reshape(labels.shape[0], -1) != IGNORED_LABEL).all(dim=-1)


def contrastive_loss(
    vectors: Sequence[torch.Tensor],
    present: Sequence[torch.Tensor],
    labels: torch.Tensor,
    config,
    inter_weight: float = 0.0,
    intra_weight: float = 1.0,
    margin: float = 0.0,
) -> torch.Tensor:
    """Sum of the contrastive terms within each modality and across each two of them.

    Args:
        vectors: for each modality `(batch_size, width)`.
        present: for each modality boolean `(batch_size,)`.
        labels: see [`contrast_labels`].
        config: form, temperature and weights of the pairs.
        inter_weight: weight of the terms across modalities, to which the margin loss belongs.
        intra_weight: weight of the terms within a modality.
        margin: margin of that loss; without effect if the weight is 0.

    Returns:
        A scalar in float32 or better.
    """
    weights, has_label = contrast_labels(labels, config)
    vectors = [F.normalize(at_least_float32(vector), dim=-1) for vector in vectors]
    present = [mask & has_label for mask in present]

    def term(first: int, second: int) -> torch.Tensor:
        both, sides = present[first] & present[second], (vectors[first], vectors[second])
        if config.contrastive_form == "infonce":
            return weighted_info_nce(*sides, weights, both, config.contrastive_temperature)
        return published_contrast(*sides, weights.pull, both, config.contrastive_temperature, config.refine_weight)

    loss = intra_weight * sum(term(index, index) for index in range(len(vectors)))
    pairs = [(first, second) for second in range(len(vectors)) for first in range(second)]
    for first, second in pairs if inter_weight else ():
        both = present[first] & present[second]
        apart = margin_loss(vectors[first], vectors[second], weights.pull, both, margin)
        loss = loss + inter_weight * (term(first, second) + apart)
    return loss


def _check_range(labels: torch.Tensor, label_range: float) -> None:
    # On an accelerator the look would wait for all work before it, and a compiled graph cannot branch on it.
    if labels.device.type != "cpu" or torch.compiler.is_compiling() or not labels.numel():
        return
    largest = labels.abs().max().item()
    if not largest <= label_range:
        raise ValueError(
            f"A label has the size {largest:g}, but `label_range` of the config, by which the contrastive loss "
            f"divides labels, is {label_range:g}: set it to the largest size of a label (3 for MOSI and MOSEI, 1 "
            "for SIMS)."
        )


__all__ = [
    "PairWeights",
    "contrast_labels",
    "contrastive_loss",
    "intensity_pair_weights",
    "margin_loss",
    "mean_over_pairs",
    "nominal_pair_weights",
    "published_contrast",
    "weighted_info_nce",
]
