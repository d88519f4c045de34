import torch
from torch import nn

from amsdff_hf.data import digest_of_rows, digest_of_tokenizer, digest_of_weights
from tests.conftest import make_tokenizer


def test_weights_and_their_names_count():
    torch.manual_seed(0)
    model = nn.Linear(3, 2)
    before = digest_of_weights(model)
    assert before == digest_of_weights(model)
    assert digest_of_weights(nn.Sequential(model)) != before
    with torch.no_grad():
        model.bias[1] += 1
    assert digest_of_weights(model) != before
    assert digest_of_weights(model.to(torch.bfloat16)) != before


def test_the_longest_text_is_part_of_a_tokenizer():
    tokenizer = make_tokenizer()
    before = digest_of_tokenizer(tokenizer)
    assert before == digest_of_tokenizer(make_tokenizer())
    tokenizer.model_max_length = 7
    assert digest_of_tokenizer(tokenizer) != before


def test_the_order_of_rows_counts():
    assert digest_of_rows(["a", "b"]) != digest_of_rows(["b", "a"])
