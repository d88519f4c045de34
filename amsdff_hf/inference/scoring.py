# Copyright 2026 The amsdff_hf authors. Licensed under the Apache License, Version 2.0.
"""The label scores of any number of texts, as fast as the machine can."""

import io
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import islice
from typing import Any

import numpy as np
import torch
from tqdm.auto import tqdm
from transformers import PreTrainedModel, PreTrainedTokenizerBase
from transformers.utils import logging

from ..models.text_backbone import longest_text
from .onnx import OnnxClassifier, problem_type_of
from .precision import in_precision


logger = logging.get_logger(__name__)

Text = str | tuple[str, str] | Mapping[str, str]
# Tokens of a batch: on a CPU what its caches hold, of which onnxruntime needs more; on a GPU what keeps it busy.
_TOKENS_PER_BATCH = {"cpu": 1024, "onnx": 512}
_TOKENS_ON_ACCELERATORS = 65536
# Tokenizers that know no limit say 10**30.
_NO_LIMIT = 10**9


def score(
    texts: Iterable[Text],
    model: PreTrainedModel | OnnxClassifier,
    tokenizer: PreTrainedTokenizerBase,
    *,
    max_length: int | None = None,
    precision: str | None = None,
    compiled: bool = False,
    problem_type: str | None = None,
    tokens_per_batch: int | None = None,
    window: int = 4096,
    progress: bool = False,
) -> Iterator[np.ndarray]:
    """Score texts one after the other, in their order, however many there are.

    Within a window, texts of about the same length are read together in batches of so many tokens, and while the
    model reads one window, the next one is tokenized. Only three windows are ever in memory.

    Args:
        texts: a list, an open file of lines, a column of a data set or of a stream (`stream["text"]`), a generator:
            each a text, a pair as a tuple, or `{"text": ..., "text_pair": ...}` as the pipeline takes it.
        model: a classifier, ours or any of transformers, on the device where it is to run, which is put into
            evaluation mode; or an ONNX file.
        tokenizer: its tokenizer.
        max_length: longest text in tokens, what is longer is cut, which is said once; if not given, that of the
            tokenizer, where training cut, and no more than the model has positions for.
        precision: number format to compute in: `bfloat16`, `float16`, `float32`, `auto` for the fastest one, which
            is said; that of the model if not given.
        compiled: compile the model first, which takes a minute and pays for many texts.
        problem_type: what an ONNX file predicts that does not say it, as those that [`export_onnx`] wrote do.
        tokens_per_batch: tokens of a batch with its padding; 1,024 on a CPU, 512 for an ONNX file and 65,536
            elsewhere if not given.
        window: texts that are sorted by their length.
        progress: show a bar with texts per second.

    Returns:
        A generator with the scores of the labels `(num_labels,)` for each text: probabilities in float32, or numbers
        for regression.

    Raises:
        TypeError: if `texts` is a single text, or, when its turn comes, if something is no text.
        ValueError: if an argument makes no sense, or neither tokenizer nor model has a padding token.

    Examples:
    ```python
    >>> import amsdff_hf
    >>> from transformers import AutoModelForSequenceClassification, AutoTokenizer

    >>> model = AutoModelForSequenceClassification.from_pretrained(folder)  # doctest: +SKIP
    >>> tokenizer = AutoTokenizer.from_pretrained(folder)  # doctest: +SKIP
    >>> with open("texts.txt") as lines:  # doctest: +SKIP
    ...     for scores in amsdff_hf.score(lines, model, tokenizer, precision="auto"):
    ...         print(model.config.id2label[scores.argmax()])

    ```
    """
    for name, value in {"window": window, "tokens_per_batch": tokens_per_batch, "max_length": max_length}.items():
        if value is not None and value < 1:
            raise ValueError(f"`{name}` must be at least 1, got {value}.")
    if isinstance(texts, str | Mapping):
        raise TypeError(f"`texts` is a single text, {texts!r:.80}: put it into a list.")
    if isinstance(texts, io.TextIOBase):
        # The end of a line is no part of its text, though many tokenizers have a token for it.
        texts = (line.rstrip("\r\n") for line in texts)
    padding = _padding_ids(tokenizer, model)
    run, problem_type, device = _runner(model, precision, compiled, problem_type)
    encode = _Encoder(tokenizer, _longest(tokenizer, model, max_length))
    num_parallel = model.num_parallel if isinstance(model, OnnxClassifier) else 1
    budget = tokens_per_batch or _TOKENS_PER_BATCH.get(device, _TOKENS_ON_ACCELERATORS)

    def generate() -> Iterator[np.ndarray]:
        bar = tqdm(desc="Scoring", unit=" texts", disable=not progress)
        with bar, ThreadPoolExecutor(num_parallel) as pool:
            side_by_side = pool.map if num_parallel > 1 else map
            for encoded in _ahead(encode, texts, window):
                lengths = np.array([len(ids) for ids in encoded["input_ids"]])
                scores: list[np.ndarray | None] = [None] * len(lengths)
                batches = list(_batches(lengths, budget))
                compute = partial(_logits_of_rows, run, encoded, padding)
                for rows, logits in zip(batches, side_by_side(compute, batches), strict=True):
                    for row, values in zip(rows, _to_scores(logits, problem_type), strict=True):
                        scores[row] = values
                bar.update(len(scores))
                yield from scores

    return generate()


