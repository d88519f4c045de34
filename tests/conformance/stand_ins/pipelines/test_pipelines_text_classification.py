# Copyright 2026 The amsdff_hf authors. Licensed under the Apache License, Version 2.0.
"""What `PipelineTesterMixin` calls for the text-classification pipeline."""

import unittest

import pytest
from transformers import TextClassificationPipeline


class TextClassificationPipelineTests(unittest.TestCase):
    """Labels and scores for one text, several, all labels, and pairs."""

    def get_test_pipeline(self, model, tokenizer, dtype="float32", **processors):
        pipe = TextClassificationPipeline(model=model, tokenizer=tokenizer, dtype=dtype)
        return pipe, ["HuggingFace is in", "This is another test"]

    def run_pipeline_test(self, pipe, examples):
        labels = set(pipe.model.config.label2id)
        for outputs in (pipe("Good film"), pipe(["Good film"])):
            self._check(outputs, 1, labels)
        self._check(pipe(examples), len(examples), labels)
        every = pipe(examples, top_k=None)
        assert [len(scores) for scores in every] == [len(labels)] * len(examples)
        for scores in every:
            assert {entry["label"] for entry in scores} == labels
            assert sum(entry["score"] for entry in scores) == pytest.approx(1.0, abs=0.01)
        pair = pipe({"text": examples[0], "text_pair": examples[1]})
        self._check([pair], 1, labels)

    def _check(self, outputs, count, labels):
        assert len(outputs) == count
        for output in outputs:
            assert output["label"] in labels
            assert 0 <= output["score"] <= 1
