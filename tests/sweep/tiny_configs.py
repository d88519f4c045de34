# Copyright 2026 The amsdff_hf authors. Licensed under the Apache License, Version 2.0.
"""Tiny random versions of the configuration of any model type."""

import dataclasses
from typing import Any

from transformers import CONFIG_MAPPING, AutoConfig, PreTrainedConfig
from transformers.models.auto import modeling_auto

from .needs import NEEDS


VOCAB_SIZE = 160
_TEXT_MAPPINGS = (
    "MODEL_FOR_SEQUENCE_CLASSIFICATION_MAPPING_NAMES",
    "MODEL_FOR_MASKED_LM_MAPPING_NAMES",
    "MODEL_FOR_TEXT_ENCODING_MAPPING_NAMES",
    "MODEL_FOR_CAUSAL_LM_MAPPING_NAMES",
    "MODEL_FOR_SEQ_TO_SEQ_CAUSAL_LM_MAPPING_NAMES",
)

# What a field is called in the one family or the other, and how small it becomes.
_SIZES = {
    32: "hidden_size d_model dim n_embd emb_dim embedding_size embedding_dim input_embedding_size "
    "output_embedding_size word_embed_proj_dim backbone_hidden_size ssm_state_size d_latents "
    "hidden_size_global pronunciation_embed_dim shape_embed_dim entity_emb_size downsample_hidden_size",
    64: "intermediate_size d_ff ffn_dim encoder_ffn_dim decoder_ffn_dim ffn_hidden_size hidden_dim dff dim_ff "
    "intermediate_size_mlp expert_ffn_hidden_size feed_forward_size n_inner d_inner dense_intermediate_size "
    "moe_intermediate_size shared_expert_intermediate_size shared_intermediate_size "
    "moe_shared_expert_intermediate_size shared_experts_intermediate_size",
    2: "num_hidden_layers n_layer n_layers num_layers encoder_layers decoder_layers num_encoder_layers "
    "num_decoder_layers num_key_value_heads num_experts_per_tok moe_topk moe_k top_k_experts "
    "num_hidden_groups n_group linear_num_key_heads",
    1: "topk_group first_k_dense_replace",
    4: "num_attention_heads n_head n_heads num_heads encoder_attention_heads decoder_attention_heads "
    "num_encoder_attention_heads num_decoder_attention_heads attention_heads num_experts n_routed_experts "
    "num_local_experts moe_num_experts mamba_n_heads linear_num_value_heads",
    8: "head_dim attention_head_size d_kv kv_channels qk_rope_head_dim qk_nope_head_dim v_head_dim dim_head "
    "mamba_d_state hidden_size_per_layer_input rotary_dim "
    "linear_key_head_dim linear_value_head_dim",
    16: "q_lora_rank kv_lora_rank o_lora_rank query_pre_attn_scalar",
    128: "max_position_embeddings n_positions n_ctx max_seq_len max_source_positions",
    VOCAB_SIZE: "vocab_size src_vocab_size tgt_vocab_size vocab_size_per_layer_input entity_vocab_size "
    "pronunciation_vocab_size shape_vocab_size",
}
# Fields whose default is None, yet the model of one type or the other reads a number.
_MISSING = {"head_dim": 8, "num_experts_per_tok": 2, "n_routed_experts": 4, "n_shared_experts": 1}
_SIZE_OF = {name: size for size, names in _SIZES.items() for name in names.split()}


def text_model_types() -> list[str]:
    """All model types that transformers lists for texts, sorted."""
    return sorted({model_type for mapping in _TEXT_MAPPINGS for model_type in getattr(modeling_auto, mapping)})


def tiny_config(model_type: str) -> PreTrainedConfig:
    """Build a configuration of this type that is small enough to be run in a second."""
    return _shrink(CONFIG_MAPPING[model_type], NEEDS.get(model_type, {}))


def _shrink(config_class: type[PreTrainedConfig], needs: dict[str, Any]) -> PreTrainedConfig:
    arguments = {}
    for field in dataclasses.fields(config_class):
        default = None if field.default is dataclasses.MISSING else field.default
        if field.name in _SIZE_OF and isinstance(default, int):
            arguments[field.name] = min(_SIZE_OF[field.name], default)
        elif field.name in _MISSING and default is None:
            arguments[field.name] = _MISSING[field.name]
        elif field.name.endswith("_token_id") and isinstance(default, int) and default >= VOCAB_SIZE:
            arguments[field.name] = VOCAB_SIZE - 1 - default % 50  # out of the way of the ids of words
    if {"kv_lora_rank", "num_key_value_heads"} <= arguments.keys():
        arguments["num_key_value_heads"] = arguments["num_attention_heads"]
    for name, spec in config_class.sub_configs_defaults.items():
        sub_class = getattr(spec, "config_class", spec)
        sub_class = CONFIG_MAPPING[spec.model_type] if sub_class is AutoConfig else sub_class
        sub_needs = needs.get(name, {})
        if sub_needs is not None and not getattr(spec, "optional", False):
            arguments[name] = _shrink(sub_class, sub_needs)
    arguments.update({name: value for name, value in needs.items() if name not in config_class.sub_configs_defaults})
    return config_class(**arguments)
