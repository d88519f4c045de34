# Copyright 2026 The amsdff_hf authors. Licensed under the Apache License, Version 2.0.
"""What a frozen backbone makes of every text, computed once and kept on disk, so that an epoch trains the head alone.

The states are kept in half precision, memory-mapped, under a key of the backbone's weights and the token ids: whoever
trains another head on the same texts, or the same with another seed, finds them there.
"""

import hashlib
import json
import os
import shutil
from contextlib import nullcontext
from dataclasses import dataclass
from itertools import compress
from pathlib import Path
from typing import Any

import numpy as np
import torch
from datasets import Dataset, Features, Sequence, Value, concatenate_datasets
from datasets import config as datasets_config
from filelock import FileLock
from torch import nn
from transformers import DataCollatorWithPadding, PreTrainedModel, TrainingArguments
from transformers import __version__ as transformers_version
from transformers.utils import logging

from .arguments import DataTrainingArguments
from .digests import digest_of_weights
from .labels import LABELS
from .tokenization import TokenizedSplit


logger = logging.get_logger(__name__)

STATES = "backbone_states"
_IDS = "input_ids"
_INPUTS = (_IDS, "attention_mask", "token_type_ids")
# Texts that are read together: on a CPU what its caches hold, elsewhere what keeps it busy.
_TEXTS_PER_BATCH = {"cpu": 16}
_TEXTS_ON_ACCELERATORS = 64
_HALF_PRECISIONS = {"bfloat16": torch.bfloat16, "float16": torch.float16}
_BYTES = 2
# To be raised when the same texts get other states, so that nobody finds the old ones.
_FORMAT = 2
# Arrow writes a little beside the numbers.
_SPARE = 1.02


def cache_states(
    split: Dataset,
    model: PreTrainedModel,
    arguments: TrainingArguments,
    folder: str | os.PathLike | None = None,
    use_cache: bool = True,
    precision: str | None = None,
) -> Dataset:
    """Run a frozen backbone over every text of a split and keep what the head reads of it.

    Args:
        split: tokenized texts with encoded labels.
        model: a classifier of this package.
        arguments: on which device the backbone runs, and whether in bfloat16 or float16.
        folder: where to keep the states; a folder of its own beside the data sets of `datasets` if not given.
        use_cache: take them from there if they are there already.
        precision: `bfloat16`, `float16` or `float32` for the backbone, whatever the arguments say.

    Returns:
        The rows in their order with the columns `backbone_states` (`[num_levels *] sequence_length * hidden_size`
        numbers in half precision), `input_ids`, `labels` and, if the tokenizer gave any, `token_type_ids`.

    Raises:
        OSError: if the disk has no room for them.
        ValueError: if a state is too large for half precision.
    """
    wanted = _Wanted.of(split, model, arguments, folder, precision)
    _expect_room([wanted], use_cache)
    return wanted.computed(model, arguments, use_cache)


def cache_splits(
    tokenized: dict[str, TokenizedSplit],
    model: PreTrainedModel,
    training_args: TrainingArguments,
    arguments: DataTrainingArguments,
) -> dict[str, Dataset]:
    """Keep the states of the splits that are read more than once; see [`cache_states`].

    Args:
        tokenized: all splits.
        model: a classifier of this package with a frozen backbone.
        training_args: whether there are evaluations between the epochs, and the precision.
        arguments: `--states_folder`, `--states_precision` and `--overwrite_cache`.

    Raises:
        OSError: if the disk has no room for them all, before the first one is computed.
        ValueError: if a state is too large for half precision.
    """
    roles = ["train", *(["validation"] if training_args.eval_strategy != "no" else [])]
    # What the first process has just computed is good for the others.
    use_cache = not arguments.overwrite_cache or training_args.local_process_index > 0
    with training_args.main_process_first(desc="states of the backbone"):
        where = arguments.states_folder, arguments.states_precision
        wanted = {role: _Wanted.of(tokenized[role].dataset, model, training_args, *where) for role in roles}
        _expect_room(list(wanted.values()), use_cache)
        return {role: one.computed(model, training_args, use_cache) for role, one in wanted.items()}


