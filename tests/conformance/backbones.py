# Copyright 2026 The amsdff_hf authors. Licensed under the Apache License, Version 2.0.
"""The six backbones that the common tests are run with, small enough for two cores."""

from transformers import (
    BertConfig,
    DebertaV2Config,
    DistilBertConfig,
    LlamaConfig,
    ModernBertConfig,
    PreTrainedConfig,
    RobertaConfig,
)


VOCAB_SIZE = 100
_SIZES = {
    "vocab_size": VOCAB_SIZE,
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "intermediate_size": 37,
    "max_position_embeddings": 80,
    "pad_token_id": 0,
}
_SPECIAL = {"bos_token_id": 1, "eos_token_id": 2}
_NO_DROPOUT = {"hidden_dropout_prob": 0.0, "attention_probs_dropout_prob": 0.0}
BACKBONES = {
    "bert": lambda: BertConfig(**_SIZES, **_NO_DROPOUT),
    "roberta": lambda: RobertaConfig(**{**_SIZES, **_SPECIAL, **_NO_DROPOUT, "type_vocab_size": 1}),
    "distilbert": lambda: DistilBertConfig(
        vocab_size=VOCAB_SIZE,
        dim=32,
        n_layers=2,
        n_heads=4,
        hidden_dim=37,
        max_position_embeddings=80,
        pad_token_id=0,
        dropout=0.0,
        attention_dropout=0.0,
    ),
    # One of the tests wants to see other positions in the output, which weights close to zero would hide.
    "modernbert": lambda: ModernBertConfig(
        **{**_SIZES, **_SPECIAL, "cls_token_id": 1, "sep_token_id": 2}, initializer_range=0.2
    ),
    "deberta-v2": lambda: DebertaV2Config(
        **{**_SIZES, **_NO_DROPOUT, "type_vocab_size": 0, "relative_attention": True, "position_buckets": 16},
        pos_att_type=["c2p", "p2c"],
    ),
    "llama": lambda: LlamaConfig(**{**_SIZES, **_SPECIAL, "num_key_value_heads": 2}),
}


def backbone_config(name: str) -> PreTrainedConfig:
    """Build the small configuration of this backbone."""
    return BACKBONES[name]()


# What keeps a head whose defaults do not follow the width of the backbone below a million parameters.
SMALL_HEADS = {"cnn_bilstm": {"lstm_hidden_size": 16, "num_filters": 16}}


def no_dropout(config_class: type[PreTrainedConfig]) -> dict[str, float | tuple[float, ...]]:
    """The fields of an architecture that turn all dropout of its head off."""
    dropouts = {name: value for name, value in vars(config_class()).items() if name.endswith(("dropout", "dropouts"))}
    return {name: 0.0 if isinstance(value, float) else (0.0,) * len(value) for name, value in dropouts.items()}
