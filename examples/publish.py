# Copyright 2026 The amsdff_hf authors. Licensed under the Apache License, Version 2.0.
r"""Publish a trained model from its folder: weights, tokenizer, code and card in one commit.

    python examples/publish.py runs/agnews org/amsdff-agnews --private

After an interruption, the same command again sends what is missing.
"""

import argparse
import sys
from pathlib import Path

from transformers import AutoProcessor, AutoTokenizer

from amsdff_hf.hub import CARD_FACTS, CardFacts, PublishingError, push_to_hub
from amsdff_hf.training import ModelArguments, load_trained


def parse_arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description="Publish a trained model from its folder: weights, tokenizer, code and card in one commit.",
        epilog="The card is made from model_card.json in the folder: edit that, not README.md.",
    )
    parser.add_argument("folder", help="output folder of a training")
    parser.add_argument("repo_id", help="user/name, organization/name, or name under your own account")
    parser.add_argument("--private", action="store_true", help="make a new repository private")
    parser.add_argument("--revision", help="branch; made if it does not exist")
    parser.add_argument("--create_pr", action="store_true", help="propose a pull request")
    parser.add_argument("--token", help="write token, if not that of `hf auth login`")
    parser.add_argument("--max_shard_size", default="5GB", help="largest file of weights")
    return parser.parse_args()


def main() -> None:
    """Load everything from the folder, and publish it."""
    arguments = parse_arguments()
    if not Path(arguments.folder, "config.json").exists():
        sys.exit(f"error: {arguments.folder!r} holds no model: there is no config.json in it.")
    reader = AutoProcessor if Path(arguments.folder, "processor_config.json").exists() else AutoTokenizer
    path = Path(arguments.folder, CARD_FACTS)
    try:
        model = load_trained(ModelArguments(arguments.folder))
        if not path.exists():
            print(
                f"There is no {CARD_FACTS} in {arguments.folder}: the card will say only what the model itself tells."
            )
        commit = push_to_hub(
            model,
            reader.from_pretrained(arguments.folder),
            arguments.repo_id,
            card=CardFacts.load(path) if path.exists() else None,
            token=arguments.token,
            private=arguments.private or None,
            revision=arguments.revision,
            create_pr=arguments.create_pr,
            max_shard_size=arguments.max_shard_size,
        )
    except (PublishingError, ValueError, OSError) as error:
        sys.exit(f"error: {error}")
    print(f"Published: {commit.pr_url or commit.commit_url}")


if __name__ == "__main__":
    main()