class StatesCollator:
    """Pads kept states to the longest text of the batch, and rows without them as the tokenizer's own collator does.

    Args:
        model: the classifier, which says how wide a state is.
        otherwise: collator of rows without states, such as test texts.
    """

    def __init__(self, model: PreTrainedModel, otherwise: DataCollatorWithPadding):
        self._levels = len(model.config.hidden_levels or [])
        self._width = model.config.hidden_size
        self._otherwise = otherwise

    def __call__(self, rows: list[dict[str, Any]]) -> dict[str, torch.Tensor]:
        """Return `backbone_states` `(batch_size, [num_levels,] sequence_length, hidden_size)` with mask and labels."""
        if STATES not in rows[0]:
            return self._otherwise(rows)
        states = [row[STATES].reshape(*[self._levels] * bool(self._levels), -1, self._width) for row in rows]
        lengths = [one.shape[-2] for one in states]
        # A text without any token counts as one of padding.
        longest = max(1, *lengths)
        padded = np.zeros((len(rows), *states[0].shape[:-2], longest, self._width), dtype=states[0].dtype)
        for target, one, length in zip(padded, states, lengths, strict=True):
            target[..., :length, :] = one
        mask = torch.arange(longest) < torch.tensor(lengths).unsqueeze(1)
        batch = {STATES: torch.from_numpy(padded), "attention_mask": mask.long()}
        if "token_type_ids" in rows[0]:
            batch["token_type_ids"] = _pad([row["token_type_ids"] for row in rows])
        batch[LABELS] = torch.as_tensor(np.stack([row[LABELS] for row in rows]))
        return batch


@dataclass(frozen=True)
class _Wanted:
    """A split whose states are wanted: its texts, texts of one length together, and the file for the states."""

    ordered: Dataset
    order: np.ndarray
    path: Path
    num_bytes: float
    precision: str

    @classmethod
    def of(
        cls,
        split: Dataset,
        model: PreTrainedModel,
        arguments: TrainingArguments,
        folder: str | os.PathLike | None,
        precision: str | None,
    ) -> "_Wanted":
        """Sort a split by length, and name the file by all that its states depend on."""
        split = _without_padding(split)
        lengths = np.array([len(ids) for ids in split[_IDS]])
        # So that little padding is read.
        order = np.argsort(-lengths, kind="stable")
        ordered = split.select(order)
        folder = Path(folder or Path(datasets_config.HF_DATASETS_CACHE, STATES))
        num_bytes = int(lengths.sum()) * _width(model) * _BYTES * _SPARE
        of_training = "bfloat16" if arguments.bf16 else "float16" if arguments.fp16 else "float32"
        precision = precision or of_training
        path = folder / _key(ordered, model, arguments.device.type, precision) / "states.arrow"
        return cls(ordered, order, path, num_bytes, precision)

    def computed(self, model: PreTrainedModel, arguments: TrainingArguments, use_cache: bool) -> Dataset:
        """Return the rows in the order of the split, with their states."""
        if use_cache and self.path.exists():
            cached = self._mapped(model, arguments, use_cache)
        else:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            # Whoever wants the same states meanwhile waits for them.
            with FileLock(self.path.with_suffix(".lock")):
                for unfinished in self.path.parent.glob("tmp*"):
                    # By a process that was killed.
                    unfinished.unlink()
                cached = self._mapped(model, arguments, use_cache)
        kept = [name for name in (_IDS, "token_type_ids", LABELS) if name in self.ordered.column_names]
        # In order, or `datasets` would write the states once more.
        beside = self.ordered.select_columns(kept).flatten_indices(keep_in_memory=True)
        cached = concatenate_datasets([cached, beside], axis=1)
        return cached.select(np.argsort(self.order, kind="stable")).with_format("numpy")

    def _mapped(self, model: PreTrainedModel, arguments: TrainingArguments, use_cache: bool) -> Dataset:
        inputs = [name for name in _INPUTS if name in self.ordered.column_names]
        return self.ordered.select_columns(inputs).map(
            _Encoder(model.to(arguments.device), self.precision),
            batched=True,
            batch_size=_TEXTS_PER_BATCH.get(arguments.device.type, _TEXTS_ON_ACCELERATORS),
            writer_batch_size=_TEXTS_ON_ACCELERATORS,
            remove_columns=inputs,
            features=Features({STATES: Sequence(Value("float16"))}),
            cache_file_name=os.fspath(self.path),
            load_from_cache_file=use_cache,
            # Given, since hashing the model would take it for what it is: something that has state.
            new_fingerprint=self.path.parent.name[:16],
            desc="Running the backbone once",
        )


