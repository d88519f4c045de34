import pytest
import torch
from transformers import AutoProcessor

from amsdff_hf import AmcclConfig, AmcclFeatureExtractor, AmcclProcessor
from amsdff_hf.data import MultimodalCollator
from tests.conftest import random_model


@pytest.fixture
def processor(tokenizer):
    return AmcclProcessor(AmcclFeatureExtractor(audio_size=2, vision_size=3), tokenizer)


def test_a_saved_processor_feeds_the_model(processor, bert_config, tmp_path):
    processor.feature_extractor.fit(audio=[torch.tensor([[1.0, 2.0], [3.0, 5.0]])])
    processor.save_pretrained(tmp_path)
    random_model(AmcclConfig(backbone_config=bert_config)).save_pretrained(tmp_path)
    again = AutoProcessor.from_pretrained(tmp_path)
    assert isinstance(again, AmcclProcessor)
    texts, audio = ["a good film", None], [None, torch.ones(4, 2)]
    batch, expected = again(texts, audio=audio), processor(texts, audio=audio)
    assert batch.keys() == expected.keys()
    assert all(torch.equal(batch[name], expected[name]) for name in batch)
    model = random_model(AmcclConfig(backbone_config=bert_config, audio_size=2, vision_size=3))
    assert model(**batch).modality_mask.int().tolist() == [[1, 0, 0], [0, 1, 0]]
    assert not any(path.suffix in (".bin", ".pkl", ".pt") for path in tmp_path.iterdir())


def test_one_sequence_per_text(processor):
    with pytest.raises(ValueError, match="`audio` must hold one sequence per text, 2, but holds 1"):
        processor(["a", "b"], audio=[torch.ones(1, 2)])
    assert processor("a film", vision=[torch.ones(1, 3)])["vision_mask"].tolist() == [[1]]


def test_the_collator_takes_what_is_there(processor):
    rows = [
        {"text": "a good film", "audio": [[1.0, 2.0]], "vision": None, "labels": 1.5},
        {"text": "bad", "audio": None, "vision": [[1.0, 2.0, 3.0]] * 2, "labels": -3.0},
    ]
    batch = MultimodalCollator(processor, max_length=4)(rows)
    assert batch["labels"].tolist() == [1.5, -3.0]
    assert batch["audio_mask"].tolist() == [[1], [0]]
    assert batch["vision_mask"].tolist() == [[0, 0], [1, 1]]
    assert batch["input_ids"].shape == (2, 4)
    mixed = MultimodalCollator(processor)([{"text": "a"}, {"text": None, "audio": [[1.0, 2.0]]}])
    assert mixed["audio_mask"].tolist() == [[0], [1]]
    assert mixed["attention_mask"][1].sum() == 0
    few = MultimodalCollator(processor)([{"text": "a"}, {"text": "b"}])
    assert set(few) == {"input_ids", "token_type_ids", "attention_mask"}
