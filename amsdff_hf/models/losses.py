# Copyright 2026 The amsdff_hf authors. Licensed under the Apache License, Version 2.0.
"""Losses as pure functions: single-label, multi-label and regression, and the choice between them."""

from collections.abc import Sequence

import torch
import torch.nn.functional as F


IGNORED_LABEL = -100


def single_label_loss(
    logits: torch.Tensor,
    labels: torch.Tensor,
    loss_weights: Sequence[float] = (0.4, 0.4, 0.2),
    focal_gamma: float = 2.0,
    label_smoothing: float = 0.1,
    class_weights: Sequence[float] | None = None,
) -> torch.Tensor:
    """Weighted sum of cross entropy, focal loss (Lin et al. 2017, equation 4) and label-smoothed cross entropy.

    With `ce = -log p_t`, the terms of one text are `ce`, `(1 - p_t) ** focal_gamma * ce` and cross entropy against
    `(1 - label_smoothing) * onehot + label_smoothing / num_labels`. `class_weights` multiplies the sum by the weight
    of the text's label. The mean divides by the number of texts and not, as `torch.nn.CrossEntropyLoss` does, by the
    sum of their weights: only so do small accumulated batches give the gradient of one large batch (of labeled texts).

    Args:
        logits: `(batch_size, num_labels)`.
        labels: `(batch_size,)`, ids from 0 to `num_labels - 1`; texts with -100 are left out.

    Returns:
        The mean loss, a scalar in float32 or better.

    Raises:
        ValueError: if a label is no id of the logits, or there is not one label per text.

    Examples:
    ```python
    >>> import torch
    >>> logits, labels = torch.tensor([[2.0, 0.0], [0.0, 1.0]]), torch.tensor([0, 0])
    >>> single_label_loss(logits, labels, loss_weights=(1, 0, 0)).item() == torch.nn.functional.cross_entropy(
    ...     logits, labels
    ... ).item()
    True

    ```
    """
    _check_label_ids(labels, logits)
    kept = labels != IGNORED_LABEL
    targets = labels.masked_fill(~kept, 0).long()
    log_probabilities = F.log_softmax(at_least_float32(logits), dim=-1)
    cross_entropy = -log_probabilities.gather(-1, targets.unsqueeze(-1)).squeeze(-1)
    focal = _focal_factor(-torch.expm1(-cross_entropy), focal_gamma) * cross_entropy
    smoothed = (1 - label_smoothing) * cross_entropy - label_smoothing * log_probabilities.mean(-1)
    loss = _mix(loss_weights, cross_entropy, focal, smoothed)
    if class_weights is not None:
        loss = loss * loss.new_tensor(class_weights)[targets]
    return (loss * kept).sum() / kept.sum().clamp(min=1)


def multi_label_loss(
    logits: torch.Tensor,
    labels: torch.Tensor,
    loss_weights: Sequence[float] = (0.4, 0.4, 0.2),
    focal_gamma: float = 2.0,
    label_smoothing: float = 0.1,
    class_weights: Sequence[float] | None = None,
) -> torch.Tensor:
    """Weighted sum of binary cross entropy, its focal and its label-smoothed form, averaged over texts and labels.

    The smoothed target is `(1 - label_smoothing) * label + label_smoothing / 2`. `class_weights` multiplies the
    positive term of each label, as `pos_weight` of `torch.nn.BCEWithLogitsLoss` does.

    Args:
        logits: `(batch_size, num_labels)`.
        labels: `(batch_size, num_labels)`, zeros and ones; -100 is left out.

    Returns:
        The mean loss, a scalar in float32 or better.

    Raises:
        ValueError: if the labels have another shape than the logits, or other values.
    """
    if labels.shape != logits.shape:
        raise ValueError(
            f"Multi-label classification needs one 0 or 1 per text and label: the logits have the shape "
            f"{tuple(logits.shape)}, `labels` has {tuple(labels.shape)}."
        )
    _check_zeros_and_ones(labels)
    logits = at_least_float32(logits)
    kept = labels != IGNORED_LABEL
    labels = labels.masked_fill(~kept, 0).to(logits.dtype)
    positive_weight = None if class_weights is None else logits.new_tensor(class_weights)

    def cross_entropy(targets: torch.Tensor) -> torch.Tensor:
        return F.binary_cross_entropy_with_logits(logits, targets, pos_weight=positive_weight, reduction="none")

    plain = cross_entropy(labels)
    probability_of_wrong = torch.sigmoid(logits * (1 - 2 * labels))
    focal = _focal_factor(probability_of_wrong, focal_gamma) * plain
    smoothed = cross_entropy((1 - label_smoothing) * labels + label_smoothing / 2)
    return (_mix(loss_weights, plain, focal, smoothed) * kept).sum() / kept.sum().clamp(min=1)


