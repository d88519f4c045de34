# Copyright 2026 The amsdff_hf authors. Licensed under the Apache License, Version 2.0.
"""The part of any `AutoModel` that reads texts: built from a configuration or loaded with its weights."""

import difflib
import inspect
import os
from dataclasses import fields
from typing import Any

import torch
from torch import nn
from transformers import AutoConfig, AutoModel, PreTrainedConfig, PreTrainedModel

from .configuration_backbone import reading_config
from .configuration_word_vectors import WordVectorsConfig
from .modeling_word_vectors import WordVectorsModel


FINDING_ARGUMENTS = ("cache_dir", "force_download", "local_files_only", "proxies", "revision", "subfolder", "token")
_LOADING_ARGUMENTS = (
    "attn_implementation",
    "cache_dir",
    "device_map",
    "dtype",
    "force_download",
    "local_files_only",
    "max_memory",
    "offload_folder",
    "proxies",
    "quantization_config",
    "revision",
    "subfolder",
    "token",
    "variant",
)
_POSITION_TABLES = (
    "char_position_embeddings",
    "embed_positions",
    "position_embedding",
    "position_embeddings",
    "positions_embed",
    "wpe",
)
# Model types whose table of positions grows, or whose last position serves all further tokens.
_ENDLESS_POSITIONS = ("fsmt", "prophetnet", "tapas")
# Model types whose table of positions is no embedding layer, and the field that says how long it is.
_POSITION_FIELDS = {
    "codegen": "n_positions",
    "ctrl": "n_positions",
    "gptj": "n_positions",
    "mpt": "max_seq_len",
    "reformer": "max_position_embeddings",
    "tipsv2_text_model": "max_position_embeddings",
}


# Model types that tell the texts of a pair apart, but have no field for the number of token types.
_TYPED_WITHOUT_SIZE = ("funnel", "tapas", "xlnet")


def tells_texts_apart(config: PreTrainedConfig) -> bool:
    """Whether the token types of a model tell the texts of a pair apart.

    RoBERTa-like models have one type only, but some tokenizers number the second text of a pair 1. GPT-2 and its like
    look types up among their words, and Gemma 3 takes 1 for an image.

    Args:
        config: configuration of the part that reads texts.
    """
    return getattr(config, "type_vocab_size", 0) > 1 or config.model_type in _TYPED_WITHOUT_SIZE


def build_backbone(config: PreTrainedConfig) -> nn.Module:
    """Build the text part of the model that a configuration describes, with random weights.

    Args:
        config: the whole configuration, of an encoder-decoder or a multimodal model too.

    Returns:
        The encoder of an encoder-decoder, the language model of a multimodal one, otherwise the model itself.

    Raises:
        ValueError: if `AutoModel` has no such model, or if it does not read token ids.
    """
    if config.model_type == WordVectorsConfig.model_type:
        # Where this file travels with a checkpoint, nobody has told the Auto classes of it.
        return WordVectorsModel(config)
    own_config = reading_config(config)
    _expect_known_to_auto_model(config)
    has_own_class = _model_class(own_config) is not None and not config.is_encoder_decoder
    built = own_config if has_own_class else config
    if built.architectures is None:
        # AutoModel reads the list where one configuration serves several models, and fails on None.
        built.architectures = []
    return _text_part(AutoModel.from_config(built, **_without_pooler(built)), built)


