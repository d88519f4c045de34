"""One step of the real Trainer for every loss, in this process or, as a script under torchrun, in each of several.

The texts of a step are the same sixteen however they are spread, so the weights after it have to be the same.
"""

import argparse
import json
from pathlib import Path

import torch
from safetensors.torch import save_file
from transformers import CONFIG_MAPPING, PreTrainedModel, Trainer, TrainingArguments

import amsdff_hf  # noqa: F401
from tests.conformance.backbones import no_dropout
from tests.conftest import BACKBONE_CONFIGS, SIZES, random_model


TEXTS, STEPS = 16, 2
IDS = torch.randint(5, SIZES["vocab_size"], (STEPS * TEXTS, 8), generator=torch.Generator().manual_seed(0))
ROWS = torch.arange(STEPS * TEXTS)
# Small, or else the squared error makes the first step so large that the second one magnifies every rounding.
CLASSES, NUMBERS = ROWS % 3, ROWS / 32
FLAGS = torch.stack([ROWS % 2, ROWS % 3 == 0], dim=1).float()
MULTI = {"num_labels": 2, "problem_type": "multi_label_classification"}
REGRESSION = {"num_labels": 1, "problem_type": "regression"}
CASES = {
    "mixture": ({"num_labels": 3}, CLASSES),
    "cross entropy": ({"num_labels": 3, "loss_weights": (1, 0, 0)}, CLASSES),
    "focal": ({"num_labels": 3, "loss_weights": (0, 1, 0)}, CLASSES),
    "smoothed": ({"num_labels": 3, "loss_weights": (0, 0, 1)}, CLASSES),
    "class weights": ({"num_labels": 3, "class_weights": [0.2, 1.0, 5.0]}, CLASSES),
    "multi-label": (MULTI, FLAGS),
    "multi-label class weights": ({**MULTI, "class_weights": [0.5, 2.0]}, FLAGS),
    "regression": (REGRESSION, NUMBERS),
    "regression l1": ({**REGRESSION, "regression_loss": "l1"}, NUMBERS),
    "regression huber": ({**REGRESSION, "regression_loss": "huber"}, NUMBERS),
}


def build_model(model_type: str, case: str) -> PreTrainedModel:
    """The model of an architecture and a case, always with the same random weights and without dropout."""
    backbone = BACKBONE_CONFIGS["bert"]()
    backbone.hidden_dropout_prob = backbone.attention_probs_dropout_prob = 0.0
    config_class = CONFIG_MAPPING[model_type]
    # The contrastive loss compares the texts of a small batch, and not those of all.
    fields = {**no_dropout(config_class), "contrastive_weight": 0.0, **CASES[case][0]}
    return random_model(config_class(backbone_config=backbone, **fields))


def make_inputs(model_type: str) -> dict[str, torch.Tensor]:
    """Inputs that train every parameter of an architecture, `(number of texts, ...)`."""
    inputs = {"input_ids": IDS, "attention_mask": torch.ones_like(IDS)}
    if model_type == "amccl":
        generator = torch.Generator().manual_seed(1)
        inputs["attention_mask"][5::8] = 0
        for name, size, is_there in (("audio", 5, ROWS % 2 == 0), ("vision", 20, ROWS % 3 > 0)):
            inputs[f"{name}_values"] = torch.randn(len(IDS), 3, size, generator=generator)
            inputs[f"{name}_mask"] = is_there[:, None].expand(-1, 3).long()
    return inputs


def rows(model_type: str, case: str) -> list[dict[str, torch.Tensor]]:
    """The training data of a case."""
    columns = {**make_inputs(model_type), "labels": CASES[case][1]}
    columns = {name: column.double() if column.is_floating_point() else column for name, column in columns.items()}
    return [{name: column[row] for name, column in columns.items()} for row in range(len(IDS))]


def train(model_type: str, case: str, folder: Path, batch_size: int, accumulation: int) -> Trainer:
    """Take two steps; under DDP the second one fails if a parameter was left unused in the first."""
    arguments = TrainingArguments(
        output_dir=str(folder),
        per_device_train_batch_size=batch_size,
        gradient_accumulation_steps=accumulation,
        max_steps=STEPS,
        learning_rate=0.1,
        optim="sgd",
        max_grad_norm=0.0,
        lr_scheduler_type="constant",
        train_sampling_strategy="sequential",
        ddp_find_unused_parameters=False,
        save_strategy="no",
        report_to="none",
        use_cpu=True,
        disable_tqdm=True,
    )
    # In double precision, since the second step of a squared error magnifies the roundings of the first.
    model = build_model(model_type, case).double()
    trainer = Trainer(model=model, args=arguments, train_dataset=rows(model_type, case))
    trainer.train()
    return trainer


def main() -> None:
    """Train every case in this process group and save weights, world size and wrapper of the first process."""
    parser = argparse.ArgumentParser()
    parser.add_argument("model_type")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--batch_size", type=int)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    for case in CASES:
        trainer = train(arguments.model_type, case, arguments.folder, arguments.batch_size, accumulation=1)
        if trainer.is_world_process_zero():
            facts = {"world_size": trainer.args.world_size, "wrapper": type(trainer.model_wrapped).__name__}
            save_file(trainer.model.state_dict(), arguments.folder / f"{case}.safetensors")
            (arguments.folder / f"{case}.json").write_text(json.dumps(facts))


if __name__ == "__main__":
    main()
