"""Can a model be built one brick at a time? Which step falls first, and in which order none does.

Two things are asked of a step: what stands after it must be stable by itself, and the new brick must
come from above, since that is how bricks are pushed together: no cell above its own may be filled, and
it needs the baseplate or a brick right below. So of two bricks that share a column the lower one comes
first, whatever the order; what is left to choose is searched.

The search places the lowest brick that stands, then the next one, and takes steps back where nothing
can follow; stages that led nowhere are remembered. A second search takes the finished model apart from
the top in the same way, as some models are easier to take down than to put up. When one of them has
seen every stage that can be reached, there is no such order, and it can say so for certain.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from brickgpt_engine.bricks.brick import Brick
from brickgpt_engine.bricks.structure import BrickStructure
from brickgpt_engine.errors import SolverError
from brickgpt_engine.physics.connectivity import connectivity_report
from brickgpt_engine.physics.report import Criterion, StabilityReport, describe
from brickgpt_engine.physics.stability import StabilityAnalyzer

MAX_ANALYSES = 4000
"""How many stages each search looks at before it gives up."""

Analyze = Callable[[BrickStructure], StabilityReport]
GoOn = Callable[[int], bool]


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a build order that cannot be done.

    Attributes:
        number: which brick it places, counted from 1.
        brick: that brick.
        reason: why not, in a sentence.
    """

    number: int
    brick: Brick
    reason: str


@dataclass(frozen=True, slots=True)
class StepCheck:
    """A build order, step by step.

    Attributes:
        steps: how many were looked at; all of them when none falls.
        falls: the first step after which something falls, or None.
        blocked: every brick that cannot be pushed in from above at its turn.
    """

    steps: int
    falls: Step | None
    blocked: tuple[Step, ...]

    @property
    def buildable(self) -> bool:
        """Whether every step stands and every brick can be pushed in from above."""
        return self.falls is None and not self.blocked


@dataclass(frozen=True, slots=True)
class Reordering:
    """A build order in which every step can be done, or why there is none.

    Attributes:
        order: positions in the given order, in the order to build; None when none was found.
        reason: what was found, in a sentence.
        proven: whether it is certain that no order exists; False where one was found.
        analyses: how many stages were analysed.
    """

    order: tuple[int, ...] | None
    reason: str
    proven: bool = False
    analyses: int = 0

    def apply(self, structure: BrickStructure) -> BrickStructure:
        """``structure`` in that order; as it is when there is none."""
        if self.order is None:
            return structure
        return BrickStructure((structure[index] for index in self.order), structure.world_dim)


def check_steps(
    structure: BrickStructure,
    analyzer: StabilityAnalyzer,
    *,
    go_on: GoOn = lambda step: True,
) -> StepCheck:
    """Find the first step of the build order after which something falls.

    Args:
        structure: the model.
        analyzer: judges every stage.
        go_on: is told each step's number, counted from 1; False ends the check.

    Raises:
        SolverError: no solver gave an answer for a stage.
    """
    blocked = tuple(blocked_steps(structure))
    stage = BrickStructure(world_dim=structure.world_dim)
    for number, brick in enumerate(structure, start=1):
        stage.add(brick)
        report = None if analyzer.stands(stage) else _judged(stage, analyzer)
        if report is not None and not report.stable:
            return StepCheck(number, Step(number, brick, _first_reason(report)), blocked)
        if not go_on(number):
            return StepCheck(number, None, blocked)
    return StepCheck(len(structure), None, blocked)


def blocked_steps(structure: BrickStructure) -> Iterator[Step]:
    """Bricks that cannot be pushed in from above at their turn, in build order."""
    over = _over(structure)
    for index, brick in enumerate(structure):
        first = next((other for other in sorted(over[index]) if other < index), None)
        if first is not None:
            reason = f"brick {first + 1}, {describe(structure[first])}, is in its way from above"
            yield Step(index + 1, brick, reason)
        elif brick.z and not any(other < index for other in structure.neighbours_below(index)):
            yield Step(index + 1, brick, "there is nothing right below to push it onto")


