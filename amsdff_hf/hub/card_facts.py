# Copyright 2026 The amsdff_hf authors. Licensed under the Apache License, Version 2.0.
"""What a model card is made of: plain values that a run leaves behind as JSON."""

import dataclasses
import json
import os
from pathlib import Path
from typing import Any

from huggingface_hub.dataclasses import strict
from huggingface_hub.errors import StrictDataclassError

from .licenses import check_license


CARD_FACTS = "model_card.json"


@strict
@dataclasses.dataclass
class LabelFacts:
    """One label.

    Args:
        name: as the model returns it.
        texts: how often it was trained on.
        example: a training text with it.
    """

    name: str
    texts: int | None = None
    example: str | None = None


@strict
@dataclasses.dataclass
class DataFacts:
    """One data set.

    Args:
        name: for people.
        hub_id: name on the Hub, if it is there.
        config: its configuration on the Hub.
        split: the split on which the results were measured.
        revision: commit of the data on the Hub.
        license: identifier of its license.
        measured: name of what the results were measured on, where it has another one.
    """

    name: str
    hub_id: str | None = None
    config: str | None = None
    split: str | None = None
    revision: str | None = None
    license: str | None = None
    measured: str | None = None


@strict
@dataclasses.dataclass
class MetricFacts:
    """One result: its value, or the mean over several seeds.

    Args:
        value: the value, or the mean.
        sd: standard deviation over the seeds.
    """

    value: float | int
    sd: float | int | None = None


@strict
@dataclasses.dataclass
class CardFacts:
    """All that a card may say; whatever is not known stays out of the card.

    Args:
        name: name of the model, for people.
        model_type: architecture, such as `amsdff`; `plain` for the head of transformers.
        backbone_type: model type of the backbone.
        base_model: name of the pretrained backbone on the Hub.
        license: identifier of the Hub, such as `apache-2.0`.
        license_name: name of the license, if the identifier is `other`.
        license_link: where its text is.
        language: codes such as `en`.
        tags: further tags.
        problem_type: as in the model's configuration.
        labels: the labels in the order of their ids.
        takes_pairs: whether the model reads pairs of texts.
        data: the data sets.
        measured_on: file or split of the results, if not the split of the data.
        seeds: seeds of the runs whose results are given.
        metrics: results by their name.
        per_class: precision, recall, F1 and number of texts by label.
        confusions: the most frequent errors: true label, predicted label, how often.
        baseline: results of the plain head on the same split.
        parameters: number of parameters.
        backbone_parameters: number of those in the backbone.
        max_length: length in tokens after which texts are cut.
        truncated_share: share of the texts of a split that were cut, by split.
        texts_per_second: speed in evaluation.
        training_seconds: duration of the training.
        hardware: on what both were measured.
        limits: what the model is not made for, a sentence each.
        command: the command that trained it.
        versions: version of each library.
        citation: BibTeX.
    """

    name: str | None = None
    model_type: str | None = None
    backbone_type: str | None = None
    base_model: str | None = None
    license: str | None = None
    license_name: str | None = None
    license_link: str | None = None
    language: list[str] = dataclasses.field(default_factory=list)
    tags: list[str] = dataclasses.field(default_factory=list)
    problem_type: str | None = None
    labels: list[LabelFacts] = dataclasses.field(default_factory=list)
    takes_pairs: bool = False
    data: list[DataFacts] = dataclasses.field(default_factory=list)
    measured_on: str | None = None
    seeds: list[int] = dataclasses.field(default_factory=list)
    metrics: dict[str, MetricFacts] = dataclasses.field(default_factory=dict)
    per_class: dict[str, dict[str, float | int]] = dataclasses.field(default_factory=dict)
    confusions: list[tuple[str, str, int]] = dataclasses.field(default_factory=list)
    baseline: dict[str, MetricFacts] = dataclasses.field(default_factory=dict)
    parameters: int | None = None
    backbone_parameters: int | None = None
    max_length: int | None = None
    truncated_share: dict[str, float | int] = dataclasses.field(default_factory=dict)
    texts_per_second: float | int | None = None
    training_seconds: float | int | None = None
    hardware: str | None = None
    limits: list[str] = dataclasses.field(default_factory=list)
    command: str | None = None
    versions: dict[str, str] = dataclasses.field(default_factory=dict)
    citation: str | None = None

    def __post_init__(self) -> None:
        check_license(self.license, self.license_name)
        for data in self.data:
            if data.license is not None:
                check_license(data.license, data.name)

    @classmethod
    def load(cls, path: str | os.PathLike) -> "CardFacts":
        """Read what [`save`] wrote.

        Raises:
            ValueError: if the file holds a field that no card has, or a value of a wrong type.
        """
        try:
            return cls._from_json(Path(path).read_text(encoding="utf-8"))
        except (TypeError, AttributeError, ValueError, StrictDataclassError) as error:
            raise ValueError(f"{os.fspath(path)!r} does not hold the facts of a card: {error}") from error

    @classmethod
    def _from_json(cls, text: str) -> "CardFacts":
        values = json.loads(text)
        known = {field.name for field in dataclasses.fields(cls)}
        for name in values:
            if name not in known:
                raise ValueError(f"{name!r} is in no card, only {', '.join(sorted(known))}.")
        parts = {"labels": LabelFacts, "data": DataFacts}
        made: dict[str, Any] = {
            name: [part(**fields) for fields in values[name]] for name, part in parts.items() if name in values
        }
        for name in ("metrics", "baseline"):
            made[name] = {metric: MetricFacts(**fields) for metric, fields in values.get(name, {}).items()}
        made["confusions"] = [tuple(found) for found in values.get("confusions", [])]
        return cls(**{**values, **made})

    def save(self, path: str | os.PathLike) -> None:
        """Write what is known as JSON."""
        text = json.dumps(_known(dataclasses.asdict(self)), indent=2, ensure_ascii=False)
        Path(path).write_text(f"{text}\n", encoding="utf-8")


def _known(value: Any) -> Any:
    """Leave out what is not known; 0 is known."""
    if isinstance(value, dict):
        known = {name: part for name, part in value.items() if part is not None and part is not False}
        return {name: _known(part) for name, part in known.items() if part not in ([], {})}
    return [_known(part) for part in value] if isinstance(value, (list, tuple)) else value
