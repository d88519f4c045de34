# Copyright 2026 The amsdff_hf authors. Licensed under the Apache License, Version 2.0.
"""The heads that `benchmark_accuracy.py` knows: baselines, architectures, and AMSDFF without each of its parts.

Those whose name ends in `-windows` read several windows of a text that is longer than one.
"""

from collections.abc import Callable
from functools import partial

from baseline_heads import BaselineForSequenceClassification
from transformers import PreTrainedModel

from amsdff_hf import (
    AmsdffForSequenceClassification,
    CnnBilstmForSequenceClassification,
    PyramidGraphForSequenceClassification,
)


DIFFERENTIAL = {"fraction": 0.25}
BASELINES = ("attention", "bigru", "bilstm", "cnn", "linear-first", "linear-max", "linear-mean", "linear-mean-max")
AMSDFF = AmsdffForSequenceClassification.from_backbone
HEADS: dict[str, Callable[..., PreTrainedModel]] = {
    **{kind: partial(BaselineForSequenceClassification.from_backbone, kind=kind) for kind in BASELINES},
    "amsdff": AMSDFF,
    "paper": partial(AMSDFF, variant="paper"),
    "paper-ce": partial(AMSDFF, variant="paper", loss_weights=(1, 0, 0)),
    "mixed-loss": partial(AMSDFF, loss_weights=(0.4, 0.4, 0.2)),
    "last-level": partial(AMSDFF, levels="last"),
    "no-direct-way": partial(AMSDFF, direct_pooling=()),
    "one-scale": partial(AMSDFF, scales=(1,)),
    "three-experts": partial(AMSDFF, num_experts=3),
    "no-fusion-residual": partial(AMSDFF, fusion_residual=False),
    "mean-pooling": partial(AMSDFF, pooling=("mean",)),
    "amsdff-differential": partial(AMSDFF, differential_attention=DIFFERENTIAL),
    "linear-windows": partial(BaselineForSequenceClassification.from_backbone, kind="linear-mean-max"),
    "amsdff-windows": AMSDFF,
    "pyramid_graph": partial(PyramidGraphForSequenceClassification.from_backbone, loss_weights=(1, 0, 0)),
    "cnn_bilstm": partial(CnnBilstmForSequenceClassification.from_backbone, loss_weights=(1, 0, 0)),
}
