# Copyright 2026 The amsdff_hf authors. Licensed under the Apache License, Version 2.0.
"""What the configurations of all classifiers share: the nested backbone, the labels and the loss."""

import math
from typing import Any, Literal

from huggingface_hub.dataclasses import strict
from transformers import AutoConfig, PreTrainedConfig
from transformers.configuration_utils import SubConfigSpec

from .differential_settings import DifferentialAttentionSettings
from .label_names import resolve_labels
from .nested_config import ATTENTION_ENTRIES, DOWNLOADING_ENTRIES, check_sizes, checked_backbone_config


_PROBLEM_TYPES = ("regression", "single_label_classification", "multi_label_classification")
# Model types whose token vectors are not as wide as `hidden_size` says.
_OUTPUT_WIDTHS = {
    "blt": lambda config: config.decoder_config.hidden_size,
    "opt": lambda config: config.word_embed_proj_dim,
    "reformer": lambda config: 2 * config.hidden_size,
}


@strict
class BackboneClassifierConfig(PreTrainedConfig):
    r"""Base configuration of a classifier on top of any text backbone.

    Args:
        backbone_config (`dict` or `PreTrainedConfig`, *optional*, defaults to a `BertConfig`):
            The configuration of the backbone, stored whole. A dictionary must name its `model_type`.
        labels (`list[str]`, *optional*):
            The names of the labels in the order of their ids. Sets `num_labels`, `id2label` and `label2id` together.
        loss_weights (`tuple[float, float, float]`, *optional*, defaults to `(0.4, 0.4, 0.2)`):
            Shares of cross entropy, focal loss and label-smoothed cross entropy. `(1, 0, 0)` is plain cross entropy.
        focal_gamma (`float`, *optional*, defaults to 2.0):
            Exponent of the focal loss.
        label_smoothing (`float`, *optional*, defaults to 0.1):
            Probability that the smoothed cross entropy spreads over all labels.
        class_weights (`list[float]`, *optional*):
            One weight per label; see [`~amsdff_hf.models.losses.single_label_loss`] for what it multiplies.
        regression_loss (`"l1"`, `"mse"` or `"huber"`, *optional*, defaults to `"mse"`):
            Loss for `problem_type="regression"`.
        huber_delta (`float`, *optional*, defaults to 1.0):
            Error above which the Huber loss is linear.
        thresholds (`list[float]`, *optional*):
            Probability from which each label counts as predicted in multi-label classification; 0.5 if not given.
        initializer_range (`float`, *optional*, defaults to 0.02):
            Standard deviation of the last linear layer at initialization.
        differential_attention (`dict`, *optional*):
            What of the backbone's attention becomes differential: the fields of [`DifferentialAttentionSettings`].
        contrastive_weight (`float`, *optional*, defaults to 0.0):
            Weight of the contrastive loss, which is added to the other in training; see [`contrastive_losses`].
        contrastive_form (`"infonce"` or `"published"`, *optional*, defaults to `"infonce"`):
            Its form: masked InfoNCE, or that of the published AMCCL code, in which negatives take no part.
        contrastive_temperature (`float`, *optional*, defaults to 0.1):
            What similarities are divided by.
        contrastive_threshold (`float`, *optional*, defaults to 0.5):
            In regression, texts whose labels differ by no more, as a share of `label_range`, are alike.
        contrastive_gain (`float`, *optional*, defaults to 1.5):
            In regression, the weight of a pair with equal labels.
        refine_weight (`float`, *optional*, defaults to 4.0):
            Weight of the refine loss of the published form.
        label_range (`float`, *optional*, defaults to 1.0):
            In regression, the largest size of a label, by which the contrastive loss divides them.
        num_dropout_samples (`int`, *optional*, defaults to 1):
            In training, the loss is the mean over so many passes through the head, each under a dropout of its own
            (multi-sample dropout, Inoue 2019); the backbone runs once.
        long_text (`"cut"` or `"window"`, *optional*, defaults to `"cut"`):
            What becomes of texts that are longer than the backbone reads: `cut` leaves the cutting to the tokenizer,
            and refuses them otherwise; `window` runs overlapping windows through the backbone, and the head reads the
            states of all of them as one text. It costs the memory of all windows. The special tokens of the tokenizer
            stand at the ends of the text, and not at those of each window.
        window_length (`int`, *optional*):
            Tokens of a window; as many as the backbone has positions for if not given.
        window_overlap (`int`, *optional*, defaults to 64):
            Tokens that a window shares with the one before; less than half a window.
        text_pairs (`bool`, *optional*):
            Whether the model was trained on pairs of texts, so that scripts and `explain` can refuse the other kind.
    """

    sub_configs_defaults = {"backbone_config": SubConfigSpec(config_class=AutoConfig, model_type="bert")}
    # Trainer.predict() and evaluate() keep what is not named here, and metrics expect the logits alone.
    keys_to_ignore_at_inference = ["pooled_output", "hidden_states", "attentions"]

    backbone_config: dict | PreTrainedConfig | None = None
    loss_weights: list[float | int] | tuple[float | int, ...] = (0.4, 0.4, 0.2)
    focal_gamma: float | int = 2.0
    label_smoothing: float | int = 0.1
    class_weights: list[float | int] | tuple[float | int, ...] | None = None
    regression_loss: Literal["l1", "mse", "huber"] = "mse"
    huber_delta: float | int = 1.0
    thresholds: list[float | int] | tuple[float | int, ...] | None = None
    initializer_range: float | int = 0.02
    differential_attention: dict[str, Any] | None = None
    contrastive_weight: float | int = 0.0
    contrastive_form: Literal["infonce", "published"] = "infonce"
    contrastive_temperature: float | int = 0.1
    contrastive_threshold: float | int = 0.5
    contrastive_gain: float | int = 1.5
    refine_weight: float | int = 4.0
    label_range: float | int = 1.0
    num_dropout_samples: int = 1
    long_text: Literal["cut", "window"] = "cut"
    window_length: int | None = None
    window_overlap: int = 64
    text_pairs: bool | None = None

    def __post_init__(self, **kwargs: Any) -> None:
        for name in DOWNLOADING_ENTRIES:
            if name in kwargs:
                raise ValueError(
                    f"`{name}={kwargs[name]!r}` is not a field of {type(self).__name__}: pass `backbone_config`, or "
                    "call `from_backbone(...)` of the model to start from pretrained weights."
                )
        self.backbone_config = checked_backbone_config(self.backbone_config)
        labels, num_labels = kwargs.pop("labels", None), kwargs.pop("num_labels", None)
        if num_labels is None and self.problem_type == "regression":
            num_labels = 1 if labels is self.id2label is self.label2id is None else None
        self.id2label = resolve_labels(labels, num_labels, self.id2label, self.label2id)
        self.label2id = {name: index for index, name in self.id2label.items()}
        # A plain None would also clear the attention implementation of a live backbone that shares its config.
        kwargs.setdefault("attn_implementation", {"": None})
        super().__post_init__(**kwargs)
        if self.num_labels == 1 and self.problem_type is None:
            # Said aloud, since a pipeline takes one label without a problem type for a yes-or-no question.
            self.problem_type = "regression"
        self._validate_fields()

    @classmethod
    def from_dict(cls, config_dict: dict[str, Any], **kwargs: Any) -> "BackboneClassifierConfig":
        """Build a configuration from a dictionary; any of `labels`, `id2label`, `num_labels` replaces stored names.

        Raises:
            ValueError: if the dictionary is of another model type.
        """
        model_type = config_dict.get("model_type", cls.model_type)
        if model_type != cls.model_type:
            raise ValueError(
                f"This is the configuration of a {model_type} model, not of {cls.model_type}: to put a new head on a "
                "pretrained backbone call `from_backbone(...)`."
            )
        config_dict = {name: value for name, value in config_dict.items() if name not in ATTENTION_ENTRIES}
        overrides = {name: kwargs[name] for name in ("labels", "id2label", "label2id", "num_labels") if name in kwargs}
        if overrides:
            stored = {name: value for name, value in config_dict.items() if name not in ("id2label", "label2id")}
            same_count = set(overrides) == {"num_labels"} and overrides["num_labels"] == len(
                config_dict.get("id2label") or {}
            )
            config_dict = config_dict if same_count else {**stored, **overrides}
            kwargs = {name: value for name, value in kwargs.items() if name not in overrides}
        return super().from_dict(config_dict, **kwargs)

    @property
    def labels(self) -> list[str]:
        """The names of the labels, in the order of their ids."""
        return [self.id2label[index] for index in range(self.num_labels)]

    @labels.setter
    def labels(self, names: list[str]) -> None:
        self.id2label = resolve_labels(names, None, None, None)
        self.label2id = {name: index for index, name in self.id2label.items()}

    @property
    def hidden_size(self) -> int:
        """Width of the backbone's token vectors."""
        text_config = self.get_text_config()
        if text_config.model_type in _OUTPUT_WIDTHS:
            return _OUTPUT_WIDTHS[text_config.model_type](text_config)
        if not hasattr(text_config, "hidden_size"):
            raise ValueError(
                f"A backbone of the type {text_config.model_type!r} has no `hidden_size`: choose another."
            )
        return text_config.hidden_size

    @property
    def token_size(self) -> int:
        """Width of the token features that the model without labels returns."""
        return self.hidden_size

    @property
    def pooled_size(self) -> int:
        """Width of the vector of the text."""
        return self.hidden_size

    @property
    def hidden_levels(self) -> list[int] | None:
        """Which hidden states of the backbone the head reads, 0 for the embeddings; `None` for the last ones."""
        return None

    @property
    def num_hidden_layers(self) -> int:
        """Number of layers of the backbone."""
        return self.get_text_config().num_hidden_layers

    @property
    def num_attention_heads(self) -> int:
        """Number of attention heads of the backbone."""
        return self.get_text_config().num_attention_heads

    @property
    def vocab_size(self) -> int:
        """Size of the backbone's vocabulary."""
        return self.get_text_config().vocab_size

    @vocab_size.setter
    def vocab_size(self, value: int) -> None:
        # Nothing here uses the decoder of an encoder-decoder, but some types refuse two vocabularies.
        for config in (self.get_text_config(), getattr(self.backbone_config, "decoder", None)):
            if isinstance(config, PreTrainedConfig):
                config.vocab_size = value

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as a dictionary, without the local path from which the backbone was loaded."""
        fields = super().to_dict()
        if isinstance(fields.get("backbone_config"), dict):
            fields["backbone_config"]["_name_or_path"] = ""
        return fields

    def get_text_config(self, decoder: bool | None = None, encoder: bool | None = None) -> PreTrainedConfig:
        """Return the configuration of the part that reads, since no other part of the backbone is in use."""
        return reading_config(self.backbone_config) if isinstance(self.backbone_config, PreTrainedConfig) else self

    def _validate_fields(self) -> None:
        check_sizes(self, self.get_text_config())
        fine = all(0 <= weight < math.inf for weight in self.loss_weights) and sum(self.loss_weights) > 0
        if len(self.loss_weights) != 3 or not fine:
            raise ValueError(
                f"`loss_weights` must be three shares (cross entropy, focal, smoothed), none negative and not all "
                f"zero, got {self.loss_weights}; plain cross entropy is (1, 0, 0)."
            )
        check_range("focal_gamma", self.focal_gamma, 0.0, math.inf)
        check_range("label_smoothing", self.label_smoothing, 0.0, 1.0)
        if self.window_length is not None and self.window_length < 2:
            raise ValueError(f"`window_length` must be at least 2 tokens, got {self.window_length}.")
        if self.window_overlap < 0 or 2 * self.window_overlap >= (self.window_length or math.inf):
            raise ValueError(
                f"`window_overlap` must be at least 0 and less than half of `window_length` ({self.window_length}), "
                f"got {self.window_overlap}."
            )
        if self.num_dropout_samples < 1:
            raise ValueError(f"`num_dropout_samples` must be at least 1, got {self.num_dropout_samples}.")
        check_range("initializer_range", self.initializer_range, 0.0, math.inf)
        if not 0 < self.huber_delta < math.inf:
            raise ValueError(f"`huber_delta` must be above 0, got {self.huber_delta}.")
        if self.problem_type not in (None, *_PROBLEM_TYPES):
            raise ValueError(f"`problem_type` must be one of {', '.join(_PROBLEM_TYPES)}, got {self.problem_type!r}.")
        if self.differential_attention is not None:
            # Complete, so that a saved model does not change with our defaults.
            self.differential_attention = vars(DifferentialAttentionSettings.from_block(self.differential_attention))
        self._validate_contrast()
        if self.problem_type == "regression" and self.class_weights is not None:
            raise ValueError(f"`class_weights` are for classification, got {self.class_weights} for regression.")
        if self.problem_type not in (None, "multi_label_classification") and self.thresholds is not None:
            raise ValueError(
                f"`thresholds` are for several labels per text, got {self.thresholds} for the `problem_type` "
                f"{self.problem_type!r}: leave them out."
            )
        for name in ("class_weights", "thresholds"):
            values = getattr(self, name)
            if values is None:
                continue
            if len(values) != self.num_labels:
                raise ValueError(
                    f"`{name}` must hold one number per label ({self.num_labels}), got {len(values)}: {values}."
                )
            highest = 1.0 if name == "thresholds" else math.inf
            if not all(0 <= value <= highest and value < math.inf for value in values):
                raise ValueError(f"`{name}` must be numbers from 0 to {highest:g}, got {values}.")

    def _validate_contrast(self) -> None:
        check_range("contrastive_weight", self.contrastive_weight, 0.0, math.inf)
        check_range("refine_weight", self.refine_weight, 0.0, math.inf)
        for name in ("contrastive_temperature", "contrastive_threshold", "contrastive_gain", "label_range"):
            if not 0 < getattr(self, name) < math.inf:
                raise ValueError(f"`{name}` must be above 0, got {getattr(self, name)}.")


def reading_config(config: PreTrainedConfig) -> PreTrainedConfig:
    """Return the configuration of the part of a model that reads texts, `config` itself where there is one part."""
    names = ("text_encoder", "encoder", "text_config") if config.is_encoder_decoder else ("text_config",)
    parts = [getattr(config, name, None) for name in names]
    part = next((part for part in parts if isinstance(part, PreTrainedConfig)), None)
    return config if part is None else reading_config(part)


def check_range(name: str, value: float, low: float, high: float) -> None:
    """Raise a `ValueError` that names the field unless `low <= value < high`."""
    if not low <= value < high:
        raise ValueError(f"`{name}` must be at least {low:g} and below {high:g}, got {value}.")


__all__ = ["BackboneClassifierConfig", "check_range", "reading_config"]