def sort_arguments(
    arguments: dict[str, Any], config_class: type[PreTrainedConfig]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Split the arguments of `from_backbone` into fields of the configuration and arguments of loading.

    Raises:
        TypeError: if an argument is neither.
    """
    known = {field.name for field in fields(config_class)} | {"num_labels"}
    known -= {"backbone_config", "dtype", "architectures", "transformers_version"}
    for name in arguments:
        if name not in known and name not in _LOADING_ARGUMENTS:
            close = difflib.get_close_matches(name, [*known, *_LOADING_ARGUMENTS, "labels"], n=1)
            hint = f"; did you mean `{close[0]}`?" if close else "."
            raise TypeError(
                f"`{name}` is neither a field of {config_class.__name__} nor a loading argument of "
                f"`AutoModel.from_pretrained`{hint}"
            )
    return (
        {name: value for name, value in arguments.items() if name in known},
        {name: value for name, value in arguments.items() if name not in known},
    )


def load_backbone(name_or_path: str, loading_arguments: dict[str, Any]) -> tuple[nn.Module, PreTrainedConfig]:
    """Load the text part of a pretrained model.

    Args:
        name_or_path: name on the Hub or local folder.
        loading_arguments: arguments of `AutoModel.from_pretrained`.

    Returns:
        The text part with its weights, and the whole configuration.

    Raises:
        OSError: if no backbone is found under this name.
        ValueError: if it is a model with a head of this package or with differential attention, if `AutoModel` has
            no such model, or if it does not read token ids.
    """
    finding = {name: value for name, value in loading_arguments.items() if name in FINDING_ARGUMENTS}
    try:
        config = AutoConfig.from_pretrained(name_or_path, trust_remote_code=False, **finding)
    except OSError as error:
        offline = "on" if os.environ.get("HF_HUB_OFFLINE", "").lower() in ("1", "on", "yes", "true") else "off"
        raise OSError(
            f"No backbone {name_or_path!r}: there is no folder {os.path.abspath(name_or_path)} with a config.json, "
            f"and no such model could be read from the Hub or its local cache (offline mode is {offline}). Check the "
            "spelling, or pass the path of a saved model."
        ) from error
    if isinstance(getattr(config, "backbone_config", None), PreTrainedConfig):
        raise ValueError(
            f"{name_or_path!r} holds a model of the type {config.model_type}, with a backbone inside: load it by "
            "`from_pretrained(...)`, or name a plain backbone."
        )
    if getattr(config, "differential_attention", None) is not None:
        raise ValueError(
            f"{name_or_path!r} was converted to differential attention, {config.differential_attention}: go on with "
            "it by `load_differential_model` (--architecture plain), or start from the backbone before its conversion."
        )
    _expect_known_to_auto_model(config)
    model = AutoModel.from_pretrained(name_or_path, config=config, **_without_pooler(config), **loading_arguments)
    return _text_part(model, model.config), model.config


def learned_positions(model: nn.Module, config: PreTrainedConfig) -> int | None:
    """Longest text in tokens that a model's table of positions admits, `None` where positions have no end.

    Args:
        model: a backbone, or a model with a backbone inside.
        config: configuration of the part that reads texts.
    """
    if config.model_type in _ENDLESS_POSITIONS:
        return None
    if config.model_type in _POSITION_FIELDS:
        return getattr(config, _POSITION_FIELDS[config.model_type])
    table = position_table(model)
    if table is None:
        return None
    padding_idx = getattr(table, "padding_idx", None)
    reserved = getattr(table, "offset", 0) if padding_idx is None else padding_idx + 1
    # Some tables are larger than what the model's masks and buffers are made for.
    return min(len(table.weight) - reserved, getattr(config, "max_position_embeddings", None) or len(table.weight))


def longest_text(model: nn.Module) -> int | None:
    """Longest text in tokens that a classifier reads, ours or any other; `None` if there is no end to it.

    Args:
        model: a classifier.
    """
    reads_windows = getattr(model.config, "long_text", None) == "window"
    return None if reads_windows else learned_positions(model, model.config.get_text_config())


def position_table(model: nn.Module) -> nn.Module | None:
    """Find the layer with a vector for each position, `None` if the model has no such layer.

    Args:
        model: a backbone, or a model with a backbone inside.
    """
    modules = dict(model.named_modules())
    # Some backbones come with the tower for images, which has positions too.
    towers = tuple(f"{name}." for name, part in modules.items() if not _reads_token_ids(part))
    for name, module in modules.items():
        is_named_so = name.rpartition(".")[2] in _POSITION_TABLES and not name.startswith(towers)
        weight = getattr(module, "weight", None) if is_named_so else None
        if weight is not None and weight.dim() == 2 and len(weight) > 1:
            return module
    return None


def _model_class(config: PreTrainedConfig) -> type[PreTrainedModel] | None:
    return AutoModel._model_mapping.get(type(config), None)


def _without_pooler(config: PreTrainedConfig) -> dict[str, bool]:
    """Argument that leaves the backbone's own pooler out, which nothing here would use or train."""
    model_class = _model_class(config)
    if inspect.isclass(model_class) and "add_pooling_layer" in inspect.signature(model_class).parameters:
        return {"add_pooling_layer": False}
    return {}


def _expect_known_to_auto_model(config: PreTrainedConfig) -> None:
    if _model_class(config) is None:
        raise ValueError(
            f"AutoModel of transformers has no model of the type {config.model_type!r}, so that it cannot be a "
            "backbone: choose one that `AutoModel.from_pretrained` loads."
        )


def _text_part(model: PreTrainedModel, config: PreTrainedConfig) -> nn.Module:
    part = model.get_encoder() if config.is_encoder_decoder else _language_model(model, config)
    if not _reads_token_ids(part):
        raise ValueError(
            f"A backbone has to read token ids, but {type(part).__name__} (model type {config.model_type!r}) reads "
            f"`{part.main_input_name}`: choose a model for texts."
        )
    return part


def _reads_token_ids(part: nn.Module) -> bool:
    return getattr(part, "main_input_name", "input_ids") == "input_ids"


def _language_model(model: PreTrainedModel, config: PreTrainedConfig) -> nn.Module:
    own_config = reading_config(config)
    candidates = [part for part in model.modules() if isinstance(part, PreTrainedModel) and part.config is own_config]
    own_class = _model_class(own_config)
    return next((part for part in candidates if type(part) is own_class), next(iter(candidates), model))


def as_asked(
    hidden_states: tuple[torch.Tensor, ...], wanted: bool | int | list[int] | None
) -> tuple[torch.Tensor | None, ...] | None:
    """Leave out the hidden states that the caller did not ask for: all of them, or all but some layers."""
    if wanted is None or wanted is False:
        return None
    if wanted is True:
        return hidden_states
    chosen = {level % len(hidden_states) for level in ([wanted] if isinstance(wanted, int) else wanted)}
    return tuple(state if level in chosen else None for level, state in enumerate(hidden_states))


def pick_levels(
    hidden_states: tuple[torch.Tensor | None, ...] | None,
    levels: list[int],
    last_hidden_state: torch.Tensor,
    config: PreTrainedConfig,
) -> tuple[torch.Tensor, ...]:
    """Pick the hidden states of these levels, each `(batch_size, sequence_length, hidden_size)`.

    Raises:
        ValueError: if the backbone does not return one of them with a vector for each token.
    """
    for level in levels:
        state = hidden_states[level] if hidden_states is not None and level < len(hidden_states) else None
        is_tensor = isinstance(state, torch.Tensor)
        if not is_tensor or state.shape != last_hidden_state.shape:
            found = f"one of the shape {tuple(state.shape)}" if is_tensor else type(state).__name__
            raise ValueError(
                f"The head reads the hidden states of the levels {levels}, but for level {level} the backbone "
                f"({config.model_type}) returns {found} where the shape {tuple(last_hidden_state.shape)} is needed: "
                "choose other `levels`, or another backbone."
            )
    return tuple(hidden_states[level] for level in levels)


__all__ = [
    "FINDING_ARGUMENTS",
    "as_asked",
    "build_backbone",
    "learned_positions",
    "load_backbone",
    "longest_text",
    "pick_levels",
    "position_table",
    "sort_arguments",
    "tells_texts_apart",
]
