# Copyright 2026 The amsdff_hf authors. Licensed under the Apache License, Version 2.0.
"""The results of the sweep as a page of Markdown."""

import transformers

from amsdff_hf.models import ARCHITECTURES

from .checks import Row


_PAGE = """# Backbones

Every text model type of transformers {version}, as tiny models with random weights, under {heads}.
This page is written by `make sweep`; do not edit it.

**{summary}**

A type works if all of this does: forward and backward with finite gradients on every tensor of the head;
saving and loading with nothing missing or unexpected and the same logits; the same logits for a text alone,
in a batch, and padded on the right, on the left and on both sides, unless the plain backbone itself reads
padding on the right; `from_backbone`; `resize_token_embeddings`, unless the plain model cannot do it either,
as its notes then say; the longest text; and layers of the head that are named unlike those of the backbone,
so that adapters tell them apart.

The columns on padding are about the plain backbone, without this package: whether padding that the mask
excludes changes what it makes of the real tokens. What is "changed" on the left is mended here, by moving the
tokens to the front before the backbone reads them. What is "changed" on the right cannot be mended from
outside: with such a backbone the logits of a text depend on how much its batch pads it, as they do in plain
transformers.

Texts are "limited" where a table of positions ends: `model.max_sequence_length` tells where, and a longer
text is refused with a sentence.

"Not under pyramid_graph" in the notes: such a head reads hidden states between the layers too, and refuses
these backbones by name.

"Tensors without a gradient" in the notes get none in the plain model either: parts that texts do not pass, such
as a vision tower or the experts that no token chose, fixed positions, indexers. Under DDP they need
`ddp_find_unused_parameters`, which the Trainer turns on by itself unless it checkpoints gradients.

"Differential" says whether the attention of all layers of the plain model can become differential (`query_twin`): it
then gives the same hidden states as before. "no" is a refusal that names the reason.

| model type | works | padding on the right | padding on the left | texts | differential | notes |
|---|---|---|---|---|---|---|
{table}
"""


def summary(rows: list[Row]) -> str:
    """One sentence with the counts."""
    no_text_models = sum(row.not_for_texts is not None for row in rows)
    failed = sum(bool(row.problems) for row in rows)
    working = len(rows) - no_text_models - failed
    return (
        f"{len(rows)} types: {working} work, {failed} fail, {no_text_models} cannot be built or cannot read texts by "
        "plain `AutoModel` either."
    )


def markdown(rows: list[Row]) -> str:
    """The whole page.

    Args:
        rows: the results, in the order of the table.
    """
    heads = ", ".join(f"the head of {classes[-1].__name__}" for classes in ARCHITECTURES)
    table = "\n".join("| " + " | ".join(_cells(row)) + " |" for row in rows)
    return _PAGE.format(version=transformers.__version__, heads=heads, summary=summary(rows), table=table)


def _cells(row: Row) -> list[str]:
    if row.not_for_texts is not None:
        return [row.model_type, "no", "", "", "", "", row.not_for_texts]
    padding = ["changed" if changed else "ignored" for changed in (row.reads_right_padding, row.reads_left_padding)]
    length = "any" if row.longest_text is None else "limited"
    notes = [*row.problems, *row.notes]
    if row.unused_parameters:
        notes.append(f"tensors without a gradient: {len(row.unused_parameters)}")
    works, differential = "no" if row.problems else "yes", "yes" if row.becomes_differential else "no"
    return [row.model_type, works, *padding, length, differential, "; ".join(notes).replace("|", "\\|")]
