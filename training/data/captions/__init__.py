"""Captions: what is true of a shape, in varied words and lengths."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from brickgpt_engine.statements.proportions import PROPORTIONS
from training.data.captions import furniture, kitchen, outdoors, rooms, signs, things, toys, travel
from training.data.captions.grammar import Speaker
from training.data.captions.measures import size_phrases
from training.data.captions.wording import Facts, Wording
from training.data.shapes.base import Shape

__all__ = ["CAPTIONS_PER_SHAPE", "WORDINGS", "captions_for"]

CAPTIONS_PER_SHAPE = 5
"""As many as StableText2Brick has for every structure."""
CASUAL_SHARE = 0.35
"""Share of captions in the casual register."""

WORDINGS: dict[str, Callable[[Facts], Wording]] = {
    "airplane": toys.airplane,
    "animal": toys.animal,
    "basket": things.basket,
    "bed": rooms.bed,
    "bench": furniture.bench,
    "birdhouse": things.birdhouse,
    "bookshelf": rooms.bookshelf,
    "bottle": things.bottle,
    "bowl": things.bowl,
    "bridge": toys.bridge,
    "bus": things.bus,
    "camera": things.camera,
    "car": rooms.car,
    "castle": outdoors.castle,
    "chair": furniture.chair,
    "guitar": things.guitar,
    "heart": toys.heart,
    "house": outdoors.house,
    "jar": kitchen.jar,
    "letter": signs.letter,
    "mug": kitchen.mug,
    "piano": travel.piano,
    "pot": kitchen.pot,
    "robot": toys.robot,
    "rocket": outdoors.rocket,
    "sofa": furniture.sofa,
    "table": furniture.table,
    "tower": rooms.tower,
    "train": travel.train,
    "tree": outdoors.tree,
    "vessel": travel.vessel,
}
"""What can be said about a shape of each category."""


def captions_for(shape: Shape, rng: np.random.Generator) -> list[str]:
    """Five captions from terse to detailed, each true of the shape; deterministic in ``rng``.

    Raises:
        KeyError: the category has no wording.
    """
    sizes = size_phrases(PROPORTIONS[shape.category], shape.voxels)
    speaker = Speaker(WORDINGS[shape.category](shape.facts), rng, sizes)
    plain = [speaker.terse(), speaker.short(), speaker.medium(), speaker.long(), speaker.detailed()]
    captions = [speaker.spelled(text) for text in plain]
    return [speaker.casual(text) if speaker.chance(CASUAL_SHARE) else text for text in captions]
