# Copyright 2026 The amsdff_hf authors. Licensed under the Apache License, Version 2.0.
"""From texts to token ids, and how many texts were too long."""

from dataclasses import dataclass

from datasets import Dataset
from transformers import PreTrainedModel, PreTrainedTokenizerBase
from transformers.utils import logging

from ..models.text_backbone import longest_text
from .arguments import DataTrainingArguments
from .texts import TEXT, TEXT_PAIR


logger = logging.get_logger(__name__)

# Tokenizers without a limit say 10 ** 30.
_NO_LIMIT = 10**9
_TRUNCATED = "was_truncated"


@dataclass(frozen=True)
class TokenizedSplit:
    """A tokenized split.

    Args:
        dataset: its rows, with what the tokenizer returns added.
        truncated_share: share of the texts that were cut, from 0 to 1.
    """

    dataset: Dataset
    truncated_share: float


def usable_length(
    wanted: int, tokenizer: PreTrainedTokenizerBase, model: PreTrainedModel, is_pair: bool = False
) -> int:
    """Return the longest length that model and tokenizer allow, and teach it to the tokenizer.

    A tokenizer that is saved with the model then cuts texts where training did.

    Args:
        wanted: `--max_seq_length`.
        tokenizer: the tokenizer; its `model_max_length` is changed in place.
        model: the model that will read the texts.
        is_pair: texts come in pairs.

    Raises:
        ValueError: if the tokenizer's own tokens leave no room for a text.
    """
    limit = longest_text(model)
    if limit is None:
        # Tokenizers say what the backbone was made for, and windows read on.
        limit = wanted if getattr(model.config, "long_text", None) == "window" else tokenizer.model_max_length
    if limit < wanted < _NO_LIMIT:
        logger.warning(f"--max_seq_length {wanted} is more than the model can read: using {limit}.")
    num_special = tokenizer.num_special_tokens_to_add(pair=is_pair)
    if wanted <= num_special:
        raise ValueError(
            f"--max_seq_length {wanted} leaves no room for a text: the tokenizer adds {num_special} tokens of its own."
        )
    tokenizer.model_max_length = min(wanted, limit)
    return tokenizer.model_max_length


def tokenize_splits(
    splits: dict[str, Dataset],
    tokenizer: PreTrainedTokenizerBase,
    max_length: int,
    arguments: DataTrainingArguments,
) -> dict[str, TokenizedSplit]:
    """Tokenize every split as the arguments say; see [`tokenize`]."""
    return {
        role: tokenize(
            split,
            tokenizer,
            max_length,
            role,
            arguments.pad_to_max_length,
            arguments.preprocessing_num_workers,
            not arguments.overwrite_cache,
        )
        for role, split in splits.items()
    }


def tokenize(
    split: Dataset,
    tokenizer: PreTrainedTokenizerBase,
    max_length: int,
    role: str,
    pad_to_max_length: bool = False,
    num_workers: int | None = None,
    use_cache: bool = True,
) -> TokenizedSplit:
    """Tokenize the column `joined_text`, with `joined_text_pair` as the second text where there is one.

    Args:
        split: data with the joined texts.
        tokenizer: any tokenizer of transformers.
        max_length: longest text in tokens.
        role: name of the split, for the progress bar.
        pad_to_max_length: pad here and not in the collator.
        num_workers: processes.
        use_cache: take an earlier result from the cache of `datasets`.
    """
    columns = [name for name in (TEXT, TEXT_PAIR) if name in split.column_names]

    def encode(batch: dict[str, list]) -> dict[str, list]:
        texts = [batch[name] for name in columns]
        encoded = tokenizer(
            *texts, truncation=True, max_length=max_length, padding="max_length" if pad_to_max_length else False
        )
        encoded[_TRUNCATED] = _find_truncated(tokenizer, texts, encoded, max_length)
        return dict(encoded)

    dataset = split.map(
        encode,
        batched=True,
        num_proc=num_workers,
        load_from_cache_file=use_cache,
        desc=f"Tokenizing the {role} data",
    )
    share = sum(dataset[_TRUNCATED]) / len(dataset)
    return TokenizedSplit(dataset.remove_columns(_TRUNCATED), share)


def _find_truncated(tokenizer: PreTrainedTokenizerBase, texts: list[list], encoded: dict, max_length: int) -> list:
    """Tokenize the texts that fill the window once more, without a limit, and compare."""
    lengths = [sum(mask) for mask in encoded["attention_mask"]]
    full = [row for row, length in enumerate(lengths) if length >= max_length]
    truncated = [False] * len(lengths)
    if full:
        whole = tokenizer(*([column[row] for row in full] for column in texts), truncation=False, verbose=False)
        for row, ids in zip(full, whole["input_ids"], strict=True):
            truncated[row] = len(ids) > lengths[row]
    return truncated
