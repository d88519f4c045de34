import pytest
from transformers import TrainingArguments

from amsdff_hf.training import find_checkpoint


def arguments(folder, **kwargs):
    return TrainingArguments(output_dir=str(folder), **kwargs)


def test_new_and_empty_folders_start_from_the_beginning(tmp_path):
    assert find_checkpoint(arguments(tmp_path / "new"), overwrite=False) is None
    assert find_checkpoint(arguments(tmp_path), overwrite=False) is None


def test_checkpoints_are_gone_on_with_unless_overwritten(tmp_path):
    for step in (5, 10):
        (tmp_path / f"checkpoint-{step}").mkdir()
    assert find_checkpoint(arguments(tmp_path), overwrite=False).endswith("checkpoint-10")
    assert find_checkpoint(arguments(tmp_path), overwrite=True) is None


def test_other_contents_are_an_error(tmp_path):
    (tmp_path / "thesis.docx").touch()
    with pytest.raises(ValueError, match="not empty and holds no checkpoint.*--overwrite_output_dir"):
        find_checkpoint(arguments(tmp_path), overwrite=False)
    assert find_checkpoint(arguments(tmp_path), overwrite=True) is None


def test_named_checkpoints_must_exist(tmp_path):
    with pytest.raises(FileNotFoundError, match="which does not exist"):
        find_checkpoint(arguments(tmp_path, resume_from_checkpoint=str(tmp_path / "nope")), overwrite=False)
    named = arguments(tmp_path / "x", resume_from_checkpoint=str(tmp_path))
    assert find_checkpoint(named, overwrite=False) == str(tmp_path)
