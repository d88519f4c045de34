# Copyright 2026 The amsdff_hf authors. Licensed under the Apache License, Version 2.0.
"""A fast tokenizer of whole words, and the vocabulary of a training corpus."""

from collections import Counter
from collections.abc import Iterable, Sequence

from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, processors
from transformers import PreTrainedTokenizerFast


SPECIAL_TOKENS = {"pad_token": "[PAD]", "unk_token": "[UNK]", "sep_token": "[SEP]"}
# Words with their hyphens and apostrophes, and each other mark on its own.
_WORD = r"\w+(?:[-'’]\w+)*|[^\w\s]"


def normalize(text: str) -> str:
    """Write a text as the tokenizer reads it: composed characters (NFC), lower case."""
    return _NORMALIZER.normalize_str(text)


def split_words(text: str) -> list[str]:
    """Split a text into words as the tokenizer does.

    Examples:
    ```python
    >>> split_words("It's state-of-the-art, isn't it?")
    ["it's", 'state-of-the-art', ',', "isn't", 'it', '?']

    ```
    """
    return [word for word, _ in _SPLITTER.pre_tokenize_str(normalize(text))]


def count_words(texts: Iterable[str]) -> Counter[str]:
    """Count the words of texts."""
    return Counter(word for text in texts for word in split_words(text))


def frequent_words(counts: Counter[str], max_words: int, min_count: int) -> list[str]:
    """Return the most frequent words, those of equal count in alphabetical order.

    Args:
        counts: how often each word occurs.
        max_words: how many words to return at most.
        min_count: how often a word has to occur.

    Raises:
        ValueError: if no word is left.
    """
    frequent = sorted((word for word, count in counts.items() if count >= min_count), key=lambda w: (-counts[w], w))
    if not frequent:
        raise ValueError(f"No word occurs {min_count} times in the texts: lower `min_count`, or give more texts.")
    return frequent[:max_words]


def build_word_tokenizer(words: Sequence[str]) -> PreTrainedTokenizerFast:
    """Build a tokenizer whose ids are those of [PAD], [UNK], [SEP] and then of the words in their order.

    It lower-cases, ends every text by [SEP], so that no text is empty, and numbers the tokens of the second text of a
    pair 1 in `token_type_ids`.

    Args:
        words: different words, as [`split_words`] returns them.

    Raises:
        ValueError: if a word occurs twice or is the name of a special token.

    Examples:
    ```python
    >>> tokenizer = build_word_tokenizer(["a", "good", "book"])
    >>> tokenizer("A good film", "book").tokens()
    ['a', 'good', '[UNK]', '[SEP]', 'book', '[SEP]']

    ```
    """
    vocabulary = {word: index for index, word in enumerate([*SPECIAL_TOKENS.values(), *words])}
    if len(vocabulary) != len(SPECIAL_TOKENS) + len(words):
        twice = [word for word, count in Counter([*SPECIAL_TOKENS.values(), *words]).items() if count > 1]
        raise ValueError(f"Each word needs an id of its own, but these are given twice: {twice[:5]}.")
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token=SPECIAL_TOKENS["unk_token"]))
    tokenizer.normalizer, tokenizer.pre_tokenizer = _NORMALIZER, _SPLITTER
    separator = SPECIAL_TOKENS["sep_token"]
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"$A {separator}",
        pair=f"$A {separator} $B:1 {separator}:1",
        special_tokens=[(separator, vocabulary[separator])],
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        model_input_names=["input_ids", "token_type_ids", "attention_mask"],
        **SPECIAL_TOKENS,
    )


_NORMALIZER = normalizers.Sequence([normalizers.NFC(), normalizers.Lowercase()])
_SPLITTER = pre_tokenizers.Split(Regex(_WORD), behavior="removed", invert=True)
