"""Gurobi through gurobipy, whose PyPI wheel carries a free licence for 2,000 variables and rows."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np

from brickgpt_engine.errors import SolverError
from brickgpt_engine.physics.program import LinearProgram, Solution
from brickgpt_engine.physics.solvers.licence import find_licence

NAME = "gurobi"
FREE_LIMIT = 2000
"""Variables, and rows, that the size-limited licence allows."""

_FAILED_LICENCE = 10009
_TOO_LARGE = 10010
_UNREACHABLE = (10022, 10023, 10026, 10028, 10030)
"""Network, rejected job, security, cloud and web licence errors."""
_PARAMETERS: dict[str, Any] = {
    "Threads": 1,
    "FeasibilityTol": 1e-9,
    "OptimalityTol": 1e-9,
    # Measured on these programs: presolve costs more than it saves.
    "Presolve": 0,
}
_lock = threading.RLock()
_environments: dict[str, Any] = {}


class GurobiUnavailableError(SolverError):
    """gurobipy is missing, too old, or has no licence that works."""


class GurobiSizeError(SolverError):
    """The program is larger than the size-limited licence allows."""


def version() -> str:
    """Version of the installed library.

    Raises:
        GurobiUnavailableError: gurobipy is not installed.
    """
    return ".".join(str(part) for part in _gurobipy().gurobi.version())


def licence() -> str:
    """Which licence Gurobi runs under, in words.

    Raises:
        GurobiUnavailableError: gurobipy is missing, too old, or has no licence that works.
    """
    number = _environment().getParam("LicenseID")
    if not number:
        return f"size-limited licence of the PyPI package: {FREE_LIMIT} variables, {FREE_LIMIT} rows"
    return f"{find_licence().text} (number {number})"


def fits(program: LinearProgram) -> bool:
    """Whether the licence allows a program of this size.

    Raises:
        GurobiUnavailableError: gurobipy is missing, too old, or has no licence that works.
    """
    if max(program.columns, program.rows) <= FREE_LIMIT:
        return True
    return bool(_environment().getParam("LicenseID"))


def solve(program: LinearProgram, time_limit: float | None = None) -> Solution:
    """Solve ``program``.

    Args:
        program: the linear program.
        time_limit: seconds after which to give up, or None.

    Raises:
        GurobiUnavailableError: gurobipy is missing, too old, or has no licence that works.
        GurobiSizeError: the licence does not allow a program of this size.
        SolverError: there is no optimum (infeasible, time limit, numerical trouble).
    """
    gurobipy = _gurobipy()
    try:
        # An environment must not be used by two threads at once.
        with _lock, _load(program) as model:
            if time_limit is not None:
                model.Params.TimeLimit = time_limit
            model.optimize()
            return _read(model, gurobipy.GRB.Status)
    except gurobipy.GurobiError as error:
        raise _translate(error) from error


def _read(model: Any, status: Any) -> Solution:
    if model.Status == status.OPTIMAL:
        x, dual, reduced = (np.array(model.getAttr(name)) for name in ("X", "Pi", "RC"))
        return Solution(x, float(model.ObjVal), NAME, dual, reduced)
    if model.Status == status.INTERRUPTED:
        # Gurobi catches Ctrl-C for itself; pass it on.
        raise KeyboardInterrupt
    reasons = {
        status.TIME_LIMIT: "time limit reached",
        status.INFEASIBLE: "infeasible",
        status.NUMERIC: "numerical trouble",
    }
    raise SolverError(
        f"Gurobi ended without an answer: {reasons.get(model.Status, f'status {model.Status}')}"
    )


def _load(program: LinearProgram) -> Any:
    gurobipy = _gurobipy()
    equation = program.row_lower == program.row_upper
    return gurobipy.loadModel(
        env=_environment(),
        numvars=program.columns,
        numconstrs=program.rows,
        obj=program.cost,
        lb=program.lower,
        ub=program.upper,
        constr_csc=(program.value, program.index, program.start),
        sense=np.where(equation, "=", ">").astype("S1"),
        rhs=program.row_lower,
    )


def _gurobipy() -> Any:
    try:
        import gurobipy
    except ImportError as error:
        raise GurobiUnavailableError("gurobipy is not installed; run: pip install gurobipy") from error
    if not hasattr(gurobipy, "loadModel"):
        raise GurobiUnavailableError("gurobipy is older than 12; run: pip install -U gurobipy")
    return gurobipy


def _environment() -> Any:
    """This process's environment, started once and in silence: starting checks the licence."""
    gurobipy = _gurobipy()
    with _lock:
        if NAME not in _environments:
            try:
                env = gurobipy.Env(empty=True)
                env.setParam("OutputFlag", 0)
                env.start()
                for name, value in _PARAMETERS.items():
                    env.setParam(name, value)
            except gurobipy.GurobiError as error:
                raise _translate(error) from error
            _environments[NAME] = env
        return _environments[NAME]


def _translate(error: Any) -> SolverError:
    """Name the licence case, or the trouble, in one line."""
    reason = " ".join(str(error).split())
    found = find_licence()
    if error.errno == _TOO_LARGE:
        return GurobiSizeError(
            f"Gurobi's size-limited licence stops at {FREE_LIMIT} variables and rows; use --solver highs"
        )
    if error.errno in _UNREACHABLE or (error.errno == _FAILED_LICENCE and found.kind == "wls"):
        return GurobiUnavailableError(
            f"Gurobi's {found.text}: no licence came from there ({reason}); check the network and the "
            "credentials, or use --solver highs"
        )
    if error.errno == _FAILED_LICENCE and found.kind == "size-limited":
        return GurobiUnavailableError(
            f"Gurobi's size-limited licence does not work ({reason}); update gurobipy, or use --solver highs"
        )
    if error.errno == _FAILED_LICENCE:
        return GurobiUnavailableError(
            f"Gurobi's {found.text}: it gives no licence here ({reason}); renew or remove it, "
            "or use --solver highs"
        )
    return SolverError(f"Gurobi failed ({reason}); use --solver highs")
