"""The published problem of a structure that is built and edited, kept in the solver between changes.

Rows and columns are those of :mod:`~brickgpt_engine.physics.condensed` with every brick free, with two
differences that let bricks come and go. Each brick has a joint of its own at its top, and one at its
bottom where it rests on nothing; where bricks that touch have different ones, free columns couple them,
which says the same as one joint for all. And the tie-break is no second program: a small share of
its costs is added to the published ones. That finds the second's optimum if the basis that it ends with is
optimal for the published costs alone, which is looked at in the end; if not, there is no answer.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from brickgpt_engine.bricks.library import STUD_PITCH_M
from brickgpt_engine.physics.bodies import Bodies
from brickgpt_engine.physics.condensed import PAYS, Entries, Touch, lift_entries
from brickgpt_engine.physics.contacts import Contacts
from brickgpt_engine.physics.force_model import ALPHA, BETA, COST, FORCE, SHARE, UNUSED, preference
from brickgpt_engine.physics.program import ColumnBlock
from brickgpt_engine.physics.solvers.highs import WarmSession
from brickgpt_engine.physics.start import first_balance

IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

_NONE = -1
"""No brick, or no row."""
_ROUNDS = 60


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


class _Columns:
    """What is known of every column that the solver has.

    Attributes:
        cost: (c,) published costs.
        first, second: (c,) the bricks that it depends on; the first one's weight counts in the tie-break.
        free: (c,) whether it may be negative.
        alive: (c,) whether it is still in use.
    """

    def __init__(self) -> None:
        self.cost = np.zeros(0)
        self.first = self.second = np.zeros(0, dtype=np.int64)
        self.free = self.alive = np.zeros(0, dtype=bool)
        self._number = self._row = np.zeros(0, dtype=np.int64)
        self._value = np.zeros(0)

    def append(
        self, block: ColumnBlock, first: IntArray, second: IntArray, free: BoolArray | None = None
    ) -> None:
        count, before = len(block.cost), len(self.cost)
        number = before + np.repeat(np.arange(count), np.diff(block.start))
        self.cost = np.concatenate([self.cost, block.cost])
        self.first = np.concatenate([self.first, first])
        self.second = np.concatenate([self.second, second])
        self.free = np.concatenate([self.free, np.zeros(count, dtype=bool) if free is None else free])
        self.alive = np.concatenate([self.alive, np.ones(count, dtype=bool)])
        self._number = np.concatenate([self._number, number])
        self._row = np.concatenate([self._row, block.index])
        self._value = np.concatenate([self._value, block.value])

    def reduced(self, dual: FloatArray) -> FloatArray:
        """Reduced costs (c,) at these duals (rows,)."""
        worth = np.bincount(self._number, self._value * dual[self._row], len(self.cost))
        reduced: FloatArray = self.cost - worth
        return reduced


class GrowingProgram:
    """The program of one structure, and its solver.

    Bricks are known by their position in build order, which moves as earlier ones are taken out.

    Args:
        time_limit: seconds for its whole life, or None.
    """

    def __init__(self, time_limit: float | None = None) -> None:
        self._session = WarmSession(time_limit)
        self._columns = _Columns()
        none = np.zeros(0, dtype=np.int64)
        self._vertical = none
        self._bottom, self._top = np.zeros((2, 0), dtype=np.int64), np.zeros((2, 0), dtype=np.int64)
        self._stale = np.zeros(0, dtype=bool)
        self._residuals = np.zeros((0, 6), dtype=np.int64)
        self._upper, self._lower, self._xy = none, none, np.zeros((0, 2))
        self._known = np.zeros(0, dtype=bool)
        # Sets of points: which column, which point.
        self._set_column, self._set_point = none, none
        self._rows = 0
        self._reordered = False
        self._standing = np.zeros(0, dtype=bool)
        self._waiting: list[tuple[Entries, FloatArray, IntArray, IntArray, bool]] = []

    @property
    def bricks(self) -> int:
        """Number of bricks."""
        return len(self._vertical)

    @property
    def _count(self) -> int:
        """Number of columns, those that wait included."""
        return len(self._columns.cost) + sum(len(part[1]) for part in self._waiting)

    @property
    def littered(self) -> bool:
        """Whether bricks that are gone have left so much behind that beginning anew is better."""
        alive = self._columns.alive
        return self._rows > 8 * self.bricks + 80 or 2 * int(alive.sum()) + 200 < len(alive)

    def remove(self, position: int) -> None:
        """Take out the brick at ``position``."""
        c = self._columns
        above = np.unique(self._upper[self._known & (self._lower == position)])
        # Those that shared a joint because of it alone do so no more.
        kept = np.unique(self._bottom[0, above], return_index=True)[1]
        for brick in np.delete(above, kept).tolist():
            self._retire(brick)
        self._retire(position)
        self._vertical = np.delete(self._vertical, position)
        self._stale = np.delete(self._stale, position)
        self._standing = np.delete(self._standing, position)
        self._bottom = np.delete(self._bottom, position, axis=1)
        self._top = np.delete(self._top, position, axis=1)
        self._residuals = np.delete(self._residuals, position, axis=0)
        for bricks in (c.first, c.second, self._upper, self._lower):
            bricks[bricks == position] = _NONE
            bricks[bricks > position] -= 1
        self._reordered |= position < self.bricks

    def _retire(self, brick: int) -> None:
        """Close every column of ``brick``, which comes back with other ones or not at all."""
        if self._stale[brick]:
            return
        self._stale[brick] = True
        c = self._columns
        gone = self._known & ((self._upper == brick) | (self._lower == brick))
        self._known = self._known & ~gone
        dead = (c.first == brick) | (c.second == brick)
        dead[self._set_column[gone[self._set_point]]] = True
        dead &= c.alive
        c.alive = c.alive & ~dead
        self._session.close(np.flatnonzero(dead))
        self._session.unload(self._vertical[brick : brick + 1])

    def optimum(self, contacts: Contacts) -> Grown | None:
        """The optimum for ``contacts``, whose first bricks are the known ones; None where it cannot be told.

        Raises:
            SolverError: HiGHS gives no answer.
        """
        fresh = not self.bricks
        # What floats has no weight in the tie-break.
        weight = 1 + SHARE * preference(contacts)
        self._reordered |= not np.array_equal(self._standing, contacts.standing[: len(self._standing)])
        self._standing = contacts.standing
        grown = self._take_in(contacts, weight)
        if fresh:
            self._begin(contacts)
        if self._reordered:
            self._session.reprice(self._weighted(weight))
            self._reordered = False
        bodies = self._bodies()
        dual = self._session.solve(fewer=not grown)
        for _ in range(_ROUNDS):
            bricks, chosen = self._price(contacts, dual, weight)
            if not len(bricks):
                break
            self._add_sets(contacts, bodies, bricks, chosen)
            self._flush(weight)
            dual = self._session.solve()
        return self._read(contacts) if self._proven(contacts) else None

    def _begin(self, contacts: Contacts) -> None:
        """Let the simplex go on from :func:`~brickgpt_engine.physics.start.first_balance`."""
        start = first_balance(contacts)
        basic = np.zeros(len(self._columns.cost), dtype=bool)
        # Columns come as they were taken in: supports, residuals, then a set for each brick with points.
        sets = int(self._set_column[0]) if len(self._set_column) else len(basic)
        supports = sets - self._residuals.size - len(contacts.corners[0])
        basic[supports + np.array(start.corners, dtype=np.int64)] = True
        owners = np.unique(self._upper)
        basic[sets + np.searchsorted(owners, start.pulling)] = True
        for brick, sign in start.residuals:
            basic[self._residuals[brick, sign]] = True
        # Bricks that rest on nothing have joints of their own below, which nothing turns yet.
        rows = np.zeros(self._rows, dtype=bool)
        rows[self._bottom[:, np.setdiff1d(np.arange(self.bricks), owners)]] = True
        self._session.begin(basic, self._columns.free, rows)

    def _weighted(self, weight: FloatArray) -> FloatArray:
        c = self._columns
        weighted: FloatArray = c.cost * np.append(weight, 1.0)[c.first]
        return weighted

    def _take_in(self, contacts: Contacts, weight: FloatArray) -> bool:
        """Rows and columns for all bricks that are new or stale; whether there were any."""
        n, known = contacts.brick_count, self.bricks
        fresh = np.append(self._stale, np.ones(n - known, dtype=bool))
        new = np.flatnonzero(fresh)
        if not len(new):
            return False
        self._new_rows(contacts, new)
        self._stale = np.zeros(n, dtype=bool)
        bodies = self._bodies()
        touched = fresh[contacts.upper] | (fresh[contacts.lower] & (contacts.lower >= 0))
        self._couple(contacts, np.flatnonzero(touched))
        self._push(contacts, fresh)
        pair, xy = contacts.corners
        at = touched[pair]
        touch = Touch(contacts.upper[pair[at]], contacts.lower[pair[at]], xy[at])
        lifts = lift_entries(contacts, bodies, touch)
        self._append(lifts, np.zeros(len(touch.upper)), touch.upper, touch.lower)
        self._unbalance(new)
        at = touched[contacts.point_pair]
        pair = contacts.point_pair[at]
        first = len(self._upper)
        self._upper = np.concatenate([self._upper, contacts.upper[pair]])
        self._lower = np.concatenate([self._lower, contacts.lower[pair]])
        self._xy = np.concatenate([self._xy, contacts.point_xy[at]])
        self._known = np.concatenate([self._known, np.ones(len(pair), dtype=bool)])
        bricks = np.unique(self._upper[first:])
        if len(bricks):
            self._add_sets(contacts, bodies, bricks, self._known)
        self._flush(weight)
        return True

    def _new_rows(self, contacts: Contacts, new: IntArray) -> None:
        """Rows of the bricks ``new`` (k,): vertical balance, and joints at top and bottom."""
        k, n = len(new), contacts.brick_count
        more = n - self.bricks
        self._vertical = np.append(self._vertical, np.zeros(more, dtype=np.int64))
        blank = np.zeros((2, more), dtype=np.int64)
        self._bottom, self._top = np.hstack([self._bottom, blank]), np.hstack([self._top, blank])
        self._residuals = np.vstack([self._residuals, np.zeros((more, 6), dtype=np.int64)])
        self._vertical[new] = self._rows + np.arange(k)
        self._top[:, new] = self._rows + k + np.arange(2 * k).reshape(2, k)
        place = np.minimum(np.searchsorted(contacts.upper, new), max(len(contacts.upper) - 1, 0))
        if len(contacts.upper):
            rests = contacts.upper[place] == new
            below = np.where(rests, contacts.lower[place], _NONE)
        else:
            rests, below = np.zeros(k, dtype=bool), np.full(k, _NONE)
        self._bottom[:, new] = np.where(below >= 0, self._top[:, below], _NONE)
        alone = new[~rests]
        self._bottom[:, alone] = self._rows + 3 * k + np.arange(2 * len(alone)).reshape(2, -1)
        right = np.zeros(3 * k + 2 * len(alone))
        right[:k] = contacts.weight[new] * FORCE
        self._session.add_rows(right)
        self._rows += len(right)

    def _bodies(self) -> Bodies:
        n = self.bricks
        everyone = np.arange(n)
        ground = np.full((2, 1), _NONE)
        return Bodies(
            body=everyone,
            moving=everyone,
            vertical=np.append(self._vertical, _NONE),
            bottom=np.hstack([self._bottom, ground]),
            top=np.hstack([self._top, ground]),
            joint=np.zeros(0, dtype=np.int64),
            known=np.zeros(0, dtype=bool),
            joints_kept=0,
        )

    def _append(
        self, entries: Entries, cost: FloatArray, first: IntArray, second: IntArray, free: bool = False
    ) -> None:
        """Columns for the next :meth:`_flush`."""
        self._waiting.append((entries, cost, first, second, free))

    def _flush(self, weight: FloatArray) -> None:
        """Hand all waiting columns to the solver at once."""
        costs = [cost for _, cost, *_ in self._waiting]
        before = np.cumsum([0, *map(len, costs)])
        entries = Entries.joined(
            [
                Entries(part[0].column + offset, part[0].row, part[0].value)
                for part, offset in zip(self._waiting, before[:-1].tolist(), strict=True)
            ]
        )
        cost = np.concatenate(costs)
        first = np.concatenate([part[2] for part in self._waiting])
        second = np.concatenate([part[3] for part in self._waiting])
        free = np.repeat([part[4] for part in self._waiting], np.diff(before))
        start, index, value = entries.merged(len(cost), self._rows)
        self._session.add_columns(
            ColumnBlock(cost * np.append(weight, 1.0)[first], start, index, value), free
        )
        self._columns.append(ColumnBlock(cost, start, index, value), first, second, free)
        self._waiting = []

    def _couple(self, contacts: Contacts, pairs: IntArray) -> None:
        """Free columns between the joints of bricks that touch."""
        pairs = pairs[contacts.lower[pairs] >= 0]
        upper, lower = contacts.upper[pairs], contacts.lower[pairs]
        apart = self._top[0, lower] != self._bottom[0, upper]
        upper, lower = upper[apart], lower[apart]
        rows = np.concatenate([np.stack([self._top[a, lower], self._bottom[a, upper]], 1) for a in (0, 1)])
        self._append(_both(rows), np.zeros(len(rows)), np.tile(upper, 2), np.tile(lower, 2), free=True)

    def _push(self, contacts: Contacts, fresh: BoolArray) -> None:
        """Presses between bricks side by side that have different joints below."""
        for axis in (0, 1):
            first, second = contacts.sides[axis].T
            new = (fresh[first] | fresh[second]) & (self._bottom[axis, first] != self._bottom[axis, second])
            first, second = first[new], second[new]
            rows = np.stack([self._bottom[axis, second], self._bottom[axis, first]], axis=1)
            self._append(_both(rows), np.zeros(len(rows)), first, second)

    def _unbalance(self, new: IntArray) -> None:
        """Residuals of the bricks ``new``: vertical, along x and along y, each up and down."""
        k, first = len(new), self._count
        none = np.full(k, _NONE)
        pairs = [np.stack([self._vertical[new], none], axis=1)]
        pairs += [np.stack([self._bottom[axis, new], self._top[axis, new]], axis=1) for axis in (0, 1)]
        rows = np.concatenate([pair for pair in pairs for _ in (0, 1)])
        sign = np.repeat(np.tile([1.0, -1.0], 3), k)
        cost = COST * np.repeat([1.0, STUD_PITCH_M], [2 * k, 4 * k])
        self._append(_both(rows, sign), cost, np.tile(new, 6), np.full(6 * k, _NONE))
        self._residuals[new] = first + np.arange(6 * k).reshape(6, k).T

    def _add_sets(self, contacts: Contacts, bodies: Bodies, bricks: IntArray, chosen: BoolArray) -> None:
        """A column for the chosen points of each of ``bricks``, pulling equally."""
        number = np.full(self.bricks + 1, _NONE)
        number[bricks] = np.arange(len(bricks))
        wanted = np.flatnonzero(chosen & self._known & (number[self._upper] >= 0))
        column = number[self._upper[wanted]]
        lifts = lift_entries(
            contacts, bodies, Touch(self._upper[wanted], self._lower[wanted], self._xy[wanted])
        )
        size = np.bincount(column, minlength=len(bricks))
        self._set_column = np.concatenate([self._set_column, self._count + column])
        self._set_point = np.concatenate([self._set_point, wanted])
        cost: FloatArray = COST * (ALPHA + BETA * size.astype(np.float64))
        pulls = Entries(column[lifts.column], lifts.row, -lifts.value)
        self._append(pulls, cost, bricks, np.full(len(bricks), _NONE))

    def _price(self, contacts: Contacts, dual: FloatArray, weight: FloatArray) -> tuple[IntArray, BoolArray]:
        """Bricks whose best set of pulls pays, and which points are in their brick's best set."""
        y = np.append(dual, 0.0)
        slope = np.zeros((2, self.bricks + 1))
        slope[:, :-1] = y[self._bottom] - y[self._top]
        origin = np.zeros(self.bricks + 1)
        origin[:-1] = y[self._vertical] - (slope[:, :-1] * contacts.centre.T).sum(axis=0)
        up, low = self._upper, self._lower
        over = origin[low] - origin[up] - COST * BETA * np.append(weight, 1.0)[up]
        over += ((slope[:, low] - slope[:, up]) * self._xy.T).sum(axis=0)
        chosen = self._known & (over > 0)
        earned = np.bincount(up[chosen], over[chosen], self.bricks)
        return np.flatnonzero(earned > COST * ALPHA * weight * (1 + PAYS)), chosen

    def _proven(self, contacts: Contacts) -> bool:
        """Whether the last basis is optimal for the published costs alone."""
        c = self._columns
        dual = self._session.duals_at(c.cost)
        reduced = c.reduced(dual)
        if reduced[c.alive].min(initial=0.0) < -UNUSED or reduced[c.alive & c.free].max(initial=0.0) > UNUSED:
            return False
        return not len(self._price(contacts, dual, np.ones(self.bricks))[0])

    def _read(self, contacts: Contacts) -> Grown:
        # Closed columns are zero, but for the dust of a solver.
        x = np.where(self._columns.alive, self._session.point(), 0.0)
        signed = x[self._residuals].reshape(-1, 3, 2)
        residual = (signed[:, :, 0] - signed[:, :, 1]) / FORCE
        strength = x[self._set_column]
        used = strength > 0
        point = np.bincount(self._set_point[used], strength[used], len(self._upper)) / FORCE
        pull = np.zeros(len(contacts.point_pair))
        mine = np.flatnonzero(point)
        if len(mine):
            theirs = _codes(
                contacts.upper[contacts.point_pair], contacts.lower[contacts.point_pair], contacts.point_xy
            )
            order = np.argsort(theirs)
            codes = _codes(self._upper[mine], self._lower[mine], self._xy[mine])
            pull[order[np.searchsorted(theirs, codes, sorter=order)]] = point[mine]
        return Grown(float(self._columns.cost @ x) / (COST * FORCE), pull, residual)


def _both(rows: IntArray, sign: FloatArray | None = None) -> Entries:
    """Columns with +1 and -1 at their two ``rows`` (columns, 2), times ``sign``."""
    sign = np.ones(len(rows)) if sign is None else sign
    number = np.repeat(np.arange(len(rows)), 2)
    return Entries(number, rows.reshape(-1), np.stack([sign, -sign], axis=1).reshape(-1))


def _codes(upper: IntArray, lower: IntArray, xy: FloatArray) -> IntArray:
    """A number for each contact point that no other has: places are multiples of an eighth of a pitch."""
    x, y = np.rint(xy.T * 8).astype(np.int64)
    codes: IntArray = ((upper * (1 << 14) + lower + 1) * (1 << 14) + x) * (1 << 14) + y
    return codes
