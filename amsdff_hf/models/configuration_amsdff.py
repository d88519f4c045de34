# Copyright 2026 The amsdff_hf authors. Licensed under the Apache License, Version 2.0.
"""Configuration of the AMSDFF classifier."""

from typing import Any, Literal

from huggingface_hub.dataclasses import strict

from .configuration_backbone import BackboneClassifierConfig, check_range
from .hidden_levels import check_levels, is_uneven


LONGEST_SCALE = 31
POOLING_MEMBERS = ("attention", "cls", "max", "mean")
DIRECT_MEMBERS = ("first", "max", "mean")
# What a variant says of the fields that are not given; of the paper's widths, the hidden size decides.
VARIANTS = {
    "residual": {
        "levels": "auto",
        "head_hidden_size": 128,
        "direct_pooling": ("mean", "max"),
        "num_experts": 1,
        "fusion_residual": True,
        "join_pooling": False,
        "output_dropout": 0.3,
        "head_attention_dropout": 0.0,
        "classifier_hidden_sizes": (),
        "classifier_dropouts": (),
        "loss_weights": (1.0, 0.0, 0.0),
    },
    "paper": {
        "levels": "last",
        "direct_pooling": (),
        "num_experts": 3,
        "fusion_residual": False,
        "join_pooling": True,
        "output_dropout": 0.0,
        "head_attention_dropout": 0.1,
        "classifier_dropouts": (0.3, 0.2),
        "loss_weights": (0.4, 0.4, 0.2),
    },
}


