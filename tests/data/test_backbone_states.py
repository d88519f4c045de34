import shutil
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch
from datasets import Dataset
from filelock import FileLock
from transformers import DataCollatorWithPadding, TrainingArguments

from amsdff_hf import AmsdffConfig
from amsdff_hf.data import DataTrainingArguments, StatesCollator, TokenizedSplit, cache_splits, cache_states
from tests.conftest import WORDS, random_model


TEXTS = ["good film", "the bad plot of the film", "very", "", "a great actor and a poor film"]


@pytest.fixture
def arguments(tmp_path):
    return TrainingArguments(output_dir=str(tmp_path / "out"), use_cpu=True, report_to="none")


def rows(tokenizer, texts=TEXTS, labels=(1, 0, 1, 0, 1)):
    return Dataset.from_dict({**tokenizer(list(texts)), "labels": list(labels)})


def logits(model, batch):
    batch.pop("labels")
    with torch.no_grad():
        return model(**batch).logits


def test_kept_states_give_the_logits_of_the_texts(config_class, bert_config, tokenizer, arguments, tmp_path):
    model = random_model(config_class(backbone_config=bert_config))
    split, otherwise = rows(tokenizer), DataCollatorWithPadding(tokenizer)
    collate = StatesCollator(model, otherwise)
    kept = cache_states(split, model, arguments, tmp_path / "states")
    assert kept["labels"][:].tolist() == [1, 0, 1, 0, 1]
    batch = collate([kept[row] for row in (3, 0, 4)])
    expected = logits(model, otherwise([split[row] for row in (3, 0, 4)]))
    torch.testing.assert_close(logits(model, batch), expected, atol=5e-3, rtol=5e-3)
    # Rows of other splits, which have no states, are collated as ever.
    assert torch.equal(collate([split[1]])["input_ids"], torch.tensor([split[1]["input_ids"]]))


@pytest.mark.parametrize("side", ["left", "right"])
def test_padding_of_the_texts_is_not_kept(config_class, bert_config, tokenizer, arguments, tmp_path, side):
    model = random_model(config_class(backbone_config=bert_config))
    pairs = dict(tokenizer(["good film", "the bank"], ["a great plot and actor", "share"]))
    longest = max(map(len, pairs["input_ids"])) + 3

    padded = {
        name: [
            row + [0] * (longest - len(row)) if side == "right" else [0] * (longest - len(row)) + row for row in rows
        ]
        for name, rows in pairs.items()
    }
    collate = StatesCollator(model, DataCollatorWithPadding(tokenizer))
    found = []
    for columns in (pairs, padded):
        kept = cache_states(Dataset.from_dict({**columns, "labels": [0, 1]}), model, arguments, tmp_path)
        found.append(logits(model, collate([kept[0], kept[1]])))
    assert torch.equal(*found)


def test_texts_without_tokens_are_read_as_one_of_padding(bert_config, arguments, tmp_path):
    model = random_model(AmsdffConfig(backbone_config=bert_config))
    split = Dataset.from_dict({"input_ids": [[], []], "attention_mask": [[], []], "labels": [0, 1]})
    kept = cache_states(split, model, arguments, tmp_path)
    batch = StatesCollator(model, None)([kept[0], kept[1]])
    assert batch["backbone_states"].shape == (2, 3, 1, 32)
    assert logits(model, batch).isfinite().all()


def test_states_are_computed_once_for_the_same_backbone_and_texts(bert_config, tokenizer, arguments, tmp_path):
    model = random_model(AmsdffConfig(backbone_config=bert_config))
    calls = []
    model.backbone.register_forward_hook(lambda *_: calls.append(1))
    kept = [cache_states(rows(tokenizer), model, arguments, tmp_path)[2]["backbone_states"]]
    assert len(calls) == 1
    assert [path.name for path in tmp_path.rglob("*.arrow")] == ["states.arrow"]
    # Another head and other labels change nothing of what the backbone says.
    torch.nn.init.zeros_(model.classifier.label_scores.weight)
    again = cache_states(rows(tokenizer, labels=[0] * 5), model, arguments, tmp_path)
    assert len(calls) == 1
    assert again["labels"][:].tolist() == [0] * 5
    assert np.array_equal(again[2]["backbone_states"], kept[0])
    cache_states(rows(tokenizer, ["bad film", *TEXTS[1:]]), model, arguments, tmp_path)
    assert len(calls) == 2
    next(model.backbone.parameters()).data[7] += 1
    cache_states(rows(tokenizer), model, arguments, tmp_path)
    assert len(calls) == 3
    cache_states(rows(tokenizer), model, arguments, tmp_path, use_cache=False)
    assert len(calls) == 4


