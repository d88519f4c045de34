import pytest
from transformers import AutoTokenizer

from amsdff_hf.data.word_tokenizer import build_word_tokenizer, count_words, frequent_words, split_words


def test_words_keep_hyphens_and_apostrophes_and_lose_their_case():
    assert split_words("A State-of-the-art model: it's 3.5x, naïve?") == [
        *["a", "state-of-the-art", "model", ":", "it's", "3", ".", "5x", ",", "naïve", "?"]
    ]
    assert split_words("e\u0301a  \n") == ["éa"]


def test_frequent_words_come_first_and_ties_in_order():
    counts = count_words(["b a", "a c", "c b", "d"])
    assert frequent_words(counts, max_words=10, min_count=2) == ["a", "b", "c"]
    assert frequent_words(counts, max_words=2, min_count=1) == ["a", "b"]
    with pytest.raises(ValueError, match="No word occurs 5 times.*lower `min_count`"):
        frequent_words(counts, max_words=2, min_count=5)


def test_a_saved_tokenizer_loads_and_tells_pairs_apart(tmp_path):
    build_word_tokenizer(["good", "book"]).save_pretrained(tmp_path)
    tokenizer = AutoTokenizer.from_pretrained(tmp_path)
    assert (tmp_path / "tokenizer.json").is_file()
    assert tokenizer.is_fast
    pair = tokenizer("Good BOOK", "a book")
    assert pair.tokens() == ["good", "book", "[SEP]", "[UNK]", "book", "[SEP]"]
    assert pair["token_type_ids"] == [0, 0, 0, 1, 1, 1]
    assert tokenizer("")["input_ids"] == [tokenizer.sep_token_id]
    assert tokenizer.pad_token_id == 0
    assert tokenizer("good book", truncation=True, max_length=2).tokens() == ["good", "[SEP]"]
    assert pair.char_to_token(5) == 1


def test_words_must_differ():
    with pytest.raises(ValueError, match=r"given twice: \['a'\]"):
        build_word_tokenizer(["a", "a"])
