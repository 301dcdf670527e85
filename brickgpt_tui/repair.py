"""Repair: lay the weak regions of a model again without changing its shape."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from brickgpt_engine.bricks import Brick, BrickStructure
from brickgpt_engine.layout import LayoutOptions
from brickgpt_engine.layout.assembly import Assembly
from brickgpt_engine.layout.legolize import RELAY_RANDOMNESS, lay_all
from brickgpt_engine.layout.rebuild import connect
from brickgpt_engine.layout.repair import raster_key, stabilise

if TYPE_CHECKING:
    from brickgpt_engine.physics import StabilityAnalyzer

_OPTIONS = LayoutOptions(randomness=RELAY_RANDOMNESS)
_MAX_REPAIRS = 24


def repaired(structure: BrickStructure, analyzer: StabilityAnalyzer, *, seed: int = 0) -> BrickStructure:
    """The same cells in the same colours, with other bricks where ``analyzer`` finds weak ones.

    Args:
        structure: the model; not changed.
        analyzer: judges layouts.
        seed: source of random choices.

    Returns:
        The steadiest layout that was found, in raster order; ``structure`` itself where it stands.
    """
    if len(structure) == 0 or analyzer.analyze(structure).stable:
        return structure
    cells, rng = structure.occupancy, np.random.default_rng(seed)
    given = Assembly(cells.shape, structure)
    better = stabilise(
        connect(given, _OPTIONS.max_failures, rng),
        analyzer,
        lambda: Assembly(cells.shape, lay_all(cells, _OPTIONS, rng)),
        max_repairs=_MAX_REPAIRS,
        max_failures=_OPTIONS.max_failures,
        rng=rng,
    )
    bricks = sorted(better.bricks.values(), key=raster_key)
    return BrickStructure((_painted(brick, structure) for brick in bricks), structure.world_dim)


def _painted(brick: Brick, before: BrickStructure) -> Brick:
    """``brick`` in the colour that most of its cells had."""
    colours = [before[int(owner)].colour for owner in before.grid[brick.slices].flat]
    return replace(brick, colour=max(set(colours), key=colours.count))
