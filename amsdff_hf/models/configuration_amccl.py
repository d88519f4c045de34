# Copyright 2026 The amsdff_hf authors. Licensed under the Apache License, Version 2.0.
"""Configuration of the multimodal AMCCL classifier."""

import math
from typing import Literal

from huggingface_hub.dataclasses import strict

from .configuration_backbone import BackboneClassifierConfig, check_range


WIDEST_KERNEL = 31


@strict
class AmcclConfig(BackboneClassifierConfig):
    r"""Configuration of [`AmcclModel`] and [`AmcclForSequenceClassification`].

    The defaults are those of the published code for CMU-MOSI, with audio features of 5 and vision features of 20
    numbers per time step; sentiment from -3 to 3 is predicted as one number with `num_labels=1`. What
    all classifiers of this package share
    (backbone, labels, loss) is described in [`BackboneClassifierConfig`].

    Args:
        regression_loss (`"l1"`, `"mse"` or `"huber"`, *optional*, defaults to `"l1"`):
            Loss for `problem_type="regression"`.
        audio_size (`int`, *optional*, defaults to 5):
            Width of the audio features; `None` for a model without audio.
        vision_size (`int`, *optional*, defaults to 20):
            Width of the vision features; `None` for a model without vision.
        text_pooling (`"cls"`, `"mean"` or `"last"`, *optional*, defaults to `"cls"`):
            Vector of the text: that of its first token, the mean, or that of its last token. Decoders say nothing at
            the first token, word vectors nothing in particular: choose another for them.
        fusion_size (`int`, *optional*, defaults to 64):
            Width of the vector of each modality.
        post_fusion_size (`int`, *optional*, defaults to 128):
            Half the width of the layer before the scores.
        num_encoder_layers (`int`, *optional*, defaults to 2):
            Transformer layers over audio and over vision.
        encoder_hidden_size (`int`, *optional*, defaults to 2048):
            Width inside of them.
        num_audio_heads (`int`, *optional*, defaults to 1):
            Attention heads over audio; lowered to the next divisor of its width.
        num_vision_heads (`int`, *optional*, defaults to 4):
            Attention heads over vision; lowered to the next divisor of its width.
        skip_reduction (`int`, *optional*, defaults to 2):
            The skip net of a modality is so many times narrower than its features.
        view_kernel_sizes (`tuple[int, ...]`, *optional*, defaults to `(1, 3, 5)`):
            Odd widths of the convolutions over the modalities.
        squeeze_reduction (`int`, *optional*, defaults to 16):
            Squeeze and excitation is so many times narrower than the vectors.
        modality_dropout (`float`, *optional*, defaults to 0.1):
            Dropout on what a modality's encoder returns.
        encoder_dropout (`float`, *optional*, defaults to 0.1):
            Dropout inside of the encoders of audio and vision.
        fusion_dropout (`float`, *optional*, defaults to 0.2):
            Dropout on the joined vector.
        contrastive_weight (`float`, *optional*, defaults to 0.01):
            Weight of the contrastive loss, which is added to the other in training.
        contrastive_form (`"infonce"` or `"published"`, *optional*, defaults to `"published"`):
            Its form; see [`contrastive_losses`].
        contrastive_temperature (`float`, *optional*, defaults to 0.03):
            What similarities are divided by.
        inter_weight (`float`, *optional*, defaults to 0.2):
            Weight of the contrastive terms across modalities.
        intra_weight (`float`, *optional*, defaults to 1.0):
            Weight of those within a modality.
        contrastive_margin (`float`, *optional*, defaults to 0.8):
            How much more alike vectors of one modality shall be than those of two.
        label_range (`float`, *optional*, defaults to 3.0):
            Largest size of a label: 3 for MOSI and MOSEI, 1 for SIMS.

    Examples:
    ```python
    >>> from amsdff_hf import AmcclConfig

    >>> config = AmcclConfig(audio_size=74, vision_size=35, num_labels=1)
    >>> config.modality_sizes, config.num_labels, config.problem_type
    ({'audio': 74, 'vision': 35}, 1, 'regression')

    ```
    """

    model_type = "amccl"
    keys_to_ignore_at_inference = [
        *BackboneClassifierConfig.keys_to_ignore_at_inference,
        "modality_vectors",
        "modality_mask",
        "token_weights",
        "kernel_weights",
    ]

    regression_loss: Literal["l1", "mse", "huber"] = "l1"
    audio_size: int | None = 5
    vision_size: int | None = 20
    text_pooling: Literal["cls", "mean", "last"] = "cls"
    fusion_size: int = 64
    post_fusion_size: int = 128
    num_encoder_layers: int = 2
    encoder_hidden_size: int = 2048
    num_audio_heads: int = 1
    num_vision_heads: int = 4
    skip_reduction: int = 2
    view_kernel_sizes: list[int] | tuple[int, ...] = (1, 3, 5)
    squeeze_reduction: int = 16
    modality_dropout: float | int = 0.1
    encoder_dropout: float | int = 0.1
    fusion_dropout: float | int = 0.2
    contrastive_weight: float | int = 0.01
    contrastive_form: Literal["infonce", "published"] = "published"
    contrastive_temperature: float | int = 0.03
    inter_weight: float | int = 0.2
    intra_weight: float | int = 1.0
    contrastive_margin: float | int = 0.8
    label_range: float | int = 3.0

    @property
    def modality_sizes(self) -> dict[str, int]:
        """Width of the features of each modality beside the text."""
        sizes = {"audio": self.audio_size, "vision": self.vision_size}
        return {name: size for name, size in sizes.items() if size is not None}

    @property
    def pooled_size(self) -> int:
        """Width of the joined vector: the fused one and the skip vector of each modality."""
        return (2 + len(self.modality_sizes)) * self.fusion_size

    def _validate_fields(self) -> None:
        super()._validate_fields()
        names = ("fusion_size", "post_fusion_size", "num_encoder_layers", "encoder_hidden_size", "skip_reduction")
        names += ("num_audio_heads", "num_vision_heads", "squeeze_reduction", "audio_size", "vision_size")
        for name in names:
            value = getattr(self, name)
            if value is not None and value < 1:
                raise ValueError(f"`{name}` must be at least 1, got {value}.")
        kernels = list(self.view_kernel_sizes)
        odd = all(size % 2 == 1 and 1 <= size <= WIDEST_KERNEL for size in kernels)
        if not kernels or not odd or len(set(kernels)) < len(kernels):
            raise ValueError(
                f"`view_kernel_sizes` must be different odd widths from 1 to {WIDEST_KERNEL}, got {kernels}. Write "
                "for example (1, 3, 5)."
            )
        if len(kernels) > self.fusion_size:
            raise ValueError(
                f"`fusion_size` {self.fusion_size} is less than the number of `view_kernel_sizes`, {kernels}, which "
                "share it: make it larger."
            )
        for name in ("modality_dropout", "encoder_dropout", "fusion_dropout"):
            check_range(name, getattr(self, name), 0.0, 1.0)
        for name in ("inter_weight", "intra_weight", "contrastive_margin"):
            check_range(name, getattr(self, name), 0.0, math.inf)


__all__ = ["AmcclConfig"]
