"""Stability repair: lay again what the physics says would fail, and keep what got better."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from brickgpt_engine.bricks import Brick, BrickStructure
from brickgpt_engine.layout.assembly import Assembly
from brickgpt_engine.layout.rebuild import MAX_RING, connect, rebuilt

if TYPE_CHECKING:
    from brickgpt_engine.physics import StabilityAnalyzer

VARIETY = 0.7
"""How far chance may override size when a weak region is rebuilt, 0 … 1."""

Relay = Callable[[], Assembly]
"""Lays the whole shape again, a little differently each time."""


class Trial:
    """A layout with the verdict on it.

    Args:
        assembly: the layout.
        analyzer: judges it.

    Attributes:
        badness: number of failing bricks, then the sum of all stresses; lower is better.
        numbers: brick numbers in the order of the analysed structure.
        stress: stress of each of them, 0 … 1.
        stable: the analyzer's verdict.
    """

    def __init__(self, assembly: Assembly, analyzer: StabilityAnalyzer) -> None:
        self.assembly = assembly
        ordered = sorted(assembly.bricks.items(), key=lambda item: raster_key(item[1]))
        self.numbers = [number for number, _ in ordered]
        side = max(assembly.owner.shape)
        report = analyzer.analyze(BrickStructure((brick for _, brick in ordered), side))
        self.stress = np.asarray(report.stress, dtype=float)
        self.stable = bool(report.stable)
        self.badness = (int((self.stress >= 1).sum()), float(self.stress.sum()))


def raster_key(brick: Brick) -> tuple[int, int, int]:
    """Sort key of raster order: layer, then x, then y."""
    return brick.z, brick.x, brick.y


def stabilise(
    assembly: Assembly,
    analyzer: StabilityAnalyzer,
    relay: Relay,
    *,
    max_repairs: int,
    max_failures: int,
    rng: np.random.Generator,
) -> Assembly:
    """Rebuild weak regions until the analyzer calls the layout stable or the attempts are used up.

    Attempts alternate between rebuilding around a failing brick, with rings that grow by one contact
    every four attempts, and laying the whole shape again.

    Args:
        assembly: the layout; not changed.
        analyzer: judges layouts.
        relay: makes another layout of the same cells.
        max_repairs: number of attempts, each with one analysis.
        max_failures: as for :func:`connect`, which follows each rebuild.
        rng: source of random choices.

    Returns:
        The layout with the fewest failing bricks, then the least stress, that was seen.
    """
    best = Trial(assembly, analyzer)
    for attempt in range(max_repairs):
        if best.stable:
            break
        candidate = relay() if attempt % 2 else _rebuilt_around_weakest(best, 1 + attempt // 4, rng)
        trial = Trial(connect(candidate, max_failures, rng), analyzer)
        if trial.badness < best.badness:
            best = trial
    return best.assembly


def _rebuilt_around_weakest(trial: Trial, steps: int, rng: np.random.Generator) -> Assembly:
    assembly = trial.assembly
    failing = np.flatnonzero(trial.stress >= 1)
    index = int(rng.choice(failing)) if len(failing) else int(trial.stress.argmax())
    contacts = np.concatenate([assembly.stud_pairs(), assembly.side_pairs()])
    ring = assembly.ring(trial.numbers[index], steps, contacts, MAX_RING)
    return rebuilt(assembly, ring, rng, variety=VARIETY)
