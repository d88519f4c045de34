# Copyright 2026 The amsdff_hf authors. Licensed under the Apache License, Version 2.0.
"""What the card of a model shall say that a training cannot know."""

import re
from dataclasses import dataclass, field

from .licenses import check_license


# ISO 639, with a region or script after it.
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z]{2,4})?")


@dataclass
class CardArguments:
    """What to write on the card of the model; all of it can be left out."""

    card_name: str | None = field(default=None, metadata={"help": "Name of the model, for people."})
    card_language: str | None = field(
        default=None, metadata={"help": "Languages of the texts, codes such as en, separated by commas."}
    )
    card_license: str | None = field(
        default=None, metadata={"help": "License of the model, by its identifier on the Hub, such as apache-2.0."}
    )
    card_license_name: str | None = field(
        default=None, metadata={"help": "Name of the license, if its identifier is other."}
    )
    card_license_link: str | None = field(default=None, metadata={"help": "Where the text of that license is."})
    card_base_model: str | None = field(
        default=None, metadata={"help": "Name of the backbone on the Hub, if --model_name_or_path is a folder."}
    )
    card_data_name: str | None = field(
        default=None, metadata={"help": "Name of the data, for people; by default that of the data set or file."}
    )
    card_data_license: str | None = field(default=None, metadata={"help": "License of the data."})
    card_data_revision: str | None = field(default=None, metadata={"help": "Commit of the data on the Hub."})
    card_limits: str | None = field(
        default=None, metadata={"help": "What the model is not made for; sentences separated by semicolons."}
    )
    card_examples: bool = field(
        default=True, metadata={"help": "Show a training text of each label, and how many there were."}
    )
    card_baseline: str | None = field(
        default=None, metadata={"help": "Output folder of --architecture plain on the same data, to compare with."}
    )

    def __post_init__(self) -> None:
        for code in filter(None, (self.card_language or "").replace(" ", "").split(",")):
            if not _LANGUAGE.fullmatch(code):
                raise ValueError(
                    f"--card_language: {code!r} is no language code: write en, ar or pt-BR, and the like."
                )
        for option, name in (("card_license", self.card_license_name), ("card_data_license", "that of the data")):
            try:
                check_license(getattr(self, option), name)
            except ValueError as error:
                raise ValueError(f"--{option}: {error}") from None
