# Copyright 2026 The amsdff_hf authors. Licensed under the Apache License, Version 2.0.
"""What `PipelineTesterMixin` calls for the zero-shot-classification pipeline."""

import unittest

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
            self.assertEqual(output["sequence"], example)
            self.assertEqual(sorted(output["labels"]), ["health", "politics", "sport"])
            self.assertAlmostEqual(sum(output["scores"]), 1.0, places=2)
        one = pipe(examples[0], candidate_labels="politics", multi_label=True)
        self.assertTrue(0 <= one["scores"][0] <= 1)
        with self.assertRaises(ValueError):
            pipe("", candidate_labels="politics")
