"""What users of the stock Trainer switch on, with the real one."""

import pytest
import torch
from transformers import Trainer, TrainingArguments

from amsdff_hf import AmsdffConfig, AmsdffForSequenceClassification
from tests.conftest import BACKBONE_CONFIGS, SIZES


IDS = torch.randint(5, SIZES["vocab_size"], (32, 8), generator=torch.Generator().manual_seed(0))
ROWS = [{"input_ids": ids, "labels": ids[0] % 2} for ids in IDS]


def build(**fields) -> AmsdffForSequenceClassification:
    torch.manual_seed(0)
    return AmsdffForSequenceClassification(AmsdffConfig(backbone_config=BACKBONE_CONFIGS["bert"](), **fields))


def arguments(folder, **changes) -> TrainingArguments:
    settings = {
        "output_dir": str(folder),
        "per_device_train_batch_size": 8,
        "num_train_epochs": 1,
        "learning_rate": 5e-3,
        "report_to": "none",
        "use_cpu": True,
        "disable_tqdm": True,
        "save_strategy": "no",
    }
    return TrainingArguments(**{**settings, **changes})


def test_the_best_model_is_loaded_at_the_end(tmp_path):
    settings = arguments(
        tmp_path,
        num_train_epochs=4,
        # High enough that the last epoch is not the best one.
        learning_rate=0.05,
        eval_strategy="epoch",
        save_strategy="epoch",
        load_best_model_at_end=True,
    )
    trainer = Trainer(model=build(), args=settings, train_dataset=ROWS, eval_dataset=ROWS[:16])
    trainer.train()
    losses = {entry["step"]: entry["eval_loss"] for entry in trainer.state.log_history if "eval_loss" in entry}
    best = min(losses, key=losses.get)
    assert best < max(losses), "no proof: the last epoch was the best"
    assert trainer.state.best_model_checkpoint.endswith(f"checkpoint-{best}")
    assert trainer.evaluate()["eval_loss"] == pytest.approx(losses[best], abs=1e-6)


def test_bf16(tmp_path):
    model = build()
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    trainer = Trainer(model=model, args=arguments(tmp_path, bf16=True), train_dataset=ROWS)
    trainer.train()
    assert all(tensor.dtype == torch.float32 and tensor.isfinite().all() for tensor in model.state_dict().values())
    assert sum(not torch.equal(before[name], tensor) for name, tensor in model.state_dict().items()) > 50
    predicted = trainer.predict(ROWS).predictions
    with torch.no_grad():
        exact = model.eval()(IDS).logits
    assert (torch.from_numpy(predicted).float() - exact).abs().max() < 0.1


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_a_model_in_half_precision_stays_close(dtype):
    model = build().eval()
    with torch.no_grad():
        exact = model(IDS).logits
        half = model.to(dtype)(IDS).logits
    assert half.dtype == dtype
    torch.testing.assert_close(half.float(), exact, atol=0.05, rtol=0.05)


def test_search_for_hyper_parameters(tmp_path):
    """A new model for each trial, with the head's settings among the searched ones."""
    built = []

    def model_init(trial):
        scales = (1, 3) if trial is None else trial.suggest_categorical("scales", ["1 3", "1 3 5"]).split()
        built.append(tuple(int(scale) for scale in scales))
        return build(scales=built[-1])

    settings = arguments(tmp_path, eval_strategy="epoch")
    trainer = Trainer(args=settings, train_dataset=ROWS, eval_dataset=ROWS[:16], model_init=model_init)
    best = trainer.hyperparameter_search(
        hp_space=lambda trial: {"learning_rate": trial.suggest_float("learning_rate", 1e-4, 1e-2, log=True)},
        backend="optuna",
        n_trials=3,
        direction="minimize",
    )
    assert set(best.hyperparameters) == {"learning_rate", "scales"}
    assert len(built) == 4
    assert set(built[1:]) <= {(1, 3), (1, 3, 5)}


def test_smoothing_by_the_trainer(tmp_path):
    """The Trainer's own label smoothing takes the labels away and computes a loss from the logits."""
    model = build()
    trainer = Trainer(model=model, args=arguments(tmp_path, label_smoothing_factor=0.1), train_dataset=ROWS)
    assert trainer.train().training_loss > 0
