import math
from types import SimpleNamespace

import pytest
import torch
import torch.nn.functional as F

from amsdff_hf.models.losses import classification_loss, multi_label_loss, regression_loss, single_label_loss


LOGITS = torch.tensor([[2.0, 0.0, -1.0], [0.5, 0.5, 0.5], [-3.0, 1.0, 4.0]])
LABELS = torch.tensor([0, 1, 2])


def config(**kwargs) -> SimpleNamespace:
    defaults = {
        "problem_type": None,
        "num_labels": 3,
        "loss_weights": (1, 0, 0),
        "focal_gamma": 2.0,
        "label_smoothing": 0.1,
        "class_weights": None,
        "regression_loss": "mse",
        "huber_delta": 1.0,
    }
    return SimpleNamespace(**{**defaults, **kwargs})


def test_hand_computed_mixture():
    # p = (3/4, 1/4), so that every term can be computed on paper.
    logits, labels = torch.tensor([[math.log(3.0), 0.0]]), torch.tensor([0])
    ce = -math.log(0.75)
    focal = 0.25**2 * ce
    smoothed = 0.95 * ce + 0.05 * -math.log(0.25)
    loss = single_label_loss(logits, labels, (0.4, 0.4, 0.2), focal_gamma=2.0, label_smoothing=0.1)
    assert loss.item() == pytest.approx(0.4 * ce + 0.4 * focal + 0.2 * smoothed, rel=1e-6)


def test_each_term_agrees_with_torch():
    plain = F.cross_entropy(LOGITS, LABELS)
    torch.testing.assert_close(single_label_loss(LOGITS, LABELS, (1, 0, 0)), plain)
    torch.testing.assert_close(single_label_loss(LOGITS, LABELS, (0, 1, 0), focal_gamma=0.0), plain)
    torch.testing.assert_close(
        single_label_loss(LOGITS, LABELS, (0, 0, 1), label_smoothing=0.2),
        F.cross_entropy(LOGITS, LABELS, label_smoothing=0.2),
    )


def test_class_weights_multiply_each_text_and_the_mean_counts_texts():
    weights = [1.0, 2.0, 5.0]
    each = F.cross_entropy(LOGITS, LABELS, weight=torch.tensor(weights), reduction="none")
    torch.testing.assert_close(single_label_loss(LOGITS, LABELS, (1, 0, 0), class_weights=weights), each.sum() / 3)


def test_parts_of_a_batch_average_to_the_whole():
    weights = [0.5, 1.0, 3.0]
    whole = single_label_loss(LOGITS, LABELS, class_weights=weights)
    parts = [single_label_loss(LOGITS[i : i + 1], LABELS[i : i + 1], class_weights=weights) for i in range(3)]
    torch.testing.assert_close(whole, torch.stack(parts).mean())


def test_ignored_labels_are_left_out():
    with_ignored = single_label_loss(LOGITS, torch.tensor([0, -100, 2]))
    torch.testing.assert_close(with_ignored, single_label_loss(LOGITS[[0, 2]], LABELS[[0, 2]]))
    assert single_label_loss(LOGITS, torch.tensor([-100] * 3)).item() == 0


@pytest.mark.parametrize("wrong", [3, -1])
def test_label_out_of_range_names_id_and_range(wrong):
    with pytest.raises(ValueError, match=f"Label id {wrong} is out of range: the model has 3 labels.*0 to 2"):
        single_label_loss(LOGITS, torch.tensor([0, 1, wrong]))


def test_float_labels_for_single_label_raise():
    with pytest.raises(ValueError, match="integer label ids"):
        single_label_loss(LOGITS, LABELS.float())


@pytest.mark.parametrize("gamma", [0.0, 0.5, 2.0])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16])
def test_gradients_are_finite_at_certain_predictions(gamma, dtype):
    logits = torch.tensor([[1000.0, -1000.0], [-1000.0, 1000.0]], dtype=dtype, requires_grad=True)
    loss = single_label_loss(logits, torch.tensor([0, 0]), focal_gamma=gamma)
    loss.backward()
    assert loss.isfinite()
    assert loss.dtype == torch.float32
    assert logits.grad.isfinite().all()


