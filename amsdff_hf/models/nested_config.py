# Copyright 2026 The amsdff_hf authors. Licensed under the Apache License, Version 2.0.
"""The configuration of a backbone inside that of a classifier: what a file may say in it, and what it may not."""

from dataclasses import fields, is_dataclass
from typing import Any

from transformers import CONFIG_MAPPING, PreTrainedConfig

from .configuration_word_vectors import WordVectorsConfig


# transformers would turn these into a download from the Hub, at the word of a configuration file.
DOWNLOADING_ENTRIES = ("backbone", "backbone_kwargs", "use_timm_backbone", "use_pretrained_backbone")
# In a file they could name a kernel on the Hub; the caller chooses by an argument of `from_pretrained`.
ATTENTION_ENTRIES = ("attn_implementation", "_attn_implementation", "_attn_implementation_internal")
# Of no meaning inside another configuration, and the only entries that could point to somebody else's code.
_DROPPED_ENTRIES = ("auto_map", "trust_remote_code", "_name_or_path", "name_or_path", *ATTENTION_ENTRIES)
# Ten times what the largest known models have: more is a mistake, or an attack on the memory of whoever loads it.
_LARGEST = {
    "hidden_size": 250_000,
    "intermediate_size": 2_000_000,
    "max_position_embeddings": 20_000_000,
    "num_attention_heads": 4_000,
    "num_hidden_layers": 2_000,
    "type_vocab_size": 100_000,
    "vocab_size": 10_000_000,
}
_LARGEST_TABLE = 50_000_000_000
_LARGEST_OF_HEAD = 100_000


def checked_backbone_config(backbone_config: dict | PreTrainedConfig | None) -> PreTrainedConfig | dict | None:
    """Check the configuration of a backbone, and leave out what could make anybody run or fetch code.

    Args:
        backbone_config: a configuration, the dictionary of one, or `None` for the default.

    Returns:
        The configuration, or its dictionary without the entries that have no place in it.

    Raises:
        ValueError: if its class is not known, or if it would download something.
    """
    if isinstance(backbone_config, PreTrainedConfig):
        for name in ("auto_map", "trust_remote_code"):
            if hasattr(backbone_config, name):
                delattr(backbone_config, name)
        return backbone_config
    if backbone_config is None:
        return None
    model_type = backbone_config.get("model_type")
    if model_type is None:
        raise ValueError(
            "`backbone_config` is a dictionary without `model_type`, so its class is unknown: add for example "
            '`"model_type": "bert"`, or pass a configuration object.'
        )
    kept = _without_dropped(backbone_config)
    if model_type == WordVectorsConfig.model_type:
        # Where this file travels with a checkpoint, nobody has told the Auto classes of it.
        return WordVectorsConfig.from_dict(kept)
    if model_type not in CONFIG_MAPPING:
        raise ValueError(
            f"`backbone_config` has the model type {model_type!r}, which this version of transformers does not know: "
            "upgrade transformers, or import the package that defines and registers this model."
        )
    config_class = CONFIG_MAPPING[model_type]
    known = {field.name for field in fields(config_class)} if is_dataclass(config_class) else set()
    # Models for images that take their own backbone from the Hub, and wrappers of the timm library.
    if known & {"backbone_config", *DOWNLOADING_ENTRIES} or model_type.startswith("timm"):
        raise ValueError(
            f"A {model_type} model reads no texts, or has a backbone of its own: choose another backbone."
        )
    return kept


def check_sizes(config: PreTrainedConfig, text_config: PreTrainedConfig) -> None:
    """Refuse sizes that no model has, before anybody allocates memory for them.

    Args:
        config: configuration of the classifier.
        text_config: configuration of the part of its backbone that reads texts.

    Raises:
        ValueError: with the field, if there is one.
    """
    sizes = {name: getattr(text_config, name, None) for name in _LARGEST}
    sizes = {name: size for name, size in sizes.items() if isinstance(size, int)}
    for name, size in sizes.items():
        if size > _LARGEST[name]:
            raise ValueError(f"`backbone_config.{name}` is {size:,}, more than the {_LARGEST[name]:,} {_DISTRUST}")
    for name in ("vocab_size", "max_position_embeddings"):
        table = sizes.get("hidden_size", 1) * sizes.get(name, 1)
        if table > _LARGEST_TABLE:
            raise ValueError(
                f"`backbone_config.{name}` is {sizes[name]:,} with `hidden_size` {sizes['hidden_size']:,}, a table "
                f"larger than the {_LARGEST_TABLE:,} numbers {_DISTRUST}"
            )
    inherited = {field.name for field in fields(PreTrainedConfig)}
    for field in fields(config):
        values = getattr(config, field.name, None)
        for value in values if isinstance(values, (list, tuple)) else [values]:
            if field.name not in inherited and isinstance(value, int) and value > _LARGEST_OF_HEAD:
                raise ValueError(f"`{field.name}` is {value:,}, more than the {_LARGEST_OF_HEAD:,} {_DISTRUST}")


_DISTRUST = "that any model needs: do not load this one if you do not know where it comes from."


def _without_dropped(entries: dict[str, Any]) -> dict[str, Any]:
    for name in DOWNLOADING_ENTRIES:
        if name in entries:
            raise ValueError(
                f"`backbone_config` holds `{name}={entries[name]!r}`, which would download something: no backbone for "
                "texts has it, leave it out."
            )
    return {
        name: _without_dropped(value) if isinstance(value, dict) else value
        for name, value in entries.items()
        if name not in _DROPPED_ENTRIES
    }


__all__ = ["ATTENTION_ENTRIES", "DOWNLOADING_ENTRIES", "check_sizes", "checked_backbone_config"]
