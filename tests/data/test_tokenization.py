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
    assert usable_length(128, tokenizer, model) == limit
    assert usable_length(10, tokenizer, model) == 10
    tokenizer.save_pretrained(tmp_path)
    assert AutoTokenizer.from_pretrained(tmp_path).model_max_length == limit


def test_backbones_without_a_limit_leave_the_tokenizer_alone():
    tokenizer = make_tokenizer()
    model = AutoModel.from_config(BACKBONE_CONFIGS["llama"]())
    assert usable_length(1000, tokenizer, model) == 1000
    assert tokenizer.model_max_length > 10**9
