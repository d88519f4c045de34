# Copyright 2026 The amsdff_hf authors. Licensed under the Apache License, Version 2.0.
"""Differential attention in chosen layers of any backbone whose attention goes through transformers' interface.

The model's code stays as it is. The projection of the queries of a chosen layer gets further rows, for the second
queries, which take the same way as the first ones (positions, norms). A registered attention function then hands the
heads to the layer's form of differential attention, and those of all other layers to the function they had before.
"""

import functools
import inspect
import sys
from collections.abc import Callable
from typing import Any

import torch
from torch import nn
from transformers import AttentionInterface, AttentionMaskInterface, PreTrainedModel
from transformers.masking_utils import ALL_MASK_ATTENTION_FUNCTIONS
from transformers.modeling_utils import ALL_ATTENTION_FUNCTIONS

from .differential_forms import FORMS, IN_FLOAT32, Attended
from .differential_projections import FUSED_NAME, VALUE_NAMES, find_projections, head_size_of, with_twins
from .differential_settings import DifferentialAttentionSettings


PREFIX = "differential_"
_IMPLEMENTATIONS = ("eager", "sdpa")
# Backbones that norm or reshape all heads at once, so that second queries find no place.
_HEADS_ARE_COUNTED = (
    "dbrx",
    "esmc",
    "flex_olmo",
    "inkling2_text",
    "minimax_m2",
    "mllama_text_model",
    "olmo2",
    "olmo3",
    "olmo_hybrid",
    "olmoe",
    "opt",
    "stablelm",
    "umt5",
)
# Backbones with a parameter for each head, or values of another width than keys.
_PAIRS_DIFFER = ("dbrx", "flint", "gpt_oss", "granite_swa", "granitemoe_swa", "mimo_v2_flash")
# Backbones that norm or join the values after their projection, beside those that call the norm `v_norm`.
_VALUES_ARE_CHANGED = ("diffllama",)
# In the names of attention to another text.
_CROSS = ("cross", "encoder_attn", "encdec")
# Forms that attend by the heads as they are, without second queries.
_WITHOUT_TWINS = ("dex", "v1")


def convert_to_differential_attention(
    model: PreTrainedModel,
    fraction: float = 0.25,
    layers: str | list[int] = "top",
    head_fraction: float = 1.0,
    form: str = "query_twin",
) -> PreTrainedModel:
    """Make part of a model's attention differential, in place.

    With the forms `query_twin`, `row_sum` and `dex` the model computes at first what it did before: the second
    queries start as copies. Its `config.differential_attention` then says what was done.

    Args:
        model: any model of transformers whose attention goes through `AttentionInterface`.
        fraction: share of the layers.
        layers: `top`, `bottom`, `even`, or a list of layers from 0.
        head_fraction: share of the heads within each.
        form: `query_twin`, `row_sum`, `dex`, `v1` or `v2`; see [`DifferentialAttentionSettings`].

    Returns:
        The same model.

    Raises:
        ValueError: if the model cannot be converted, or the settings select nothing.

    Examples:
    ```python
    >>> import torch
    >>> from transformers import BertConfig, BertModel
    >>> config = BertConfig(hidden_size=32, num_hidden_layers=4, num_attention_heads=4, intermediate_size=64)
    >>> model, ids = BertModel(config).eval(), torch.tensor([[1, 2, 3]])
    >>> before = model(ids).last_hidden_state
    >>> after = convert_to_differential_attention(model, fraction=0.5)(ids).last_hidden_state
    >>> bool((after - before).abs().max() < 1e-6)
    True

    ```
    """
    settings = DifferentialAttentionSettings(fraction, layers, head_fraction, form)
    attach_differential_attention(model, settings)
    model.config.differential_attention = dict(vars(settings))
    return model


def attach_differential_attention(model: PreTrainedModel, settings: DifferentialAttentionSettings) -> None:
    """Give the chosen layers of a model their second queries and lambdas, and the model the function that uses them.

    Args:
        model: the backbone, with or without weights (on the meta device); changed in place.
        settings: which layers and heads, and how.

    Raises:
        ValueError: if the model cannot be converted, or the settings select nothing.
    """
    found = attention_layers(model)
    model_type = model.config.model_type if hasattr(model, "config") else type(model).__name__
    if not found:
        raise ValueError(
            f"Differential attention needs a backbone whose attention goes through transformers' "
            f"AttentionInterface; that of {model_type!r} does not: choose another backbone."
        )
    if any(hasattr(module, "differential") for module in found):
        raise ValueError(
            f"The attention of this {model_type!r} is differential already: convert the model once, with all the "
            "layers and in the form that it shall have, or start from the one before its conversion."
        )
    _check_heads_are_free(found[0].config.model_type, settings)
    implementation = found[0].config._attn_implementation or "eager"
    _check_implementation(implementation, model_type)
    for layer in settings.chosen_layers(len(found)):
        _attach(found[layer], layer, settings, model_type)
    set_differential_implementation(model, implementation)


