# Copyright 2026 The amsdff_hf authors. Licensed under the Apache License, Version 2.0.
"""Base of all classifiers: builds any text backbone, feeds it, and starts from pretrained ones."""

import inspect
import os
from typing import Any

import torch
from torch import nn
from transformers import PreTrainedModel
from transformers import initialization as init
from transformers.utils import logging
from transformers.utils.output_capturing import maybe_install_capturing_hooks

from .configuration_backbone import BackboneClassifierConfig
from .differential_attention import attach_differential_attention, set_differential_implementation
from .differential_forms import IN_FLOAT32
from .differential_settings import DifferentialAttentionSettings
from .input_checks import check_pairs
from .losses import classification_loss
from .text_backbone import build_backbone, learned_positions, load_backbone, position_table, sort_arguments
from .text_reader import TextReader
from .travelling_code import TravelsWithCode
from .windows import usable_window


logger = logging.get_logger(__name__)


class BackboneClassifierPreTrainedModel(TextReader, TravelsWithCode, PreTrainedModel):
    """A backbone (any text model of `AutoModel`) under a head that is trained from scratch.

    Args:
        config ([`BackboneClassifierConfig`]): configuration with the nested `backbone_config`.
        backbone ([`PreTrainedModel`], *optional*): a model that already has its weights; built from the
            configuration if not given.
    """

    config: BackboneClassifierConfig
    base_model_prefix = ""
    supports_gradient_checkpointing = True
    _supports_sdpa = True
    _supports_flash_attn = True
    _supports_flex_attn = True
    _supports_attention_backend = True
    # The losses are plain means, so the Trainer has to divide them by the accumulation steps.
    accepts_loss_kwargs = False
    # What the head reads beside token vectors and mask: names of further arguments of the forward.
    head_arguments: tuple[str, ...] = ()

    def __init__(self, config: BackboneClassifierConfig, backbone: PreTrainedModel | None = None):
        super().__init__(config)
        self.backbone = build_backbone(config.backbone_config) if backbone is None else backbone
        if config.differential_attention is not None:
            settings = DifferentialAttentionSettings.from_block(config.differential_attention)
            attach_differential_attention(self.backbone, settings)
            self._keep_in_fp32_modules_strict = list(IN_FLOAT32)
        if config.hidden_levels is not None and getattr(self.backbone, "_can_record_outputs", None):
            # Or else transformers does so in the first forward, under a lock that stops torch.compile.
            maybe_install_capturing_hooks(self.backbone)
        self.supports_gradient_checkpointing = getattr(self.backbone, "supports_gradient_checkpointing", False)
        positions = learned_positions(self.backbone, config.get_text_config())
        self.window_length = usable_window(config, positions) if config.long_text == "window" else None
        self.max_sequence_length = positions if self.window_length is None else None
        table = position_table(self.backbone)
        self._num_positions = None if table is None else len(table.weight)
        parameters = inspect.signature(type(self.backbone).forward).parameters
        self._backbone_arguments = frozenset(parameters)
        self._backbone_takes_any = any(p.kind is p.VAR_KEYWORD for p in parameters.values())

    @classmethod
    def is_custom_code(cls) -> bool:
        """Tell transformers that all initialization here respects loaded weights, as it does in its own models."""
        # For custom code, transformers skips the init of modules without parameters of their own, backbones included.
        return False

    def get_input_embeddings(self) -> nn.Module:
        """Return the token embeddings of the backbone."""
        # The encoder of fsmt is a plain module.
        if not isinstance(self.backbone, PreTrainedModel):
            return self.backbone.embed_tokens
        return self.backbone.get_input_embeddings()

    def set_input_embeddings(self, value: nn.Module) -> None:
        """Replace the token embeddings of the backbone."""
        if not isinstance(self.backbone, PreTrainedModel):
            self.backbone.embed_tokens = value
        else:
            self.backbone.set_input_embeddings(value)

    def set_attn_implementation(self, attn_implementation: str | dict, **kwargs: Any) -> None:
        """Set the attention implementation of the backbone, of differential layers too."""
        super().set_attn_implementation(attn_implementation, **kwargs)
        if self.config.differential_attention is not None:
            set_differential_implementation(self.backbone, self.backbone.config._attn_implementation)

    def resize_token_embeddings(
        self, new_num_tokens: int | None = None, pad_to_multiple_of: int | None = None, mean_resizing: bool = True
    ) -> nn.Module:
        """Resize the token embeddings by the backbone's own method, since some backbones have more than one table."""
        if not isinstance(self.backbone, PreTrainedModel):
            return super().resize_token_embeddings(new_num_tokens, pad_to_multiple_of, mean_resizing)
        options = {"pad_to_multiple_of": pad_to_multiple_of, "mean_resizing": mean_resizing}
        known = inspect.signature(self.backbone.resize_token_embeddings).parameters
        embeddings = self.backbone.resize_token_embeddings(
            new_num_tokens, **{name: value for name, value in options.items() if name in known}
        )
        # The encoder of an encoder-decoder has a copy of the configuration.
        self.vocab_size = self.config.vocab_size = self.backbone.config.get_text_config().vocab_size
        return embeddings

    def loss_function(self, logits: torch.Tensor, labels: torch.Tensor, **kwargs: Any) -> torch.Tensor:
        """Loss by the problem type and the loss fields of the config; see [`classification_loss`]."""
        return classification_loss(logits, labels, self.config)

    @torch.no_grad()
    def _init_weights(self, module: nn.Module) -> None:
        if hasattr(module, "initialize_parameters"):
            module.initialize_parameters()
        elif isinstance(module, (nn.Linear, nn.Conv1d)):
            init.xavier_uniform_(module.weight)
            if module.bias is not None:
                init.zeros_(module.bias)
        elif isinstance(module, nn.BatchNorm1d):
            init.ones_(module.weight)
            init.zeros_(module.bias)
            init.zeros_(module.running_mean)
            init.ones_(module.running_var)
            init.zeros_(module.num_batches_tracked)
        elif isinstance(module, nn.LayerNorm):
            init.ones_(module.weight)
            init.zeros_(module.bias)

    def split_head_inputs(
        self, token_type_ids: torch.LongTensor | None, others: dict[str, Any]
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        """Split further arguments of the forward into those of the head (`head_arguments`) and of the backbone."""
        if "token_type_ids" in self.head_arguments and self.config.text_pairs is not None:
            check_pairs(token_type_ids, self.config.text_pairs)
        given = {"token_type_ids": token_type_ids, **others}
        head_inputs = {name: given.get(name) for name in self.head_arguments}
        return head_inputs, {name: value for name, value in others.items() if name not in head_inputs}

    def explains(self, output_attentions: bool | None, return_explanations: bool | None) -> bool:
        """Whether the head shall return its explanations: if asked for, or else along with attention maps."""
        if return_explanations is None:
            return bool(self.config.output_attentions if output_attentions is None else output_attentions)
        return return_explanations

    @classmethod
    def from_backbone(
        cls, backbone_name_or_path: str | os.PathLike, *, labels: list[str] | None = None, **kwargs: Any
    ) -> "BackboneClassifierPreTrainedModel":
        """Start from a pretrained backbone, which stays as it is, with a freshly initialized head.

        Args:
            backbone_name_or_path: name on the Hub or local folder of any model that `AutoModel` loads.
            labels: names of the labels in the order of their ids.
            kwargs: fields of the config (`scales`, `loss_weights`, `problem_type`, ...) and arguments of
                `AutoModel.from_pretrained` (`revision`, `dtype`, `device_map`, `token`, ...).

        Returns:
            The model in evaluation mode, on the device and in the dtype of the backbone.

        Raises:
            OSError: if no backbone is found under this name.
            TypeError: if an argument is neither a config field nor a loading argument.
            ValueError: if the backbone cannot carry a head.
        """
        config_arguments, loading_arguments = sort_arguments(kwargs, cls.config_class)
        backbone, backbone_config = load_backbone(os.fspath(backbone_name_or_path), loading_arguments)
        config = cls.config_class(backbone_config=backbone_config, labels=labels, **config_arguments)
        first = next(backbone.parameters())
        model = cls._from_config(config, backbone=backbone, dtype=first.dtype)
        for name, child in model.named_children():
            if name != "backbone":
                child.to(first.device)
        new = {name: sum(p.numel() for p in child.parameters()) for name, child in model.named_children()}
        new.pop("backbone")
        logger.warning(
            f"{cls.__name__}: pretrained {backbone_config.model_type} backbone from {backbone_name_or_path}; newly "
            f"initialized: {', '.join(f'{name} ({count:,} parameters)' for name, count in new.items())}. Train it."
        )
        return model.eval()


__all__ = ["BackboneClassifierPreTrainedModel"]
