import runpy

import numpy as np
import pytest
from datasets import Dataset
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler
from transformers import DataCollatorWithPadding, TrainingArguments

from amsdff_hf.data import StatesCollator, cache_states
from tests.conftest import ROOT, WORDS
from tests.examples.test_baseline_heads import HEADS


@pytest.fixture
def fitted():
    return runpy.run_path(str(ROOT / "examples" / "fitted_heads.py"))


def test_the_optimum_is_that_of_scikit_learn_and_unseen_labels_are_never_predicted(
    fitted, bert_config, tokenizer, tmp_path
):
    config = HEADS["BaselineConfig"](backbone_config=bert_config, kind="linear-mean", num_labels=3)
    model = HEADS["BaselineForSequenceClassification"](config)
    arguments = TrainingArguments(str(tmp_path / "out"), use_cpu=True, report_to="none")
    collator = StatesCollator(model, DataCollatorWithPadding(tokenizer))

    def kept(labels: list[int], seed: int) -> Dataset:
        generator = np.random.default_rng(seed)
        texts = [" ".join(generator.choice(WORDS, generator.integers(1, 9))) for _ in labels]
        split = Dataset.from_dict({**tokenizer(texts), "labels": labels})
        return cache_states(split, model, arguments, tmp_path)

    rows = {"train": kept([0, 2] * 15, 1), "test": kept([0, 1, 2], 2)}
    logits = fitted["fit_logistic_regression"](model, rows, collator, strength=0.1)
    assert list(logits) == ["test"]
    assert np.isneginf(logits["test"][:, 1]).all()

    train, test = (fitted["pooled_vectors"](model, rows[role], collator) for role in ("train", "test"))
    # Pooled under a LayerNorm that was not trained.
    np.testing.assert_allclose(train.mean(axis=1), 0, atol=1e-5)
    scaler = StandardScaler().fit(train)
    classifier = LogisticRegression(C=0.1, max_iter=2000).fit(scaler.transform(train), [0, 2] * 15)
    np.testing.assert_allclose(np.exp(logits["test"][:, [0, 2]]), classifier.predict_proba(scaler.transform(test)))
