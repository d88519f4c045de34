# Copyright 2026 The amsdff_hf authors. Licensed under the Apache License, Version 2.0.
"""What a run was asked for, kept in its checkpoints, so that no other run goes on from them unnoticed."""

import dataclasses
import hashlib
import json
from pathlib import Path
from typing import Any

from datasets import Dataset
from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from .arguments import ModelArguments


RECORD = "run.json"
_WITHOUT_EFFECT = ("cache_dir", "overwrite_output_dir", "seeds", "token", "tune_thresholds")
_TRAINING = (
    "adam_beta1",
    "adam_beta2",
    "adam_epsilon",
    "bf16",
    "data_seed",
    "fp16",
    "gradient_accumulation_steps",
    "label_smoothing_factor",
    "learning_rate",
    "lr_scheduler_kwargs",
    "lr_scheduler_type",
    "max_grad_norm",
    "max_steps",
    "num_train_epochs",
    "optim",
    "per_device_train_batch_size",
    "seed",
    "train_sampling_strategy",
    "warmup_steps",
    "weight_decay",
    "world_size",
)


def make_run_record(
    model_args: ModelArguments, training_args: TrainingArguments, train: Dataset, **further: Any
) -> dict[str, Any]:
    """Collect all that decides which weights a training ends with.

    Args:
        model_args: model and head.
        training_args: what the Trainer is told.
        train: the tokenized training data, of which a digest is kept.
        further: other arguments that decide, such as those of the augmentation.

    Returns:
        Values that JSON can hold, by the name of their argument.
    """
    record = {name: value for name, value in dataclasses.asdict(model_args).items() if name not in _WITHOUT_EFFECT}
    record |= {name: getattr(training_args, name) for name in _TRAINING} | further
    return json.loads(json.dumps({**record, "training data": _digest(train)}, default=str))


def check_same_run(checkpoint: str, record: dict[str, Any]) -> None:
    """Refuse to go on from the checkpoint of a run with other arguments or other training data.

    Args:
        checkpoint: its folder; one without a record is taken as it is.
        record: what [`make_run_record`] gives for this run.

    Raises:
        ValueError: with all that differs, there and here.
    """
    path = Path(checkpoint) / RECORD
    if not path.exists():
        return
    stored = json.loads(path.read_text(encoding="utf-8"))
    differing = [
        name if name == "training data" else f"--{name} {stored.get(name)} there and {value} here"
        for name, value in record.items()
        if stored.get(name) != value
    ]
    if differing:
        raise ValueError(
            f"{checkpoint!r} is of another run than this one: {'; '.join(differing)}. Give the same command to finish "
            "that run, choose another --output_dir, pass --overwrite_output_dir to start anew, or go on from it with "
            "what is new by --resume_from_checkpoint true."
        )


class RunRecorder(TrainerCallback):
    """Writes the record of a run into each of its checkpoints.

    Args:
        record: what [`make_run_record`] gives.
    """

    def __init__(self, record: dict[str, Any]):
        self.record = record

    def on_save(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> TrainerControl:
        """Write the file once the checkpoint is there."""
        folder = Path(args.output_dir) / f"checkpoint-{state.global_step}"
        if state.is_world_process_zero and folder.is_dir():
            (folder / RECORD).write_text(json.dumps(self.record, indent=2), encoding="utf-8")
        return control


def _digest(rows: Dataset) -> str:
    digest = hashlib.sha256()
    for batch in rows.with_format(None).iter(batch_size=1000):
        digest.update(json.dumps(batch, sort_keys=True, default=str).encode())
    return digest.hexdigest()
