# Copyright 2026 The amsdff_hf authors. Licensed under the Apache License, Version 2.0.
"""Run every text model type of transformers under the head, and write what works to BACKBONES.md."""

import argparse
import logging
import multiprocessing
import sys
import time
from pathlib import Path

import torch
import transformers

from .checks import Row, check
from .report import markdown, summary
from .tiny_configs import text_model_types


SECONDS_PER_TYPE = 300


def main() -> None:
    """Check all types, or those named on the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model_types", nargs="*", help="only these; without any, all, and the table is written")
    parser.add_argument("--output", default=str(Path(__file__).parents[2] / "BACKBONES.md"))
    parser.add_argument("--processes", type=int, default=2)
    arguments = parser.parse_args()
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    logging.getLogger("amsdff_hf").setLevel(logging.ERROR)
    torch.set_num_threads(1)
    wanted, started, rows = arguments.model_types or text_model_types(), time.time(), []
    # A process for each type: one that crashes or hangs takes nothing with it.
    with multiprocessing.get_context("fork").Pool(arguments.processes, maxtasksperchild=1) as pool:
        running = [(name, pool.apply_async(check, (name,))) for name in wanted]
        for name, result in running:
            try:
                row = result.get(SECONDS_PER_TYPE)
            except multiprocessing.TimeoutError:
                row = Row(name, problems=[f"no result after {SECONDS_PER_TYPE} s"])
            rows.append(row)
            print(f"{name:32} {'; '.join(row.problems) or row.not_for_texts or 'ok'}", flush=True)
    failed = [row.model_type for row in rows if row.problems]
    print(f"{summary(rows)} {time.time() - started:.0f} s.")
    if not arguments.model_types:
        Path(arguments.output).write_text(markdown(rows), encoding="utf-8")
    if failed:
        sys.exit(f"Failed: {', '.join(failed)}")


if __name__ == "__main__":
    main()
