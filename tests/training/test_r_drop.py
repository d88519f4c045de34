import pytest
import torch
import torch.nn.functional as F
from transformers import AutoModelForSequenceClassification, TrainingArguments

from amsdff_hf import AmsdffConfig
from amsdff_hf.training import RDropTrainer, disagreement
from tests.conftest import BACKBONE_CONFIGS
from tests.training.one_step import IDS


@pytest.fixture
def logits():
    generator = torch.Generator().manual_seed(0)
    return torch.randn(5, 3, generator=generator), torch.randn(5, 3, generator=generator)


def test_single_label_is_the_mean_of_both_divergences(logits):
    first, second = (torch.distributions.Categorical(logits=x) for x in logits)
    forth, back = torch.distributions.kl_divergence(first, second), torch.distributions.kl_divergence(second, first)
    torch.testing.assert_close(disagreement(*logits, "single_label_classification"), ((forth + back) / 2).mean())


def test_multi_label_is_the_mean_over_the_labels(logits):
    first, second = (torch.distributions.Bernoulli(logits=x) for x in logits)
    forth, back = torch.distributions.kl_divergence(first, second), torch.distributions.kl_divergence(second, first)
    expected = ((forth + back) / 2).mean()
    torch.testing.assert_close(disagreement(*logits, "multi_label_classification"), expected)


def test_regression_is_half_the_squared_difference(logits):
    expected = F.mse_loss(*logits) / 2
    torch.testing.assert_close(disagreement(*logits, "regression"), expected)


@pytest.mark.parametrize("kind", ["single_label_classification", "multi_label_classification"])
def test_half_precision_and_extreme_logits_stay_finite(kind):
    first = torch.tensor([[100.0, -100.0]], dtype=torch.float16, requires_grad=True)
    loss = disagreement(first, -first.detach(), kind)
    loss.backward()
    assert loss.isfinite()
    assert first.grad.isfinite().all()


@pytest.mark.parametrize("model_type", ["plain", "amsdff"])
def test_a_batch_is_read_twice_in_training_and_once_in_evaluation(model_type, tmp_path):
    config = BACKBONE_CONFIGS["distilbert"]()
    config = AmsdffConfig(backbone_config=config) if model_type == "amsdff" else config
    torch.manual_seed(0)
    model = AutoModelForSequenceClassification.from_config(config)
    arguments = TrainingArguments(output_dir=str(tmp_path), report_to="none", use_cpu=True)
    trainer = RDropTrainer(model, arguments)
    trainer.r_drop_weight = 2.0
    batch = {"input_ids": IDS[:4], "labels": IDS[:4, 0] % 2}
    model.train()
    torch.manual_seed(1)
    loss, outputs = trainer.compute_loss(model, dict(batch), return_outputs=True)
    assert outputs.logits.shape == (8, 2)
    first, second = outputs.logits.chunk(2)
    assert not torch.equal(first, second)

    torch.testing.assert_close(loss, outputs.loss + 2 * disagreement(first, second, None))
    model.eval()
    loss, outputs = trainer.compute_loss(model, dict(batch), return_outputs=True)
    assert outputs.logits.shape == (4, 2)
    assert torch.equal(loss, outputs.loss)
