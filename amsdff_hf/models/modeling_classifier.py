# Copyright 2026 The amsdff_hf authors. Licensed under the Apache License, Version 2.0.
"""What every architecture does with its head: a model of features, and a classifier.

The layout of the modules serves three readers at once. PEFT trains and saves whole the module that it finds under the
name `classifier`, so everything that is trained from scratch lives there, the trunk included: nobody has to know
`modules_to_save`. Its adapters go by the last name of a layer (`query`, `dense`, `gate`), so no layer of a head is
called as in any backbone. And a model of features has no labels, so that its trunk stands beside the backbone and not
inside of a `classifier`; one renaming while loading lets both classes read the checkpoints of either, with nothing
missing. The files keep one form, that of the classifier.
"""

from typing import Any

import torch
from torch import nn
from transformers import PreTrainedModel
from transformers import initialization as init
from transformers.conversion_mapping import register_checkpoint_conversion_mapping
from transformers.core_model_loading import WeightRenaming
from transformers.utils import ModelOutput, can_return_tuple

from .configuration_backbone import BackboneClassifierConfig
from .contrastive_losses import contrastive_loss
from .modeling_backbone import BackboneClassifierPreTrainedModel


class BackboneFeatureModel(BackboneClassifierPreTrainedModel):
    """A trunk on a backbone: token features and a vector per text, without labels.

    It loads from the checkpoints of the classifier of its architecture, and the other way round. An architecture
    names its `trunk_class` and `output_class`.

    Args:
        config ([`BackboneClassifierConfig`]): configuration with the nested `backbone_config`.
        backbone ([`PreTrainedModel`], *optional*): a model that already has its weights.
    """

    trunk_class: type[nn.Module]
    output_class: type[ModelOutput]
    _keys_to_ignore_on_load_unexpected = [r"^classifier\."]

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        # One checkpoint for both classes: in files, the trunk is always part of the classifier.
        renaming = WeightRenaming(r"^classifier\.trunk\.", "trunk.")
        register_checkpoint_conversion_mapping(cls.__name__, [renaming], overwrite=True)

    def __init__(self, config: BackboneClassifierConfig, backbone: PreTrainedModel | None = None):
        super().__init__(config, backbone)
        self.trunk = self.trunk_class(config)
        self.post_init()

    @can_return_tuple
    def forward(
        self,
        input_ids: torch.LongTensor | None = None,
        attention_mask: torch.Tensor | None = None,
        token_type_ids: torch.LongTensor | None = None,
        position_ids: torch.LongTensor | None = None,
        inputs_embeds: torch.FloatTensor | None = None,
        output_attentions: bool | None = None,
        output_hidden_states: bool | list[int] | None = None,
        return_explanations: bool | None = None,
        **kwargs,
    ) -> ModelOutput:
        """Read texts; the inputs are those of [`~BackboneClassifierPreTrainedModel.encode`].

        Args:
            output_attentions: also return the attention maps of the backbone and the explanations.
            output_hidden_states: also return the hidden states of the backbone, or of these layers only.
            return_explanations: also return the explanation fields of the output.
        """
        head_inputs, kwargs = self.split_head_inputs(token_type_ids, kwargs)
        encoded, states = self.read(
            input_ids,
            attention_mask,
            token_type_ids,
            position_ids,
            inputs_embeds,
            output_attentions=output_attentions,
            output_hidden_states=output_hidden_states,
            **kwargs,
        )
        explain = self.explains(output_attentions, return_explanations)
        features = self.trunk(states, attention_mask, explain, **head_inputs)
        return self.output_class(
            hidden_states=encoded.hidden_states, attentions=encoded.attentions, **features._asdict()
        )


