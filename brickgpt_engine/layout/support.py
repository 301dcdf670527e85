"""Make an unstable model stand: lay bricks around its weak region again, or else add support bricks.

The first way keeps every filled cell, as the delete-and-rebuild step of Legolization (Luo et al. 2015)
and of BrickGPT does. The second adds bricks in empty cells: *ties*, single bricks that join what is weak to
what is beside, above or below it, and *props*, stacks from the baseplate or a brick up to the underside of a
weak one. Sets of supports are tried in the order of their size, so the first that stands is the smallest
that was looked at; afterwards every brick that can be left out again is left out.
"""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import count
from typing import Literal

import numpy as np

from brickgpt_engine.bricks import FOOTPRINTS, Brick, BrickStructure
from brickgpt_engine.errors import SolverError
from brickgpt_engine.layout.assembly import Assembly
from brickgpt_engine.layout.rebuild import MAX_RING, connect, rebuilt
from brickgpt_engine.layout.repair import VARIETY, Trial, raster_key
from brickgpt_engine.physics import StabilityAnalyzer, StabilityReport, connectivity_report

MAX_REBUILDS = 40
"""How many times a weak region is laid again before bricks are added."""
MAX_ANALYSES = 1500
"""How many sets of support bricks are judged before giving up."""
_ATTEMPTS_PER_RING = 4
"""After so many attempts the region that is laid again grows by one contact."""
_FAILURES = 3
"""Rebuilds without gain that the connection step after each attempt accepts."""
_WIDTH = 6
"""How many of the best sets of each size are built upon."""
_MANY, _FEW = 400, 40
"""How many places of single bricks are tried first, and how many of bricks or stacks from then on."""
_BASEPLATE = -2
"""Stands for the baseplate among bricks, where -1 is an empty cell."""
_WEAK = 6
"""How many weak bricks are looked at for places of supports."""

Support = tuple[Brick, ...]
GoOn = Callable[[str, int], bool]
Badness = tuple[int, int, float]


@dataclass(frozen=True)
class Repair:
    """What was done to a model.

    Attributes:
        structure: the model now, in raster order if anything was changed.
        report: its verdict.
        how: ``"none"`` when it stood already, ``"relaid"``, ``"supported"``, or ``"failed"`` when
            nothing helped and the model is returned as it was.
        relaid: bricks of the result that were laid anew in cells filled before.
        removed: bricks of the given model that are gone.
        supports: bricks that were added in empty cells, from the bottom up.
        attempts: how many layouts and sets of supports were judged.
    """

    structure: BrickStructure
    report: StabilityReport
    how: Literal["none", "relaid", "supported", "failed"]
    relaid: tuple[Brick, ...] = ()
    removed: tuple[Brick, ...] = ()
    supports: tuple[Brick, ...] = ()
    attempts: int = 0


def repair(
    structure: BrickStructure,
    analyzer: StabilityAnalyzer,
    *,
    seed: int = 0,
    max_rebuilds: int = MAX_REBUILDS,
    max_analyses: int = MAX_ANALYSES,
    support: bool = True,
    go_on: GoOn = lambda what, number: True,
) -> Repair:
    """Make ``structure`` stand by the analyzer's criterion.

    Args:
        structure: the model; not changed.
        analyzer: judges layouts.
        seed: source of every random choice.
        max_rebuilds: how many times its weak region may be laid again.
        max_analyses: how many sets of support bricks may be judged.
        support: whether bricks may be added at all.
        go_on: is told what is tried (``"rebuild"`` or ``"support"``) and how often; False ends the search.

    Raises:
        SolverError: no solver gave a verdict on the given model.
    """
    report = _judged(structure, analyzer)
    if report.stable:
        return Repair(structure, report, "none")
    relaid, attempts = _relaid(structure, analyzer, seed, max_rebuilds, go_on)
    if relaid is not None:
        return _compared(structure, relaid, analyzer.analyze(relaid), "relaid", attempts)
    if support:
        found, judged = _Supporting(structure, analyzer, max_analyses, go_on).find()
        attempts += judged
        if found is not None:
            bricks = sorted([*structure, *found], key=raster_key)
            supported = BrickStructure(bricks, structure.world_dim)
            return _compared(structure, supported, analyzer.analyze(supported), "supported", attempts)
    return Repair(structure, report, "failed", attempts=attempts)


def _judged(structure: BrickStructure, analyzer: StabilityAnalyzer) -> StabilityReport:
    report = analyzer.analyze(structure)
    if report.status == "unknown":
        raise SolverError(report.message)
    return report


