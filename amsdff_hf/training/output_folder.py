# Copyright 2026 The amsdff_hf authors. Licensed under the Apache License, Version 2.0.
"""What to do with an output folder that is already there."""

import json
import os
import shutil
from pathlib import Path

from transformers import PreTrainedConfig, TrainerState, TrainingArguments
from transformers.utils import logging


logger = logging.get_logger(__name__)

# Written last, so that a checkpoint with it is complete.
_LAST_FILE = "trainer_state.json"


def find_checkpoint(arguments: TrainingArguments, overwrite: bool) -> str | None:
    """Return the checkpoint from which an interrupted training goes on, `None` to start from the beginning.

    Args:
        arguments: output folder, and `resume_from_checkpoint`: a folder, `true` or `false`.
        overwrite: start from the beginning whatever the folder holds.

    Raises:
        FileNotFoundError: if the named checkpoint does not exist.
        ValueError: if the folder holds something else than checkpoints, or overwriting it would remove the named one.
    """
    named, folder = arguments.resume_from_checkpoint, Path(arguments.output_dir)
    must_resume = str(named).lower() == "true"
    if named is not None and str(named).lower() not in ("true", "false"):
        if not os.path.isdir(named):
            raise FileNotFoundError(f"--resume_from_checkpoint names the folder {named!r}, which does not exist.")
        if overwrite and Path(named).resolve().is_relative_to(folder.resolve()):
            raise ValueError(
                f"--overwrite_output_dir would remove the checkpoint {named!r} that --resume_from_checkpoint names: "
                "leave one of the two out."
            )
        return named
    checkpoints = [] if overwrite or str(named).lower() == "false" else _complete_checkpoints(folder)
    if checkpoints:
        return str(checkpoints[-1])
    if must_resume:
        raise FileNotFoundError(f"--resume_from_checkpoint true: there is no complete checkpoint in {str(folder)!r}.")
    if not overwrite and folder.is_dir() and any(folder.iterdir()):
        raise ValueError(
            f"The output folder {str(folder)!r} is not empty and holds no checkpoint to go on from. Choose another "
            "--output_dir, or pass --overwrite_output_dir to write into this one."
        )
    return None


def check_same_model(checkpoint: str, config: PreTrainedConfig) -> None:
    """Refuse to go on from the checkpoint of another model.

    Raises:
        ValueError: if the checkpoint has another architecture or other labels.
    """
    path = Path(checkpoint) / "config.json"
    if not path.exists():
        return
    stored = json.loads(path.read_text(encoding="utf-8"))
    stored_labels = {int(index): name for index, name in stored.get("id2label", {}).items()} or config.id2label
    if stored["model_type"] != config.model_type or stored_labels != config.id2label:
        raise ValueError(
            f"{checkpoint!r} is of another model ({stored['model_type']}, labels {list(stored_labels.values())}) than "
            f"this run's ({config.model_type}, labels {list(config.id2label.values())}). Choose another --output_dir, "
            "or pass --overwrite_output_dir to start anew."
        )


def trained_steps(checkpoint: str | None) -> int:
    """Steps that a checkpoint has behind it, 0 for none."""
    return 0 if checkpoint is None else TrainerState.load_from_json(str(Path(checkpoint) / _LAST_FILE)).global_step


def remove_checkpoints(folder: str) -> None:
    """Remove the checkpoints of an earlier run, which the next resumption would take for this one's."""
    for path in Path(folder).glob("checkpoint-*"):
        shutil.rmtree(path)


def _complete_checkpoints(folder: Path) -> list[Path]:
    """Complete checkpoints, the newest last."""
    found = [path for path in folder.glob("checkpoint-*") if path.name.removeprefix("checkpoint-").isdecimal()]
    for path in found:
        if not (path / _LAST_FILE).exists():
            logger.warning(f"{path} was interrupted while it was written and is passed over.")
    complete = [path for path in found if (path / _LAST_FILE).exists()]
    return sorted(complete, key=lambda path: int(path.name.removeprefix("checkpoint-")))
