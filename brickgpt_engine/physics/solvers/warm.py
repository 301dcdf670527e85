"""A program that HiGHS keeps while rows and columns come and go, and is asked about only where it must be.

What changes is written down, and handed to HiGHS when it has to pivot. Before that the last basis is tried:
HiGHS still has its factors, so the point and the duals that it has for other right-hand sides and costs
take two solves with them. New equations that only new columns have a part in border that basis: columns
chosen for them (:func:`~brickgpt_engine.physics.perch.perch`) leave all old duals as they are. Where
the bordered basis has a feasible point, HiGHS needs no run; else its dual simplex goes on from there.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from brickgpt_engine.errors import SolverError
from brickgpt_engine.physics.perch import perch
from brickgpt_engine.physics.program import ColumnBlock, FloatArray
from brickgpt_engine.physics.solvers.highs import DUAL, PRIMAL, go_on, hold, new_engine, no_answer

IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]
Sparse = tuple[IntArray, IntArray, FloatArray]
"""Start, index and value of a matrix."""

_OPTIONS = {
    # Measured: what perturbed bounds make infeasible takes a third to nine tenths of the pivots to mend.
    "primal_simplex_bound_perturbation_multiplier": 0.0,
    # Without them the simplex might go in circles.
    "simplex_iteration_limit": 20_000,
}
"""HiGHS's options where a change is solved for from the last basis."""
_ZERO = 1e-9
"""HiGHS's tolerance for a point to be feasible."""
_LITTLE = 2
"""Basic variables out of bounds up to which HiGHS mends a border by its own start: measured, as soon done."""
_BORDER = 60
"""Rows of a border beyond which HiGHS takes it in."""


@dataclass(frozen=True, slots=True, eq=False)
class _Border:
    """Equations and columns that HiGHS does not have yet, and a basis for them.

    Attributes:
        blocks: the columns, in order.
        chosen: (k,) basic column of each new row, or slack, which HiGHS numbers from -1 down.
        across: (rows, k) entries of those columns in the rows that HiGHS has.
        inverse: (k, k) of their entries in the new rows.
    """

    blocks: list[ColumnBlock]
    chosen: IntArray
    across: FloatArray
    inverse: FloatArray


