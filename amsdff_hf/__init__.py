# Copyright 2026 The amsdff_hf authors. Licensed under the Apache License, Version 2.0.
"""Heads that are worth more than one linear layer, on any `AutoModel` backbone."""

from .inference import Explanation, ThresholdPipeline, explain, explanation_to_html, save_explanation_image
from .models import register_auto_classes
from .models.configuration_amsdff import AmsdffConfig
from .models.differential_attention import convert_to_differential_attention
from .models.modeling_amsdff import AmsdffForSequenceClassification, AmsdffModel


__version__ = "0.1.0"
__all__ = [
    "AmsdffConfig",
    "AmsdffForSequenceClassification",
    "AmsdffModel",
    "Explanation",
    "ThresholdPipeline",
    "convert_to_differential_attention",
    "explain",
    "explanation_to_html",
    "save_explanation_image",
]

register_auto_classes()
