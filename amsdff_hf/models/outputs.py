# Copyright 2026 The amsdff_hf authors. Licensed under the Apache License, Version 2.0.
"""What the models return: the outputs of transformers with the fields that explain a prediction."""

from dataclasses import dataclass

import torch
from transformers.utils import ModelOutput


@dataclass
class AmsdffModelOutput(ModelOutput):
    """Output of [`AmsdffModel`].

    Args:
        last_hidden_state (`torch.FloatTensor` of shape `(batch_size, sequence_length, hidden_size)`):
            Fused token features.
        pooler_output (`torch.FloatTensor` of shape `(batch_size, hidden_size)`):
            Vector of the whole text.
        hidden_states (`tuple[torch.FloatTensor]`, *optional*):
            Hidden states of the backbone.
        attentions (`tuple[torch.FloatTensor]`, *optional*):
            Attention maps of the backbone.
        token_weights (`torch.FloatTensor` of shape `(batch_size, sequence_length)`, *optional*):
            Share of each token in the pooled vector, averaged over the pooling members; every row sums to 1.
        expert_gates (`torch.FloatTensor` of shape `(batch_size, num_experts)`, *optional*):
            Share of each expert in the fused features; every row sums to 1.
        scale_weights (`torch.FloatTensor` of shape `(batch_size, num_scales)`, *optional*):
            Share of each scale in the energy of the joined features; every row sums to 1.
    """

    last_hidden_state: torch.FloatTensor | None = None
    pooler_output: torch.FloatTensor | None = None
    hidden_states: tuple[torch.FloatTensor, ...] | None = None
    attentions: tuple[torch.FloatTensor, ...] | None = None
    token_weights: torch.FloatTensor | None = None
    expert_gates: torch.FloatTensor | None = None
    scale_weights: torch.FloatTensor | None = None


@dataclass
class AmsdffSequenceClassifierOutput(ModelOutput):
    """Output of [`AmsdffForSequenceClassification`].

    Args:
        loss (`torch.FloatTensor` of shape `(1,)`, *optional*):
            Loss, if labels were given.
        logits (`torch.FloatTensor` of shape `(batch_size, num_labels)`):
            Scores before softmax, sigmoid or, in regression, the predictions themselves.
        pooled_output (`torch.FloatTensor` of shape `(batch_size, hidden_size)`):
            Vector of the whole text, from which the logits are computed.
        hidden_states, attentions, token_weights, expert_gates, scale_weights:
            As in [`AmsdffModelOutput`].
    """

    loss: torch.FloatTensor | None = None
    logits: torch.FloatTensor | None = None
    pooled_output: torch.FloatTensor | None = None
    hidden_states: tuple[torch.FloatTensor, ...] | None = None
    attentions: tuple[torch.FloatTensor, ...] | None = None
    token_weights: torch.FloatTensor | None = None
    expert_gates: torch.FloatTensor | None = None
    scale_weights: torch.FloatTensor | None = None


__all__ = ["AmsdffModelOutput", "AmsdffSequenceClassifierOutput"]
