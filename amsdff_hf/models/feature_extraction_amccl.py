# Copyright 2026 The amsdff_hf authors. Licensed under the Apache License, Version 2.0.
"""Audio and vision features of any length as one batch: checked, cut, normalized, padded."""

from collections.abc import Sequence
from typing import Any

import torch
from transformers import BatchFeature, FeatureExtractionMixin
from transformers.utils import logging


logger = logging.get_logger(__name__)

MODALITIES = ("audio", "vision")


class AmcclFeatureExtractor(FeatureExtractionMixin):
    """Turns feature sequences of audio and vision into tensors with masks.

    Args:
        audio_size (`int`, *optional*): numbers per time step of audio; `None` for a model without audio.
        vision_size (`int`, *optional*): numbers per time step of vision; `None` for a model without vision.
        max_audio_length (`int`, *optional*): audio is cut after so many steps.
        max_vision_length (`int`, *optional*): vision is cut after so many steps.
        audio_mean, audio_std, vision_mean, vision_std (`list[float]`, *optional*):
            Mean and standard deviation of each feature, by which it is normalized; see [`fit`].
        replace_non_finite (`bool`, *optional*, defaults to `False`):
            Put the mean in the place of NaN and infinities, and say how many there were, instead of refusing them.

    Examples:
    ```python
    >>> import torch
    >>> from amsdff_hf import AmcclFeatureExtractor

    >>> extractor = AmcclFeatureExtractor(audio_size=5)
    >>> batch = extractor(audio=[torch.randn(3, 5), None, torch.randn(2, 5)])
    >>> batch["audio_values"].shape, batch["audio_mask"].tolist()
    (torch.Size([3, 3, 5]), [[1, 1, 1], [0, 0, 0], [1, 1, 0]])

    ```
    """

    model_input_names = ["audio_values", "audio_mask", "vision_values", "vision_mask"]

    def __init__(
        self,
        audio_size: int | None = None,
        vision_size: int | None = None,
        max_audio_length: int | None = None,
        max_vision_length: int | None = None,
        audio_mean: list[float] | None = None,
        audio_std: list[float] | None = None,
        vision_mean: list[float] | None = None,
        vision_std: list[float] | None = None,
        replace_non_finite: bool = False,
        **kwargs: Any,
    ):
        self.audio_size, self.vision_size = audio_size, vision_size
        self.max_audio_length, self.max_vision_length = max_audio_length, max_vision_length
        self.audio_mean, self.audio_std = audio_mean, audio_std
        self.vision_mean, self.vision_std = vision_mean, vision_std
        self.replace_non_finite = replace_non_finite
        for name in MODALITIES:
            size, longest = getattr(self, f"{name}_size"), getattr(self, f"max_{name}_length")
            if longest is not None and longest < 1:
                raise ValueError(f"`max_{name}_length` must be at least 1, got {longest}.")
            for part in ("mean", "std"):
                values = getattr(self, f"{name}_{part}")
                if values is not None and len(values) != size:
                    raise ValueError(f"`{name}_{part}` must hold {size} numbers (`{name}_size`), got {len(values)}.")
                if part == "std" and values is not None and not min(values) > 0:
                    raise ValueError(
                        f"`{name}_std` must hold numbers above 0, got {min(values)}: write 1 to divide by."
                    )
        super().__init__(**kwargs)

    def fit(self, **sequences: Sequence[Any]) -> "AmcclFeatureExtractor":
        """Learn mean and standard deviation of every feature from training data.

        Args:
            sequences: `audio` and `vision`, each a list of `(num_steps, size)` arrays or `None`, before any padding.

        Returns:
            The extractor itself.

        Raises:
            ValueError: if a sequence does not fit, there is none, or no number of a feature is finite.
        """
        for name, rows in sequences.items():
            read = [self._read(row, None, name, index) for index, row in enumerate(rows)]
            if not any(map(len, read)):
                raise ValueError(f"There is no {name} in any text: leave it out.")
            steps = torch.cat(read)
            finite = steps.isfinite()
            counts = finite.sum(dim=0)
            if not counts.all():
                raise ValueError(f"Feature {int((counts == 0).nonzero()[0])} of {name} is never a finite number.")
            mean = torch.where(finite, steps, 0.0).double().sum(dim=0) / counts
            spread = (torch.where(finite, steps - mean, 0.0).square().sum(dim=0) / counts).sqrt()
            setattr(self, f"{name}_mean", mean.tolist())
            # A constant feature becomes zero, whatever it is divided by.
            setattr(self, f"{name}_std", torch.where(spread > 0, spread, 1.0).tolist())
        return self

    def __call__(
        self,
        audio: Sequence[Any] | None = None,
        vision: Sequence[Any] | None = None,
        audio_lengths: Sequence[int] | None = None,
        vision_lengths: Sequence[int] | None = None,
    ) -> BatchFeature:
        """Make tensors of sequences.

        Args:
            audio: for each text an array `(num_steps, audio_size)`; `None`, or no step, where audio is missing.
            vision: for each text an array `(num_steps, vision_size)`; `None`, or no step, where vision is missing.
            audio_lengths: how many steps of each array are real, where the arrays are padded behind them.
            vision_lengths: the same for vision.

        Returns:
            `audio_values` `(batch_size, num_steps, audio_size)` and `audio_mask` `(batch_size, num_steps)`, and the
            same for vision, as far as they were given.

        Raises:
            ValueError: if an array has another width or fewer steps than its length says, or holds numbers that are
                not finite.
        """
        given = {"audio": (audio, audio_lengths), "vision": (vision, vision_lengths)}
        batch: dict[str, torch.Tensor] = {}
        for name, (rows, lengths) in given.items():
            if rows is not None:
                batch |= self._batch(name, rows, lengths)
        return BatchFeature(batch)

    def _batch(self, name: str, rows: Sequence[Any], lengths: Sequence[int] | None) -> dict[str, torch.Tensor]:
        if lengths is not None and len(lengths) != len(rows):
            raise ValueError(f"`{name}_lengths` must hold one number per text, {len(rows)}, but holds {len(lengths)}.")
        lengths = [None] * len(rows) if lengths is None else lengths
        size, longest = getattr(self, f"{name}_size"), getattr(self, f"max_{name}_length")
        read = [
            self._read(row, length, name, index)[:longest]
            for index, (row, length) in enumerate(zip(rows, lengths, strict=True))
        ]
        num_steps = max([1, *map(len, read)])
        values = torch.zeros(len(read), num_steps, size)
        mask = torch.zeros(len(read), num_steps, dtype=torch.long)
        for index, sequence in enumerate(read):
            values[index, : len(sequence)], mask[index, : len(sequence)] = sequence, 1
        return {f"{name}_values": self._normalize(name, values, mask), f"{name}_mask": mask}

    def _read(self, row: Any, length: int | None, name: str, index: int) -> torch.Tensor:
        size = getattr(self, f"{name}_size")
        if size is None:
            raise ValueError(f"Got {name}, but `{name}_size` is not set: set it, or leave {name} out.")
        if row is None or len(row) == 0:
            return torch.zeros(0, size)
        sequence = torch.as_tensor(row).float()
        if sequence.dim() != 2 or sequence.shape[1] != size:
            raise ValueError(
                f"The {name} of text {index + 1} must be an array (num_steps, {size}), got the shape "
                f"{tuple(sequence.shape)}: one vector is a sequence of length 1, `array[None]`."
            )
        if length is not None and not 0 <= length <= len(sequence):
            raise ValueError(
                f"`{name}_lengths` says {length} for text {index + 1}, but its array has {len(sequence)} steps: the "
                "length counts real steps, which stand first."
            )
        return sequence if length is None else sequence[: int(length)]

    def _normalize(self, name: str, values: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        is_wrong = ~values.isfinite()
        if is_wrong.any() and not self.replace_non_finite:
            texts = (is_wrong.flatten(1).any(dim=1).nonzero().flatten() + 1).tolist()
            raise ValueError(
                f"The {name} features hold {int(is_wrong.sum())} numbers that are NaN or infinite, in the texts "
                f"{texts[:10]}: correct them, or set `replace_non_finite=True` to put the mean there."
            )
        mean, std = getattr(self, f"{name}_mean"), getattr(self, f"{name}_std")
        mean = torch.zeros(values.shape[-1]) if mean is None else torch.tensor(mean)
        std = torch.ones(values.shape[-1]) if std is None else torch.tensor(std)
        if is_wrong.any():
            logger.warning(f"Replaced {int(is_wrong.sum())} numbers of {name} that were NaN or infinite by the mean.")
            values = torch.where(is_wrong, mean, values)
        return (values - mean) / std * mask.unsqueeze(-1)


__all__ = ["AmcclFeatureExtractor"]
