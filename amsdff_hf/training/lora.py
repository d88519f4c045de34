# Copyright 2026 The amsdff_hf authors. Licensed under the Apache License, Version 2.0.
"""Low-rank adaptation of the backbone, with the whole head trained beside it."""

from transformers import PreTrainedModel
from transformers.utils.import_utils import is_peft_available


def add_lora(model: PreTrainedModel, rank: int):
    """Wrap a classifier so that every linear layer of its backbone gets LoRA and its `classifier` is trained whole.

    What differential attention adds to a layer, beside its second queries, is trained whole too.

    Args:
        model: the classifier, ours or one of transformers.
        rank: rank of the update matrices.

    Returns:
        A `peft.PeftModel`; its `merge_and_unload()` gives the classifier back, with the updates merged.

    Raises:
        ImportError: if peft is not installed.
    """
    if not is_peft_available():
        raise ImportError("LoRA needs peft: pip install 'amsdff_hf[peft]'.")
    from peft import LoraConfig, get_peft_model

    is_differential = any(hasattr(module, "differential") for module in model.modules())
    config = LoraConfig(
        task_type="SEQ_CLS",
        r=rank,
        lora_alpha=2 * rank,
        target_modules="all-linear",
        # Their lambdas start at 0, and there they would stay.
        modules_to_save=["differential"] if is_differential else None,
        exclude_modules=r".*\.differential\..*" if is_differential else None,
    )
    return get_peft_model(model, config)
