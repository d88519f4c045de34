# Copyright 2026 The amsdff_hf authors. Licensed under the Apache License, Version 2.0.
"""Loading of converted models of transformers, whose own classes know nothing of differential attention."""

import os
from typing import Any

import torch
from transformers import AutoConfig, AutoModelForSequenceClassification, PreTrainedConfig, PreTrainedModel

from .differential_attention import PREFIX, attach_differential_attention, set_differential_implementation
from .differential_forms import IN_FLOAT32
from .differential_settings import DifferentialAttentionSettings
from .text_backbone import FINDING_ARGUMENTS


def load_differential_model(
    name_or_path: str | os.PathLike, auto_class: type = AutoModelForSequenceClassification, **kwargs: Any
) -> PreTrainedModel:
    """Load a model that was saved after [`convert_to_differential_attention`].

    The models of this package need no such help: their own classes read the block of the configuration.

    Args:
        name_or_path: name on the Hub or local folder.
        auto_class: the Auto class that would load the model without the conversion.
        kwargs: arguments of `from_pretrained`.

    Returns:
        The model in evaluation mode, a subclass of its class in transformers, under the same name.

    Raises:
        OSError: if there is no model under the name.
        ValueError: if its configuration has no `differential_attention`, or if it is a model of this package.
    """
    config = kwargs.pop("config", None)
    if config is None:
        finding = {name: value for name, value in kwargs.items() if name in FINDING_ARGUMENTS}
        config = AutoConfig.from_pretrained(name_or_path, **finding)
    if isinstance(getattr(config, "backbone_config", None), PreTrainedConfig):
        raise ValueError(
            f"{os.fspath(name_or_path)!r} is a model of this package ({config.model_type}), whose own class knows its "
            f"differential attention: load it by {auto_class.__name__}.from_pretrained()."
        )
    if getattr(config, "differential_attention", None) is None:
        raise ValueError(
            f"The configuration of {os.fspath(name_or_path)!r} has no `differential_attention`: load it by "
            f"{auto_class.__name__}.from_pretrained()."
        )
    with torch.device("meta"):
        model_class = type(auto_class.from_config(config))
    return _converted_class(model_class).from_pretrained(name_or_path, config=config, **kwargs)


def _converted_class(model_class: type[PreTrainedModel]) -> type[PreTrainedModel]:
    """Derive a class whose models are converted before their weights are loaded."""

    def __init__(self: PreTrainedModel, config: PreTrainedConfig, *args: Any, **kwargs: Any) -> None:
        model_class.__init__(self, config, *args, **kwargs)
        attach_differential_attention(self, DifferentialAttentionSettings.from_block(config.differential_attention))
        self._keep_in_fp32_modules_strict = {*(self._keep_in_fp32_modules_strict or ()), *IN_FLOAT32}

    def set_attn_implementation(self: PreTrainedModel, attn_implementation: str | dict, **kwargs: Any) -> None:
        model_class.set_attn_implementation(self, attn_implementation, **kwargs)
        implementation = self.config.get_text_config()._attn_implementation
        if not implementation.startswith(PREFIX):
            set_differential_implementation(self, implementation)

    # Under the old name, so that the saved configuration goes on to say which class of transformers this is.
    members = {"__init__": __init__, "set_attn_implementation": set_attn_implementation}
    return type(model_class.__name__, (model_class,), {**members, "__module__": model_class.__module__})


__all__ = ["load_differential_model"]
