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
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from brickgpt_engine.errors import SolverError
from brickgpt_engine.physics.bodies import Bodies, Joints
from brickgpt_engine.physics.contacts import GROUND, Contacts
from brickgpt_engine.physics.force_model import ALPHA, BETA, COST, FORCE, SHARE, UNUSED, preference
from brickgpt_engine.physics.imbalances import Imbalances
from brickgpt_engine.physics.joint_start import footing
from brickgpt_engine.physics.program import ColumnBlock
from brickgpt_engine.physics.solvers.highs import ColumnSession, Optimum

IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

EXPLICIT = 200
"""Contact points up to which every pull gets its own column; beyond, columns over sets win."""
_STEEP = 250
"""Rows from which steepest edges may pay."""
_INTERIOR, _STRAINED = 700, 2.0
"""Rows from which an interior point method is the faster one to begin with, if a support would
have to pull with so many times the whole weight at first: the simplex takes four to six pivots a row then."""
_DENSE = 6
"""Places for each entry up to which a matrix is put together as a dense one."""
_WORTH = 1e-8
"""An imbalance is worth a column when it earns this much more than it costs."""
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
        if columns * rows <= _DENSE * len(code):
            whole: FloatArray = np.bincount(code, self.value[real], columns * rows).astype(np.float64)
            code = np.flatnonzero(np.abs(whole) > 1e-12)
            return np.searchsorted(code, np.arange(columns + 1) * rows), code % rows, whole[code]
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


