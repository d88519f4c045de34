# Copyright 2026 The amsdff_hf authors. Licensed under the Apache License, Version 2.0.
"""From the facts about a model to the text of its card."""

import re
from importlib.resources import files

from huggingface_hub import EvalResult, ModelCardData
from jinja2 import Environment, StrictUndefined

from .card_facts import CardFacts, DataFacts, MetricFacts
from .card_snippets import card_snippets


TASK = "text-classification"
# What each architecture puts between the token vectors of the backbone and the labels.
_HEADS = {
    "amsdff": "multi-scale attention, dynamic fusion, and attention, learned-query and max pooling",
    "pyramid_graph": "a pyramid of the backbone's levels, a graph of its tokens, and a graph network with a readout",
    "cnn_bilstm": "a BiLSTM over the first text, convolutions over the second, and a gate that weighs the two",
    "amccl": "audio and vision beside the text, mixed by an adaptive convolution over several scales",
    "plain": "the linear head of transformers",
}
# Names of our metrics for the metadata; the Hub knows some of them under others.
_HUB_METRICS = {
    "macro_f1": "f1",
    "matthews_correlation": "matthews_correlation",
    "accuracy": "accuracy",
    "mae": "mae",
    "mse": "mse",
    "pearson": "pearsonr",
    "spearman": "spearmanr",
    "roc_auc": "roc_auc",
}
_KINDS = {
    "single_label_classification": "one label per text",
    "multi_label_classification": "any number of labels per text",
    "regression": "a number per text",
}


def render_card(facts: CardFacts, repo_id: str) -> str:
    """Write the card of a model: metadata for the Hub, text for people.

    Args:
        facts: what is known; whatever is not stays out.
        repo_id: name under which the snippets load the model.

    Returns:
        Markdown; the same for the same facts, to the byte.
    """
    environment = Environment(
        undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True
    )
    environment.filters |= {"cell": _cell, "count": _count, "number": _number, "result": _result}
    template = environment.from_string(files(__package__).joinpath("model_card.md.jinja").read_text(encoding="utf-8"))
    return template.render(
        facts=facts,
        repo_id=repo_id,
        metadata=card_metadata(facts, repo_id).to_yaml(),
        summary=_summary(facts),
        is_ours=facts.model_type != "plain",
        snippets=card_snippets(facts, repo_id),
        data_names=" and ".join(_named(data) for data in facts.data),
        has_counts=any(label.texts is not None for label in facts.labels),
        has_examples=any(label.example is not None for label in facts.labels),
        measured_on=_measured_on(facts),
        costs=_costs(facts),
        limits=_limits(facts),
        licenses=_licenses(facts),
        versions=", ".join(f"{name} {version}" for name, version in facts.versions.items()),
    )


def card_metadata(facts: CardFacts, repo_id: str) -> ModelCardData:
    """The metadata of a card as the Hub reads it, results included."""
    own = [] if facts.model_type in (None, "plain") else ["amsdff_hf", facts.model_type]
    results = [
        _eval_result(facts, data, name, metric) for data in facts.data for name, metric in facts.metrics.items()
    ]
    known = {
        "tags": [*own, *facts.tags],
        "language": facts.language,
        "license": facts.license,
        "license_name": facts.license_name,
        "license_link": facts.license_link,
        "datasets": [data.hub_id for data in facts.data if data.hub_id is not None],
        "metrics": sorted({_HUB_METRICS[name] for name in facts.metrics if name in _HUB_METRICS}),
        "base_model": facts.base_model,
        "base_model_relation": "finetune" if facts.base_model else None,
        "model_name": (facts.name or repo_id) if results else None,
        "eval_results": results,
    }
    return ModelCardData(
        library_name="transformers",
        pipeline_tag=TASK,
        **{name: value for name, value in known.items() if value},
    )


