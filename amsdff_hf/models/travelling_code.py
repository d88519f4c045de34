# Copyright 2026 The amsdff_hf authors. Licensed under the Apache License, Version 2.0.
"""Saving a model or a processor with its code, so that it also loads where this package is not installed."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from transformers import PreTrainedModel, ProcessorMixin


_CLASSIFIER = "ForSequenceClassification"


class TravelsWithCode:
    """For models and processors whose code goes to the Hub with them."""

    def push_to_hub(self, *args: Any, **kwargs: Any) -> str:
        """Upload to the Hub with the code, under the card that is there; `amsdff_hf.push_to_hub` writes a card too."""
        if isinstance(self, PreTrainedModel):
            kwargs.setdefault("tags", ["amsdff_hf", self.config.model_type])
        with travels_with_code(self):
            return super().push_to_hub(*args, **kwargs)


@contextmanager
def travels_with_code(saved: PreTrainedModel | ProcessorMixin) -> Iterator[None]:
    """As long as it lasts, `save_pretrained` also saves the code, and an `auto_map` that names its classes.

    Folders of every day have no code: with an `auto_map` in them, transformers would ask whether it may be run.

    Args:
        saved: a model or a processor of this package.
    """
    parts = _model_parts(saved) if isinstance(saved, PreTrainedModel) else _processor_parts(saved)
    before = [(type(part), type(part)._auto_class, getattr(part, "auto_map", None)) for part, _ in parts]
    try:
        for part, auto_class in parts:
            type(part)._auto_class = auto_class
        if isinstance(saved, PreTrainedModel):
            # Saving adds the class at hand; this names the class with or without labels too.
            saved.config.auto_map = {_auto_class_of(name): name for name in _class_names(saved)}
        yield
    finally:
        for (part, _), (part_class, auto_class, auto_map) in zip(parts, before, strict=True):
            part_class._auto_class = auto_class
            if auto_map is None:
                vars(part).pop("auto_map", None)
            else:
                part.auto_map = auto_map


def _model_parts(model: PreTrainedModel) -> list[tuple[Any, str]]:
    return [(model, _auto_class_of(type(model).__name__)), (model.config, "AutoConfig")]


def _processor_parts(processor: ProcessorMixin) -> list[tuple[Any, str]]:
    return [(processor, "AutoProcessor"), (processor.feature_extractor, "AutoFeatureExtractor")]


def _class_names(model: PreTrainedModel) -> list[str]:
    """The classes that its modeling file offers, as `module.Class`."""
    module = sys.modules[type(model).__module__]
    if not hasattr(module, "__all__"):
        raise ValueError(
            f"The code of {type(model).__name__} cannot travel: its module {module.__name__} has no `__all__` that "
            "names its classes."
        )
    return [f"{module.__name__.rpartition('.')[2]}.{name}" for name in module.__all__]


def _auto_class_of(name: str) -> str:
    return f"AutoModel{_CLASSIFIER}" if name.endswith(_CLASSIFIER) else "AutoModel"


__all__ = ["TravelsWithCode", "travels_with_code"]
