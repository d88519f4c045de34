# Copyright 2026 The amsdff_hf authors. Licensed under the Apache License, Version 2.0.
"""Optimizer groups for backbone and head, and freezing of the backbone."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import nn
from transformers import PreTrainedModel, Trainer, TrainingArguments


# In the names of the parameters from which differential attention makes its lambdas.
_LAMBDAS = (".layer_lambda.", ".lambda_map.")


def find_backbone(model: PreTrainedModel) -> nn.Module:
    """Return the pretrained part of a classifier, ours or one of transformers, with or without PEFT around it.

    Raises:
        ValueError: if the model has no part of its own for it.
    """
    model = model.get_base_model() if hasattr(model, "get_base_model") else model
    backbone = getattr(model, "backbone", None)
    backbone = model.base_model if backbone is None else backbone
    if backbone is model:
        raise ValueError(f"{type(model).__name__} does not tell its backbone from its head.")
    return backbone


def has_lambdas(model: PreTrainedModel) -> bool:
    """Whether the model has lambdas of differential attention, which want a learning rate of their own."""
    return any(_is_lambda(name) for name, _ in model.named_parameters())


def _is_lambda(name: str) -> bool:
    return any(part in name for part in _LAMBDAS)


def build_optimizer(
    model: PreTrainedModel,
    arguments: TrainingArguments,
    head_learning_rate: float | None = None,
    lambda_learning_rate: float | None = None,
    part_learning_rates: Mapping[str, float] | None = None,
    layer_decay: float | None = None,
) -> torch.optim.Optimizer:
    """Build the Trainer's optimizer with learning rates of their own for the head and for differential attention.

    Biases and norms have no weight decay, as in the Trainer, nor have the lambdas of differential attention. Hand it
    over as `Trainer(..., optimizers=(build_optimizer(model, arguments, 1e-3), None))`.

    Args:
        model: the classifier, on its device.
        arguments: learning rate of the backbone, weight decay and kind of optimizer.
        head_learning_rate: learning rate of all that is not backbone; that of the backbone if not given.
        lambda_learning_rate: learning rate of the lambdas; ten times that of the backbone if not given.
        part_learning_rates: learning rates of parts of the head, by their path in the model, such as
            `{"classifier.trunk.others.audio": 1e-3}` of AMCCL.
        layer_decay: learning rate of each layer of the backbone as a share of that of the layer above it, the
            embeddings at the bottom (Howard and Ruder 2018); lambdas keep their own.

    Returns:
        An optimizer with a group for each learning rate, with and without weight decay.

    Raises:
        ValueError: if a part has no parameter to train, or the backbone has no layers to tell apart.
    """
    backbone = {id(parameter): 1.0 for parameter in find_backbone(model).parameters()}
    if layer_decay is not None:
        backbone |= _layer_shares(find_backbone(model), layer_decay)
    head_rate = arguments.learning_rate if head_learning_rate is None else head_learning_rate
    lambda_rate = 10 * arguments.learning_rate if lambda_learning_rate is None else lambda_learning_rate
    parts = dict(part_learning_rates or {})
    unused = set(parts)
    groups: dict[tuple[float, bool], list[nn.Parameter]] = {}
    for name, parameter in model.named_parameters():
        if parameter.requires_grad:
            is_lambda = _is_lambda(name)
            is_decayed = parameter.ndim > 1 and not name.endswith("bias") and not is_lambda
            rate = head_rate
            if is_lambda:
                rate = lambda_rate
            elif id(parameter) in backbone:
                rate = arguments.learning_rate * backbone[id(parameter)]
            part = next((part for part in parts if f".{name}".rpartition(f".{part}.")[1]), None)
            unused.discard(part)
            rate = rate if part is None else parts[part]
            groups.setdefault((rate, is_decayed), []).append(parameter)
    if unused:
        raise ValueError(f"The model trains nothing under {', '.join(sorted(unused))}: leave this learning rate out.")
    optimizer_class, options = Trainer.get_optimizer_cls_and_kwargs(arguments, model)
    return optimizer_class(
        [
            {
                "params": parameters,
                "lr": rate,
                "weight_decay": arguments.weight_decay if is_decayed else 0.0,
            }
            for (rate, is_decayed), parameters in groups.items()
        ],
        **options,
    )


def _layer_shares(backbone: nn.Module, decay: float) -> dict[int, float]:
    """Share of the learning rate for each parameter, by its id; what comes before the layers is at the bottom."""
    depth = getattr(backbone.config.get_text_config(), "num_hidden_layers", None)
    stacks = {name: module for name, module in backbone.named_modules() if isinstance(module, nn.ModuleList)}
    stacks = {name: stack for name, stack in stacks.items() if depth and len(stack) == depth}
    # Some backbones keep the parts of a layer in several lists side by side.
    parent = next((name.rpartition(".")[0] for name in stacks), None)
    stacks = [stack for name, stack in stacks.items() if name.rpartition(".")[0] == parent]
    if not stacks:
        raise ValueError(
            f"A layer decay needs layers with weights of their own, which a backbone of the type "
            f"{backbone.config.model_type!r} does not have: leave it out."
        )
    levels = {
        id(parameter): decay ** (depth - level)
        for stack in stacks
        for level, layer in enumerate(stack)
        for parameter in layer.parameters()
    }
    shares, share = {}, decay ** (depth + 1)
    for parameter in backbone.parameters():
        if id(parameter) in levels:
            # What is registered behind the layers, such as a last norm, goes with the highest.
            share = levels[id(parameter)]
        shares[id(parameter)] = share
    return shares


def freeze_backbone(model: PreTrainedModel) -> None:
    """Train the head alone: the backbone gets no gradients and no dropout, in training too."""
    backbone = find_backbone(model)
    backbone.requires_grad_(False)
    # The Trainer calls model.train() before every step, which would switch the backbone's dropout on again.
    backbone.register_forward_pre_hook(_in_evaluation_mode)


def _in_evaluation_mode(module: nn.Module, inputs: Any) -> None:
    if module.training:
        module.eval()
