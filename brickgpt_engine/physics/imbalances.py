"""What bricks may leave unbalanced, as columns that a program gets only where they pay.

A structure that stands mostly needs none of them in the end, and one that falls needs few; but there are six
for each brick. Every pivot of the dual simplex looks at all columns, so without these it takes less time.
What stands can be balanced if pulls may be as hard as they like, so the program has an optimum
without them, and its duals tell which are missed.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from brickgpt_engine.bricks.library import STUD_PITCH_M
from brickgpt_engine.physics.bodies import Bodies
from brickgpt_engine.physics.force_model import COST
from brickgpt_engine.physics.program import ColumnBlock

IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]


class Imbalances:
    """Imbalances of the m moving bricks: along z, x and y, each up and down; ``(6m,)`` in that order.

    Attributes:
        brick: (6m,) whose each one is.
        cost: (6m,) published costs.
        row: (6m, 2) row that it adds to, and that it takes from; -1 for none.
        column: (6m,) its number among the program's columns, -1 where it has none.
    """

    def __init__(self, bodies: Bodies) -> None:
        moving, m = bodies.moving, len(bodies.moving)
        self.brick = np.tile(moving, 6)
        self.cost = COST * np.repeat([1.0, STUD_PITCH_M], [2 * m, 4 * m])
        more = [bodies.vertical[moving], *bodies.bottom[:, moving]]
        less = [np.full(m, -1), *bodies.top[:, moving]]
        both = np.stack([more, less], axis=2)
        self.row = np.stack([both, both[:, :, ::-1]], axis=1).reshape(-1, 2)
        self.column = np.full(6 * m, -1)

    def beyond(self, dual: FloatArray, weight: FloatArray) -> FloatArray:
        """What each (6m,) costs, times its brick's ``weight`` (n,), beyond what it earns at duals (rows,)."""
        y = np.append(dual, 0.0)
        beyond: FloatArray = self.cost * weight[self.brick] - y[self.row[:, 0]] + y[self.row[:, 1]]
        return beyond

    def missing(self, wanted: BoolArray) -> IntArray:
        """Those ``wanted`` (6m,) that have no column."""
        found: IntArray = np.flatnonzero(wanted & (self.column < 0))
        return found

    def block(self, which: IntArray, first: int) -> ColumnBlock:
        """Columns, numbered from ``first``, for ``which`` (k,), at published costs."""
        self.column[which] = first + np.arange(len(which))
        row, value = self.row[which], np.tile([1.0, -1.0], (len(which), 1))
        # What adds to a row and takes from the same does nothing.
        real = (row >= 0) & (row[:, :1] != row[:, 1:])
        start = np.append(0, np.cumsum(real.sum(axis=1)))
        return ColumnBlock(self.cost[which], start, row[real], value[real])

    def values(self, x: FloatArray) -> FloatArray:
        """(m, 3) what is left over along z, x and y at a point (columns,)."""
        signed = np.append(x, 0.0)[self.column].reshape(3, 2, -1)
        left: FloatArray = (signed[:, 0] - signed[:, 1]).T
        return left
