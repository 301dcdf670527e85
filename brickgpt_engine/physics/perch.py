"""How new equations are best met by new columns alone: what a brick that is put on others rests on.

The brick's equations have no part in the old columns. So an optimal basis of the old program, and one of the
new columns that is optimal for the new equations where the old duals stay as they are, are together
a basis at which no column pays. Only the load that the brick hands down may be more than the old one bears.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

_PIVOTS = 60
_ZERO = 1e-9
"""HiGHS's tolerance for what pays."""


def perch(table: FloatArray, worth: FloatArray, right: FloatArray, free: BoolArray) -> IntArray | None:
    """Minimise ``worth @ x`` where ``table @ x = right`` and ``x >= 0``, by the primal simplex.

    Args:
        table: (k, c) entries of the new columns in the new equations.
        worth: (c,) reduced costs of the columns, with nothing for the new equations.
        right: (k,), not negative.
        free: (c,) columns that may be negative; they must have no part in the equations, and no worth.

    Returns:
        the optimal basis (k,): a column for each equation, or -1 for its slack, which is zero. None
        where there is no optimum, or it is not easily found.
    """
    k = len(right)
    part: IntArray = np.sum(table != 0, axis=0)
    apart = part == 0
    if worth[apart].min(initial=0.0) < -_ZERO or np.abs(worth[free]).max(initial=0.0) > _ZERO:
        return None
    if not apart[free].all():
        return None
    used = np.flatnonzero(part)
    # Equations, with their right-hand sides last; worths below them.
    whole = np.zeros((k + 1, len(used) + 1))
    whole[:k, :-1], whole[k, :-1], whole[:k, -1] = table[:, used], worth[used], right
    basis, alone = [-1] * k, part[used] == 1
    for row in range(k):
        if right[row] > 0:
            own = np.flatnonzero(alone & (whole[row, :-1] > 0))
            if not len(own):
                return None
            basis[row] = int(own[np.argmin(whole[k, own])])
            _pivot(whole, row, basis[row])
    for _ in range(_PIVOTS):
        column = int(whole[k, :-1].argmin())
        if whole[k, column] >= -_ZERO:
            return np.array([used[at] if at >= 0 else -1 for at in basis])
        row = _first(whole[:k, column].tolist(), whole[:k, -1].tolist(), basis)
        if row < 0:
            return None
        _pivot(whole, row, column)
        basis[row] = column
    return None


def _first(entries: list[float], values: list[float], basis: list[int]) -> int:
    """The equation that stops a column with these ``entries`` (k,), -1 where none does."""
    found, least, most = -1, np.inf, 0.0
    for row, (entry, value) in enumerate(zip(entries, values, strict=True)):
        # A slack is zero and stays so, whichever way the column would move it.
        held = basis[row] < 0
        if entry > _ZERO or (held and entry < -_ZERO):
            ratio = 0.0 if held else value / entry
            if ratio < least - _ZERO or (ratio <= least + _ZERO and abs(entry) > most):
                found, least, most = row, ratio, abs(entry)
    return found


def _pivot(whole: FloatArray, row: int, column: int) -> None:
    """Make ``column`` basic in ``row``, in place."""
    whole[row] /= whole[row, column]
    entry = whole[:, column].copy()
    entry[row] = 0.0
    whole -= entry[:, None] * whole[row]
