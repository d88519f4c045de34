import pytest
from datasets import Dataset
from transformers import AutoModel, AutoTokenizer

from amsdff_hf.data import tokenize, usable_length
from tests.conftest import BACKBONE_CONFIGS, make_tokenizer


TEXTS = Dataset.from_dict({"joined_text": ["good film", "the the the the", "the the the the the"]})


def test_truncated_texts_are_counted(tokenizer):
    # [CLS] and [SEP] leave room for four words.
    tokenized = tokenize(TEXTS, tokenizer, max_length=6, role="train")
    assert tokenized.truncated_share == pytest.approx(1 / 3)
    assert [len(ids) for ids in tokenized.dataset["input_ids"]] == [4, 6, 6]
    assert tokenize(TEXTS, tokenizer, max_length=7, role="train").truncated_share == 0


def test_padding_here_does_not_count_as_truncation(tokenizer):
    tokenized = tokenize(TEXTS, tokenizer, max_length=8, role="train", pad_to_max_length=True)
    assert tokenized.truncated_share == 0
    assert {len(ids) for ids in tokenized.dataset["input_ids"]} == {8}


def test_pairs_are_encoded_as_pairs(tokenizer):
    split = TEXTS.select([0]).add_column("joined_text_pair", ["bad"])
    tokenized = tokenize(split, tokenizer, max_length=16, role="train").dataset
    assert tokenized["token_type_ids"] == [[0, 0, 0, 0, 1, 1]]


@pytest.mark.parametrize(("name", "limit"), [("bert", 64), ("roberta", 63)])
def test_the_saved_tokenizer_knows_the_positions_of_the_backbone(tmp_path, name, limit):
    tokenizer = make_tokenizer()
    model = AutoModel.from_config(BACKBONE_CONFIGS[name]())
    assert usable_length(10, tokenizer, model) == 10
    assert tokenizer.model_max_length == 10
    assert usable_length(128, tokenizer, model) == limit
    tokenizer.save_pretrained(tmp_path)
    assert AutoTokenizer.from_pretrained(tmp_path).model_max_length == limit


def test_the_tokenizer_limits_backbones_without_an_end():
    tokenizer = make_tokenizer()
    model = AutoModel.from_config(BACKBONE_CONFIGS["llama"]())
    assert usable_length(1000, tokenizer, model) == 1000
    assert usable_length(2000, tokenizer, model) == 1000


def test_a_length_without_room_for_a_text_is_refused(tokenizer):
    model = AutoModel.from_config(BACKBONE_CONFIGS["bert"]())
    with pytest.raises(ValueError, match="--max_seq_length 3 leaves no room .* adds 3 tokens"):
        usable_length(3, make_tokenizer(), model, is_pair=True)
    assert usable_length(3, make_tokenizer(), model) == 3