def score_columns(
    columns: Sequence[Sequence[str]],
    model: PreTrainedModel | OnnxClassifier,
    tokenizer: PreTrainedTokenizerBase,
    **options: Any,
) -> np.ndarray:
    """Score texts that are at hand, as columns of a table are.

    Args:
        columns: the texts, or the first and the second texts of pairs.
        model: see [`score`].
        tokenizer: its tokenizer.
        options: further arguments of [`score`].

    Returns:
        Scores `(num_texts, num_labels)` in float32.

    Raises:
        ValueError: if there are no texts.
    """
    if not len(columns[0]):
        raise ValueError("There is nothing to score: the columns have no rows.")
    texts = columns[0] if len(columns) == 1 else zip(*columns, strict=True)
    return np.stack(list(score(texts, model, tokenizer, **options)))


class _Encoder:
    """Tokenizes the texts of a window."""

    def __init__(self, tokenizer: PreTrainedTokenizerBase, longest: int | None):
        self._tokenizer, self._longest = tokenizer, longest
        self._done, self._has_warned = 0, False
        self._are_pairs: bool | None = None

    def __call__(self, texts: list[Text]) -> dict[str, list[list[int]]]:
        pairs = [self._as_pair(row, text) for row, text in enumerate(texts, start=self._done)]
        self._done += len(texts)
        if self._are_pairs is None:
            self._are_pairs = pairs[0][1] is not None
        if any((second is not None) != self._are_pairs for _, second in pairs):
            raise TypeError("Some texts are pairs and some are not: score them apart.")
        columns = [list(column) for column in zip(*pairs, strict=True)][: 1 + self._are_pairs]
        encoded = self._tokenizer(*columns, truncation=self._longest is not None, max_length=self._longest)
        if not self._has_warned:
            self._warn_of_cut_texts(columns, encoded["input_ids"])
        return dict(encoded)

    def _as_pair(self, row: int, text: Text) -> tuple[str, str | None]:
        is_row = isinstance(text, Mapping) and text.keys() <= {"text", "text_pair"}
        parts = (text.get("text"), text.get("text_pair")) if is_row else text
        first, second = parts if isinstance(parts, tuple) and len(parts) == 2 else (parts, None)
        if not isinstance(first, str) or not (second is None or isinstance(second, str)):
            column = "; of a data set or a stream, give the column" if isinstance(text, Mapping) else ""
            raise TypeError(
                f"Text {row} is {text!r:.80}: write a string, a pair of strings as a tuple, or "
                f'{{"text": ..., "text_pair": ...}}{column}.'
            )
        return first, second

    def _warn_of_cut_texts(self, columns: list[list[str]], ids: list[list[int]]) -> None:
        for row in (row for row, each in enumerate(ids) if len(each) == self._longest):
            whole = self._tokenizer(*(column[row] for column in columns), truncation=False, verbose=False)["input_ids"]
            if len(whole) > self._longest:
                self._has_warned = True
                logger.warning(
                    f"A text is longer than {self._longest} tokens and was cut; further ones are cut without a "
                    "warning."
                )
                return


