# Copyright 2026 The amsdff_hf authors. Licensed under the Apache License, Version 2.0.
"""The model and the tokenizer that a run starts from."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from transformers import (
    MODEL_FOR_SEQUENCE_CLASSIFICATION_MAPPING,
    AutoConfig,
    AutoModelForSequenceClassification,
    AutoTokenizer,
    PreTrainedConfig,
    PreTrainedModel,
    PreTrainedTokenizerBase,
)
from transformers.utils import logging

from ..models.differential_attention import convert_to_differential_attention
from ..models.differential_loading import load_differential_model
from ..models.text_backbone import sort_arguments
from .arguments import ARCHITECTURES, ModelArguments
from .class_weights import balanced_class_weights
from .lora import add_lora
from .optimizer import freeze_backbone


logger = logging.get_logger(__name__)


def load_tokenizer(arguments: ModelArguments) -> PreTrainedTokenizerBase:
    """Load the tokenizer; where it has no padding token, as in many language models, the end token serves.

    Raises:
        OSError: if there is no model, or no tokenizer, under the name.
        ValueError: if there is no token that could pad.
    """
    _read_config(arguments)
    tokenizer = AutoTokenizer.from_pretrained(
        arguments.tokenizer_name or arguments.model_name_or_path,
        use_fast=arguments.use_fast_tokenizer,
        trust_remote_code=arguments.trust_remote_code,
        **_hub_arguments(arguments),
    )
    if tokenizer.pad_token is None:
        tokenizer.pad_token = tokenizer.eos_token or tokenizer.unk_token
        if tokenizer.pad_token is None:
            raise ValueError("The tokenizer has neither a padding token nor an end token: add one and save it.")
        logger.warning(f"The tokenizer has no padding token: using {tokenizer.pad_token!r}.")
    return tokenizer


def load_trained(arguments: ModelArguments) -> PreTrainedModel:
    """Load a trained classifier, ours or any of transformers, to evaluate it or to predict.

    Raises:
        OSError: if there is no model under the name.
        ValueError: if it is not a classifier, since a new head would predict at random, or shall read otherwise.
    """
    config = _read_config(arguments)
    if arguments.window_fields():
        raise ValueError(
            "--long_text, --window_length and --window_overlap are chosen in training: a trained model goes on "
            "reading as it was trained. Leave them out."
        )
    if not is_classifier(config):
        raise ValueError(
            f"{arguments.model_name_or_path!r} is no trained classifier (architectures: {config.architectures}): its "
            "head would be random. Train it first with --do_train, or name a trained one."
        )
    if _was_converted(config):
        return load_differential_model(arguments.model_name_or_path, **_hub_arguments(arguments))
    return AutoModelForSequenceClassification.from_pretrained(
        arguments.model_name_or_path,
        trust_remote_code=arguments.trust_remote_code,
        **_hub_arguments(arguments),
    )


def kept_config(arguments: ModelArguments) -> PreTrainedConfig | None:
    """Return the configuration of a trained classifier whose last layer, and so whose labels, training goes on with.

    It is `None` where the last layer starts anew: on a backbone, where `--ignore_mismatched_sizes` asks for it, and
    where the labels have no names yet.

    Raises:
        OSError: if there is no model under the name.
    """
    config = _read_config(arguments)
    goes_on = config.model_type in ARCHITECTURES or arguments.architecture == "plain"
    is_named = any(name != f"LABEL_{index}" for index, name in config.id2label.items())
    return config if goes_on and is_named and is_classifier(config) and not arguments.ignore_mismatched_sizes else None


def build_classifier(
    arguments: ModelArguments,
    labels: Sequence[str],
    problem_type: str,
    train_labels: np.ndarray,
    config_fields: Mapping[str, Any] | None = None,
) -> PreTrainedModel:
    """Build the model to train, with its loss, frozen or with LoRA as the arguments say.

    Args:
        arguments: backbone or classifier, architecture, loss and what is trained.
        labels: names of the labels in the order of their ids.
        problem_type: what is predicted.
        train_labels: encoded labels of the training data, for `--class_weights balanced`.
        config_fields: further fields of the configuration, which `--head_fields` may overrule.

    Raises:
        ImportError: if LoRA is wanted and peft is not installed.
        OSError: if there is no model under the name.
        ValueError: if the arguments do not fit the labels.
    """
    fields = {
        **(config_fields or {}),
        **arguments.window_fields(),
        **arguments.parsed_head_fields(),
        "loss_weights": arguments.parsed_loss_weights(),
    }
    if arguments.class_weights == "balanced":
        fields["class_weights"] = balanced_class_weights(train_labels, problem_type, labels)
    else:
        fields["class_weights"] = arguments.parsed_class_weights(len(labels))
    fields = {name: value for name, value in fields.items() if value is not None}
    model = load_for_training(arguments, list(labels), problem_type, **fields)
    if arguments.freeze_backbone:
        freeze_backbone(model)
    return model if arguments.lora_rank is None else add_lora(model, arguments.lora_rank)


def load_for_training(
    arguments: ModelArguments, labels: list[str], problem_type: str, **config_fields: Any
) -> PreTrainedModel:
    """Put a new head on a backbone, or go on with a trained classifier.

    Args:
        arguments: backbone or classifier, architecture and where to find it.
        labels: names of the labels in the order of their ids.
        problem_type: what is predicted.
        config_fields: further fields of the configuration, such as `loss_weights`; not for the plain head.

    Raises:
        OSError: if there is no model under the name.
        ValueError: if a trained classifier of this package is to become a plain one.
    """
    config = _read_config(arguments)
    is_ours = config.model_type in ARCHITECTURES
    differential = arguments.parsed_differential()
    stored = getattr(config, "differential_attention", None)
    if differential is not None and (stored is not None or is_ours):
        raise ValueError(
            f"{arguments.model_name_or_path!r} goes on with the attention that it was trained with, "
            f"{'ordinary' if stored is None else stored}: leave the --differential_... options out, or start from a "
            "backbone."
        )
    if arguments.architecture == "plain" and not is_ours:
        return _load_plain(arguments, labels, problem_type)
    if is_ours:
        if arguments.architecture not in (None, config.model_type):
            raise ValueError(
                f"{arguments.model_name_or_path!r} is an {config.model_type} classifier and cannot be trained as "
                f"--architecture {arguments.architecture}: name its backbone, or leave --architecture out."
            )
        _check_fields(config_fields, type(config))
        return ARCHITECTURES[config.model_type].from_pretrained(
            arguments.model_name_or_path,
            labels=labels,
            problem_type=problem_type,
            ignore_mismatched_sizes=arguments.ignore_mismatched_sizes,
            **config_fields,
            **_hub_arguments(arguments),
        )
    classifier_class = ARCHITECTURES[arguments.architecture or "amsdff"]
    _check_fields(config_fields, classifier_class.config_class)
    return classifier_class.from_backbone(
        arguments.model_name_or_path,
        labels=labels,
        problem_type=problem_type,
        differential_attention=differential,
        **config_fields,
        **_hub_arguments(arguments),
    )


def check_kind_of_texts(config: PreTrainedConfig, is_pair: bool) -> None:
    """Refuse single texts for a model that was trained on pairs, and the reverse.

    Args:
        config: configuration of the model; one that does not say what it was trained on takes both.
        is_pair: what it is to read.

    Raises:
        ValueError: with what it was trained on.
    """
    trained_on_pairs = getattr(config, "text_pairs", None)
    if trained_on_pairs is not None and trained_on_pairs != is_pair:
        raise ValueError(
            "The model was trained on pairs of texts: name the second one by --text_pair_column_name."
            if trained_on_pairs
            else "The model was trained on single texts: leave --text_pair_column_name out."
        )


def is_classifier(config: PreTrainedConfig) -> bool:
    """Whether the checkpoint of this configuration holds a sequence classifier."""
    return any(name.endswith("ForSequenceClassification") for name in config.architectures or ())


def _check_fields(config_fields: dict[str, Any], config_class: type[PreTrainedConfig]) -> None:
    """Refuse what is no field of a configuration, which transformers would store without a word."""
    try:
        sort_arguments(config_fields, config_class)
    except TypeError as error:
        raise ValueError(f"--head_fields: {error}") from error


def _was_converted(config: PreTrainedConfig) -> bool:
    return config.model_type not in ARCHITECTURES and getattr(config, "differential_attention", None) is not None


def _load_plain(arguments: ModelArguments, labels: list[str], problem_type: str) -> PreTrainedModel:
    hub_arguments = {"trust_remote_code": arguments.trust_remote_code, **_hub_arguments(arguments)}
    config = AutoConfig.from_pretrained(
        arguments.config_name or arguments.model_name_or_path,
        num_labels=len(labels),
        id2label=dict(enumerate(labels)),
        label2id={name: index for index, name in enumerate(labels)},
        problem_type=problem_type,
        **hub_arguments,
    )
    if type(config) not in MODEL_FOR_SEQUENCE_CLASSIFICATION_MAPPING and not hasattr(config, "auto_map"):
        raise ValueError(
            f"transformers has no classification head for a backbone of the type {config.model_type!r}: choose "
            f"another --architecture ({', '.join(ARCHITECTURES)})."
        )
    loading_arguments = {"config": config, "ignore_mismatched_sizes": arguments.ignore_mismatched_sizes}
    if _was_converted(config):
        model = load_differential_model(arguments.model_name_or_path, **loading_arguments, **_hub_arguments(arguments))
    else:
        model = AutoModelForSequenceClassification.from_pretrained(
            arguments.model_name_or_path, **loading_arguments, **hub_arguments
        )
    differential = arguments.parsed_differential()
    if differential is not None:
        convert_to_differential_attention(model, **differential)
    # The plain heads return a mean, but the Trainer infers from their signature that they scale it themselves, and
    # would make the gradient larger by the number of accumulation steps.
    model.accepts_loss_kwargs = False
    return model


def _read_config(arguments: ModelArguments) -> PreTrainedConfig:
    try:
        return AutoConfig.from_pretrained(
            arguments.model_name_or_path, trust_remote_code=arguments.trust_remote_code, **_hub_arguments(arguments)
        )
    except OSError as error:
        raise OSError(
            f"{arguments.model_name_or_path!r} is neither a folder with a config.json nor a "
            "model that could be read from the Hub or its local cache. Check the spelling and the connection."
        ) from error


def _hub_arguments(arguments: ModelArguments) -> dict[str, Any]:
    return {"cache_dir": arguments.cache_dir, "revision": arguments.model_revision, "token": arguments.token}
