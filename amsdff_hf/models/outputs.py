# Copyright 2026 The amsdff_hf authors. Licensed under the Apache License, Version 2.0.
"""What the models return: the outputs of transformers with the fields that explain a prediction."""

from dataclasses import dataclass

import torch
from transformers.utils import ModelOutput


@dataclass
class AmcclModelOutput(ModelOutput):
    """Output of [`AmcclModel`].

    Args:
        last_hidden_state (`torch.FloatTensor` of shape `(batch_size, sequence_length, hidden_size)`):
            Token vectors of the backbone.
        pooler_output (`torch.FloatTensor` of shape `(batch_size, pooled_size)`):
            The fused vector and the skip vector of each modality, side by side.
        modality_vectors (`torch.FloatTensor` of shape `(batch_size, num_modalities, fusion_size)`):
            Vectors of text, audio and vision before they are fused, with a learned one where a modality is missing.
        modality_mask (`torch.LongTensor` of shape `(batch_size, num_modalities)`):
            1 where a modality is there, 0 where it is missing.
        hidden_states (`tuple[torch.FloatTensor]`, *optional*):
            Hidden states of the backbone.
        attentions (`tuple[torch.FloatTensor]`, *optional*):
            Attention maps of the backbone.
        token_weights (`torch.FloatTensor` of shape `(batch_size, sequence_length)`, *optional*):
            Share of each token in the vector of the text and in its skip vector; every row sums to 1.
        kernel_weights (`torch.FloatTensor` of shape `(batch_size, num_kernels)`, *optional*):
            Share of each convolution over the modalities; every row sums to 1.
    """

    last_hidden_state: torch.FloatTensor | None = None
    pooler_output: torch.FloatTensor | None = None
    modality_vectors: torch.FloatTensor | None = None
    modality_mask: torch.LongTensor | None = None
    hidden_states: tuple[torch.FloatTensor, ...] | None = None
    attentions: tuple[torch.FloatTensor, ...] | None = None
    token_weights: torch.FloatTensor | None = None
    kernel_weights: torch.FloatTensor | None = None


@dataclass
class AmcclSequenceClassifierOutput(ModelOutput):
    """Output of [`AmcclForSequenceClassification`].

    Args:
        loss (`torch.FloatTensor` of shape `(1,)`, *optional*):
            Loss, in training with the contrastive one, if labels were given.
        logits (`torch.FloatTensor` of shape `(batch_size, num_labels)`):
            The predicted numbers, or scores before softmax.
        pooled_output (`torch.FloatTensor` of shape `(batch_size, pooled_size)`):
            Vector from which the logits are computed.
        modality_vectors, modality_mask, hidden_states, attentions, token_weights, kernel_weights:
            As in [`AmcclModelOutput`].
    """

    loss: torch.FloatTensor | None = None
    logits: torch.FloatTensor | None = None
    pooled_output: torch.FloatTensor | None = None
    modality_vectors: torch.FloatTensor | None = None
    modality_mask: torch.LongTensor | None = None
    hidden_states: tuple[torch.FloatTensor, ...] | None = None
    attentions: tuple[torch.FloatTensor, ...] | None = None
    token_weights: torch.FloatTensor | None = None
    kernel_weights: torch.FloatTensor | None = None


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


@dataclass
class CnnBilstmModelOutput(ModelOutput):
    """Output of [`CnnBilstmModel`].

    Args:
        last_hidden_state (`torch.FloatTensor` of shape `(batch_size, sequence_length, fused_width)`):
            Features of the BiLSTM and of the convolutions side by side, each zero at tokens of the other text.
        pooler_output (`torch.FloatTensor` of shape `(batch_size, fused_width)`):
            Vector of the pair.
        hidden_states (`tuple[torch.FloatTensor]`, *optional*):
            Hidden states of the backbone.
        attentions (`tuple[torch.FloatTensor]`, *optional*):
            Attention maps of the backbone.
        token_weights (`torch.FloatTensor` of shape `(batch_size, sequence_length)`, *optional*):
            Attention that each token receives in its text, times the share of that text; every row sums to 1.
        field_weights (`torch.FloatTensor` of shape `(batch_size, 2)`, *optional*):
            Share of the first and of the second text in the mean opening of the gates; every row sums to 1.
    """

    last_hidden_state: torch.FloatTensor | None = None
    pooler_output: torch.FloatTensor | None = None
    hidden_states: tuple[torch.FloatTensor, ...] | None = None
    attentions: tuple[torch.FloatTensor, ...] | None = None
    token_weights: torch.FloatTensor | None = None
    field_weights: torch.FloatTensor | None = None


