# Copyright 2026 The amsdff_hf authors. Licensed under the Apache License, Version 2.0.
"""What is known about single model types and not measured by the checks."""

_NO_AUTO_MODEL = "`AutoModel` has no model for it"
_WRONG_CONFIG = (
    "`AutoModel` builds its decoder from the configuration of the whole, and fails; its text encoder is a plain T5"
)

# Types that plain `AutoModel` cannot build here or cannot run on texts, each with the reason.
NOT_FOR_TEXTS = {
    "encoder-decoder": f"{_NO_AUTO_MODEL}; it is two models glued together, either of which can be a backbone",
    "gemma3n": (
        "plain `AutoModel` needs the library timm to build its vision tower; the language model alone works, as "
        "`gemma3n_text`"
    ),
    "gemma4_assistant": f"{_NO_AUTO_MODEL}: a draft model that reads the cache of another one, not texts",
    "gemma4_unified_assistant": f"{_NO_AUTO_MODEL}: a draft model that reads the cache of another one, not texts",
    "layoutlmv2": "needs the library detectron2 for its vision tower",
    "musicgen": _WRONG_CONFIG,
    "musicgen_melody": _WRONG_CONFIG,
    "perceiver": "reads `inputs` that are already embedded: `AutoModel` gives it no text preprocessor",
    "trocr": f"{_NO_AUTO_MODEL}; it is the decoder of an image model",
    "voxtral_realtime": "needs audio: the language model runs in step with it and is not to be had alone",
    "whisper": "needs audio: the encoder reads spectrograms",
}

_SHORTER = "its layers shorten the text on the way"
_STREAMS = "its layers pass several vectors for each token"

# Types whose hidden states between the layers are no vectors of single tokens, so that a head that reads levels
# refuses them, by a sentence that the sweep looks for.
WITHOUT_LEVELS = {
    "blt": "reads bytes in patches, by three stacks of layers",
    "canine": _SHORTER,
    "deepseek_v4": _STREAMS,
    "funnel": _SHORTER,
    "gemma3n_text": _STREAMS,
    "hy_v4": _STREAMS,
    "longcat_flash": "its layers count double: `levels` can list the outer ones",
    "pegasus_x": "its layers pass pairs of tokens and global tokens",
    "qwen4_exp": _STREAMS,
    "qwen4_exp_text": _STREAMS,
    "reformer": "its layers are reversible and return no hidden states that could be read",
}

NOTES = {
    "funnel": "reads no text of fewer than 5 tokens",
    "reformer": "trains on texts whose padded length is a multiple of its chunks (`pad_to_multiple_of`)",
}
