"""The order in which a person builds: layer by layer, in steps of a few bricks."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

from brickgpt_engine.bricks import Brick, BrickStructure

MOST_NEW = 12
"""Bricks that a step adds at most, where that does not give more than :data:`MOST_STEPS` steps."""
MOST_STEPS = 200
"""Steps that instructions have at most, so that the file of a large model keeps a sane size."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step.

    Attributes:
        number: counted from 1.
        layer: the layer that it works on, 0 on the ground.
        part: which of the layer's steps it is, counted from 1.
        parts: how many steps the layer takes.
        new: the bricks that it adds, in build order.
        hanging: how many of them rest on nothing and are held only by what a later layer puts on them.
    """

    number: int
    layer: int
    part: int
    parts: int
    new: tuple[Brick, ...]
    hanging: int


def building_steps(
    structure: BrickStructure, *, most_new: int = MOST_NEW, most_steps: int = MOST_STEPS
) -> list[Step]:
    """The steps that build ``structure`` from the ground up; within a layer the build order is kept.

    A layer of more than ``most_new`` bricks is split into steps of nearly equal size.
    """
    layers: dict[int, list[Brick]] = {}
    for brick in structure:
        layers.setdefault(brick.z, []).append(brick)
    most_new = _step_size(list(map(len, layers.values())), most_new, most_steps)
    steps: list[Step] = []
    for layer in sorted(layers):
        chunks = _evenly(layers[layer], most_new)
        for part, chunk in enumerate(chunks, start=1):
            hanging = sum(_hangs(structure, brick) for brick in chunk)
            steps.append(Step(len(steps) + 1, layer, part, len(chunks), tuple(chunk), hanging))
    return steps


def _step_size(counts: Sequence[int], most_new: int, most_steps: int) -> int:
    """The smallest step size from ``most_new`` on that keeps within ``most_steps``."""
    if len(counts) >= most_steps:
        return max(counts)
    while sum(math.ceil(count / most_new) for count in counts) > most_steps:
        most_new = math.ceil(most_new * 1.1)
    return most_new


def _evenly(bricks: Sequence[Brick], most: int) -> list[Sequence[Brick]]:
    parts = math.ceil(len(bricks) / most)
    edges = [round(len(bricks) * part / parts) for part in range(parts + 1)]
    return [bricks[low:high] for low, high in itertools.pairwise(edges)]


def _hangs(structure: BrickStructure, brick: Brick) -> bool:
    x, y, z = brick.slices
    return z > 0 and not (structure.grid[x, y, z - 1] >= 0).any()
