"""Train with the real Trainer and be killed in the middle of it, as a script: what resumes has to end the same."""

import argparse
import os
import signal
from pathlib import Path

import torch
from safetensors.torch import save_file
from transformers import (
    CONFIG_MAPPING,
    AutoModelForSequenceClassification,
    Trainer,
    TrainerCallback,
    TrainingArguments,
    set_seed,
)
from transformers.trainer_utils import get_last_checkpoint

import amsdff_hf  # noqa: F401
from tests.conftest import BACKBONE_CONFIGS, SIZES


IDS = torch.randint(5, SIZES["vocab_size"], (40, 8), generator=torch.Generator().manual_seed(0))
STEPS, SAVE_STEPS = 15, 3


class Killer(TrainerCallback):
    """Ends the process the hard way once a step is done, before anything of it can be saved."""

    def __init__(self, step: int):
        self.step = step

    def on_step_end(self, args, state, control, **kwargs):
        if state.global_step == self.step:
            os.kill(os.getpid(), signal.SIGKILL)


def main() -> None:
    """Train for three epochs, from the last checkpoint if there is one, with dropout, AdamW and a schedule."""
    parser = argparse.ArgumentParser()
    parser.add_argument("model_type")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--kill_at", type=int, default=0)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    set_seed(5)
    config = CONFIG_MAPPING[arguments.model_type](backbone_config=BACKBONE_CONFIGS["bert"](), num_labels=3)
    model = AutoModelForSequenceClassification.from_config(config)
    training = TrainingArguments(
        output_dir=str(arguments.folder),
        per_device_train_batch_size=4,
        gradient_accumulation_steps=2,
        max_steps=STEPS,
        save_steps=SAVE_STEPS,
        learning_rate=1e-2,
        warmup_steps=4,
        report_to="none",
        use_cpu=True,
        disable_tqdm=True,
    )
    rows = [{"input_ids": ids, "labels": torch.tensor(i % 3)} for i, ids in enumerate(IDS)]
    trainer = Trainer(model=model, args=training, train_dataset=rows, callbacks=[Killer(arguments.kill_at)])
    checkpoint = get_last_checkpoint(str(arguments.folder))
    print(f"starting from {checkpoint}")
    trainer.train(resume_from_checkpoint=checkpoint)
    save_file(model.state_dict(), arguments.folder / "final.safetensors")


if __name__ == "__main__":
    main()
