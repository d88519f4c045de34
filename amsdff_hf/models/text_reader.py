# Copyright 2026 The amsdff_hf authors. Licensed under the Apache License, Version 2.0.
"""How a backbone is fed with texts that may be padded on any side, and what a head reads of it."""

from dataclasses import replace
from typing import Any

import torch
from transformers.modeling_outputs import BaseModelOutput

from .input_checks import check_ids, check_length, check_mask, check_shapes, check_states, check_width
from .padding import front_positions, in_input_order, may_follow_padding, move_to_front, to_front_if_per_token
from .text_backbone import as_asked, pick_levels, tells_texts_apart
from .windows import Windows


class TextReader:
    """The part of a model that feeds its `backbone`; the model has to set what its constructor learns about that."""

    def encode(
        self,
        input_ids: torch.LongTensor | None = None,
        attention_mask: torch.Tensor | None = None,
        token_type_ids: torch.LongTensor | None = None,
        position_ids: torch.LongTensor | None = None,
        inputs_embeds: torch.FloatTensor | None = None,
        **kwargs: Any,
    ) -> BaseModelOutput:
        """Run the backbone on texts that may be padded on any side.

        Args:
            input_ids: `(batch_size, sequence_length)`; or else `inputs_embeds`.
            attention_mask: `(batch_size, sequence_length)`, zero at padding.
            token_type_ids: `(batch_size, sequence_length)`; dropped if the backbone knows no token types.
            position_ids: `(batch_size or 1, sequence_length)`; dropped if the backbone takes none.
            inputs_embeds: `(batch_size, sequence_length, embedding_size)`.
            kwargs: further arguments of the backbone's forward.

        Returns:
            Token vectors `(batch_size, sequence_length, hidden_size)` and what else the backbone was asked for, in
            the order of the input.

        Raises:
            ValueError: if not exactly one of `input_ids` and `inputs_embeds` is given, if the texts are empty or too
                long, if an input does not fit the tokens, if an id has no embedding, or if positions or attention maps
                are asked for where a text is read in windows.
        """
        if (input_ids is None) == (inputs_embeds is None):
            raise ValueError("You must specify exactly one of `input_ids` and `inputs_embeds`.")
        if position_ids is not None and len(position_ids) == 1:
            position_ids = position_ids.expand(len(input_ids if inputs_embeds is None else inputs_embeds), -1)
        # Heads may read token types that the backbone does not know.
        check_shapes(*_tokens(input_ids, inputs_embeds), {"token_type_ids": token_type_ids})
        others = {
            "attention_mask": attention_mask,
            "token_type_ids": token_type_ids if self._has_token_types() else None,
            "position_ids": position_ids if self._accepts("position_ids") else None,
        }
        self._check_inputs(input_ids, inputs_embeds, others)
        inputs = {"input_ids": input_ids, "inputs_embeds": inputs_embeds, **others}
        inputs = {name: value for name, value in inputs.items() if value is not None and self._accepts(name)}
        positions = None
        if attention_mask is not None and may_follow_padding(attention_mask):
            positions = front_positions(attention_mask)
            inputs = {name: move_to_front(value, positions) for name, value in inputs.items()}
            kwargs = {name: to_front_if_per_token(value, positions) for name, value in kwargs.items()}
        if "use_cache" in self._backbone_arguments or self._backbone_takes_any:
            kwargs["use_cache"] = False
        kwargs = {name: value for name, value in kwargs.items() if self._accepts(name) or self._backbone_takes_any}
        length = (input_ids if inputs_embeds is None else inputs_embeds).shape[1]
        if self.window_length is None or length <= self.window_length:
            outputs = self.backbone(**inputs, **kwargs, return_dict=True)
        else:
            outputs = self._encode_windows(length, inputs, kwargs)
        return in_input_order(outputs, positions, self.config.get_text_config().model_type)

    def _encode_windows(self, length: int, inputs: dict[str, torch.Tensor], kwargs: dict[str, Any]) -> BaseModelOutput:
        """Run the backbone on windows over the texts, whose tokens come first, and join their states."""
        if "position_ids" in inputs or kwargs.get("output_attentions"):
            raise ValueError(
                f"A text of {length} tokens is read in windows of {self.window_length}, which have positions and "
                "attention maps of their own: leave `position_ids` and `output_attentions` out."
            )
        shape, device = next(iter(inputs.values())).shape[:2], self.device
        mask = inputs.pop("attention_mask", torch.ones(shape, dtype=torch.long, device=device))
        windows = Windows(mask, self.window_length, self.config.window_overlap)
        cut = {name: windows.cut(value) for name, value in inputs.items()}
        per_token = [
            name for name, value in kwargs.items() if isinstance(value, torch.Tensor) and value.shape[:2] == shape
        ]
        kwargs = {**kwargs, **{name: windows.cut(kwargs[name]) for name in per_token}}
        if self._accepts("attention_mask"):
            cut["attention_mask"] = windows.mask
        outputs = self.backbone(**cut, **kwargs, return_dict=True)
        levels = outputs.get("hidden_states")
        return BaseModelOutput(
            last_hidden_state=windows.join(outputs.last_hidden_state),
            hidden_states=None
            if levels is None
            else tuple(one if one is None else windows.join(one) for one in levels),
        )

    def read(
        self,
        *inputs: torch.Tensor | None,
        output_attentions: bool | None,
        output_hidden_states: bool | list[int] | None,
        backbone_states: torch.Tensor | None = None,
        **kwargs: Any,
    ) -> tuple[BaseModelOutput, torch.Tensor | tuple[torch.Tensor, ...]]:
        """Run [`encode`] and pick out what the head reads.

        Args:
            inputs: the first five arguments of [`encode`].
            output_attentions: whether the caller wants attention maps; `None` leaves it to the configuration.
            output_hidden_states: whether the caller wants hidden states, or which; `None` as above.
            backbone_states: what [`states_of`] returned for the texts, which are not given then.
            kwargs: the other arguments of [`encode`].

        Returns:
            What the caller asked of the backbone, and the last token vectors `(batch_size, sequence_length,
            hidden_size)` or, with `hidden_levels` in the config, those of each of these levels.

        Raises:
            ValueError: if the backbone does not return one of the levels.
        """
        asked = {"output_attentions": output_attentions, "output_hidden_states": output_hidden_states}
        if backbone_states is not None:
            return BaseModelOutput(), self._given_states(backbone_states, inputs)
        # What nobody asks for is left to the backbone's own configuration.
        asked = {name: getattr(self.config, name) or None if value is None else value for name, value in asked.items()}
        levels, wanted = self.config.hidden_levels, asked["output_hidden_states"]
        if levels is not None:
            # Not a list of the levels, for which transformers 5.20 returns no last one.
            asked["output_hidden_states"] = True
        encoded = self.encode(*inputs, **{name: value for name, value in asked.items() if value is not None}, **kwargs)
        if levels is None:
            return encoded, encoded.last_hidden_state
        states = pick_levels(encoded.hidden_states, levels, encoded.last_hidden_state, self.config.get_text_config())
        return replace(encoded, hidden_states=as_asked(encoded.hidden_states, wanted)), states

    def states_of(
        self,
        input_ids: torch.LongTensor,
        attention_mask: torch.Tensor | None = None,
        token_type_ids: torch.LongTensor | None = None,
    ) -> torch.Tensor:
        """Run the backbone alone; a classifier takes the result as `backbone_states` in the place of the texts.

        Returns:
            `(batch_size, sequence_length, hidden_size)` or, with `hidden_levels` in the config, `(batch_size,
            num_levels, sequence_length, hidden_size)`.
        """
        inputs = input_ids, attention_mask, token_type_ids, None, None
        _, states = self.read(*inputs, output_attentions=False, output_hidden_states=False)
        return states if isinstance(states, torch.Tensor) else torch.stack(states, dim=1)

    def _given_states(
        self, states: torch.Tensor, texts: tuple[torch.Tensor | None, ...]
    ) -> torch.Tensor | tuple[torch.Tensor, ...]:
        ids, _, _, _, embeddings = texts
        if ids is not None or embeddings is not None:
            raise ValueError("You must pass either `backbone_states` or the texts that they come from, not both.")
        levels = self.config.hidden_levels
        check_states(states, None if levels is None else len(levels), self.config.hidden_size)
        states = states.to(next(self.classifier.parameters()).dtype)
        return states if levels is None else states.unbind(1)

    def _accepts(self, name: str) -> bool:
        return name in self._backbone_arguments

    def _has_token_types(self) -> bool:
        return self._accepts("token_type_ids") and tells_texts_apart(self.config.get_text_config())

    def _check_inputs(
        self, input_ids: torch.Tensor | None, inputs_embeds: torch.Tensor | None, others: dict[str, torch.Tensor]
    ) -> None:
        name, tokens = _tokens(input_ids, inputs_embeds)
        text_config, model_type = self.config.get_text_config(), self.config.backbone_config.model_type
        if not self._accepts(name):
            raise ValueError(f"The backbone ({model_type}) reads no `{name}`: pass the other of the two.")
        check_shapes(name, tokens, others)
        check_length(tokens.shape[1], self.max_sequence_length, model_type)
        if hasattr(text_config, "vocab_size"):
            table = self.get_input_embeddings().weight
            if input_ids is None:
                check_width(inputs_embeds, table.shape[-1])
            else:
                check_ids("input_ids", input_ids, len(table), "use its own tokenizer, or `resize_token_embeddings`")
        if others["position_ids"] is not None and self._num_positions is not None:
            check_ids("position_ids", others["position_ids"], self._num_positions, "count from 0, or leave them out")
        if others["attention_mask"] is not None:
            check_mask(others["attention_mask"])
        types, num_types = others["token_type_ids"], getattr(text_config, "type_vocab_size", None)
        if types is not None and num_types is not None:
            check_ids("token_type_ids", types, num_types, "use its own tokenizer, or leave them out")


def _tokens(input_ids: torch.Tensor | None, inputs_embeds: torch.Tensor | None) -> tuple[str, torch.Tensor]:
    return ("input_ids", input_ids) if inputs_embeds is None else ("inputs_embeds", inputs_embeds)


__all__ = ["TextReader"]
