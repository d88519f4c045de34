# Copyright 2026 The amsdff_hf authors. Licensed under the Apache License, Version 2.0.
"""All that `run_classification.py` does before training: read, check, load and tokenize.

Whatever is wrong with the arguments or the data shows here, before any work is lost.
"""

import random
import time
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from datasets import Dataset
from transformers import PreTrainedModel, PreTrainedTokenizerBase, TrainingArguments, set_seed

from amsdff_hf.data import (
    LABELS,
    TEXT,
    AugmentedTexts,
    DataTrainingArguments,
    LabelSpace,
    TokenizedSplit,
    augment_split,
    cache_splits,
    label_space_of,
    label_splits,
    number_texts,
    read_splits,
    tokenize_splits,
    usable_length,
)
from amsdff_hf.hub import CardArguments, CardFacts, describe_labels, start_card
from amsdff_hf.training import (
    ModelArguments,
    RecipeArguments,
    build_classifier,
    check_kind_of_texts,
    check_metric_name,
    check_same_model,
    check_same_run,
    find_checkpoint,
    kept_config,
    load_tokenizer,
    load_trained,
    make_run_record,
    readable_labels,
)


LENGTH_IN_TRAINING = 128
# Of a model that reads windows: whole documents, but not whole books.
LENGTH_IN_WINDOWS = 8192


class Arguments(NamedTuple):
    """The command line."""

    model: ModelArguments
    data: DataTrainingArguments
    training: TrainingArguments
    card: CardArguments
    recipe: RecipeArguments


@dataclass
class Prepared:
    """All that a run needs, checked and ready."""

    checkpoint: str | None
    model: PreTrainedModel
    tokenizer: PreTrainedTokenizerBase
    space: LabelSpace
    tokenized: dict[str, TokenizedSplit]
    max_length: int
    augmented: AugmentedTexts | None = None
    states: dict[str, Dataset] = field(default_factory=dict)
    states_seconds: float = 0.0
    card: CardFacts | None = None

    def split(self, role: str) -> Dataset | None:
        """Rows of a split, ready for the Trainer."""
        return self.tokenized[role].dataset if role in self.tokenized else None

    @property
    def thresholds(self) -> list[float] | None:
        """Thresholds of a multi-label model that has some."""
        return getattr(self.model.config, "thresholds", None)


def needed_splits(training_args: TrainingArguments) -> list[str]:
    """Return the splits that the run reads."""
    wanted = {
        "train": training_args.do_train,
        "validation": training_args.do_eval or training_args.eval_strategy != "no",
        "test": training_args.do_predict,
    }
    return [role for role, is_wanted in wanted.items() if is_wanted]


def prepare(arguments: Arguments) -> Prepared:
    """Check and load everything.

    Raises:
        ValueError: if arguments, data or model are wrong, or do not fit together.
    """
    training_args, data_args = arguments.training, arguments.data
    checkpoint = None
    if training_args.do_train:
        checkpoint = find_checkpoint(training_args, arguments.model.overwrite_output_dir)
    tokenizer = load_tokenizer(arguments.model)
    trained = None if training_args.do_train else load_trained(arguments.model)
    splits, space = read_labelled(arguments, kept_config(arguments.model) if trained is None else trained.config)
    set_seed(training_args.seed)
    model = trained
    if model is None:
        labels, fields = np.array(splits["train"][LABELS]), arguments.recipe.config_fields()
        model = build_classifier(arguments.model, space.names, space.problem_type, labels, fields)
    tokenizer = fit_together(model, tokenizer, data_args, is_fresh=trained is None)
    if checkpoint is not None:
        check_same_model(checkpoint, model.config)
    max_length = choose_length(model, tokenizer, data_args, is_fresh=trained is None)
    with training_args.main_process_first(desc="tokenization"):
        tokenized = tokenize_splits(splits, tokenizer, max_length, data_args)
    if checkpoint is not None and training_args.resume_from_checkpoint is None:
        check_same_run(checkpoint, run_record(arguments, tokenized["train"].dataset))
    prepared = Prepared(checkpoint, model, tokenizer, space, tokenized, max_length)
    if training_args.do_train:
        prepare_training(prepared, arguments)
    return prepared


def read_labelled(arguments: Arguments, config: Any | None) -> tuple[dict[str, Dataset], LabelSpace]:
    """Read the splits and number their labels, as the configuration of a trained model does if there is one."""
    model_args, data_args, training_args = arguments.model, arguments.data, arguments.training
    # Whatever is chosen on the test data would flatter the result there.
    chooses = model_args.tune_thresholds or training_args.load_best_model_at_end
    roles = needed_splits(training_args)
    splits = read_splits(data_args, roles, model_args.cache_dir, model_args.token, test_may_validate=not chooses)
    splits, space = label_splits(splits, data_args, None if config is None else label_space_of(config))
    if model_args.tune_thresholds and space.problem_type != "multi_label_classification":
        raise ValueError(f"--tune_thresholds is for several labels per text, this is {space.problem_type}.")
    if training_args.metric_for_best_model is not None and data_args.metric_name is None:
        check_metric_name(training_args.metric_for_best_model, space.problem_type)
    return splits, space