def find_order(
    structure: BrickStructure,
    analyzer: StabilityAnalyzer,
    *,
    max_analyses: int = MAX_ANALYSES,
    go_on: GoOn = lambda placed: True,
) -> Reordering:
    """Find an order in which every step stands and every brick can be pushed in from above.

    The order is from the bottom up wherever that stands: at each step it takes the lowest brick that
    can be placed, among equals the first one in the given order.

    Args:
        structure: the model.
        analyzer: judges every stage.
        max_analyses: how many stages each of the two searches may analyse.
        go_on: is told the number of bricks placed so far; False ends the search.

    Raises:
        SolverError: no solver gave an answer for a stage.
    """
    hanging = [index for index in range(len(structure)) if not _seated(structure, index)]
    if hanging:
        return Reordering(None, _hanging_words(structure, hanging), proven=True)
    report = _judged(structure, analyzer)
    if not report.stable:
        reason = f"the finished model does not stand, so its last step falls in any order: {report.message}"
        return Reordering(None, reason, proven=True, analyses=1)
    search = _Search(structure, analyzer, max_analyses, go_on)
    up = search.run(upward=True)
    if up.order is not None or up.proven:
        return up
    down = search.run(upward=False)
    return down if down.order is not None or down.proven else up


def is_bottom_up(structure: BrickStructure) -> bool:
    """Whether no brick of the build order is lower than one before it."""
    layers = [brick.z for brick in structure]
    return layers == sorted(layers)


def _judged(stage: BrickStructure, analyzer: StabilityAnalyzer) -> StabilityReport:
    """The verdict on a stage; what floats falls by any criterion, and is seen without a solver."""
    report = connectivity_report(stage)
    if not report.stable or analyzer.criterion is Criterion.CONNECTIVITY:
        return report
    report = analyzer.analyze(stage)
    if report.status == "unknown":
        raise SolverError(f"no verdict on the stage with {len(stage)} bricks: {report.message}")
    return report


def _first_reason(report: StabilityReport) -> str:
    return report.failures[0].message if report.failures else report.message


def _seated(structure: BrickStructure, index: int) -> bool:
    return structure[index].z == 0 or bool(structure.neighbours_below(index))


def _over(structure: BrickStructure) -> list[set[int]]:
    """For each brick those anywhere above it that share one of its columns."""
    over: list[set[int]] = []
    for brick in structure:
        column = structure.grid[brick.x : brick.x + brick.h, brick.y : brick.y + brick.w, brick.z + 1 :]
        over.append(set(np.unique(column).tolist()) - {-1})
    return over


def _hanging_words(structure: BrickStructure, hanging: Sequence[int]) -> str:
    first = structure[hanging[0]]
    many = f"{len(hanging)} bricks have" if len(hanging) > 1 else "a brick has"
    return (
        f"no order exists: {many} nothing right below to be pushed onto from above "
        f"({'first: ' if len(hanging) > 1 else ''}brick {hanging[0] + 1}, {describe(first)})"
    )


class _Stuck(Exception):
    """The search has used up its analyses, or was told to stop."""


@dataclass(slots=True)
class _Level:
    """A stage on the way, and which moves from it are still to be tried."""

    stage: int
    moves: Iterator[int]
    failed: list[int]


