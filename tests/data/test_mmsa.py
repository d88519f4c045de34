import pickle

import numpy as np
import pytest
from datasets import load_dataset

from amsdff_hf.data.mmsa import convert_mmsa
from tests.data.tiny_mmsa import mmsa_split, write_mmsa


def test_every_split_becomes_a_parquet_file_without_the_padding(tmp_path):
    write_mmsa(tmp_path / "x.pkl", {"train": 5, "valid": 2, "test": 3})
    files = convert_mmsa(tmp_path / "x.pkl", tmp_path / "out")
    assert sorted(files) == ["test", "train", "validation"]
    train = load_dataset("parquet", data_files=str(files["train"]), split="train", cache_dir=tmp_path / "cache")
    stored = mmsa_split(5)
    assert train.column_names == ["id", "text", "audio", "vision", "label"]
    assert train["text"][:2] == ["text 0", "text 1"]
    for row, length in enumerate(stored["audio_lengths"]):
        assert np.allclose(train[row]["audio"], stored["audio"][row][:length])
    assert len(train[0]["vision"]) == 3
    assert np.allclose(train["label"], stored["regression_labels"])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda split: split.pop("vision"), "The split 'train' has no vision; it has"),
        (lambda split: split.update(raw_text=["one"]), "has 1 texts, but 5 entries in 'audio'"),
        (
            lambda split: split.update(audio_lengths=[1, 2, 9, 1, 1]),
            "'audio_lengths' says 9 for text 3 in the split 'train', but its array has 4 steps",
        ),
        (
            lambda split: split.update(audio=np.zeros((5, 2))),
            r"'audio' of text 1 .* must be \(num_steps, size\), got \(2,\)",
        ),
    ],
)
def test_damaged_files_are_named(tmp_path, change, message):
    split = mmsa_split(5)
    change(split)
    (tmp_path / "x.pkl").write_bytes(pickle.dumps({"train": split}))
    with pytest.raises(ValueError, match=message):
        convert_mmsa(tmp_path / "x.pkl", tmp_path / "out")


@pytest.mark.parametrize("content", [{"a": 1}, [1, 2]])
def test_other_pickles_are_refused(tmp_path, content):
    (tmp_path / "x.pkl").write_bytes(pickle.dumps(content))
    with pytest.raises(ValueError, match="is not in the format of MMSA: it has no split train, valid or test"):
        convert_mmsa(tmp_path / "x.pkl", tmp_path / "out")
