"""The published problem on the moving bricks alone, its pulls found as they are needed.

Rows are those of the reduced form in :mod:`~brickgpt_engine.physics.force_model`, for the bodies of
:mod:`~brickgpt_engine.physics.bodies`. Instead of one variable per pull and one row each for the largest
of a brick, a column stands for one set ``S`` of a brick's contact points that all pull equally: it
costs ``α + β·|S|``. By the layer-cake argument every set of pulls is a sum of such columns over
nested sets, at the published cost. Given duals, the best set of a brick holds the points whose
gap exceeds ``β``; so pricing is exact, and columns are added until none pays.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from brickgpt_engine.bricks.library import STUD_PITCH_M
from brickgpt_engine.physics.bodies import Bodies, Joints
from brickgpt_engine.physics.contacts import GROUND, Contacts
from brickgpt_engine.physics.force_model import ALPHA, BETA, COST, FORCE, UNUSED, preference
from brickgpt_engine.physics.program import ColumnBlock
from brickgpt_engine.physics.solvers.highs import ColumnSession, Optimum

IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

EXPLICIT = 450
"""Contact points up to which every pull gets its own column; beyond, columns over sets win."""
PAYS = 1e-7
"""A set of pulls is worth a column when it earns this share more than it costs."""


@dataclass(frozen=True, slots=True, eq=False)
class Touch:
    """Contact points (k,) between different bodies: upper and lower brick, and places (k, 2)."""

    upper: IntArray
    lower: IntArray
    xy: FloatArray

    @classmethod
    def across(cls, contacts: Contacts, bodies: Bodies, pair: IntArray, xy: FloatArray) -> Touch:
        """Those of the points ``xy`` of pairs ``pair`` that two bodies share."""
        apart = _apart(contacts, bodies)[pair]
        return cls(contacts.upper[pair[apart]], contacts.lower[pair[apart]], xy[apart])


@dataclass(frozen=True, slots=True, eq=False)
class Entries:
    """A sparse matrix as (column, row, value) triples of shape (e,)."""

    column: IntArray
    row: IntArray
    value: FloatArray

    @classmethod
    def joined(cls, parts: Sequence[Entries]) -> Entries:
        """All of ``parts`` in one."""
        names = ("column", "row", "value")
        return cls(*(np.concatenate([getattr(part, name) for part in parts]) for name in names))

    def merged(self, columns: int, rows: int) -> tuple[IntArray, IntArray, FloatArray]:
        """Start, index and value by columns, each row once a column; entries of row -1 and zeros go."""
        real = self.row >= 0
        code = self.column[real] * rows + self.row[real]
        order = np.argsort(code, kind="stable")
        code, value = code[order], self.value[real][order]
        first = np.flatnonzero(np.diff(code, prepend=-1))
        total = np.add.reduceat(value, first) if len(first) else value
        kept = np.abs(total) > 1e-12
        code = code[first][kept]
        start = np.searchsorted(code, np.arange(columns + 1) * rows)
        return start, code % rows, total[kept]


@dataclass(frozen=True, slots=True, eq=False)
class Balance:
    """An optimum of :class:`Condensed`, in newtons and stud pitches.

    Attributes:
        objective: its cost in the published units.
        support: supports at the program's corners.
        side: presses between its joints.
        pull: pulls at its points.
        residual: (m, 3) of each moving brick: unbalanced force upwards, and torque as a force times
            a lever along x and y.
        dual: (rows,) duals of the program, in its own units of cost.
    """

    objective: float
    support: FloatArray
    side: FloatArray
    pull: FloatArray
    residual: FloatArray
    dual: FloatArray


def _apart(contacts: Contacts, bodies: Bodies) -> BoolArray:
    """Which pairs (p,) join two bodies."""
    body = np.append(bodies.body, GROUND)
    apart: BoolArray = np.not_equal(body[contacts.upper], body[contacts.lower])
    return apart


def _columns(rows: IntArray, values: list[float], first: int) -> Entries:
    """Columns numbered from ``first`` with the same ``values`` at ``rows`` (columns, entries)."""
    number = np.repeat(first + np.arange(len(rows)), rows.shape[1])
    return Entries(number, rows.reshape(-1), np.tile(values, len(rows)))


def _side_joints(contacts: Contacts, joints: Joints, bodies: Bodies) -> IntArray:
    """Presses (s, 3) between joints that side-by-side bricks push apart: axis, second's joint, first's.

    Joints that only riders hold are left out; whether that matters is checked afterwards.
    """
    found = []
    for axis in (0, 1):
        first, second = joints.bottom[contacts.sides[axis].T]
        known = bodies.known[first] & bodies.known[second] & (first != second)
        known &= (bodies.joint[first] >= 0) | (bodies.joint[second] >= 0)
        codes = np.unique(second[known] * joints.count + first[known])
        along = np.full_like(codes, axis)
        found.append(np.stack([along, codes // joints.count, codes % joints.count], axis=1))
    return np.concatenate(found)


def lift_entries(contacts: Contacts, bodies: Bodies, touch: Touch) -> Entries:
    """One column (k) per point: a unit force that lifts the upper brick's body and presses the lower's."""
    k = len(touch.upper)
    rows: list[IntArray] = []
    values: list[FloatArray] = []
    centre = np.vstack([contacts.centre, [0.0, 0.0]])
    ride = np.append(bodies.body, GROUND)
    for brick, sign in ((touch.upper, 1.0), (touch.lower, -1.0)):
        lever = (touch.xy - centre[ride[brick]]) * sign
        rows.append(bodies.vertical[brick])
        values.append(np.full(k, sign))
        for axis in (0, 1):
            rows += [bodies.bottom[axis, brick], bodies.top[axis, brick]]
            values += [lever[:, axis], -lever[:, axis]]
    return Entries(np.tile(np.arange(k), len(rows)), np.concatenate(rows), np.concatenate(values))


class Condensed:
    """The program for one choice of bodies; :meth:`optimum` solves it.

    Forces are centinewtons inside, and costs a thousand times the published ones.

    Args:
        contacts: where bricks touch.
        joints: of the same structure.
        bodies: which bricks move.
    """

    def __init__(self, contacts: Contacts, joints: Joints, bodies: Bodies) -> None:
        self.contacts, self.joints, self.bodies = contacts, joints, bodies
        self.corners = Touch.across(contacts, bodies, *contacts.corners)
        self.sides = _side_joints(contacts, joints, bodies)
        self.point = np.flatnonzero(_apart(contacts, bodies)[contacts.point_pair])
        """Which of the structure's contact points are the program's :attr:`points`."""
        self._point_pair = contacts.point_pair[self.point]
        self.points = Touch.across(contacts, bodies, contacts.point_pair, contacts.point_xy)
        self._sets: list[IntArray] = []
        self._set_brick: list[int] = []

    def optimum(self, time_limit: float | None = None) -> Balance:
        """The least cost, with the tie-break of :func:`~brickgpt_engine.physics.force_model.preference`.

        Raises:
            SolverError: HiGHS is missing or gives no answer.
        """
        session = ColumnSession(time_limit)
        lazy = len(self.points.upper) > EXPLICIT
        cost, entries = self._fixed
        return self._by_sets(session, cost, entries) if lazy else self._at_once(session, cost, entries)

    def key(self) -> bytes:
        """What the optimum depends on: equal keys mean equal programs and equal tie-breaks."""
        cost, entries = self._fixed
        pulls = lift_entries(self.contacts, self.bodies, self.points)
        weight = self._preference
        parts = (
            *(entries.column, entries.row, entries.value, cost, self._load()),
            *(pulls.row, pulls.value, weight[self.points.upper], weight[self.bodies.moving]),
        )
        digest = hashlib.blake2b(digest_size=16)
        for part in parts:
            digest.update(np.ascontiguousarray(part).tobytes() + b"|")
        return digest.digest()

    def _by_sets(self, session: ColumnSession, cost: FloatArray, entries: Entries) -> Balance:
        """Pulls as columns over sets, added until none pays."""
        rows, fixed = self.bodies.rows, len(cost)
        session.load(ColumnBlock(cost, *entries.merged(fixed, rows)), self._load(), rows)
        # Prices mean little before anything can pull, so let all points of each brick pull together.
        everything = np.ones(len(self.points.upper), dtype=bool)
        self._add_sets(session, np.unique(self.points.upper), everything)
        solved = session.solve(afresh=True)
        while self._add_sets(session, *self._price(solved.dual)):
            solved = session.solve()
        x = self._even_out(session, solved, fixed)
        pull = np.zeros(len(self.points.upper))
        for points, value in zip(self._sets, x[fixed:].tolist(), strict=True):
            pull[points] += value
        return self._balance(x, pull, solved)

    def _at_once(self, session: ColumnSession, cost: FloatArray, entries: Entries) -> Balance:
        """One column per pull, and one per brick for the largest of its pulls, a row each to compare them."""
        rows, fixed, points = self.bodies.rows, len(cost), self.points
        q = len(points.upper)
        pulls = lift_entries(self.contacts, self.bodies, points)
        pulling, largest = np.unique(points.upper, return_inverse=True)
        ones, number = np.ones(q), np.arange(q)
        entries = Entries.joined(
            [
                entries,
                Entries(fixed + pulls.column, pulls.row, -pulls.value),
                Entries(fixed + number, rows + number, -ones),
                Entries(fixed + q + largest, rows + number, ones),
            ]
        )
        weight = self._preference
        cost = np.concatenate([cost, np.full(q, COST * BETA), np.full(len(pulling), COST * ALPHA)])
        load = np.concatenate([self._load(), np.zeros(q)])
        session.load(ColumnBlock(cost, *entries.merged(len(cost), rows + q)), load, rows)
        solved = session.solve()
        session.close(solved.reduced > UNUSED, np.abs(solved.dual) * (np.arange(rows + q) >= rows) > UNUSED)
        bricks = np.concatenate([self._fixed_bricks(fixed), points.upper, pulling])
        session.reprice(cost * np.append(weight, 1.0)[bricks])
        x = session.solve().x
        return self._balance(x, x[fixed : fixed + q], solved)

    def _fixed_bricks(self, fixed: int) -> IntArray:
        """The brick to which each of the first ``fixed`` columns' cost belongs; -1 where there is none."""
        bricks = np.full(fixed, -1)
        first = len(self.corners.upper) + len(self.sides)
        bricks[first:] = np.tile(self.bodies.moving, 6)
        return bricks

    @cached_property
    def _fixed(self) -> tuple[FloatArray, Entries]:
        """Supports at corners, side presses, then residuals: +vertical, -vertical, ±x lever, ±y lever."""
        entries, bodies = [lift_entries(self.contacts, self.bodies, self.corners)], self.bodies
        k, s, m = len(self.corners.upper), len(self.sides), len(bodies.moving)
        entries.append(_columns(bodies.joint_row(self.sides[:, 1:], self.sides[:, :1]), [1.0, -1.0], k))
        vertical = bodies.vertical[bodies.moving][:, None]
        entries += [_columns(vertical, [sign], k + s + j * m) for j, sign in enumerate((1.0, -1.0))]
        for axis in (0, 1):
            rows = np.stack([bodies.bottom[axis, bodies.moving], bodies.top[axis, bodies.moving]], axis=1)
            for j, sign in enumerate((1.0, -1.0)):
                entries.append(_columns(rows, [sign, -sign], k + s + (2 + 2 * axis + j) * m))
        cost = np.zeros(k + s + 6 * m)
        cost[k + s : k + s + 2 * m] = COST
        cost[k + s + 2 * m :] = COST * STUD_PITCH_M
        return cost, Entries.joined(entries)

    def _load(self) -> FloatArray:
        """Right-hand side (rows,): the weights that each body carries."""
        c, body = self.contacts, self.bodies.body
        ride = np.flatnonzero(body != GROUND)
        weight = c.weight[ride] * FORCE
        lever = (c.centre[ride] - c.centre[body[ride]]) * weight[:, None]
        load = np.zeros(self.bodies.rows + 1)
        np.add.at(load, self.bodies.vertical[ride], weight)
        for axis in (0, 1):
            np.add.at(load, self.bodies.bottom[axis, ride], lever[:, axis])
            np.add.at(load, self.bodies.top[axis, ride], -lever[:, axis])
        return load[:-1]

    def _gaps(self, dual: FloatArray) -> FloatArray:
        """What a unit pull at each point (q,) earns: how far the contact opens in the dual's motion."""
        c, bodies = self.contacts, self.bodies
        y = np.append(dual, 0.0)
        centre = np.vstack([c.centre, [0.0, 0.0]])
        ride = np.append(bodies.body, GROUND)
        # Per brick: height of its body's plane at the origin, and its slopes.
        slope = [y[bodies.bottom[axis]] - y[bodies.top[axis]] for axis in (0, 1)]
        origin = y[bodies.vertical] - sum(slope[axis] * centre[ride, axis] for axis in (0, 1))
        at = self._point_pair
        up, low = c.upper, c.lower
        fall: FloatArray = (origin[low] - origin[up])[at]
        for axis in (0, 1):
            fall += (slope[axis][low] - slope[axis][up])[at] * self.points.xy[:, axis]
        return fall

    def _price(self, dual: FloatArray) -> tuple[IntArray, BoolArray]:
        """Bricks whose best set of pulls pays, and which points (q,) are in their brick's best set."""
        over = self._gaps(dual) - COST * BETA
        chosen = over > 0
        earned = np.bincount(self.points.upper, np.where(chosen, over, 0.0), self.contacts.brick_count)
        return np.flatnonzero(earned > COST * ALPHA * (1 + PAYS)), chosen

    def _add_sets(
        self, session: ColumnSession, bricks: IntArray, chosen: BoolArray, *, even: bool = False
    ) -> bool:
        """Give the session a column for each brick's chosen points; whether there were any."""
        if not len(bricks):
            return False
        number = np.full(self.contacts.brick_count, -1)
        number[bricks] = np.arange(len(bricks))
        wanted = np.flatnonzero(chosen & (number[self.points.upper] >= 0))
        column = number[self.points.upper[wanted]]
        points = self.points
        touch = Touch(points.upper[wanted], points.lower[wanted], points.xy[wanted])
        lifts = lift_entries(self.contacts, self.bodies, touch)
        pulls = Entries(column[lifts.column], lifts.row, -lifts.value)
        size = np.bincount(column, minlength=len(bricks))
        cost: FloatArray = COST * (ALPHA + BETA * size.astype(np.float64))
        if even:
            cost = cost * self._preference[bricks]
        session.add(ColumnBlock(cost, *pulls.merged(len(bricks), self.bodies.rows)))
        self._sets += np.split(wanted[np.argsort(column, kind="stable")], np.cumsum(size)[:-1])
        self._set_brick += bricks.tolist()
        return True

    @cached_property
    def _preference(self) -> FloatArray:
        return preference(self.contacts)

    def _even_out(self, session: ColumnSession, solved: Optimum, fixed: int) -> FloatArray:
        """The one optimum that is reported, see :func:`~brickgpt_engine.physics.force_model.preference`."""
        gaps, weight = self._gaps(solved.dual), np.append(self._preference, 1.0)
        bricks = np.concatenate([self._fixed_bricks(fixed), np.array(self._set_brick, dtype=np.int64)])
        session.close(solved.reduced > UNUSED, np.zeros(self.bodies.rows, dtype=bool))
        session.reprice(session.cost * weight[bricks])
        sure, may = gaps > COST * BETA + UNUSED, np.abs(gaps - COST * BETA) <= UNUSED
        earned = np.bincount(
            self.points.upper, np.maximum(gaps - COST * BETA, 0.0), self.contacts.brick_count
        )
        tight = earned >= COST * ALPHA * (1 - UNUSED)
        solved = session.solve()
        while may.any():
            better = self._price_even(solved.dual, tight, sure, may)
            if not self._add_sets(session, *better, even=True):
                break
            solved = session.solve()
        return solved.x

    def _price_even(
        self, dual: FloatArray, tight: BoolArray, sure: BoolArray, may: BoolArray
    ) -> tuple[IntArray, BoolArray]:
        """As :meth:`_price` for the tie-break: sets of all ``sure`` points and any that ``may`` join them."""
        weight = self._preference
        over = self._gaps(dual) - COST * BETA * weight[self.points.upper]
        chosen = sure | (may & (over > 0))
        earned = np.bincount(self.points.upper, np.where(chosen, over, 0.0), self.contacts.brick_count)
        pays = tight & (earned > COST * ALPHA * weight * (1 + PAYS))
        return np.flatnonzero(pays), chosen

    def _balance(self, x: FloatArray, pull: FloatArray, solved: Optimum) -> Balance:
        """The point ``x`` in physical terms, with duals and cost of the optimum before the tie-break."""
        moving = self.bodies.moving
        k, s, m = len(self.corners.upper), len(self.sides), len(moving)
        signed = x[k + s : k + s + 6 * m].reshape(3, 2, m)
        residual = (signed[:, 0] - signed[:, 1]).T / FORCE
        return Balance(
            objective=solved.objective / (COST * FORCE),
            support=x[:k] / FORCE,
            side=x[k : k + s] / FORCE,
            pull=pull / FORCE,
            residual=residual,
            dual=solved.dual[: self.bodies.rows],
        )