class _Search:
    """Depth-first search over stages, each a set of placed bricks as a bit mask."""

    def __init__(
        self, structure: BrickStructure, analyzer: StabilityAnalyzer, max_analyses: int, go_on: GoOn
    ) -> None:
        self.structure = structure
        self.analyzer = analyzer
        self.max_analyses = max_analyses
        self.go_on = go_on
        self.over = [sum(1 << other for other in above) for above in _over(structure)]
        self.under = [
            sum(1 << i for i, above in enumerate(self.over) if above >> j & 1) for j in range(len(structure))
        ]
        self.verdicts: dict[int, bool] = {}
        self.analyses = 0
        self.deepest: tuple[int, int] = (-1, 0)

    @cached_property
    def rank(self) -> list[int]:
        """Bricks from the bottom up, equals in the given order."""
        return sorted(range(len(self.structure)), key=lambda i: (self.structure[i].z, i))

    @cached_property
    def touching(self) -> NDArray[np.bool_]:
        """Which bricks (n, n) can press or pull each other directly."""
        n = len(self.structure)
        grid = self.structure.grid
        touch = np.zeros((n, n), dtype=bool)
        for axis in range(3):
            a, b = np.delete(grid, -1, axis).ravel(), np.delete(grid, 0, axis).ravel()
            both = (a >= 0) & (b >= 0)
            touch[a[both], b[both]] = touch[b[both], a[both]] = True
        return touch

    def run(self, *, upward: bool) -> Reordering:
        """Search from the empty baseplate upward, or from the finished model downward."""
        self.analyses, self.deepest = 0, (-1, 0)
        full = (1 << len(self.structure)) - 1
        start, goal = (0, full) if upward else (full, 0)
        try:
            order = self._descend(start, goal, upward=upward)
        except _Stuck:
            reason = f"no order was found among {self.analyses} stages; {self._stuck_words(upward=upward)}"
            return Reordering(None, reason, analyses=self.analyses)
        if order is None:
            reason = f"no order exists: {self._stuck_words(upward=upward)}"
            return Reordering(None, reason, proven=True, analyses=self.analyses)
        order = order if upward else order[::-1]
        return Reordering(
            tuple(order), f"every step stands ({self.analyses} stages analysed)", False, self.analyses
        )

    def _descend(self, start: int, goal: int, *, upward: bool) -> list[int] | None:
        dead: set[int] = set()
        order: list[int] = []
        levels = [_Level(start, iter(self._moves(start, upward=upward)), [])]
        while levels:
            level = levels[-1]
            if level.stage == goal:
                return order
            move = next((m for m in level.moves if self._possible(level, m, dead)), None)
            if move is None:
                dead.add(level.stage)
                levels.pop()
                if order:
                    order.pop()
                continue
            stage = level.stage ^ 1 << move
            order.append(move)
            levels.append(_Level(stage, iter(self._moves(stage, upward=upward)), []))
            self._reached(len(order), stage)
        return None

    def _reached(self, depth: int, stage: int) -> None:
        if depth > self.deepest[0]:
            self.deepest = depth, stage
        if not self.go_on(depth):
            raise _Stuck

    def _moves(self, stage: int, *, upward: bool) -> list[int]:
        """Bricks that can be placed (or taken off) from above, in the order to try them."""
        if upward:
            return [i for i in self.rank if not stage >> i & 1 and self.under[i] & stage == self.under[i]]
        return [i for i in reversed(self.rank) if stage >> i & 1 and not self.over[i] & stage]

    def _possible(self, level: _Level, move: int, dead: set[int]) -> bool:
        stage = level.stage ^ 1 << move
        return stage not in dead and self._stands(stage, move)

    def _stands(self, stage: int, changed: int) -> bool:
        """Whether a stage is stable, given that the one before it was."""
        group = self._group(stage, changed)
        verdict = True
        for part in group:
            if part not in self.verdicts:
                if self.analyses >= self.max_analyses:
                    raise _Stuck
                self.analyses += 1
                self.verdicts[part] = self._judge(part)
            verdict = verdict and self.verdicts[part]
        return verdict

    def _group(self, stage: int, changed: int) -> list[int]:
        """The groups of touching bricks of a stage that the changed brick is or was part of.

        Groups that do not touch exert no force on each other, so the others stand as before.
        """
        seeds = [changed] if stage >> changed & 1 else np.flatnonzero(self.touching[changed]).tolist()
        groups: list[int] = []
        for seed in seeds:
            if stage >> seed & 1 and not any(group >> seed & 1 for group in groups):
                groups.append(self._flood(stage, seed))
        return groups

    def _flood(self, stage: int, seed: int) -> int:
        present = np.array([stage >> i & 1 for i in range(len(self.structure))], dtype=bool)
        found = np.zeros(len(self.structure), dtype=bool)
        fresh = np.array([seed])
        while fresh.size:
            found[fresh] = True
            fresh = np.flatnonzero(self.touching[fresh].any(axis=0) & present & ~found)
        return sum(1 << int(i) for i in np.flatnonzero(found))

    def _judge(self, stage: int) -> bool:
        bricks = [brick for i, brick in enumerate(self.structure) if stage >> i & 1]
        part = BrickStructure(bricks, self.structure.world_dim)
        stands = self.analyzer.stands(part)
        return _judged(part, self.analyzer).stable if stands is None else stands

    def _stuck_words(self, *, upward: bool) -> str:
        depth, stage = self.deepest
        placed = max(depth, 0) if upward else len(self.structure) - max(depth, 0)
        moves = self._moves(stage, upward=upward) if depth >= 0 else []
        doing = "placing" if upward else "taking off"
        named = ", ".join(f"{i + 1} ({describe(self.structure[i])})" for i in moves[:3])
        more = f" or {len(moves) - 3} more" if len(moves) > 3 else ""
        return f"after {placed} bricks something falls whatever comes next: {doing} brick {named}{more}"
