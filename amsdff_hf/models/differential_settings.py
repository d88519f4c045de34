# Copyright 2026 The amsdff_hf authors. Licensed under the Apache License, Version 2.0.
"""Which layers and heads of a backbone get differential attention, and in which form: a block of a configuration."""

from dataclasses import dataclass
from typing import Any


_FORMS = ("dex", "query_twin", "row_sum", "v1", "v2")
PLACES = ("bottom", "even", "top")


@dataclass
class DifferentialAttentionSettings:
    """What of a backbone's attention becomes differential.

    Args:
        fraction: share of the layers, above 0 and at most 1; not used where `layers` lists them.
        layers: `top`, `bottom`, `even` (spread over the depth), or a list of layers from 0.
        head_fraction: share of the heads within each of these layers.
        form: `query_twin` and `row_sum` keep what a pretrained layer does at the start, `dex` corrects its output,
            `v1` and `v2` are for training from scratch.

    Raises:
        ValueError: if a value is out of range.
    """

    fraction: float = 0.25
    layers: str | list[int] = "top"
    head_fraction: float = 1.0
    form: str = "query_twin"

    def __post_init__(self):
        for name in ("fraction", "head_fraction"):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 < value <= 1:
                raise ValueError(f"`{name}` of `differential_attention` must be above 0 and at most 1, got {value!r}.")
        if self.form not in _FORMS:
            raise ValueError(
                f"`form` of `differential_attention` must be one of {', '.join(_FORMS)}, got {self.form!r}."
            )
        if self.form == "v1" and self.head_fraction != 1:
            raise ValueError(
                f"`form` v1 pairs all heads of a layer, so that `head_fraction` must be 1, got {self.head_fraction}."
            )
        is_list = isinstance(self.layers, (list, tuple))
        if not is_list and self.layers not in PLACES:
            raise ValueError(
                f"`layers` of `differential_attention` must be {', '.join(PLACES)} or a list of layers, got "
                f"{self.layers!r}."
            )
        if is_list:
            self.layers = list(self.layers)

    @classmethod
    def from_block(cls, block: dict[str, Any]) -> "DifferentialAttentionSettings":
        """Read the block of a configuration.

        Raises:
            ValueError: if it has entries that nobody knows.
        """
        unknown = set(block) - set(cls.__dataclass_fields__)
        if unknown:
            raise ValueError(
                f"`differential_attention` has no {', '.join(map(repr, sorted(unknown)))}; it knows "
                f"{', '.join(cls.__dataclass_fields__)}."
            )
        return cls(**block)

    def chosen_layers(self, num_layers: int) -> list[int]:
        """Layers from 0 that become differential.

        Args:
            num_layers: attention layers that the backbone has.

        Raises:
            ValueError: if there is none, or a listed layer does not exist.

        Examples:
        ```python
        >>> DifferentialAttentionSettings(fraction=0.25).chosen_layers(12)
        [9, 10, 11]
        >>> DifferentialAttentionSettings(fraction=0.25, layers="even").chosen_layers(12)
        [3, 7, 11]

        ```
        """
        if isinstance(self.layers, list):
            wrong = [layer for layer in self.layers if isinstance(layer, bool) or layer not in range(num_layers)]
            if wrong or not self.layers or len(set(self.layers)) < len(self.layers):
                raise ValueError(
                    f"`layers` of `differential_attention` must list different layers from 0 to {num_layers - 1}, "
                    f"got {self.layers}."
                )
            return sorted(self.layers)
        count = round(self.fraction * num_layers)
        if count == 0:
            raise ValueError(
                f"`fraction` {self.fraction} of `differential_attention` selects none of {num_layers} layers: take at "
                f"least {1 / num_layers:.3g}."
            )
        every = {
            "bottom": range(count),
            "top": range(num_layers - count, num_layers),
            "even": ((index + 1) * num_layers // count - 1 for index in range(count)),
        }
        return list(every[self.layers])

    def chosen_heads(self, num_heads: int, num_key_value_heads: int) -> int:
        """How many of the query heads become differential: all that share the chosen heads of keys and values.

        Raises:
            ValueError: if there is none, or if heads that have to be paired are odd in number.
        """
        if self.form == "v1" and (num_heads % 2 or num_key_value_heads % 2):
            raise ValueError(
                f"`form` v1 pairs heads, but the backbone has {num_heads} of queries and {num_key_value_heads} of "
                "keys: choose query_twin, row_sum or v2."
            )
        shared = round(self.head_fraction * num_key_value_heads)
        if shared == 0:
            raise ValueError(
                f"`head_fraction` {self.head_fraction} of `differential_attention` selects none of "
                f"{num_key_value_heads} heads: take at least {1 / num_key_value_heads:.3g}."
            )
        return shared * num_heads // num_key_value_heads


__all__ = ["PLACES", "DifferentialAttentionSettings"]
