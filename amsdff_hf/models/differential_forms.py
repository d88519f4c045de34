# Copyright 2026 The amsdff_hf authors. Licensed under the Apache License, Version 2.0.
"""Forms of differential attention: each takes the heads of a layer and subtracts one attention from another."""

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import nn


# What an attention function of transformers returns: (batch_size, sequence_length, heads, width) and the maps, if any.
Attended = tuple[torch.Tensor, torch.Tensor | None]
# In the names of the parameters that lambdas are made of: in half precision they could hardly move.
IN_FLOAT32 = ("lambda_vectors", "lambda_map")


def lambda_init(depth: int) -> float:
    """Starting value of lambda by the depth of a layer from 0 (Ye et al. 2024, arXiv 2410.05258).

    Examples:
    ```python
    >>> [round(lambda_init(depth), 3) for depth in (0, 1, 11)]
    [0.2, 0.356, 0.778]

    ```
    """
    return 0.8 - 0.6 * math.exp(-0.3 * depth)


class LayerLambda(nn.Module):
    """The one lambda of a layer: `exp(q1 . k1) - exp(q2 . k2) + start` (Ye et al. 2024, equation 2).

    Args:
        head_size: length of the four vectors.
        start: value before training.
        twins: let the second pair of vectors start as a copy of the first, so that lambda is exactly `start` and
            each vector still gets a gradient, which it would not if all were zero.
    """

    def __init__(self, head_size: int, start: float, twins: bool):
        super().__init__()
        self.start, self.twins = start, twins
        # (first query, first key, second query, second key)
        self.lambda_vectors = nn.Parameter(torch.empty(4, head_size, dtype=torch.float32))
        self.initialize_parameters()

    @torch.no_grad()
    def initialize_parameters(self) -> None:
        """Draw the vectors from N(0, 0.1^2)."""
        self.lambda_vectors.normal_(std=0.1)
        if self.twins:
            self.lambda_vectors[2:] = self.lambda_vectors[:2]

    def forward(self) -> torch.Tensor:
        """Return lambda, a scalar in float32."""
        products = (self.lambda_vectors[0::2].float() * self.lambda_vectors[1::2].float()).sum(-1).exp()
        return products[0] - products[1] + self.start