class _Encoder:
    """From token ids to the states of their real tokens, as flat arrays in half precision."""

    def __init__(self, model: PreTrainedModel, precision: str):
        self._model, self._device = model, model.device
        # Weights stay as they are, since training goes on with them.
        dtype = _HALF_PRECISIONS.get(precision)
        self._precision = nullcontext() if dtype is None else torch.autocast(model.device.type, dtype)

    @torch.inference_mode()
    def __call__(self, batch: dict[str, list]) -> dict[str, list[np.ndarray]]:
        inputs = {name: _pad(rows) for name, rows in batch.items()}
        with self._precision:
            states = self._model.eval().states_of(**{name: value.to(self._device) for name, value in inputs.items()})
        states, masks = states.to(torch.float16).cpu().numpy(), inputs["attention_mask"].bool().numpy()
        kept = [state[..., mask, :].reshape(-1) for state, mask in zip(states, masks, strict=True)]
        if not all(np.isfinite(state).all() for state in kept):
            raise ValueError(
                "The states of the backbone are too large for half precision, in which they are kept: compute them "
                "anew in every epoch, by --no_cache_states of run_classification.py."
            )
        return {STATES: kept}


def _without_padding(split: Dataset) -> Dataset:
    """The tokens that states are kept of, and the labels."""
    inputs = [name for name in _INPUTS if name in split.column_names]

    def cut(batch: dict[str, list]) -> dict[str, list]:
        masks = batch.get("attention_mask") or [[1] * len(ids) for ids in batch[_IDS]]
        real = {
            name: [list(compress(row, mask)) for row, mask in zip(batch[name], masks, strict=True)] for name in inputs
        }
        return {**real, "attention_mask": [[1] * sum(mask) for mask in masks]}

    kept = [name for name in (*inputs, LABELS) if name in split.column_names]
    return split.select_columns(kept).map(cut, batched=True, desc="Leaving padding out")


def _pad(rows: list[list[int]]) -> torch.Tensor:
    padded = nn.utils.rnn.pad_sequence([torch.tensor(row, dtype=torch.long) for row in rows], batch_first=True)
    # Texts without any token are read as one token of padding.
    return padded if padded.shape[1] else padded.new_zeros(len(rows), 1)


def _key(ordered: Dataset, model: PreTrainedModel, device: str, precision: str) -> str:
    """Hash everything that the states depend on."""
    backend = getattr(model.backbone.config, "_attn_implementation", None)
    settings = [model.config.hidden_levels, precision, device, backend]
    # Two forms of differential attention may have the same weights.
    settings += [getattr(model.config, "differential_attention", None)]
    settings += [model.config.long_text, model.config.window_length, model.config.window_overlap]
    settings += [_FORMAT, torch.__version__, transformers_version]
    digest = hashlib.sha256(json.dumps(settings).encode())
    digest.update(model.config.backbone_config.to_json_string().encode())
    digest.update(digest_of_weights(model.backbone).encode())
    for batch in ordered.select_columns([name for name in _INPUTS if name in ordered.column_names]).iter(1000):
        digest.update(json.dumps(batch).encode())
    return digest.hexdigest()[:32]


def _width(model: PreTrainedModel) -> int:
    """Numbers that are kept of one token."""
    return model.config.hidden_size * len(model.config.hidden_levels or [None])


def _expect_room(wanted: list[_Wanted], use_cache: bool) -> None:
    missing = [one for one in wanted if not (use_cache and one.path.exists())]
    if not missing:
        return
    folder = missing[0].path.parents[1]
    folder.mkdir(parents=True, exist_ok=True)
    needed, free = sum(one.num_bytes for one in missing), shutil.disk_usage(folder).free
    num_texts = sum(len(one.ordered) for one in missing)
    told = f"{num_texts:,} texts: {needed / 1e6:,.0f} MB in {folder}, where {free / 1e6:,.0f} MB are free"
    if needed > free:
        raise OSError(
            f"The states of the backbone have no room on this disk ({told}): choose another folder by "
            "--states_folder, fewer or shorter texts, or compute them anew in every epoch, by --no_cache_states of "
            "run_classification.py."
        )
    logger.warning(f"Keeping what the frozen backbone makes of {told}.")
