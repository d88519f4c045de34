"""Everything that can be asked of `push_to_hub`, one case after the other; prints what came of each as JSON."""

import json
import os
import sys
import tempfile

import torch
from huggingface_hub import HfApi
from peft import LoraConfig, get_peft_model
from transformers import AutoModel, AutoModelForSequenceClassification, Trainer, TrainingArguments

from amsdff_hf import AmsdffConfig, AmsdffForSequenceClassification, push_to_hub
from amsdff_hf.hub import CardFacts, PublishingError, PublishingTrainer, facts_of_model
from tests.conftest import BACKBONE_CONFIGS, make_tokenizer


def make_model() -> AmsdffForSequenceClassification:
    """A tiny classifier."""
    torch.manual_seed(0)
    return AmsdffForSequenceClassification(AmsdffConfig(backbone_config=BACKBONE_CONFIGS["bert"](), labels=["a", "b"]))


def refusal(repo_id: str, **options) -> str:
    """The sentence of a refused publication."""
    options = {"model": make_model(), "tokenizer": make_tokenizer(), **options}
    try:
        push_to_hub(repo_id=repo_id, **options)
    except PublishingError as error:
        return str(error)
    return "no error"


def make_trainer(trainer_class: type[Trainer], folder: str, **options) -> Trainer:
    """A Trainer with two steps to do and a checkpoint after each."""
    arguments = TrainingArguments(
        output_dir=folder, max_steps=2, save_steps=1, per_device_train_batch_size=2, use_cpu=True, **options
    )
    rows = [{"input_ids": [2, 5, 6, 3], "attention_mask": [1] * 4, "labels": row % 2} for row in range(4)]
    return trainer_class(model=make_model(), args=arguments, train_dataset=rows, processing_class=make_tokenizer())


def refusals() -> dict[str, str]:
    """What must not be published, and why."""
    found = {
        "bad name": refusal("org/../evil"),
        "bad characters": refusal("org/a b"),
        "somebody else": refusal("stranger/model"),
        "wrong token": refusal("org/model", token="hf_wrong"),
    }
    card = CardFacts()
    # Behind the back of our own checks.
    vars(card)["license"] = {"name": "mine"}
    found["card"] = refusal("org/refused", card=card)
    token = os.environ.pop("HF_TOKEN")
    found["no token"] = refusal("org/model")
    os.environ["HF_TOKEN"] = token
    hybrid = AutoModelForSequenceClassification.from_config(BACKBONE_CONFIGS["bert"]())
    hybrid.config.differential_attention = {"fraction": 0.5}
    found["hybrid"] = refusal("org/hybrid", model=hybrid)
    found["features"] = refusal("org/features", model=AutoModel.from_config(BACKBONE_CONFIGS["bert"]()))
    adapted = get_peft_model(make_model(), LoraConfig(task_type="SEQ_CLS", target_modules=["query"]))
    found["adapters"] = refusal("org/adapters", model=adapted)
    found["no tokenizer"] = refusal("org/model", tokenizer=None)
    return found


def publications() -> dict[str, object]:
    """What shall be published, in all ways."""
    model, tokenizer, found = make_model(), make_tokenizer(), {}
    found["private"] = push_to_hub(model, tokenizer, "org/private", private=True).oid
    found["branch"] = push_to_hub(model, tokenizer, "org/branch", revision="tried").oid
    push_to_hub(model, tokenizer, "org/shards", max_shard_size="20KB")
    push_to_hub(model, tokenizer, "org/shards")
    found["request"] = push_to_hub(model, tokenizer, "org/shards", create_pr=True, card=CardFacts(name="new")).pr_url
    model.push_to_hub("org/plain-push")
    push_to_hub(model, tokenizer, "own-name")
    found["to a stranger"] = push_to_hub(model, tokenizer, "stranger/theirs", create_pr=True).pr_url
    push_to_hub(model, tokenizer, "org/kept")
    HfApi().upload_file(path_or_fileobj=b"#", path_in_repo="handler.py", repo_id="org/kept")
    push_to_hub(model, tokenizer, "org/kept", card=CardFacts(name="new"))
    found["public already"] = refusal("org/kept", private=True)
    found["branch of a stranger"] = refusal("stranger/theirs", create_pr=True, revision="x")
    with tempfile.TemporaryDirectory() as folder:
        trainer = make_trainer(PublishingTrainer, folder, push_to_hub=True, hub_model_id="org/trainer")
        trainer.train()
        found["trainer"] = trainer.push_to_hub(license="mit").oid
        try:
            make_trainer(PublishingTrainer, folder, push_to_hub=True, hub_strategy="checkpoint")
        except ValueError as error:
            found["checkpoints"] = str(error)
    return found


def interrupted() -> list[str]:
    """A publication that the server breaks off twice, and the same again."""
    return [refusal("org/interrupted", card=facts_of_model(make_model())) for _ in range(3)]


def down() -> list[str]:
    """A training of which no save can be published."""
    with tempfile.TemporaryDirectory() as folder:
        make_trainer(PublishingTrainer, folder, push_to_hub=True, hub_model_id="org/down").train()
        return sorted(os.listdir(folder))


if __name__ == "__main__":
    cases = {"refusals": refusals, "publications": publications, "interrupted": interrupted, "down": down}
    print(json.dumps({name: cases[name]() for name in sys.argv[1:]}))
