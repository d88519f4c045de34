# Copyright 2026 The amsdff_hf authors. Licensed under the Apache License, Version 2.0.
"""What a batch of texts must look like before a backbone reads it, so that mistakes get a sentence of ours."""

import torch


def check_shapes(name: str, tokens: torch.Tensor, others: dict[str, torch.Tensor | None]) -> None:
    """Refuse empty batches, and what has not one entry for each token.

    Args:
        name: of the tokens, for the sentence.
        tokens: ids `(batch_size, sequence_length)` or vectors `(batch_size, sequence_length, embedding_size)`.
        others: the other inputs by name, each `(batch_size, sequence_length)` and possibly more; `None` is left out.

    Raises:
        ValueError: with the name, the shape and what to pass instead.
    """
    for each, value in {name: tokens, **others}.items():
        if value is not None and not isinstance(value, torch.Tensor):
            raise ValueError(
                f"`{each}` must be a tensor, got {type(value).__name__}: call the tokenizer with "
                '`return_tensors="pt"`.'
            )
    wanted = 3 if name == "inputs_embeds" else 2
    if tokens.dim() != wanted:
        shape = "(batch_size, sequence_length, embedding_size)" if wanted == 3 else "(batch_size, sequence_length)"
        raise ValueError(
            f"`{name}` must have the shape {shape}, but has {tuple(tokens.shape)}: pass what the tokenizer returned "
            'with `return_tensors="pt"`, or add a first dimension by `unsqueeze(0)`.'
        )
    rows, length = tokens.shape[:2]
    if rows == 0 or length == 0:
        raise ValueError(
            f"There is nothing to read: the batch has {rows} texts of {length} tokens. Leave empty batches out, "
            "and give a text without tokens one token of padding."
        )
    for each, value in others.items():
        if value is None:
            continue
        # Some token types are several numbers for each token, but no mask is.
        shape = value.shape if each == "attention_mask" else value.shape[:2]
        if shape != (rows, length):
            raise ValueError(
                f"`{each}` must have one number per token, ({rows}, {length}), but has the shape "
                f"{tuple(value.shape)}: pass what the tokenizer returned."
            )


def check_length(length: int, longest: int | None, model_type: str) -> None:
    """Refuse texts that are longer than the positions of the backbone.

    Args:
        length: of the longest text in tokens, with its padding.
        longest: what the backbone reads at most; `None` if its positions have no end.
        model_type: type of the backbone, for the sentence.

    Raises:
        ValueError: with both lengths and how to truncate.
    """
    if longest is not None and length > longest:
        raise ValueError(
            f"A text has {length} tokens, but the backbone ({model_type}) has positions for {longest}: call the "
            f"tokenizer or pipeline with `truncation=True` (and, if it knows no limit, `max_length={longest}`)."
        )


def check_ids(name: str, ids: torch.Tensor, size: int, hint: str) -> None:
    """Refuse ids that are no whole numbers or have no embedding.

    Args:
        name: of the input, for the sentence.
        ids: `(batch_size, sequence_length)`.
        size: number of embeddings.
        hint: what to do, the end of the sentence.

    Raises:
        ValueError: with the dtype, or with the range of the ids and that of the embeddings.
    """
    if ids.is_floating_point() or ids.dtype == torch.bool:
        raise ValueError(f"`{name}` must be whole numbers, got {ids.dtype}: convert them with `.long()`.")
    if _can_look_at(ids) and not 0 <= ids.min() <= ids.max() < size:
        raise ValueError(
            f"`{name}` go from {ids.min()} to {ids.max()}, but the backbone has embeddings for the ids 0 to "
            f"{size - 1}: {hint}."
        )


def check_width(inputs_embeds: torch.Tensor, width: int) -> None:
    """Refuse vectors that are not as wide as the embeddings of the backbone.

    Raises:
        ValueError: with both widths.
    """
    if inputs_embeds.shape[-1] != width:
        raise ValueError(
            f"`inputs_embeds` must be as wide as the embeddings of the backbone, {width}, but have the shape "
            f"{tuple(inputs_embeds.shape)}: take them from `get_input_embeddings()`."
        )


def check_mask(attention_mask: torch.Tensor) -> None:
    """Refuse a mask that is meant to be added to scores of attention, where 0 and not 1 stands for a token.

    Raises:
        ValueError: with the lowest number and what to pass instead.
    """
    if _can_look_at(attention_mask) and attention_mask.min() < 0:
        raise ValueError(
            f"`attention_mask` must be 1 at tokens and 0 at padding, but holds {attention_mask.min().item():g}: pass "
            "what the tokenizer returned, and not a mask that is added to scores."
        )