class QueryTwin(nn.Module):
    """`A1 V - lambda A2 V`, where a second query looks at the same keys and values; lambda starts at exactly 0.

    Args:
        head_size: width of a head.
        num_heads: query heads of the layer.
        num_twins: how many of them, the first ones, have a twin.
        num_key_value_heads: heads of keys and values.
        depth: which layer it is, from 0.
        hidden_size: width of the layer's input.
    """

    starts_as_pretrained = True
    needs_hidden_states = False

    def __init__(
        self, head_size: int, num_heads: int, num_twins: int, num_key_value_heads: int, depth: int, hidden_size: int
    ):
        super().__init__()
        self.num_heads, self.num_twins, self.num_key_value_heads = num_heads, num_twins, num_key_value_heads
        self.num_shared = num_twins * num_key_value_heads // num_heads
        self.layer_lambda = self._make_lambda(head_size, depth)

    def _make_lambda(self, head_size: int, depth: int) -> LayerLambda:
        return LayerLambda(head_size, start=0.0, twins=True)

    def forward(
        self,
        attend: Callable[..., Attended],
        query: torch.Tensor,
        key: torch.Tensor,
        value: torch.Tensor,
        attention_mask: torch.Tensor | None,
        hidden_states: torch.Tensor | None = None,
        **kwargs: Any,
    ) -> Attended:
        """Attend twice and subtract.

        Args:
            attend: the attention function that would have been called.
            query: `(batch_size, num_heads + num_twins, sequence_length, head_size)`.
            key: `(batch_size, num_key_value_heads or more, sequence_length, head_size)`.
            value: of the shape of `key`.
            attention_mask: what the attention function reads.
            hidden_states: `(batch_size, sequence_length, hidden_size)`, the layer's input, for the form that needs it.
            kwargs: further arguments of the attention function.

        Returns:
            `(batch_size, sequence_length, num_heads, head_size)`, and the differential maps where there are maps.
        """
        # A fused projection has filled up the keys and values to as many heads as the queries have.
        key, value = key[:, : self.num_key_value_heads], value[:, : self.num_key_value_heads]
        first, maps = attend(query[:, : self.num_heads], key, value, attention_mask, **kwargs)
        second, second_maps = attend(
            query[:, self.num_heads :],
            key[:, : self.num_shared],
            value[:, : self.num_shared],
            self._of_twins(attention_mask),
            **{name: self._of_twins(each) for name, each in kwargs.items()},
        )
        weight = self._weights(hidden_states).to(first.dtype)
        output = self._subtract(first, second, weight.unsqueeze(-1), dim=2)
        if maps is not None:
            maps = self._subtract(maps, second_maps, weight.transpose(1, 2).unsqueeze(-1), dim=1)
        return output, maps

    def _weights(self, hidden_states: torch.Tensor | None) -> torch.Tensor:
        """Lambda, `(batch_size or 1, sequence_length or 1, num_twins or 1)`."""
        return self.layer_lambda().view(1, 1, 1)

    def _subtract(self, first: torch.Tensor, second: torch.Tensor, weight: torch.Tensor, dim: int) -> torch.Tensor:
        if self.num_twins == self.num_heads:
            return self._combine(first, second, weight)
        twins, others = first.split([self.num_twins, self.num_heads - self.num_twins], dim=dim)
        return torch.cat([self._combine(twins, second, weight), others], dim=dim)

    def _combine(self, first: torch.Tensor, second: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
        return first - weight * second

    def _of_twins(self, value: Any) -> Any:
        """The part of a mask or bias that belongs to the heads with a twin, where each head has its own."""
        return value[:, : self.num_twins] if _has_heads(value, self.num_heads) else value


class RowSum(QueryTwin):
    """`(1 + lambda) A1 V - lambda A2 V`: rows sum to 1, and equal queries give the pretrained layer for any lambda."""

    def _make_lambda(self, head_size: int, depth: int) -> LayerLambda:
        return LayerLambda(head_size, start=lambda_init(depth), twins=False)

    def _combine(self, first: torch.Tensor, second: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
        return (1 + weight) * first - weight * second


class TokenGated(QueryTwin):
    """Version 2 of the authors (January 2026): lambda is the sigmoid of a projection, for every token and head."""

    starts_as_pretrained = False
    needs_hidden_states = True

    def __init__(
        self, head_size: int, num_heads: int, num_twins: int, num_key_value_heads: int, depth: int, hidden_size: int
    ):
        super().__init__(head_size, num_heads, num_twins, num_key_value_heads, depth, hidden_size)
        self.lambda_map = nn.Linear(hidden_size, num_twins, bias=False)
        nn.init.normal_(self.lambda_map.weight, std=0.02)

    def _make_lambda(self, head_size: int, depth: int) -> None:
        return None

    def _weights(self, hidden_states: torch.Tensor | None) -> torch.Tensor:
        return torch.sigmoid(self.lambda_map(hidden_states.to(self.lambda_map.weight.dtype)).float())


class PairedHeads(nn.Module):
    """Version 1 (Ye et al. 2024, arXiv 2410.05258): pairs of heads are subtracted, over both their values.

    Pair i are the heads 2i and 2i + 1. Each output is normalized by its root mean square over its width, which is
    that of two heads, and multiplied by `1 - lambda_init`.

    Args:
        head_size: width of a head.
        num_heads: query heads of the layer, even.
        num_twins: the same number; every head belongs to a pair.
        num_key_value_heads: heads of keys and values, even.
        depth: which layer it is, from 0.
        hidden_size: width of the layer's input.
    """

    starts_as_pretrained = False
    needs_hidden_states = False

    def __init__(
        self, head_size: int, num_heads: int, num_twins: int, num_key_value_heads: int, depth: int, hidden_size: int
    ):
        super().__init__()
        self.num_heads = num_heads
        self.scale = 1 - lambda_init(depth)
        self.layer_lambda = LayerLambda(head_size, start=lambda_init(depth), twins=False)
        self.norm = nn.RMSNorm(2 * head_size, eps=1e-5)

    def forward(
        self,
        attend: Callable[..., Attended],
        query: torch.Tensor,
        key: torch.Tensor,
        value: torch.Tensor,
        attention_mask: torch.Tensor | None,
        hidden_states: torch.Tensor | None = None,
        **kwargs: Any,
    ) -> Attended:
        """Attend by the even and by the odd heads, subtract and normalize; see [`QueryTwin.forward`].

        Returns:
            `(batch_size, sequence_length, num_heads, head_size)`, and the maps of the pairs where there are maps.
        """
        values = torch.cat([value[:, 0::2], value[:, 1::2]], dim=-1)
        (first, maps), (second, second_maps) = (
            attend(
                query[:, start::2],
                key[:, start::2],
                values,
                self._of_half(attention_mask, start),
                **{name: self._of_half(each, start) for name, each in kwargs.items()},
            )
            for start in (0, 1)
        )
        weight = self.layer_lambda().to(first.dtype)
        output = self.scale * self.norm(first - weight * second)
        return output.unflatten(-1, (2, -1)).flatten(2, 3), None if maps is None else maps - weight * second_maps

    def _of_half(self, value: Any, start: int) -> Any:
        """The part of a mask or bias that belongs to the even or odd heads, where each head has its own."""
        return value[:, start::2] if _has_heads(value, self.num_heads) else value


class ValueCorrection(nn.Module):
    """`O - lambda f(O)` on chosen heads, f linear: after DEX (Kong et al. 2025, arXiv 2505.16333).

    Args:
        head_size: width of a head.
        num_heads: query heads of the layer.
        num_twins: how many of them, the first ones, are corrected.
        num_key_value_heads: heads of keys and values; all query heads of one of them share its function.
        depth: which layer it is, from 0.
        hidden_size: width of the layer's input.
    """

    starts_as_pretrained = True
    needs_hidden_states = False

    def __init__(
        self, head_size: int, num_heads: int, num_twins: int, num_key_value_heads: int, depth: int, hidden_size: int
    ):
        super().__init__()
        self.num_twins = num_twins
        num_shared = num_twins * num_key_value_heads // num_heads
        self.correction = nn.Parameter(torch.empty(num_shared, head_size, head_size))
        nn.init.normal_(self.correction, std=0.02)
        self.layer_lambda = LayerLambda(head_size, start=0.0, twins=True)

    def matrices(self) -> torch.Tensor:
        """What the values of each head are multiplied by from the right, `(heads, head_size, head_size)`."""
        identity = torch.eye(self.correction.shape[-1], dtype=torch.float32, device=self.correction.device)
        return identity - self.layer_lambda() * self.correction.float()

    def forward(
        self,
        attend: Callable[..., Attended],
        query: torch.Tensor,
        key: torch.Tensor,
        value: torch.Tensor,
        attention_mask: torch.Tensor | None,
        hidden_states: torch.Tensor | None = None,
        **kwargs: Any,
    ) -> Attended:
        """Attend and correct; see [`QueryTwin.forward`]. The maps are those of the ordinary attention."""
        output, maps = attend(query, key, value, attention_mask, **kwargs)
        corrected, others = output.split([self.num_twins, output.shape[2] - self.num_twins], dim=2)
        grouped = corrected.unflatten(2, (len(self.correction), -1))
        corrected = torch.einsum("btgqd,gde->btgqe", grouped, self.matrices().to(output.dtype)).flatten(2, 3)
        return torch.cat([corrected, others], dim=2), maps


def _has_heads(value: Any, num_heads: int) -> bool:
    return isinstance(value, torch.Tensor) and value.dim() == 4 and value.shape[1] == num_heads


FORMS = {
    "dex": ValueCorrection,
    "query_twin": QueryTwin,
    "row_sum": RowSum,
    "v1": PairedHeads,
    "v2": TokenGated,
}

__all__ = [
    "FORMS",
    "LayerLambda",
    "PairedHeads",
    "QueryTwin",
    "RowSum",
    "TokenGated",
    "ValueCorrection",
    "lambda_init",
]
