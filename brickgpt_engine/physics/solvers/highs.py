"""HiGHS (MIT licence, no size limit) through highspy's array interface."""

from __future__ import annotations

import threading
from dataclasses import dataclass
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
_DUAL, _PRIMAL = 1, 4
"""Values of HiGHS's option ``simplex_strategy``."""
_TUNING: dict[str, Any] = {
    # Measured on these programs: presolve costs more than it saves, devex beats steepest edge.
    "presolve": "off",
    "simplex_dual_edge_weight_strategy": 1,
    "dual_simplex_cost_perturbation_multiplier": 0.0,
}


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
    # HiGHS counts the time of an engine's whole life, so a limit needs a fresh one.
    engine = _engine() if time_limit is None else _new_engine()
    import highspy

    if time_limit is not None:
        engine.setOptionValue("time_limit", float(time_limit))
    engine.setOptionValue("simplex_strategy", _DUAL)
    if engine.passModel(_lp(program)) == highspy.HighsStatus.kError:
        raise SolverError("HiGHS rejects the linear program; the structure's numbers are out of range")
    engine.run()
    status = engine.getModelStatus()
    if status == highspy.HighsModelStatus.kOptimal:
        found = engine.getSolution()
        x, dual, reduced = (np.array(a) for a in (found.col_value, found.row_dual, found.col_dual))
        return Solution(x, float(engine.getInfo().objective_function_value), NAME, dual, reduced)
    raise SolverError(f"HiGHS ended without an answer: {engine.modelStatusToString(status)}")


def _engine() -> Any:
    """This thread's HiGHS, made on first use: an engine is not to be shared between threads."""
    engine = getattr(_local, "engine", None)
    if engine is None:
        engine = _local.engine = _new_engine()
    return engine


def _new_engine() -> Any:
    try:
        import highspy
    except ImportError as error:
        raise SolverError("highspy is not installed; run: pip install highspy") from error
    # The wrapper class prints a banner when it is made, before anyone can forbid it; its base does not.
    engine = highspy.Highs.__mro__[1]()
    for option, value in (_OPTIONS | _TUNING).items():
        engine.setOptionValue(option, value)
    return engine


def _lp(program: LinearProgram) -> Any:
    import highspy

    lp = highspy.HighsLp()
    lp.num_col_, lp.num_row_ = program.columns, program.rows
    lp.col_cost_, lp.col_lower_, lp.col_upper_ = program.cost, program.lower, program.upper
    lp.row_lower_, lp.row_upper_ = program.row_lower, program.row_upper
    lp.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    lp.a_matrix_.start_, lp.a_matrix_.index_ = program.start, program.index
    lp.a_matrix_.value_ = program.value
    return lp


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
        self._engine = _engine() if time_limit is None else _new_engine()
        if time_limit is not None:
            self._engine.setOptionValue("time_limit", float(time_limit))
        self.cost: FloatArray = np.zeros(0)
        """Cost of each column so far."""

    def load(self, columns: ColumnBlock, right: FloatArray, equations: int) -> None:
        """Begin with ``columns`` and the rows ``A @ x = right``, after the ``equations`` first ``>= right``.

        Raises:
            SolverError: HiGHS rejects the numbers.
        """
        import highspy

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
        self._engine.setOptionValue("simplex_strategy", _DUAL)
        self.cost = columns.cost
        if self._engine.passModel(_lp(program)) == highspy.HighsStatus.kError:
            raise SolverError("HiGHS rejects the linear program; the structure's numbers are out of range")

    def add(self, columns: ColumnBlock) -> None:
        """Append ``columns``; the last point stays feasible, so the primal simplex goes on from it."""
        count = len(columns.cost)
        self._engine.setOptionValue("simplex_strategy", _PRIMAL)
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
        index = np.flatnonzero(rows).astype(np.int32)
        if len(index):
            self._engine.changeRowsBounds(len(index), index, np.zeros(len(index)), np.zeros(len(index)))

    def reprice(self, cost: FloatArray) -> None:
        """Set the cost (columns,) of every column."""
        self._engine.setOptionValue("simplex_strategy", _PRIMAL)
        self.cost = cost
        self._engine.changeColsCost(len(cost), np.arange(len(cost), dtype=np.int32), cost)

    def solve(self) -> Optimum:
        """The optimum over the columns so far.

        Raises:
            SolverError: there is no optimum (time limit, numerical trouble).
        """
        import highspy

        self._engine.run()
        status = self._engine.getModelStatus()
        if status != highspy.HighsModelStatus.kOptimal:
            raise SolverError(f"HiGHS ended without an answer: {self._engine.modelStatusToString(status)}")
        found = self._engine.getSolution()
        return Optimum(
            np.array(found.col_value),
            np.array(found.row_dual),
            np.array(found.col_dual),
            float(self._engine.getInfo().objective_function_value),
        )