def _reduced(blocks: list[ColumnBlock], cost: FloatArray, dual: FloatArray) -> FloatArray:
    """Reduced costs (columns,) of all ``blocks`` at these costs (columns,) and duals (rows,)."""
    sizes = np.concatenate([np.diff(block.start) for block in blocks])
    row = np.concatenate([block.index for block in blocks])
    value = np.concatenate([block.value for block in blocks])
    worth = np.bincount(np.repeat(np.arange(len(cost)), sizes), value * dual[row], len(cost))
    reduced: FloatArray = cost - worth
    return reduced


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
        # Sets of points, as they were added: which column, which point.
        self._set_column: list[IntArray] = []
        self._set_point: list[IntArray] = []
        # Columns as they were added, and the brick of each.
        self._blocks: list[ColumnBlock] = []
        self._bricks: list[IntArray] = []
        self._left = Imbalances(bodies)

    def optimum(self, time_limit: float | None = None) -> Balance:
        """The least cost, with the tie-break of :func:`~brickgpt_engine.physics.force_model.preference`.

        Raises:
            SolverError: HiGHS is missing or gives no answer.
        """
        session = ColumnSession(time_limit)
        return self._by_sets(session) if len(self.points.upper) > EXPLICIT else self._at_once(session)

    def key(self) -> bytes:
        """What the optimum depends on: equal keys mean equal programs and equal tie-breaks."""
        entries, left = self._fixed, self._left
        pulls = lift_entries(self.contacts, self.bodies, self.points)
        weight = self._preference
        parts = (
            *(entries.column, entries.row, entries.value, left.row, self._load()),
            *(pulls.row, pulls.value, weight[self.points.upper], weight[self.bodies.moving]),
        )
        digest = hashlib.blake2b(digest_size=16)
        for part in parts:
            digest.update(np.ascontiguousarray(part).tobytes() + b"|")
        return digest.digest()

    def _by_sets(self, session: ColumnSession) -> Balance:
        """Pulls as columns over sets, added until none pays.

        As in :mod:`~brickgpt_engine.physics.growing`, a share of the tie-break's costs is added to the
        published ones. If the last basis is not optimal for those alone, they are solved for first.
        """
        rows, fixed = self.bodies.rows, len(self.corners.upper) + len(self.sides)
        weight = 1 + SHARE * self._preference
        self._blocks = [ColumnBlock(np.zeros(fixed), *self._fixed.merged(fixed, rows))]
        self._bricks = [np.full(fixed, -1)]
        # Measured: with many rows, and joints that many bricks share, a third to a half fewer pivots.
        steepest = _STEEP < rows < 2 * len(self.bodies.moving)
        session.load(self._blocks[0], self._load(), rows, steepest=steepest)
        # Prices mean little before anything can pull, so let all points of each brick pull together.
        everything = np.ones(len(self.points.upper), dtype=bool)
        self._add_sets(session, np.unique(self.points.upper), everything, weight)
        strain = self._begin(session)
        dual = self._first(session, weight, inside=rows > _INTERIOR and strain > _STRAINED)
        while self._improve(session, dual, weight):
            dual = session.solve()
        published = np.concatenate([block.cost for block in self._blocks])
        dual = session.duals_at(published)
        if self._proven(published, dual):
            x = session.point()
            objective = float(published @ x)
        else:
            session.reprice(published)
            weight = np.ones(len(weight))
            dual = session.solve()
            while self._improve(session, dual, weight):
                dual = session.solve()
            solved = session.optimum()
            objective = solved.objective
            x = self._even_out(session, solved)
        column, point = np.concatenate(self._set_column), np.concatenate(self._set_point)
        pull: FloatArray = np.bincount(point, x[column], len(self.points.upper)).astype(np.float64)
        return self._balance(x, pull, dual, objective)

    def _first(self, session: ColumnSession, weight: FloatArray, *, inside: bool) -> FloatArray:
        """The duals (rows,) of the first optimum; imbalances are given to it only where it has no balance."""
        try:
            return session.solve_inside() if inside else session.solve(afresh=True)
        except SolverError:
            if not self._unbalance(session, np.ones(len(self._left.cost), dtype=bool), weight):
                raise
            return session.solve()

    def _improve(self, session: ColumnSession, dual: FloatArray, weight: FloatArray) -> bool:
        """Add sets and imbalances that pay at these duals (rows,); whether there are any."""
        pulls = self._add_sets(session, *self._price(dual, weight), weight)
        return self._unbalance_where_it_pays(session, dual, weight) or pulls

    def _begin(self, session: ColumnSession, inequalities: int = 0) -> float:
        """Let the simplex go on from :func:`~brickgpt_engine.physics.joint_start.footing`.

        Where some bricks ride or stay, it begins from nothing. Returns the hardest pull of a support at this
        start, as a multiple of the weight that is looked at.
        """
        c, bodies, joints = self.contacts, self.bodies, self.joints
        n = c.brick_count
        mine = np.zeros(n, dtype=bool)
        mine[bodies.moving] = True
        if not (mine | (bodies.bottom[0, :-1] == bodies.top[0, :-1])).all() or not (mine | ~c.standing).all():
            return 0.0
        start = footing(c, joints, mine)
        apart = _apart(c, bodies)[c.corners[0]]
        basic = np.zeros(len(session.cost), dtype=bool)
        basic[np.cumsum(apart)[start.corners] - 1] = True
        rows = np.zeros(bodies.rows + 1, dtype=bool)
        rows[bodies.vertical[start.hanging]] = True
        slack = np.zeros(joints.count, dtype=bool)
        slack[start.slack] = True
        slack[joints.bottom[~mine]] = slack[joints.top[~mine]] = True
        for axis in (0, 1):
            rows[bodies.joint_row(np.flatnonzero(slack), axis)] = True
        session.begin(basic, np.append(rows[:-1], np.ones(inequalities, dtype=bool)))
        return start.pull / float(c.weight[mine].sum())

    def _proven(self, cost: FloatArray, dual: FloatArray) -> bool:
        """Whether no column and no set pays at the published ``cost`` (columns,) and these duals (rows,)."""
        if self._least(cost, dual) < -UNUSED:
            return False
        return not len(self._price(dual, np.ones(self.contacts.brick_count))[0])

    def _least(self, cost: FloatArray, dual: FloatArray) -> float:
        """The least reduced cost of all columns and imbalances at the published ``cost`` (columns,)."""
        left = self._beyond(dual, np.ones(self.contacts.brick_count))
        return float(min(_reduced(self._blocks, cost, dual).min(initial=0.0), left.min(initial=0.0)))

    def _at_once(self, session: ColumnSession) -> Balance:
        """One column per pull, and one per brick for the largest of its pulls, a row each to compare them."""
        rows, points = self.bodies.rows, self.points
        fixed, q = len(self.corners.upper) + len(self.sides), len(points.upper)
        pulls = lift_entries(self.contacts, self.bodies, points)
        pulling, largest = np.unique(points.upper, return_inverse=True)
        ones, number = np.ones(q), np.arange(q)
        entries = Entries.joined(
            [
                self._fixed,
                Entries(fixed + pulls.column, pulls.row, -pulls.value),
                Entries(fixed + number, rows + number, -ones),
                Entries(fixed + q + largest, rows + number, ones),
            ]
        )
        cost = np.concatenate([np.zeros(fixed), np.full(q, COST * BETA), np.full(len(pulling), COST * ALPHA)])
        load = np.concatenate([self._load(), np.zeros(q)])
        self._blocks = [ColumnBlock(cost, *entries.merged(len(cost), rows + q))]
        self._bricks = [np.concatenate([np.full(fixed, -1), points.upper, pulling])]
        # Costs that end the same as with an own program for the tie-break, see :meth:`_by_sets`.
        preference, plain = np.append(self._preference, 1.0), np.ones(self.contacts.brick_count)
        weight = 1 + SHARE * preference
        session.load(replace(self._blocks[0], cost=cost * weight[self._bricks[0]]), load, rows)
        self._begin(session, q)
        dual = self._first(session, weight, inside=False)
        while self._unbalance_where_it_pays(session, dual, weight):
            dual = session.solve()
        cost = np.concatenate([block.cost for block in self._blocks])
        dual = session.duals_at(cost)
        if min(dual[rows:].min(initial=0.0), self._least(cost, dual)) >= -UNUSED:
            x = session.point()
            return self._balance(x, x[fixed : fixed + q], dual, float(cost @ x))
        session.reprice(cost)
        dual = session.solve()
        while self._unbalance_where_it_pays(session, dual, plain):
            dual = session.solve()
        solved = session.optimum()
        session.close(solved.reduced > UNUSED, np.abs(solved.dual) * (np.arange(rows + q) >= rows) > UNUSED)
        self._unbalance(session, self._beyond(solved.dual, plain) <= UNUSED, plain)
        session.reprice(session.cost * preference[np.concatenate(self._bricks)])
        session.solve()
        x = session.point()
        return self._balance(x, x[fixed : fixed + q], solved.dual, solved.objective)

    @cached_property
    def _fixed(self) -> Entries:
        """Supports at corners, then side presses, which cost nothing."""
        entries, bodies = lift_entries(self.contacts, self.bodies, self.corners), self.bodies
        joints = bodies.joint_row(self.sides[:, 1:], self.sides[:, :1])
        return Entries.joined([entries, _columns(joints, [1.0, -1.0], len(self.corners.upper))])

    def _unbalance(self, session: ColumnSession, wanted: BoolArray, weight: FloatArray) -> bool:
        """Give the session those ``wanted`` imbalances (6m,) that it has not; whether there were any."""
        new = self._left.missing(wanted)
        if not len(new):
            return False
        block, bricks = self._left.block(new, len(session.cost)), self._left.brick[new]
        session.add(replace(block, cost=block.cost * weight[bricks]))
        self._blocks.append(block)
        self._bricks.append(bricks)
        return True

    def _unbalance_where_it_pays(self, session: ColumnSession, dual: FloatArray, weight: FloatArray) -> bool:
        """Add the imbalances that pay at these duals (rows,); whether there were any."""
        return self._unbalance(session, self._beyond(dual, weight) < -_WORTH, weight)

    def _beyond(self, dual: FloatArray, weight: FloatArray) -> FloatArray:
        return self._left.beyond(dual[: self.bodies.rows], weight)

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

    def _price(self, dual: FloatArray, weight: FloatArray) -> tuple[IntArray, BoolArray]:
        """Bricks whose best set of pulls pays, and which points (q,) are in their brick's best set.

        The published costs of each brick are multiplied by its ``weight`` (n,).
        """
        over = self._gaps(dual) - COST * BETA * weight[self.points.upper]
        chosen = over > 0
        earned = np.bincount(self.points.upper, np.where(chosen, over, 0.0), self.contacts.brick_count)
        return np.flatnonzero(earned > COST * ALPHA * weight * (1 + PAYS)), chosen

    def _add_sets(
        self, session: ColumnSession, bricks: IntArray, chosen: BoolArray, weight: FloatArray
    ) -> bool:
        """Give the session a column for each brick's chosen points; whether there were any.

        Its cost is the published one times the brick's ``weight`` (n,).
        """
        if not len(bricks):
            return False
        number = np.full(self.contacts.brick_count, -1)
        number[bricks] = np.arange(len(bricks))
        wanted = np.flatnonzero(chosen & (number[self.points.upper] >= 0))
        column = number[self.points.upper[wanted]]
        row, value = self._pulls
        columns = np.broadcast_to(column, (len(row), len(column))).reshape(-1)
        pulls = Entries(columns, row[:, wanted].reshape(-1), value[:, wanted].reshape(-1))
        size = np.bincount(column, minlength=len(bricks))
        cost: FloatArray = COST * (ALPHA + BETA * size.astype(np.float64))
        block = ColumnBlock(cost, *pulls.merged(len(bricks), self.bodies.rows))
        self._set_column.append(len(session.cost) + column)
        self._set_point.append(wanted)
        session.add(replace(block, cost=cost * weight[bricks]))
        self._blocks.append(block)
        self._bricks.append(bricks)
        return True

    @cached_property
    def _pulls(self) -> tuple[IntArray, FloatArray]:
        """Rows and values (entries, q) of a unit pull at each point."""
        lifts = lift_entries(self.contacts, self.bodies, self.points)
        shape = (-1, len(self.points.upper))
        return lifts.row.reshape(shape), -lifts.value.reshape(shape)

    @cached_property
    def _preference(self) -> FloatArray:
        return preference(self.contacts)

    def _even_out(self, session: ColumnSession, solved: Optimum) -> FloatArray:
        """The one optimum that is reported, see :func:`~brickgpt_engine.physics.force_model.preference`."""
        gaps, weight = self._gaps(solved.dual), np.append(self._preference, 1.0)
        plain = np.ones(self.contacts.brick_count)
        session.close(solved.reduced > UNUSED, np.zeros(self.bodies.rows, dtype=bool))
        self._unbalance(session, self._beyond(solved.dual, plain) <= UNUSED, plain)
        session.reprice(session.cost * weight[np.concatenate(self._bricks)])
        sure, may = gaps > COST * BETA + UNUSED, np.abs(gaps - COST * BETA) <= UNUSED
        earned = np.bincount(
            self.points.upper, np.maximum(gaps - COST * BETA, 0.0), self.contacts.brick_count
        )
        tight = earned >= COST * ALPHA * (1 - UNUSED)
        dual = session.solve()
        while may.any():
            better = self._price_even(dual, tight, sure, may)
            if not self._add_sets(session, *better, self._preference):
                break
            dual = session.solve()
        return session.point()

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

    def _balance(self, x: FloatArray, pull: FloatArray, dual: FloatArray, objective: float) -> Balance:
        """The point ``x`` in physical terms, with duals and cost of the optimum before the tie-break."""
        k, s = len(self.corners.upper), len(self.sides)
        return Balance(
            objective=objective / (COST * FORCE),
            support=x[:k] / FORCE,
            side=x[k : k + s] / FORCE,
            pull=pull / FORCE,
            residual=self._left.values(x) / FORCE,
            dual=dual[: self.bodies.rows],
        )
