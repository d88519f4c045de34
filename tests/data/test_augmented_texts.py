import pytest
from datasets import Dataset
from transformers import Trainer, TrainingArguments

from amsdff_hf import CnnBilstmConfig, CnnBilstmForSequenceClassification
from amsdff_hf.data.augmentation import TextAugmenter
from amsdff_hf.data.augmented_texts import AugmentedTexts, EpochSetter
from amsdff_hf.data.word_vectors import from_texts


TITLES = [f"a good film about cats and dogs number {row}" for row in range(8)]


@pytest.fixture
def backbone():
    return from_texts(TITLES, hidden_size=8, min_count=1)


@pytest.fixture
def texts(backbone):
    columns = {"joined_text": TITLES, "joined_text_pair": TITLES[::-1], "labels": [0, 1] * 4}
    augmenter = TextAugmenter(lambda word: [], probability=0.9, operations=("swap",))
    return AugmentedTexts(Dataset.from_dict(columns), backbone.tokenizer, augmenter, max_length=16, seed=3)


def test_a_text_depends_on_seed_epoch_and_row_alone(texts, backbone):
    first = [texts.texts(row) for row in range(8)]
    assert [texts.texts(row) for row in reversed(range(8))] == first[::-1]
    texts.set_epoch(1)
    second = [texts.texts(row) for row in range(8)]
    assert second != first
    texts.set_epoch(0)
    assert [texts.texts(row) for row in range(8)] == first
    assert sum(one != [title, other] for one, title, other in zip(first, TITLES, TITLES[::-1], strict=True)) >= 6


def test_rows_are_tokenized_and_labeled(texts, backbone):
    row = texts[3]
    assert row["labels"] == 1
    expected = backbone.tokenizer(*texts.texts(3), truncation=True, max_length=16)
    assert row["input_ids"] == expected["input_ids"]
    assert row["token_type_ids"] == expected["token_type_ids"]
    assert len(texts) == 8


@pytest.mark.parametrize(("workers", "persistent"), [(0, False), (1, False), (1, True)])
def test_the_trainer_sees_other_texts_in_every_epoch(texts, backbone, tmp_path, workers, persistent):
    seen = []

    class Recorder(Trainer):
        def training_step(self, model, inputs, *args, **kwargs):
            seen.append(sorted(map(tuple, inputs["input_ids"].tolist())))
            return super().training_step(model, inputs, *args, **kwargs)

    config = CnnBilstmConfig(backbone_config=backbone.model.config, lstm_hidden_size=4, num_filters=4)
    arguments = TrainingArguments(
        tmp_path,
        num_train_epochs=3,
        per_device_train_batch_size=8,
        report_to="none",
        save_strategy="no",
        dataloader_num_workers=workers,
        dataloader_persistent_workers=persistent,
        use_cpu=True,
    )
    trainer = Recorder(
        CnnBilstmForSequenceClassification(config),
        arguments,
        train_dataset=texts,
        processing_class=backbone.tokenizer,
        callbacks=[EpochSetter(texts)],
    )
    trainer.train()
    assert len(seen) == 3
    assert len({str(batch) for batch in seen}) == 3
