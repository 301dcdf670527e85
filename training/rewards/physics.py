"""The analysis behind the stability reward: which criterion, which solver, and its physical constants."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from typing import Any

from brickgpt_engine.bricks import BrickStructure
from brickgpt_engine.errors import ConfigError, SolverError
from brickgpt_engine.physics import Criterion, StabilityAnalyzer, StabilityReport
from brickgpt_engine.physics.solvers import gurobi, highs

CRITERIA = ("paper", "equilibrium", "both", "connectivity")
_STANDARD_GRAVITY = 9.8
_STANDARD_TENSION = 100.0
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class StabilityConfig:
    """Constants of the force model.

    Attributes:
        world_dimension: cells of the world along x, y, z; a cube.
        g: gravity in m/s².
        T: tension threshold of a stud in grams-force; 100 is the published friction capacity, 0.98 N.
        print_log: log one line on every analysis.

    Raises:
        ConfigError: the world is no cube, or a constant is not above 0.
    """

    world_dimension: tuple[int, int, int] = (20, 20, 20)
    g: float = _STANDARD_GRAVITY
    T: float = _STANDARD_TENSION
    print_log: bool = False

    def __post_init__(self) -> None:
        if len(set(self.world_dimension)) != 1:
            raise ConfigError(f"world_dimension is {self.world_dimension}; the three must be the same")
        if not (self.g > 0 and self.T > 0):
            raise ConfigError(f"g is {self.g} and T is {self.T}; both must be above 0")

    @property
    def load(self) -> float:
        """How many times harder than with the published constants the studs are worked."""
        return (self.g / _STANDARD_GRAVITY) * (_STANDARD_TENSION / self.T)


class ScaledAnalyzer(StabilityAnalyzer):
    """A stability analyser for other gravity or stud strength than the published ones.

    All forces grow with the weights and the optimum's point does not move, so every pull is ``load``
    times that of the published constants, and the verdicts follow from the scaled pulls.
    """

    def __init__(self, criterion: str, solver: str, load: float) -> None:
        super().__init__(criterion, solver)
        self.load = load

    def _report(self, structure: Any, contacts: Any, grounded: Any, verdict: Any) -> StabilityReport:
        forces = verdict.forces
        scaled = replace(forces, pull=forces.pull * self.load, largest_pull=forces.largest_pull * self.load)
        factor = verdict.safety_factor
        changed = replace(
            verdict, forces=scaled, safety_factor=None if factor is None else factor / self.load
        )
        return super()._report(structure, contacts, grounded, changed)


@dataclass(frozen=True)
class Physics:
    """What judges structures; can be sent to another process.

    Attributes:
        criterion: ``paper``, ``equilibrium``, ``both``, or ``connectivity`` (no forces).
        solver: ``gurobi``, ``highs`` or ``auto``.
        constants: gravity and stud strength.
    """

    criterion: str = "paper"
    solver: str = "auto"
    constants: StabilityConfig = StabilityConfig()

    def __post_init__(self) -> None:
        if self.criterion not in CRITERIA:
            raise ConfigError(f"criterion is {self.criterion!r}; it must be one of {', '.join(CRITERIA)}")

    def judge(self, structure: BrickStructure) -> tuple[StabilityReport, ...]:
        """The verdict of each criterion; none for ``connectivity``, which has a reward of its own."""
        if self.criterion == "connectivity":
            return ()
        wanted = [Criterion.PAPER, Criterion.EQUILIBRIUM] if self.criterion == "both" else [self.criterion]
        reports = tuple(self._analyzer(str(name)).analyze(structure) for name in wanted)
        if self.constants.print_log:
            for report in reports:
                _LOG.info("%s, %s: %s", report.criterion, report.solver, report.message)
        return reports

    def _analyzer(self, criterion: str) -> StabilityAnalyzer:
        if self.constants.load == 1:
            return StabilityAnalyzer(criterion, self.solver)
        return ScaledAnalyzer(criterion, self.solver, self.constants.load)


def choose_physics(criterion: str, use_gurobi: bool, constants: StabilityConfig) -> tuple[Physics, str]:
    """The best analysis that this machine can make, and a line on it where it is not what was asked for.

    Gurobi gives way to HiGHS, and HiGHS, where that is missing too, to connectivity.

    Raises:
        ConfigError: an unknown criterion.
    """
    if criterion == "connectivity":
        return Physics(criterion, constants=constants), ""
    if use_gurobi and (refused := _refusal(gurobi)) is None:
        return Physics(criterion, "gurobi", constants), ""
    missing = f"use_gurobi: {refused}" if use_gurobi else ""
    if (no_highs := _refusal(highs)) is None:
        return Physics(criterion, "highs", constants), f"{missing}; HiGHS solves instead" if missing else ""
    both = "; ".join(reason for reason in (missing, no_highs) if reason)
    return Physics("connectivity", constants=constants), f"{both}; connectivity is rewarded instead"


def _refusal(solver: Any) -> str | None:
    """Why ``solver`` cannot be used, or None where it can."""
    try:
        solver.version()
        if hasattr(solver, "licence"):
            solver.licence()
    except SolverError as error:
        return str(error)
    return None
