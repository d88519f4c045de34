"""The real Trainer: accumulated small batches take the step of the large batch."""

import pytest
import torch
from transformers import Trainer, TrainingArguments

from amsdff_hf import AmsdffConfig
from tests.conftest import BACKBONE_CONFIGS, SIZES, random_model


NO_DROPOUT = {"head_dropout": 0.0, "head_attention_dropout": 0.0, "classifier_dropouts": (0.0, 0.0)}
IDS = torch.randint(5, SIZES["vocab_size"], (16, 8), generator=torch.Generator().manual_seed(0))
CASES = {
    "mixture": ({"num_labels": 3}, torch.arange(16) % 3),
    "class weights": ({"num_labels": 3, "class_weights": [0.2, 1.0, 5.0]}, torch.arange(16) % 3),
    "multi-label": (
        {"num_labels": 2, "problem_type": "multi_label_classification"},
        torch.stack([torch.arange(16) % 2, torch.arange(16) % 3 == 0], dim=1).float(),
    ),
    "regression": ({"num_labels": 1, "problem_type": "regression"}, torch.arange(16) / 4),
}


def weights_after_one_step(fields, labels, folder, batch_size, accumulation):
    backbone = BACKBONE_CONFIGS["bert"]()
    backbone.hidden_dropout_prob = backbone.attention_probs_dropout_prob = 0.0
    model = random_model(AmsdffConfig(backbone_config=backbone, **NO_DROPOUT, **fields))
    arguments = TrainingArguments(
        output_dir=str(folder),
        per_device_train_batch_size=batch_size,
        gradient_accumulation_steps=accumulation,
        max_steps=1,
        learning_rate=1.0,
        optim="sgd",
        max_grad_norm=0.0,
        lr_scheduler_type="constant",
        save_strategy="no",
        report_to="none",
        use_cpu=True,
        disable_tqdm=True,
    )
    rows = [{"input_ids": ids, "labels": label} for ids, label in zip(IDS, labels)]
    Trainer(model=model, args=arguments, train_dataset=rows).train()
    return model.state_dict()


@pytest.mark.parametrize("case", CASES)
def test_accumulation_takes_the_same_step(case, tmp_path):
    fields, labels = CASES[case]
    whole = weights_after_one_step(fields, labels, tmp_path, batch_size=16, accumulation=1)
    parts = weights_after_one_step(fields, labels, tmp_path, batch_size=4, accumulation=4)
    for name, tensor in whole.items():
        torch.testing.assert_close(parts[name], tensor, atol=1e-4, rtol=1e-3, msg=name)
