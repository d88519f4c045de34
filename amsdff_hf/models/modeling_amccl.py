# Copyright 2026 The amsdff_hf authors. Licensed under the Apache License, Version 2.0.
"""AMCCL, text with audio and vision, on any text backbone: a model of features and a classifier."""

import torch
from transformers.utils import ModelOutput

from .configuration_amccl import AmcclConfig
from .contrastive_losses import contrastive_loss
from .head_amccl import AmcclClassificationHead, AmcclFeatures, AmcclTrunk
from .modeling_classifier import BackboneFeatureModel, BackboneForSequenceClassification
from .outputs import AmcclModelOutput, AmcclSequenceClassifierOutput


_FEATURES = ("audio_values", "audio_mask", "vision_values", "vision_mask")


class AmcclModel(BackboneFeatureModel):
    """Text, audio and vision without labels: a vector per text with what was heard and seen.

    Args:
        config ([`AmcclConfig`]): configuration with the nested `backbone_config`.
        backbone ([`PreTrainedModel`], *optional*): a model that already has its weights.
    """

    config: AmcclConfig
    trunk_class = AmcclTrunk
    output_class = AmcclModelOutput
    head_arguments = _FEATURES

    def forward(
        self,
        input_ids: torch.LongTensor | None = None,
        attention_mask: torch.Tensor | None = None,
        token_type_ids: torch.LongTensor | None = None,
        position_ids: torch.LongTensor | None = None,
        inputs_embeds: torch.FloatTensor | None = None,
        audio_values: torch.FloatTensor | None = None,
        audio_mask: torch.Tensor | None = None,
        vision_values: torch.FloatTensor | None = None,
        vision_mask: torch.Tensor | None = None,
        output_attentions: bool | None = None,
        output_hidden_states: bool | list[int] | None = None,
        return_explanations: bool | None = None,
        **kwargs,
    ) -> ModelOutput:
        """Read texts with their audio and vision; see [`AmcclForSequenceClassification.forward`]."""
        texts = input_ids, attention_mask, token_type_ids, position_ids, inputs_embeds
        asked = output_attentions, output_hidden_states, return_explanations
        features = dict(zip(_FEATURES, (audio_values, audio_mask, vision_values, vision_mask), strict=True))
        return super().forward(*texts, *asked, **features, **kwargs)


class AmcclForSequenceClassification(BackboneForSequenceClassification):
    """Text, audio and vision with labels, as numbers (sentiment from -3 to 3) or classes, by `problem_type`.

    Args:
        config ([`AmcclConfig`]): configuration with the nested `backbone_config`.
        backbone ([`PreTrainedModel`], *optional*): a model that already has its weights.

    Examples:
    ```python
    >>> import torch
    >>> from transformers import BertConfig
    >>> from amsdff_hf import AmcclConfig, AmcclForSequenceClassification

    >>> backbone_config = BertConfig(
    ...     vocab_size=100, hidden_size=32, num_hidden_layers=2, num_attention_heads=4, intermediate_size=64
    ... )
    >>> model = AmcclForSequenceClassification(AmcclConfig(backbone_config=backbone_config, num_labels=1)).eval()
    >>> outputs = model(torch.tensor([[1, 2, 3, 4]]), audio_values=torch.randn(1, 50, 5), return_explanations=True)
    >>> outputs.logits.shape, outputs.modality_mask.tolist(), outputs.kernel_weights.shape
    (torch.Size([1, 1]), [[1, 1, 0]], torch.Size([1, 3]))

    ```
    """

    config: AmcclConfig
    head_class = AmcclClassificationHead
    output_class = AmcclSequenceClassifierOutput
    head_arguments = _FEATURES

    def forward(
        self,
        input_ids: torch.LongTensor | None = None,
        attention_mask: torch.Tensor | None = None,
        token_type_ids: torch.LongTensor | None = None,
        position_ids: torch.LongTensor | None = None,
        inputs_embeds: torch.FloatTensor | None = None,
        labels: torch.Tensor | None = None,
        audio_values: torch.FloatTensor | None = None,
        audio_mask: torch.Tensor | None = None,
        vision_values: torch.FloatTensor | None = None,
        vision_mask: torch.Tensor | None = None,
        output_attentions: bool | None = None,
        output_hidden_states: bool | list[int] | None = None,
        return_explanations: bool | None = None,
        backbone_states: torch.Tensor | None = None,
        **kwargs,
    ) -> ModelOutput:
        """Classify texts with what was heard and seen; the other inputs are those of every classifier here.

        Args:
            attention_mask: `(batch_size, sequence_length)`; a row of zeros where a text is missing.
            audio_values: `(batch_size, num_steps, audio_size)`; left out where audio is missing in all texts.
            audio_mask: `(batch_size, num_steps)`, zero at padding on any side; a row of zeros where audio is missing.
            vision_values: `(batch_size, num_steps, vision_size)`, as `audio_values`.
            vision_mask: `(batch_size, num_steps)`, as `audio_mask`.
        """
        texts = input_ids, attention_mask, token_type_ids, position_ids, inputs_embeds
        asked = output_attentions, output_hidden_states, return_explanations, backbone_states
        features = dict(zip(_FEATURES, (audio_values, audio_mask, vision_values, vision_mask), strict=True))
        return super().forward(*texts, labels, *asked, **features, **kwargs)

    def contrastive_loss(self, features: AmcclFeatures, labels: torch.Tensor) -> torch.Tensor:
        """Contrastive loss of the vectors of the modalities, within each and across each two."""
        config, names = self.config, ["text", *self.config.modality_sizes]
        # The published loss is not the same for two modalities the other way round.
        order = [names.index(name) for name in ("vision", "text", "audio") if name in names]
        return contrastive_loss(
            features.modality_vectors[:, order].unbind(1),
            features.modality_mask[:, order].bool().unbind(1),
            labels,
            config,
            config.inter_weight,
            config.intra_weight,
            config.contrastive_margin,
        )


__all__ = ["AmcclForSequenceClassification", "AmcclModel"]
