"""Publish a tiny model of every architecture to the Hub of the environment; prints the logits as JSON."""

import json
import tempfile
from pathlib import Path

import torch

from amsdff_hf import (
    AmcclFeatureExtractor,
    AmcclProcessor,
    CnnBilstmConfig,
    WordVectorsConfig,
    push_to_hub,
)
from amsdff_hf.data import number_texts
from amsdff_hf.hub import CardFacts, LabelFacts, MetricFacts, facts_of_model
from amsdff_hf.models import ARCHITECTURES
from tests.conftest import BACKBONE_CONFIGS, SIZES, make_tokenizer, random_model


IDS = torch.tensor([[2, 5, 6, 7, 3]])


def configs() -> dict:
    """One configuration for each architecture, and one on word vectors."""
    made = {
        config_class.model_type: config_class(backbone_config=BACKBONE_CONFIGS["bert"](), labels=["bad", "good"])
        for config_class, _, _ in ARCHITECTURES
    }
    words = WordVectorsConfig(vocab_size=SIZES["vocab_size"], hidden_size=16)
    pairs = CnnBilstmConfig(backbone_config=words, labels=["bad", "good"], text_pairs=True)
    return made | {"words": CnnBilstmConfig(backbone_config=words, labels=["bad", "good"]), "pairs": pairs}


def main() -> None:
    """Publish all, each with what its users would send along."""
    printed = {}
    for name, config in configs().items():
        model, tokenizer = random_model(config), make_tokenizer()
        # Logits of a size for which float32 has digits below 1e-6.
        model.classifier.label_scores.weight.data /= 8
        if name == "pairs":
            tokenizer = number_texts(tokenizer)
        if name == "amccl":
            tokenizer = AmcclProcessor(AmcclFeatureExtractor(audio_size=5, vision_size=7), tokenizer)
        facts: CardFacts = facts_of_model(model)
        facts.license, facts.language = "apache-2.0", ["en"]
        facts.labels = [LabelFacts("bad", 3, "bad | film"), LabelFacts("good", 4, "a good film")]
        facts.metrics = {"accuracy": MetricFacts(0.75)}
        options = {"max_shard_size": "20KB"} if name == "amsdff" else {}
        commit = push_to_hub(model, tokenizer, f"org/{name}", card=facts, **options)
        # A model of pairs refuses a text alone.
        types = {"token_type_ids": torch.tensor([[0, 0, 1, 1, 1]])} if name == "pairs" else {}
        with torch.no_grad():
            printed[name] = {"logits": model(IDS, **types).logits.tolist(), "commit": commit.oid}
        with tempfile.TemporaryDirectory() as folder:
            model.save_pretrained(folder)
            # Only what is published carries code.
            assert "auto_map" not in json.loads(Path(folder, "config.json").read_text())
    print(json.dumps(printed))


if __name__ == "__main__":
    main()
