# Copyright 2026 The amsdff_hf authors. Licensed under the Apache License, Version 2.0.
"""Configuration of the AMSDFF classifier."""

from huggingface_hub.dataclasses import strict

from .configuration_backbone import BackboneClassifierConfig, check_range


LONGEST_SCALE = 31
POOLING_MEMBERS = ("attention", "cls", "max", "mean")


@strict
class AmsdffConfig(BackboneClassifierConfig):
    r"""Configuration of [`AmsdffModel`] and [`AmsdffForSequenceClassification`].

    The defaults are those of the published AMSDFF. What all classifiers of this package share (backbone, labels,
    loss) is described in [`BackboneClassifierConfig`].

    Args:
        scales (`tuple[int, ...]`, *optional*, defaults to `(1, 3, 5)`):
            Widths in tokens of the convolutions; odd, different, from 1 to 31.
        num_fusion_heads (`int`, *optional*, defaults to 8):
            Attention heads over the joined scales; lowered to the next divisor of the hidden size.
        num_experts (`int`, *optional*, defaults to 3):
            Experts of the dynamic fusion.
        expert_hidden_size (`int`, *optional*):
            Inner width of each expert; the backbone's hidden size if not given.
        pooling (`tuple[str, ...]`, *optional*, defaults to `("attention", "cls", "max")`):
            Pooled vectors to join: any of `attention` (additive), `cls` (a learned query over all tokens), `max`,
            `mean`.
        pooling_hidden_size (`int`, *optional*):
            Inner width of the additive attention pooling; half the hidden size if not given.
        num_pooling_heads (`int`, *optional*, defaults to 8):
            Heads of the learned query; lowered to the next divisor of the hidden size.
        classifier_hidden_sizes (`tuple[int, ...]`, *optional*):
            Widths of the layers between pooled vector and logits; a half and a quarter of the hidden size if not
            given.
        classifier_dropouts (`tuple[float, ...]`, *optional*, defaults to `(0.3, 0.2)`):
            Dropout after each of these layers.
        head_dropout (`float`, *optional*, defaults to 0.1):
            Dropout in the feature enhancer, the experts and the pooled vector.
        head_attention_dropout (`float`, *optional*, defaults to 0.1):
            Dropout on the attention weights of the head.

    Examples:
    ```python
    >>> from amsdff_hf import AmsdffConfig

    >>> config = AmsdffConfig(labels=["World", "Sports", "Business", "Sci/Tech"], scales=(1, 3, 7))
    >>> config.num_labels, config.label2id["Sports"], config.hidden_size
    (4, 1, 768)

    ```
    """

    model_type = "amsdff"
    keys_to_ignore_at_inference = [
        *BackboneClassifierConfig.keys_to_ignore_at_inference,
        "token_weights",
        "expert_gates",
        "scale_weights",
    ]

    scales: list[int] | tuple[int, ...] = (1, 3, 5)
    num_fusion_heads: int = 8
    num_experts: int = 3
    expert_hidden_size: int | None = None
    pooling: list[str] | tuple[str, ...] = ("attention", "cls", "max")
    pooling_hidden_size: int | None = None
    num_pooling_heads: int = 8
    classifier_hidden_sizes: list[int] | tuple[int, ...] | None = None
    classifier_dropouts: list[float | int] | tuple[float | int, ...] = (0.3, 0.2)
    head_dropout: float | int = 0.1
    head_attention_dropout: float | int = 0.1

    @property
    def classifier_widths(self) -> list[int]:
        """Widths of the layers between the pooled vector and the logits, with the defaults filled in."""
        if self.classifier_hidden_sizes is not None:
            return list(self.classifier_hidden_sizes)
        return [max(1, self.hidden_size // 2), max(1, self.hidden_size // 4)]

    def _validate_fields(self) -> None:
        super()._validate_fields()
        self._validate_scales()
        unknown = [member for member in self.pooling if member not in POOLING_MEMBERS]
        if unknown or not self.pooling or len(set(self.pooling)) != len(self.pooling):
            raise ValueError(
                f"`pooling` must name different members of {', '.join(POOLING_MEMBERS)}, got {list(self.pooling)}."
            )
        widths = {
            "num_fusion_heads": self.num_fusion_heads,
            "num_experts": self.num_experts,
            "expert_hidden_size": self.expert_hidden_size,
            "pooling_hidden_size": self.pooling_hidden_size,
            "num_pooling_heads": self.num_pooling_heads,
            **{f"classifier_hidden_sizes[{i}]": width for i, width in enumerate(self.classifier_hidden_sizes or ())},
        }
        for name, width in widths.items():
            if width is not None and width < 1:
                raise ValueError(f"`{name}` must be at least 1, got {width}.")
        if len(self.classifier_dropouts) != len(self.classifier_widths):
            raise ValueError(
                f"`classifier_dropouts` must hold one number for each of the {len(self.classifier_widths)} layers of "
                f"`classifier_hidden_sizes`, got {list(self.classifier_dropouts)}."
            )
        for name in ("head_dropout", "head_attention_dropout"):
            check_range(name, getattr(self, name), 0.0, 1.0)
        for index, dropout in enumerate(self.classifier_dropouts):
            check_range(f"classifier_dropouts[{index}]", dropout, 0.0, 1.0)

    def _validate_scales(self) -> None:
        allowed = all(scale % 2 == 1 and 1 <= scale <= LONGEST_SCALE for scale in self.scales)
        if not self.scales or not allowed or len(set(self.scales)) != len(self.scales):
            raise ValueError(
                f"`scales` must be different odd numbers from 1 to {LONGEST_SCALE}, got {list(self.scales)}: an even "
                "width has no middle token. Write for example (1, 3, 5)."
            )
        if len(self.scales) > self.hidden_size:
            raise ValueError(
                f"`scales` has {len(self.scales)} entries, more than the {self.hidden_size} features they share."
            )


__all__ = ["AmsdffConfig"]
