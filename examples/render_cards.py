# Copyright 2026 The amsdff_hf authors. Licensed under the Apache License, Version 2.0.
"""Write the cards of a folder anew: `NAME.md` from the facts in `NAME.json`, for every one (`make cards`)."""

import argparse
import sys
from pathlib import Path

from huggingface_hub.errors import StrictDataclassError

from amsdff_hf.hub import CardFacts, render_card


def main() -> None:
    """Render all cards."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, default=Path("model_cards"))
    parser.add_argument("--owner", default="org", help="user or organization under which the models are loaded")
    arguments = parser.parse_args()
    paths = sorted(arguments.folder.glob("*.json"))
    if not paths:
        sys.exit(f"error: {str(arguments.folder)!r} holds no facts of any card (NAME.json).")
    for path in paths:
        try:
            card = render_card(CardFacts.load(path), f"{arguments.owner}/{path.stem}")
        except (ValueError, StrictDataclassError) as error:
            sys.exit(f"error: {path}: {error}")
        path.with_suffix(".md").write_text(card, encoding="utf-8")
        print(path.with_suffix(".md"))


if __name__ == "__main__":
    main()