@dataclass
class CnnBilstmSequenceClassifierOutput(ModelOutput):
    """Output of [`CnnBilstmForSequenceClassification`].

    Args:
        loss (`torch.FloatTensor` of shape `(1,)`, *optional*):
            Loss, if labels were given.
        logits (`torch.FloatTensor` of shape `(batch_size, num_labels)`):
            Scores before softmax, sigmoid or, in regression, the predictions themselves.
        pooled_output (`torch.FloatTensor` of shape `(batch_size, fused_width)`):
            Vector of the pair, from which the logits are computed.
        hidden_states, attentions, token_weights, field_weights:
            As in [`CnnBilstmModelOutput`].
    """

    loss: torch.FloatTensor | None = None
    logits: torch.FloatTensor | None = None
    pooled_output: torch.FloatTensor | None = None
    hidden_states: tuple[torch.FloatTensor, ...] | None = None
    attentions: tuple[torch.FloatTensor, ...] | None = None
    token_weights: torch.FloatTensor | None = None
    field_weights: torch.FloatTensor | None = None


@dataclass
class PyramidGraphModelOutput(ModelOutput):
    """Output of [`PyramidGraphModel`].

    Args:
        last_hidden_state (`torch.FloatTensor` of shape `(batch_size, sequence_length, graph_width)`):
            Mean of the nodes that each token is part of; zero at padding.
        pooler_output (`torch.FloatTensor` of shape `(batch_size, graph_width)`):
            Vector of the whole text.
        hidden_states (`tuple[torch.FloatTensor]`, *optional*):
            Hidden states of the backbone.
        attentions (`tuple[torch.FloatTensor]`, *optional*):
            Attention maps of the backbone.
        token_weights (`torch.FloatTensor` of shape `(batch_size, sequence_length)`, *optional*):
            Share of each token in the readout: the weights of its nodes, split evenly among their tokens; every row
            sums to 1.
        node_weights (`torch.FloatTensor` of shape `(batch_size, num_nodes)`, *optional*):
            Share of each node in the readout, averaged over gates, mean and maximum; every row sums to 1. Nodes are
            listed span by span (`node_spans` of the config), those of padding last within each.
        edge_weights (`torch.FloatTensor` of shape `(batch_size, num_nodes, num_nodes)`, *optional*):
            Share of each edge in the message to the node of its row, averaged over heads and layers.
        level_weights (`torch.FloatTensor` of shape `(batch_size, num_levels)`, *optional*):
            Share of each level of the backbone in the fused tokens; every row sums to 1.
    """

    last_hidden_state: torch.FloatTensor | None = None
    pooler_output: torch.FloatTensor | None = None
    hidden_states: tuple[torch.FloatTensor, ...] | None = None
    attentions: tuple[torch.FloatTensor, ...] | None = None
    token_weights: torch.FloatTensor | None = None
    node_weights: torch.FloatTensor | None = None
    edge_weights: torch.FloatTensor | None = None
    level_weights: torch.FloatTensor | None = None


@dataclass
class PyramidGraphSequenceClassifierOutput(ModelOutput):
    """Output of [`PyramidGraphForSequenceClassification`].

    Args:
        loss (`torch.FloatTensor` of shape `(1,)`, *optional*):
            Loss, if labels were given.
        logits (`torch.FloatTensor` of shape `(batch_size, num_labels)`):
            Scores before softmax, sigmoid or, in regression, the predictions themselves.
        pooled_output (`torch.FloatTensor` of shape `(batch_size, graph_width)`):
            Vector of the whole text, from which the logits are computed.
        hidden_states, attentions, token_weights, node_weights, edge_weights, level_weights:
            As in [`PyramidGraphModelOutput`].
    """

    loss: torch.FloatTensor | None = None
    logits: torch.FloatTensor | None = None
    pooled_output: torch.FloatTensor | None = None
    hidden_states: tuple[torch.FloatTensor, ...] | None = None
    attentions: tuple[torch.FloatTensor, ...] | None = None
    token_weights: torch.FloatTensor | None = None
    node_weights: torch.FloatTensor | None = None
    edge_weights: torch.FloatTensor | None = None
    level_weights: torch.FloatTensor | None = None


__all__ = [
    "AmcclModelOutput",
    "AmcclSequenceClassifierOutput",
    "AmsdffModelOutput",
    "AmsdffSequenceClassifierOutput",
    "CnnBilstmModelOutput",
    "CnnBilstmSequenceClassifierOutput",
    "PyramidGraphModelOutput",
    "PyramidGraphSequenceClassifierOutput",
]
