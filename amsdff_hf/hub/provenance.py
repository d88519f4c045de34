# Copyright 2026 The amsdff_hf authors. Licensed under the Apache License, Version 2.0.
"""How a result came about, fit to be shown: command, versions, machine, and whom to cite."""

import os
import platform
import re
import shlex
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version

import torch


CITATION = """@software{amsdff_hf,
  title  = {amsdff_hf: multi-scale attention, dynamic fusion and pooling on any Hugging Face backbone},
  author = {{The amsdff\\_hf authors}},
  year   = {2026}
}"""
_LIBRARIES = ("amsdff_hf", "transformers", "torch", "datasets", "accelerate")
_SECRET_OPTIONS = ("--token", "--hub_token")
_SECRET = re.compile(r"hf_\w+")


def command_line(arguments: Sequence[str]) -> str:
    """Write a command as it can be typed again, without tokens, and without what only this machine knows.

    Args:
        arguments: `sys.argv`.

    Returns:
        One line; of a path from the root of this machine, the last part.

    Examples:
    ```python
    >>> command_line(["/home/me/run.py", "--token", "hf_secret", "--train_file", "data/my train.csv"])
    "python run.py --train_file 'data/my train.csv'"

    ```
    """
    kept: list[str] = []
    was_secret = False
    for argument in arguments:
        name, equals, _ = argument.replace("-", "_").replace("__", "--", 1).partition("=")
        # argparse also takes the beginnings of options.
        is_secret = len(name) > 3 and any(option.startswith(name) for option in _SECRET_OPTIONS)
        if not (is_secret or was_secret or _SECRET.search(argument)):
            kept.append(os.path.basename(os.path.normpath(argument)) if os.path.isabs(argument) else argument)
        was_secret = is_secret and not equals
    return shlex.join(["python", *kept])


def library_versions() -> dict[str, str]:
    """Versions of the libraries that decide about a result, as far as they are installed as packages."""
    versions = {}
    for name in _LIBRARIES:
        try:
            versions[name] = version(name)
        except PackageNotFoundError:
            continue
    return versions


def hardware_name(device: torch.device) -> str:
    """Name the machine in words.

    Args:
        device: where the model runs.
    """
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    threads = torch.get_num_threads()
    return f"{platform.machine()} CPU, {threads} thread{'s' if threads > 1 else ''}"
