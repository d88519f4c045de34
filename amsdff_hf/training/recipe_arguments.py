# Copyright 2026 The amsdff_hf authors. Licensed under the Apache License, Version 2.0.
"""Command-line arguments that say how to train, beyond those of the Trainer."""

from dataclasses import dataclass, field

from transformers import TrainingArguments
from transformers.integrations import is_fsdp_enabled


@dataclass
class RecipeArguments:
    """What can make a classifier better, at the price of time or of one more number to choose.

    The first three are for every model, the plain head of transformers too; the others are computed by the heads of
    this package.
    """

    layer_decay: float | None = field(
        default=None,
        metadata={"help": "Learning rate of each backbone layer, as a share of that of the layer above, e.g. 0.9."},
    )
    average_weights: float | None = field(
        default=None, metadata={"help": "End with the moving average of the weights; its decay per step, e.g. 0.999."}
    )
    r_drop_weight: float = field(
        default=0.0,
        metadata={"help": "Weight of R-Drop, 1 to 5: each batch is read under two dropouts, which shall agree."},
    )
    num_dropout_samples: int = field(
        default=1, metadata={"help": "Average the loss over so many dropouts of the head; not for the plain head."}
    )
    contrastive_weight: float = field(
        default=0.0,
        metadata={"help": "Weight of a contrastive loss: like labels, like vectors; not for the plain head."},
    )

    def __post_init__(self):
        if self.layer_decay is not None and not 0 < self.layer_decay <= 1:
            raise ValueError(f"--layer_decay must be above 0 and at most 1, got {self.layer_decay}.")
        if self.average_weights is not None and not 0 < self.average_weights < 1:
            raise ValueError(f"--average_weights must be above 0 and below 1, got {self.average_weights}.")
        if self.num_dropout_samples < 1:
            raise ValueError(f"--num_dropout_samples must be at least 1, got {self.num_dropout_samples}.")
        for name in ("r_drop_weight", "contrastive_weight"):
            if getattr(self, name) < 0:
                raise ValueError(f"--{name} must not be below 0, got {getattr(self, name)}.")

    def check(self, training_args: TrainingArguments, architecture: str | None, freezes: bool) -> None:
        """Check what depends on other arguments.

        Args:
            training_args: arguments of the Trainer.
            architecture: name of the head, `plain` for that of transformers.
            freezes: whether the backbone is not trained.

        Raises:
            ValueError: if two arguments do not go together.
        """
        if architecture == "plain":
            for name in self.config_fields():
                raise ValueError(f"--{name} is for the heads of this package; leave it out for --architecture plain.")
        if self.layer_decay is not None and freezes:
            raise ValueError("--layer_decay is for the layers that --freeze_backbone does not train: leave one out.")
        if self.average_weights is not None and training_args.load_best_model_at_end:
            raise ValueError(
                "--average_weights ends with the average of all steps, --load_best_model_at_end with the weights of "
                "one of them: leave one out."
            )
        if self.average_weights is not None and (training_args.fsdp or training_args.deepspeed or is_fsdp_enabled()):
            raise ValueError(
                "--average_weights needs all weights in every process, which FSDP and DeepSpeed divide among them: "
                "leave one out."
            )

    def config_fields(self) -> dict[str, float | int]:
        """Return what belongs into the configuration of the model, without what stays as it is by default."""
        fields: dict[str, float | int] = {}
        if self.num_dropout_samples > 1:
            fields["num_dropout_samples"] = self.num_dropout_samples
        if self.contrastive_weight > 0:
            fields["contrastive_weight"] = self.contrastive_weight
        return fields


__all__ = ["RecipeArguments"]