def fit_together(
    model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, data_args: DataTrainingArguments, is_fresh: bool
) -> PreTrainedTokenizerBase:
    """Tell the model how its texts come, and return a tokenizer that numbers them if the model needs that."""
    if getattr(model.config, "pad_token_id", None) is None:
        # The plain heads of decoders find the last token by it.
        model.config.pad_token_id = tokenizer.pad_token_id
    is_pair = data_args.text_pair_column_name is not None
    if is_fresh and hasattr(model.config, "text_pairs"):
        model.config.text_pairs = is_pair
    check_kind_of_texts(model.config, is_pair)
    is_numbered = "token_type_ids" in getattr(model, "head_arguments", ()) and is_pair
    return number_texts(tokenizer) if is_numbered else tokenizer


def choose_length(
    model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, data_args: DataTrainingArguments, is_fresh: bool
) -> int:
    """Return how many tokens of a text are read; a trained model comes with a tokenizer that knows it."""
    wanted = data_args.max_seq_length
    if wanted is None:
        fresh = LENGTH_IN_WINDOWS if getattr(model.config, "long_text", None) == "window" else LENGTH_IN_TRAINING
        wanted = fresh if is_fresh else tokenizer.model_max_length
    return usable_length(wanted, tokenizer, model, data_args.text_pair_column_name is not None)


def prepare_training(prepared: Prepared, arguments: Arguments) -> None:
    """Add what only training needs: texts that are varied, states of a frozen backbone, and the facts of a card."""
    model_args, data_args, training_args, card_args, _ = arguments
    model, split, space = prepared.model, prepared.split("train"), prepared.space
    prepared.augmented = augment_split(
        split, model, prepared.tokenizer, prepared.max_length, training_args.seed, data_args
    )
    is_kept = model_args.freeze_backbone and data_args.cache_states and prepared.augmented is None
    if is_kept and hasattr(model, "states_of"):
        start = time.perf_counter()
        prepared.states = cache_splits(prepared.tokenized, model, training_args, data_args)
        prepared.states_seconds = time.perf_counter() - start
    elif data_args.states_precision is not None:
        raise ValueError(
            f"--states_precision {data_args.states_precision} is for states that are kept, and here none are: leave "
            "it out, or train a head of this package with --freeze_backbone, and without --augment_probability and "
            "--no_cache_states."
        )
    card = start_card(model, model_args, data_args, training_args, card_args)
    card.max_length = prepared.max_length
    card.truncated_share = {role: one.truncated_share for role, one in prepared.tokenized.items()}
    if card_args.card_examples:
        card.labels = describe_labels(space.names, split[TEXT], np.array(split[LABELS]), space.problem_type)
    prepared.card = card


def run_record(arguments: Arguments, train: Dataset) -> dict[str, Any]:
    """Collect all that decides which weights the run ends with."""
    deciding = ("augment_", "cache_states", "states_precision")
    further = {name: value for name, value in vars(arguments.data).items() if name.startswith(deciding)}
    return make_run_record(arguments.model, arguments.training, train, **further, **vars(arguments.recipe))


def describe(prepared: Prepared, training_args: TrainingArguments) -> None:
    """Say what will be done with which data, and show three training texts."""
    names, problem_type = prepared.space.names, prepared.space.problem_type
    parameters = sum(p.numel() for p in prepared.model.parameters())
    processes = f", {training_args.world_size} processes" if training_args.world_size > 1 else ""
    trained = sum(p.numel() for p in prepared.model.parameters() if p.requires_grad)
    part = f", {trained:,} of them trained" if trained < parameters else ""
    say(training_args, f"\n{type(prepared.model).__name__}, {parameters:,} parameters{part}{processes}")
    shown = ", ".join(names[:20]) + (", ..." if len(names) > 20 else "")
    say(training_args, f"{problem_type.replace('_', ' ')}, {len(names)} labels: {shown}")
    differential = getattr(prepared.model.config, "differential_attention", None)
    if differential is not None:
        settings = ", ".join(f"{name} {value}" for name, value in differential.items())
        say(training_args, f"differential attention: {settings}")
    for role, tokenized in prepared.tokenized.items():
        cut = f"{tokenized.truncated_share:.1%} longer than {prepared.max_length} tokens and cut"
        say(training_args, f"{role}: {len(tokenized.dataset):,} texts, {cut}")
    train = prepared.split("train") or []
    if train:
        say(training_args, "some training texts:")
    for row in random.Random(training_args.seed).sample(range(len(train)), min(3, len(train))):
        label = readable_labels(np.array([train[row][LABELS]]), problem_type, names)[0]
        say(training_args, f"  {label}: {train[row][TEXT][:100]!r}")
    if prepared.augmented is not None:
        augmenter = prepared.augmented.augmenter
        operations = ", ".join(augmenter.operations)
        say(training_args, f"augmentation: {augmenter.probability:.0%} of the training texts in every epoch, each by")
        say(training_args, f"  one of {operations}; similar words from {augmenter.synonyms.name}")


def say(training_args: TrainingArguments, message: str) -> None:
    """Print a message once, whatever the number of processes."""
    if training_args.process_index == 0:
        print(message, flush=True)