def _runner(
    model: PreTrainedModel | OnnxClassifier, precision: str | None, compiled: bool, problem_type: str | None
) -> tuple[Callable[[dict[str, np.ndarray]], np.ndarray], str, str]:
    """What turns a batch into logits, what these mean, and where it runs: a kind of device, or `onnx`."""
    is_file = isinstance(model, OnnxClassifier)
    own = (model.problem_type or problem_type) if is_file else problem_type_of(model.config)
    if own is None:
        raise ValueError("The file does not say what it predicts: give the `problem_type` of the model's config.")
    if problem_type not in (None, own):
        raise ValueError(f"The model was trained for {own}, and not for {problem_type}: leave `problem_type` out.")
    if is_file:
        if precision is not None or compiled:
            raise ValueError("An ONNX file has its own number format: leave `precision` and `compiled` out.")
        return model, own, "onnx"
    prepared = (model if precision is None else in_precision(model, precision)).eval()
    forward = torch.compile(prepared, dynamic=True) if compiled else prepared

    @torch.inference_mode()
    def run(batch: dict[str, np.ndarray]) -> np.ndarray:
        inputs = {name: torch.from_numpy(values).to(model.device) for name, values in batch.items()}
        if "attention_mask" in batch and batch["attention_mask"].all():
            # Attention without a mask is faster, and nothing has to be moved to the front.
            del inputs["attention_mask"]
        return forward(**inputs).logits.float().cpu().numpy()

    return run, own, model.device.type


def _longest(
    tokenizer: PreTrainedTokenizerBase, model: PreTrainedModel | OnnxClassifier, wanted: int | None
) -> int | None:
    positions = model.longest_text if isinstance(model, OnnxClassifier) else longest_text(model)
    if wanted is not None and positions is not None and wanted > positions:
        raise ValueError(f"`max_length` {wanted} is more than the model has positions for, {positions}.")
    limits = [limit for limit in (positions, tokenizer.model_max_length) if limit is not None and limit < _NO_LIMIT]
    return wanted or min(limits, default=None)


def _ahead(encode: Callable[[list[Text]], Any], texts: Iterable[Text], window: int) -> Iterator[Any]:
    """Encode window after window, always one more than is asked for."""
    texts = iter(texts)
    with ThreadPoolExecutor(max_workers=1) as pool:
        pending = None
        while part := list(islice(texts, window)):
            following = pool.submit(encode, part)
            if pending is not None:
                yield pending.result()
            pending = following
        if pending is not None:
            yield pending.result()


def _batches(lengths: np.ndarray, tokens_per_batch: int) -> Iterator[np.ndarray]:
    """Rows of about the same length, the longest first, so that memory runs out at once or never."""
    order, start = np.argsort(-lengths, kind="stable"), 0
    while start < len(order):
        size = max(1, tokens_per_batch // max(1, int(lengths[order[start]])))
        yield order[start : start + size]
        start += size


def _padding_ids(tokenizer: PreTrainedTokenizerBase, model: PreTrainedModel | OnnxClassifier) -> dict[str, int]:
    # That of the model first, since the plain heads of decoders find the last token by it.
    found = None if isinstance(model, OnnxClassifier) else getattr(model.config, "pad_token_id", None)
    found = tokenizer.pad_token_id if found is None else found
    if found is None:
        raise ValueError(
            "Neither the tokenizer nor the model has a padding token, which texts of different lengths need: set "
            "`tokenizer.pad_token` and `model.config.pad_token_id`."
        )
    return {"input_ids": found, "token_type_ids": tokenizer.pad_token_type_id}


def _padded(encoded: dict[str, list[list[int]]], rows: np.ndarray, padding: dict[str, int]) -> dict[str, np.ndarray]:
    """One array for each input of the model, padded on the right."""
    # A text without any token gets one of padding.
    shape = len(rows), max(1, *(len(encoded["input_ids"][row]) for row in rows))
    batch = {name: np.full(shape, padding.get(name, 0), dtype=np.int64) for name in encoded}
    for name, array in batch.items():
        for target, row in zip(array, rows, strict=True):
            values = encoded[name][row]
            target[: len(values)] = values
    return batch


def _logits_of_rows(
    run: Callable[[dict[str, np.ndarray]], np.ndarray],
    encoded: dict[str, list[list[int]]],
    padding: dict[str, int],
    rows: np.ndarray,
) -> np.ndarray:
    return run(_padded(encoded, rows, padding))


def _to_scores(logits: np.ndarray, problem_type: str) -> np.ndarray:
    tensor = torch.from_numpy(logits)
    if problem_type == "regression":
        return logits
    return (tensor.sigmoid() if problem_type == "multi_label_classification" else tensor.softmax(dim=-1)).numpy()


__all__ = ["Text", "score", "score_columns"]
