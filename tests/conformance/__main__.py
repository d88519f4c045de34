# Copyright 2026 The amsdff_hf authors. Licensed under the Apache License, Version 2.0.
"""Run transformers' own common tests over every model of the package, with six backbones.

The tests come from the source distribution of exactly the installed transformers, fetched through pip into a cache;
nothing of it is changed or kept here. Every skip must have its reason in `inapplicable.py`.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from xml.etree import ElementTree

import transformers

from amsdff_hf.models import ARCHITECTURES

from .backbones import BACKBONES
from .inapplicable import reason_for_skip
from .source import build_tiny_hub, default_cache, fetch_source, overlay


# Of each architecture; deberta-v2's own attention rules out the most tests.
LEAST_PASSED = {"bert": 131, "roberta": 131, "distilbert": 131, "modernbert": 135, "deberta-v2": 127, "llama": 137}


def main() -> None:
    """Run the suites side by side and print one row for each backbone, then the skips with their reasons."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("backbones", nargs="*", default=list(BACKBONES), help="only these")
    parser.add_argument("--processes", type=int, default=os.cpu_count())
    parser.add_argument("-k", dest="expression", default="", help="only tests that match, as in pytest")
    arguments = parser.parse_args()
    transformers.logging.disable_progress_bar()
    source, started = fetch_source(default_cache()), time.time()
    print(f"Tests of {source.name}: {source / 'tests'}")
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(arguments.processes) as pool:
        suite = overlay(source, Path(folder) / "overlay")
        jobs = [
            pool.submit(run_suite, suite, Path(folder) / backbone, backbone, arguments.expression)
            for backbone in arguments.backbones
        ]
        results = dict(zip(arguments.backbones, (job.result() for job in jobs)))
    failed = report(results)
    print(f"{time.time() - started:.0f} s")
    if not arguments.expression:
        failed |= too_few_passed(results)
    sys.exit(failed)


def run_suite(suite: Path, folder: Path, backbone: str, expression: str) -> list[tuple[str, str, str]]:
    """Run the suite with one backbone and return (test, outcome, message) for each test."""
    folder.mkdir()
    build_tiny_hub(folder / "hub", backbone)
    environment = {
        **os.environ,
        "CONFORMANCE_BACKBONE": backbone,
        "TRANSFORMERS_TINY_MODEL_PATH": str(folder / "hub"),
        "HF_HUB_OFFLINE": "1",
        "PYTHONPATH": os.pathsep.join([str(suite.parents[3]), str(Path(__file__).parents[2])]),
    }
    # Some of the tests read the log, which this variable would silence.
    environment.pop("TRANSFORMERS_VERBOSITY", None)
    report_file = folder / "report.xml"
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", str(suite.parents[3])]
    command += ["-c", os.devnull, f"--junitxml={report_file}", "--tb=short", "--disable-warnings"]
    command += ["-k", expression, str(suite)]
    finished = subprocess.run(command, env=environment, cwd=suite.parents[3], capture_output=True, text=True)
    if not report_file.exists():
        raise RuntimeError(f"The suite did not run with {backbone}:\n{finished.stdout}\n{finished.stderr}")
    outcomes = [_outcome(case) for case in ElementTree.parse(report_file).iter("testcase")]
    # 0: all passed, 1: some failed, which the outcomes say; anything else is no result.
    if finished.returncode not in (0, 1) or not outcomes:
        raise RuntimeError(f"pytest ended with {finished.returncode} with {backbone}:\n{finished.stdout}")
    if any(outcome == "failed" for _, outcome, _ in outcomes):
        print(finished.stdout)
    print(f"{backbone}: done", flush=True)
    return outcomes


def _outcome(case: ElementTree.Element) -> tuple[str, str, str]:
    name = f"{case.get('classname').rpartition('.')[2]}.{case.get('name')}"
    for tag in ("failure", "error"):
        found = case.find(tag)
        if found is not None:
            return name, "failed", found.get("message", "")
    skipped = case.find("skipped")
    return (name, "passed", "") if skipped is None else (name, "skipped", skipped.get("message", ""))


def report(results: dict[str, list[tuple[str, str, str]]]) -> bool:
    """Print both tables; tell whether a test failed or was skipped for a reason nobody wrote down."""
    print("\n| backbone | passed | failed | not applicable |\n|---|---|---|---|")
    reasons, unexplained = Counter(), []
    for backbone, outcomes in results.items():
        counts = Counter(outcome for _, outcome, _ in outcomes)
        print(f"| {backbone} | {counts['passed']} | {counts['failed']} | {counts['skipped']} |")
        for name, outcome, message in outcomes:
            if outcome == "skipped":
                reason = reason_for_skip(name, message)
                reasons[reason] += reason is not None
                unexplained += [] if reason else [f"{backbone} {name}: {message}"]
    print("\n| not applicable, because | tests |\n|---|---|")
    for reason, count in sorted((reason, count) for reason, count in reasons.items() if reason):
        print(f"| {reason} | {count} |")
    for line in unexplained:
        print(f"Skipped without a reason in inapplicable.py: {line}")
    failed = sum(outcome == "failed" for outcomes in results.values() for _, outcome, _ in outcomes)
    return bool(failed or unexplained)


def too_few_passed(results: dict[str, list[tuple[str, str, str]]]) -> bool:
    """Print which backbones passed fewer tests than they once did: skips must not grow unseen."""
    counts = {name: sum(outcome == "passed" for _, outcome, _ in outcomes) for name, outcomes in results.items()}
    too_few = {name: count for name, count in counts.items() if count < LEAST_PASSED[name] * len(ARCHITECTURES)}
    for name, count in too_few.items():
        print(f"Only {count} tests passed with {name}; {LEAST_PASSED[name]} for each architecture are the least.")
    return bool(too_few)


if __name__ == "__main__":
    main()
