import pytest
import torch
import torch.nn.functional as F
from transformers import AutoModel

from amsdff_hf import AmcclConfig, WordVectorsConfig
from amsdff_hf.models.modality_branches import sinusoidal_positions
from tests.conftest import padded_texts, random_model


SMALL = {"audio_size": 5, "vision_size": 6, "fusion_size": 8, "encoder_hidden_size": 16, "post_fusion_size": 8}


def inputs(rows=4, audio_steps=7, vision_steps=3):
    generator = torch.Generator().manual_seed(0)
    ids, mask = padded_texts(rows=rows)
    audio_lengths, vision_lengths = torch.tensor([7, 1, 4, 0])[:rows], torch.tensor([0, 3, 2, 1])[:rows]
    return {
        "input_ids": ids,
        "attention_mask": mask,
        "audio_values": torch.randn(rows, audio_steps, 5, generator=generator),
        "audio_mask": (torch.arange(audio_steps) < audio_lengths[:, None]).long(),
        "vision_values": torch.randn(rows, vision_steps, 6, generator=generator),
        "vision_mask": (torch.arange(vision_steps) < vision_lengths[:, None]).long(),
    }


@pytest.fixture
def model(bert_config):
    return random_model(AmcclConfig(backbone_config=bert_config, num_labels=1, **SMALL))


def logits(model, **batch):
    with torch.no_grad():
        return model(**batch).logits


def test_defaults_are_those_of_mosi():
    config = AmcclConfig(num_labels=1)
    assert config.pooled_size == 4 * 64
    assert config.problem_type == "regression"
    assert config.regression_loss == "l1"
    numbers = (config.contrastive_weight, config.contrastive_temperature, config.refine_weight, config.label_range)
    assert numbers == (0.01, 0.03, 4.0, 3.0)


@pytest.mark.parametrize(("left", "right"), [(0, 5), (5, 0), (2, 3)])
def test_padding_of_any_modality_on_any_side_changes_nothing(model, left, right):
    batch, expected = inputs(), logits(model, **inputs())
    for name in ("audio", "vision"):
        values, mask = batch[f"{name}_values"], batch[f"{name}_mask"]
        batch[f"{name}_values"] = F.pad(values, (0, 0, left, right), value=9.0)
        batch[f"{name}_mask"] = F.pad(mask, (left, right))
    torch.testing.assert_close(logits(model, **batch), expected, atol=1e-5, rtol=0)


def test_texts_do_not_see_each_other_and_one_alone_works(model):
    batch = inputs()
    alone = torch.cat(
        [logits(model, **{name: value[row : row + 1] for name, value in batch.items()}) for row in range(4)]
    )
    torch.testing.assert_close(logits(model, **batch), alone, atol=1e-5, rtol=0)
    model.train()
    one = {name: value[:1] for name, value in batch.items()}
    model(**one, labels=torch.tensor([1.0])).loss.backward()


def test_every_modality_counts(model):
    batch = inputs()
    expected = logits(model, **batch)
    for name in ("audio", "vision"):
        changed = {**batch, f"{name}_values": batch[f"{name}_values"] + 1.0}
        difference = (logits(model, **changed) - expected).abs().flatten()
        present = batch[f"{name}_mask"].any(1)
        assert (difference[present] > 1e-5).all()
        # What is masked away is not read.
        assert (difference[~present] == 0).all()


def test_missing_modalities_have_a_learned_stand_in(model):
    batch = inputs()
    batch["attention_mask"][2] = 0
    outputs = model(**batch, labels=torch.tensor([1.0, -2.0, 0.0, 3.0]))
    assert outputs.modality_mask.int().tolist() == [[1, 1, 0], [1, 1, 1], [0, 1, 1], [1, 0, 1]]
    trunk = model.classifier.trunk
    assert torch.equal(outputs.modality_vectors[0, 2], trunk.others["vision"].stand_in[0])
    assert torch.equal(outputs.modality_vectors[2, 0], trunk.text.stand_in[0])
    outputs.loss.backward()
    for branch in (trunk.text, trunk.others["audio"], trunk.others["vision"]):
        assert (branch.stand_in.grad.abs().sum(1) > 0).all()


def test_leaving_a_modality_out_is_the_same_as_masking_it_in_every_text(model):
    batch = inputs()
    masked = {**batch, "audio_mask": torch.zeros_like(batch["audio_mask"])}
    without = {name: value for name, value in batch.items() if not name.startswith("audio")}
    torch.testing.assert_close(logits(model, **without), logits(model, **masked))
    # A distributed training fails where a parameter takes no part.
    model(**without, labels=torch.ones(4)).loss.backward()
    assert all(parameter.grad is not None for parameter in model.parameters())


