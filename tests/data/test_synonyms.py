import sys

import pytest
import torch

from amsdff_hf.data.synonyms import EmbeddingNeighbors, WordNetSynonyms, find_synonyms, wordnet_is_there
from amsdff_hf.data.word_tokenizer import build_word_tokenizer
from tests.conftest import random_model
from tests.data.tiny_wordnet import write_wordnet


@pytest.fixture
def neighbors():
    tokenizer = build_word_tokenizer(["good", "great", "bad", "tree", "3d", "of"])
    angles = torch.tensor([0.0, 0.2, 1.0, 2.0, 0.0, 0.0])
    table = torch.zeros(len(tokenizer), 2)
    table[3:] = torch.stack([angles.cos(), angles.sin()], dim=-1)
    return EmbeddingNeighbors(tokenizer, table)


def test_neighbors_are_near_words_the_nearest_first(neighbors):
    assert neighbors("Good") == ["great", "bad"]
    assert neighbors("tree") == ["bad"]
    assert neighbors("unknown") == []
    assert neighbors("3d") == []
    assert neighbors.name == "the embeddings of the backbone"


def test_pieces_of_words_are_no_neighbors(tokenizer):
    table = torch.ones(len(tokenizer), 4)
    words = EmbeddingNeighbors(tokenizer, table, num_neighbors=100)("film")
    assert "plot" in words
    assert not any("#" in word or "[" in word for word in words)


def test_without_wordnet_the_embeddings_serve(monkeypatch, config_class, bert_config, tokenizer):
    monkeypatch.setitem(sys.modules, "nltk", None)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    model = random_model(config_class(backbone_config=bert_config))
    assert isinstance(find_synonyms(model, tokenizer), EmbeddingNeighbors)
    with pytest.raises(LookupError, match="There is no WordNet: pip install nltk"):
        WordNetSynonyms()


def test_wordnet_gives_the_other_words_of_all_meanings(monkeypatch, tmp_path, config_class, bert_config, tokenizer):
    nltk = pytest.importorskip("nltk")
    monkeypatch.setattr(nltk.data, "path", [str(tmp_path)])
    assert not wordnet_is_there()
    write_wordnet(tmp_path / "corpora" / "wordnet", {"noun": [["film", "movie", "motion_picture"], ["film", "layer"]]})
    # The lazy corpus keeps what it found first, in this process.
    monkeypatch.delitem(sys.modules, "nltk.corpus", raising=False)
    synonyms = find_synonyms(random_model(config_class(backbone_config=bert_config)), tokenizer)
    assert synonyms.name == "WordNet"
    assert synonyms("Film") == ["movie", "motion picture", "layer"]
    assert synonyms("plot") == []