@strict
class AmsdffConfig(BackboneClassifierConfig):
    r"""Configuration of [`AmsdffModel`] and [`AmsdffForSequenceClassification`].

    What all classifiers of this package share (backbone, labels, loss) is described in [`BackboneClassifierConfig`].

    Args:
        variant (`"residual"` or `"paper"`, *optional*, defaults to `"residual"`):
            `residual` starts as a linear layer on pooled token vectors, and a narrow AMSDFF beside it, whose share of
            the logits starts at zero, can only add. `paper` is the published network, which has to learn all of it.
            It decides the fields below whose default is said to depend on it.
        levels (`"auto"`, `"last"` or `tuple[int, ...]`, *optional*):
            Hidden states of the backbone that the multi-scale part reads, from low to high: 0 for the embeddings, 1
            for the first layer. By default `"auto"`, the embeddings, the middle and the last; `"last"` for `paper` and
            for the few backbones whose layers do not pass one vector for each token.
        head_hidden_size (`int`, *optional*):
            Width of the multi-scale part; by default 128, at most the backbone's hidden size, or that (`paper`).
        direct_pooling (`tuple[str, ...]`, *optional*):
            Pooled vectors of the last of these states which go straight to the logits: any of `mean`, `max` and
            `first` (token); `("mean", "max")` by default, or none (`paper`).
        fusion_residual (`bool`, *optional*):
            Whether the experts add to the tokens that they read, or replace them (`paper`).
        join_pooling (`bool`, *optional*):
            Whether two linear layers join the members of `pooling` to one vector; not by default, but in `paper`.
        output_dropout (`float`, *optional*):
            Dropout on the vector of the text; 0.3 by default, or 0 (`paper`).
        scales (`tuple[int, ...]`, *optional*, defaults to `(1, 3, 5)`):
            Widths in tokens of the convolutions; odd, different, from 1 to 31.
        num_fusion_heads (`int`, *optional*, defaults to 8):
            Attention heads over the joined scales; lowered to the next divisor of the hidden size.
        num_experts (`int`, *optional*):
            Experts of the dynamic fusion, mixed by a gate if there are several; 1 by default, or 3 (`paper`).
        expert_hidden_size (`int`, *optional*):
            Inner width of each expert; `head_hidden_size` if not given.
        pooling (`tuple[str, ...]`, *optional*, defaults to `("attention", "cls", "max")`):
            Pooled vectors to join: any of `attention` (additive), `cls` (a learned query over all tokens), `max`,
            `mean`.
        pooling_hidden_size (`int`, *optional*):
            Inner width of the additive attention pooling; half of `head_hidden_size` if not given.
        num_pooling_heads (`int`, *optional*, defaults to 8):
            Heads of the learned query; lowered to the next divisor of the hidden size.
        classifier_hidden_sizes (`tuple[int, ...]`, *optional*):
            Widths of the layers between pooled vector and logits; by default none, or a half and a quarter of the
            hidden size (`paper`).
        classifier_dropouts (`tuple[float, ...]`, *optional*):
            Dropout after each of these layers; `(0.3, 0.2)` for `paper`.
        head_dropout (`float`, *optional*, defaults to 0.1):
            Dropout in the feature enhancer, the experts and the pooled vector.
        head_attention_dropout (`float`, *optional*):
            Dropout on the attention weights of the head, which makes training much slower; 0 by default, or 0.1
            (`paper`).

    Examples:
    ```python
    >>> from amsdff_hf import AmsdffConfig

    >>> config = AmsdffConfig(labels=["World", "Sports", "Business", "Sci/Tech"], scales=(1, 3, 7))
    >>> config.num_labels, config.label2id["Sports"], config.head_hidden_size
    (4, 1, 128)
    >>> AmsdffConfig(variant="paper").head_hidden_size
    768

    ```
    """

    model_type = "amsdff"
    keys_to_ignore_at_inference = [
        *BackboneClassifierConfig.keys_to_ignore_at_inference,
        "token_weights",
        "expert_gates",
        "scale_weights",
    ]

    variant: Literal["residual", "paper"] = "residual"
    levels: str | list[int] | tuple[int, ...] | None = None
    loss_weights: list[float | int] | tuple[float | int, ...] | None = None
    head_hidden_size: int | None = None
    direct_pooling: list[str] | tuple[str, ...] | None = None
    fusion_residual: bool | None = None
    join_pooling: bool | None = None
    output_dropout: float | int | None = None
    scales: list[int] | tuple[int, ...] = (1, 3, 5)
    num_fusion_heads: int = 8
    num_experts: int | None = None
    expert_hidden_size: int | None = None
    pooling: list[str] | tuple[str, ...] = ("attention", "cls", "max")
    pooling_hidden_size: int | None = None
    num_pooling_heads: int = 8
    classifier_hidden_sizes: list[int] | tuple[int, ...] | None = None
    classifier_dropouts: list[float | int] | tuple[float | int, ...] | None = None
    head_dropout: float | int = 0.1
    head_attention_dropout: float | int | None = None

    @classmethod
    def from_dict(cls, config_dict: dict[str, Any], **kwargs: Any) -> "AmsdffConfig":
        """Build a configuration from a dictionary; see [`BackboneClassifierConfig.from_dict`].

        Raises:
            ValueError: if a trained model is to become another variant.
        """
        # Before there were variants, there was the published network alone.
        stored = config_dict.get("variant", "paper" if "classifier_dropouts" in config_dict else None)
        wanted = kwargs.pop("variant", None) or stored or cls.variant
        if stored not in (None, wanted):
            raise ValueError(
                f"`variant` is chosen when a head is put on a backbone: this model was built as {stored!r} and cannot "
                f"become {wanted!r}. Leave it out."
            )
        # Before that could be chosen, the experts replaced the tokens.
        replaced = {"fusion_residual": False} if "classifier_dropouts" in config_dict else {}
        return super().from_dict({**replaced, **config_dict, "variant": wanted}, **kwargs)

    @property
    def hidden_levels(self) -> list[int] | None:
        """Which hidden states of the backbone the head reads, 0 for the embeddings; `None` for the last ones."""
        if self.levels == "last":
            return None
        depth = self.num_hidden_layers
        return sorted({0, depth // 2, depth}) if self.levels == "auto" else list(self.levels)

    @property
    def token_size(self) -> int:
        """Width of the token features that the model without labels returns."""
        return self.head_hidden_size

    @property
    def direct_size(self) -> int:
        """Width of what goes straight from the backbone to the logits, the first part of the vector of the text."""
        return len(self.direct_pooling) * self.hidden_size

    @property
    def pooled_size(self) -> int:
        """Width of the vector of the text."""
        return self.direct_size + self.head_hidden_size * (1 if self.join_pooling else len(self.pooling))

    def _fill_in(self) -> None:
        """Set the fields that the variant decides, so that a saved model does not change with our defaults."""
        hidden_size = self.hidden_size
        by_variant = {
            "head_hidden_size": hidden_size,
            "classifier_hidden_sizes": (max(1, hidden_size // 2), max(1, hidden_size // 4)),
            **VARIANTS[self.variant],
        }
        by_variant["head_hidden_size"] = min(by_variant["head_hidden_size"], hidden_size)
        if is_uneven(self.get_text_config()):
            by_variant["levels"] = "last"
        for name, value in by_variant.items():
            if getattr(self, name) is None:
                setattr(self, name, value)

    def _validate_fields(self) -> None:
        self._fill_in()
        super()._validate_fields()
        check_levels(self.levels, ("last", "auto"), self.get_text_config())
        self._validate_members("pooling", POOLING_MEMBERS)
        self._validate_members("direct_pooling", DIRECT_MEMBERS)
        if not self.pooling:
            raise ValueError(f"`pooling` must name at least one of {', '.join(POOLING_MEMBERS)}.")
        widths = {
            "head_hidden_size": self.head_hidden_size,
            "num_fusion_heads": self.num_fusion_heads,
            "num_experts": self.num_experts,
            "expert_hidden_size": self.expert_hidden_size,
            "pooling_hidden_size": self.pooling_hidden_size,
            "num_pooling_heads": self.num_pooling_heads,
            **{f"classifier_hidden_sizes[{i}]": width for i, width in enumerate(self.classifier_hidden_sizes)},
        }
        for name, width in widths.items():
            if width is not None and width < 1:
                raise ValueError(f"`{name}` must be at least 1, got {width}.")
        self._validate_scales()
        if len(self.classifier_dropouts) != len(self.classifier_hidden_sizes):
            raise ValueError(
                "`classifier_dropouts` must hold one number for each of the "
                f"{len(self.classifier_hidden_sizes)} layers of "
                f"`classifier_hidden_sizes`, got {list(self.classifier_dropouts)}."
            )
        for name in ("head_dropout", "head_attention_dropout", "output_dropout"):
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
        if len(self.scales) > self.head_hidden_size:
            raise ValueError(
                f"`scales` has {len(self.scales)} entries, more than the {self.head_hidden_size} features they share."
            )

    def _validate_members(self, name: str, known: tuple[str, ...]) -> None:
        members = list(getattr(self, name))
        if not set(members) <= set(known) or len(set(members)) != len(members):
            raise ValueError(f"`{name}` must name different members of {', '.join(known)}, got {members}.")


__all__ = ["AmsdffConfig"]
