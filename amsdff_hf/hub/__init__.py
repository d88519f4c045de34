# Copyright 2026 The amsdff_hf authors. Licensed under the Apache License, Version 2.0.
"""Publishing models with their cards."""

from .arguments import CardArguments
from .card_facts import CARD_FACTS, CardFacts, DataFacts, LabelFacts, MetricFacts
from .card_rendering import card_metadata, render_card
from .card_sources import (
    describe_labels,
    facts_of_model,
    frequent_confusions,
    metric_facts,
)
from .evaluate_spaces import EVALUATE_MODULES, push_evaluate_module, save_evaluate_module
from .licenses import LICENSES, check_license
from .permissions import PublishingError, check_can_publish
from .provenance import command_line, hardware_name, library_versions
from .publishing import check_no_pickles, push_to_hub, save_for_hub
from .publishing_trainer import PublishingTrainer
from .run_card import note_results, note_seeds, recount, save_card, start_card


__all__ = [
    "CARD_FACTS",
    "EVALUATE_MODULES",
    "LICENSES",
    "CardArguments",
    "CardFacts",
    "DataFacts",
    "LabelFacts",
    "MetricFacts",
    "PublishingError",
    "PublishingTrainer",
    "card_metadata",
    "check_can_publish",
    "check_license",
    "check_no_pickles",
    "command_line",
    "describe_labels",
    "facts_of_model",
    "frequent_confusions",
    "hardware_name",
    "library_versions",
    "metric_facts",
    "note_results",
    "note_seeds",
    "push_evaluate_module",
    "push_to_hub",
    "recount",
    "render_card",
    "save_card",
    "save_evaluate_module",
    "save_for_hub",
    "start_card",
]
