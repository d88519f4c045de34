import numpy as np
import pytest
import torch
from transformers import AutoFeatureExtractor

from amsdff_hf import AmcclFeatureExtractor


AUDIO = [np.array([[1.0, 10.0], [3.0, 10.0]]), None, [[5.0, 10.0]]]


def test_sequences_are_padded_cut_and_masked():
    batch = AmcclFeatureExtractor(audio_size=2)(audio=AUDIO)
    assert batch["audio_values"].shape == (3, 2, 2)
    assert batch["audio_mask"].tolist() == [[1, 1], [0, 0], [1, 0]]
    assert batch["audio_values"][2].tolist() == [[5, 10], [0, 0]]
    assert AmcclFeatureExtractor(audio_size=2, max_audio_length=1)(audio=AUDIO)["audio_values"].shape == (3, 1, 2)
    assert AmcclFeatureExtractor(audio_size=2)(audio=[None])["audio_mask"].tolist() == [[0]]
    assert AmcclFeatureExtractor(audio_size=2)(audio=[[], AUDIO[0]])["audio_mask"].tolist() == [[0, 0], [1, 1]]
    assert AmcclFeatureExtractor(audio_size=2)() == {}


def test_lengths_say_which_steps_are_real():
    extractor = AmcclFeatureExtractor(audio_size=2)
    padded = [np.ones((4, 2)), np.ones((4, 2))]
    assert extractor(audio=padded, audio_lengths=[1, 3])["audio_mask"].tolist() == [[1, 0, 0], [1, 1, 1]]
    with pytest.raises(ValueError, match="`audio_lengths` says 5 for text 2, but its array has 4 steps"):
        extractor(audio=padded, audio_lengths=[1, 5])
    with pytest.raises(ValueError, match="`audio_lengths` must hold one number per text, 2, but holds 1"):
        extractor(audio=padded, audio_lengths=[1])


def test_features_are_normalized_by_the_training_data_and_constant_ones_vanish(tmp_path):
    AmcclFeatureExtractor(audio_size=2).fit(audio=AUDIO).save_pretrained(tmp_path)
    extractor = AutoFeatureExtractor.from_pretrained(tmp_path)
    assert extractor.audio_mean == pytest.approx([3, 10])
    values = extractor(audio=AUDIO)["audio_values"]
    assert values[0, :, 0].tolist() == pytest.approx([-2 / (8 / 3) ** 0.5, 0])
    assert values[..., 1].abs().max() == 0
    assert values[1].abs().max() == 0


@pytest.mark.parametrize("wrong", [np.nan, -np.inf, np.inf])
def test_numbers_that_are_not_finite_are_counted_and_replaced_on_request_only(wrong, caplog):
    audio = [np.array([[1.0, wrong], [3.0, wrong]]), np.array([[2.0, 8.0]])]
    extractor = AmcclFeatureExtractor(audio_size=2).fit(audio=audio)
    with pytest.raises(ValueError, match=r"hold 2 numbers that are NaN or infinite, in the texts \[1\]"):
        extractor(audio=audio)
    extractor.replace_non_finite = True
    values = extractor(audio=audio)["audio_values"]
    assert values.isfinite().all()
    assert values[0, :, 1].tolist() == [0, 0]
    assert "Replaced 2 numbers of audio" in caplog.text
    with pytest.raises(ValueError, match="Feature 1 of audio is never a finite number"):
        extractor.fit(audio=[audio[0]])


@pytest.mark.parametrize(
    ("audio", "message"),
    [
        ([np.zeros((2, 3))], r"The audio of text 1 must be an array \(num_steps, 2\), got the shape \(2, 3\)"),
        ([np.zeros((1, 2)), np.zeros(2)], r"The audio of text 2 .* one vector is a sequence of length 1"),
    ],
)
def test_arrays_of_another_shape_are_named(audio, message):
    with pytest.raises(ValueError, match=message):
        AmcclFeatureExtractor(audio_size=2)(audio=audio)


def test_bad_settings_are_named():
    with pytest.raises(ValueError, match="`max_audio_length` must be at least 1, got 0"):
        AmcclFeatureExtractor(audio_size=2, max_audio_length=0)
    with pytest.raises(ValueError, match=r"`vision_mean` must hold 3 numbers \(`vision_size`\), got 1"):
        AmcclFeatureExtractor(vision_size=3, vision_mean=[0.0])
    with pytest.raises(ValueError, match="`audio_std` must hold numbers above 0, got 0.0"):
        AmcclFeatureExtractor(audio_size=1, audio_std=[0.0])
    with pytest.raises(ValueError, match="There is no audio in any text"):
        AmcclFeatureExtractor(audio_size=1).fit(audio=[None, []])
    with pytest.raises(ValueError, match="Got vision, but `vision_size` is not set"):
        AmcclFeatureExtractor(audio_size=2)(vision=[torch.zeros(1, 3)])
