# Copyright 2026 The amsdff_hf authors. Licensed under the Apache License, Version 2.0.
"""Command-line arguments that say what model to train, and how its head."""

import json
from dataclasses import dataclass, field
from typing import Any

from transformers import TrainingArguments

from ..models import ARCHITECTURES as CLASSES
from ..models.differential_settings import PLACES, DifferentialAttentionSettings


# Classifiers by the name of their architecture.
ARCHITECTURES = {config_class.model_type: classifier for config_class, _, classifier in CLASSES}
_ABOVE_ZERO = (
    "gradient_accumulation_steps",
    "learning_rate",
    "per_device_eval_batch_size",
    "per_device_train_batch_size",
)


@dataclass
class ModelArguments:
    """Backbone, architecture, loss and what is trained."""

    model_name_or_path: str = field(
        metadata={"help": "Backbone to start from, or a trained classifier to go on with: folder or name on the Hub."}
    )
    architecture: str | None = field(
        default=None,
        metadata={
            "help": "Head on a backbone, amsdff if not given; `plain` is AutoModelForSequenceClassification.",
            "choices": [*ARCHITECTURES, "plain"],
        },
    )
    config_name: str | None = field(
        default=None, metadata={"help": "Configuration, if elsewhere (--architecture plain)."}
    )
    tokenizer_name: str | None = field(default=None, metadata={"help": "Tokenizer, if elsewhere than the model."})
    cache_dir: str | None = field(default=None, metadata={"help": "Where to keep what is downloaded."})
    use_fast_tokenizer: bool = field(default=True, metadata={"help": "Use a tokenizer of the tokenizers library."})
    model_revision: str = field(default="main", metadata={"help": "Branch, tag or commit of the model."})
    token: str | None = field(
        default=None, metadata={"help": "Token for the Hub; default: the one you logged in with."}
    )
    trust_remote_code: bool = field(
        default=False, metadata={"help": "Run code from the model's repository (--architecture plain)."}
    )
    ignore_mismatched_sizes: bool = field(
        default=False, metadata={"help": "Start the last layer anew if a trained classifier has other labels."}
    )
    freeze_backbone: bool = field(default=False, metadata={"help": "Train the head alone."})
    head_learning_rate: float | None = field(
        default=None, metadata={"help": "Learning rate of the head; default: --learning_rate."}
    )
    class_weights: str | None = field(
        default=None, metadata={"help": "`balanced`, or one number per label, separated by commas."}
    )
    loss_weights: str | None = field(
        default=None,
        metadata={"help": "Shares of cross entropy, focal and smoothed loss, e.g. 1,0,0. Default: that of the head."},
    )
    head_fields: str | None = field(
        default=None,
        metadata={"help": "Further fields of the head's configuration as JSON, e.g. '{\"input_dropout\": 0.2}'."},
    )
    long_text: str | None = field(
        default=None,
        metadata={
            "help": "Texts beyond the backbone's positions: `cut` (default), or `window`s that overlap.",
            "choices": ["cut", "window"],
        },
    )
    window_length: int | None = field(
        default=None, metadata={"help": "Tokens of a window; default: the backbone's positions."}
    )
    window_overlap: int | None = field(
        default=None, metadata={"help": "Tokens that a window shares with the one before; default: 64."}
    )
    lora_rank: int | None = field(
        default=None, metadata={"help": "Adapt the backbone by LoRA of this rank (extra `peft`); merged when saved."}
    )
    differential_fraction: float | None = field(
        default=None, metadata={"help": "Make attention differential in this share of the backbone's layers."}
    )
    differential_layers: str | None = field(
        default=None, metadata={"help": "Which layers: top (default), bottom, even, or numbers from 0 like 9,10,11."}
    )
    differential_head_fraction: float | None = field(
        default=None, metadata={"help": "Share of the heads in each of these layers; default: all."}
    )
    differential_form: str | None = field(
        default=None,
        metadata={
            "help": "query_twin (default), row_sum or dex keep what a pretrained layer does at first; v1, v2 do not.",
            "choices": ["query_twin", "row_sum", "dex", "v1", "v2"],
        },
    )
    lambda_learning_rate: float | None = field(
        default=None,
        metadata={"help": "Learning rate of differential attention's lambdas; default: 10 x --learning_rate."},
    )
    tune_thresholds: bool = field(
        default=False,
        metadata={"help": "Multi-label: choose each label's threshold by its F1 on the validation data."},
    )
    seeds: str | None = field(
        default=None, metadata={"help": "Several seeds, separated by commas: one run and subfolder each."}
    )
    early_stopping_patience: int | None = field(
        default=None, metadata={"help": "Stop after so many evaluations without improvement."}
    )
    overwrite_output_dir: bool = field(
        default=False, metadata={"help": "Start anew in an output folder that is not empty."}
    )

    def __post_init__(self):
        needs_own_head = [name for name in ("class_weights", "loss_weights") if getattr(self, name) is not None]
        if self.architecture == "plain" and needs_own_head:
            raise ValueError(
                f"--{needs_own_head[0]} belongs to the losses of this package; the plain head of transformers has "
                "cross entropy only: leave it out, or choose another --architecture."
            )
        if self.architecture != "plain" and self.config_name is not None:
            raise ValueError("--config_name is for --architecture plain; leave it out.")
        for name in ("head_learning_rate", "lambda_learning_rate"):
            if getattr(self, name) is not None and getattr(self, name) <= 0:
                raise ValueError(f"--{name} must be above 0, got {getattr(self, name)}.")
        self.parsed_head_fields()
        self.window_fields()
        if self.parsed_differential() is not None and self.freeze_backbone:
            raise ValueError(
                "--freeze_backbone would freeze differential attention, which is part of the backbone, as it starts: "
                "leave one of them out."
            )
        if self.lora_rank is not None and self.freeze_backbone:
            raise ValueError("--lora_rank adapts the backbone, --freeze_backbone leaves it alone: pass one of them.")
        if self.lora_rank is not None and self.lora_rank < 1:
            raise ValueError(f"--lora_rank must be at least 1, got {self.lora_rank}.")

    def check(self, training_args: TrainingArguments) -> None:
        """Check what depends on the arguments of the Trainer.

        Raises:
            ValueError: if there is nothing to do, an option lacks another one that it needs, or a number is too small.
        """
        if not (training_args.do_train or training_args.do_eval or training_args.do_predict):
            raise ValueError("There is nothing to do: pass --do_train, --do_eval, --do_predict or several of them.")
        for name in _ABOVE_ZERO:
            if getattr(training_args, name) <= 0:
                raise ValueError(f"--{name} must be above 0, got {getattr(training_args, name)}.")
        if self.early_stopping_patience and not training_args.load_best_model_at_end:
            raise ValueError(
                "--early_stopping_patience needs to know the best model: add --load_best_model_at_end --eval_strategy "
                "epoch --save_strategy epoch (and --metric_for_best_model macro_f1, if not the loss shall decide)."
            )
        if self.tune_thresholds and not (training_args.do_train and training_args.do_eval):
            raise ValueError(
                "--tune_thresholds needs validation data and a model to store them: add --do_train --do_eval."
            )
        if self.parsed_seeds() and not training_args.do_train:
            raise ValueError("--seeds trains once for each seed: add --do_train, or leave it out.")
        if training_args.push_to_hub and not training_args.do_train:
            raise ValueError("--push_to_hub publishes what was trained: add --do_train, or call examples/publish.py.")
        if self.parsed_seeds() and training_args.push_to_hub:
            raise ValueError(
                "--push_to_hub would publish the model of one of the --seeds: leave it out, and publish the one that "
                "you choose by examples/publish.py."
            )

    def parsed_differential(self) -> dict[str, Any] | None:
        """Return what of the attention becomes differential, as the block of a configuration, or `None`.

        Raises:
            ValueError: if a value is out of range, or no layers are chosen.
        """
        layers, is_list = self.differential_layers, False
        if layers is not None and layers not in PLACES:
            layers, is_list = _whole_numbers("differential_layers", layers), True
            if self.differential_fraction is not None:
                raise ValueError(
                    "--differential_layers lists the layers, so that --differential_fraction has nothing to choose: "
                    "leave one of them out."
                )
        given = {
            "fraction": self.differential_fraction,
            "layers": layers,
            "head_fraction": self.differential_head_fraction,
            "form": self.differential_form,
        }
        given = {name: value for name, value in given.items() if value is not None}
        if not given:
            return None
        if "fraction" not in given and not is_list:
            raise ValueError(
                "Differential attention needs to know how many layers: add --differential_fraction 0.25, or list them "
                "like --differential_layers 9,10,11."
            )
        return vars(DifferentialAttentionSettings(**given))

    def parsed_seeds(self) -> list[int]:
        """Return `--seeds` as numbers, empty if not given.

        Raises:
            ValueError: if they are no whole numbers.
        """
        return _whole_numbers("seeds", self.seeds) if self.seeds else []

    def parsed_loss_weights(self) -> tuple[float, ...] | None:
        """Return `--loss_weights` as numbers.

        Raises:
            ValueError: if they are not three numbers.
        """
        if self.loss_weights is None:
            return None
        return _numbers("loss_weights", self.loss_weights, count=3)

    def parsed_head_fields(self) -> dict[str, Any]:
        """Return `--head_fields` as a dictionary, empty if not given.

        Raises:
            ValueError: if it is no JSON object, or names something that is no field of the architecture.
        """
        if self.head_fields is None:
            return {}
        try:
            parsed = json.loads(self.head_fields)
        except json.JSONDecodeError:
            parsed = None
        if not isinstance(parsed, dict):
            raise ValueError(
                f'--head_fields must be a JSON object such as {{"input_dropout": 0.2}}, got {self.head_fields!r}.'
            )
        elsewhere = {"class_weights", "differential_attention", "labels", "loss_weights", "num_labels", "problem_type"}
        if elsewhere & parsed.keys():
            raise ValueError(
                f"--head_fields must not hold {', '.join(sorted(elsewhere & parsed.keys()))}: the script has options "
                "for it, or the data says it."
            )
        if self.architecture == "plain":
            raise ValueError("--head_fields is for the heads of this package; leave it out for --architecture plain.")
        return parsed

    def window_fields(self) -> dict[str, Any]:
        """Return what is said of long texts, as fields of a configuration.

        Raises:
            ValueError: if windows are described that are not wanted, or wanted for the plain head.
        """
        given = {name: getattr(self, name) for name in ("long_text", "window_length", "window_overlap")}
        given = {name: value for name, value in given.items() if value is not None}
        if self.architecture == "plain" and self.long_text == "window":
            raise ValueError(
                "--long_text window is for the heads of this package, the plain one reads one window: leave it out, "
                "or choose another --architecture."
            )
        if len(given) > ("long_text" in given) and self.long_text != "window":
            raise ValueError("--window_length and --window_overlap describe windows: add --long_text window.")
        return {} if self.architecture == "plain" else given

    def parsed_class_weights(self, num_labels: int) -> tuple[float, ...] | None:
        """Return `--class_weights` as numbers, or `None` if it is `balanced` or not given.

        Raises:
            ValueError: if there is not one number per label.
        """
        if self.class_weights in (None, "balanced"):
            return None
        return _numbers("class_weights", self.class_weights, count=num_labels)


def _whole_numbers(option: str, text: str) -> list[int]:
    parts = [part.strip() for part in text.split(",")]
    if not all(part.isdigit() for part in parts):
        words = " or one of " + ", ".join(PLACES) if option == "differential_layers" else ""
        raise ValueError(f"--{option} must be whole numbers separated by commas{words}, got {text!r}.")
    return [int(part) for part in parts]


def _numbers(option: str, text: str, count: int) -> tuple[float, ...]:
    parts = [part.strip() for part in text.split(",")]
    wrong = [part for part in parts if not part.replace(".", "", 1).replace("e-", "", 1).isdigit()]
    if wrong or len(parts) != count:
        raise ValueError(f"--{option} must be {count} numbers separated by commas, got {text!r}.")
    return tuple(float(part) for part in parts)
