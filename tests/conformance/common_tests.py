# Copyright 2026 The amsdff_hf authors. Licensed under the Apache License, Version 2.0.
"""The common test classes over every architecture of the package, with the backbone that the environment names.

It is read from the overlay (see `source.py`) as `tests/models/amsdff_hf/test_common.py`, beside transformers' own
tests, and never from the project's `tests/`.
"""

import os
import unittest

import torch
from transformers.models.auto import modeling_auto

from amsdff_hf.models import ARCHITECTURES

from ...test_configuration_common import ConfigTester
from ...test_modeling_common import ModelTesterMixin, global_rng, ids_tensor, random_attention_mask
from ...test_pipeline_mixin import PipelineTesterMixin
from ...test_training_mixin import TrainingTesterMixin
from .backbones import SMALL_HEADS, VOCAB_SIZE, backbone_config, no_dropout


BACKBONE = os.environ["CONFORMANCE_BACKBONE"]


class Tester:
    """What the common tests ask about a model."""

    batch_size, seq_length, is_training = 3, 7, True
    hidden_size, num_hidden_layers, num_attention_heads, vocab_size = 32, 2, 4, VOCAB_SIZE

    def __init__(self, config_class, sequence_classification_class):
        self.config_class = config_class
        self.sequence_classification_class = sequence_classification_class

    def get_config(self):
        # Dropout blurs the comparison of two runs in training mode; label smoothing keeps a loss from falling to zero.
        settings = {"num_labels": 3, "loss_weights": (1, 0, 0), **no_dropout(self.config_class)}
        settings |= SMALL_HEADS.get(self.config_class.model_type, {})
        return self.config_class(backbone_config=backbone_config(BACKBONE), **settings)

    def prepare_config_and_inputs_for_common(self):
        inputs = {
            "input_ids": ids_tensor([self.batch_size, self.seq_length], self.vocab_size),
            "attention_mask": random_attention_mask([self.batch_size, self.seq_length]),
        }
        return self.get_config(), inputs


class CommonTests(ModelTesterMixin, PipelineTesterMixin, TrainingTesterMixin):
    """Settings for all architectures."""

    test_can_init_all_missing_weights_before_2023 = True
    training_overfit_learning_rate = 3e-3
    model_tester = None

    def setUp(self):
        global_rng.seed(0)
        torch.manual_seed(0)
        self.model_tester = Tester(self.config_class, self.all_model_classes[-1])

    def _create_text_training_batch(self, batch_size, seq_length, vocab_size):
        batch = super()._create_text_training_batch(batch_size, seq_length, vocab_size)
        # All rows are the same text.
        return {"input_ids": batch["input_ids"], "labels": torch.ones(batch_size, dtype=torch.long)}

    def _prepare_config_and_inputs_for_retain_grad_hidden_states_attentions(self):
        # Under a mask, hidden states are given back in the order of the input: copies, which no gradient reaches.
        config, inputs = self.model_tester.prepare_config_and_inputs_for_common()
        return config, {"input_ids": inputs["input_ids"]}


def all_tests_but(*parts):
    """Switch off the inherited tests that have none of these parts in their names."""
    inherited = [name for name in dir(CommonTests) if name.startswith("test_")]
    return {name: None for name in inherited if not any(part in name for part in parts)}


class CommonConfigTests:
    """`ConfigTester`, one test for each of its checks."""

    def setUp(self):
        self.model_tester = Tester(self.config_class, self.all_model_classes[-1])
        self.config_tester = ConfigTester(
            self,
            config_class=self.config_class,
            common_properties=["hidden_size", "num_hidden_layers", "num_attention_heads", "vocab_size"],
            problem_type="multi_label_classification",
            focal_gamma=1.5,
        )


def _add_config_test(name):
    def test(self):
        getattr(self.config_tester, name)()

    setattr(CommonConfigTests, f"test_{name.removeprefix('create_and_test_').removeprefix('check_')}", test)


for check_name in dir(ConfigTester):
    if check_name.startswith(("create_and_test_", "check_")):
        _add_config_test(check_name)

for config_class, model_class, classifier_class in ARCHITECTURES:
    model_type = config_class.model_type
    # The common tests look up in these tables which labels a class takes.
    modeling_auto.MODEL_MAPPING_NAMES[model_type] = model_class.__name__
    modeling_auto.MODEL_FOR_SEQUENCE_CLASSIFICATION_MAPPING_NAMES[model_type] = classifier_class.__name__
    members = {
        "config_class": config_class,
        "all_model_classes": (model_class, classifier_class),
        "pipeline_model_mapping": {
            "feature-extraction": model_class,
            "text-classification": classifier_class,
            "zero-shot": classifier_class,
        },
    }
    prefix = classifier_class.__name__.removesuffix("ForSequenceClassification")
    variants = {
        "ModelTest": {},
        # What the common tests ask of composite models only.
        "CompositeModelTest": {**all_tests_but("_composite_"), "_is_composite": True},
        # What they ask of models with renamed keys, if all of the classes have some.
        "ConversionTest": {**all_tests_but("mapped_keys", "reverse_loading"), "all_model_classes": (model_class,)},
    }
    for suffix, changes in variants.items():
        name = prefix + suffix
        globals()[name] = type(name, (CommonTests, unittest.TestCase), {**members, **changes})
    globals()[f"{prefix}ConfigTest"] = type(f"{prefix}ConfigTest", (CommonConfigTests, unittest.TestCase), members)
