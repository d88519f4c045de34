# Copyright 2026 The amsdff_hf authors. Licensed under the Apache License, Version 2.0.
"""The two-field CNN-BiLSTM on word vectors or on any text backbone: a model of features and a classifier."""

from .configuration_cnn_bilstm import CnnBilstmConfig
from .head_cnn_bilstm import CnnBilstmClassificationHead, CnnBilstmTrunk
from .modeling_classifier import BackboneFeatureModel, BackboneForSequenceClassification
from .outputs import CnnBilstmModelOutput, CnnBilstmSequenceClassifierOutput


class CnnBilstmModel(BackboneFeatureModel):
    """BiLSTM over the first text of a pair, convolutions over the second: token features and a vector of both.

    Args:
        config ([`CnnBilstmConfig`]): configuration with the nested `backbone_config`.
        backbone ([`PreTrainedModel`], *optional*): a model that already has its weights.
    """

    config: CnnBilstmConfig
    trunk_class = CnnBilstmTrunk
    output_class = CnnBilstmModelOutput
    head_arguments = ("token_type_ids",)


class CnnBilstmForSequenceClassification(BackboneForSequenceClassification):
    """BiLSTM over the first text of a pair and convolutions over the second, with labels.

    The second text is where `token_type_ids` are 1; [`~amsdff_hf.data.number_texts`] makes any fast tokenizer say so.
    A single text is read by both branches.

    Args:
        config ([`CnnBilstmConfig`]): configuration with the nested `backbone_config`.
        backbone ([`PreTrainedModel`], *optional*): a model that already has its weights.

    Examples:
    ```python
    >>> import torch
    >>> from amsdff_hf import CnnBilstmConfig, CnnBilstmForSequenceClassification, WordVectorsConfig

    >>> config = CnnBilstmConfig(backbone_config=WordVectorsConfig(vocab_size=100, hidden_size=50), num_labels=3)
    >>> model = CnnBilstmForSequenceClassification(config).eval()
    >>> pair = {"input_ids": torch.tensor([[5, 6, 2, 7, 8, 9, 2]])}
    >>> outputs = model(**pair, token_type_ids=torch.tensor([[0, 0, 0, 1, 1, 1, 1]]), return_explanations=True)
    >>> outputs.logits.shape, outputs.token_weights.shape, outputs.field_weights.shape
    (torch.Size([1, 3]), torch.Size([1, 7]), torch.Size([1, 2]))

    ```
    """

    config: CnnBilstmConfig
    head_class = CnnBilstmClassificationHead
    output_class = CnnBilstmSequenceClassifierOutput
    head_arguments = ("token_type_ids",)


__all__ = ["CnnBilstmForSequenceClassification", "CnnBilstmModel"]