def test_a_model_may_do_without_a_modality(bert_config):
    model = random_model(AmcclConfig(backbone_config=bert_config, **{**SMALL, "vision_size": None}))
    batch = {name: value for name, value in inputs().items() if not name.startswith("vision")}
    assert model(**batch).modality_mask.shape == (4, 2)
    with pytest.raises(ValueError, match="The model has no vision, but got `vision_values`"):
        model(**inputs())


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_is_finite(model, dtype):
    model.to(dtype)
    outputs = model(**inputs(), labels=torch.tensor([1.0, -2.0, 0.0, 3.0], dtype=dtype))
    outputs.loss.backward()
    assert outputs.logits.isfinite().all()
    assert all(p.grad.isfinite().all() for p in model.parameters())


@pytest.mark.parametrize(("pooling", "position"), [("cls", 0), ("last", -1)])
def test_the_vector_of_the_text_is_that_of_the_chosen_token(pooling, position):
    backbone = WordVectorsConfig(vocab_size=100, hidden_size=12)
    model = random_model(AmcclConfig(backbone_config=backbone, text_pooling=pooling, **SMALL))
    ids, mask = padded_texts()
    for row, text in enumerate(ids):
        real = text[mask[row] == 1]
        with torch.no_grad():
            word = model.backbone(real[position].view(1, 1)).last_hidden_state[0]
            branch = model.classifier.trunk.text
            expected = torch.relu(branch.vector_map(word))[0]
            found = model(F.pad(ids, (2, 0)), attention_mask=F.pad(mask, (2, 0))).modality_vectors[row, 0]
        torch.testing.assert_close(found, expected)


def test_its_contrastive_loss_takes_the_modalities_in_the_order_of_the_source(model):
    from amsdff_hf.models.contrastive_losses import contrastive_loss

    batch, labels = inputs(), torch.tensor([1.0, -2.0, 0.0, 3.0])
    outputs = model.train()(**batch, labels=labels)
    (text, audio, vision), present = outputs.modality_vectors.unbind(1), outputs.modality_mask.bool().unbind(1)
    order = [vision, text, audio], [present[2], present[0], present[1]]
    contrast = contrastive_loss(*order, labels, model.config, 0.2, 1.0, 0.8)
    expected = (outputs.logits.flatten() - labels).abs().mean() + 0.01 * contrast
    torch.testing.assert_close(outputs.loss, expected)


def test_positions_are_those_of_vaswani():
    positions = sinusoidal_positions(torch.zeros(1, 4, 5))
    assert positions[0].tolist() == [0, 1, 0, 1, 0]
    torch.testing.assert_close(positions[3, 2], torch.tensor(3 / 10_000 ** (2 / 5)).sin())
    torch.testing.assert_close(positions[3, 3], torch.tensor(3 / 10_000 ** (2 / 5)).cos())


def test_the_model_without_labels_gives_the_joined_vector(model, tmp_path):
    model.save_pretrained(tmp_path)
    features = AutoModel.from_pretrained(tmp_path)
    batch = inputs()
    found, expected = features(**batch), model(**batch)
    torch.testing.assert_close(found.pooler_output, expected.pooled_output)
    torch.testing.assert_close(found.modality_vectors, expected.modality_vectors)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"audio_values": torch.zeros(4, 7, 6)}, r"`audio_values` must be a tensor of the shape \(4, num_steps, 5\)"),
        ({"audio_values": torch.zeros(3, 7, 5)}, r"one row per text, but have the shape \(3, 7, 5\)"),
        ({"audio_values": torch.zeros(4, 5)}, "`audio_values` must be a tensor"),
        ({"audio_values": [[1.0]]}, "but have the type list"),
        ({"audio_mask": torch.ones(4, 3)}, r"`audio_mask` must have one number per step, \(4, 7\)"),
        ({"audio_values": None}, "Got `audio_mask`, but not the `audio_values`"),
        ({"vision_values": torch.full((4, 3, 6), torch.nan)}, "`vision_values` hold 36 numbers that are NaN or inf"),
        ({"vision_values": torch.full((4, 3, 6), -torch.inf)}, "`vision_values` hold 36 numbers"),
    ],
)
def test_features_that_do_not_fit_are_named(model, changed, message):
    with pytest.raises(ValueError, match=message):
        model(**{**inputs(), **changed})


def test_nan_at_padding_does_not_matter(model):
    batch = inputs()
    expected = logits(model, **batch)
    batch["audio_values"][batch["audio_mask"] == 0] = torch.nan
    torch.testing.assert_close(logits(model, **batch), expected)
