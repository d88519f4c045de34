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
import shlex
import sys
import time
from pathlib import Path

import numpy as np
from accelerate import PartialState
from classification_setup import Arguments, Prepared, describe, prepare, run_record, say
from datasets import Dataset
from huggingface_hub.errors import StrictDataclassError
from transformers import (
    DataCollatorWithPadding,
    EarlyStoppingCallback,
    EvalPrediction,
    HfArgumentParser,
    Trainer,
    TrainerCallback,
    TrainingArguments,
)
from transformers.trainer_utils import PredictionOutput

from amsdff_hf.data import LABELS, ROW, TEXT, DataTrainingArguments, EpochSetter, StatesCollator
from amsdff_hf.hub import (
    CARD_FACTS,
    CardArguments,
    CardFacts,
    PublishingError,
    PublishingTrainer,
    note_results,
    note_seeds,
    recount,
    save_card,
)
from amsdff_hf.training import (
    ModelArguments,
    RDropTrainer,
    RecipeArguments,
    RunRecorder,
    WeightAveraging,
    build_optimizer,
    format_results,
    format_table,
    has_lambdas,
    label_metrics,
    load_evaluate_metric,
    remove_checkpoints,
    save_json,
    to_probabilities,
    trained_steps,
    tune_thresholds,
    write_reports,
)


class ClassifierTrainer(RDropTrainer, PublishingTrainer):
    """The stock Trainer with R-Drop, and with a way of its own to the Hub."""


def parse_arguments() -> Arguments:
    """Read the command line, or the one JSON file named on it."""
    kinds = (ModelArguments, DataTrainingArguments, TrainingArguments, CardArguments, RecipeArguments)
    parser = HfArgumentParser(kinds, description=__doc__.split("\n")[0])
    if len(sys.argv) == 2 and sys.argv[1].endswith(".json"):
        arguments = Arguments(*parser.parse_json_file(json_file=os.path.abspath(sys.argv[1])))
    else:
        arguments = Arguments(*parser.parse_args_into_dataclasses())
    arguments.model.check(arguments.training)
    arguments.recipe.check(arguments.training, arguments.model.architecture, arguments.model.freeze_backbone)
    # Pinned memory without an accelerator only earns a warning.
    arguments.training.dataloader_pin_memory &= arguments.training.device.type != "cpu"
    return arguments


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
    model_args, training_args = arguments.model, arguments.training
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
        before = Path(training_args.output_dir, CARD_FACTS)
        prepared.card.training_seconds = CardFacts.load(before).training_seconds if before.exists() else None
    else:
        trainer.save_metrics("train", metrics)
        # Of a run that was interrupted, this is only its last part.
        seconds = prepared.states_seconds + metrics["train_runtime"]
        prepared.card.training_seconds = None if prepared.checkpoint else seconds
    trainer.save_state()
    return trainer


def predict(trainer: Trainer, split: Dataset, prefix: str = "test") -> PredictionOutput:
    """Predict a split, texts of about the same length together, and return it in the order of its rows."""
    # With `group_by_length`, the Trainer would sort them by itself, and not sort the predictions back.
    trainer.args.train_sampling_strategy = "random"
    order = np.argsort([-len(ids) for ids in split["input_ids"]], kind="stable")
    output = trainer.predict(split.select(order), metric_key_prefix=prefix)
    rows = np.argsort(order)
    labels = None if output.label_ids is None else output.label_ids[rows]
    return output._replace(predictions=output.predictions[rows], label_ids=labels)


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
    if table:
        print(f"\n{prefix}, label by label:\n{table}")
    return metrics


def run(arguments: Arguments) -> dict[str, dict[str, float]]:
    """Do everything for one seed, and return the metrics of each split."""
    start = time.perf_counter()
    training_args = arguments.training
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
        results["eval"] = score(trainer, prepared, arguments.data, "validation", "eval")
    if training_args.do_predict:
        results["predict"] = score(trainer, prepared, arguments.data, "test", "predict")
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
    training_args = arguments.training
    values: dict[str, list[float]] = {}
    for seed in seeds:
        own = copy.deepcopy(arguments)
        own.training.seed, own.training.output_dir = seed, os.path.join(training_args.output_dir, f"seed-{seed}")
        say(training_args, f"\nSeed {seed}")
        for metrics in run(own).values():
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


def stop(error: Exception) -> None:
    """End with the sentence of an error; `--log_level debug` shows where it comes from."""
    if "--log_level" in sys.argv and "debug" in sys.argv:
        raise error
    sys.exit(f"error: {error}")


def main() -> None:
    """Do what the command line asks for."""
    try:
        arguments = parse_arguments()
        seeds = arguments.model.parsed_seeds()
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
