# Copyright 2026 The amsdff_hf authors. Licensed under the Apache License, Version 2.0.
"""The text-classification pipeline of transformers, with the thresholds of the model and with long texts cut."""

import logging
from typing import Any

from transformers import BatchEncoding, TextClassificationPipeline


logger = logging.getLogger(__name__)


class ThresholdPipeline(TextClassificationPipeline):
    """A text-classification pipeline that decides by the model's thresholds and cuts texts that are too long.

    It is what `pipeline("text-classification", ...)` builds, save for two things. A multi-label model answers with
    the labels whose score reaches their threshold in `config.thresholds` (0.5 where there are none), best first,
    unless `top_k` asks for a number of them. And a text that is longer than the tokenizer or the backbone admits is
    cut, which is said once; `truncation=False` brings the error back.

    Examples:
    ```python
    >>> from transformers import pipeline
    >>> from amsdff_hf import ThresholdPipeline

    >>> classifier = pipeline("text-classification", model=folder, pipeline_class=ThresholdPipeline)  # doctest: +SKIP
    >>> classifier("A goal in the last minute sent the shares up")  # doctest: +SKIP
    [{'label': 'Sports', 'score': 0.91}, {'label': 'Business', 'score': 0.38}]

    ```
    """

    _has_warned = False

    def __call__(self, inputs: Any, **kwargs: Any) -> list[Any]:
        """Classify one text or pair, a list, or an iterator of them, as the stock pipeline does."""
        answers = super().__call__(inputs, **kwargs)
        # The stock pipeline wraps the answer to a single text once more.
        wrapped = isinstance(inputs, str) and self._decides({**self._postprocess_params, **kwargs})
        return answers[0] if wrapped else answers

    def preprocess(self, inputs: str | dict[str, str], **tokenizer_kwargs: Any) -> BatchEncoding:
        """Tokenize one text, or one pair as `{"text": ..., "text_pair": ...}`."""
        longest = tokenizer_kwargs.get("max_length", self._max_length())
        encoded = super().preprocess(inputs, **{"truncation": True, "max_length": longest, **tokenizer_kwargs})
        length = encoded["input_ids"].shape[1]
        if not self._has_warned and longest is not None and length >= longest:
            uncut = {**tokenizer_kwargs, "truncation": False, "max_length": None, "verbose": False}
            whole = super().preprocess(inputs, **uncut)
            if whole["input_ids"].shape[1] > length:
                self._has_warned = True
                logger.warning(
                    "A text is longer than %d tokens and was cut; further ones are cut without a warning.", length
                )
        return encoded

    def postprocess(self, model_outputs: Any, **parameters: Any) -> dict[str, Any] | list[dict[str, Any]]:
        """Turn the logits of one text into labels with scores."""
        if not self._decides(parameters):
            return super().postprocess(model_outputs, **parameters)
        config = self.model.config
        ranked = super().postprocess(model_outputs, top_k=None, _legacy=False)
        thresholds = getattr(config, "thresholds", None) or [0.5] * config.num_labels
        return [row for row in ranked if row["score"] >= thresholds[config.label2id[row["label"]]]]

    def _decides(self, parameters: dict[str, Any]) -> bool:
        # Thresholds are probabilities: they say nothing about scores that somebody asked for in another form.
        asked = {"top_k", "function_to_apply"} & parameters.keys()
        return self.model.config.problem_type == "multi_label_classification" and not asked

    def _max_length(self) -> int | None:
        positions = getattr(self.model, "max_sequence_length", None)
        lengths = [self.tokenizer.model_max_length, positions or float("inf")]
        # Tokenizers that know no limit say 10**30.
        return min(lengths) if min(lengths) < 10**9 else None


__all__ = ["ThresholdPipeline"]