@torch.no_grad()
def fold_differential_attention(model: PreTrainedModel) -> PreTrainedModel:
    """Fold the corrections of the form `dex` into the projections of the values, in place, for serving.

    `O - lambda O W` is `A (V - lambda V W)`, so the model then costs what it did before the conversion.

    Args:
        model: a trained model with the form `dex`.

    Returns:
        The same model with ordinary attention.

    Raises:
        ValueError: if its attention is not differential in that form, or if something stands between the projection
            of its values and the attention.
    """
    folded = [
        module for module in attention_layers(model) if isinstance(getattr(module, "differential", None), FORMS["dex"])
    ]
    if not folded:
        raise ValueError("Only the form dex folds into a projection, and no layer of this model has it.")
    model_type = folded[0].config.model_type
    if model_type in _VALUES_ARE_CHANGED or hasattr(folded[0], "v_norm"):
        raise ValueError(
            f"The code of {model_type!r} changes the values after their projection, so that nothing can be folded "
            "into it: serve the model as it is."
        )
    for module in folded:
        name = next((name for name in VALUE_NAMES if hasattr(module, name)), FUSED_NAME)
        projection, matrices = getattr(module, name), module.differential.matrices()
        num_rows = matrices.shape[0] * matrices.shape[1]
        start = projection.out_features * 2 // 3 if name == FUSED_NAME else 0
        for rows in (projection.weight, projection.bias):
            if rows is not None:
                part = rows[start : start + num_rows].unflatten(0, matrices.shape[:2]).float()
                rows[start : start + num_rows] = (
                    torch.einsum("gd...,gde->ge...", part, matrices).flatten(0, 1).to(rows)
                )
        del module.differential
    model.config.differential_attention = None
    part = _reading_part(model)
    part.set_attn_implementation(part.config._attn_implementation.removeprefix(PREFIX))
    return model


def attention_layers(model: nn.Module) -> list[nn.Module]:
    """List the self-attention of every layer that reads texts, as far as it goes through transformers' interface."""
    text_config = model.config.get_text_config() if hasattr(model, "config") else None
    found = [
        module
        for name, module in model.named_modules()
        if _uses_interface(module) and not any(part in f"{name} {type(module).__name__}".lower() for part in _CROSS)
    ]
    # Some backbones come with a tower for images, which has layers of attention too.
    return [module for module in found if type(module.config) is type(text_config)]


def learned_lambdas(model: nn.Module) -> dict[int, float]:
    """Read the lambda of each layer whose attention is differential, by its number from 0.

    The form `v2` makes a lambda for each token, so that its layers have none of their own.
    """
    forms = {layer: getattr(module, "differential", None) for layer, module in enumerate(attention_layers(model))}
    lambdas = {layer: getattr(form, "layer_lambda", None) for layer, form in forms.items()}
    return {layer: value().item() for layer, value in lambdas.items() if value is not None}


def set_differential_implementation(model: PreTrainedModel, implementation: str) -> None:
    """Switch a converted model to `eager` or `sdpa`, at any time.

    Raises:
        ValueError: if it is another implementation.
    """
    _check_implementation(implementation, model.config.model_type)
    _reading_part(model).set_attn_implementation(PREFIX + implementation.removeprefix(PREFIX))


def _reading_part(model: PreTrainedModel) -> PreTrainedModel:
    """The part that reads texts: an encoder of images or sounds may know fewer implementations."""
    text_config = model.config.get_text_config()
    parts = (part for part in model.modules() if isinstance(part, PreTrainedModel) and part.config is text_config)
    return next(parts, model)


def _check_implementation(implementation: str, model_type: str) -> None:
    if implementation.removeprefix(PREFIX) not in _IMPLEMENTATIONS:
        raise ValueError(
            f"Differential attention works with the attention implementations {' and '.join(_IMPLEMENTATIONS)}, the "
            f'backbone ({model_type}) is set to {implementation!r}: pass `attn_implementation="sdpa"`.'
        )


