# Copyright 2026 The amsdff_hf authors. Licensed under the Apache License, Version 2.0.
"""The stock Trainer, but for what it sends to the Hub."""

import dataclasses
from pathlib import Path
from typing import Any

from huggingface_hub import CommitInfo
from transformers import Trainer
from transformers.trainer_utils import HubStrategy
from transformers.utils import logging

from .card_facts import CardFacts
from .card_sources import facts_of_model
from .permissions import PublishingError, check_can_publish
from .publishing import push_to_hub


logger = logging.get_logger(__name__)


class PublishingTrainer(Trainer):
    """A Trainer that publishes model, tokenizer, code and card in one commit, and never a pickle.

    The stock one would upload its own arguments and, with some strategies, the state of the optimizer as pickles.
    All its arguments are those of [`Trainer`]; `hub_strategy` may be `"end"` or `"every_save"`.

    Attributes:
        card ([`CardFacts`], *optional*): what the card shall say; without it, what the model itself tells.
    """

    card: CardFacts | None = None

    def init_hf_repo(self, token: str | None = None, private: bool | None = None) -> None:
        """Check before the training that publishing will be possible after it.

        Raises:
            PublishingError: if it will not.
            ValueError: if `hub_strategy` would publish checkpoints.
        """
        if self.args.hub_strategy in (HubStrategy.CHECKPOINT, HubStrategy.ALL_CHECKPOINTS):
            raise ValueError(
                f"`hub_strategy` {self.args.hub_strategy.value!r} would publish the state of the optimizer, a pickle: "
                "use 'end' or 'every_save'; checkpoints stay in `output_dir`."
            )
        self.push_in_progress = None
        self.hub_model_id = self.args.hub_model_id or Path(self.args.output_dir).absolute().name
        if self.is_world_process_zero():
            self.hub_model_id = check_can_publish(self.hub_model_id, token or self.args.hub_token)

    def save_model(self, output_dir: str | None = None, _internal_call: bool = False) -> None:
        """Save the model in a folder; the stock Trainer would publish it too, without its results."""
        super().save_model(output_dir, _internal_call=True)

    def push_to_hub(
        self,
        commit_message: str | None = "End of training",
        blocking: bool = True,
        token: str | None = None,
        revision: str | None = None,
        private: bool | None = None,
        **card_fields: Any,
    ) -> CommitInfo | None:
        """Publish the model as it is now; see [`push_to_hub`].

        Args:
            commit_message: first line of the commit.
            blocking: must be `True`: the commit is made before this returns.
            token: write token; by default `hub_token` of the arguments.
            revision: branch; by default `hub_revision` of the arguments.
            private: make a new repository private; by default `hub_private_repo` of the arguments.
            card_fields: fields of [`CardFacts`] to set, such as `license`.

        Returns:
            The commit; `None` on all processes but the first.

        Raises:
            PublishingError: if the model cannot be published.
        """
        if not blocking:
            raise ValueError("`blocking=False` is not offered: a commit that fails unseen would be lost work.")
        if self.hub_model_id is None:
            self.init_hf_repo(token=token)
        if not self.is_world_process_zero():
            return None
        model = self.accelerator.unwrap_model(self.model)
        return push_to_hub(
            model,
            self.processing_class,
            self.hub_model_id,
            card=dataclasses.replace(self.card or facts_of_model(model), **card_fields),
            token=token or self.args.hub_token,
            private=self.args.hub_private_repo if private is None else private,
            revision=revision or self.args.hub_revision,
            commit_message=commit_message or "End of training",
        )

    def _push_from_checkpoint(self, checkpoint_folder: str) -> None:
        # Adapters are published when they are merged.
        if self.args.hub_strategy != HubStrategy.EVERY_SAVE or hasattr(self.model, "peft_config"):
            return
        try:
            self.push_to_hub(commit_message=f"Training in progress, step {self.state.global_step}")
        except PublishingError as error:
            logger.warning(f"The training goes on, but step {self.state.global_step} was not published: {error}")
