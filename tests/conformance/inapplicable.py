# Copyright 2026 The amsdff_hf authors. Licensed under the Apache License, Version 2.0.
"""Why some of the common tests do not apply: the only list of reasons, and a skip without one fails the run."""

import re


# (pattern of "Class.test: message", reason); the first match counts.
_REASONS = [
    (r"test requires Flash Attention|flash_attn.*(kernels|MPS)", "flash attention is not installed"),
    (r"test requires (the )?kernels", "the library `kernels` is not installed"),
    (r"test requires (multiple )?accelerator", "needs a GPU"),
    (r"test requires deepspeed", "DeepSpeed is not installed"),
    (r"test is slow", "slow test that needs a GPU as well"),
    (
        r"test_pipeline_(?!text_classification|feature_extraction|zero_shot(_fp)?:)",
        "pipelines for other tasks: images, sound, tables, generation, filling masks",
    ),
    (r"is not a composite model|is not composite", "composite models: run in the class AmsdffCompositeModelTest"),
    (r"sdpa_can_dispatch_(non_)?composite", "composite models with a vision tower; sdpa is covered by other tests"),
    (r"No conversion found", "renamed keys: only the model without labels has them, run in AmsdffConversionTest"),
    (r"grouped_mm|sparse experts|router_logits", "mixtures of experts: these backbones have none"),
    (
        r"Cannot capture hidden states|No usage of the `capture_outputs`",
        "deberta-v2 collects its hidden states itself",
    ),
    (r"cannot set attention dynamically", "deberta-v2 has an attention of its own, eager only"),
    (r"language modeling head", "language modeling heads: a classifier has none"),
    (r"keep_in_fp32_modules", "no module has to stay in float32"),
    (r"(support|have) RoPE|partial rope|axial RoPE layer", "this backbone has no such rotary positions"),
    (r"sliding_window_mask", "no `use_sliding_window` in our configurations: that is the backbone's own field"),
    (r"TP plan", "no tensor-parallel plan"),
    (
        r"resize_position_vector",
        "no `resize_position_embeddings`: among these backbones only distilbert's own classes have one",
    ),
]


def reason_for_skip(name: str, message: str) -> str | None:
    """Return the reason why a skipped test does not apply, `None` if nobody wrote one down."""
    line = f"{name}: {message}"
    return next((reason for pattern, reason in _REASONS if re.search(pattern, line)), None)
