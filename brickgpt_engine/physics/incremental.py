"""A structure that grows, shrinks and is judged all the time, for generation and editing."""

from __future__ import annotations

from enum import StrEnum
from itertools import takewhile

from brickgpt_engine.bricks.brick import Brick
from brickgpt_engine.bricks.structure import BrickStructure, Rejection
from brickgpt_engine.physics.paper import Memory
from brickgpt_engine.physics.report import StabilityReport
from brickgpt_engine.physics.stability import StabilityAnalyzer


class IncrementalAnalyzer:
    """Judges a structure after every change, reusing what the change leaves as it was.

    Reports are those of a fresh analysis. The compiled simplex goes on from the basis that it ended with
    (:mod:`~brickgpt_engine.physics.native`); else the linear program stays in HiGHS and is solved on from
    where it stood (:mod:`~brickgpt_engine.physics.growing`). For large structures, which bricks moved before
    is a first guess, and a program is skipped only where one equal to the last bit was solved before.

    Args:
        analyzer: criterion, solver and time limit; the published criterion by default.
        structure: what to begin with; copied.
    """

    def __init__(
        self, analyzer: StabilityAnalyzer | None = None, structure: BrickStructure | None = None
    ) -> None:
        self.analyzer = analyzer or StabilityAnalyzer()
        self._structure = structure.copy() if structure is not None else BrickStructure()
        self._memory = Memory()

    @property
    def structure(self) -> BrickStructure:
        """A copy of the structure as it stands."""
        return self._structure.copy()

    def report(self) -> StabilityReport:
        """The verdict on the structure as it stands."""
        return self.analyzer.analyze(self._structure, self._memory)

    def add(self, brick: Brick) -> StabilityReport | Rejection:
        """Place ``brick`` last and judge, or say why it cannot be placed."""
        return self._structure.add(brick) or self.report()

    def remove(self, index: int = -1) -> StabilityReport:
        """Take out the brick at build-order position ``index`` and judge what is left.

        Raises:
            IndexError: there is no such brick.
        """
        count = len(self._structure)
        position = index + count if index < 0 else index
        if not 0 <= position < count:
            raise IndexError(f"there is no brick {index} among {count}")
        self._structure.take_out(position)
        self._memory.forget(position)
        return self.report()

    def follow(self, structure: BrickStructure) -> StabilityReport:
        """Judge ``structure``, which may differ from the last one; fastest by a few last bricks."""
        shared = takewhile(lambda pair: pair[0] == pair[1], zip(self._structure, structure, strict=False))
        same = sum(1 for _ in shared)
        if structure.world_dim != self._structure.world_dim:
            same = 0
        for position in range(len(self._structure) - 1, same - 1, -1):
            self._memory.forget(position)
        if structure.world_dim != self._structure.world_dim:
            self._structure = BrickStructure(world_dim=structure.world_dim)
        self._structure.truncate(same)
        for brick in structure[len(self._structure) :]:
            self._structure.add(brick)
        return self.report()


class Cadence(StrEnum):
    """When a generator looks whether what it has built so far stands."""

    END = "end"
    """Once the text has ended, as published."""
    LAYER = "every-layer"
    """When a brick begins a higher layer than all before it, and at the end."""
    BRICK = "every-brick"
    """After every brick."""

    def due(self, structure: BrickStructure) -> bool:
        """Whether to look at ``structure``, whose last brick was just placed.

        For :attr:`LAYER` that brick is the first of a new layer, and what is to be looked at is the
        structure without it.
        """
        if self is Cadence.BRICK:
            return len(structure) > 0
        if self is Cadence.END or len(structure) < 2:
            return False
        return structure[-1].z > max(brick.z for brick in structure[:-1])