MULTI = torch.tensor([[1.0, 0.0, 1.0], [0.0, 0.0, 0.0], [0.0, 1.0, 1.0]])


def test_multi_label_agrees_with_torch():
    plain = F.binary_cross_entropy_with_logits(LOGITS, MULTI)
    torch.testing.assert_close(multi_label_loss(LOGITS, MULTI, (1, 0, 0)), plain)
    torch.testing.assert_close(multi_label_loss(LOGITS, MULTI.long(), (0, 1, 0), focal_gamma=0.0), plain)
    weights = [2.0, 1.0, 0.5]
    torch.testing.assert_close(
        multi_label_loss(LOGITS, MULTI, (1, 0, 0), class_weights=weights),
        F.binary_cross_entropy_with_logits(LOGITS, MULTI, pos_weight=torch.tensor(weights)),
    )


def test_multi_label_focal_and_smoothing_by_hand():
    logits, labels = torch.tensor([[math.log(3.0)]]), torch.tensor([[0.0]])
    ce = -math.log(0.25)
    focal = 0.75**2 * ce
    smoothed = 0.95 * ce + 0.05 * -math.log(0.75)
    assert multi_label_loss(logits, labels, (0, 1, 0)).item() == pytest.approx(focal, rel=1e-6)
    assert multi_label_loss(logits, labels, (0, 0, 1)).item() == pytest.approx(smoothed, rel=1e-6)


def test_multi_label_values_are_checked_and_missing_ones_left_out():
    with pytest.raises(ValueError, match="0 or 1 for each label.*holds 2.0"):
        multi_label_loss(LOGITS, MULTI * 2)
    with_missing = multi_label_loss(LOGITS, torch.cat([MULTI[:2], torch.full((1, 3), -100.0)]))
    torch.testing.assert_close(with_missing, multi_label_loss(LOGITS[:2], MULTI[:2]))


def test_single_label_shape_is_checked():
    with pytest.raises(ValueError, match=r"\(3, 3\), `labels` has \(3, 3\).*multi_label_classification"):
        single_label_loss(LOGITS, MULTI.long())


def test_multi_label_shape_is_checked():
    with pytest.raises(ValueError, match=r"\(3, 3\), `labels` has \(3,\)"):
        multi_label_loss(LOGITS, LABELS)


@pytest.mark.parametrize(("kind", "expected"), [("l1", 2.0), ("mse", 5.0), ("huber", 1.5)])
def test_regression_by_hand(kind, expected):
    # Errors 1 and 3: l1 = 2, mse = 5, Huber with delta 1 = (0.5 + 2.5) / 2.
    predictions, labels = torch.tensor([[1.0], [3.0]]), torch.tensor([0.0, 0.0])
    assert regression_loss(predictions, labels, kind).item() == expected


def test_regression_never_broadcasts():
    with pytest.raises(ValueError, match=r"\(3, 3\), `labels` has \(3,\)"):
        regression_loss(LOGITS, LABELS.float())


def test_problem_type_is_inferred_where_it_is_certain():
    one = LOGITS[:, :1]
    torch.testing.assert_close(
        classification_loss(one, LABELS.float(), config(num_labels=1)), F.mse_loss(one[:, 0], LABELS.float())
    )
    torch.testing.assert_close(classification_loss(LOGITS, LABELS, config()), F.cross_entropy(LOGITS, LABELS))
    with pytest.raises(ValueError, match="problem_type"):
        classification_loss(LOGITS, MULTI, config())


def test_problem_type_decides():
    multi = config(problem_type="multi_label_classification")
    torch.testing.assert_close(
        classification_loss(LOGITS, MULTI, multi), F.binary_cross_entropy_with_logits(LOGITS, MULTI)
    )
    numbers = config(problem_type="regression", regression_loss="l1")
    torch.testing.assert_close(classification_loss(LOGITS, MULTI, numbers), F.l1_loss(LOGITS, MULTI))
