"""HiGHS (MIT licence, no size limit) through highspy's array interface."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from brickgpt_engine.errors import SolverError
from brickgpt_engine.physics.program import ColumnBlock, FloatArray, LinearProgram, Solution

NAME = "highs"
_local = threading.local()

_OPTIONS: dict[str, Any] = {
    "output_flag": False,
    "threads": 1,
    "primal_feasibility_tolerance": 1e-9,
    "dual_feasibility_tolerance": 1e-9,
}
DUAL, PRIMAL = 1, 4
"""Values of HiGHS's option ``simplex_strategy``."""
_DEVEX, _STEEPEST = 1, 2
"""Values of HiGHS's option ``simplex_dual_edge_weight_strategy``."""
_TUNING: dict[str, Any] = {
    # Measured on these programs: presolve costs more than it saves.
    "presolve": "off",
    "simplex_dual_edge_weight_strategy": _DEVEX,
    "dual_simplex_cost_perturbation_multiplier": 0.0,
    # The programs are scaled already.
    "simplex_scale_strategy": 0,
}

_INSIDE: dict[str, Any] = {"solver": "ipm", "run_crossover": "on"}
"""HiGHS's options for an interior point method that ends at a basis."""


def version() -> str:
    """Version of the installed library.

    Raises:
        SolverError: highspy is not installed.
    """
    return str(_engine().version())


def solve(program: LinearProgram, time_limit: float | None = None) -> Solution:
    """Solve ``program``.

    Args:
        program: the linear program.
        time_limit: seconds after which to give up, or None.

    Raises:
        SolverError: highspy is missing, or there is no optimum (infeasible, time limit, numerical trouble).
    """
    engine = _run(program, time_limit)
    import highspy

    if engine.getModelStatus() == highspy.HighsModelStatus.kOptimal:
        found = engine.getSolution()
        x, dual, reduced = (np.array(a) for a in (found.col_value, found.row_dual, found.col_dual))
        return Solution(x, float(engine.getInfo().objective_function_value), NAME, dual, reduced)
    raise no_answer(engine)


def feasible(program: LinearProgram, time_limit: float | None = None) -> bool:
    """Whether ``program``, which costs nothing, has a feasible point.

    The dual simplex ends at the first one, or at a row that no point can meet: then there is none.

    Raises:
        SolverError: highspy is missing, or HiGHS cannot tell (time limit, numerical trouble).
    """
    engine = _run(program, time_limit)
    import highspy

    status = engine.getModelStatus()
    if status in (highspy.HighsModelStatus.kOptimal, highspy.HighsModelStatus.kInfeasible):
        return bool(status == highspy.HighsModelStatus.kOptimal)
    raise no_answer(engine)


def _run(program: LinearProgram, time_limit: float | None) -> Any:
    """An engine that has worked on ``program`` by the dual simplex, from nothing."""
    # HiGHS counts the time of an engine's whole life, so a limit needs a fresh one.
    engine = _engine() if time_limit is None else new_engine()
    if time_limit is not None:
        engine.setOptionValue("time_limit", float(time_limit))
    engine.setOptionValue("simplex_strategy", DUAL)
    engine.setOptionValue("simplex_dual_edge_weight_strategy", _DEVEX)
    _pass(engine, program)
    engine.run()
    return engine


def no_answer(engine: Any) -> SolverError:
    """The error of a run that ended without an optimum."""
    ending = engine.modelStatusToString(engine.getModelStatus())
    return SolverError(f"HiGHS ended without an answer: {ending}")


def _engine() -> Any:
    """This thread's HiGHS, made on first use: an engine is not to be shared between threads."""
    engine = getattr(_local, "engine", None)
    if engine is None:
        engine = _local.engine = new_engine()
    return engine


def new_engine() -> Any:
    """A HiGHS of one's own, tuned for these programs.

    Raises:
        SolverError: highspy is not installed.
    """
    try:
        import highspy
    except ImportError as error:
        raise SolverError("highspy is not installed; run: pip install highspy") from error
    # The wrapper class prints a banner when it is made, before anyone can forbid it; its base does not.
    engine = highspy.Highs.__mro__[1]()
    for option, value in (_OPTIONS | _TUNING).items():
        engine.setOptionValue(option, value)
    return engine


