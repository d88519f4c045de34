# Copyright 2026 The amsdff_hf authors. Licensed under the Apache License, Version 2.0.
"""Export a trained classifier to ONNX, in float32 and int8, and report what it costs in accuracy and time.

    python examples/export_onnx.py runs/mine --test_file test.csv --output_dir runs/onnx

Every text of the file is scored by PyTorch and by all three ONNX files, in the same batches: one for any runtime, one
whose attention onnxruntime computes in one step, and that one in int8.
"""

import argparse
import json
import logging
import sys
import time
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import torch
from datasets import Dataset
from transformers import AutoTokenizer, PreTrainedModel

from amsdff_hf.data import (
    LABELS,
    TEXT,
    TEXT_PAIR,
    add_test_file_options,
    digest_of_weights,
    label_space_of,
    parsed_test_file,
    read_test_rows,
)
from amsdff_hf.inference import OnnxClassifier, compare_with_model, export_onnx, fuse_onnx, quantize_onnx
from amsdff_hf.training import (
    ModelArguments,
    check_kind_of_texts,
    label_metrics,
    load_trained,
    own_metric_names,
    to_probabilities,
)


TOLERANCE = 1e-5


def make_batches(rows: Dataset, model_name: str, batch_size: int) -> list[Mapping[str, np.ndarray]]:
    """Tokenize the texts, and print how many were cut to what the model reads."""
    tokenizer, batches, num_cut = AutoTokenizer.from_pretrained(model_name), [], 0
    columns = [name for name in (TEXT, TEXT_PAIR) if name in rows.column_names]
    for start in range(0, len(rows), batch_size):
        part = rows[start : start + batch_size]
        texts = [part[name] for name in columns]
        batches.append(tokenizer(*texts, truncation=True, padding=True, return_tensors="np"))
        whole = tokenizer(*texts, truncation=False, verbose=False)["input_ids"]
        num_cut += sum(len(ids) > sum(mask) for ids, mask in zip(whole, batches[-1]["attention_mask"]))
    print(f"{len(rows)} texts, {num_cut} of them cut")
    return batches


def score(classify: Callable, batches: list[Mapping[str, np.ndarray]]) -> tuple[np.ndarray, float]:
    """Return the logits of all texts and the seconds per text."""
    classify(batches[0])
    started = time.perf_counter()
    logits = np.concatenate([classify(batch) for batch in batches])
    return logits, (time.perf_counter() - started) / len(logits)


def main() -> None:
    """Export, compare, print a table and save it as JSON."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("model", help="folder or name on the Hub of a trained classifier")
    add_test_file_options(parser)
    parser.add_argument("--output_dir", required=True)
    parser.add_argument("--batch_size", type=int, default=8)
    parser.add_argument("--num_threads", type=int, default=torch.get_num_threads())
    arguments = parser.parse_args()
    if arguments.batch_size < 1 or arguments.num_threads < 1:
        raise ValueError("--batch_size and --num_threads must be at least 1.")
    torch.set_num_threads(arguments.num_threads)
    folder = Path(arguments.output_dir)

    model = load_trained(ModelArguments(arguments.model)).eval()
    space = label_space_of(model.config)
    check_kind_of_texts(model.config, arguments.text_pair_column_name is not None)
    rows = read_test_rows(parsed_test_file(arguments), space)
    labels = np.array(rows[LABELS]) if LABELS in rows.column_names else None
    batches = make_batches(rows, arguments.model, arguments.batch_size)
    folder.mkdir(parents=True, exist_ok=True)
    names = {"ONNX float32": "model.onnx", "ONNX fused": "model_fused.onnx", "ONNX int8": "model_int8.onnx"}
    files = {form: folder / name for form, name in names.items()}
    # By which score_corpus.py knows that the model was not trained anew since.
    source = digest_of_weights(model)
    export_onnx(model, files["ONNX float32"], token_types="token_type_ids" in batches[0], source=source)
    num_fused = fuse_onnx(files["ONNX float32"], files["ONNX fused"])
    print(f"{num_fused} attentions are one operator each in {names['ONNX fused']} and {names['ONNX int8']}")
    quantize_onnx(files["ONNX fused"], files["ONNX int8"])

    @torch.inference_mode()
    def by_torch(batch: Mapping[str, np.ndarray]) -> np.ndarray:
        return model(**{name: torch.from_numpy(value) for name, value in batch.items()}).logits.numpy()

    megabytes = sum(p.numel() * p.element_size() for p in model.parameters()) / 1e6
    report = {"PyTorch float32": measure(by_torch, batches, labels, model, megabytes)}
    for name, path in files.items():
        classifier = OnnxClassifier(path, arguments.num_threads)
        parity = compare_with_model(classifier, model, batches)
        report[name] = measure(classifier, batches, labels, model, path.stat().st_size / 1e6)
        report[name]["largest difference"] = parity.largest_difference
        if space.problem_type == "single_label_classification":
            report[name]["same labels"] = parity.same_decisions
    print_table(report)
    (folder / "report.json").write_text(json.dumps(report, indent=2), encoding="utf-8")
    print(f"\nIn {folder}: {', '.join(names.values())}, report.json")
    for form in ("ONNX float32", "ONNX fused"):
        if not report[form]["largest difference"] <= TOLERANCE:
            sys.exit(f"error: the logits of {names[form]} differ by more than {TOLERANCE:g} from the model's")


def measure(
    classify: Callable, batches: list, labels: np.ndarray | None, model: PreTrainedModel, megabytes: float
) -> dict[str, float]:
    """Score all texts by one form of the model; with labels, by the first metric of its problem type too."""
    logits, seconds = score(classify, batches)
    measured = {"megabytes": megabytes, "ms per text": 1000 * seconds}
    if labels is not None:
        problem_type = label_space_of(model.config).problem_type
        probabilities = to_probabilities(logits, problem_type)
        metrics = label_metrics(probabilities, labels, problem_type, getattr(model.config, "thresholds", None))
        name = own_metric_names(problem_type)[0]
        measured |= {name: metrics[name]} if metrics else {}
    return measured


def print_table(report: dict[str, dict[str, float]]) -> None:
    """Print one line for each form of the model; the model itself has nothing to be compared with."""
    columns = list(report["ONNX int8"])
    print("\n" + "form".ljust(16) + "".join(f"{name:>20}" for name in columns))
    for name, row in report.items():
        cells = [f"{row[column]:.4g}" if column in row else "" for column in columns]
        print(name.ljust(16) + "".join(f"{cell:>20}" for cell in cells))


if __name__ == "__main__":
    # What torch and onnxruntime have to say here concerns other models: missing torchvision, steps for images.
    logging.disable(logging.WARNING)
    warnings.filterwarnings("ignore", category=FutureWarning, module="copyreg")
    # transformers' own collector of hidden states.
    warnings.filterwarnings("ignore", message="While compiling, we found certain side effects")
    try:
        main()
    except (ValueError, ImportError, OSError) as error:
        sys.exit(f"error: {error}")
