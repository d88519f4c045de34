# Copyright 2026 The amsdff_hf authors. Licensed under the Apache License, Version 2.0.
"""The number format that a model computes in."""

import copy
import functools
import time

import torch
from transformers import PreTrainedModel
from transformers.utils import logging


logger = logging.get_logger(__name__)

PRECISIONS = {"bfloat16": torch.bfloat16, "float16": torch.float16, "float32": torch.float32}


def fastest_precision(device: torch.device) -> str:
    """Name the fastest number format of a device.

    Args:
        device: where the model is.

    Returns:
        On a CPU `bfloat16` if it multiplies matrices at least 1.2 times as fast when both are tried, and `float32`
        otherwise; on a GPU `bfloat16` where there are instructions for it; `float16` elsewhere.
    """
    if device.type == "cpu":
        return _fastest_on_cpu()
    if device.type == "cuda":
        return "bfloat16" if torch.cuda.get_device_capability(device) >= (8, 0) else "float16"
    return "float16"


@functools.cache
def _fastest_on_cpu() -> str:
    """Try both formats: there are CPUs with instructions for bfloat16 that are slower than those for float32."""
    # Little is gained by less, and the clock is not exact.
    worthwhile = 1.2
    return "bfloat16" if _product_seconds(torch.float32) > worthwhile * _product_seconds(torch.bfloat16) else "float32"


def _product_seconds(dtype: torch.dtype, repeats: int = 5) -> float:
    """Seconds of a product of the size that small backbones compute, without those of the first one."""
    states, weight = torch.ones(1024, 384, dtype=dtype), torch.ones(1536, 384, dtype=dtype)
    seconds = []
    for _ in range(1 + repeats):
        start = time.perf_counter()
        torch.nn.functional.linear(states, weight)
        seconds.append(time.perf_counter() - start)
    return min(seconds[1:])


def in_precision(model: PreTrainedModel, precision: str) -> PreTrainedModel:
    """Return a model that computes in another number format, as if it had been loaded in it.

    Parts that a model keeps in float32, such as the lambdas of differential attention and the frequencies of rotary
    positions, stay so.

    Args:
        model: any model of transformers.
        precision: `bfloat16`, `float16`, `float32`, or `auto` for the fastest one of the device.

    Returns:
        A copy, or the model itself where it computes in this format already.

    Raises:
        ValueError: if there is no such number format.
    """
    if precision != "auto" and precision not in PRECISIONS:
        raise ValueError(f"`precision` must be auto, {', '.join(PRECISIONS)} or None, got {precision!r}.")
    if precision == "auto":
        precision = fastest_precision(model.device)
        logger.warning(f"Computing in {precision}, the fastest for this {model.device.type}.")
    dtype = PRECISIONS[precision]
    if model.dtype == dtype:
        return model
    converted = copy.deepcopy(model)
    kept = set(getattr(model, "_keep_in_fp32_modules_strict", None) or ())
    if dtype == torch.float16:
        # They overflow in it.
        kept |= set(getattr(model, "_keep_in_fp32_modules", None) or ())
    # What is not saved, such as frequencies, is computed and not loaded: no model loads it in half precision.
    for name, tensor in converted.state_dict(keep_vars=True).items():
        if tensor.is_floating_point() and not kept & set(name.split(".")):
            tensor.data = tensor.data.to(dtype)
    converted.config.dtype = dtype
    return converted


__all__ = ["PRECISIONS", "fastest_precision", "in_precision"]
