"""A small file in the format of MMSA."""

import pickle
from pathlib import Path

import numpy as np


def mmsa_split(count: int, seed: int = 0) -> dict:
    """Texts with audio (4 steps of 2) and vision (3 steps of 3), of which audio says how many steps are real."""
    generator = np.random.default_rng(seed)
    labels = generator.uniform(-3, 3, count).astype(np.float32)
    audio = generator.normal(size=(count, 4, 2)).astype(np.float32)
    # What is heard says how the text is meant.
    audio[:, :, 0] = labels[:, None]
    return {
        "raw_text": np.array([f"text {row}" for row in range(count)]),
        "id": [f"video${row}" for row in range(count)],
        "text": np.zeros((count, 5, 7), dtype=np.float32),
        "audio": audio,
        "audio_lengths": [1 + row % 4 for row in range(count)],
        "vision": generator.normal(size=(count, 3, 3)).astype(np.float32),
        "regression_labels": labels,
        "annotations": ["Positive"] * count,
    }


def write_mmsa(path: Path, sizes: dict[str, int]) -> None:
    """Write splits of these sizes."""
    splits = {name: mmsa_split(count, seed) for seed, (name, count) in enumerate(sizes.items())}
    path.write_bytes(pickle.dumps(splits))
