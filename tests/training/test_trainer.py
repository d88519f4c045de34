"""What users of the stock Trainer switch on, with the real one."""

import copy

import pytest
import torch
from transformers import AutoModelForSequenceClassification, Trainer, TrainingArguments

from tests.conftest import BACKBONE_CONFIGS, random_model
from tests.training.one_step import IDS, make_inputs


@pytest.fixture
def inputs(config_class):
    """Inputs that reach every parameter of the architecture."""
    return make_inputs(config_class.model_type)


@pytest.fixture
def rows(inputs):
    """Training data."""
    columns = {**inputs, "labels": IDS[:, 0] % 2}
    return [{name: column[row] for name, column in columns.items()} for row in range(len(IDS))]


@pytest.fixture
def build(config_class):
    """Return a function that builds a fresh model of an architecture with these fields of its config."""

    def built(**fields):
        torch.manual_seed(0)
        config = config_class(backbone_config=BACKBONE_CONFIGS["bert"](), **fields)
        return AutoModelForSequenceClassification.from_config(config)

    return built


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


def test_the_best_model_is_loaded_at_the_end(build, rows, tmp_path):
    grades = iter([0.5, 0.9, 0.4, 0.3])
    settings = arguments(
        tmp_path,
        num_train_epochs=4,
        eval_strategy="epoch",
        save_strategy="epoch",
        load_best_model_at_end=True,
        metric_for_best_model="grade",
    )
    trainer = Trainer(
        model=build(),
        args=settings,
        train_dataset=rows,
        eval_dataset=rows[:16],
        compute_metrics=lambda prediction: {"grade": next(grades, 0.0)},
    )
    trainer.train()
    losses = [entry["eval_loss"] for entry in trainer.state.log_history if "eval_loss" in entry]
    assert trainer.state.best_model_checkpoint.endswith("checkpoint-8")
    loss = trainer.evaluate()["eval_loss"]
    assert loss == pytest.approx(losses[1], abs=1e-6)
    assert loss != pytest.approx(losses[3], abs=1e-4)


def test_bf16(build, rows, inputs, tmp_path):
    """The weights stay in float32, the matrix products are done in bfloat16."""
    model, dtypes = random_model(build().config).train(), set()
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    model.classifier.label_scores.register_forward_hook(lambda _, inputs, output: dtypes.add(output.dtype))
    trainer = Trainer(model=model, args=arguments(tmp_path, bf16=True), train_dataset=rows)
    trainer.train()
    assert dtypes == {torch.bfloat16}
    assert all(tensor.dtype == torch.float32 and tensor.isfinite().all() for tensor in model.state_dict().values())
    assert all(not torch.equal(before[name], tensor) for name, tensor in model.named_parameters())
    predicted = torch.from_numpy(trainer.predict(rows).predictions).float()
    assert_close_to_float32(predicted, model, build(), inputs)


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_a_model_in_half_precision_stays_close(build, inputs, dtype):
    model = random_model(build().config)
    with torch.no_grad():
        half = copy.deepcopy(model).to(dtype)(**inputs).logits
    assert half.dtype == dtype
    assert_close_to_float32(half.float(), model, build(), inputs)


def assert_close_to_float32(logits, model, exact, inputs):
    """Close to what another model with the same weights says in float32, compared with how far the texts are apart."""
    exact.load_state_dict(model.state_dict())
    with torch.no_grad():
        expected = exact.eval()(**inputs).logits
    assert 0 < (logits - expected).abs().max() < 0.25 * expected.std(dim=0).min()


@pytest.mark.quick_for("amsdff")
def test_search_for_hyper_parameters(build, rows, tmp_path):
    """A new model for each trial, with a field of the config among the searched ones."""
    built = []

    def model_init(trial):
        shares = [0.0, 0.3]
        built.append(shares[0] if trial is None else trial.suggest_categorical("label_smoothing", shares))
        return build(label_smoothing=built[-1])

    settings = arguments(tmp_path, eval_strategy="epoch")
    trainer = Trainer(args=settings, train_dataset=rows, eval_dataset=rows[:16], model_init=model_init)
    best = trainer.hyperparameter_search(
        hp_space=lambda trial: {"learning_rate": trial.suggest_float("learning_rate", 1e-4, 1e-2, log=True)},
        backend="optuna",
        n_trials=3,
        direction="minimize",
    )
    assert set(best.hyperparameters) == {"learning_rate", "label_smoothing"}
    assert len(built) == 4
    assert set(built[1:]) <= {0.0, 0.3}


def test_smoothing_by_the_trainer(build, rows, tmp_path):
    """The Trainer's own label smoothing takes the labels away and computes a loss from the logits."""
    model = build()
    trainer = Trainer(model=model, args=arguments(tmp_path, label_smoothing_factor=0.1), train_dataset=rows)
    assert trainer.train().training_loss > 0
