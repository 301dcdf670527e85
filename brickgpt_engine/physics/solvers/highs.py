"""HiGHS (MIT licence, no size limit) through highspy's array interface."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np

from brickgpt_engine.errors import SolverError
from brickgpt_engine.physics.program import LinearProgram, Solution

NAME = "highs"
_local = threading.local()

_OPTIONS: dict[str, Any] = {
    "output_flag": False,
    "threads": 1,
    "primal_feasibility_tolerance": 1e-9,
    "dual_feasibility_tolerance": 1e-9,
}
_TUNING: dict[str, Any] = {
    # Measured on these programs: presolve costs more than it saves, devex beats steepest edge.
    "presolve": "off",
    "simplex_dual_edge_weight_strategy": 1,
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
    if engine.passModel(_lp(program)) == highspy.HighsStatus.kError:
        raise SolverError("HiGHS rejects the linear program; the structure's numbers are out of range")
    engine.run()
    status = engine.getModelStatus()
    if status == highspy.HighsModelStatus.kOptimal:
        x = np.array(engine.getSolution().col_value)
        return Solution(x, float(engine.getInfo().objective_function_value), NAME)
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
    engine = highspy.Highs()
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
