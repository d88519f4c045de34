# Copyright 2026 The amsdff_hf authors. Licensed under the Apache License, Version 2.0.
"""Configuration of the two-field CNN-BiLSTM classifier."""

from typing import Literal

from huggingface_hub.dataclasses import strict
from transformers import AutoConfig
from transformers.configuration_utils import SubConfigSpec

from .configuration_backbone import BackboneClassifierConfig, check_range


WIDEST_KERNEL = 31


@strict
class CnnBilstmConfig(BackboneClassifierConfig):
    r"""Configuration of [`CnnBilstmModel`] and [`CnnBilstmForSequenceClassification`].

    The defaults are those of the published network, which reads titles and abstracts as word vectors and is trained
    with smoothed cross entropy alone; on a transformer, lower dropouts do better. What all classifiers of this
    package share (backbone, labels, loss) is described in [`BackboneClassifierConfig`].

    Args:
        backbone_config (`dict` or `PreTrainedConfig`, *optional*, defaults to a `WordVectorsConfig`):
            The configuration of the backbone, stored whole. A dictionary must name its `model_type`.
        loss_weights (`tuple[float, float, float]`, *optional*, defaults to `(0, 0, 1)`):
            Shares of cross entropy, focal loss and label-smoothed cross entropy.
        lstm_hidden_size (`int`, *optional*, defaults to 128):
            Width of either direction of the BiLSTM that reads the first text.
        num_lstm_heads (`int`, *optional*, defaults to 4):
            Heads of the self-attention after it; lowered to the next divisor of its width.
        conv_kernel_sizes (`tuple[int, ...]`, *optional*, defaults to `(3, 4, 5)`):
            Widths in tokens of the convolutions that read the second text side by side.
        num_filters (`int`, *optional*, defaults to 128):
            Filters of each width.
        conv_norm (`"layer"` or `"batch"`, *optional*, defaults to `"layer"`):
            LayerNorm of each token, or BatchNorm over the real tokens of the batch, as published.
        num_pooling_heads (`int`, *optional*, defaults to 4):
            Heads of the attention that sums the second text up.
        classifier_hidden_size (`int`, *optional*, defaults to 256):
            Width of the layer before the scores.
        input_dropout (`float`, *optional*, defaults to 0.6):
            Dropout on the token vectors of the backbone.
        lstm_dropout (`float`, *optional*, defaults to 0.6):
            Dropout on what the BiLSTM returns.
        conv_dropout (`float`, *optional*, defaults to 0.3):
            Dropout between the two convolutions of a width.
        head_attention_dropout (`float`, *optional*, defaults to 0.1):
            Dropout on the attention weights of the first text.
        classifier_dropout (`float`, *optional*, defaults to 0.6):
            Dropout before and after the layer before the scores.

    Examples:
    ```python
    >>> from amsdff_hf import CnnBilstmConfig

    >>> config = CnnBilstmConfig(labels=["cs.CL", "cs.CV", "cs.LG"])
    >>> config.backbone_config.model_type, config.fused_width
    ('word_vectors', 640)

    ```
    """

    model_type = "cnn_bilstm"
    sub_configs_defaults = {"backbone_config": SubConfigSpec(config_class=AutoConfig, model_type="word_vectors")}
    keys_to_ignore_at_inference = [
        *BackboneClassifierConfig.keys_to_ignore_at_inference,
        "token_weights",
        "field_weights",
    ]

    loss_weights: list[float | int] | tuple[float | int, ...] = (0.0, 0.0, 1.0)
    lstm_hidden_size: int = 128
    num_lstm_heads: int = 4
    conv_kernel_sizes: list[int] | tuple[int, ...] = (3, 4, 5)
    num_filters: int = 128
    conv_norm: Literal["layer", "batch"] = "layer"
    num_pooling_heads: int = 4
    classifier_hidden_size: int = 256
    input_dropout: float | int = 0.6
    lstm_dropout: float | int = 0.6
    conv_dropout: float | int = 0.3
    head_attention_dropout: float | int = 0.1
    classifier_dropout: float | int = 0.6

    @property
    def first_width(self) -> int:
        """Width of the first text's vector: both directions of the BiLSTM."""
        return 2 * self.lstm_hidden_size

    @property
    def second_width(self) -> int:
        """Width of the second text's vector: the filters of all widths."""
        return len(self.conv_kernel_sizes) * self.num_filters

    @property
    def fused_width(self) -> int:
        """Width of the vector of both texts."""
        return self.first_width + self.second_width

    @property
    def token_size(self) -> int:
        """Width of the token features that the model without labels returns."""
        return self.fused_width

    @property
    def pooled_size(self) -> int:
        """Width of the vector of the text."""
        return self.fused_width

    def _validate_fields(self) -> None:
        super()._validate_fields()
        sizes = ("lstm_hidden_size", "num_lstm_heads", "num_filters", "num_pooling_heads", "classifier_hidden_size")
        for name in sizes:
            if getattr(self, name) < 1:
                raise ValueError(f"`{name}` must be at least 1, got {getattr(self, name)}.")
        kernels = list(self.conv_kernel_sizes)
        if not kernels or len(set(kernels)) < len(kernels) or not 1 <= min(kernels) <= max(kernels) <= WIDEST_KERNEL:
            raise ValueError(
                f"`conv_kernel_sizes` must be different widths from 1 to {WIDEST_KERNEL} tokens, got {kernels}. Write "
                "for example (3, 4, 5)."
            )
        dropouts = ("input_dropout", "lstm_dropout", "conv_dropout", "head_attention_dropout", "classifier_dropout")
        for name in dropouts:
            check_range(name, getattr(self, name), 0.0, 1.0)


__all__ = ["CnnBilstmConfig"]
