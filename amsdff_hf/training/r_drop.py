# Copyright 2026 The amsdff_hf authors. Licensed under the Apache License, Version 2.0.
"""R-Drop: what a text means shall not depend on the dropout."""

from typing import Any

import torch
import torch.nn.functional as F
from torch import nn
from transformers import Trainer

from ..models.losses import at_least_float32


def disagreement(first: torch.Tensor, second: torch.Tensor, problem_type: str | None) -> torch.Tensor:
    """How far apart two predictions of the same texts are (Liang et al. 2021, equation 2).

    Args:
        first: logits `(batch_size, num_labels)` under one dropout.
        second: logits of the same texts under another.
        problem_type: Kullback-Leibler divergence of the softmax, or of each label's sigmoid, the mean of both
            directions; half the squared difference for regression.

    Returns:
        The mean over the texts and, with several labels per text, over the labels, as the losses are; a scalar.

    Examples:
    ```python
    >>> import torch
    >>> logits = torch.tensor([[2.0, 0.0]])
    >>> disagreement(logits, logits, None).item(), disagreement(logits, -logits, None).item() > 1
    (0.0, True)

    ```
    """
    first, second = at_least_float32(first), at_least_float32(second)
    if problem_type == "regression":
        return (first - second).square().mean() / 2
    if problem_type == "multi_label_classification":
        logs = [torch.stack([F.logsigmoid(x), F.logsigmoid(-x)], dim=-1).flatten(0, 1) for x in (first, second)]
    else:
        logs = [F.log_softmax(x, dim=-1) for x in (first, second)]
    forth, back = (F.kl_div(a, b, reduction="sum", log_target=True) for a, b in (logs, logs[::-1]))
    return (forth + back) / (2 * len(logs[0]))


class RDropTrainer(Trainer):
    """A Trainer that reads each batch twice, under two dropouts, and adds their disagreement to the loss.

    A step takes twice the time. Models of this package and plain ones are trained alike.

    Attributes:
        r_drop_weight (`float`): weight of the disagreement, 1 to 5 in the paper; with 0, it is the stock Trainer.
    """

    r_drop_weight: float = 0.0

    def compute_loss(
        self,
        model: nn.Module,
        inputs: dict[str, Any],
        return_outputs: bool = False,
        num_items_in_batch: torch.Tensor | int | None = None,
    ) -> torch.Tensor | tuple[torch.Tensor, Any]:
        """Compute the loss of a batch; evaluation is that of the stock Trainer."""
        if not (self.r_drop_weight and model.training):
            return super().compute_loss(model, inputs, return_outputs, num_items_in_batch)
        twice = {name: torch.cat([value, value]) for name, value in inputs.items()}
        loss, outputs = super().compute_loss(model, twice, True, num_items_in_batch)
        config = self.accelerator.unwrap_model(model).config
        loss = loss + self.r_drop_weight * disagreement(*outputs["logits"].chunk(2), config.problem_type)
        return (loss, outputs) if return_outputs else loss


__all__ = ["RDropTrainer", "disagreement"]
