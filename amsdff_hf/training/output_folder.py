# Copyright 2026 The amsdff_hf authors. Licensed under the Apache License, Version 2.0.
"""What to do with an output folder that is already there."""

import os

from transformers import TrainingArguments
from transformers.trainer_utils import get_last_checkpoint


def find_checkpoint(arguments: TrainingArguments, overwrite: bool) -> str | None:
    """Return the checkpoint from which an interrupted training goes on, `None` to start from the beginning.

    Args:
        arguments: output folder, and `resume_from_checkpoint` if the user named one.
        overwrite: start from the beginning whatever the folder holds.

    Raises:
        FileNotFoundError: if the named checkpoint does not exist.
        ValueError: if the folder holds something else than checkpoints.
    """
    named = arguments.resume_from_checkpoint
    if isinstance(named, str) and named.lower() not in ("true", "false"):
        if not os.path.isdir(named):
            raise FileNotFoundError(f"--resume_from_checkpoint names the folder {named!r}, which does not exist.")
        return named
    folder = arguments.output_dir
    if overwrite or not os.path.isdir(folder) or not os.listdir(folder):
        return None
    checkpoint = get_last_checkpoint(folder)
    if checkpoint is None:
        raise ValueError(
            f"The output folder {folder!r} is not empty and holds no checkpoint to go on from. Choose another "
            "--output_dir, or pass --overwrite_output_dir to write into this one."
        )
    return checkpoint
