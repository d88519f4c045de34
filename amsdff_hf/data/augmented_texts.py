# Copyright 2026 The amsdff_hf authors. Licensed under the Apache License, Version 2.0.
"""Training texts that are augmented and tokenized anew in every epoch."""

import random
from typing import Any

import torch
from datasets import Dataset
from torch.utils.data import Dataset as TorchDataset
from transformers import (
    PreTrainedModel,
    PreTrainedTokenizerBase,
    TrainerCallback,
    TrainerControl,
    TrainerState,
    TrainingArguments,
)

from .arguments import DataTrainingArguments, split_names
from .augmentation import TextAugmenter
from .labels import LABELS
from .synonyms import find_synonyms
from .texts import TEXT, TEXT_PAIR


class AugmentedTexts(TorchDataset):
    """Rows of a training split whose texts change from epoch to epoch.

    What becomes of a text depends on seed, epoch and row alone: not on the order of the rows, nor on how many
    processes read them, nor on where an interrupted training goes on.

    Args:
        split: training data with the joined texts and encoded labels.
        tokenizer: the tokenizer.
        augmenter: what changes the texts; each text of a pair is drawn on its own.
        max_length: longest text in tokens.
        seed: seed of the changes.
        pad_to_max_length: pad here and not in the collator.
    """

    def __init__(
        self,
        split: Dataset,
        tokenizer: PreTrainedTokenizerBase,
        augmenter: TextAugmenter,
        max_length: int,
        seed: int,
        pad_to_max_length: bool = False,
    ):
        self.augmenter = augmenter
        self._split, self._tokenizer = split, tokenizer
        self._columns = [name for name in (TEXT, TEXT_PAIR) if name in split.column_names]
        self._options = {
            "truncation": True,
            "max_length": max_length,
            "padding": "max_length" if pad_to_max_length else False,
        }
        self._seed = seed
        # Shared, so that worker processes which outlive an epoch see the next one.
        self._epoch = torch.zeros((), dtype=torch.long).share_memory_()

    def __len__(self) -> int:
        return len(self._split)

    def __getitem__(self, row: int) -> dict[str, Any]:
        stored = self._split[row]
        encoded = self._tokenizer(*self._change(stored, row), **self._options)
        return {**encoded, LABELS: stored[LABELS]}

    def texts(self, row: int) -> list[str]:
        """Return the text of a row, or the two of a pair, as this epoch has them."""
        return self._change(self._split[row], row)

    def _change(self, stored: dict[str, Any], row: int) -> list[str]:
        rng = random.Random(f"{self._seed}/{self._epoch.item()}/{row}")
        return [self.augmenter(stored[name], rng) for name in self._columns]

    def set_epoch(self, epoch: int) -> None:
        """Choose the epoch, counted from 0."""
        self._epoch.fill_(epoch)


def augment_split(
    split: Dataset,
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    max_length: int,
    seed: int,
    arguments: DataTrainingArguments,
) -> AugmentedTexts | None:
    """Make the training texts change as the arguments say, `None` if they shall not.

    Args:
        split: training data with the joined texts and encoded labels.
        model: whose input embeddings serve for synonyms where there is no WordNet, as they are now.
        tokenizer: its tokenizer.
        max_length: longest text in tokens.
        seed: seed of the changes.
        arguments: `--augment_probability` and its neighbors.

    Raises:
        ValueError: if an operation is unknown.
    """
    if arguments.augment_probability == 0:
        return None
    augmenter = TextAugmenter(
        find_synonyms(model, tokenizer),
        arguments.augment_probability,
        arguments.augment_alpha,
        tuple(split_names(arguments.augment_operations)),
    )
    return AugmentedTexts(split, tokenizer, augmenter, max_length, seed, arguments.pad_to_max_length)


class EpochSetter(TrainerCallback):
    """Tells the texts which epoch it is; the Trainer's own way reaches only data without a random sampler."""

    def __init__(self, texts: AugmentedTexts):
        self._texts = texts

    def on_epoch_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        """Pass the number of the epoch on, also of one that was interrupted."""
        self._texts.set_epoch(int(state.epoch + 1e-6))
