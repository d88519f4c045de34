# Copyright 2026 The amsdff_hf authors. Licensed under the Apache License, Version 2.0.
"""AMSDFF on any backbone, with and without labels.

The layout of the modules serves three readers at once. PEFT trains and saves whole the module that it finds under the
name `classifier`, so everything that is trained from scratch lives there, the trunk included: nobody has to know
`modules_to_save`. Its adapters go by the last name of a layer (`query`, `dense`, `gate`), so no layer of the head is
called as in any backbone. And [`AmsdffModel`] has no labels, so that its trunk stands beside the backbone and not
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
from transformers.utils import can_return_tuple

from .configuration_amsdff import AmsdffConfig
from .head_amsdff import AmsdffClassificationHead, AmsdffTrunk
from .modeling_backbone import BackboneClassifierPreTrainedModel
from .outputs import AmsdffModelOutput, AmsdffSequenceClassifierOutput


class AmsdffPreTrainedModel(BackboneClassifierPreTrainedModel):
    """Base of the AMSDFF models."""

    config: AmsdffConfig

    def _resolve_outputs(
        self,
        output_attentions: bool | None,
        output_hidden_states: bool | list[int] | None,
        return_explanations: bool | None,
    ) -> tuple[dict[str, Any], bool]:
        asked = {"output_attentions": output_attentions, "output_hidden_states": output_hidden_states}
        # What nobody asks for is left to the backbone's own configuration.
        asked = {name: getattr(self.config, name) or None if value is None else value for name, value in asked.items()}
        explain = asked["output_attentions"] if return_explanations is None else return_explanations
        return {name: value for name, value in asked.items() if value is not None}, bool(explain)


class AmsdffModel(AmsdffPreTrainedModel):
    """AMSDFF without labels: fused token features and a vector per text, on any backbone.

    It loads from the checkpoints of [`AmsdffForSequenceClassification`], and the other way round.

    Args:
        config ([`AmsdffConfig`]): configuration with the nested `backbone_config`.
        backbone ([`PreTrainedModel`], *optional*): a model that already has its weights.
    """

    _keys_to_ignore_on_load_unexpected = [r"^classifier\."]

    def __init__(self, config: AmsdffConfig, backbone: PreTrainedModel | None = None):
        super().__init__(config, backbone)
        self.trunk = AmsdffTrunk(config)
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
    ) -> AmsdffModelOutput:
        """Read texts; the inputs are those of [`~BackboneClassifierPreTrainedModel.encode`].

        Args:
            output_attentions: also return the attention maps of the backbone and the explanations.
            output_hidden_states: also return the hidden states of the backbone, or of these layers only.
            return_explanations: also return `token_weights`, `expert_gates` and `scale_weights`.
        """
        asked, explain = self._resolve_outputs(output_attentions, output_hidden_states, return_explanations)
        encoded = self.encode(
            input_ids, attention_mask, token_type_ids, position_ids, inputs_embeds, **asked, **kwargs
        )
        features = self.trunk(encoded.last_hidden_state, attention_mask, explain)
        return AmsdffModelOutput(
            hidden_states=encoded.hidden_states, attentions=encoded.attentions, **features._asdict()
        )


class AmsdffForSequenceClassification(AmsdffPreTrainedModel):
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
    (torch.Size([1, 2]), torch.Size([1, 4]), torch.Size([1, 3]), torch.Size([1, 3]))

    ```
    """

    def __init__(self, config: AmsdffConfig, backbone: PreTrainedModel | None = None):
        super().__init__(config, backbone)
        self.num_labels = config.num_labels
        self.classifier = AmsdffClassificationHead(config)
        self.post_init()

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
        **kwargs,
    ) -> AmsdffSequenceClassifierOutput:
        """Classify texts; the inputs are those of [`~BackboneClassifierPreTrainedModel.encode`].

        Args:
            labels: `(batch_size,)` ids, `(batch_size, num_labels)` zeros and ones, or numbers; see [`losses`].
            output_attentions: also return the attention maps of the backbone and the explanations.
            output_hidden_states: also return the hidden states of the backbone, or of these layers only.
            return_explanations: also return `token_weights`, `expert_gates` and `scale_weights`.
        """
        kwargs.pop("num_items_in_batch", None)
        asked, explain = self._resolve_outputs(output_attentions, output_hidden_states, return_explanations)
        encoded = self.encode(
            input_ids, attention_mask, token_type_ids, position_ids, inputs_embeds, **asked, **kwargs
        )
        logits, features = self.classifier(encoded.last_hidden_state, attention_mask, explain)
        return AmsdffSequenceClassifierOutput(
            loss=None if labels is None else self.loss_function(logits, labels),
            logits=logits,
            pooled_output=features.pooler_output,
            hidden_states=encoded.hidden_states,
            attentions=encoded.attentions,
            token_weights=features.token_weights,
            expert_gates=features.expert_gates,
            scale_weights=features.scale_weights,
        )


# One checkpoint for both classes: in files, the trunk is always part of the classifier.
register_checkpoint_conversion_mapping(
    "AmsdffModel", [WeightRenaming(r"^classifier\.trunk\.", "trunk.")], overwrite=True
)

__all__ = ["AmsdffForSequenceClassification", "AmsdffModel", "AmsdffPreTrainedModel"]
