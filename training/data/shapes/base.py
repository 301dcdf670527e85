"""What every family of shapes shares: the shape itself, its dice, and a few carpenter's tools.

A family builds in a 20x20x20 grid of cells indexed (x, y, z), z up, then
:func:`finish` moves what it built to the middle of the plan and down to the ground.
Boxes are half open, as Python ranges are: ``box(v, 0, 4, 0, 1, 0, 2)`` is 4x1x2 cells.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np

from brickgpt_engine.statements.proportions import PROPORTIONS
from brickgpt_engine.statements.spans import Value, Voxels, extent, proportion_words

SIDE = 20
"""Side of the grid in cells."""

Choice = TypeVar("Choice", int, str)


@dataclass(frozen=True)
class Shape:
    """One sampled object.

    Attributes:
        category: family name, for example ``chair``.
        style: the kind within the family, for example ``rocking chair``.
        voxels: filled cells, shape (20, 20, 20), indexed (x, y, z); z is up.
        params: everything that was drawn; equal parameters give equal voxels.
        facts: statements that hold for the voxels and that captions may use.
    """

    category: str
    style: str
    voxels: Voxels
    params: dict[str, Value]
    facts: dict[str, Value]


@dataclass
class Dice:
    """Draws numbers by name and remembers them as the parameters of the shape."""

    rng: np.random.Generator
    params: dict[str, Value] = field(default_factory=dict)

    def integer(self, name: str, low: int, high: int) -> int:
        """A whole number from ``low`` to ``high``, both included."""
        value = int(self.rng.integers(low, max(low, high) + 1))
        self.params[name] = value
        return value

    def even(self, name: str, low: int, high: int) -> int:
        """A whole number from ``low`` to ``high`` in steps of two."""
        value = low + 2 * int(self.rng.integers(0, (max(low, high) - low) // 2 + 1))
        self.params[name] = value
        return value

    def choice(self, name: str, options: Mapping[Choice, float]) -> Choice:
        """One key of ``options``, with probability proportional to its value."""
        keys = list(options)
        weights = np.array([options[key] for key in keys], dtype=float)
        value = keys[int(self.rng.choice(len(keys), p=weights / weights.sum()))]
        self.params[name] = value
        return value

    def flag(self, name: str, probability: float) -> bool:
        """True with the given probability."""
        value = bool(self.rng.random() < probability)
        self.params[name] = value
        return value


def empty() -> Voxels:
    """An empty grid."""
    return np.zeros((SIDE, SIDE, SIDE), dtype=np.bool_)


def box(voxels: Voxels, x0: int, x1: int, y0: int, y1: int, z0: int, z1: int, value: bool = True) -> None:
    """Fill (or, with ``value`` False, clear) the half-open box.

    Raises:
        ValueError: the box reaches outside the grid.
    """
    if min(x0, y0, z0) < 0 or max(x1, y1, z1) > SIDE:
        raise ValueError(f"box {x0}:{x1}, {y0}:{y1}, {z0}:{z1} reaches outside the {SIDE}-cell grid")
    voxels[x0:x1, y0:y1, z0:z1] = value


def corners(
    voxels: Voxels, width: int, depth: int, thick_x: int, thick_y: int, z0: int, z1: int, inset: int = 0
) -> None:
    """Four posts of ``thick_x`` x ``thick_y`` cells at the corners of a ``width`` x ``depth`` plan."""
    for x in (inset, width - thick_x - inset):
        for y in (inset, depth - thick_y - inset):
            box(voxels, x, x + thick_x, y, y + thick_y, z0, z1)


def ring(voxels: Voxels, x0: int, x1: int, y0: int, y1: int, z0: int, z1: int, thickness: int = 1) -> None:
    """Walls of ``thickness`` cells around a box, open above and below."""
    box(voxels, x0, x1, y0, y1, z0, z1)
    if x1 - x0 > 2 * thickness and y1 - y0 > 2 * thickness:
        t = thickness
        box(voxels, x0 + t, x1 - t, y0 + t, y1 - t, z0, z1, value=False)


def centred(voxels: Voxels) -> Voxels:
    """The same cells in the middle of the plan (rounded down) and on the ground."""
    filled = np.nonzero(voxels)
    result = empty()
    size = extent(voxels)
    goal = ((SIDE - size[0]) // 2, (SIDE - size[1]) // 2, 0)
    moved = tuple(axis - axis.min() + g for axis, g in zip(filled, goal, strict=True))
    result[moved] = True
    return result


def finish(
    category: str,
    style: str,
    voxels: Voxels,
    dice: Dice,
    facts: Mapping[str, Value],
) -> Shape:
    """Centre the voxels, add the facts about size, and freeze the result."""
    placed = centred(voxels)
    stated = dict(facts) | proportion_words(PROPORTIONS[category], placed)
    placed.setflags(write=False)
    return Shape(category, style, placed, dict(dice.params), stated)
