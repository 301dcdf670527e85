"""Fill rectangles with courses of bricks, each course cut at the cheapest places.

A course is a strip one or two cells wide. Where to cut it is a shortest path over its length: a brick
costs about 1, a joint right above a joint costs extra (:data:`THROUGH`), and so does a brick that rests
on nothing or only on one of its halves. The result is what a builder calls a running bond.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from brickgpt_engine.layout.regions import Rect

THROUGH = 1.1
"""Cost of a cut of a course right above a joint; more than a brick, so that a wall is staggered."""
SEAM = 0.15
"""Cost of one unit edge of joint above another joint where it costs no wall its bond: between two
courses, or in sum over a layer. One brick more seldom pays for it in the measure of the safety factor."""
FLOATING = 4.0
"""Cost of a brick with no cell below."""
LOST = 30.0
"""Cost of a brick with no cell below or above: nothing can ever hold it."""
TIPPING = 1.5
"""Cost of a brick that is supported under one of its halves only."""

# Cost of a brick by course width and length. The small differences prefer even splits: 4+8+4 over 6+8+2.
LENGTH_COSTS: dict[int, tuple[tuple[int, float], ...]] = {
    1: ((8, 1.0), (6, 1.015), (4, 1.02), (2, 1.08), (1, 1.9)),
    2: ((6, 1.0), (4, 1.02), (2, 1.08), (1, 1.15)),
}

Placement = tuple[int, int, int, int]
"""Footprint and place of a brick in its layer: h, w, x, y."""
Table = list[list[float]]


def summed_area(values: NDArray[np.float64] | NDArray[np.bool_]) -> Table:
    """Summed-area table of a (R, C) array with a leading row and column of zeros, as nested lists."""
    table = np.zeros((values.shape[0] + 1, values.shape[1] + 1))
    table[1:, 1:] = values.cumsum(axis=0).cumsum(axis=1)
    rows: Table = table.tolist()
    return rows


@dataclass(slots=True)
class LayerView:
    """What one layer must know of the layers below, as seen along one axis.

    Rows run across the courses and columns along them; for courses along y, rows are x and columns y.
    Grids have shape (R, C) with cell indices of the layer.

    Attributes:
        support: summed-area table of the filled cells right below.
        ties: the same of the cells with a filled cell right below or above.
        along: table of joint weights between (r, c-1) and (r, c): joints that cross a course.
        across: table of joint weights between (r-1, c) and (r, c): joints between courses.
        mirrored: break ties from the far end of a course.
        noise: random cost of a cut before column c, shape (R, C+1), or None.
    """

    support: Table
    ties: Table
    along: Table
    across: Table
    mirrored: bool
    noise: Table | None = None
    solved: dict[tuple[int, int, int, int], tuple[float, tuple[int, ...]]] = field(default_factory=dict)

    def course(self, row: int, width: int, start: int, length: int) -> tuple[float, tuple[int, ...]]:
        """Cheapest lengths for a course of ``width`` rows at ``row``, columns ``start … start+length-1``."""
        key = (row, width, start, length)
        if key not in self.solved:
            self.solved[key] = self._solve(row, width, start, length)
        return self.solved[key]

    def _solve(self, row: int, width: int, start: int, length: int) -> tuple[float, tuple[int, ...]]:
        held = self._profile(self.support, row, width, start, length)
        ties = self._profile(self.ties, row, width, start, length)
        joints = self._profile(self.along, row, width, start, length)
        cuts = [THROUGH / width * (joints[i + 1] - joints[i]) for i in range(length)]
        cuts[0] = 0.0
        if self.noise is not None:
            cuts = [c + self.noise[row][start + i] for i, c in enumerate(cuts)]
        if self.mirrored:
            held = [held[-1] - value for value in reversed(held)]
            ties = [ties[-1] - value for value in reversed(ties)]
            cuts = [0.0, *reversed(cuts[1:])]
        firm = held[-1] == length * width
        cost, lengths = _shortest(cuts, None if firm else (held, ties), LENGTH_COSTS[width])
        return cost, lengths[::-1] if self.mirrored else lengths

    @staticmethod
    def _profile(table: Table, row: int, width: int, start: int, length: int) -> list[float]:
        top, bottom = table[row], table[row + width]
        base = bottom[start] - top[start]
        return [bottom[c] - top[c] - base for c in range(start, start + length + 1)]

    def seam(self, row: int, start: int, length: int) -> float:
        """Cost of a joint between rows ``row-1`` and ``row`` along some columns."""
        top, bottom, end = self.across[row], self.across[row + 1], start + length
        return SEAM * (bottom[end] - bottom[start] - top[end] + top[start])


def _shortest(
    cuts: list[float],
    grounds: tuple[list[float], list[float]] | None,
    menu: tuple[tuple[int, float], ...],
) -> tuple[float, tuple[int, ...]]:
    """Shortest path over the cut positions; earlier entries of ``menu`` win ties.

    ``grounds`` counts the cells before each position that are held from below, and from either
    side; None when all are held from below.
    """
    size = len(cuts)
    best = [0.0] * (size + 1)
    step = [0] * size
    for i in range(size - 1, -1, -1):
        low = float("inf")
        for length, price in menu:
            end = i + length
            if end > size:
                continue
            cost = price + best[end] + (cuts[end] if end < size else 0.0)
            if grounds is not None:
                cost += _support_cost(*grounds, i, end)
            if cost < low - 1e-9:
                low, step[i] = cost, length
        best[i] = low
    lengths, i = [], 0
    while i < size:
        lengths.append(step[i])
        i += step[i]
    return best[0], tuple(lengths)


def _support_cost(held: list[float], ties: list[float], start: int, end: int) -> float:
    if held[end] == held[start]:
        return LOST if ties[end] == ties[start] else FLOATING
    half = (end - start) // 2
    if half and (held[start + half] == held[start] or held[end - half] == held[end]):
        return TIPPING
    return 0.0


def fill(view: LayerView, rect: Rect, shift: int) -> tuple[float, list[Placement]]:
    """Fill one rectangle, given in the view's rows and columns, with courses along the columns.

    Args:
        view: the layer as seen along the courses.
        rect: row, column, rows, columns.
        shift: 1 starts with a course one cell wide.

    Returns:
        The cost, and placements in the view's orientation (rows first).
    """
    row, start, height, length = rect
    cost, placed = 0.0, []
    at, end = row, row + height
    while at < end:
        width = 1 if (shift and at == row) or at + 1 == end else 2
        price, lengths = view.course(at, width, start, length)
        cost += price + (view.seam(at, start, length) if at > row else 0.0)
        column = start
        for size in lengths:
            placed.append((width, size, at, column))
            column += size
        at += width
    return cost, placed


def transposed(placements: list[Placement]) -> list[Placement]:
    """The same bricks with x and y exchanged."""
    return [(w, h, y, x) for h, w, x, y in placements]
