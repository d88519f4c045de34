# Copyright 2026 The amsdff_hf authors. Licensed under the Apache License, Version 2.0.
"""From files and data sets to batches: loading, texts, labels and tokens."""

from .arguments import DataTrainingArguments, add_test_file_options, parsed_test_file
from .augmentation import OPERATIONS, TextAugmenter
from .augmented_texts import AugmentedTexts, EpochSetter, augment_split
from .backbone_states import StatesCollator, cache_splits, cache_states
from .corpus import Chunk, column_types, find_files, finished_parts, iterate_chunks, write_part, write_whole
from .digests import digest_of_rows, digest_of_tokenizer, digest_of_weights
from .labels import LABELS, LabelSpace, label_space_of
from .loading import ROW, load_splits
from .mmsa import convert_mmsa
from .multimodal_collator import MultimodalCollator
from .pairs import number_texts
from .perturbations import PERTURBATIONS, perturb
from .restricted_unpickler import load_arrays
from .splits import label_splits, read_splits, read_test_rows
from .synonyms import EmbeddingNeighbors, WordNetSynonyms, find_synonyms
from .texts import TEXT, TEXT_PAIR
from .tokenization import TokenizedSplit, tokenize, tokenize_splits, usable_length
from .word_vectors import Coverage, WordVectors, from_text_vectors, from_texts


__all__ = [
    "LABELS",
    "OPERATIONS",
    "PERTURBATIONS",
    "ROW",
    "TEXT",
    "TEXT_PAIR",
    "AugmentedTexts",
    "Chunk",
    "Coverage",
    "DataTrainingArguments",
    "EmbeddingNeighbors",
    "EpochSetter",
    "LabelSpace",
    "MultimodalCollator",
    "StatesCollator",
    "TextAugmenter",
    "TokenizedSplit",
    "WordNetSynonyms",
    "WordVectors",
    "add_test_file_options",
    "augment_split",
    "cache_splits",
    "cache_states",
    "column_types",
    "convert_mmsa",
    "digest_of_rows",
    "digest_of_tokenizer",
    "digest_of_weights",
    "find_files",
    "find_synonyms",
    "finished_parts",
    "from_text_vectors",
    "from_texts",
    "iterate_chunks",
    "label_space_of",
    "label_splits",
    "load_arrays",
    "load_splits",
    "number_texts",
    "parsed_test_file",
    "perturb",
    "read_splits",
    "read_test_rows",
    "tokenize",
    "tokenize_splits",
    "usable_length",
    "write_part",
    "write_whole",
]