class WarmSession:
    """A program that grows by rows and columns and loses columns again, solved from where it stood.

    Args:
        time_limit: seconds for its whole life, or None.

    Attributes:
        pivots: simplex iterations so far.

    Raises:
        SolverError: highspy is not installed.
    """

    def __init__(self, time_limit: float | None = None) -> None:
        self.pivots = 0
        self._engine = new_engine()
        for option, value in _OPTIONS.items():
            self._engine.setOptionValue(option, value)
        if time_limit is not None:
            self._engine.setOptionValue("time_limit", float(time_limit))
        self._right = self._cost = np.zeros(0)
        self._free = self._shut = np.zeros(0, dtype=bool)
        # The basic variables of the last optimum, as long as HiGHS has their factors.
        self._basic: IntArray | None = None
        self._border: _Border | None = None
        self._values: FloatArray | None = None
        self._dual: FloatArray | None = None
        self._onward, self._little = PRIMAL, False
        # What HiGHS has not been told yet.
        self._closing: list[IntArray] = []
        self._unloading: list[IntArray] = []
        self._repriced = False

    def add_rows(self, right: FloatArray, entries: Sparse | None = None) -> None:
        """Append equations, without columns unless ``entries`` gives start, index and value by rows."""
        self._hand_over()
        none = np.zeros(0, dtype=np.int32)
        start, index, value = entries or (np.zeros(len(right) + 1), none, np.zeros(0))
        self._engine.addRows(
            *(len(right), right, right, len(index)),
            *(start[:-1].astype(np.int32), index.astype(np.int32), value),
        )
        self._right = np.concatenate([self._right, right])

    def add_columns(self, columns: ColumnBlock, free: BoolArray) -> None:
        """Append ``columns``; those that are ``free`` (columns,) may be negative."""
        self._hand_over()
        self._onward = PRIMAL
        self._append(columns, free)
        self._pass_columns(columns, free)

    def extend(self, right: FloatArray, columns: ColumnBlock, free: BoolArray) -> None:
        """Append equations, and columns; only these have a part in them."""
        border = self._perch(right, columns, free)
        if border is None:
            self.add_rows(right)
            self.add_columns(columns, free)
            return
        self._right = np.concatenate([self._right, right])
        self._append(columns, free)
        self._border, self._values, self._dual = border, None, None

    def begin(self, basic: BoolArray, free: BoolArray, rows: BoolArray) -> None:
        """Go on from a basis: the ``basic`` columns (columns,), and the slacks of these ``rows`` (rows,).

        The other columns are at zero. A basis that HiGHS does not take is of no consequence.
        """
        go_on(self._engine, basic, free, rows)

    def close(self, columns: IntArray) -> None:
        """Hold the columns of these numbers at zero from now on."""
        self._shut[columns] = True
        self._closing.append(columns)
        self._values = None

    def unload(self, rows: IntArray) -> None:
        """Make the right-hand sides of the equations of these numbers zero."""
        self._right[rows] = 0.0
        self._unloading.append(rows)
        self._values = None

    def reprice(self, cost: FloatArray) -> None:
        """Set the cost of every column."""
        self._cost, self._repriced, self._dual = cost, True, None

    def certain(self) -> FloatArray | None:
        """The duals (rows,) of the last basis where it has a feasible point, None elsewhere.

        They are those of the optimum if no column pays at them.
        """
        if self._basic is None:
            return None
        values = self._basic_values()
        if values is None:
            return None
        basic = self._bordered(self._basic)
        column = np.maximum(basic, 0)
        fixed = (basic < 0) | self._shut[column]
        off = np.where(fixed, np.abs(values), np.where(self._free[column], 0.0, -values))
        wrong = np.count_nonzero(off > _ZERO)
        self._little = bool(0 < wrong <= _LITTLE)
        if wrong:
            return None
        if self._dual is None:
            self._dual = self.duals_at(self._cost)
        return self._dual

    def solve(self, *, fewer: bool = False) -> FloatArray | None:
        """The duals (rows,) of the optimum, or None where no point meets all equations.

        ``fewer``: columns were only closed since the last one.

        Raises:
            SolverError: there is no optimum (time limit, numerical trouble).
        """
        import highspy

        self._hand_over()
        # Measured: half the pivots of the other way, each.
        self._engine.setOptionValue("simplex_strategy", DUAL if fewer else self._onward)
        self._engine.run()
        self._onward = PRIMAL
        self.pivots += self._engine.getInfo().simplex_iteration_count
        status = self._engine.getModelStatus()
        if status == highspy.HighsModelStatus.kInfeasible:
            return None
        if status != highspy.HighsModelStatus.kOptimal:
            raise no_answer(self._engine)
        self._basic = np.asarray(self._engine.getBasicVariables()[1])
        self._dual = np.array(self._engine.getSolution().row_dual)
        return self._dual

    def basis(self) -> tuple[BoolArray, BoolArray]:
        """Which columns (columns,) are basic after a run, and which rows' slacks (rows,)."""
        return self._marked(np.asarray(self._engine.getBasicVariables()[1]))

    def reduced(self) -> FloatArray:
        """Reduced costs (columns,) of the optimum after a run."""
        return np.array(self._engine.getSolution().col_dual)

    def point(self) -> FloatArray:
        """The optimal point (columns,)."""
        values = self._basic_values()
        if values is None or self._basic is None:
            return np.array(self._engine.getSolution().col_value)
        x, basic = np.zeros(len(self._cost)), self._bordered(self._basic)
        real = basic >= 0
        x[basic[real]] = values[real]
        return x

    def duals_at(self, cost: FloatArray) -> FloatArray:
        """The duals (rows,) that the last optimum's basis has for other costs (columns,)."""
        if self._basic is None:
            raise SolverError("HiGHS has no basis")
        own = np.where(self._basic >= 0, cost[np.maximum(self._basic, 0)], 0.0)
        dual: FloatArray = np.asarray(self._engine.getBasisTransposeSolve(own)[1])
        if self._border is None:
            return dual
        b = self._border
        own = np.where(b.chosen >= 0, cost[np.maximum(b.chosen, 0)], 0.0) - dual @ b.across
        return np.concatenate([dual, own @ b.inverse])

    def _append(self, columns: ColumnBlock, free: BoolArray) -> None:
        self._cost = np.concatenate([self._cost, columns.cost])
        self._free = np.concatenate([self._free, free])
        self._shut = np.concatenate([self._shut, np.zeros(len(free), dtype=bool)])

    def _pass_columns(self, columns: ColumnBlock, free: BoolArray) -> None:
        count = len(columns.cost)
        self._engine.addCols(
            *(count, columns.cost, np.where(free, -np.inf, 0.0), np.full(count, np.inf)),
            *(len(columns.index), columns.start[:-1].astype(np.int32)),
            *(columns.index.astype(np.int32), columns.value),
        )

    def _perch(self, right: FloatArray, columns: ColumnBlock, free: BoolArray) -> _Border | None:
        """The border with these equations and columns more; None where no basis of theirs keeps the duals."""
        if self._basic is None or len(self._right) + len(right) - len(self._basic) > _BORDER:
            return None
        known, count, k = len(self._right), len(columns.cost), len(right)
        entries = np.zeros((known + k, count))
        entries[columns.index, np.repeat(np.arange(count), np.diff(columns.start))] = columns.value
        dual = self.duals_at(self._cost) if self._dual is None else self._dual
        worth = columns.cost - dual @ entries[:known]
        found = perch(entries[known:], worth, right, free)
        if found is None:
            return None
        old, b = len(self._basic), self._border
        taken = np.where(found >= 0, entries[:, found], 0.0)
        slack = np.flatnonzero(found < 0)
        taken[known + slack, slack] = 1.0
        chosen = np.where(found >= 0, found + len(self._cost), -1 - known - np.arange(k))
        across = taken[:old]
        try:
            inverse = np.linalg.inv(taken[known:])
        except np.linalg.LinAlgError:
            return None
        if b is None:
            return _Border([columns], chosen, across, inverse)
        # New columns may have a part in the border's rows, and no other way round.
        whole = np.zeros((known + k - old,) * 2)
        whole[: known - old, : known - old], whole[known - old :, known - old :] = b.inverse, inverse
        whole[: known - old, known - old :] = -b.inverse @ taken[old:known] @ inverse
        chosen, across = np.concatenate([b.chosen, chosen]), np.hstack([b.across, across])
        return _Border([*b.blocks, columns], chosen, across, whole)

    def _bordered(self, basic: IntArray) -> IntArray:
        """HiGHS's ``basic`` columns and slacks, and those of the border, as HiGHS numbers them."""
        return basic if self._border is None else np.concatenate([basic, self._border.chosen])

    def _basic_values(self) -> FloatArray | None:
        """Values of the basic variables, None where HiGHS does not tell."""
        if self._values is None and self._basic is not None:
            import highspy

            right, known, b = self._right, len(self._basic), self._border
            outer = np.zeros(0)
            if b is not None:
                outer = b.inverse @ right[known:]
                right = right[:known] - b.across @ outer
            status, inner = self._engine.getBasisSolve(right)
            if status == highspy.HighsStatus.kOk:
                self._values = np.concatenate([inner, outer])
        return self._values

    def _marked(self, basic: IntArray) -> tuple[BoolArray, BoolArray]:
        """Which columns (columns,) and slacks (rows,) are ``basic``, as HiGHS numbers them."""
        columns, rows = (np.zeros(len(self._cost), dtype=bool), np.zeros(len(basic), dtype=bool))
        columns[basic[basic >= 0]] = True
        rows[-1 - basic[basic < 0]] = True
        return columns, rows

    def _hand_over(self) -> None:
        """Tell HiGHS what it has not been told, whereupon it has no factors until it runs."""
        b, engine, basis = self._border, self._engine, None
        if b is not None and self._basic is not None:
            right, none = self._right[len(self._basic) :], np.zeros(0, dtype=np.int32)
            start = np.zeros(len(right), dtype=np.int32)
            engine.addRows(len(right), right, right, 0, start, none, np.zeros(0))
            first = len(self._cost) - sum(len(block.cost) for block in b.blocks)
            for block in b.blocks:
                self._pass_columns(block, self._free[first : first + len(block.cost)])
                first += len(block.cost)
            if not self._little:
                basis = self._marked(self._bordered(self._basic))
        self._basic = self._border = self._values = self._dual = None
        self._little = False
        if self._closing:
            columns = np.concatenate(self._closing)
            zero = np.zeros(len(columns))
            engine.changeColsBounds(len(columns), columns.astype(np.int32), zero, zero)
            self._closing = []
        if self._unloading:
            hold(engine, np.concatenate(self._unloading))
            self._unloading = []
        if self._repriced:
            count = len(self._cost)
            engine.changeColsCost(count, np.arange(count, dtype=np.int32), self._cost)
            self._repriced = False
        if basis is not None:
            go_on(engine, basis[0], self._free, basis[1])
            self._onward = DUAL
