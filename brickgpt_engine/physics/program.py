"""A linear program as plain arrays, and its solution: what a solver gets, and what it answers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IndexArray = NDArray[np.int32]


@dataclass(frozen=True, slots=True, eq=False)
class LinearProgram:
    """Minimise ``cost @ x`` with ``row_lower <= A @ x <= row_upper`` and ``lower <= x <= upper``.

    ``A`` has one row per entry of ``row_lower`` and is stored by columns: column ``j`` holds
    ``value[start[j]:start[j + 1]]`` at the rows ``index[start[j]:start[j + 1]]``, each row at most once.
    Infinite bounds are ``numpy.inf``.
    """

    cost: FloatArray
    lower: FloatArray
    upper: FloatArray
    row_lower: FloatArray
    row_upper: FloatArray
    start: IndexArray
    index: IndexArray
    value: FloatArray

    @property
    def columns(self) -> int:
        """Number of variables."""
        return len(self.cost)

    @property
    def rows(self) -> int:
        """Number of constraints."""
        return len(self.row_lower)

    def activity(self, x: FloatArray) -> FloatArray:
        """``A @ x``, shape (rows,)."""
        column = np.repeat(np.arange(self.columns), np.diff(self.start))
        total = np.zeros(self.rows)
        np.add.at(total, self.index, self.value * x[column])
        return total


@dataclass(frozen=True, slots=True, eq=False)
class ColumnBlock:
    """Columns of non-negative variables: costs (columns,), and entries as in :class:`LinearProgram`."""

    cost: FloatArray
    start: IndexArray | NDArray[np.int64]
    index: IndexArray | NDArray[np.int64]
    value: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class Solution:
    """A solver's answer; every ending but an optimum is a ``SolverError``.

    Attributes:
        x: (columns,) an optimal point.
        objective: its value.
        solver: ``"highs"`` or ``"gurobi"``.
        dual: (rows,) how much the optimum grows with each row's bound.
        reduced: (columns,) reduced costs.
        note: why this solver, in a few words; empty when there is nothing to say.
    """

    x: FloatArray
    objective: float
    solver: str
    dual: FloatArray
    reduced: FloatArray
    note: str = ""
