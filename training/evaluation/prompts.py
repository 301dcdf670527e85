"""The questions: captions of shapes that no training structure has."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from brickgpt_engine.decoding.loader import embedded_folder
from brickgpt_engine.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Prompt:
    """One question.

    Attributes:
        index: its number in the evaluation, from 0.
        text: the caption.
        category: what it describes.
        bricks: the held-out structure that it was written for, as brick text.
    """

    index: int
    text: str
    category: str
    bricks: str


def held_out_prompts(
    count: int, *, data: Path | None, seed: int, families: Sequence[str] | None = None
) -> list[Prompt]:
    """``count`` captions of test-split shapes, one a shape.

    They come from the test split of folder ``data``, or, where that is None, are sampled
    anew: the split depends on the shape alone, so they are held out either way. The first
    prompts are the same whatever ``count`` is.

    Args:
        count: how many.
        data: data set folder.
        seed: chooses the structures and their captions.
        families: categories to ask for; all where None.

    Raises:
        InputError: ``data`` holds no test split.
        ConfigError: ``data`` holds fewer structures of these families.
    """
    rng = np.random.default_rng([seed, 71])
    if data is None:
        return _sampled(count, seed, rng, families)
    from training.samples import read_columns

    rows = read_columns(data, "test", ["captions", "category_id", "bricks"])
    if families is not None:
        rows = [row for row in rows if row["category_id"] in families]
    if len(rows) < count:
        raise ConfigError(
            f"{data} holds {len(rows)} held-out structures that the model should know; "
            f"--prompts can be at most that, not {count}"
        )
    chosen = [rows[index] for index in rng.permutation(len(rows))[:count]]
    return [
        Prompt(number, str(rng.choice(row["captions"])), row["category_id"], row["bricks"])
        for number, row in enumerate(chosen)
    ]


def _sampled(count: int, seed: int, rng: np.random.Generator, families: Sequence[str] | None) -> list[Prompt]:
    from training.data.build import ShardStats, samples

    stream = samples(seed + 1_000_003, 0, "test", ShardStats(), families)
    prompts = []
    for number, sample in zip(range(count), stream, strict=False):
        prompts.append(Prompt(number, str(rng.choice(sample.captions)), sample.category_id, sample.bricks))
    return prompts


def families_of(model: str) -> list[str] | None:
    """The shape families that a model folder says it was trained on; None where it says nothing."""
    folder = embedded_folder() if model == "nano" else Path(model)
    marker = folder / "brickgpt.json"
    if not marker.is_file():
        return None
    families = json.loads(marker.read_text(encoding="utf-8")).get("families")
    return [str(name) for name in families] if families else None
