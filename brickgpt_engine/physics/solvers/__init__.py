"""Linear-programming solvers: one small function each, chosen by name or by what the licence allows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Literal, NamedTuple, get_args

from brickgpt_engine.errors import ConfigError, SolverError
from brickgpt_engine.physics.program import LinearProgram, Solution
from brickgpt_engine.physics.solvers import gurobi, highs

SolverName = Literal["auto", "highs", "gurobi"]
SOLVER_NAMES: tuple[str, ...] = get_args(SolverName)
"""What ``--solver`` takes."""

_SOLVE = {gurobi.NAME: gurobi.solve, highs.NAME: highs.solve}


class SolverInfo(NamedTuple):
    """One solver: its name, version, licence or limits in words, and whether it works here."""

    name: str
    version: str
    licence: str
    usable: bool


def available_solvers() -> list[SolverInfo]:
    """What is installed and under which licence; where a solver cannot be used, ``licence`` says why."""
    return [
        _info(gurobi.NAME, gurobi.version, gurobi.licence),
        _info(highs.NAME, highs.version, lambda: "MIT licence, no size limit"),
    ]


def _info(name: str, version: Callable[[], str], licence: Callable[[], str]) -> SolverInfo:
    number = "-"
    try:
        number = version()
        return SolverInfo(name, number, licence(), True)
    except SolverError as error:
        return SolverInfo(name, number, str(error), False)


def solve(program: LinearProgram, solver: str = "auto", time_limit: float | None = None) -> Solution:
    """Solve ``program``, falling over to the other solver when the first gives no answer.

    Args:
        program: the linear program.
        solver: ``highs``, ``gurobi``, or ``auto`` for Gurobi where its licence allows the size.
        time_limit: seconds for each solver, or None.

    Returns:
        The answer; ``solver`` and ``note`` say who gave it and why.

    Raises:
        ConfigError: ``solver`` is not one of :data:`SOLVER_NAMES`.
        GurobiUnavailableError: ``gurobi`` was asked for by name and cannot be used at all.
        SolverError: no solver gave an answer.
    """
    order, note = _order(program, solver)
    reasons = []
    for name in order:
        try:
            solution = _SOLVE[name](program, time_limit)
        except SolverError as error:
            reasons.append(str(error))
            note = f"{name} gave no answer, so another solver took over: {error}"
        else:
            return replace(solution, note=note)
    raise SolverError("; ".join(reasons))


def _order(program: LinearProgram, solver: str) -> tuple[list[str], str]:
    """Solvers to try in turn, and why the first is first."""
    if solver not in SOLVER_NAMES:
        raise ConfigError(f"solver is {solver!r}; it must be one of {', '.join(SOLVER_NAMES)}")
    if solver == highs.NAME:
        return [highs.NAME, gurobi.NAME], "asked for by name"
    try:
        if gurobi.fits(program):
            return [gurobi.NAME, highs.NAME], gurobi.licence()
    except gurobi.GurobiUnavailableError as error:
        if solver == gurobi.NAME:
            raise
        return [highs.NAME], str(error)
    return [highs.NAME], (
        f"{program.columns} variables and {program.rows} rows are more than "
        f"Gurobi's size-limited licence allows ({gurobi.FREE_LIMIT})"
    )
