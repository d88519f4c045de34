# Copyright 2026 The amsdff_hf authors. Licensed under the Apache License, Version 2.0.
"""Heads that are worth more than one linear layer, on any `AutoModel` backbone."""

from typing import Any

from .inference import Explanation, ThresholdPipeline, explain, explanation_to_html, save_explanation_image, score
from .inference.text_graphs import save_graph_image
from .models import register_auto_classes
from .models.configuration_amccl import AmcclConfig
from .models.configuration_amsdff import AmsdffConfig
from .models.configuration_cnn_bilstm import CnnBilstmConfig
from .models.configuration_pyramid_graph import PyramidGraphConfig
from .models.configuration_word_vectors import WordVectorsConfig
from .models.differential_attention import (
    convert_to_differential_attention,
    fold_differential_attention,
    learned_lambdas,
    set_differential_implementation,
)
from .models.differential_loading import load_differential_model
from .models.feature_extraction_amccl import AmcclFeatureExtractor
from .models.modeling_amccl import AmcclForSequenceClassification, AmcclModel
from .models.modeling_amsdff import AmsdffForSequenceClassification, AmsdffModel
from .models.modeling_cnn_bilstm import CnnBilstmForSequenceClassification, CnnBilstmModel
from .models.modeling_pyramid_graph import PyramidGraphForSequenceClassification, PyramidGraphModel
from .models.modeling_word_vectors import WordVectorsModel
from .models.processing_amccl import AmcclProcessor


__version__ = "0.1.0"
__all__ = [
    "AmcclConfig",
    "AmcclFeatureExtractor",
    "AmcclForSequenceClassification",
    "AmcclModel",
    "AmcclProcessor",
    "AmsdffConfig",
    "AmsdffForSequenceClassification",
    "AmsdffModel",
    "CnnBilstmConfig",
    "CnnBilstmForSequenceClassification",
    "CnnBilstmModel",
    "Explanation",
    "PublishingTrainer",
    "PyramidGraphConfig",
    "PyramidGraphForSequenceClassification",
    "PyramidGraphModel",
    "ThresholdPipeline",
    "WordVectorsConfig",
    "WordVectorsModel",
    "convert_to_differential_attention",
    "explain",
    "explanation_to_html",
    "fold_differential_attention",
    "learned_lambdas",
    "load_differential_model",
    "push_to_hub",
    "save_explanation_image",
    "save_graph_image",
    "score",
    "set_differential_implementation",
]


def __getattr__(name: str) -> Any:
    # Publishing needs libraries of training, which whoever only loads a model shall not wait for.
    if name in ("PublishingTrainer", "push_to_hub"):
        from . import hub

        return getattr(hub, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


register_auto_classes()