@cache
def _statuses() -> NDArray[np.object_]:
    """HiGHS's names for columns at zero with a bound there, free ones at zero, and basic ones."""
    import highspy

    kinds = highspy.HighsBasisStatus
    return np.array([kinds.kLower, kinds.kZero, kinds.kBasic], dtype=object)


def go_on(engine: Any, basic: NDArray[np.bool_], free: NDArray[np.bool_], rows: NDArray[np.bool_]) -> None:
    """Begin with these ``basic`` columns (columns,) and slacks of ``rows`` (rows,); ``free`` has no bound."""
    import highspy

    basis = highspy.HighsBasis()
    basis.col_status = _statuses()[np.where(basic, 2, free)].tolist()
    basis.row_status = _statuses()[np.where(rows, 2, 0)].tolist()
    basis.valid = True
    engine.setBasis(basis)


def _duals_at(engine: Any, cost: FloatArray) -> FloatArray:
    """The duals (rows,) that the last optimum's basis has for other costs (columns,)."""
    basic = np.asarray(engine.getBasicVariables()[1])
    own: FloatArray = np.where(basic >= 0, cost[np.maximum(basic, 0)], 0.0)
    return np.asarray(engine.getBasisTransposeSolve(own)[1])


def hold(engine: Any, rows: NDArray[np.int64]) -> None:
    """Turn the rows of these numbers into equations with zero."""
    if hasattr(engine, "changeRowsBounds"):
        zero = np.zeros(len(rows))
        engine.changeRowsBounds(len(rows), rows.astype(np.int32), zero, zero)
        return
    for row in rows.tolist():  # versions up to 1.11 cannot change several at once
        engine.changeRowBounds(row, 0.0, 0.0)


def _pass(engine: Any, program: LinearProgram) -> None:
    """Give ``engine`` the program in one call: arrays go over as they are, attributes number by number.

    Raises:
        SolverError: HiGHS rejects the numbers.
    """
    import highspy

    status = engine.passModel(
        program.columns,
        program.rows,
        len(program.value),
        int(highspy.MatrixFormat.kColwise),
        int(highspy.ObjSense.kMinimize),
        0.0,
        program.cost,
        program.lower,
        program.upper,
        program.row_lower,
        program.row_upper,
        program.start[:-1],
        program.index,
        program.value,
        np.zeros(program.columns, dtype=np.int32),
    )
    if status == highspy.HighsStatus.kError:
        raise SolverError("HiGHS rejects the linear program; the structure's numbers are out of range")


@dataclass(frozen=True, slots=True, eq=False)
class Optimum:
    """An optimal point and its duals: ``dual`` (rows,) and ``reduced`` costs (columns,)."""

    x: FloatArray
    dual: FloatArray
    reduced: FloatArray
    objective: float


