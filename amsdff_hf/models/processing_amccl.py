# Copyright 2026 The amsdff_hf authors. Licensed under the Apache License, Version 2.0.
"""From texts, audio and vision to the inputs of AMCCL."""

from collections.abc import Sequence
from typing import Any

from transformers import BatchFeature, PreTrainedTokenizerBase, ProcessorMixin

from .feature_extraction_amccl import AmcclFeatureExtractor
from .travelling_code import TravelsWithCode


class AmcclProcessor(TravelsWithCode, ProcessorMixin):
    """A tokenizer and a feature extractor as one.

    Args:
        feature_extractor ([`AmcclFeatureExtractor`]): for audio and vision.
        tokenizer ([`PreTrainedTokenizerBase`]): of the backbone.
    """

    def __init__(self, feature_extractor: AmcclFeatureExtractor, tokenizer: PreTrainedTokenizerBase):
        super().__init__(feature_extractor, tokenizer)

    @property
    def model_input_names(self) -> list[str]:
        """Names of all inputs of the model."""
        return [*self.tokenizer.model_input_names, *self.feature_extractor.model_input_names]

    def __call__(
        self,
        text: str | Sequence[str | None],
        audio: Sequence[Any] | None = None,
        vision: Sequence[Any] | None = None,
        audio_lengths: Sequence[int] | None = None,
        vision_lengths: Sequence[int] | None = None,
        max_length: int | None = None,
        **kwargs: Any,
    ) -> BatchFeature:
        """Tokenize texts and make tensors of what was heard and seen with them.

        Args:
            text: one text or a list; `None` where a text is missing.
            audio: see [`AmcclFeatureExtractor.__call__`], as all further ones.
            vision: see there.
            audio_lengths: see there.
            vision_lengths: see there.
            max_length: texts are cut after so many tokens; what the tokenizer says if not given.
            kwargs: further arguments of the tokenizer.

        Returns:
            All inputs of the model as PyTorch tensors, padded to the longest of the batch.

        Raises:
            ValueError: if there is not one sequence per text, or one does not fit.
        """
        texts = [text] if isinstance(text, str) else list(text)
        for name, rows in (("audio", audio), ("vision", vision)):
            if rows is not None and len(rows) != len(texts):
                raise ValueError(
                    f"`{name}` must hold one sequence per text, {len(texts)}, but holds {len(rows)}: write None where "
                    "one is missing."
                )
        known = ["" if one is None else one for one in texts]
        options = {"padding": True, "truncation": True, "max_length": max_length, "return_tensors": "pt", **kwargs}
        if not any(known) and self.tokenizer.num_special_tokens_to_add() == 0:
            # Such a tokenizer makes no token of no text, and no batch of no token.
            known = [self.tokenizer.pad_token] * len(known)
        encoded = self.tokenizer(known, **options)
        for row, one in enumerate(texts):
            if one is None:
                encoded["attention_mask"][row] = 0
        features = self.feature_extractor(audio, vision, audio_lengths, vision_lengths)
        return BatchFeature({**encoded, **features})


__all__ = ["AmcclProcessor"]
