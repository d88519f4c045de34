# Copyright 2026 The amsdff_hf authors. Licensed under the Apache License, Version 2.0.
"""Everything that travels to the Hub with a checkpoint, and its registration with the Auto classes.

Beside the models, it names what a head of one's own is made of, as in `examples/baseline_heads.py`.
"""

from transformers import (
    AutoConfig,
    AutoFeatureExtractor,
    AutoModel,
    AutoModelForSequenceClassification,
    AutoProcessor,
)

from .configuration_amccl import AmcclConfig
from .configuration_amsdff import AmsdffConfig
from .configuration_backbone import BackboneClassifierConfig
from .configuration_cnn_bilstm import CnnBilstmConfig
from .configuration_pyramid_graph import PyramidGraphConfig
from .configuration_word_vectors import WordVectorsConfig
from .feature_extraction_amccl import AmcclFeatureExtractor
from .head_amsdff import MultiPooling
from .layers import AttentionPooling, FirstPooling, MaxPooling, MeanPooling
from .masking import masked_max, real_tokens, zero_padding
from .modeling_amccl import AmcclForSequenceClassification, AmcclModel
from .modeling_amsdff import AmsdffForSequenceClassification, AmsdffModel
from .modeling_classifier import BackboneForSequenceClassification
from .modeling_cnn_bilstm import CnnBilstmForSequenceClassification, CnnBilstmModel
from .modeling_pyramid_graph import PyramidGraphForSequenceClassification, PyramidGraphModel
from .modeling_word_vectors import WordVectorsModel
from .outputs import AmsdffSequenceClassifierOutput
from .padding import front_positions, move_back, move_to_front
from .processing_amccl import AmcclProcessor


__all__ = [
    "ARCHITECTURES",
    "AmcclConfig",
    "AmcclFeatureExtractor",
    "AmcclForSequenceClassification",
    "AmcclModel",
    "AmcclProcessor",
    "AmsdffConfig",
    "AmsdffForSequenceClassification",
    "AmsdffModel",
    "AmsdffSequenceClassifierOutput",
    "AttentionPooling",
    "BackboneClassifierConfig",
    "BackboneForSequenceClassification",
    "CnnBilstmConfig",
    "CnnBilstmForSequenceClassification",
    "CnnBilstmModel",
    "FirstPooling",
    "MaxPooling",
    "MeanPooling",
    "MultiPooling",
    "PyramidGraphConfig",
    "PyramidGraphForSequenceClassification",
    "PyramidGraphModel",
    "WordVectorsConfig",
    "WordVectorsModel",
    "front_positions",
    "masked_max",
    "move_back",
    "move_to_front",
    "real_tokens",
    "register_auto_classes",
    "zero_padding",
]

# Configuration, model without labels and model with labels: a new architecture joins here.
ARCHITECTURES = [
    (AmsdffConfig, AmsdffModel, AmsdffForSequenceClassification),
    (PyramidGraphConfig, PyramidGraphModel, PyramidGraphForSequenceClassification),
    (CnnBilstmConfig, CnnBilstmModel, CnnBilstmForSequenceClassification),
    (AmcclConfig, AmcclModel, AmcclForSequenceClassification),
]


def register_auto_classes() -> None:
    """Make the Auto classes of transformers know every model of this package, and what prepares their inputs."""
    AutoFeatureExtractor.register(AmcclConfig, AmcclFeatureExtractor, exist_ok=True)
    AutoProcessor.register(AmcclConfig, AmcclProcessor, exist_ok=True)
    AutoConfig.register(WordVectorsConfig.model_type, WordVectorsConfig, exist_ok=True)
    AutoModel.register(WordVectorsConfig, WordVectorsModel, exist_ok=True)
    for config_class, model_class, classifier_class in ARCHITECTURES:
        AutoConfig.register(config_class.model_type, config_class, exist_ok=True)
        AutoModel.register(config_class, model_class, exist_ok=True)
        AutoModelForSequenceClassification.register(config_class, classifier_class, exist_ok=True)