def regression_loss(
    predictions: torch.Tensor, labels: torch.Tensor, kind: str = "mse", huber_delta: float = 1.0
) -> torch.Tensor:
    """Mean absolute (`l1`), squared (`mse`) or Huber (`huber`) error.

    Args:
        predictions: `(batch_size, num_targets)`.
        labels: `(batch_size, num_targets)`, or `(batch_size,)` for a single target.
        kind: `l1`, `mse` or `huber`.
        huber_delta: error above which the Huber loss is linear, in units of the labels.

    Returns:
        The mean loss, a scalar in float32 or better.

    Raises:
        ValueError: if the shapes differ, a label is NaN, or `kind` is unknown.
    """
    if labels.dim() == predictions.dim() - 1 and predictions.shape[-1] == 1:
        labels = labels.unsqueeze(-1)
    if labels.shape != predictions.shape:
        raise ValueError(
            f"Regression needs one number per text and target: the predictions have the shape "
            f"{tuple(predictions.shape)}, `labels` has {tuple(labels.shape)}."
        )
    if _first(labels.isnan(), labels) is not None:
        raise ValueError("Regression needs a number for each text, `labels` holds NaN: leave such texts out.")
    predictions = at_least_float32(predictions)
    labels = labels.to(predictions.dtype)
    if kind == "l1":
        return F.l1_loss(predictions, labels)
    if kind == "mse":
        return F.mse_loss(predictions, labels)
    if kind == "huber":
        return F.huber_loss(predictions, labels, delta=huber_delta)
    raise ValueError(f"`regression_loss` must be l1, mse or huber, got {kind!r}.")


def classification_loss(logits: torch.Tensor, labels: torch.Tensor, config) -> torch.Tensor:
    """Loss of a classifier, chosen by `config.problem_type`.

    Without a problem type, one label means regression and integer ids mean single-label classification; anything
    else is ambiguous and raises, since a pipeline could not know later what was trained.

    Args:
        logits: `(batch_size, num_labels)`.
        labels: see the loss of each problem type.
        config: a [`BackboneClassifierConfig`].

    Returns:
        The mean loss, a scalar in float32 or better.

    Raises:
        ValueError: if the labels are no tensor, or fit no problem type or not the one that is set.
    """
    if not isinstance(labels, torch.Tensor):
        raise ValueError(
            f"`labels` must be a tensor, got {type(labels).__name__}: `torch.tensor(...)` makes one of ids."
        )
    mixture = {
        "loss_weights": config.loss_weights,
        "focal_gamma": config.focal_gamma,
        "label_smoothing": config.label_smoothing,
        "class_weights": config.class_weights,
    }
    problem_type = config.problem_type or _inferred_problem_type(labels, config.num_labels)
    if problem_type == "regression":
        return regression_loss(logits, labels, config.regression_loss, config.huber_delta)
    if problem_type == "multi_label_classification":
        return multi_label_loss(logits, labels, **mixture)
    return single_label_loss(logits, labels, **mixture)


def _inferred_problem_type(labels: torch.Tensor, num_labels: int) -> str:
    if num_labels == 1:
        return "regression"
    if not labels.is_floating_point():
        return "single_label_classification"
    raise ValueError(
        f"`labels` are floating-point numbers and the model has {num_labels} labels: set `problem_type` of the "
        'config to "multi_label_classification" or "regression".'
    )


def _check_label_ids(labels: torch.Tensor, logits: torch.Tensor) -> None:
    if labels.shape != logits.shape[:-1]:
        raise ValueError(
            "Single-label classification needs one label id per text: the logits have the shape "
            f"{tuple(logits.shape)}, `labels` has {tuple(labels.shape)}. For several labels per text set "
            '`problem_type` to "multi_label_classification".'
        )
    if labels.is_floating_point() or labels.is_complex():
        raise ValueError(
            f"Single-label classification needs integer label ids, `labels` has the dtype {labels.dtype}: convert "
            'them with `.long()`, or set `problem_type` to "multi_label_classification" or "regression".'
        )
    num_labels = logits.shape[-1]
    wrong = _first((labels != IGNORED_LABEL) & ((labels < 0) | (labels >= num_labels)), labels)
    if wrong is not None:
        raise ValueError(
            f"Label id {wrong} is out of range: the model has {num_labels} labels, so ids go from 0 to "
            f"{num_labels - 1} (or {IGNORED_LABEL} to leave a text out). Set `labels=[...]` or `num_labels`."
        )


def _check_zeros_and_ones(labels: torch.Tensor) -> None:
    wrong = _first((labels != IGNORED_LABEL) & ((labels < 0) | (labels > 1)), labels)
    if wrong is not None:
        raise ValueError(
            f"Multi-label classification needs a 0 or 1 for each label (or {IGNORED_LABEL} to leave it out), `labels` "
            f"holds {wrong}: turn lists of label ids into rows of zeros and ones."
        )


def _first(is_wrong: torch.Tensor, values: torch.Tensor) -> float | int | None:
    """First wrong value; nothing is looked at inside a compiled graph, which could not branch on it."""
    if torch.compiler.is_compiling() or values.device.type == "meta":
        return None
    wrong = values[is_wrong]
    return wrong[0].item() if wrong.numel() else None


def _focal_factor(probability_of_wrong: torch.Tensor, gamma: float) -> torch.Tensor:
    # Below 1, the exponent has an infinite slope at zero, which would turn a certain prediction's gradient into NaN.
    return probability_of_wrong.clamp(min=1e-12) ** gamma


def _mix(weights: Sequence[float], *terms: torch.Tensor) -> torch.Tensor:
    return sum(weight * term for weight, term in zip(weights, terms, strict=True) if weight)


def at_least_float32(tensor: torch.Tensor) -> torch.Tensor:
    """Return half precision as float32, and all else as it is."""
    return tensor.float() if tensor.dtype in (torch.float16, torch.bfloat16) else tensor


__all__ = [
    "at_least_float32",
    "classification_loss",
    "multi_label_loss",
    "regression_loss",
    "single_label_loss",
]
