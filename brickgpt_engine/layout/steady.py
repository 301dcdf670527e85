"""Filled cells to bricks that stand: where no layout holds, cells are added under what would fall.

A seat that is one layer thick cannot hang together whatever its bricks are, since bricks only hold
on to layers above and below. A second layer under the weak place, overlapping its surroundings, ties it in.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from brickgpt_engine.bricks import Brick, BrickStructure
from brickgpt_engine.layout.legolize import legolize
from brickgpt_engine.layout.options import LayoutOptions
from brickgpt_engine.physics import Criterion, StabilityAnalyzer, StabilityReport, connectivity_report

BoolArray = NDArray[np.bool_]

ROUNDS = 16
"""How often cells are added before giving up."""
_REPAIRS = 3
"""Other layouts of the same cells that are tried before cells are added."""
_RANDOMNESS = 0.4
"""Randomness of those layouts."""
_OVERLAP = 2
"""Added cells reach this many studs beyond the failing brick, so that its neighbours are tied to it."""


@dataclass(frozen=True)
class Steady:
    """A layout and its verdict.

    Attributes:
        structure: the bricks, in raster order.
        report: whether they stand.
        added: cells that were added to the shape.
        removed: bricks that nothing could hold and that were left out.
    """

    structure: BrickStructure
    report: StabilityReport
    added: int = 0
    removed: int = 0


def lay_steady(
    cells: BoolArray,
    *,
    analyzer: StabilityAnalyzer | None,
    seed: int = 0,
    reinforce: bool = True,
    world_dim: int | None = None,
    go_on: Callable[[int, int], bool] = lambda attempt, failing: True,
) -> Steady:
    """Lay bricks, and change the shape as little as makes them stand.

    Args:
        cells: cells to fill (X, Y, Z), layer 0 on the baseplate.
        analyzer: judges by forces; None: only by whether everything hangs together.
        seed: source of random choices.
        reinforce: whether cells may be added and bricks that nothing holds left out.
        world_dim: as for :func:`~brickgpt_engine.layout.legolize`.
        go_on: is told each layout's number and how many of its bricks fail; False ends the search.

    Returns:
        The first layout that stands, or the one with the fewest failing bricks.

    Raises:
        ConfigError: the cells reach outside ``world_dim``.
        SolverError: the analyzer's solver is not there.
    """
    shape = np.asarray(cells, dtype=bool)
    before = int(shape.sum())
    found: list[Steady] = []
    for attempt in range(ROUNDS + 1):
        structure, report = _lay(shape, analyzer, seed + attempt, world_dim)
        found.append(Steady(structure, report, int(shape.sum()) - before))
        grown = reinforced(shape, [failure.brick for failure in report.failures])
        done = not go_on(attempt + 1, len(report.failures)) or report.status != "unstable"
        if done or not reinforce or (grown == shape).all():
            break
        shape = grown
    best = min(found, key=_badness)
    return _without_floating(best, analyzer) if reinforce else _judged(best, analyzer)


def _lay(
    shape: BoolArray, analyzer: StabilityAnalyzer | None, seed: int, world_dim: int | None
) -> tuple[BrickStructure, StabilityReport]:
    """A layout and its verdict; forces are looked at only where everything hangs together, for speed."""
    structure, report = _connected(shape, seed, world_dim)
    if analyzer is None or not report.stable:
        return structure, report
    report = analyzer.analyze(structure)
    if report.status == "unstable":
        options = LayoutOptions(stabilise=analyzer, max_repairs=_REPAIRS)
        structure = legolize(shape, seed=seed, options=options, world_dim=world_dim)
        report = analyzer.analyze(structure)
    return structure, report


def _connected(shape: BoolArray, seed: int, world_dim: int | None) -> tuple[BrickStructure, StabilityReport]:
    """The first of some layouts that hangs together, or the one with the fewest floating bricks."""
    tried = []
    for number in range(_REPAIRS + 1):
        options = LayoutOptions(randomness=_RANDOMNESS if number else 0.0)
        structure = legolize(shape, seed=seed, options=options, world_dim=world_dim)
        tried.append((structure, connectivity_report(structure)))
        if tried[-1][1].stable:
            break
        seed += ROUNDS + 1  # not the seed of another round
    return min(tried, key=lambda layout: len(layout[1].failures))


def reinforced(cells: BoolArray, weak: list[Brick]) -> BoolArray:
    """Cells (X, Y, Z) with a layer more under each weak brick and under what is filled around it."""
    grown = cells.copy()
    for brick in weak:
        if brick.z == 0:
            continue
        x = slice(max(brick.x - _OVERLAP, 0), brick.x + brick.h + _OVERLAP)
        y = slice(max(brick.y - _OVERLAP, 0), brick.y + brick.w + _OVERLAP)
        grown[x, y, brick.z - 1] |= cells[x, y, brick.z]
    return grown


def _judged(found: Steady, analyzer: StabilityAnalyzer | None) -> Steady:
    """With a verdict by forces, where that was asked for."""
    if analyzer is None or found.report.criterion is not Criterion.CONNECTIVITY:
        return found
    return replace(found, report=analyzer.analyze(found.structure))


def _badness(found: Steady) -> tuple[bool, bool, int]:
    report = found.report
    return report.status != "stable", report.criterion is Criterion.CONNECTIVITY, len(report.failures)


def _without_floating(found: Steady, analyzer: StabilityAnalyzer | None) -> Steady:
    """The layout without bricks that nothing joins to the baseplate."""
    floating = {failure.index for failure in found.report.failures if failure.kind == "floating"}
    if not floating or len(floating) == len(found.structure):
        return _judged(found, analyzer)
    kept = [brick for index, brick in enumerate(found.structure) if index not in floating]
    structure = BrickStructure(kept, found.structure.world_dim)
    report = connectivity_report(structure)
    return _judged(Steady(structure, report, found.added, len(floating)), analyzer)
