# Copyright 2026 The amsdff_hf authors. Licensed under the Apache License, Version 2.0.
"""Where the queries, keys and values of a layer of attention come from, and the room for second queries."""

import torch
from torch import nn


QUERY_NAMES = ("query", "q_proj", "q_lin", "q")
KEY_NAMES = ("key", "k_proj", "k_lin", "k")
VALUE_NAMES = ("value", "v_proj", "v_lin", "v")
# Queries, keys and values of all heads, in this order (ModernBERT).
FUSED_NAME = "Wqkv"


def find_projections(module: nn.Module, model_type: str) -> tuple[str, nn.Linear, int, int]:
    """Name of the projection of the queries, the layer itself, and the widths of all queries and of all keys."""
    layers = {name: layer for name, layer in module.named_children() if isinstance(layer, nn.Linear)}
    query = next((name for name in QUERY_NAMES if name in layers), None)
    key = next((name for name in KEY_NAMES if name in layers), None)
    if query is not None and key is not None:
        return query, layers[query], layers[query].out_features, layers[key].out_features
    if FUSED_NAME in layers:
        width = layers[FUSED_NAME].out_features // 3
        return FUSED_NAME, layers[FUSED_NAME], width, width
    raise ValueError(
        f"The attention of {model_type!r} ({type(module).__name__}) has the linear layers "
        f"{', '.join(layers) or 'none'}, among which none is known to make queries and keys: it cannot become "
        "differential, choose another backbone."
    )


def head_size_of(module: nn.Module, num_rows: int) -> int:
    """Width of a head of a layer whose queries are `num_rows` numbers wide together."""
    for name in ("head_dim", "attention_head_size", "key_value_proj_dim", "dim_per_head"):
        if isinstance(getattr(module, name, None), int):
            return getattr(module, name)
    return num_rows // module.config.num_attention_heads


@torch.no_grad()
def with_twins(projection: nn.Linear, num_rows: int, num_parts: int) -> nn.Linear:
    """The projection with the first rows of its queries once more, for the second queries.

    An ordinary layer, so that whatever knows how to initialize, adapt or quantize one goes on to work. Where keys and
    values are parts of it too, rows of zeros fill them up to the same number of heads, and are left out afterwards.
    """

    def widen(rows: torch.Tensor) -> torch.Tensor:
        parts = rows.unflatten(0, (num_parts, -1))
        further = torch.zeros_like(parts[:, :num_rows])
        further[0] = parts[0, :num_rows]
        return torch.cat([parts, further], dim=1).flatten(0, 1)

    wide = nn.Linear(
        projection.in_features,
        projection.out_features + num_parts * num_rows,
        bias=projection.bias is not None,
        device=projection.weight.device,
        dtype=projection.weight.dtype,
    )
    wide.weight.copy_(widen(projection.weight))
    if projection.bias is not None:
        wide.bias.copy_(widen(projection.bias))
    return wide.train(projection.training)


__all__ = ["FUSED_NAME", "VALUE_NAMES", "find_projections", "head_size_of", "with_twins"]
