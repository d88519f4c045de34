# Copyright 2026 The amsdff_hf authors. Licensed under the Apache License, Version 2.0.
"""The pyramid-graph classifier on any backbone, with and without labels; inspired by arXiv 2511.05752."""

from .configuration_pyramid_graph import PyramidGraphConfig
from .head_pyramid_graph import PyramidGraphClassificationHead, PyramidGraphTrunk
from .modeling_classifier import BackboneFeatureModel, BackboneForSequenceClassification
from .outputs import PyramidGraphModelOutput, PyramidGraphSequenceClassifierOutput


class PyramidGraphModel(BackboneFeatureModel):
    """Feature pyramid and graph network without labels: token features and a vector per text, on any backbone.

    It loads from the checkpoints of [`PyramidGraphForSequenceClassification`], and the other way round.

    Args:
        config ([`PyramidGraphConfig`]): configuration with the nested `backbone_config`.
        backbone ([`PreTrainedModel`], *optional*): a model that already has its weights.
    """

    config: PyramidGraphConfig
    trunk_class = PyramidGraphTrunk
    output_class = PyramidGraphModelOutput


class PyramidGraphForSequenceClassification(BackboneForSequenceClassification):
    """Feature pyramid and graph network with labels: single-label, multi-label or regression, by `problem_type`.

    Args:
        config ([`PyramidGraphConfig`]): configuration with the nested `backbone_config`.
        backbone ([`PreTrainedModel`], *optional*): a model that already has its weights.

    Examples:
    ```python
    >>> import torch
    >>> from transformers import BertConfig
    >>> from amsdff_hf import PyramidGraphConfig, PyramidGraphForSequenceClassification

    >>> backbone_config = BertConfig(
    ...     vocab_size=100, hidden_size=32, num_hidden_layers=2, num_attention_heads=4, intermediate_size=64
    ... )
    >>> config = PyramidGraphConfig(backbone_config=backbone_config, labels=["no", "yes"])
    >>> model = PyramidGraphForSequenceClassification(config).eval()
    >>> outputs = model(torch.tensor([[1, 2, 3, 4]]), return_explanations=True)
    >>> outputs.logits.shape, outputs.node_weights.shape, outputs.edge_weights.shape, outputs.level_weights.shape
    (torch.Size([1, 2]), torch.Size([1, 7]), torch.Size([1, 7, 7]), torch.Size([1, 2]))

    ```
    """

    config: PyramidGraphConfig
    head_class = PyramidGraphClassificationHead
    output_class = PyramidGraphSequenceClassifierOutput


__all__ = ["PyramidGraphForSequenceClassification", "PyramidGraphModel"]