def test_the_form_of_differential_attention_counts_though_the_weights_are_the_same(
    bert_config, tokenizer, arguments, tmp_path
):
    found, weights = [], None
    for form in ("query_twin", "row_sum"):
        settings = {"fraction": 0.5, "form": form}
        model = random_model(AmsdffConfig(backbone_config=bert_config, differential_attention=settings))
        # Not as they begin, where all forms do what the backbone did before.
        weights = weights or {name: torch.randn_like(one) * 0.3 for name, one in model.state_dict().items()}
        model.load_state_dict(weights)
        found.append(cache_states(rows(tokenizer), model, arguments, tmp_path)[0]["backbone_states"])
    assert len(list(tmp_path.glob("*/states.arrow"))) == 2
    assert not np.array_equal(*found)


def test_the_backbone_may_compute_in_another_precision_than_the_head(bert_config, tokenizer, arguments, tmp_path):
    model = random_model(AmsdffConfig(backbone_config=bert_config))
    formats = []
    model.backbone.encoder.layer[0].output.dense.register_forward_hook(lambda *parts: formats.append(parts[-1].dtype))
    exact, rough, again = (
        cache_states(rows(tokenizer), model, arguments, tmp_path, precision=one)[4]["backbone_states"]
        for one in (None, "bfloat16", "float32")
    )
    assert formats == [torch.float32, torch.bfloat16]
    assert np.array_equal(exact, again)
    assert 0 < np.abs(exact - rough).max() < 0.1
    assert {one.dtype for one in model.parameters()} == {torch.float32}


def test_who_wants_the_same_states_meanwhile_waits_for_them(bert_config, tokenizer, arguments, tmp_path):
    model = random_model(AmsdffConfig(backbone_config=bert_config))
    cache_states(rows(tokenizer), model, arguments, tmp_path)
    (finished,) = tmp_path.glob("*/states.arrow")
    finished.unlink()
    with ThreadPoolExecutor(1) as pool:
        with FileLock(finished.with_suffix(".lock")):
            waiting = pool.submit(cache_states, rows(tokenizer), model, arguments, tmp_path)
            with pytest.raises(TimeoutError):
                waiting.result(timeout=2)
            assert not finished.exists()
        assert len(waiting.result()) == 5
    assert finished.exists()


def test_what_a_killed_process_left_is_cleared_away(bert_config, tokenizer, arguments, tmp_path):
    model = random_model(AmsdffConfig(backbone_config=bert_config))
    cache_states(rows(tokenizer), model, arguments, tmp_path)
    (finished,) = tmp_path.glob("*/states.arrow")
    finished.rename(finished.with_name("tmpkilled"))
    cache_states(rows(tokenizer), model, arguments, tmp_path)
    assert not finished.with_name("tmpkilled").exists()
    assert finished.exists()


def test_the_disk_is_looked_at_before_the_backbone_runs(bert_config, tokenizer, arguments, tmp_path, monkeypatch):
    model = random_model(AmsdffConfig(backbone_config=bert_config))
    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(10**9, 10**9, 1000))
    with pytest.raises(OSError, match="no room on this disk .5 texts: 0 MB in .*--states_folder.*--no_cache_states"):
        cache_states(rows(tokenizer), model, arguments, tmp_path)
    assert not list(tmp_path.rglob("*.arrow"))


def test_the_disk_must_hold_all_splits_before_the_first_one_is_computed(bert_config, tokenizer, tmp_path, monkeypatch):
    model = random_model(AmsdffConfig(backbone_config=bert_config))
    training = TrainingArguments(str(tmp_path / "out"), use_cpu=True, report_to="none", eval_strategy="epoch")
    tokenized = {role: TokenizedSplit(rows(tokenizer), 0.0) for role in ("train", "validation")}
    tokens = sum(map(len, tokenized["train"].dataset["input_ids"]))
    of_one = 2 * tokens * model.config.hidden_size * len(model.config.hidden_levels)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(10**9, 10**9, int(1.5 * of_one)))
    wanted = DataTrainingArguments(train_file="x.csv", states_folder=str(tmp_path))
    with pytest.raises(OSError, match="no room on this disk .10 texts"):
        cache_splits(tokenized, model, training, wanted)
    assert not list(tmp_path.rglob("*.arrow"))
    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(10**9, 10**9, 3 * of_one))
    assert len(cache_splits(tokenized, model, training, wanted)["validation"]) == 5


def test_states_too_large_for_half_precision_are_refused(bert_config, tokenizer, arguments, tmp_path):
    model = random_model(AmsdffConfig(backbone_config=bert_config))
    model.backbone.encoder.layer[-1].output.LayerNorm.weight.data.fill_(1e6)
    with pytest.raises(ValueError, match="too large for half precision.*--no_cache_states"):
        cache_states(rows(tokenizer, WORDS[:2], [0, 1]), model, arguments, tmp_path)