def _compared(
    before: BrickStructure,
    after: BrickStructure,
    report: StabilityReport,
    how: Literal["relaid", "supported"],
    attempts: int,
) -> Repair:
    """Name what is new in ``after`` and what is gone."""
    old, new = set(before), set(after)
    fresh = [brick for brick in after if brick not in old]
    filled = before.occupancy
    relaid = tuple(brick for brick in fresh if filled[brick.slices].any())
    return Repair(
        structure=after,
        report=report,
        how=how,
        relaid=relaid,
        removed=tuple(brick for brick in before if brick not in new),
        supports=tuple(brick for brick in fresh if not filled[brick.slices].any()),
        attempts=attempts,
    )


def _relaid(
    structure: BrickStructure, analyzer: StabilityAnalyzer, seed: int, most: int, go_on: GoOn
) -> tuple[BrickStructure | None, int]:
    """The same cells in bricks that stand, changed only around what fails; None when that was not found."""
    rng = np.random.default_rng(seed)
    best = Trial(Assembly(structure.grid.shape, structure), analyzer)
    since = 0
    for attempt in range(1, most + 1):
        if not go_on("rebuild", attempt):
            return None, attempt - 1
        assembly = _rebuilt(best, 1 + since // _ATTEMPTS_PER_RING, rng)
        trial = Trial(connect(assembly, _FAILURES, rng), analyzer)
        since += 1
        if trial.badness < best.badness:
            best, since = trial, 0
        if best.stable:
            bricks = sorted(best.assembly.bricks.values(), key=raster_key)
            return BrickStructure(_painted(bricks, structure), structure.world_dim), attempt
    return None, most


def _rebuilt(trial: Trial, steps: int, rng: np.random.Generator) -> Assembly:
    """A region around one of the weakest bricks laid anew."""
    failing = np.flatnonzero(trial.stress >= 1)
    index = int(rng.choice(failing)) if len(failing) else int(trial.stress.argmax())
    assembly = trial.assembly
    contacts = np.concatenate([assembly.stud_pairs(), assembly.side_pairs()])
    # The larger the region, the more bricks may go; a small one is tried first.
    ring = assembly.ring(trial.numbers[index], steps, contacts, MAX_RING * max(1, steps // 3))
    return rebuilt(assembly, ring, rng, variety=VARIETY)


def _painted(bricks: list[Brick], before: BrickStructure) -> Iterator[Brick]:
    """New bricks in the colour that most of their cells had."""
    for brick in bricks:
        owners = before.grid[brick.slices].ravel()
        colours = Counter(before[int(owner)].colour for owner in owners if owner >= 0)
        yield replace(brick, colour=colours.most_common(1)[0][0] if colours else None)


@dataclass(frozen=True)
class _State:
    """A set of supports and what the model is like with it."""

    supports: Support
    structure: BrickStructure
    report: StabilityReport
    badness: Badness


class _Supporting:
    """Uniform-cost search for support bricks: sets are built upon in the order of their size."""

    def __init__(
        self, structure: BrickStructure, analyzer: StabilityAnalyzer, max_analyses: int, go_on: GoOn
    ) -> None:
        self.structure = structure
        self.analyzer = analyzer
        self.most = max_analyses
        self.go_on = go_on
        self.judged = 0
        self.seen: set[frozenset[Brick]] = set()

    def find(self) -> tuple[Support | None, int]:
        """The smallest set of supports that was found to make the model stand, and how many were judged."""
        ticket = count()
        start = self._state(())
        waiting: dict[int, list[tuple[Badness, int, _State]]] = {0: [(start.badness, next(ticket), start)]}
        moves: list[tuple[int, int, int, _State, Support]] = []
        while waiting or moves:
            size = min(waiting, default=0)
            if waiting and (not moves or size < moves[0][0]):
                for state in self._best(waiting.pop(size)):
                    for rank, support in enumerate(self._places(state)):
                        heapq.heappush(moves, (size + len(support), rank, next(ticket), state, support))
                continue
            cost, _, _, state, support = heapq.heappop(moves)
            chosen = frozenset((*state.supports, *support))
            if chosen in self.seen:
                continue
            self.seen.add(chosen)
            if self.judged >= self.most or not self.go_on("support", self.judged + 1):
                break
            grown = self._state((*state.supports, *support))
            if grown.report.stable:
                return self._pruned(grown), self.judged
            if grown.badness < state.badness:
                waiting.setdefault(cost, []).append((grown.badness, next(ticket), grown))
        return None, self.judged

    @staticmethod
    def _best(states: list[tuple[Badness, int, _State]]) -> list[_State]:
        return [state for _, _, state in heapq.nsmallest(_WIDTH, states)]

    def _state(self, supports: Support) -> _State:
        """Judge a set; forces are looked at only where nothing floats."""
        structure = self.structure.copy()
        for brick in supports:
            structure.add(brick)
        report = connectivity_report(structure)
        floating = len(report.failures)
        if report.stable:
            self.judged += 1
            report = self.analyzer.analyze(structure)
        stress = report.stress
        badness = (floating, int((stress >= 1).sum()), float(np.nansum(stress)))
        return _State(supports, structure, report, badness)

    def _pruned(self, state: _State) -> Support:
        """Leave out every support that is not needed."""
        for brick in sorted(state.supports, key=raster_key, reverse=True):
            fewer = tuple(one for one in state.supports if one != brick)
            without = self._state(fewer)
            if without.report.stable:
                state = without
        return tuple(sorted(state.supports, key=raster_key))

    def _places(self, state: _State) -> list[Support]:
        """Supports for the weak bricks of a state, the most promising first."""
        structure, report = state.structure, state.report
        weak = _weak_bricks(report)
        single: dict[Support, tuple[int, ...]] = {}
        stacks: dict[Support, tuple[int, ...]] = {}
        for brick, index in ((structure[index], index) for index in weak):
            for tie in ties(structure, index):
                rank = (-_tying(structure, tie), -_overlap(tie, brick), tie.area)
                single[(tie,)] = min(rank, single.get((tie,), rank))
            for prop in props(structure, index):
                stacks[prop] = (len(prop), -_overlap(prop[0], brick), prop[0].area)
        best = sorted(single, key=lambda one: (single[one], raster_key(one[0]), one[0].h))
        lowest = sorted(stacks, key=lambda one: (stacks[one], raster_key(one[0]), one[0].h))
        most = _FEW if state.supports else _MANY
        return [*best[:most], *lowest[:_FEW]]


def _weak_bricks(report: StabilityReport) -> list[int]:
    """Bricks to hold up: the failing ones and, as what they hang on may do better, the most stressed."""
    stress = np.nan_to_num(report.stress, nan=1.0)
    failing = np.flatnonzero(stress >= 1).tolist()
    others = np.argsort(-stress, kind="stable")[: len(failing) + 2].tolist()
    spread = failing if len(failing) <= _WEAK else failing[:: -(-len(failing) // _WEAK)]
    return list(dict.fromkeys([*spread, *others[:_WEAK]]))


def ties(structure: BrickStructure, index: int) -> Iterator[Brick]:
    """Single bricks in empty cells right below or right above a brick, overlapping it."""
    brick = structure[index]
    for z in (brick.z - 1, brick.z + 1):
        for h, w in FOOTPRINTS:
            for x in range(brick.x - h + 1, brick.x + brick.h):
                for y in range(brick.y - w + 1, brick.y + brick.w):
                    tie = Brick(h, w, x, y, z)
                    if structure.check(tie) is None:
                        yield tie


def props(structure: BrickStructure, index: int) -> Iterator[Support]:
    """Stacks of two or more equal bricks from something solid up to the underside of a brick."""
    brick = structure[index]
    for h, w in FOOTPRINTS:
        for x in range(brick.x - h + 1, brick.x + brick.h):
            for y in range(brick.y - w + 1, brick.y + brick.w):
                stack = _stack(structure, Brick(h, w, x, y, brick.z - 1))
                if len(stack) > 1:
                    yield stack


def _stack(structure: BrickStructure, top: Brick) -> Support:
    """``top`` and equal bricks below it down to the first that rests on something; empty if one collides."""
    stack: list[Brick] = []
    brick = top
    while structure.check(brick) is None:
        stack.append(brick)
        if brick.z == 0 or _joined(structure, brick, above=False):
            return tuple(reversed(stack))
        brick = brick.shifted(dz=-1)
    return ()


def _overlap(one: Brick, other: Brick) -> int:
    """Columns that two bricks share."""
    along_x = min(one.x + one.h, other.x + other.h) - max(one.x, other.x)
    along_y = min(one.y + one.w, other.y + other.w) - max(one.y, other.y)
    return max(along_x, 0) * max(along_y, 0)


def _tying(structure: BrickStructure, tie: Brick) -> int:
    """How much a brick would join: the baseplate counts like two bricks."""
    joined = _joined(structure, tie)
    return len(joined) + (_BASEPLATE in joined)


def _joined(structure: BrickStructure, brick: Brick, *, above: bool = True) -> set[int]:
    """Bricks that a brick in empty cells would be joined to, and the baseplate."""
    found: set[int] = {_BASEPLATE} if brick.z == 0 else set()
    area = structure.grid[brick.x : brick.x + brick.h, brick.y : brick.y + brick.w]
    layers = [brick.z - 1, *([brick.z + 1] if above else [])]
    for z in layers:
        if 0 <= z < structure.world_dim:
            found.update(np.unique(area[:, :, z]).tolist())
    return found - {-1}
