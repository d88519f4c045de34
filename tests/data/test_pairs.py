import pytest
from tokenizers import Tokenizer, models, pre_tokenizers, processors
from transformers import AutoTokenizer, PreTrainedTokenizerFast

from amsdff_hf.data.pairs import number_texts, numbers_texts


def byte_level(post_processor, **kwargs):
    """A tokenizer of a, b and spaces like RoBERTa's."""
    vocabulary = {"<s>": 0, "</s>": 1, "<pad>": 2, "a": 3, "b": 4, "Ġa": 5, "Ġb": 6, "Ġ": 7}
    tokenizer = Tokenizer(models.BPE(vocabulary, [("Ġ", "a"), ("Ġ", "b")]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    if post_processor is not None:
        tokenizer.post_processor = post_processor
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, pad_token="<pad>", bos_token="<s>", eos_token="</s>", **kwargs
    )


def roberta():
    return processors.RobertaProcessing(("</s>", 1), ("<s>", 0), trim_offsets=True, add_prefix_space=False)


def test_a_tokenizer_without_token_types_gets_them_and_keeps_its_tokens(tmp_path):
    plain = byte_level(roberta(), model_max_length=77, truncation_side="left", padding_side="left")
    assert not numbers_texts(plain)
    numbered = number_texts(plain)
    numbered.save_pretrained(tmp_path)
    for tokenizer in (numbered, AutoTokenizer.from_pretrained(tmp_path)):
        for texts in [("a b",), ("a b", " b a"), ("", "a"), ("a", "")]:
            expected, found = plain(*texts), tokenizer(*texts, return_offsets_mapping=True)
            assert found["input_ids"] == expected["input_ids"]
            assert found["offset_mapping"] == plain(*texts, return_offsets_mapping=True)["offset_mapping"]
        assert tokenizer("a b", " b a")["token_type_ids"] == [0, 0, 0, 0, 0, 1, 1, 1]
        assert set(tokenizer("a b")["token_type_ids"]) == {0}
        assert (tokenizer.model_max_length, tokenizer.truncation_side, tokenizer.padding_side) == (77, "left", "left")
        assert (tokenizer.pad_token, tokenizer.bos_token) == ("<pad>", "<s>")
        assert tokenizer("a b a", "b", truncation=True, max_length=6)["token_type_ids"] == [0, 0, 0, 0, 1, 1]


@pytest.mark.parametrize(
    "post_processor",
    [
        None,
        processors.ByteLevel(trim_offsets=True),
        processors.TemplateProcessing(single="<s> $A", pair="<s> $A <s> $B", special_tokens=[("<s>", 0)]),
        processors.TemplateProcessing(single="$A", pair="$A $B", special_tokens=[]),
    ],
)
def test_any_order_of_special_tokens_is_kept(post_processor):
    plain = byte_level(post_processor)
    numbered = number_texts(plain)
    pair = numbered("a b", "a")
    assert pair["input_ids"] == plain("a b", "a")["input_ids"]
    assert numbered("a b")["input_ids"] == plain("a b")["input_ids"]
    assert [t for t, s in zip(pair["token_type_ids"], pair.sequence_ids(), strict=True) if s is not None] == [0, 0, 1]


def test_a_tokenizer_that_numbers_texts_stays_as_it_is(tokenizer):
    assert number_texts(tokenizer) is tokenizer


def test_slow_tokenizers_are_refused():
    class Slow:
        is_fast = False

    with pytest.raises(ValueError, match="Slow cannot tell which text.*load a fast tokenizer"):
        number_texts(Slow())
