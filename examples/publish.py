# Copyright 2026 The amsdff_hf authors. Licensed under the Apache License, Version 2.0.
r"""Publish a trained model from its folder: weights, tokenizer, code and card in one commit.

    python examples/publish.py runs/agnews org/amsdff-agnews --private

After an interruption, the same command again sends what is missing.
"""

import argparse
import sys
from pathlib import Path

from transformers import AutoModelForSequenceClassification, AutoProcessor, AutoTokenizer

import amsdff_hf  # noqa: F401  makes transformers know its architectures
from amsdff_hf.hub import CARD_FACTS, CardFacts, PublishingError, push_to_hub


def parse_arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folder", help="output folder of a training")
    parser.add_argument("repo_id", help="user/name or organization/name")
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
        model = AutoModelForSequenceClassification.from_pretrained(arguments.folder)
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
