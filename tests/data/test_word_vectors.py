import numpy as np
import pytest
import torch
from transformers import AutoModel, AutoTokenizer

from amsdff_hf.data.word_vectors import from_text_vectors, from_texts, read_text_vectors


TEXTS = ["The cat saw the dog", "the dog saw a bird", "a bird"]
FILE = "the 1 0 0.5\ndog 0 1 -2e-1\nhouse 3 3 3\nsaw 0 0 1\n"


def write(tmp_path, text, encoding="utf-8"):
    path = tmp_path / "vectors.txt"
    path.write_text(text, encoding=encoding)
    return path


def vector(built, word):
    return built.model.get_input_embeddings().weight[built.tokenizer.convert_tokens_to_ids(word)].tolist()


def test_known_words_have_the_vectors_of_the_file_and_others_small_random_ones(tmp_path):
    built = from_text_vectors(write(tmp_path, FILE), texts=TEXTS)
    assert built.model.config.hidden_size == 3
    assert built.tokenizer.convert_ids_to_tokens(range(3, 8)) == ["the", "a", "bird", "dog", "saw"]
    assert vector(built, "dog") == pytest.approx([0, 1, -0.2])
    assert vector(built, "[PAD]") == [0, 0, 0]
    assert 0 < np.abs(vector(built, "bird")).max() < 0.1
    assert vector(built, "cat") == vector(built, "[UNK]")
    assert (built.coverage.num_found, built.coverage.num_words) == (3, 5)
    assert built.coverage.share_of_texts == pytest.approx(7 / 12)
    assert str(built.coverage) == (
        "3 of 5 words (60.0%) have vectors from the file, 58.3% of the running words of the texts"
    )


def test_random_vectors_have_the_published_spread_and_follow_the_seed():
    texts = [" ".join(f"w{index}" for index in range(2000))] * 2
    first, again, other = (from_texts(texts, hidden_size=50, seed=seed) for seed in (1, 1, 2))
    table = [built.model.get_input_embeddings().weight.detach() for built in (first, again, other)]
    assert table[0][1:].std().item() == pytest.approx(0.01, rel=0.02)
    assert torch.equal(table[0], table[1])
    assert not torch.equal(table[0], table[2])


def test_without_texts_the_file_is_the_vocabulary(tmp_path):
    built = from_text_vectors(write(tmp_path, FILE), limit=2)
    assert built.tokenizer.convert_ids_to_tokens(range(5)) == ["[PAD]", "[UNK]", "[SEP]", "the", "dog"]
    assert built.coverage is None


def test_a_header_of_word2vec_is_no_vector(tmp_path):
    assert list(read_text_vectors(write(tmp_path, "4 3\n" + FILE))) == ["the", "dog", "house", "saw"]
    with pytest.raises(ValueError, match="Line 2 of .* has 3 numbers after the word 'the', where the header says 5"):
        read_text_vectors(write(tmp_path, "4 5\n" + FILE))


def test_marks_blank_lines_and_phrases_do_no_harm(tmp_path, caplog):
    path = write(tmp_path, "\ufeffGood 1 2\r\nnew york 3 4\n. . 5 6\nnaïve 7 8\n\n")
    assert {word: list(numbers) for word, numbers in read_text_vectors(path, wanted={"good", "naïve"}).items()} == {
        "good": [1, 2],
        "naïve": [7, 8],
    }
    assert "2 lines are for several words at once" in caplog.text
    assert list(read_text_vectors(write(tmp_path, "\ufeff2 2\na 1 2\nb 3 4\n"))) == ["a", "b"]
    with pytest.raises(ValueError, match="is not written in UTF-8"):
        read_text_vectors(write(tmp_path, "naïve 1 2\n", encoding="latin-1"))


def test_the_first_of_repeated_words_counts_and_it_is_said(tmp_path, caplog):
    vectors = read_text_vectors(write(tmp_path, "Dog 1 2\ndog 3 4\n"))
    assert {word: list(numbers) for word, numbers in vectors.items()} == {"dog": [1, 2]}
    assert "1 lines repeat a word" in caplog.text


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a 1 2\nb 1\n", "Line 2 of .* has 1 numbers after the word 'b', where the first line says 2"),
        ("a 1 2\nb 1 2 3\n", "Line 2 of .* has 3 numbers"),
        ("a 1 2\nb 1 x\n", "Line 2 of .* holds something else than numbers"),
        ("a 1 2\nb 1 nan\n", "Line 2 of .* not finite"),
        ("a\nb\n", "Line 1 of .* has 0 numbers"),
        ("", "holds no vectors"),
        ("zebra 1 2\n", "has no vector for any word of the texts"),
    ],
)
def test_broken_files_are_refused_by_line(tmp_path, text, message):
    with pytest.raises(ValueError, match=message):
        from_text_vectors(write(tmp_path, text), texts=["a b", "a b"])
    with pytest.raises(FileNotFoundError, match="There is no file"):
        from_text_vectors(tmp_path / "none.txt")


def test_a_saved_backbone_loads_by_the_auto_classes(tmp_path):
    built = from_texts(TEXTS, hidden_size=8)
    built.save_pretrained(tmp_path)
    model, tokenizer = AutoModel.from_pretrained(tmp_path), AutoTokenizer.from_pretrained(tmp_path)
    assert torch.equal(model.get_input_embeddings().weight, built.model.get_input_embeddings().weight)
    inputs = tokenizer(TEXTS, padding=True, return_tensors="pt")
    assert torch.equal(model(**inputs).last_hidden_state, built.model(**inputs).last_hidden_state)
