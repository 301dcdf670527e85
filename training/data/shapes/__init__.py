"""Families of parametric shapes.

A new family is one module and one line in the table below; what words of size mean for it goes into
:mod:`brickgpt_engine.statements.proportions`, and how its parts are told into ``statements/readings``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from training.data.shapes import (
    airplane,
    animal,
    basket,
    bed,
    bench,
    birdhouse,
    bookshelf,
    bottle,
    bowl,
    bridge,
    bus,
    camera,
    car,
    castle,
    chair,
    guitar,
    heart,
    house,
    jar,
    letter,
    mug,
    piano,
    pot,
    robot,
    rocket,
    sofa,
    table,
    tower,
    train,
    tree,
    vessel,
)
from training.data.shapes.base import Shape

__all__ = ["FAMILIES", "FIRST_FAMILIES", "Shape", "sample_shape"]

_MODULES = {
    "airplane": airplane,
    "animal": animal,
    "basket": basket,
    "bed": bed,
    "bench": bench,
    "birdhouse": birdhouse,
    "bookshelf": bookshelf,
    "bottle": bottle,
    "bowl": bowl,
    "bridge": bridge,
    "bus": bus,
    "camera": camera,
    "car": car,
    "castle": castle,
    "chair": chair,
    "guitar": guitar,
    "heart": heart,
    "house": house,
    "jar": jar,
    "letter": letter,
    "mug": mug,
    "piano": piano,
    "pot": pot,
    "robot": robot,
    "rocket": rocket,
    "sofa": sofa,
    "table": table,
    "tower": tower,
    "train": train,
    "tree": tree,
    "vessel": vessel,
}

FAMILIES: dict[str, Callable[[np.random.Generator], Shape]] = {
    name: module.sample for name, module in _MODULES.items()
}
"""The sampler of every family, by category."""

FIRST_FAMILIES = ("bed", "bench", "bookshelf", "car", "chair", "sofa", "table", "tower")
"""What the embedded model of version 0.1 was trained on."""


def sample_shape(
    rng: np.random.Generator, category: str | None = None, families: Sequence[str] | None = None
) -> Shape:
    """A shape of the given category, or of one drawn evenly from ``families`` (default: all).

    Raises:
        KeyError: there is no such category.
    """
    if category is None:
        names = sorted(families or FAMILIES)
        category = names[int(rng.integers(len(names)))]
    return FAMILIES[category](rng)
