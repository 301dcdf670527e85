"""The result of a stability analysis: verdict, stress per brick, and what fails and why."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from brickgpt_engine.bricks.brick import Brick
from brickgpt_engine.bricks.structure import EMPTY, BrickStructure

FloatArray = NDArray[np.float64]
Status = Literal["stable", "unstable", "unknown"]
FailureKind = Literal["floating", "falls", "tips", "slides", "overloaded"]


class Criterion(StrEnum):
    """What "stable" means."""

    PAPER = "paper"
    """The published test: smallest residuals and pulls together; stable when no residual is left."""
    EQUILIBRIUM = "equilibrium"
    """An exact equilibrium exists with every pull below the friction capacity."""
    CONNECTIVITY = "connectivity"
    """Every brick is joined to the baseplate; forces are not looked at."""


@dataclass(frozen=True, slots=True)
class BrickFailure:
    """Why one brick fails.

    Attributes:
        index: position in build order.
        brick: the brick.
        kind: ``floating`` (joined to nothing that stands), ``falls`` (vertical force left over),
            ``tips`` (torque left over), ``slides`` (horizontal force left over) or
            ``overloaded`` (a connection must pull harder than friction allows).
        message: one sentence with the numbers.
    """

    index: int
    brick: Brick
    kind: FailureKind
    message: str


def describe(brick: Brick) -> str:
    """A brick as people say it: ``2x4 at (6,2,5)``."""
    return f"{brick.h}x{brick.w} at ({brick.x},{brick.y},{brick.z})"


def share(some: int, bricks: int, one: str, more: str) -> str:
    """Such as "1 of 2 bricks fails": ``one`` and ``more`` are the verb for one brick and for several."""
    return f"{some} of {bricks} brick{'' if bricks == 1 else 's'} {one if some == 1 else more}"


@dataclass(frozen=True, slots=True, eq=False)
class StabilityReport:
    """What the analysis of a structure of ``n`` bricks found.

    Attributes:
        criterion: the test that was applied.
        solver: ``"built-in"``, ``"highs"``, ``"gurobi"``, or ``"none"`` when none was needed, or answered.
        status: the verdict; ``unknown`` when no solver gave an answer, which says nothing about the model.
        stress: (n,) share of the friction capacity in use, 0 to 1; 1 means failure, NaN unknown.
        failures: why bricks fail, in build order.
        message: the verdict in one sentence.
        safety_factor: for ``equilibrium``, how many times larger than needed the friction capacity
            is: infinite when nothing has to pull, 0 when no equilibrium exists; else None.
        objective: optimum of the linear program: newtons for ``paper``, the least largest share of
            the friction capacity for ``equilibrium``; None without an optimum.
        solver_note: why this solver was taken, in words.
    """

    criterion: Criterion
    solver: str
    status: Status
    stress: FloatArray
    failures: tuple[BrickFailure, ...] = ()
    message: str = ""
    safety_factor: float | None = None
    objective: float | None = None
    solver_note: str = ""

    @property
    def stable(self) -> bool:
        """Whether the verdict is ``stable``."""
        return self.status == "stable"

    @property
    def score(self) -> FloatArray:
        """(n,) stability score of each brick, ``1 - stress``: 1 at ease, 0 failing."""
        return np.clip(1.0 - self.stress, 0.0, 1.0)

    @property
    def max_stress(self) -> float:
        """Largest stress; 0 without bricks, NaN when unknown, 1 where a brick floats, solver or not."""
        if not self.stress.size:
            return 0.0
        return 1.0 if np.any(self.stress >= 1) else float(self.stress.max())

    @property
    def min_score(self) -> float:
        """Smallest score; 1 without bricks, NaN when unknown."""
        return 1.0 - self.max_stress

    @property
    def mean_score(self) -> float:
        """Mean score over bricks; 1 without bricks, NaN when unknown."""
        return float(self.score.mean()) if self.stress.size else 1.0

    @property
    def first_unstable(self) -> int | None:
        """Build-order position of the first brick with stress 1, or None."""
        failing = np.flatnonzero(self.stress >= 1.0)
        return int(failing[0]) if failing.size else None

    def score_grid(self, structure: BrickStructure) -> FloatArray:
        """Scores by cell, shape (world_dim,)*3 as the data set has them; empty cells are 1."""
        grid = np.ones(structure.grid.shape)
        filled = structure.grid != EMPTY
        grid[filled] = self.score[structure.grid[filled]]
        return grid

    def as_dict(self) -> dict[str, Any]:
        """The report as JSON values. NaN and infinity, which JSON lacks, become None."""
        return {
            "criterion": str(self.criterion),
            "solver": self.solver,
            "solver_note": self.solver_note,
            "status": self.status,
            "stable": self.stable,
            "max_stress": _finite(self.max_stress),
            "min_score": _finite(self.min_score),
            "mean_score": _finite(self.mean_score),
            "first_unstable": self.first_unstable,
            "safety_factor": _finite(self.safety_factor),
            "objective": _finite(self.objective),
            "stress": [_finite(value) for value in self.stress.tolist()],
            "failures": [
                {"index": f.index, "brick": f.brick.text, "kind": f.kind, "message": f.message}
                for f in self.failures
            ],
            "message": self.message,
        }


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None