def check_pairs(token_type_ids: torch.Tensor | None, are_pairs: bool) -> None:
    """Refuse single texts where a head was trained on pairs, and the reverse.

    Args:
        token_type_ids: `(batch_size, sequence_length)`, 1 in the second text; `None` for single texts.
        are_pairs: what the head was trained on.

    Raises:
        ValueError: with what it was trained on and how to pass it.
    """
    has_second = None
    if isinstance(token_type_ids, torch.Tensor) and token_type_ids.dim() == 2 and _can_look_at(token_type_ids):
        has_second = (token_type_ids == 1).any(dim=1)
    if are_pairs and (token_type_ids is None or (has_second is not None and not has_second.all())):
        raise ValueError(
            "The model was trained on pairs of texts, but `token_type_ids` tell of no second text: pass pairs, by a "
            "tokenizer that numbers them (`amsdff_hf.data.number_texts`), or set `text_pairs` of its config to None."
        )
    if not are_pairs and has_second is not None and has_second.any():
        raise ValueError(
            "The model was trained on single texts, but `token_type_ids` tell of a second one: pass single texts, or "
            "set `text_pairs` of its config to None."
        )


def check_features(
    name: str, values: torch.Tensor | None, mask: torch.Tensor | None, batch_size: int, size: int | None
) -> None:
    """Refuse audio or vision features that do not fit the model or its texts.

    Args:
        name: of the modality.
        values: `(batch_size, num_steps, size)`, or `None`.
        mask: `(batch_size, num_steps)`, or `None`.
        batch_size: number of texts.
        size: width that the model reads; `None` for a model without this modality.

    Raises:
        ValueError: with the name, the shape and what to pass instead.
    """
    if values is None and mask is None:
        return
    if size is None:
        raise ValueError(f"The model has no {name}, but got `{name}_values`: leave them out, or set `{name}_size`.")
    if values is None:
        raise ValueError(f"Got `{name}_mask`, but not the `{name}_values` that it is for: pass both or neither.")
    is_tensor = isinstance(values, torch.Tensor)
    if not is_tensor or values.dim() != 3 or values.shape[::2] != (batch_size, size) or values.shape[1] == 0:
        found = f"the shape {tuple(values.shape)}" if is_tensor else f"the type {type(values).__name__}"
        raise ValueError(
            f"`{name}_values` must be a tensor of the shape ({batch_size}, num_steps, {size}), one row per text, but "
            f"have {found}: pass what `AmcclProcessor` returned."
        )
    if mask is not None and mask.shape != values.shape[:2]:
        raise ValueError(
            f"`{name}_mask` must have one number per step, {tuple(values.shape[:2])}, but has the shape "
            f"{tuple(mask.shape)}: pass what `AmcclProcessor` returned."
        )
    if _can_look_at(values):
        real = values if mask is None else values[mask != 0]
        if not real.isfinite().all():
            raise ValueError(
                f"`{name}_values` hold {int((~real.isfinite()).sum())} numbers that are NaN or infinite: replace them "
                "(`AmcclProcessor` does so with `replace_non_finite=True`)."
            )


def check_states(states: torch.Tensor, num_levels: int | None, hidden_size: int) -> None:
    """Refuse states that cannot come from the backbone of this model.

    Args:
        states: `(batch_size, sequence_length, hidden_size)`, or `(batch_size, num_levels, sequence_length,
            hidden_size)`.
        num_levels: how many levels the head reads, `None` for the last one alone.
        hidden_size: width of the backbone.

    Raises:
        ValueError: with the shape and what to pass instead.
    """
    wanted = ("batch_size", *([] if num_levels is None else [num_levels]), "sequence_length", hidden_size)
    fits = isinstance(states, torch.Tensor) and states.dim() == len(wanted)
    if not fits or any(isinstance(size, int) and size != found for size, found in zip(wanted, states.shape)):
        found = tuple(states.shape) if isinstance(states, torch.Tensor) else type(states).__name__
        raise ValueError(
            f"`backbone_states` must have the shape ({', '.join(map(str, wanted))}), got {found}: pass what "
            "`model.states_of(...)` returned."
        )


def _can_look_at(values: torch.Tensor) -> bool:
    # On an accelerator the look would wait for all work before it, and a compiled graph cannot branch on it.
    return values.device.type == "cpu" and not torch.compiler.is_compiling() and values.numel() > 0


__all__ = [
    "check_features",
    "check_ids",
    "check_length",
    "check_mask",
    "check_pairs",
    "check_shapes",
    "check_states",
    "check_width",
]
