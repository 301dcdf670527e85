"""Where to go on after a check that failed, and what to do differently there.

As published, a run goes back to before the first unstable brick and tries again under the same odds. A
model that is sure of what falls then writes it again and again, up to the last regeneration.
:class:`Escalation` does more: it forbids the brick that failed after the same bricks before, lets a run
whose bricks hung in the air go on with bricks that rest on something, and wherever a failure repeats
warms the next draws and goes back further, layer by layer. What comes before that, so that little falls
at all, is in :mod:`~brickgpt_engine.generation.holding`.

Bricks are written bottom up, in raster order, so one that fails now may still be held by what comes:
the outer bricks of an arch hang in the air until its top is laid. Early checks leave those alone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

from brickgpt_engine.bricks import Brick, BrickStructure
from brickgpt_engine.errors import SolverError
from brickgpt_engine.physics import StabilityReport

Judge: TypeAlias = Callable[[BrickStructure], StabilityReport]
Place: TypeAlias = tuple[int, int]
"""How far raster order has come: layer, and x within it."""

_PATIENCE = 1
"""Failures without progress after which more than the unstable part is taken down."""
_WARMER, _WARMEST = 0.1, 0.4
"""Temperature added for each failure without progress, and the most that is added."""


def past_help(structure: BrickStructure, report: StabilityReport, place: Place) -> int | None:
    """The first failing brick that no brick at or after ``place`` in raster order can still hold.

    Args:
        structure: what was judged.
        report: its report.
        place: where the next brick may come at the earliest.
    """
    floating = {failure.index for failure in report.failures if failure.kind == "floating"}
    waiting = _held_by(structure, floating, place)
    for failure in report.failures:
        if failure.index not in waiting and (failure.index in floating or not _open(failure.brick, place)):
            return failure.index
    return None


def _open(brick: Brick, place: Place) -> bool:
    """Whether a brick at or after ``place`` in raster order can rest on ``brick``."""
    layer, x = place
    return brick.z >= layer or (brick.z == layer - 1 and brick.x + brick.h > x)


def _held_by(structure: BrickStructure, floating: set[int], place: Place) -> set[int]:
    """Those of the ``floating`` bricks that hang together with one that is still open."""
    found = {index for index in floating if _open(structure[index], place)}
    edge = list(found)
    while edge:
        index = edge.pop()
        beside = {*structure.neighbours_above(index), *structure.neighbours_below(index)} & floating
        edge += beside - found
        found |= beside
    return found


def standing_part(
    structure: BrickStructure, report: StabilityReport, failed: int, judge: Judge, *, strict: bool
) -> int:
    """How many bricks stay when ``structure`` is cut before brick ``failed``, and again where need be.

    Args:
        structure: what is cut.
        report: of a structure that it begins with.
        failed: the first brick of ``report`` that has to go.
        judge: judges what is left.
        strict: go on until what is left stands by itself, as published; otherwise until nothing is left
            that no later brick can hold.

    Raises:
        SolverError: the solver gave no verdict on a part.
    """
    found: int | None = failed
    while found is not None:
        first = structure[found]
        part = BrickStructure(structure[:found], structure.world_dim)
        kept, verdict = found, judge(part)
        if verdict.status == "unknown":
            raise SolverError(f"the solver gave no verdict on the first {kept} bricks")
        found = verdict.first_unstable if strict else past_help(part, verdict, (first.z, first.x))
    return kept


class Escalation:
    """Counts failures without progress, and says how to go on.

    Progress is a first failing brick that lies further on in raster order than all before it.

    Args:
        floor: bricks that are only taken down where they fail themselves.

    Attributes:
        supported: bricks hung in the air before, so that the rest of the run draws bricks with the ground
            or a brick right below them, while there are any.
    """

    def __init__(self, floor: int = 0) -> None:
        self._floor = floor
        self._stuck = -1
        self._furthest = (-1, -1, -1)
        self._failed: dict[tuple[Brick, ...], set[Brick]] = {}
        self.supported = False

    def cut(self, bricks: Sequence[Brick], kept: int, *, floating: bool = False) -> int:
        """How many of ``bricks`` to keep, where the first ``kept`` can stay and the next one failed.

        Args:
            bricks: those of the structure that failed, in the order in which they were written.
            kept: how many of them stand, or can still be held.
            floating: the failure was that bricks hung in the air.
        """
        failed = bricks[kept]
        self.supported |= floating
        at = failed.z, failed.x, failed.y
        self._stuck = 0 if at > self._furthest else self._stuck + 1
        self._furthest = max(at, self._furthest)
        self._forbid(bricks, kept)
        floor = min(self._floor, kept)
        lower = max(floor, self._lower(bricks[:kept], failed.z))
        if lower < kept:
            self._forbid(bricks, lower)
            if lower == floor:  # all anew: what failed before is no measure any more
                self._stuck, self._furthest = -1, (-1, -1, -1)
        return lower

    def _lower(self, kept: Sequence[Brick], layer: int) -> int:
        """How many of the bricks ``kept`` stay for now, when the next one failed in ``layer``."""
        depth = self._stuck - _PATIENCE
        if depth <= 0:
            return len(kept)
        below = sorted({brick.z for brick in kept if brick.z < layer}, reverse=True)[:depth]
        return next((n for n, brick in enumerate(kept) if brick.z >= below[-1]), 0) if below else 0

    def _forbid(self, bricks: Sequence[Brick], place: int) -> None:
        """Never again draw the brick at ``place`` right after those before it."""
        self._failed.setdefault(tuple(bricks[:place]), set()).add(bricks[place])

    def forbidden(self, bricks: Sequence[Brick]) -> frozenset[Brick]:
        """Bricks that failed right after ``bricks`` before."""
        return frozenset(self._failed.get(tuple(bricks), ())) if self._failed else frozenset()

    def warmer(self, bricks: Sequence[Brick]) -> float:
        """What to add to the temperature for the next brick."""
        if self._stuck <= 0 or (bricks and (bricks[-1].z, bricks[-1].x, bricks[-1].y) > self._furthest):
            return 0.0
        return min(_WARMEST, _WARMER * self._stuck)