def _eval_result(facts: CardFacts, data: DataFacts, name: str, metric: MetricFacts) -> EvalResult:
    return EvalResult(
        task_type=TASK,
        dataset_type=data.hub_id or data.measured or data.name,
        dataset_name=data.measured or data.name,
        dataset_config=data.config,
        dataset_split=data.split,
        dataset_revision=data.revision,
        metric_type=_HUB_METRICS.get(name, name),
        metric_name=name,
        metric_value=metric.value,
    )


def _summary(facts: CardFacts) -> str:
    head = _HEADS.get(facts.model_type, "a head of its own")
    backbone = facts.base_model or facts.backbone_type
    kind = _KINDS.get(facts.problem_type)
    sentence = "A text classifier" + (f" ({kind})" if kind else "") + f": {head}"
    sentence += f", on top of `{backbone}`." if backbone else "."
    if facts.model_type != "plain":
        sentence += " Made with `amsdff_hf`."
    return sentence + (" It reads pairs of texts." if facts.takes_pairs else "")


def _named(data: DataFacts) -> str:
    name = _cell(data.name)
    return f"[{name}](https://huggingface.co/datasets/{data.hub_id})" if data.hub_id else name


def _measured_on(facts: CardFacts) -> str:
    splits = [f"the split `{data.split}` of {_named(data)}" for data in facts.data if data.split]
    if facts.measured_on:
        splits = [f"`{facts.measured_on}`"]
    where = f"Measured on {' and '.join(splits)}" if splits else "Measured by the training script"
    if len(facts.seeds) > 1:
        seeds = ", ".join(map(str, facts.seeds))
        return f"{where}: mean (standard deviation) of {len(facts.seeds)} trainings, seeds {seeds}."
    return f"{where}: one training, seed {facts.seeds[0]}." if facts.seeds else f"{where}."


def _costs(facts: CardFacts) -> list[str]:
    lines = []
    if facts.parameters:
        head = facts.parameters - (facts.backbone_parameters or facts.parameters)
        lines.append(
            f"{facts.parameters:,} parameters"
            + (f", {head:,} of them in the head" if facts.backbone_parameters else "")
            + f"; {4 * facts.parameters / 1e6:,.1f} MB in float32."
        )
    on = f" on {facts.hardware}" if facts.hardware else ""
    if facts.texts_per_second:
        lines.append(f"{facts.texts_per_second:,.0f} texts per second in evaluation{on}.")
    if facts.training_seconds:
        unit = "second" if round(facts.training_seconds) == 1 else "seconds"
        lines.append(f"Trained in {facts.training_seconds:,.0f} {unit}{on}.")
    return lines


def _limits(facts: CardFacts) -> list[str]:
    lines = [_cell(line) for line in facts.limits]
    if facts.max_length:
        cut = {split: share for split, share in facts.truncated_share.items() if share > 0}
        shares = ", ".join(f"{share:.1%} of the texts of `{split}`" for split, share in cut.items())
        lines.append(
            f"Texts are cut after {facts.max_length} tokens" + (f": {shares} were longer." if shares else ".")
        )
    if facts.labels:
        lines.append("It answers with one of its labels whatever it is given: texts of another kind are no exception.")
    return lines or ["Nobody has written down what this model is not made for: test it on texts of your own."]


def _licenses(facts: CardFacts) -> list[str]:
    lines = [f"This model: {facts.license_name or facts.license}."] if facts.license else []
    lines += [f"{_cell(data.name)}: {data.license}." for data in facts.data if data.license]
    return lines + ([f"Backbone: see `{facts.base_model}`."] if facts.base_model else [])


def _cell(text: str | None) -> str:
    """Text as it is, whatever its characters mean in Markdown or HTML."""
    plain = " ".join((text or "").split()).replace("&", "&amp;").replace("<", "&lt;")
    return re.sub(r"([\\|*_\[\]`])", r"\\\1", plain)


def _count(number: int | None) -> str:
    return "" if number is None else f"{number:,}"


def _number(value: float) -> str:
    return f"{value:.4f}"


def _result(metric: MetricFacts | None) -> str:
    if metric is None:
        return ""
    return _number(metric.value) + ("" if metric.sd is None else f" ({_number(metric.sd)})")
