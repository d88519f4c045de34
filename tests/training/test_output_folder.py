import pytest
from transformers import BertConfig, TrainingArguments

from amsdff_hf.training import check_same_model, find_checkpoint, remove_checkpoints


def arguments(folder, **kwargs):
    return TrainingArguments(output_dir=str(folder), **kwargs)


def test_new_and_empty_folders_start_from_the_beginning(tmp_path):
    assert find_checkpoint(arguments(tmp_path / "new"), overwrite=False) is None
    assert find_checkpoint(arguments(tmp_path), overwrite=False) is None


def make_checkpoints(folder, *steps):
    for step in steps:
        (folder / f"checkpoint-{step}").mkdir()
        (folder / f"checkpoint-{step}" / "trainer_state.json").touch()


def test_checkpoints_are_gone_on_with_unless_overwritten(tmp_path):
    make_checkpoints(tmp_path, 5, 10)
    assert find_checkpoint(arguments(tmp_path), overwrite=False).endswith("checkpoint-10")
    assert find_checkpoint(arguments(tmp_path), overwrite=True) is None
    remove_checkpoints(str(tmp_path))
    assert list(tmp_path.iterdir()) == []


def test_half_written_checkpoints_are_passed_over(tmp_path, caplog):
    make_checkpoints(tmp_path, 5)
    (tmp_path / "checkpoint-10").mkdir()
    assert find_checkpoint(arguments(tmp_path), overwrite=False).endswith("checkpoint-5")
    assert "checkpoint-10 was interrupted" in caplog.text


def test_other_contents_are_an_error(tmp_path):
    (tmp_path / "thesis.docx").touch()
    with pytest.raises(ValueError, match="not empty and holds no checkpoint.*--overwrite_output_dir"):
        find_checkpoint(arguments(tmp_path), overwrite=False)
    assert find_checkpoint(arguments(tmp_path), overwrite=True) is None


def test_named_checkpoints_must_exist(tmp_path):
    with pytest.raises(FileNotFoundError, match="which does not exist"):
        find_checkpoint(arguments(tmp_path, resume_from_checkpoint=str(tmp_path / "nope")), overwrite=False)
    with pytest.raises(FileNotFoundError, match="there is no complete checkpoint"):
        find_checkpoint(arguments(tmp_path, resume_from_checkpoint="true"), overwrite=False)
    named = arguments(tmp_path / "x", resume_from_checkpoint=str(tmp_path))
    assert find_checkpoint(named, overwrite=False) == str(tmp_path)
    make_checkpoints(tmp_path, 5)
    inside = arguments(tmp_path, resume_from_checkpoint=str(tmp_path / "checkpoint-5"))
    with pytest.raises(ValueError, match="--overwrite_output_dir would remove the checkpoint"):
        find_checkpoint(inside, overwrite=True)
    with pytest.raises(ValueError, match="not empty"):
        find_checkpoint(arguments(tmp_path, resume_from_checkpoint="false"), overwrite=False)


def test_checkpoints_of_other_models_are_refused(config_class, tmp_path):
    config_class(labels=["a", "b"]).save_pretrained(tmp_path)
    check_same_model(str(tmp_path), config_class(labels=["a", "b"]))
    with pytest.raises(ValueError, match=r"another model \(\w+, labels \['a', 'b'\]\).*labels \['b', 'a'\]"):
        check_same_model(str(tmp_path), config_class(labels=["b", "a"]))
    with pytest.raises(ValueError, match="than this run's .bert"):
        check_same_model(str(tmp_path), BertConfig(id2label={0: "a", 1: "b"}))
