"""A simplex of its own for small structures: dense arrays, a start near the end, pulls priced exactly.

Each brick has three rows (vertical balance, and the torques that leave it at its top along x and y); where
bricks share a joint, free columns couple them; and columns over sets of pulls are found as they are needed,
as in :mod:`~brickgpt_engine.physics.condensed`. The tie-break's costs are added in the same small share.
It begins at :func:`~brickgpt_engine.physics.start.first_balance`. Of a dozen bricks this takes as
long as handing the arrays to a solver does.

Nothing rests on the arithmetic of the pivots: in the end the basis is solved afresh, and the answer counts
only where its forces are not negative and no column pays at the published costs; else there is none.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from brickgpt_engine.bricks.library import STUD_PITCH_M
from brickgpt_engine.physics.contacts import GROUND, Contacts
from brickgpt_engine.physics.force_model import ALPHA, BETA, COST, FORCE, SHARE, UNUSED, preference
from brickgpt_engine.physics.growing import Grown
from brickgpt_engine.physics.start import Start

IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

NAME = "built-in"
"""What reports call this solver."""
_PAYS = 1e-8
"""A column is worth a pivot when it earns this much more than it costs."""
_PIVOT = 1e-9
"""Smallest entry to pivot on."""
_SLIP = 1e-6
"""How far below zero a force of the answer may be, centinewtons: a tenth of what counts as unbalanced."""
_RESIDUAL_COST = COST * np.repeat([1.0, STUD_PITCH_M], [2, 4])


@dataclass(frozen=True, slots=True, eq=False)
class _Program:
    """Columns as the rows of dense arrays, of ``m`` entries each.

    Attributes:
        fixed: (f, m) supports, side presses, couplings both ways, then six residuals of each brick.
        pulls: (q, m) a unit pull at each contact point.
        residuals: where the residuals begin in ``fixed``.
        load: (m,) right-hand side.
        loose: (l,) rows of the joints below bricks that rest on nothing.
    """

    fixed: FloatArray
    pulls: FloatArray
    residuals: int
    load: FloatArray
    loose: IntArray


def _bottoms(contacts: Contacts) -> tuple[IntArray, int]:
    """Joint (n + 1,) at each brick's bottom, -1 for the baseplate's, and how many hang on nothing below.

    Joint ``i`` is the top of brick ``i``; ``n`` and up are those below bricks that rest on nothing. A brick
    on several others has the top of the first. The last entry stands for the baseplate.
    """
    c, n = contacts, contacts.brick_count
    bottom = np.full(n + 1, GROUND)
    resting, first = np.unique(c.upper, return_index=True)
    bottom[resting] = c.lower[first]
    hanging = np.setdiff1d(np.arange(n), resting)
    bottom[hanging] = n + np.arange(len(hanging))
    return bottom, len(hanging)


class _Entries:
    """Entries of columns that are laid out one after the other; row ``m`` takes what goes into the baseplate.

    Args:
        m: number of rows.
        joints: number of joints, whose rows along x and along y come last.
    """

    def __init__(self, m: int, joints: int) -> None:
        self.m, self._joints, self.count = m, joints, 0
        self._column: list[IntArray] = []
        self._row: list[IntArray] = []
        self._value: list[FloatArray] = []

    def put(self, column: IntArray, row: IntArray, value: FloatArray) -> None:
        """Add entries (k,), the columns counted from the last one on."""
        self._column.append(self.count + column)
        self._row.append(row)
        self._value.append(value)

    def row(self, joint: IntArray, axis: int) -> IntArray:
        """Rows (k,) of joints along an axis."""
        return np.where(joint < 0, self.m, self.m - (2 - axis) * self._joints + joint)

    def lifts(self, c: Contacts, pair: IntArray, xy: FloatArray, bottom: IntArray, top: IntArray) -> None:
        """A unit support at each place (k, 2) of these pairs."""
        number, centre = np.arange(len(pair)), np.vstack([c.centre, [0.0, 0.0]])
        for brick, side in ((c.upper[pair], 1.0), (c.lower[pair], -1.0)):
            lever = (xy - centre[brick]) * side
            self.put(number, np.where(brick < 0, self.m, brick), np.full(len(pair), side))
            for axis in (0, 1):
                self.put(number, self.row(bottom[brick], axis), lever[:, axis])
                self.put(number, self.row(top[brick], axis), -lever[:, axis])
        self.count += len(pair)

    def turns(self, ends: IntArray, axis: int, *, both: bool) -> None:
        """A unit torque from the second to the first of two joints (k, 2); then back again if ``both``."""
        number = np.arange(len(ends))
        for way in (1.0, -1.0) if both else (1.0,):
            self.put(number, self.row(ends[:, 0], axis), np.full(len(ends), way))
            self.put(number, self.row(ends[:, 1], axis), np.full(len(ends), -way))
            self.count += len(ends)

    def dense(self) -> FloatArray:
        """All columns, (count, m)."""
        code = np.concatenate(self._column) * (self.m + 1) + np.concatenate(self._row)
        flat = np.bincount(code, np.concatenate(self._value), self.count * (self.m + 1))
        return np.asarray(flat.reshape(self.count, self.m + 1)[:, : self.m], dtype=np.float64)


def _program(contacts: Contacts) -> _Program:
    """Lay out the program of a structure."""
    c, n = contacts, contacts.brick_count
    bottom, hanging = _bottoms(c)
    top = np.append(np.arange(n), GROUND)
    joints = n + hanging
    entries = _Entries(n + 2 * joints, joints)
    pair, xy = c.corners
    k, q = len(pair), len(c.point_pair)
    entries.lifts(c, np.append(pair, c.point_pair), np.vstack([xy, c.point_xy]), bottom, top)
    for axis in (0, 1):
        ends = np.stack([bottom[c.sides[axis][:, 1]], bottom[c.sides[axis][:, 0]]], axis=1)
        entries.turns(ends[ends[:, 0] != ends[:, 1]], axis, both=False)
    low = c.lower >= 0
    ends = np.stack([top[c.lower[low]], bottom[c.upper[low]]], axis=1)
    for axis in (0, 1):
        entries.turns(ends[ends[:, 0] != ends[:, 1]], axis, both=True)
    residuals = entries.count - q
    entries.put(np.arange(2 * n), np.tile(np.arange(n), 2), np.repeat([1.0, -1.0], n))
    entries.count += 2 * n
    for axis in (0, 1):
        entries.turns(np.stack([bottom[:n], top[:n]], axis=1), axis, both=True)
    whole = entries.dense()
    load = np.zeros(entries.m)
    load[:n] = c.weight * FORCE
    loose = n + np.concatenate([np.arange(n, joints), joints + np.arange(n, joints)])
    pulls = np.ascontiguousarray(-whole[k : k + q])
    return _Program(np.vstack([whole[:k], whole[k + q :]]), pulls, residuals, load, loose)


class DenseSimplex:
    """The program of one structure on its way to the optimum.

    Args:
        contacts: of the structure.
        start: its first balance.
    """

    def __init__(self, contacts: Contacts, start: Start) -> None:
        n = contacts.brick_count
        self.contacts = contacts
        self.program = p = _program(contacts)
        self.m, f = len(p.load), len(p.fixed)
        self.owner = contacts.upper[contacts.point_pair]
        self.weight = 1 + SHARE * preference(contacts)
        self._each, self._whole = (COST * BETA * self.weight)[self.owner], COST * ALPHA * self.weight
        self.cost = np.zeros(f)
        self.cost[p.residuals :] = np.repeat(_RESIDUAL_COST, n)
        self.weighted = self.cost.copy()
        self.weighted[p.residuals :] *= np.tile(self.weight, 6)
        # Basic columns: number in ``fixed``, or -1 for a set of pulls, or -2 for a loose row.
        residuals = [p.residuals + sign * n + brick for brick, sign in start.residuals]
        self.basic = np.array([*start.corners, *residuals], dtype=np.int64)
        self.basic = np.append(self.basic, np.repeat([-1, -2], [len(start.pulling), len(p.loose)]))
        self.sets: list[tuple[int, IntArray] | None] = [None] * len(self.basic)
        matrix = np.zeros((len(self.basic), self.m))
        at = len(start.corners) + len(residuals)
        matrix[:at] = p.fixed[self.basic[:at]]
        for j, brick in enumerate(start.pulling, at):
            points = np.flatnonzero(self.owner == brick)
            self.sets[j] = (brick, points)
            matrix[j] = p.pulls[points].sum(axis=0)
        matrix[np.flatnonzero(self.basic == -2), p.loose] = 1.0
        self.matrix = matrix

    def optimum(self) -> Grown | None:
        """The optimum; None where it is not found or not proven."""
        if len(self.basic) != self.m:
            return None
        try:
            return self._read() if self._climb() and self._proven() else None
        except np.linalg.LinAlgError:
            return None

    def _earned(self, dual: FloatArray) -> tuple[FloatArray, FloatArray]:
        """What the best set of pulls of each brick (n,) earns beyond its cost; that of each point (q,)."""
        over = self.program.pulls @ dual - self._each
        np.maximum(over, 0.0, out=over)
        return np.bincount(self.owner, over, len(self.weight)) - self._whole, over

    def _basic_cost(self, cost: FloatArray, weight: FloatArray) -> FloatArray:
        """Costs (m,) of the basic columns."""
        own: FloatArray = np.where(self.basic >= 0, cost[self.basic], 0.0)
        for j in np.flatnonzero(self.basic == -1).tolist():
            held = self.sets[j]
            if held is not None:
                own[j] = COST * (ALPHA + BETA * len(held[1])) * weight[held[0]]
        return own

    def _climb(self) -> bool:
        """Pivot until nothing pays; whether that was reached."""
        p = self.program
        inverse = np.linalg.inv(self.matrix.T)
        x = inverse @ p.load
        if x.min() < -_SLIP:
            return False
        np.maximum(x, 0.0, out=x)
        dual = self._basic_cost(self.weighted, self.weight) @ inverse
        loose = self.basic == -2
        # What a column earns counts by its length, or the largest sets would always come first.
        slim = 1 / np.sqrt(1.0 + (p.fixed**2).sum(axis=1))
        for _ in range(20 + 8 * self.m):
            reduced = self.weighted - p.fixed @ dual
            enter = int((reduced * slim).argmin())
            pays = float(reduced[enter])
            earned, over = self._earned(dual)
            thick = 1.0 + np.bincount(self.owner, over > 0, len(earned))
            brick = int((earned / thick).argmax())
            held = None
            if -earned[brick] / thick[brick] < pays * slim[enter]:
                pays = -float(earned[brick])
                points = np.flatnonzero((over > 0) & (self.owner == brick))
                held, enter = (brick, points), -1
                column = p.pulls[points].sum(axis=0)
            else:
                column = p.fixed[enter]
            if pays > -_PAYS:
                return True
            step = inverse @ column
            row = self._leaving(step, x, loose)
            if row < 0:
                return False
            by = x[row] / step[row]
            x -= by * step
            np.maximum(x, 0.0, out=x)
            x[row] = by
            line = inverse[row] / step[row]
            step[row] = 0.0
            inverse -= step[:, None] * line
            inverse[row] = line
            dual += pays * line
            self.basic[row], self.sets[row], loose[row] = enter, held, False
            self.matrix[row] = column
        return False

    @staticmethod
    def _leaving(step: FloatArray, x: FloatArray, loose: BoolArray) -> int:
        """The row to leave: first a loose one that would move, else the first to reach zero; -1 for none."""
        if loose.any():
            moved = np.where(loose, np.abs(step), 0.0)
            row = int(moved.argmax())
            if moved[row] > _PIVOT:
                return row
        falls = step > _PIVOT
        if not falls.any():
            return -1
        ratio = np.where(falls, x, np.inf) / np.where(falls, step, 1.0)
        # Of those that are as good as first, the one with the largest entry is the safest.
        first = ratio <= ratio.min() + _PIVOT
        return int(np.where(first, step, 0.0).argmax())

    def _proven(self) -> bool:
        """Whether the basis, solved afresh, is feasible and optimal for the published costs alone."""
        p = self.program
        self.x = np.linalg.solve(self.matrix.T, p.load)
        held = self.x[self.basic == -2]
        if self.x.min() < -_SLIP or (held.size and np.abs(held).max() > _SLIP):
            return False
        plain = np.ones(len(self.weight))
        dual = np.linalg.solve(self.matrix, self._basic_cost(self.cost, plain))
        if (self.cost - p.fixed @ dual).min() < -UNUSED:
            return False
        over = np.maximum(p.pulls @ dual - COST * BETA, 0.0)
        earned = np.bincount(self.owner, over, len(plain))
        return bool(earned.max(initial=0.0) <= COST * ALPHA * (1 + UNUSED))

    def _read(self) -> Grown:
        n, p = self.contacts.brick_count, self.program
        x = np.maximum(self.x, 0.0)
        pull = np.zeros(len(self.owner))
        for j in np.flatnonzero(self.basic == -1).tolist():
            held = self.sets[j]
            if held is not None:
                pull[held[1]] += x[j]
        signed = np.zeros(len(p.fixed))
        usual = self.basic >= 0
        signed[self.basic[usual]] = x[usual]
        residual = signed[p.residuals :].reshape(3, 2, n)
        objective = float(self._basic_cost(self.cost, np.ones(n)) @ x) / (COST * FORCE)
        return Grown(objective, pull / FORCE, (residual[:, 0] - residual[:, 1]).T / FORCE)
