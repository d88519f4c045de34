# Copyright 2026 The amsdff_hf authors. Licensed under the Apache License, Version 2.0.
"""What `PipelineTesterMixin` calls for the zero-shot-classification pipeline."""

import unittest

import pytest
from transformers import ZeroShotClassificationPipeline


class ZeroShotClassificationPipelineTests(unittest.TestCase):
    """A score for every candidate, with and without an entailment label."""

    def get_test_pipeline(self, model, tokenizer, dtype="float32", **processors):
        pipe = ZeroShotClassificationPipeline(
            model=model, tokenizer=tokenizer, dtype=dtype, candidate_labels=["politics", "health"]
        )
        return pipe, ["Who are you voting for in 2020?", "My stomach hurts."]

    def run_pipeline_test(self, pipe, examples):
        outputs = pipe(examples, candidate_labels=["politics", "health", "sport"])
        for example, output in zip(examples, outputs, strict=True):
            assert output["sequence"] == example
            assert sorted(output["labels"]) == ["health", "politics", "sport"]
            assert sum(output["scores"]) == pytest.approx(1.0, abs=0.01)
        one = pipe(examples[0], candidate_labels="politics", multi_label=True)
        assert 0 <= one["scores"][0] <= 1
        with pytest.raises(ValueError, match="at least one label"):
            pipe("", candidate_labels="politics")
