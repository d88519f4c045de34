# Copyright 2026 The amsdff_hf authors. Licensed under the Apache License, Version 2.0.
"""AMSDFF on any backbone, with and without labels."""

import torch
from torch import nn
from transformers import initialization as init

from .configuration_amsdff import AmsdffConfig
from .head_amsdff import AmsdffClassificationHead, AmsdffTrunk
from .modeling_classifier import BackboneFeatureModel, BackboneForSequenceClassification
from .outputs import AmsdffModelOutput, AmsdffSequenceClassifierOutput


class AmsdffModel(BackboneFeatureModel):
    """AMSDFF without labels: fused token features and a vector per text, on any backbone.

    It loads from the checkpoints of [`AmsdffForSequenceClassification`], and the other way round.

    Args:
        config ([`AmsdffConfig`]): configuration with the nested `backbone_config`.
        backbone ([`PreTrainedModel`], *optional*): a model that already has its weights.
    """

    config: AmsdffConfig
    trunk_class = AmsdffTrunk
    output_class = AmsdffModelOutput


class AmsdffForSequenceClassification(BackboneForSequenceClassification):
    """AMSDFF with labels: single-label, multi-label or regression, by `problem_type` of the config.

    Args:
        config ([`AmsdffConfig`]): configuration with the nested `backbone_config`.
        backbone ([`PreTrainedModel`], *optional*): a model that already has its weights.

    Examples:
    ```python
    >>> import torch
    >>> from transformers import BertConfig
    >>> from amsdff_hf import AmsdffConfig, AmsdffForSequenceClassification

    >>> backbone_config = BertConfig(
    ...     vocab_size=100, hidden_size=32, num_hidden_layers=2, num_attention_heads=4, intermediate_size=64
    ... )
    >>> config = AmsdffConfig(backbone_config=backbone_config, labels=["no", "yes"])
    >>> model = AmsdffForSequenceClassification(config).eval()
    >>> outputs = model(torch.tensor([[1, 2, 3, 4]]), return_explanations=True)
    >>> outputs.logits.shape, outputs.token_weights.shape, outputs.expert_gates.shape, outputs.scale_weights.shape
    (torch.Size([1, 2]), torch.Size([1, 4]), torch.Size([1, 1]), torch.Size([1, 3]))

    ```
    """

    config: AmsdffConfig
    head_class = AmsdffClassificationHead
    output_class = AmsdffSequenceClassifierOutput

    def _init_weights(self, module: nn.Module) -> None:
        super()._init_weights(module)
        config = self.config
        if module is self.classifier.label_scores and config.direct_pooling and not config.classifier_hidden_sizes:
            # At first the direct way alone speaks, so that a branch which finds nothing does no harm.
            is_branch = torch.arange(config.pooled_size, device=module.weight.device) >= config.direct_size
            init.copy_(module.weight, module.weight.masked_fill(is_branch, 0.0))


__all__ = ["AmsdffForSequenceClassification", "AmsdffModel"]