def _check_heads_are_free(model_type: str, settings: DifferentialAttentionSettings) -> None:
    form, has_twins = settings.form, settings.form not in _WITHOUT_TWINS
    tied = {
        "be paired": _PAIRS_DIFFER if form == "v1" else (),
        "be more than they are": _HEADS_ARE_COUNTED if has_twins else (),
        "have twins for some of them only": _PAIRS_DIFFER if has_twins and settings.head_fraction < 1 else (),
    }
    for change, model_types in tied.items():
        if model_type in model_types:
            raise ValueError(
                f"The code of {model_type!r} does not let its heads {change}, as the form {form} needs with "
                f"`head_fraction` {settings.head_fraction}: choose the form dex, or another backbone."
            )


def _uses_interface(module: nn.Module) -> bool:
    code = getattr(inspect.unwrap(type(module).forward), "__code__", None)
    return code is not None and "ALL_ATTENTION_FUNCTIONS" in code.co_names


def _attach(module: nn.Module, depth: int, settings: DifferentialAttentionSettings, model_type: str) -> None:
    query_name, query, num_rows, num_key_rows = find_projections(module, model_type)
    head_size = head_size_of(module, num_rows)
    num_heads, num_shared = num_rows // head_size, num_key_rows // head_size
    if num_heads != getattr(module.config, "num_attention_heads", num_heads):
        raise ValueError(
            f"The queries of {model_type!r} come with something else from one layer, {num_rows} numbers for "
            f"{module.config.num_attention_heads} heads of {head_size}: it cannot become differential, choose another "
            "backbone."
        )
    num_twins = settings.chosen_heads(num_heads, num_shared)
    form = FORMS[settings.form](head_size, num_heads, num_twins, num_shared, depth, query.in_features)
    form.to(query.weight.device, query.weight.dtype)
    for name, parameter in form.named_parameters():
        if any(part in name for part in IN_FLOAT32):
            parameter.data = parameter.data.float()
    if settings.form not in _WITHOUT_TWINS:
        num_parts = 3 if query_name == FUSED_NAME else 1
        setattr(module, query_name, with_twins(query, num_twins * head_size, num_parts))
    module.differential = form
    module.register_forward_pre_hook(_expect_own_implementation)
    if form.needs_hidden_states:
        module.register_forward_pre_hook(_pass_hidden_states, with_kwargs=True)
    # Made on purpose, they must not be initialized like weights that a checkpoint lacks.
    for parameter in (*form.parameters(), *getattr(module, query_name).parameters()):
        parameter._is_hf_initialized = not parameter.is_meta


def _expect_own_implementation(module: nn.Module, args: tuple) -> None:
    implementation = module.config._attn_implementation
    if hasattr(module, "differential") and not implementation.startswith(PREFIX):
        raise ValueError(
            f"The attention implementation was set to {implementation!r}, which knows nothing of differential "
            f'attention: set it by set_differential_implementation(model, "eager") or "sdpa".'
        )


def _pass_hidden_states(module: nn.Module, args: tuple, kwargs: dict[str, Any]) -> tuple[tuple, dict[str, Any]]:
    # The attention function sees projected heads only; what a layer is called with goes on to it.
    return args, {**kwargs, "differential_hidden_states": args[0] if args else kwargs["hidden_states"]}


def _attend(own: Callable[..., Attended], module: nn.Module, *heads: torch.Tensor, **kwargs: Any) -> Attended:
    hidden_states = kwargs.pop("differential_hidden_states", None)
    form = getattr(module, "differential", None)
    if form is None:
        return own(module, *heads, **kwargs)
    return form(functools.partial(own, module), *heads, hidden_states=hidden_states, **kwargs)


def differential_eager(module: nn.Module, *heads: torch.Tensor, **kwargs: Any) -> Attended:
    """The eager attention of the model's own code, differential in the layers that were converted."""
    return _attend(sys.modules[type(module).__module__].eager_attention_forward, module, *heads, **kwargs)


def differential_sdpa(module: nn.Module, *heads: torch.Tensor, **kwargs: Any) -> Attended:
    """PyTorch's fused attention, differential in the layers that were converted."""
    return _attend(ALL_ATTENTION_FUNCTIONS["sdpa"], module, *heads, **kwargs)


AttentionInterface.register(PREFIX + "eager", differential_eager)
AttentionInterface.register(PREFIX + "sdpa", differential_sdpa)
for _name in _IMPLEMENTATIONS:
    AttentionMaskInterface.register(PREFIX + _name, ALL_MASK_ATTENTION_FUNCTIONS[_name])

__all__ = [
    "attach_differential_attention",
    "attention_layers",
    "convert_to_differential_attention",
    "fold_differential_attention",
    "learned_lambdas",
    "set_differential_implementation",
]
