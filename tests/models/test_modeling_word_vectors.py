import pytest
import torch
from transformers import AutoModel

from amsdff_hf import WordVectorsConfig, WordVectorsModel
from tests.conftest import padded_texts, random_model


CONFIG = {"vocab_size": 100, "hidden_size": 12}


def test_a_word_has_the_same_vector_everywhere():
    model = WordVectorsModel(WordVectorsConfig(**CONFIG))
    vectors = model(torch.tensor([[5, 6, 5], [7, 5, 0]]), output_hidden_states=True)
    assert torch.equal(vectors.last_hidden_state[0, 0], vectors.last_hidden_state[1, 1])
    assert vectors.last_hidden_state[1, 2].abs().max() == 0
    assert torch.equal(vectors.hidden_states[0], vectors.last_hidden_state)
    with pytest.raises(ValueError, match="exactly one of `input_ids` and `inputs_embeds`"):
        model()


def test_every_head_works_on_word_vectors(config_class, tmp_path):
    model = random_model(config_class(backbone_config=WordVectorsConfig(**CONFIG)))
    ids, mask = padded_texts()
    outputs = model(ids, attention_mask=mask, labels=torch.tensor([0, 1, 0, 1]), output_attentions=True)
    assert outputs.token_weights.shape == ids.shape
    outputs.loss.backward()
    assert all(p.grad is not None for p in model.parameters())
    model.save_pretrained(tmp_path)
    again = type(model).from_pretrained(tmp_path)
    assert torch.equal(again(ids, attention_mask=mask).logits, outputs.logits)


def test_loaded_vectors_stay_as_they_are_padding_included(tmp_path):
    model = WordVectorsModel(WordVectorsConfig(**CONFIG))
    with torch.no_grad():
        model.word_embeddings.weight.fill_(3)
    model.save_pretrained(tmp_path)
    assert (AutoModel.from_pretrained(tmp_path).word_embeddings.weight == 3).all()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("vocab_size", 0),
        ("hidden_size", 0),
        ("pad_token_id", 100),
        ("num_hidden_layers", 2),
        ("initializer_range", -1),
    ],
)
def test_bad_values_name_their_field(field, value):
    with pytest.raises(Exception, match=field):
        WordVectorsConfig(**{**CONFIG, field: value})
