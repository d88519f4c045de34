import pytest
import torch

from tests.conftest import BACKBONE_CONFIGS, SIZES, padded_texts, random_model
from tests.sweep.tiny_configs import tiny_config


def batch(length=7, rows=3):
    generator = torch.Generator().manual_seed(0)
    return torch.randint(5, SIZES["vocab_size"], (rows, length), generator=generator)


def test_token_types_reach_only_backbones_that_have_some(config_class):
    ids, types = batch(), torch.tensor([[0, 0, 0, 1, 1, 1, 1]] * 3)
    backbones = {name: BACKBONE_CONFIGS[name]() for name in ("bert", "roberta", "distilbert", "llama")}
    # Its table of words would serve for the types too.
    backbones["gpt2"] = tiny_config("gpt2")
    for name, backbone in backbones.items():
        model = random_model(config_class(backbone_config=backbone))
        with torch.no_grad():
            plain, typed = (model.encode(ids, token_type_ids=some).last_hidden_state for some in (None, types))
            read_by_head = not torch.equal(model(ids).logits, model(ids, token_type_ids=types).logits)
        assert torch.equal(plain, typed) == (name != "bert"), name
        assert read_by_head == (name == "bert" or "token_type_ids" in model.head_arguments), name
    with pytest.raises(ValueError, match="`token_type_ids` must have one number per token"):
        model(ids, token_type_ids=types[:2])


def test_inputs_embeds_give_the_same_as_ids(config_class, bert_config):
    model = random_model(config_class(backbone_config=bert_config))
    with torch.no_grad():
        embeds = model.get_input_embeddings()(batch())
        torch.testing.assert_close(model(inputs_embeds=embeds).logits, model(batch()).logits)
    with pytest.raises(ValueError, match="exactly one of `input_ids` and `inputs_embeds`"):
        model(batch(), inputs_embeds=embeds)
    with pytest.raises(ValueError, match="exactly one"):
        model()


def test_too_long_texts_say_how_to_truncate(config_class, bert_config):
    model = random_model(config_class(backbone_config=bert_config))
    with pytest.raises(ValueError, match="has 65 tokens.*positions for 64.*truncation=True"):
        model(batch(length=65))
    model(batch(length=64))


def test_hidden_states_and_attentions_stand_in_the_order_of_the_input(config_class, bert_config):
    model = random_model(config_class(backbone_config=bert_config))
    model.set_attn_implementation("eager")
    ids = batch()
    padded = torch.cat([torch.zeros(3, 2, dtype=torch.long), ids], dim=1)
    mask = torch.cat([torch.zeros(3, 2), torch.ones(3, 7)], dim=1)
    with torch.no_grad():
        plain = model(ids, output_hidden_states=True, output_attentions=True)
        left = model(padded, attention_mask=mask, output_hidden_states=True, output_attentions=True)
    for expected, states in zip(plain.hidden_states, left.hidden_states, strict=True):
        torch.testing.assert_close(states[:, 2:], expected, atol=1e-5, rtol=0)
    for expected, maps in zip(plain.attentions, left.attentions, strict=True):
        torch.testing.assert_close(maps[:, :, 2:, 2:], expected, atol=1e-5, rtol=0)
        assert maps[:, :, 2:, :2].abs().max() == 0


def test_sparse_attention_maps_of_the_width_of_the_text_keep_their_keys(config_class):
    backbone = tiny_config("longformer")
    backbone.attention_window = [6] * backbone.num_hidden_layers
    model = random_model(config_class(backbone_config=backbone))
    ids = torch.tensor([[10, 11, 12, 13, 14, 1, 1]])
    with torch.no_grad():
        right = model(ids, attention_mask=(ids > 1).long(), output_attentions=True).attentions
        left = model(ids.roll(2, 1), attention_mask=(ids > 1).long().roll(2, 1), output_attentions=True).attentions
    for expected, moved in zip(right, left, strict=True):
        assert expected.shape[-2:] == (7, 7)
        torch.testing.assert_close(moved, expected.roll(2, dims=2))


def test_sparse_attention_maps_are_moved_back_by_their_queries(config_class):
    model = random_model(config_class(backbone_config=tiny_config("longformer")))
    ids = torch.randint(10, 100, (1, 8))
    mask = torch.tensor([[0, 0, 0, 0, 1, 1, 1, 1]])
    with torch.no_grad():
        maps = model(ids, attention_mask=mask, output_attentions=True).attentions
    for attention in maps:
        assert attention[0, :, :4].abs().max() == 0
        assert (attention[0, :, 4:].abs().sum(-1) > 0).all()


@pytest.mark.parametrize("name", ["attention_mask", "token_type_ids", "position_ids"])
@pytest.mark.parametrize("shape", [(3, 5), (4, 7), (7,)])
def test_inputs_of_other_shapes_are_refused(config_class, bert_config, name, shape):
    model = random_model(config_class(backbone_config=bert_config))
    with pytest.raises(ValueError, match=rf"`{name}` must have one number per token, \(3, 7\), but has the shape \("):
        model(batch(), **{name: torch.ones(shape, dtype=torch.long)})


def test_masks_of_attention_are_refused(config_class, bert_config):
    model = random_model(config_class(backbone_config=bert_config))
    for shape in [(3, 7, 7), (3, 1, 7, 7)]:
        with pytest.raises(ValueError, match="`attention_mask` must have one number per token"):
            model(batch(), attention_mask=torch.ones(shape))


def test_one_row_of_positions_serves_all_texts(config_class, bert_config):
    model = random_model(config_class(backbone_config=bert_config))
    mask = torch.tensor([[0, 0, 1, 1, 1, 1, 1]] * 3)
    with torch.no_grad():
        one = model(batch(), attention_mask=mask, position_ids=torch.arange(7)[None])
        each = model(batch(), attention_mask=mask, position_ids=torch.arange(7).expand(3, 7))
    assert torch.equal(one.logits, each.logits)


