"""What is known of every column of a program that a solver keeps while bricks come and go."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from brickgpt_engine.physics.condensed import Entries

IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

NOBODY = -1
"""Stands for no brick, and for the baseplate."""


@dataclass(slots=True, eq=False)
class Forces:
    """Vertical forces (k,) between two bricks, part of a column: the sum of its points.

    Attributes:
        column: which one.
        upper, lower: bricks; ``lower`` may be the baseplate.
        size: how many points lift the upper brick, less than zero where they pull it down.
        x, y: the points' places added up, with the sign of ``size``.
    """

    column: IntArray
    upper: IntArray
    lower: IntArray
    size: FloatArray
    x: FloatArray
    y: FloatArray

    def take(self, at: IntArray | BoolArray) -> Forces:
        """Some of them."""
        return Forces(*(part[at] for part in self._parts()))

    def and_(self, *others: Forces) -> Forces:
        """These and others."""
        return Forces(
            *map(np.concatenate, zip(self._parts(), *(one._parts() for one in others), strict=True))
        )

    def _parts(self) -> tuple[NDArray[Any], ...]:
        return self.column, self.upper, self.lower, self.size, self.x, self.y


@dataclass(slots=True, eq=False)
class RowMap:
    """Rows of each brick's balances; the last brick is the baseplate, and -1 is no row.

    Attributes:
        vertical: (n + 1,).
        bottom, top: (2, n + 1, depth) along x and y.
        centre: (n + 1, 2) of each brick, stud pitches.
    """

    vertical: IntArray
    bottom: IntArray
    top: IntArray
    centre: FloatArray

    def lifts(self, forces: Forces) -> Entries:
        """Entries of vertical ``forces``."""
        brick = np.stack([forces.upper, forces.lower])
        k, depth = len(forces.column), self.bottom.shape[2]
        sign = np.array([[1.0], [-1.0]])
        size = forces.size * sign
        lever = np.stack([forces.x, forces.y])[:, None] * sign - self.centre.T[:, brick] * size
        turned = np.broadcast_to(lever[..., None], (2, 2, k, depth)).reshape(-1)
        rows = (self.vertical[brick], self.bottom[:, brick], self.top[:, brick])
        row = np.concatenate([part.reshape(-1) for part in rows])
        value = np.concatenate([size.reshape(-1), turned, -turned])
        column = np.concatenate([np.tile(forces.column, 2), np.tile(np.repeat(forces.column, depth), 8)])
        return Entries(column, row, value)

    def presses(self, press: IntArray) -> Entries:
        """Entries of ``press`` (4, k), as in :attr:`LiveColumns.press`."""
        column, axis, first, second = press
        return turns(column, self.bottom[axis, second], self.bottom[axis, first])

    def imbalances(self, column: IntArray, bricks: IntArray) -> Entries:
        """Entries of what ``bricks`` (k,) leave unbalanced, in these columns (k, 6)."""
        k, depth = len(bricks), self.bottom.shape[2]
        ends = np.concatenate([self.bottom[:, bricks], self.top[:, bricks]], axis=2)
        row = np.concatenate([self.vertical[bricks], self.vertical[bricks], *2 * [ends.reshape(-1)]])
        turned = np.tile(np.repeat([1.0, -1.0], depth), 2 * k)
        value = np.concatenate([np.ones(k), -np.ones(k), turned, -turned])
        about = [np.repeat(column[:, at : at + 3 : 2].T.reshape(-1), 2 * depth) for at in (2, 3)]
        number = np.concatenate([column[:, 0], column[:, 1], *about])
        there = number >= 0
        return Entries(number[there], row[there], value[there])


def turns(column: IntArray, more: IntArray, less: IntArray) -> Entries:
    """Entries of torques (k,) that add to the rows ``more`` (k, depth) and take from ``less``."""
    depth = more.shape[1]
    value = np.tile(np.repeat([1.0, -1.0], depth), len(column))
    return Entries(np.repeat(column, 2 * depth), np.concatenate([more, less], axis=1).reshape(-1), value)


class LiveColumns:
    """Columns by number, and what they are made of.

    Attributes:
        cost: (c,) published costs.
        first: (c,) the brick whose weight counts in the tie-break.
        free: (c,) whether it may be negative.
        alive: (c,) whether it is still in use.
        forces: vertical forces.
        points: (4, s) points that sets pull at: column, upper and lower brick, number in their pair.
        press: (4, presses) column, axis, and the first and second brick side by side.
        residuals: (n, 6) columns of each brick's imbalances: vertical, along x and along y, each up and down;
            -1 where the solver has none.
    """

    def __init__(self) -> None:
        none, nothing = np.zeros(0, dtype=np.int64), np.zeros(0)
        self.cost = nothing
        self.first = none
        self.free = self.alive = np.zeros(0, dtype=bool)
        self.forces = Forces(none, none, none, nothing, nothing, nothing)
        self.points = np.zeros((4, 0), dtype=np.int64)
        self.press = np.zeros((4, 0), dtype=np.int64)
        self.residuals = np.zeros((0, 6), dtype=np.int64)

    def __len__(self) -> int:
        return len(self.cost)

    def append(self, cost: FloatArray, first: IntArray, *, free: bool = False) -> IntArray:
        """More columns; their numbers."""
        count, before = len(cost), len(self.cost)
        self.cost = np.concatenate([self.cost, cost])
        self.first = np.concatenate([self.first, first])
        self.free = np.concatenate([self.free, np.full(count, free)])
        self.alive = np.concatenate([self.alive, np.ones(count, dtype=bool)])
        return np.arange(before, before + count)

    def remove(self, brick: int) -> IntArray:
        """Forget the columns of ``brick`` and count later bricks down; the numbers of those columns."""
        f, s, p = self.forces, self.points, self.press
        gone = (f.upper == brick) | (f.lower == brick)
        pressed = (p[2] == brick) | (p[3] == brick)
        own = self.residuals[brick]
        alive = self.alive.copy()
        alive[f.column[gone]] = alive[p[0, pressed]] = alive[own[own >= 0]] = False
        dead = np.flatnonzero(self.alive & ~alive)
        self.alive = alive
        self.residuals = np.delete(self.residuals, brick, axis=0)
        self.forces = f.take(self.alive[f.column])
        self.points = s[:, self.alive[s[0]]]
        self.press = p[:, ~pressed]
        self.first[dead] = NOBODY
        for bricks in (self.first, self.forces.upper, self.forces.lower, self.points[1], self.points[2]):
            bricks -= bricks > brick
        self.press[2:] -= self.press[2:] > brick
        return dead

    def keep(self, kept: BoolArray) -> None:
        """Forget all other columns than those ``kept`` (c,), which are counted anew."""
        number = np.append(np.cumsum(kept) - 1, -1)
        number[:-1][~kept] = -1
        self.cost, self.first = self.cost[kept], self.first[kept]
        self.free, self.alive = self.free[kept], self.alive[kept]
        self.forces = self.forces.take(kept[self.forces.column])
        self.forces.column = number[self.forces.column]
        self.points = self.points[:, kept[self.points[0]]]
        self.points[0] = number[self.points[0]]
        self.press = self.press[:, kept[self.press[0]]]
        self.press[0] = number[self.press[0]]
        self.residuals = number[self.residuals]
