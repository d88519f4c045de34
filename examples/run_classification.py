# Copyright 2026 The amsdff_hf authors. Licensed under the Apache License, Version 2.0.
r"""Train, evaluate and use a text classifier on your own data or any data set of the Hub.

All arguments of transformers' run_classification.py work here too. For example:

    python examples/run_classification.py --model_name_or_path distilbert-base-uncased \
        --train_file train.csv --validation_file dev.csv --test_file test.csv \
        --do_train --do_eval --do_predict --output_dir runs/my-classifier

The test file may be the only one, with a trained classifier as --model_name_or_path and --do_predict.
"""

import copy
import os
import random
import shlex
import sys
import time
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from accelerate import PartialState
from datasets import Dataset
from huggingface_hub.errors import StrictDataclassError
from transformers import (
    DataCollatorWithPadding,
    EarlyStoppingCallback,
    EvalPrediction,
    HfArgumentParser,
    PreTrainedModel,
    PreTrainedTokenizerBase,
    Trainer,
    TrainerCallback,
    TrainingArguments,
    set_seed,
)
from transformers.trainer_utils import PredictionOutput

from amsdff_hf.data import (
    LABELS,
    ROW,
    TEXT,
    AugmentedTexts,
    DataTrainingArguments,
    EpochSetter,
    LabelSpace,
    StatesCollator,
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
from amsdff_hf.hub import (
    CardArguments,
    CardFacts,
    PublishingError,
    PublishingTrainer,
    describe_labels,
    note_results,
    note_seeds,
    recount,
    save_card,
    start_card,
)
from amsdff_hf.training import (
    ModelArguments,
    RDropTrainer,
    RecipeArguments,
    RunRecorder,
    WeightAveraging,
    build_classifier,
    build_optimizer,
    check_kind_of_texts,
    check_metric_name,
    check_same_model,
    check_same_run,
    find_checkpoint,
    format_results,
    format_table,
    has_lambdas,
    kept_config,
    label_metrics,
    load_evaluate_metric,
    load_tokenizer,
    load_trained,
    make_run_record,
    readable_labels,
    remove_checkpoints,
    save_json,
    to_probabilities,
    trained_steps,
    tune_thresholds,
    write_reports,
)


LENGTH_IN_TRAINING = 128
# Of a model that reads windows: whole documents, but not whole books.
LENGTH_IN_WINDOWS = 8192
Arguments = tuple[ModelArguments, DataTrainingArguments, TrainingArguments, CardArguments, RecipeArguments]


class ClassifierTrainer(RDropTrainer, PublishingTrainer):
    """The stock Trainer with R-Drop, and with a way of its own to the Hub."""


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
    card: CardFacts | None = None

    def split(self, role: str) -> Dataset | None:
        """Rows of a split, ready for the Trainer."""
        return self.tokenized[role].dataset if role in self.tokenized else None

    @property
    def thresholds(self) -> list[float] | None:
        """Thresholds of a multi-label model that has some."""
        return getattr(self.model.config, "thresholds", None)


def parse_arguments() -> Arguments:
    """Read the command line, or the one JSON file named on it."""
    parser = HfArgumentParser(
        (ModelArguments, DataTrainingArguments, TrainingArguments, CardArguments, RecipeArguments),
        description=__doc__.split("\n")[0],
    )
    if len(sys.argv) == 2 and sys.argv[1].endswith(".json"):
        arguments = parser.parse_json_file(json_file=os.path.abspath(sys.argv[1]))
    else:
        arguments = parser.parse_args_into_dataclasses()
    model_args, _, training_args, _, recipe = arguments
    model_args.check(training_args)
    recipe.check(training_args, model_args.architecture, model_args.freeze_backbone)
    # Pinned memory without an accelerator only earns a warning.
    training_args.dataloader_pin_memory &= training_args.device.type != "cpu"
    return arguments


def needed_splits(training_args: TrainingArguments) -> list[str]:
    """Return the splits that the run reads."""
    wanted = {
        "train": training_args.do_train,
        "validation": training_args.do_eval or training_args.eval_strategy != "no",
        "test": training_args.do_predict,
    }
    return [role for role, is_wanted in wanted.items() if is_wanted]


def prepare(arguments: Arguments) -> Prepared:
    """Check and load everything, so that whatever is wrong shows before any training."""
    model_args, data_args, training_args, card_args, recipe = arguments
    checkpoint = None
    if training_args.do_train:
        checkpoint = find_checkpoint(training_args, model_args.overwrite_output_dir)
    tokenizer = load_tokenizer(model_args)
    trained = None if training_args.do_train else load_trained(model_args)
    # Whatever is chosen on the test data would flatter the result there.
    chooses = model_args.tune_thresholds or training_args.load_best_model_at_end
    splits = read_splits(
        data_args, needed_splits(training_args), model_args.cache_dir, model_args.token, test_may_validate=not chooses
    )
    kept = kept_config(model_args) if trained is None else trained.config
    splits, space = label_splits(splits, data_args, None if kept is None else label_space_of(kept))
    if model_args.tune_thresholds and space.problem_type != "multi_label_classification":
        raise ValueError(f"--tune_thresholds is for several labels per text, this is {space.problem_type}.")
    if training_args.metric_for_best_model is not None and data_args.metric_name is None:
        check_metric_name(training_args.metric_for_best_model, space.problem_type)
    set_seed(training_args.seed)
    model = trained
    if model is None:
        labels = np.array(splits["train"][LABELS])
        model = build_classifier(model_args, space.names, space.problem_type, labels, recipe.config_fields())
    if getattr(model.config, "pad_token_id", None) is None:
        # The plain heads of decoders find the last token by it.
        model.config.pad_token_id = tokenizer.pad_token_id
    if checkpoint is not None:
        check_same_model(checkpoint, model.config)
    is_pair = data_args.text_pair_column_name is not None
    if "token_type_ids" in getattr(model, "head_arguments", ()) and is_pair:
        tokenizer = number_texts(tokenizer)
    if trained is None and hasattr(model.config, "text_pairs"):
        model.config.text_pairs = is_pair
    check_kind_of_texts(model.config, is_pair)
    wanted = data_args.max_seq_length
    if wanted is None:
        # A trained model comes with a tokenizer that knows where its training cut.
        fresh = LENGTH_IN_WINDOWS if getattr(model.config, "long_text", None) == "window" else LENGTH_IN_TRAINING
        wanted = fresh if trained is None else tokenizer.model_max_length
    max_length = usable_length(wanted, tokenizer, model, is_pair)
    with training_args.main_process_first(desc="tokenization"):
        tokenized = tokenize_splits(splits, tokenizer, max_length, data_args)
    if checkpoint is not None and training_args.resume_from_checkpoint is None:
        check_same_run(checkpoint, run_record(arguments, tokenized["train"].dataset))
    augmented, states, card = None, {}, None
    if training_args.do_train:
        split, seed = tokenized["train"].dataset, training_args.seed
        augmented = augment_split(split, model, tokenizer, max_length, seed, data_args)
        if model_args.freeze_backbone and data_args.cache_states and augmented is None and hasattr(model, "states_of"):
            states = cache_splits(tokenized, model, training_args, data_args)
        card = start_card(model, model_args, data_args, training_args, card_args)
        card.max_length = max_length
        card.truncated_share = {role: one.truncated_share for role, one in tokenized.items()}
        if card_args.card_examples:
            card.labels = describe_labels(space.names, split[TEXT], np.array(split[LABELS]), space.problem_type)
    return Prepared(checkpoint, model, tokenizer, space, tokenized, max_length, augmented, states, card)


def run_record(arguments: Arguments, train: Dataset) -> dict[str, Any]:
    """Collect all that decides which weights the run ends with."""
    model_args, data_args, training_args, _, recipe = arguments
    further = {name: value for name, value in vars(data_args).items() if name.startswith(("augment_", "cache_states"))}
    return make_run_record(model_args, training_args, train, **further, **vars(recipe))


def describe(prepared: Prepared, training_args: TrainingArguments) -> None:
    """Say what will be done with which data, and show three training texts."""
    names, problem_type = prepared.space.names, prepared.space.problem_type
    parameters = sum(p.numel() for p in prepared.model.parameters())
    processes = f", {training_args.world_size} processes" if training_args.world_size > 1 else ""
    say(training_args, f"\n{type(prepared.model).__name__}, {parameters:,} parameters{processes}")
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
    for row in random.Random(training_args.seed).sample(range(len(train)), min(3, len(train))):
        label = readable_labels(np.array([train[row][LABELS]]), problem_type, names)[0]
        say(training_args, f"  {label}: {train[row][TEXT][:100]!r}")
    if prepared.augmented is not None:
        augmenter = prepared.augmented.augmenter
        operations = ", ".join(augmenter.operations)
        say(training_args, f"augmentation: {augmenter.probability:.0%} of the training texts in every epoch, each by")
        say(training_args, f"  one of {operations}; similar words from {augmenter.synonyms.name}")


def build_trainer(prepared: Prepared, arguments: Arguments) -> Trainer:
    """Build the stock Trainer."""
    model_args, data_args, training_args, _, recipe = arguments
    space, model = prepared.space, prepared.model
    further = None
    if data_args.metric_name is not None:
        further = load_evaluate_metric(
            data_args.metric_name, space.problem_type, len(space.names), model_args.cache_dir
        )

    def compute_metrics(prediction: EvalPrediction) -> dict[str, float]:
        probabilities = to_probabilities(prediction.predictions, space.problem_type)
        return label_metrics(probabilities, prediction.label_ids, space.problem_type, prepared.thresholds, further)

    callbacks: list[TrainerCallback] = [EpochSetter(prepared.augmented)] if prepared.augmented else []
    optimizer = None
    if training_args.do_train and (model_args.head_learning_rate or has_lambdas(model) or recipe.layer_decay):
        rates = model_args.head_learning_rate, model_args.lambda_learning_rate
        optimizer = build_optimizer(model, training_args, *rates, layer_decay=recipe.layer_decay)
    patience = model_args.early_stopping_patience
    callbacks += [EarlyStoppingCallback(patience)] if patience else []
    callbacks += [WeightAveraging(recipe.average_weights)] if recipe.average_weights else []
    if training_args.do_train:
        callbacks.append(RunRecorder(run_record(arguments, prepared.split("train"))))
    multiple = 8 if training_args.fp16 or training_args.bf16 else None
    collator = DataCollatorWithPadding(prepared.tokenizer, pad_to_multiple_of=multiple)
    trainer = ClassifierTrainer(
        model=model,
        args=training_args,
        train_dataset=prepared.augmented or prepared.states.get("train", prepared.split("train")),
        eval_dataset=prepared.states.get("validation", prepared.split("validation")),
        processing_class=prepared.tokenizer,
        data_collator=StatesCollator(model, collator) if prepared.states else collator,
        compute_metrics=compute_metrics,
        callbacks=callbacks,
        optimizers=(optimizer, None),
    )
    trainer.r_drop_weight = recipe.r_drop_weight
    return trainer


def train(trainer: Trainer, prepared: Prepared, arguments: Arguments) -> Trainer:
    """Train, or go on training, and save model and tokenizer; returns the Trainer of the finished model."""
    model_args, _, training_args, _, _ = arguments
    if model_args.overwrite_output_dir and trainer.is_world_process_zero():
        remove_checkpoints(training_args.output_dir)
    if prepared.checkpoint is not None:
        say(training_args, f"Going on from {prepared.checkpoint}.")
    metrics = trainer.train(resume_from_checkpoint=prepared.checkpoint).metrics
    was_finished = trainer.state.global_step == trained_steps(prepared.checkpoint)
    if model_args.lora_rank is not None:
        prepared.model = trainer.model.merge_and_unload()
        trainer = build_trainer(prepared, arguments)
        recount(prepared.card, prepared.model)
    if model_args.tune_thresholds:
        validation = prepared.split("validation")
        probabilities = to_probabilities(predict(trainer, validation).predictions, prepared.space.problem_type)
        prepared.model.config.thresholds = tune_thresholds(probabilities, np.array(validation[LABELS]))
    metrics["train_samples"] = len(prepared.split("train"))
    metrics["parameters"] = sum(p.numel() for p in prepared.model.parameters())
    trainer.save_model()
    if trainer.is_world_process_zero():
        # A pickle, which nobody should have to load to use the model.
        os.remove(os.path.join(training_args.output_dir, "training_args.bin"))
    if was_finished:
        say(training_args, "Nothing was left to train.")
    else:
        trainer.save_metrics("train", metrics)
        # Of a run that was interrupted, this is only its last part.
        prepared.card.training_seconds = None if prepared.checkpoint else metrics["train_runtime"]
    trainer.save_state()
    return trainer


def predict(trainer: Trainer, split: Dataset, prefix: str = "test") -> PredictionOutput:
    """Predict a split in the order of its rows."""
    # With `group_by_length`, the Trainer would return the predictions of sorted texts.
    trainer.args.train_sampling_strategy = "random"
    return trainer.predict(split, metric_key_prefix=prefix)


def score(
    trainer: Trainer, prepared: Prepared, data_args: DataTrainingArguments, role: str, prefix: str
) -> dict[str, float]:
    """Predict a split, write its metrics and reports, and return the metrics."""
    split, problem_type, folder = prepared.split(role), prepared.space.problem_type, trainer.args.output_dir
    labels = np.array(split[LABELS]) if LABELS in split.column_names else None
    # Test rows may lack labels, which no loss could be computed for.
    is_test = role == "test" and labels is not None
    start = time.perf_counter()
    output = predict(trainer, split.remove_columns(LABELS) if is_test else split, prefix)
    seconds = time.perf_counter() - start
    if not trainer.is_world_process_zero():
        return {}
    probabilities = to_probabilities(output.predictions, problem_type)
    metrics = {}
    if is_test:
        found = trainer.compute_metrics(EvalPrediction(predictions=output.predictions, label_ids=labels))
        metrics = {f"{prefix}_{name}": value for name, value in found.items()}
    metrics.update({name: value for name, value in output.metrics.items() if name.startswith(prefix)})
    metrics.update(
        {f"{prefix}_samples": len(split), f"{prefix}_truncated_share": prepared.tokenized[role].truncated_share}
    )
    metrics[f"{prefix}_samples_per_second"] = len(split) / seconds
    trainer.save_metrics(prefix, metrics)
    if labels is not None and prepared.card is not None:
        note_results(
            prepared.card, prefix, metrics, probabilities, labels, prepared.space, data_args, prepared.thresholds
        )
    table = write_reports(
        folder,
        prefix,
        probabilities,
        labels,
        split[TEXT],
        split[ROW],
        prepared.space.names,
        problem_type,
        prepared.thresholds,
    )
    print(f"\n{table}")
    return metrics


def run(arguments: Arguments) -> dict[str, dict[str, float]]:
    """Do everything for one seed, and return the metrics of each split."""
    start = time.perf_counter()
    training_args = arguments[2]
    try:
        prepared = prepare(arguments)
        trainer = build_trainer(prepared, arguments)
    except (ValueError, OSError, ImportError, RuntimeError, StrictDataclassError) as error:
        stop(error)
    describe(prepared, training_args)
    if training_args.do_train:
        trainer = train(trainer, prepared, arguments)
    results = {}
    if training_args.do_eval:
        results["eval"] = score(trainer, prepared, arguments[1], "validation", "eval")
    if training_args.do_predict:
        results["predict"] = score(trainer, prepared, arguments[1], "test", "predict")
    if prepared.card is not None and training_args.process_index == 0:
        save_card(prepared.card, training_args.output_dir)
    if training_args.push_to_hub:
        publish(trainer, prepared.card)
    parameters = sum(p.numel() for p in prepared.model.parameters())
    seconds = time.perf_counter() - start
    say(training_args, f"\n{type(prepared.model).__name__}, {parameters:,} parameters, {seconds:.0f} seconds")
    if results:
        say(training_args, f"\n{format_results(results)}")
    files = sorted(name for name in os.listdir(training_args.output_dir) if not name.startswith("checkpoint-"))
    say(training_args, f"\nIn {training_args.output_dir}: {', '.join(files)}")
    return results


def run_seeds(arguments: Arguments, seeds: list[int]) -> None:
    """Do everything once for each seed, and print mean and standard deviation."""
    training_args = arguments[2]
    values: dict[str, list[float]] = {}
    for seed in seeds:
        own_args = copy.deepcopy(arguments)
        own_args[2].seed, own_args[2].output_dir = seed, os.path.join(training_args.output_dir, f"seed-{seed}")
        say(training_args, f"\nSeed {seed}")
        for metrics in run(own_args).values():
            for name, value in metrics.items():
                values.setdefault(name, []).append(value)
    rows = [[name, float(np.mean(found)), float(np.std(found, ddof=1))] for name, found in values.items()]
    say(training_args, f"\n{format_table(rows, header=[f'{len(seeds)} seeds', 'mean', 'sd'])}")
    if training_args.process_index == 0:
        note_seeds([os.path.join(training_args.output_dir, f"seed-{seed}") for seed in seeds])
        path = os.path.join(training_args.output_dir, "seeds_results.json")
        save_json({name: {"mean": mean, "sd": sd, "seeds": values[name]} for name, mean, sd in rows}, path)
        say(training_args, f"\nIn {path}: this table")


def publish(trainer: PublishingTrainer, card: CardFacts) -> None:
    """Publish the model; where that fails, what was trained is still in the output folder."""
    trainer.card = card
    try:
        commit = trainer.push_to_hub()
    except PublishingError as error:
        again = ["python", "examples/publish.py", trainer.args.output_dir, trainer.hub_model_id]
        again += ["--private"] if trainer.args.hub_private_repo else []
        again += ["--revision", trainer.args.hub_revision] if trainer.args.hub_revision else []
        where = f"The model is complete in {trainer.args.output_dir}; to publish it later: {shlex.join(again)}"
        sys.exit(f"error: {error}\n{where}")
    kind = "private" if trainer.args.hub_private_repo else "public, unless it was private before"
    say(trainer.args, f"\nPublished ({kind}): {commit.commit_url if commit else trainer.hub_model_id}")
    if card.labels and any(label.example for label in card.labels):
        say(trainer.args, "The card shows a training text of each label; --no_card_examples leaves them out.")


def say(training_args: TrainingArguments, message: str) -> None:
    """Print a message once, whatever the number of processes."""
    if training_args.process_index == 0:
        print(message, flush=True)


def stop(error: Exception) -> None:
    """End with the sentence of an error; `--log_level debug` shows where it comes from."""
    if "--log_level" in sys.argv and "debug" in sys.argv:
        raise error
    sys.exit(f"error: {error}")


def main() -> None:
    """Do what the command line asks for."""
    try:
        arguments = parse_arguments()
        seeds = arguments[0].parsed_seeds()
    except ValueError as error:
        stop(error)
    if seeds:
        run_seeds(arguments, seeds)
    else:
        run(arguments)
    # Threads of an open process group may crash a process that already ends.
    PartialState().destroy_process_group()


if __name__ == "__main__":
    main()
