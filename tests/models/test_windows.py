import pytest
import torch
import torch.nn.functional as F
from transformers import LlamaConfig

from amsdff_hf import AmsdffConfig, AmsdffForSequenceClassification, WordVectorsConfig
from amsdff_hf.models.windows import Windows
from tests.conftest import BACKBONE_CONFIGS, SIZES, padded_texts, random_model


WINDOWS = {"long_text": "window", "window_length": 8, "window_overlap": 3}
LENGTHS = [23, 1, 9, 14]


def long_texts(length=23):
    """Four texts of different length, padded on the right."""
    ids, mask = padded_texts(length)
    kept = torch.arange(length) < torch.tensor(LENGTHS)[:, None]
    return torch.where(kept, ids.clamp(min=5), 0), kept.long()


@pytest.fixture
def model(config_class, bert_config):
    return random_model(config_class(backbone_config=bert_config, **WINDOWS))


@pytest.mark.parametrize("length", [9, 13, 16, 50])
@pytest.mark.parametrize(("window", "overlap"), [(8, 0), (8, 1), (8, 3), (5, 2)])
def test_what_is_cut_and_joined_is_the_same(length, window, overlap):
    mask = (torch.arange(length) < torch.tensor([length, 3, 0])[:, None]).long()
    windows = Windows(mask, window, overlap)
    values = torch.randn(3, length, 3)
    cut = windows.cut(values)
    assert cut.shape == (len(windows.mask), window, 3)
    joined, real = windows.join(cut), mask.bool()
    torch.testing.assert_close(joined[real], values[real], atol=0, rtol=0)
    # Every window of the long text is full but the last one, and the others have one window each.
    count = len(windows.mask) - 2
    assert windows.mask[: count - 1].all()
    assert windows.mask[:count].sum() == length + (count - 1) * overlap
    assert windows.mask[count:].sum(1).tolist() == [3, 0]


@pytest.mark.parametrize(("window", "overlap"), [(8, 3), (8, 2), (6, 0)])
def test_a_token_comes_from_the_window_that_shows_most_around_it(window, overlap):
    length = 40
    windows = Windows(torch.ones(1, length, dtype=torch.long), window, overlap)
    place = torch.arange(window).expand(len(windows.mask), window).unsqueeze(-1)
    found = windows.join(place).flatten()
    margin = torch.minimum(found, window - 1 - found)
    # The ends of the text have nothing beyond them.
    assert margin[window : length - window].min() >= (overlap - 1) // 2


def test_a_backbone_without_context_gives_the_same_logits():
    words = WordVectorsConfig(vocab_size=SIZES["vocab_size"], hidden_size=16)
    whole = random_model(AmsdffConfig(backbone_config=words))
    parts = AmsdffForSequenceClassification(AmsdffConfig(backbone_config=words, **WINDOWS)).eval()
    parts.load_state_dict(whole.state_dict())
    ids, mask = long_texts()
    torch.testing.assert_close(parts(ids, mask).logits, whole(ids, mask).logits, atol=1e-6, rtol=0)


@pytest.mark.parametrize("model_type", ["bert", "llama", "modernbert", "t5"])
def test_the_states_are_those_of_the_windows(model_type):
    model = random_model(AmsdffConfig(backbone_config=BACKBONE_CONFIGS[model_type](), **WINDOWS))
    ids, mask = long_texts()
    states = model.states_of(ids, mask)
    ids = ids[:1]
    for start, tokens in ((0, range(6)), (5, range(6, 11)), (15, range(16, 23))):
        alone = model.states_of(ids[:, start : start + 8])
        for token in tokens:
            torch.testing.assert_close(states[:1, :, token], alone[:, :, token - start], atol=1e-5, rtol=0)


@pytest.mark.parametrize("side", ["left", "right"])
def test_padding_and_neighbors_make_no_difference(model, side):
    ids, mask = long_texts()
    wide = (30, 0) if side == "left" else (0, 30)
    with torch.no_grad():
        logits = model(ids, attention_mask=mask).logits
        moved = model(F.pad(ids, wide), attention_mask=F.pad(mask, wide)).logits
        alone = [model(ids[row : row + 1, :length]).logits for row, length in enumerate(LENGTHS)]
    torch.testing.assert_close(moved, logits, atol=1e-5, rtol=0)
    torch.testing.assert_close(torch.cat(alone), logits, atol=1e-5, rtol=0)


def test_the_end_of_a_long_text_counts_and_gets_gradients(model):
    ids, mask = long_texts()
    other = ids.clone()
    other[0, 22] = 5 + (ids[0, 22] - 4) % 20
    assert not torch.allclose(model(ids, mask).logits[0], model(other, mask).logits[0])
    model.train()(ids, attention_mask=mask, labels=torch.tensor([0, 1, 0, 1])).loss.backward()
    assert model.get_input_embeddings().weight.grad[ids[0, 22]].abs().sum() > 0


def test_a_saved_model_goes_on_reading_windows(bert_config, tmp_path):
    model = random_model(AmsdffConfig(backbone_config=bert_config, **WINDOWS))
    model.save_pretrained(tmp_path)
    loaded = AmsdffForSequenceClassification.from_pretrained(tmp_path)
    ids, mask = long_texts(90)
    torch.testing.assert_close(loaded(ids, mask).logits, model(ids, mask).logits, atol=0, rtol=0)
    assert loaded.max_sequence_length is None
    assert AmsdffForSequenceClassification.from_pretrained(tmp_path, long_text="cut").max_sequence_length == 64


def test_what_windows_do_not_have_is_refused(bert_config):
    model = random_model(AmsdffConfig(backbone_config=bert_config, **WINDOWS))
    ids, mask = long_texts()
    with pytest.raises(ValueError, match="A text of 23 tokens is read in windows of 8"):
        model(ids, attention_mask=mask, output_attentions=True)
    with pytest.raises(ValueError, match="leave `position_ids` and"):
        model(ids, attention_mask=mask, position_ids=torch.arange(23).unsqueeze(0))
    assert model(ids[:, :8], attention_mask=mask[:, :8], output_attentions=True).attentions is not None


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"window_length": 1}, "`window_length` must be at least 2 tokens, got 1"),
        ({"window_length": 8, "window_overlap": 4}, r"less than half of `window_length` \(8\), got 4"),
        ({"window_overlap": -1}, "`window_overlap` must be at least 0"),
        ({"window_length": 65, "window_overlap": 3}, r"65 is more than the backbone \(bert\) reads, 64"),
        ({"window_overlap": 32}, "`window_overlap` 32 must be less than half of a window, which has 64 tokens"),
    ],
)
def test_wrong_windows_are_named(bert_config, fields, sentence):
    with pytest.raises(ValueError, match=sentence):
        random_model(AmsdffConfig(backbone_config=bert_config, long_text="window", **fields))


def test_positions_without_end_need_a_length():
    backbone = LlamaConfig(**{**SIZES, "num_key_value_heads": 2})
    with pytest.raises(ValueError, match=r"`window_length` must be given: the backbone \(llama\)"):
        random_model(AmsdffConfig(backbone_config=backbone, long_text="window"))
