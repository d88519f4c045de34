# Copyright 2026 The amsdff_hf authors. Licensed under the Apache License, Version 2.0.
"""What single model types need on top of the general rules for tiny configurations."""

_ROPE = {"rope_type": "default", "rope_theta": 10000.0, "mrope_section": [2, 1, 1]}
_SEAMLESS = {  # one flat config also holds the speech encoder, the unit decoder and the vocoder, under own names
    "speech_encoder_layers": 2,
    "speech_encoder_intermediate_size": 64,
    "t2u_vocab_size": 160,
    "t2u_encoder_layers": 2,
    "t2u_encoder_ffn_dim": 64,
    "t2u_decoder_layers": 2,
    "t2u_decoder_ffn_dim": 64,
    "upsample_initial_channel": 32,  # is halved by each of the five upsamplers
    "unit_hifi_gan_vocab_size": 160,
    "unit_embed_dim": 32,
}
_SHARED_LAYERS = {  # each shared layer type needs an earlier layer of that type
    "num_hidden_layers": 4,
    "layer_types": ["sliding_attention", "full_attention"] * 2,
    "num_kv_shared_layers": 2,
}
_DRAFT = {"hidden_size_per_layer_input": 0, "vocab_size_per_layer_input": 0, "num_kv_shared_layers": 2}
_TOKENIZER = {"num_filters": 4, "downsampling_ratios": [2, 2]}  # filters double at each ratio

NEEDS = {
    "bamba": {"attn_layer_indices": [1]},  # without it all layers are mamba
    "blt": {"encoder_hash_byte_group_vocab": 160},  # 500002 rows for each of six hash tables otherwise
    "cohere_compass_text": {  # rope is looked up by layer type, but the default is flat
        "layer_types": ["sliding_attention", "full_attention"],
        "rope_parameters": {"sliding_attention": _ROPE, "full_attention": _ROPE},
    },
    "dbrx": {  # the model reads rope_theta, which the class has no field for, and clamps by clip_qkv without a check
        "attn_config": {"rope_theta": 10000.0, "clip_qkv": 8.0},
        "ffn_config": {"ffn_hidden_size": 64},  # its sub-configs are not in sub_configs_defaults
    },
    "deepseek_v2": {"first_k_dense_replace": 1},  # one dense and one sparse layer
    "dots3_note": {
        "text_config": {
            "num_hidden_layers": 3,  # the first sliding layer is the third
            "index_topk": 4,  # fewer than the tokens
            "swa_num_attention_heads": 4,  # sliding layers have sizes of their own, passed as keywords
            "swa_num_key_value_heads": 4,
            "swa_q_lora_rank": 16,
            "swa_kv_lora_rank": 16,
            "swa_head_dim": 16,
            "swa_qk_nope_head_dim": 8,
            "swa_v_head_dim": 8,
        },
        "vision_config": {"mlp_layer_types": ["dense", "sparse"], "adapter_in_dim": 32, "adapter_out_dim": 32},
        "audio_config": {"adapter_input_size": 32, "adapter_out_dim": 32},
    },
    "emu3": {
        "vocabulary_map": {"<image>": 150},  # None by default, yet read by the model
        "vq_config": {"base_channels": 32, "channel_multiplier": [1]},  # GroupNorm has 32 groups
    },
    "esm": {"vocab_size": 160, "pad_token_id": 1},  # both None by default, yet read by the embeddings
    "esmc": {"vocab_size": 160},  # 64 by default, less than the ids of the texts
    "gemma3n": {"text_config": _SHARED_LAYERS},
    "gemma3n_text": _SHARED_LAYERS,
    "gemma4_assistant": {"text_config": _DRAFT},
    "gemma4_unified_assistant": {"text_config": _DRAFT},
    "gpt_neo": {"attention_types": [[["global", "local"], 1]]},  # a default pattern for 24 layers
    "granitemoehybrid": {"layer_types": ["linear_attention", "full_attention"]},  # all mamba by default
    "layoutlmv3": {"coordinate_size": 6, "shape_size": 4},  # 4 * 6 + 2 * 4 has to be hidden_size
    "lfm2_moe": {"layer_types": ["conv", "full_attention"], "num_dense_layers": 1},  # layer_types has no default
    "lilt": {"hidden_size": 48},  # divisible by 6 for the boxes and by 4 for the heads and the shrinking
    "llama4": {
        "text_config": {"no_rope_layer_interval": 2},  # one chunked and one full layer
        "vision_config": {"projector_input_dim": 32, "projector_output_dim": 32},  # 4096 otherwise
    },
    "mamba2": {"num_heads": 8},  # num_heads * head_dim has to be expand * hidden_size
    "nemo_speechlm": {"audio_config": {"diarization_config": {"head_config": {"audio_hidden_size": 32}}}},  # validated
    "nemotron": {"num_key_value_heads": 2},  # None by default, yet read by the attention
    "neomme": {"head_dim": 16},  # a quarter of it is rotated, in groups of 4
    "phi4_multimodal": {"audio_config": {"num_blocks": 2, "nemo_conv_channels": 32}},  # 24 and 1024 otherwise
    "qwen4_exp": {
        "text_config": {
            "full_attention_interval": 2,  # one linear and one indexed layer
            "indexer_n_heads": 2,  # the indexer is all or nothing
            "indexer_kv_heads": 1,
            "indexer_head_dim": 8,
            "indexer_budget": 8,
            "indexer_compress_ratio": 4,
        }
    },
    "reformer": {  # axial positions want the exact sequence length in training
        "axial_pos_embds": False,
        "hash_seed": 0,  # the hashing is random otherwise, in evaluation mode too
        "attn_layers": ["local", "lsh"],
        "local_attn_chunk_length": 4,
        "lsh_attn_chunk_length": 4,
    },
    "seamless_m4t": _SEAMLESS,
    "seamless_m4t_v2": _SEAMLESS,
    "vibevoice_asr": {
        "acoustic_tokenizer_encoder_config": _TOKENIZER,
        "semantic_tokenizer_encoder_config": _TOKENIZER,
    },
    "xmod": {"default_language": "en_XX"},  # or each call has to name a language
    "zamba": {  # two hybrid layers, as a single one leaves nothing to tie to; so the model raises
        "num_hidden_layers": 3,
        "layers_block_type": ["linear_attention", "hybrid", "hybrid"],
    },
    "zamba2": {"layers_block_type": ["linear_attention", "hybrid"]},  # a default list for 54 layers
}
