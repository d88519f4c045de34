import os

import pytest
import torch
from transformers import AutoModelForSequenceClassification, Trainer, TrainerCallback, TrainingArguments

from amsdff_hf.training import WeightAveraging
from tests.conftest import BACKBONE_CONFIGS
from tests.training.one_step import IDS


ROWS = [{"input_ids": ids, "labels": ids[0] % 2} for ids in IDS]


class Watcher(TrainerCallback):
    """Keeps one weight as it is after each step."""

    def __init__(self):
        self.seen = []

    def on_step_end(self, args, state, control, model=None, **kwargs):
        self.seen.append(weight_of(model))
        return control


def weight_of(model):
    return model.classifier.weight.detach().clone()


def trainer(folder, callbacks, **changes):
    torch.manual_seed(0)
    model = AutoModelForSequenceClassification.from_config(BACKBONE_CONFIGS["distilbert"]())
    settings = {"max_steps": 6, "save_steps": 3, "learning_rate": 5e-3, "per_device_train_batch_size": 8}
    settings |= {"report_to": "none", "use_cpu": True, "disable_tqdm": True, **changes}
    arguments = TrainingArguments(output_dir=str(folder), **settings)
    return Trainer(model, arguments, train_dataset=ROWS, callbacks=callbacks)


def test_the_model_ends_with_the_average(tmp_path):
    watcher = Watcher()
    averaged = trainer(tmp_path, [watcher, WeightAveraging(0.5)])
    expected = weight_of(averaged.model)
    averaged.train()
    for step, weight in enumerate(watcher.seen, start=1):
        decay = min(0.5, (1 + step) / (10 + step))
        expected = decay * expected + (1 - decay) * weight
    torch.testing.assert_close(weight_of(averaged.model), expected)
    assert not torch.equal(expected, watcher.seen[-1])


def test_a_resumed_training_ends_with_the_same_average(tmp_path):
    whole = trainer(tmp_path, [WeightAveraging(0.9)])
    whole.train()
    again = trainer(tmp_path, [WeightAveraging(0.9)])
    again.train(resume_from_checkpoint=os.path.join(tmp_path, "checkpoint-3"))
    for mine, other in zip(whole.model.parameters(), again.model.parameters(), strict=True):
        torch.testing.assert_close(mine, other)


def test_a_checkpoint_without_an_average_is_refused(tmp_path):
    trainer(tmp_path, []).train()
    again = trainer(tmp_path, [WeightAveraging(0.9)])
    with pytest.raises(ValueError, match="checkpoint-3' has no averaged weights"):
        again.train(resume_from_checkpoint=os.path.join(tmp_path, "checkpoint-3"))


@pytest.mark.parametrize("decay", [0.0, 1.0, 2])
def test_a_wrong_decay_is_shown(decay):
    with pytest.raises(ValueError, match=f"above 0 and below 1, got {decay}"):
        WeightAveraging(decay)