class BackboneForSequenceClassification(BackboneClassifierPreTrainedModel):
    """A head on a backbone: single-label, multi-label or regression, by `problem_type` of the config.

    An architecture names its `head_class`, whose last layer is called `label_scores`, and its `output_class`.

    Args:
        config ([`BackboneClassifierConfig`]): configuration with the nested `backbone_config`.
        backbone ([`PreTrainedModel`], *optional*): a model that already has its weights.
    """

    head_class: type[nn.Module]
    output_class: type[ModelOutput]

    def __init__(self, config: BackboneClassifierConfig, backbone: PreTrainedModel | None = None):
        super().__init__(config, backbone)
        self.num_labels = config.num_labels
        self.classifier = self.head_class(config)
        self.post_init()

    def contrastive_loss(self, features: Any, labels: torch.Tensor) -> torch.Tensor:
        """Contrastive loss of what the trunk computed: texts with like labels shall have like vectors."""
        vector = features.pooler_output
        everywhere = torch.ones(vector.shape[0], dtype=torch.bool, device=vector.device)
        return contrastive_loss([vector], [everywhere], labels, self.config)

    def _further_losses(self, labels: torch.Tensor, *states: Any, **head_inputs: Any) -> torch.Tensor:
        """Sum of the losses under the other dropouts of the head (Inoue 2019)."""
        passes = (self.classifier(*states, **head_inputs) for _ in range(self.config.num_dropout_samples - 1))
        return sum(self.loss_function(logits, labels) for logits, _ in passes)

    def _init_weights(self, module: nn.Module) -> None:
        super()._init_weights(module)
        if module is self.classifier.label_scores:
            init.normal_(module.weight, std=self.config.initializer_range)

    @can_return_tuple
    def forward(
        self,
        input_ids: torch.LongTensor | None = None,
        attention_mask: torch.Tensor | None = None,
        token_type_ids: torch.LongTensor | None = None,
        position_ids: torch.LongTensor | None = None,
        inputs_embeds: torch.FloatTensor | None = None,
        labels: torch.Tensor | None = None,
        output_attentions: bool | None = None,
        output_hidden_states: bool | list[int] | None = None,
        return_explanations: bool | None = None,
        backbone_states: torch.Tensor | None = None,
        **kwargs,
    ) -> ModelOutput:
        """Classify texts; the inputs are those of [`~BackboneClassifierPreTrainedModel.encode`].

        Args:
            labels: `(batch_size,)` ids, `(batch_size, num_labels)` zeros and ones, or numbers; see [`losses`].
            output_attentions: also return the attention maps of the backbone and the explanations.
            output_hidden_states: also return the hidden states of the backbone, or of these layers only.
            return_explanations: also return the explanation fields of the output.
            backbone_states: what [`~BackboneClassifierPreTrainedModel.states_of`] returned, in the place of the texts.
        """
        kwargs.pop("num_items_in_batch", None)
        head_inputs, kwargs = self.split_head_inputs(token_type_ids, kwargs)
        encoded, states = self.read(
            input_ids,
            attention_mask,
            token_type_ids,
            position_ids,
            inputs_embeds,
            output_attentions=output_attentions,
            output_hidden_states=output_hidden_states,
            backbone_states=backbone_states,
            **kwargs,
        )
        explain = self.explains(output_attentions, return_explanations)
        logits, features = self.classifier(states, attention_mask, explain, **head_inputs)
        loss = None
        if labels is not None:
            loss = self.loss_function(logits, labels)
            if self.training and self.config.num_dropout_samples > 1:
                loss = loss + self._further_losses(labels, states, attention_mask, **head_inputs)
                loss = loss / self.config.num_dropout_samples
            # In training alone, so that losses of evaluation can be compared whatever its weight and the batch size.
            if self.config.contrastive_weight > 0 and self.training:
                loss = loss + self.config.contrastive_weight * self.contrastive_loss(features, labels)
        explanations = features._asdict()
        del explanations["last_hidden_state"]
        return self.output_class(
            loss=loss,
            logits=logits,
            pooled_output=explanations.pop("pooler_output"),
            hidden_states=encoded.hidden_states,
            attentions=encoded.attentions,
            **explanations,
        )


__all__ = ["BackboneFeatureModel", "BackboneForSequenceClassification"]
