# Copyright 2026 The amsdff_hf authors. Licensed under the Apache License, Version 2.0.
"""What `PipelineTesterMixin` calls for the feature-extraction pipeline."""

import unittest

import torch
from transformers import FeatureExtractionPipeline


class FeatureExtractionPipelineTests(unittest.TestCase):
    """One vector per token."""

    def get_test_pipeline(self, model, tokenizer, dtype="float32", **processors):
        pipe = FeatureExtractionPipeline(model=model, tokenizer=tokenizer, dtype=dtype)
        return pipe, ["This is a test", "This is another test"]

    def run_pipeline_test(self, pipe, examples):
        for example, vectors in zip(examples, pipe(examples), strict=True):
            tokens = pipe.tokenizer(example)["input_ids"]
            assert torch.tensor(vectors).shape == (1, len(tokens), pipe.model.config.token_size)
        tensors = pipe(examples[0], return_tensors=True)
        assert tensors.shape[0] == 1