def test_ids_without_an_embedding_are_refused(config_class, bert_config):
    model = random_model(config_class(backbone_config=bert_config))
    with pytest.raises(ValueError, match="`token_type_ids` go from 0 to 5, .* for the ids 0 to 1"):
        model(batch(), token_type_ids=torch.tensor([[0, 0, 0, 1, 1, 1, 5]] * 3))
    with pytest.raises(ValueError, match="`input_ids` go from -1 to .* its own tokenizer"):
        model(torch.tensor([[3, -1]]))
    with pytest.raises(
        ValueError, match=r"`input_ids` must have the shape \(batch_size, sequence_length\), but has \(2,\)"
    ):
        model(torch.tensor([3, 1]))
    with pytest.raises(ValueError, match="`input_ids` must be whole numbers, got torch.float32"):
        model(torch.tensor([[3.0, 1.0]]))
    with pytest.raises(ValueError, match="`input_ids` must be a tensor, got list"):
        model([[3, 1]])
    with pytest.raises(ValueError, match="1 at tokens and 0 at padding, but holds -10000: pass"):
        model(batch(), attention_mask=torch.tensor([[0.0] * 6 + [-1e4]] * 3))


def test_positions_and_vectors_that_do_not_fit_are_refused(config_class, bert_config):
    model = random_model(config_class(backbone_config=bert_config))
    for wrong in (64, -1):
        with pytest.raises(ValueError, match="`position_ids` go from .* for the ids 0 to 63: count from 0"):
            model(batch(), position_ids=torch.full((3, 7), wrong))
    with pytest.raises(
        ValueError, match=r"as wide as the embeddings of the backbone, 32, but have the shape \(3, 7, 5\)"
    ):
        model(inputs_embeds=torch.randn(3, 7, 5))
    model = random_model(config_class(backbone_config=tiny_config("clip_text_model")))
    with pytest.raises(ValueError, match=r"The backbone \(clip_text_model\) reads no `inputs_embeds`"):
        model(inputs_embeds=torch.randn(3, 7, 32))


def test_the_last_position_of_every_kind_of_table_is_read(config_class):
    """RoBERTa, BART and OPT keep entries of their tables for themselves."""
    for name in ("roberta", "bart", "opt"):
        model = random_model(config_class(backbone_config=tiny_config(name)))
        with torch.no_grad():
            model(torch.full((1, model.max_sequence_length), 10))
        with pytest.raises(ValueError, match="positions for"):
            model(torch.full((1, model.max_sequence_length + 1), 10))


def test_positions_without_an_end_are_not_limited(config_class):
    for name in ("fsmt", "prophetnet", "tapas"):
        model = random_model(config_class(backbone_config=tiny_config(name)))
        assert model.max_sequence_length is None
        with torch.no_grad():
            assert model(torch.full((1, 200), 10)).logits.isfinite().all()


def test_nothing_is_cached(config_class):
    model = random_model(config_class(backbone_config=BACKBONE_CONFIGS["llama"]()))
    seen = {}
    model.backbone.register_forward_pre_hook(lambda _, args, kwargs: seen.update(kwargs), with_kwargs=True)
    model(batch())
    assert seen["use_cache"] is False


def test_asking_for_no_maps_overrules_the_backbone(config_class, bert_config):
    bert_config.output_attentions = True
    model = random_model(config_class(backbone_config=bert_config, attn_implementation="eager"))
    assert model(batch(), output_attentions=False).attentions is None


# --- states in the place of texts --------------------------------------------------------------------------------


def test_states_in_the_place_of_texts_give_the_same_logits(config_class, backbone_config):
    model = random_model(config_class(backbone_config=backbone_config))
    ids, mask = padded_texts()
    types = (torch.arange(9) > 4).long().expand(4, 9)
    with torch.no_grad():
        expected = model(ids, attention_mask=mask, token_type_ids=types).logits
        states = model.states_of(ids, mask, types)
        inputs = {"attention_mask": mask, "token_type_ids": types}
        assert torch.equal(model(backbone_states=states, **inputs).logits, expected)
        # Kept in half precision, and without what the backbone makes of padding.
        zeroed = states * mask.view(4, *[1] * (states.dim() - 3), 9, 1)
        torch.testing.assert_close(
            model(backbone_states=zeroed.half(), **inputs).logits, expected, atol=5e-3, rtol=5e-3
        )


def test_states_train_the_head_alone(config_class, bert_config):
    model = random_model(config_class(backbone_config=bert_config)).train()
    ids, mask = padded_texts()
    with torch.no_grad():
        states = model.states_of(ids, mask)
    model(backbone_states=states, attention_mask=mask, labels=torch.tensor([0, 1, 0, 1])).loss.backward()
    trained = {name.partition(".")[0] for name, p in model.named_parameters() if p.grad is not None}
    assert trained == {"classifier"}


def test_states_that_do_not_fit_are_refused(config_class, bert_config):
    model = random_model(config_class(backbone_config=bert_config))
    ids, mask = padded_texts()
    states = model.states_of(ids, mask)
    with pytest.raises(ValueError, match="either `backbone_states` or the texts"):
        model(ids, attention_mask=mask, backbone_states=states)
    with pytest.raises(ValueError, match=r"`backbone_states` must have the shape \(batch_size,.* 32\), got \("):
        model(backbone_states=states[..., :16], attention_mask=mask)
    with pytest.raises(ValueError, match="got list: pass what `model.states_of"):
        model(backbone_states=states.tolist(), attention_mask=mask)
