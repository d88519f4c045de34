# Copyright 2026 The amsdff_hf authors. Licensed under the Apache License, Version 2.0.
"""The head of AMCCL: a branch for each modality, adaptive multi-scale convolution over them, skip connections.

The layers follow the published network (github.com/kaka-yjk/amccl) with its defects mended: audio and vision are read
up to their own ends, a batch of one works, modalities may be missing, and LayerNorm takes the place of a BatchNorm.
Two linear maps in a row without anything in between are one map here.
"""

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import nn

from .adaptive_convolution import AdaptiveConvolution
from .configuration_amccl import AmcclConfig
from .input_checks import check_features
from .masking import real_tokens, uniform_weights
from .modality_branches import SequenceBranch, TextBranch


class AmcclFeatures(NamedTuple):
    """What the trunk computes; the fields are those of [`AmcclModelOutput`]."""

    last_hidden_state: torch.Tensor
    pooler_output: torch.Tensor
    modality_vectors: torch.Tensor
    modality_mask: torch.Tensor
    token_weights: torch.Tensor | None
    kernel_weights: torch.Tensor | None


class AmcclTrunk(nn.Module):
    """From the token vectors of a text and the features of other modalities to one vector."""

    def __init__(self, config: AmcclConfig):
        super().__init__()
        self.text = TextBranch(config)
        heads = {"audio": config.num_audio_heads, "vision": config.num_vision_heads}
        self.others = nn.ModuleDict(
            {name: SequenceBranch(size, heads[name], config) for name, size in config.modality_sizes.items()}
        )
        kernels = tuple(config.view_kernel_sizes)
        self.fusion = AdaptiveConvolution(config.fusion_size, kernels, config.squeeze_reduction)

    def forward(
        self,
        hidden_states: torch.Tensor,
        attention_mask: torch.Tensor | None = None,
        explain: bool = False,
        **features: torch.Tensor | None,
    ) -> AmcclFeatures:
        """Read texts together with what was heard and seen.

        Args:
            hidden_states: `(batch_size, sequence_length, hidden_size)`.
            attention_mask: `(batch_size, sequence_length)`, zero at padding; a row of zeros where a text is missing.
            explain: also return the weights of tokens and kernels.
            features: `audio_values`, `audio_mask`, `vision_values` and `vision_mask`; see [`SequenceBranch`].

        Raises:
            ValueError: if features do not fit the model, or are not finite.
        """
        self._check(features, hidden_states.shape[0])
        everywhere = torch.ones(hidden_states.shape[0], dtype=torch.bool, device=hidden_states.device)
        present = everywhere if attention_mask is None else (attention_mask != 0).any(dim=1)
        hidden_states, mask = real_tokens(hidden_states, attention_mask)
        read = [self.text(hidden_states, mask, present)]
        for name, branch in self.others.items():
            read.append(branch(features.get(f"{name}_values"), features.get(f"{name}_mask"), hidden_states))
        vectors = torch.stack([modality.vector for modality in read], dim=1)
        fused, kernel_weights = self.fusion(vectors)
        return AmcclFeatures(
            last_hidden_state=hidden_states,
            pooler_output=torch.cat([fused, *(modality.skip for modality in read)], dim=-1),
            modality_vectors=vectors,
            modality_mask=torch.stack([modality.present for modality in read], dim=1).long(),
            token_weights=self._token_weights(mask, hidden_states.dtype) if explain else None,
            kernel_weights=kernel_weights if explain else None,
        )

    def _token_weights(self, mask: torch.Tensor, dtype: torch.dtype) -> torch.Tensor:
        """Mean of the shares in the vector of the text and in its skip vector."""
        uniform, chosen = uniform_weights(mask, dtype), self.text.weights(mask)
        return uniform if chosen is None else (uniform + chosen) / 2

    def _check(self, features: dict[str, torch.Tensor | None], batch_size: int) -> None:
        for name in ("audio", "vision"):
            values, mask = features.get(f"{name}_values"), features.get(f"{name}_mask")
            size = self.others[name].size if name in self.others else None
            check_features(name, values, mask, batch_size, size)


class AmcclClassificationHead(nn.Module):
    """The whole head, all that is trained from scratch: trunk, a hidden layer and the last projection."""

    def __init__(self, config: AmcclConfig):
        super().__init__()
        self.trunk = AmcclTrunk(config)
        self.dropout = nn.Dropout(config.fusion_dropout)
        self.post_fusion_map = nn.Linear(config.pooled_size, 2 * config.post_fusion_size)
        self.norm = nn.LayerNorm(2 * config.post_fusion_size)
        self.label_scores = nn.Linear(2 * config.post_fusion_size, config.num_labels)

    def forward(
        self,
        hidden_states: torch.Tensor,
        attention_mask: torch.Tensor | None = None,
        explain: bool = False,
        **features: torch.Tensor | None,
    ) -> tuple[torch.Tensor, AmcclFeatures]:
        """Return the logits `(batch_size, num_labels)` and the features they come from."""
        read = self.trunk(hidden_states, attention_mask, explain, **features)
        inner = self.norm(F.relu(self.post_fusion_map(self.dropout(read.pooler_output))))
        return self.label_scores(inner), read


__all__ = ["AmcclClassificationHead", "AmcclFeatures", "AmcclTrunk"]
