# Copyright 2026 The amsdff_hf authors. Licensed under the Apache License, Version 2.0.
"""From files and data sets to batches: loading, texts, labels and tokens."""

from .arguments import DataTrainingArguments
from .labels import LABELS, LabelSpace, label_space_of
from .loading import ROW
from .perturbations import PERTURBATIONS, perturb
from .splits import label_splits, read_splits
from .texts import TEXT, TEXT_PAIR
from .tokenization import TokenizedSplit, tokenize, tokenize_splits, usable_length
from .word_vectors import Coverage, WordVectors, from_text_vectors, from_texts


__all__ = [
    "LABELS",
    "PERTURBATIONS",
    "ROW",
    "TEXT",
    "TEXT_PAIR",
    "Coverage",
    "DataTrainingArguments",
    "LabelSpace",
    "TokenizedSplit",
    "WordVectors",
    "from_text_vectors",
    "from_texts",
    "label_space_of",
    "label_splits",
    "perturb",
    "read_splits",
    "tokenize",
    "tokenize_splits",
    "usable_length",
]