class ColumnSession:
    """A program of equations that grows by columns, solved again from the last basis each time.

    Args:
        time_limit: seconds in all, or None.

    Raises:
        SolverError: highspy is not installed.
    """

    def __init__(self, time_limit: float | None = None) -> None:
        self._engine = _engine() if time_limit is None else new_engine()
        if time_limit is not None:
            self._engine.setOptionValue("time_limit", float(time_limit))
        self.cost: FloatArray = np.zeros(0)
        """Cost of each column so far."""

    def load(
        self, columns: ColumnBlock, right: FloatArray, equations: int, *, steepest: bool = False
    ) -> None:
        """Begin with ``columns`` and the rows ``A @ x = right``, after the ``equations`` first ``>= right``.

        ``steepest`` edges save pivots of the dual simplex, and cost more time for each.

        Raises:
            SolverError: HiGHS rejects the numbers.
        """
        count = len(columns.cost)
        upper = right.copy()
        upper[equations:] = np.inf
        program = LinearProgram(
            columns.cost,
            np.zeros(count),
            np.full(count, np.inf),
            right,
            upper,
            columns.start.astype(np.int32),
            columns.index.astype(np.int32),
            columns.value,
        )
        # Every right-hand side costs something and no cost is negative: the dual simplex can start.
        edges = _STEEPEST if steepest else _DEVEX
        self._engine.setOptionValue("simplex_strategy", DUAL)
        self._engine.setOptionValue("simplex_dual_edge_weight_strategy", edges)
        self.cost = columns.cost
        _pass(self._engine, program)

    def begin(self, basic: NDArray[np.bool_], rows: NDArray[np.bool_]) -> None:
        """Go on from a basis: the ``basic`` columns (columns,), and the slacks of these ``rows`` (rows,).

        The other columns are at zero. A basis that HiGHS does not take is of no consequence.
        """
        go_on(self._engine, basic, np.zeros(len(basic), dtype=bool), rows)

    def add(self, columns: ColumnBlock) -> None:
        """Append ``columns``; the last point stays feasible, so the primal simplex goes on from it."""
        count = len(columns.cost)
        self._engine.setOptionValue("simplex_strategy", PRIMAL)
        self.cost = np.concatenate([self.cost, columns.cost])
        self._engine.addCols(
            count,
            columns.cost,
            np.zeros(count),
            np.full(count, np.inf),
            len(columns.index),
            columns.start[:-1].astype(np.int32),
            columns.index.astype(np.int32),
            columns.value,
        )

    def close(self, columns: NDArray[np.bool_], rows: NDArray[np.bool_]) -> None:
        """Hold these columns (columns,), and the slack of these rows (rows,), at zero from now on."""
        index = np.flatnonzero(columns).astype(np.int32)
        self._engine.changeColsBounds(len(index), index, np.zeros(len(index)), np.zeros(len(index)))
        hold(self._engine, np.flatnonzero(rows))

    def reprice(self, cost: FloatArray) -> None:
        """Set the cost (columns,) of every column."""
        self._engine.setOptionValue("simplex_strategy", PRIMAL)
        self.cost = cost
        self._engine.changeColsCost(len(cost), np.arange(len(cost), dtype=np.int32), cost)

    def solve(self, *, afresh: bool = False) -> FloatArray:
        """The duals (rows,) of the optimum over the columns so far; ``afresh`` where none was solved before.

        Raises:
            SolverError: there is no optimum (time limit, numerical trouble).
        """
        import highspy

        if afresh:
            self._engine.setOptionValue("simplex_strategy", DUAL)
        self._engine.run()
        if self._engine.getModelStatus() != highspy.HighsModelStatus.kOptimal:
            raise no_answer(self._engine)
        return np.array(self._engine.getSolution().row_dual)

    def solve_inside(self) -> FloatArray:
        """As :meth:`solve`, from no start: an interior point method, then pivots to a basis near its end.

        Raises:
            SolverError: there is no optimum (time limit, numerical trouble).
        """
        import highspy

        for option, value in _INSIDE.items():
            self._engine.setOptionValue(option, value)
        self._engine.run()
        self._engine.setOptionValue("solver", "choose")
        basic = self._engine.getBasis().valid
        if basic and self._engine.getModelStatus() == highspy.HighsModelStatus.kOptimal:
            return np.array(self._engine.getSolution().row_dual)
        return self.solve(afresh=True)

    def point(self) -> FloatArray:
        """The optimal point (columns,)."""
        return np.array(self._engine.getSolution().col_value)

    def duals_at(self, cost: FloatArray) -> FloatArray:
        """The duals (rows,) that the last optimum's basis has for other costs (columns,)."""
        return _duals_at(self._engine, cost)

    def optimum(self) -> Optimum:
        """All of the last optimum."""
        found = self._engine.getSolution()
        x, dual, reduced = (np.array(a) for a in (found.col_value, found.row_dual, found.col_dual))
        return Optimum(x, dual, reduced, float(self._engine.getInfo().objective_function_value))
