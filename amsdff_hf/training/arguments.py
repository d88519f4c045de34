# Copyright 2026 The amsdff_hf authors. Licensed under the Apache License, Version 2.0.
"""Command-line arguments that say what model to train, and how its head."""

from dataclasses import dataclass, field


@dataclass
class ModelArguments:
    """Backbone, architecture, loss and what is trained."""

    model_name_or_path: str = field(
        metadata={"help": "Backbone to start from, or a trained classifier to go on with: folder or name on the Hub."}
    )
    architecture: str = field(
        default="amsdff",
        metadata={
            "help": "Head on a backbone; `plain` is AutoModelForSequenceClassification.",
            "choices": ["amsdff", "plain"],
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
        metadata={"help": "Shares of cross entropy, focal and smoothed loss, e.g. 1,0,0. Default: 0.4,0.4,0.2."},
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
                f"--{needs_own_head[0]} belongs to the loss of --architecture amsdff; the plain head of transformers "
                "has cross entropy only."
            )

    def parsed_loss_weights(self) -> tuple[float, ...] | None:
        """Return `--loss_weights` as numbers.

        Raises:
            ValueError: if they are not three numbers.
        """
        if self.loss_weights is None:
            return None
        return _numbers("loss_weights", self.loss_weights, count=3)

    def parsed_class_weights(self, num_labels: int) -> tuple[float, ...] | None:
        """Return `--class_weights` as numbers, or `None` if it is `balanced` or not given.

        Raises:
            ValueError: if there is not one number per label.
        """
        if self.class_weights in (None, "balanced"):
            return None
        return _numbers("class_weights", self.class_weights, count=num_labels)


def _numbers(option: str, text: str, count: int) -> tuple[float, ...]:
    parts = [part.strip() for part in text.split(",")]
    wrong = [part for part in parts if not part.replace(".", "", 1).replace("e-", "", 1).isdigit()]
    if wrong or len(parts) != count:
        raise ValueError(f"--{option} must be {count} numbers separated by commas, got {text!r}.")
    return tuple(float(part) for part in parts)
