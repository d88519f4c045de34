# Copyright 2026 The amsdff_hf authors. Licensed under the Apache License, Version 2.0.
"""An exponential moving average of the weights, which the model ends with."""

from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from torch import nn
from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments


FILE = "averaged_weights.safetensors"


class WeightAveraging(TrainerCallback):
    """Averages the trained weights over the steps (Polyak and Juditsky 1992) and puts the average into the model.

    After step `t`, `average = decay_t * average + (1 - decay_t) * weights` with `decay_t = min(decay, (1 + t) /
    (10 + t))`, so that the random start of a head is soon forgotten. Evaluations between the epochs are those of the
    weights as they are trained; the model that is saved at the end has the average. Checkpoints keep it, so that an
    interrupted training goes on with it.

    Args:
        decay: weight of the past, such as 0.999; above 0 and below 1.

    Raises:
        ValueError: if `decay` is not between 0 and 1; later, if a checkpoint was made without an average.
    """

    def __init__(self, decay: float):
        if not 0 < decay < 1:
            raise ValueError(f"The decay of averaged weights must be above 0 and below 1, got {decay}: try 0.999.")
        self.decay = decay
        self._average: dict[str, torch.Tensor] = {}

    def on_train_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> TrainerControl:
        """Start from the weights, or from what the checkpoint kept."""
        self._average = {name: weight.detach().float().clone() for name, weight in _trained(kwargs["model"]).items()}
        if state.global_step:
            named = Path(args.resume_from_checkpoint or "")
            path = (named if args.resume_from_checkpoint and named.is_dir() else _folder(args, state)) / FILE
            if not path.exists():
                raise ValueError(
                    f"{str(path.parent)!r} has no averaged weights, for it was made without them or interrupted: go "
                    "on without averaging, or delete it to go on from the checkpoint before it."
                )
            for name, weight in load_file(path).items():
                self._average[name].copy_(weight)
        return control

    def on_step_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> TrainerControl:
        """Take in the weights of this step."""
        decay = min(self.decay, (1 + state.global_step) / (10 + state.global_step))
        for name, weight in _trained(kwargs["model"]).items():
            self._average[name].lerp_(weight.detach().float(), 1 - decay)
        return control

    def on_save(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> TrainerControl:
        """Keep the average beside the checkpoint."""
        folder = _folder(args, state)
        if state.is_world_process_zero and folder.is_dir():
            save_file({name: weight.contiguous() for name, weight in self._average.items()}, folder / FILE)
        return control

    def on_train_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> TrainerControl:
        """Put the average into the model."""
        with torch.no_grad():
            for name, weight in _trained(kwargs["model"]).items():
                weight.copy_(self._average[name])
        return control


def _trained(model: nn.Module) -> dict[str, nn.Parameter]:
    return {name: weight for name, weight in model.named_parameters() if weight.requires_grad}


def _folder(args: TrainingArguments, state: TrainerState) -> Path:
    return Path(args.output_dir) / f"checkpoint-{state.global_step}"


__all__ = ["WeightAveraging"]
