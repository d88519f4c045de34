# Copyright 2026 The amsdff_hf authors. Licensed under the Apache License, Version 2.0.
"""The card of a training, noted down as it goes."""

import os
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from transformers import PreTrainedModel, TrainingArguments

from ..data import DataTrainingArguments, LabelSpace
from ..training import ModelArguments, per_class_metrics, predicted_labels
from .arguments import CardArguments
from .card_facts import CARD_FACTS, CardFacts, DataFacts, MetricFacts
from .card_rendering import render_card
from .card_sources import facts_of_model, frequent_confusions, metric_facts
from .provenance import CITATION, command_line, hardware_name, library_versions


def start_card(
    model: PreTrainedModel,
    model_args: ModelArguments,
    data_args: DataTrainingArguments,
    training_args: TrainingArguments,
    card_args: CardArguments,
) -> CardFacts:
    """Note what is known before a training.

    Args:
        model: the model that will be trained.
        model_args: which backbone it started from.
        data_args: which data it sees.
        training_args: seed, and name on the Hub.
        card_args: what only people know.

    Raises:
        FileNotFoundError: if `--card_baseline` has no card.
    """
    facts = facts_of_model(model)
    wanted_name = training_args.hub_model_id or os.path.basename(os.path.abspath(training_args.output_dir))
    facts.name = card_args.card_name or wanted_name.rpartition("/")[2]
    path = model_args.model_name_or_path
    facts.base_model = card_args.card_base_model or (None if os.path.exists(path) else path)
    facts.license, facts.license_name = card_args.card_license, card_args.card_license_name
    facts.license_link = card_args.card_license_link
    facts.language = _listed(card_args.card_language, ",")
    facts.limits = _listed(card_args.card_limits, ";")
    facts.data = [_data_facts(data_args, card_args)]
    facts.seeds = [training_args.seed]
    facts.hardware = hardware_name(training_args.device)
    facts.command = command_line(sys.argv)
    facts.citation = CITATION
    facts.versions = library_versions()
    if card_args.card_baseline is not None:
        path = Path(card_args.card_baseline, CARD_FACTS)
        if not path.exists():
            raise FileNotFoundError(
                f"--card_baseline {card_args.card_baseline!r} holds no {CARD_FACTS}: name the --output_dir of a "
                "training with --architecture plain."
            )
        facts.baseline = CardFacts.load(path).metrics
    return facts


def note_results(
    facts: CardFacts,
    split: str,
    metrics: dict[str, float],
    probabilities: np.ndarray,
    labels: np.ndarray,
    space: LabelSpace,
    data_args: DataTrainingArguments,
    thresholds: Sequence[float] | None = None,
) -> None:
    """Note the results on a split, in the place of those on an earlier one.

    Args:
        facts: the card, changed in place.
        split: `eval` or `predict`, the prefix of the metrics.
        metrics: what the Trainer reports.
        probabilities: `(num_texts, num_labels)`.
        labels: encoded labels.
        space: names of the labels and problem type.
        data_args: which file or split it is.
        thresholds: one per label in multi-label classification.
    """
    facts.metrics = metric_facts(metrics, split)
    facts.texts_per_second = metrics.get(f"{split}_samples_per_second")
    role = {"eval": "validation", "predict": "test"}[split]
    file = getattr(data_args, f"{role}_file")
    facts.measured_on = None if file is None else Path(file).name
    for data in facts.data:
        data.split = getattr(data_args, f"{role}_split_name") or role
        # A file of training texts is not what was measured on.
        is_train_file = data_args.train_file is not None and data.name == Path(data_args.train_file).name
        data.measured = facts.measured_on if is_train_file else None
    if space.problem_type == "regression":
        return
    facts.per_class = per_class_metrics(probabilities, labels, space.names, space.problem_type, thresholds)
    if space.problem_type == "single_label_classification":
        predicted = predicted_labels(probabilities, space.problem_type)
        facts.confusions = frequent_confusions(predicted, np.asarray(labels), space.names)


def recount(facts: CardFacts, model: PreTrainedModel) -> None:
    """Note the size of a model anew, whose adapters have been merged."""
    counted = facts_of_model(model)
    facts.model_type, facts.parameters = counted.model_type, counted.parameters
    facts.backbone_parameters = counted.backbone_parameters


def save_card(facts: CardFacts, folder: str | os.PathLike) -> None:
    """Write the card and its facts beside a trained model; other runs compare themselves with the facts.

    Args:
        facts: what the card says.
        folder: the folder of the model, after which the card calls it until it is published.
    """
    facts.save(Path(folder, CARD_FACTS))
    name = os.path.basename(os.path.abspath(folder))
    Path(folder, "README.md").write_text(render_card(facts, f"org/{name}"), encoding="utf-8")


def note_seeds(folders: Sequence[str | os.PathLike]) -> None:
    """Write mean and standard deviation over several seeds on the card of each of their models.

    Args:
        folders: output folders of trainings that differ in the seed alone; those without a card are passed over.
    """
    cards = {
        folder: CardFacts.load(Path(folder, CARD_FACTS)) for folder in folders if Path(folder, CARD_FACTS).exists()
    }
    if len(cards) < 2:
        return
    seeds = [seed for facts in cards.values() for seed in facts.seeds]
    # Some are not defined for every outcome, such as a correlation with what is constant.
    names = set.intersection(*(set(facts.metrics) for facts in cards.values()))
    values = {name: [facts.metrics[name].value for facts in cards.values()] for name in sorted(names)}
    for folder, facts in cards.items():
        facts.seeds = seeds
        facts.metrics = {
            name: MetricFacts(float(np.mean(found)), float(np.std(found, ddof=1))) for name, found in values.items()
        }
        save_card(facts, folder)


def _data_facts(data_args: DataTrainingArguments, card_args: CardArguments) -> DataFacts:
    name = data_args.dataset_name or Path(data_args.train_file or data_args.test_file).name
    is_on_hub = data_args.dataset_name is not None and not os.path.exists(name)
    return DataFacts(
        name=card_args.card_data_name or (name if is_on_hub else os.path.basename(os.path.normpath(name))),
        hub_id=name if is_on_hub else None,
        config=data_args.dataset_config_name,
        revision=card_args.card_data_revision,
        license=card_args.card_data_license,
    )


def _listed(text: str | None, separator: str) -> list[str]:
    return [part.strip() for part in (text or "").split(separator) if part.strip()]
