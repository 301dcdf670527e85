"""The published problem of a structure that is built and edited, kept in the solver between changes.

Rows are those of :mod:`~brickgpt_engine.physics.condensed` with every brick free; how joints come and go is
told in :mod:`~brickgpt_engine.physics.live_joints`. A few columns are enough: supports, side presses and sets
of pulls are priced exactly at the motion of the bricks that the duals are, and added as they are needed
(:mod:`~brickgpt_engine.physics.pricing`). And the tie-break is no second program: a small share of
its costs is added to the published ones. That finds the second's optimum if the basis that it ends with is
optimal for the published costs alone, which is looked at in the end; if not, there is no answer.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from brickgpt_engine.bricks.library import STUD_PITCH_M
from brickgpt_engine.physics.bodies import Joints
from brickgpt_engine.physics.condensed import Entries
from brickgpt_engine.physics.contacts import Contacts
from brickgpt_engine.physics.force_model import ALPHA, BETA, COST, FORCE, SHARE, UNUSED, preference
from brickgpt_engine.physics.joint_start import footing
from brickgpt_engine.physics.live_columns import NOBODY, Forces, LiveColumns, RowMap, turns
from brickgpt_engine.physics.live_joints import NONE, Coupling, LiveJoints
from brickgpt_engine.physics.pricing import Motion, Prices
from brickgpt_engine.physics.program import ColumnBlock
from brickgpt_engine.physics.solvers.warm import WarmSession

IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

_ROUNDS = 60
_IMBALANCE = COST * np.array([1.0, 1.0, *[STUD_PITCH_M] * 4])
_WORTH = 1e-8
"""A support or press is worth a column when it earns this much."""
_NEAR = 3
"""How many columns for each row, beside the basic ones, are kept in the solver after the first optimum."""


@dataclass(frozen=True, slots=True, eq=False)
class Grown:
    """An optimum.

    Attributes:
        objective: newtons.
        pull: (q,) at the structure's contact points, newtons; empty where nothing pulls.
        residual: (n, 3) unbalanced force upwards, and torques along x and y, newtons and stud pitches.
        settled: whether no solver was needed.
    """

    objective: float
    pull: FloatArray
    residual: FloatArray
    settled: bool = False


class GrowingProgram:
    """The program of one structure, and its solver.

    Bricks are known by their position in build order, which moves as earlier ones are taken out.

    Args:
        time_limit: seconds for its whole life, or None.
    """

    def __init__(self, time_limit: float | None = None) -> None:
        self._session = WarmSession(time_limit)
        self._limit, self._past = time_limit, 0
        self._columns = LiveColumns()
        self._joints = LiveJoints()
        self._vertical = np.zeros(0, dtype=np.int64)
        self._right = np.zeros(0)
        self._reordered = False
        self._standing = np.zeros(0, dtype=bool)
        # Columns that the solver does not have yet: from which number on, and what they are made of.
        self._handed = 0
        self._lifts: list[Forces] = []
        self._others: list[Entries] = []

    @property
    def bricks(self) -> int:
        """Number of bricks."""
        return len(self._vertical)

    @property
    def pivots(self) -> int:
        """Simplex iterations so far."""
        return self._past + self._session.pivots

    @property
    def littered(self) -> bool:
        """Whether bricks that are gone have left so much behind that beginning anew is better."""
        rows, columns = len(self._right), len(self._columns)
        return rows > (5 * self.bricks + 80 if self.bricks else 0) or columns > 20 * self.bricks + 800

    def remove(self, position: int) -> None:
        """Take out the brick at ``position``."""
        row = self._vertical[position : position + 1]
        self._session.unload(row)
        self._right[row] = 0.0
        self._session.close(self._columns.remove(position))
        self._joints.remove(position)
        self._vertical = np.delete(self._vertical, position)
        self._standing = np.delete(self._standing, position)
        self._reordered |= position < self.bricks

    def optimum(self, contacts: Contacts) -> Grown | None:
        """The optimum for ``contacts``, whose first bricks are the known ones; None where it cannot be told.

        Raises:
            SolverError: HiGHS gives no answer.
        """
        # What floats has no weight in the tie-break.
        weight = 1 + SHARE * preference(contacts)
        self._reordered |= not np.array_equal(self._standing, contacts.standing[: len(self._standing)])
        self._standing = contacts.standing
        prices = Prices(contacts)
        fresh, grown = not self.bricks, self.bricks < contacts.brick_count
        if fresh:
            rows = self._begin(prices, weight)
        else:
            self._part(contacts, weight)
            if self._reordered:
                self._session.reprice(self._weighted(weight))
                self._reordered = False
            rows = self._take_in(prices, weight) if grown else self._rows(contacts)
        dual = self._session.certain()
        if dual is None or not prices.joined(_motion(rows, dual), _WORTH):
            dual = self._session.solve(fewer=fresh or not grown)
        if dual is None:
            # Without the bricks that are gone, what is left needs imbalances that the solver does not know.
            self._unbalance(rows, np.ones((self.bricks, 6), dtype=bool))
            if len(self._columns) > self._handed:
                self._flush(rows, weight)
                dual = self._session.solve()
        for _ in range(_ROUNDS):
            if dual is None:
                return None
            if not self._improve(prices, rows, dual, weight):
                break
            dual = self._session.solve()
        found = self._read(prices) if self._proven(prices, rows) else None
        if fresh and found:
            self._thin_out(rows, weight)
        return found

    def _begin(self, prices: Prices, weight: FloatArray) -> RowMap:
        """Rows of all bricks, columns that may be needed, and a basis near the optimum.

        The dual simplex goes on from :func:`~brickgpt_engine.physics.joint_start.footing`.
        """
        c = prices.contacts
        n, joints = c.brick_count, Joints.of(c)
        self._vertical = np.arange(n)
        self._joints.begin(joints, n)
        self._add_rows(np.concatenate([c.weight * FORCE, np.zeros(2 * self._joints.count)]))
        self._columns.residuals = np.full((n, 6), NONE)
        rows = self._rows(c)
        self._support(prices, prices.corner)
        self._unbalance(rows, np.ones((n, 6), dtype=bool))
        self._press(c, rows, [np.arange(len(side)) for side in c.sides])
        self._pull(prices, np.unique(c.upper), np.arange(len(prices.pair)))
        self._flush(rows, weight)
        start = footing(c, joints, np.ones(n, dtype=bool))
        basic = np.zeros(len(self._columns), dtype=bool)
        basic[start.corners] = True
        loose = np.zeros(len(self._right), dtype=bool)
        loose[self._vertical[start.hanging]] = True
        slack = np.array(start.slack, dtype=np.int64) - 1
        loose[self._joints.rows[:, slack[slack >= 0], 0]] = True
        self._session.begin(basic, self._columns.free, loose)
        return rows

    def _thin_out(self, rows: RowMap, weight: FloatArray) -> None:
        """Begin a solver anew where the last one stands, with columns only that are basic or may soon be."""
        c = self._columns
        basic, loose = self._session.basis()
        reduced = self._session.reduced()
        near = np.sort(reduced[reduced > UNUSED])
        limit = near[min(_NEAR * len(self._right), len(near) - 1)] if len(near) else 0.0
        kept = basic | ((reduced > UNUSED) & (reduced < limit))
        c.keep(kept)
        self._past += self._session.pivots
        self._session, self._handed = WarmSession(self._limit), 0
        self._session.add_rows(self._right)
        self._lifts = [c.forces]
        self._others = [rows.presses(c.press), rows.imbalances(c.residuals, np.arange(self.bricks))]
        c.forces = c.forces.take(np.zeros(0, dtype=np.int64))
        self._flush(rows, weight)
        self._session.begin(basic[kept], c.free, loose)

    def _part(self, contacts: Contacts, weight: FloatArray) -> None:
        """Let joints fall apart where bricks are gone."""
        first, c = len(self._right), self._columns
        parting = self._joints.part(contacts, first)
        for column in parting.closed:
            self._session.close(np.array([column, column + 1]))
        if parting.joints:
            # Rows of the new joints alone, which columns so far have no part in.
            own = self._joints.rows[:, :, :1]
            rows = self._rows(contacts, np.where(own >= first, own, NONE))
            rows.vertical = np.full(self.bricks + 1, NONE)
            entries = [rows.lifts(c.forces), rows.presses(c.press)]
            entries.append(rows.imbalances(c.residuals, np.arange(self.bricks)))
            for column, (one, other) in parting.moved.items():
                ends = np.where(own >= first, own, NONE)[:, [one, other]]
                entries.append(turns(np.array([column, column + 1]), ends[:, 0], ends[:, 1]))
            found = Entries.joined(entries)
            real = found.row >= 0
            by_row = Entries(found.row[real] - first, found.column[real], found.value[real])
            count = 2 * len(parting.joints)
            self._add_rows(np.zeros(count), by_row.merged(count, len(c)))
        if parting.coupled:
            self._couple(parting.coupled)
            self._flush(self._rows(contacts), weight)

    def _take_in(self, prices: Prices, weight: FloatArray) -> RowMap:
        """Rows and columns for all bricks that are new."""
        contacts, c = prices.contacts, self._columns
        known, n = self.bricks, contacts.brick_count
        new = np.arange(known, n)
        coupled: list[Coupling] = []
        rows = len(self._right) + n - known
        self._vertical = np.append(self._vertical, np.arange(len(self._right), rows))
        first = rows
        for brick in new.tolist():
            below = contacts.lower[contacts.upper == brick]
            above = contacts.upper[contacts.lower == brick]
            joints, pairs = self._joints.place(
                below[below < brick].tolist(), above[above < brick].tolist(), first
            )
            first += 2 * joints
            coupled += [pair for pair in pairs if pair not in coupled]
        right = np.concatenate([contacts.weight[new] * FORCE, np.zeros(first - rows)])
        self._right = np.concatenate([self._right, right])
        c.residuals = np.vstack([c.residuals, np.full((n - known, 6), NONE)])
        maps = self._rows(contacts)
        if coupled:
            self._couple(coupled)
        self._unbalance(maps, np.repeat(np.arange(n) >= known, 6).reshape(n, 6))
        touched = (contacts.upper >= known) | (contacts.lower >= known)
        if touched.any():
            self._support(prices, prices.corner[touched[prices.pair[prices.corner]]])
            self._pull(prices, np.unique(contacts.upper[touched]), np.arange(len(prices.pair)))
        self._press(contacts, maps, [np.flatnonzero((side >= known).any(axis=1)) for side in contacts.sides])
        self._session.extend(right, *self._block(maps, weight))
        return maps

    def _improve(self, prices: Prices, rows: RowMap, dual: FloatArray, weight: FloatArray) -> bool:
        """Add columns that pay at these duals (rows,); whether there are any."""
        motion = _motion(rows, dual)
        worth = prices.worth(motion)
        points, presses = prices.supports(worth, _WORTH), prices.presses(motion, _WORTH)
        bricks, chosen = prices.pulls(worth, weight)
        if len(points):
            self._support(prices, points)
        if len(bricks):
            self._pull(prices, bricks, chosen)
        self._press(prices.contacts, rows, presses)
        wanted = prices.imbalances(motion, weight, _WORTH)
        if wanted.any():
            self._unbalance(rows, wanted)
        if len(self._columns) == self._handed:
            return False
        self._flush(rows, weight)
        return True

    def _proven(self, prices: Prices, rows: RowMap) -> bool:
        """Whether the last basis is optimal for the published costs alone."""
        return prices.content(_motion(rows, self._session.duals_at(self._columns.cost)), UNUSED)

    def _rows(self, contacts: Contacts, joints: IntArray | None = None) -> RowMap:
        """Rows of the bricks' balances, of these ``joints`` (2, joints + 1, depth) where they are given."""
        rows = self._joints.rows if joints is None else joints
        bottom, top = np.append(self._joints.bottom, NONE), np.append(self._joints.top, NONE)
        centre = np.vstack([contacts.centre, [0.0, 0.0]])
        return RowMap(np.append(self._vertical, NONE), rows[:, bottom], rows[:, top], centre)

    def _weighted(self, weight: FloatArray, first: int = 0) -> FloatArray:
        """Costs of all columns from the ``first`` on, with the tie-break's share."""
        c = self._columns
        weighted: FloatArray = c.cost[first:] * np.append(weight, 1.0)[c.first[first:]]
        return weighted

    def _add_rows(
        self, right: FloatArray, entries: tuple[IntArray, IntArray, FloatArray] | None = None
    ) -> None:
        self._session.add_rows(right, entries)
        self._right = np.concatenate([self._right, right])

    def _flush(self, rows: RowMap, weight: FloatArray) -> None:
        """Hand all new columns to the solver at once."""
        self._session.add_columns(*self._block(rows, weight))

    def _block(self, rows: RowMap, weight: FloatArray) -> tuple[ColumnBlock, BoolArray]:
        """All new columns, and which of them are free; they count as handed over."""
        c, before = self._columns, self._handed
        parts = self._others
        if self._lifts:
            lifts = self._lifts[0] if len(self._lifts) == 1 else self._lifts[0].and_(*self._lifts[1:])
            c.forces = c.forces.and_(lifts)
            parts = [rows.lifts(lifts), *parts]
        found, count = parts[0] if len(parts) == 1 else Entries.joined(parts), len(c) - before
        entries = Entries(found.column - before, found.row, found.value).merged(count, len(self._right))
        self._lifts, self._others, self._handed = [], [], len(c)
        return ColumnBlock(self._weighted(weight, before), *entries), c.free[before:]

    def _couple(self, pairs: list[Coupling]) -> None:
        """Free columns between joints that are one."""
        column = self._columns.append(np.zeros(2 * len(pairs)), np.full(2 * len(pairs), NOBODY), free=True)
        self._joints.couplings.update(zip(pairs, column[::2].tolist(), strict=True))
        rows = self._joints.rows[:, np.array(pairs)]
        for axis in (0, 1):
            self._others.append(turns(column[axis::2], rows[axis, :, 0], rows[axis, :, 1]))

    def _support(self, prices: Prices, points: IntArray) -> None:
        """A column for a support at each of ``points`` (k,)."""
        c, pair, k = prices.contacts, prices.pair[points], len(points)
        column = self._columns.append(np.zeros(k), np.full(k, NOBODY))
        self._lifts.append(
            Forces(column, c.upper[pair], c.lower[pair], np.ones(k), prices.x[points], prices.y[points])
        )

    def _pull(self, prices: Prices, bricks: IntArray, chosen: IntArray) -> None:
        """A column for those of the ``chosen`` points (k,) that each of ``bricks`` has, pulling equally."""
        c, p = self._columns, prices.contacts
        number = np.full(p.brick_count, NONE)
        number[bricks] = len(c) + np.arange(len(bricks))
        points = chosen[number[prices.owner[chosen]] >= 0]
        pair = prices.pair[points]
        ones = np.ones(len(points))
        size, x, y = (
            np.bincount(pair, values, len(p.upper)).astype(np.float64)
            for values in (ones, prices.x[points], prices.y[points])
        )
        used = np.flatnonzero(size)
        upper, lower = p.upper[used], p.lower[used]
        self._lifts.append(Forces(number[upper], upper, lower, -size[used], -x[used], -y[used]))
        whole = np.bincount(upper, size[used], p.brick_count).astype(np.float64)[bricks]
        c.append(COST * (ALPHA + BETA * whole), bricks)
        mine = prices.owner[points]
        c.points = np.hstack([c.points, [number[mine], mine, p.lower[pair], points - prices.first[pair]]])

    def _press(self, contacts: Contacts, rows: RowMap, at: list[IntArray]) -> None:
        """Columns for presses at these positions of :attr:`Contacts.sides`, per axis, one for two joints."""
        bottom, found = self._joints.bottom, []
        for axis in (0, 1):
            if len(at[axis]):
                first, second = contacts.sides[axis][at[axis]].T
                code = bottom[second] * (self._joints.count + 1) + bottom[first]
                one = np.unique(code, return_index=True)[1]
                one = one[bottom[first[one]] != bottom[second[one]]]
                found += [
                    (NONE, axis, *pair)
                    for pair in zip(first[one].tolist(), second[one].tolist(), strict=True)
                ]
        if found:
            press = np.array(found).T
            press[0] = self._columns.append(np.zeros(len(found)), np.full(len(found), NOBODY))
            self._columns.press = np.hstack([self._columns.press, press])
            self._others.append(rows.presses(press))

    def _unbalance(self, rows: RowMap, wanted: BoolArray) -> None:
        """Columns for the ``wanted`` imbalances (n, 6) that have none."""
        c = self._columns
        brick, kind = np.nonzero(wanted & (c.residuals < 0))
        if len(brick):
            first = len(c)
            c.residuals[brick, kind] = c.append(_IMBALANCE[kind], brick)
            bricks = brick[np.flatnonzero(np.diff(brick, prepend=-1))]
            column = c.residuals[bricks]
            self._others.append(rows.imbalances(np.where(column < first, NONE, column), bricks))

    def _read(self, prices: Prices) -> Grown:
        c, contacts = self._columns, prices.contacts
        # Closed columns are zero, but for the dust of a solver.
        x = np.append(np.where(c.alive, self._session.point(), 0.0), 0.0)
        signed = x[c.residuals].reshape(-1, 3, 2)
        residual = (signed[:, :, 0] - signed[:, :, 1]) / FORCE
        pull = np.zeros(len(prices.pair))
        column, upper, lower, within = c.points[:, x[c.points[0]] > 0]
        n = contacts.brick_count + 1
        pair = np.searchsorted(contacts.upper * n + contacts.lower, upper * n + lower)
        np.add.at(pull, prices.first[pair] + within, x[column])
        return Grown(float(c.cost @ x[:-1]) / (COST * FORCE), pull / FORCE, residual)


def _motion(rows: RowMap, dual: FloatArray) -> Motion:
    """How bricks move at these duals (rows,)."""
    y = np.append(dual, 0.0)
    if rows.bottom.shape[2] == 1:
        return Motion(y[rows.vertical], y[rows.bottom[:, :, 0]], y[rows.top[:, :, 0]])
    return Motion(y[rows.vertical], y[rows.bottom].sum(axis=2), y[rows.top].sum(axis=2))
