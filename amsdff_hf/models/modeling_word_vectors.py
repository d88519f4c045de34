# Copyright 2026 The amsdff_hf authors. Licensed under the Apache License, Version 2.0.
"""Word vectors as a backbone, so that every head also runs without a transformer."""

import torch
from torch import nn
from transformers import PreTrainedModel
from transformers import initialization as init
from transformers.modeling_outputs import BaseModelOutput
from transformers.utils import can_return_tuple

from .configuration_word_vectors import WordVectorsConfig
from .travelling_code import TravelsWithCode


class WordVectorsModel(TravelsWithCode, PreTrainedModel):
    """One trained vector per word, whatever stands around it.

    [`from_text_vectors`] builds it from a file of GloVe, word2vec or fastText, [`from_texts`] from scratch, both with
    its tokenizer.

    Args:
        config ([`WordVectorsConfig`]): sizes of the table.

    Examples:
    ```python
    >>> import torch
    >>> from amsdff_hf import WordVectorsConfig, WordVectorsModel

    >>> model = WordVectorsModel(WordVectorsConfig(vocab_size=10, hidden_size=4))
    >>> model(torch.tensor([[1, 2, 0]])).last_hidden_state.shape
    torch.Size([1, 3, 4])

    ```
    """

    config: WordVectorsConfig
    base_model_prefix = "word_vectors"
    # There is no attention, so that any implementation of it will do.
    _supports_sdpa = True
    _supports_flash_attn = True
    _supports_flex_attn = True
    _supports_attention_backend = True

    def __init__(self, config: WordVectorsConfig):
        super().__init__(config)
        self.word_embeddings = nn.Embedding(config.vocab_size, config.hidden_size, padding_idx=config.pad_token_id)
        self.post_init()

    @torch.no_grad()
    def _init_weights(self, module: nn.Module) -> None:
        if isinstance(module, nn.Embedding):
            init.normal_(module.weight, std=self.config.initializer_range)
            # A slice does not say whether the whole was loaded.
            if module.padding_idx is not None and not getattr(module.weight, "_is_hf_initialized", False):
                init.zeros_(module.weight[module.padding_idx])

    def get_input_embeddings(self) -> nn.Embedding:
        """Return the table of the vectors."""
        return self.word_embeddings

    def set_input_embeddings(self, value: nn.Embedding) -> None:
        """Replace the table of the vectors."""
        self.word_embeddings = value

    @can_return_tuple
    def forward(
        self,
        input_ids: torch.LongTensor | None = None,
        attention_mask: torch.Tensor | None = None,
        inputs_embeds: torch.FloatTensor | None = None,
        output_hidden_states: bool | list[int] | None = None,
        **kwargs,
    ) -> BaseModelOutput:
        """Look the words up.

        Args:
            input_ids: `(batch_size, sequence_length)`; or else `inputs_embeds`.
            attention_mask: accepted and without effect, since no word sees another.
            inputs_embeds: `(batch_size, sequence_length, hidden_size)`, returned as they are.
            output_hidden_states: also return the vectors as the only hidden state.

        Returns:
            Vectors `(batch_size, sequence_length, hidden_size)`.

        Raises:
            ValueError: if not exactly one of `input_ids` and `inputs_embeds` is given.
        """
        if (input_ids is None) == (inputs_embeds is None):
            raise ValueError("You must specify exactly one of `input_ids` and `inputs_embeds`.")
        vectors = self.word_embeddings(input_ids) if inputs_embeds is None else inputs_embeds
        wanted = self.config.output_hidden_states if output_hidden_states is None else output_hidden_states
        return BaseModelOutput(last_hidden_state=vectors, hidden_states=(vectors,) if wanted else None)


__all__ = ["WordVectorsModel"]
