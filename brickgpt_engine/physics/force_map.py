"""Every single force of a structure, for people who want to see them: one linear program in full.

The analysis needs only a verdict and eliminates most forces (see :mod:`.force_model`). Here they all
come back: support and pull at each contact point, the horizontal press of each connection, the push of
each pair of neighbours, and what is left unbalanced. A report's stress bounds the pulls, so the map shows
the report's own answer: whatever the report calls balanced is balanced here, with no larger pull.

How a load spreads over the points of one connection is not unique. The program picks supports at the
corners of a connection and, among equals, small forces; totals and the largest pulls are the report's.

Signs: a *support* lifts the upper brick and a *pull* holds it down; the lower brick gets the
opposite. A *press* along +x or +y pushes the upper brick that way. What is *unbalanced* is the net force
and torque that acts on the brick; a torque turns by the right-hand rule, so a positive one about y tips
the brick towards +x, and a positive one about x tips it towards −y.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from brickgpt_engine.bricks.library import BRICK_HEIGHT_M, STUD_PITCH_M
from brickgpt_engine.bricks.structure import BrickStructure
from brickgpt_engine.errors import ConfigError
from brickgpt_engine.physics.contacts import GROUND, Contacts, extract_contacts
from brickgpt_engine.physics.force_model import ALPHA, BETA, FRICTION_CAPACITY
from brickgpt_engine.physics.program import LinearProgram
from brickgpt_engine.physics.report import Criterion, StabilityReport
from brickgpt_engine.physics.solvers import solve

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

_FORCE = 100.0
"""Internal force units per newton; torques are counted in these times stud pitches."""
_COST = 1000.0
"""Internal cost units per unit of the published objective."""
_SMALL = BETA / 100
"""Cost of a horizontal force, per newton: only chooses among answers that are equally good."""
_UNEXPECTED = 3.0
"""Cost of a residual at a brick that the report calls balanced; one at a failing brick costs 1."""
_HALF = BRICK_HEIGHT_M / STUD_PITCH_M / 2
"""Half a brick's height in stud pitches."""
_SLACK = 1e-7
"""Newtons by which a pull may exceed the report's, for the solver's tolerance."""
FX, FY, FZ, TX, TY = range(5)
"""Kinds of balance; brick ``i`` has row ``5 * i + kind``."""


@dataclass(frozen=True, slots=True, eq=False)
class ForceMap:
    """All forces on ``n`` bricks with ``p`` connections and ``q`` contact points, in newtons.

    Attributes:
        contacts: where the bricks touch.
        support, pull: (q,) at each contact point.
        press: (p, 2) horizontal force on the upper brick of each connection, along x and y.
        push: per axis (x, y) the force (s,) that drives each pair of ``contacts.sides`` apart.
        force: (n, 3) net force on each brick along x, y, z that nothing balances.
        torque: (n, 2) net torque about x and y that nothing balances, newton metres.
        solver: which solver found them.
    """

    contacts: Contacts
    support: FloatArray
    pull: FloatArray
    press: FloatArray
    push: tuple[FloatArray, FloatArray]
    force: FloatArray
    torque: FloatArray
    solver: str


class _Columns:
    """Collects blocks of columns; each entry adds to a row, and equal rows of a column are summed."""

    def __init__(self) -> None:
        self.rows: list[IntArray] = []
        self.columns: list[IntArray] = []
        self.values: list[FloatArray] = []
        self.cost: list[FloatArray] = []
        self.upper: list[FloatArray] = []
        self.count = 0

    def add(
        self,
        entries: list[tuple[IntArray, FloatArray]],
        cost: float | FloatArray,
        upper: float | FloatArray = np.inf,
    ) -> slice:
        """Add ``k`` columns; ``entries`` are pairs of rows (k,) and values (k,), a negative row is none."""
        size = len(entries[0][0])
        own = self.count + np.arange(size)
        for rows, values in entries:
            kept = rows >= 0
            self.rows.append(rows[kept])
            self.columns.append(own[kept])
            self.values.append(np.broadcast_to(values, (size,))[kept].astype(float))
        self.cost.append(np.broadcast_to(np.asarray(cost, dtype=float), (size,)))
        self.upper.append(np.broadcast_to(np.asarray(upper, dtype=float), (size,)))
        self.count += size
        return slice(self.count - size, self.count)

    def program(self, row_lower: FloatArray, row_upper: FloatArray) -> LinearProgram:
        """The linear program of all columns."""
        rows, columns = np.concatenate(self.rows), np.concatenate(self.columns)
        codes, place = np.unique(columns * len(row_lower) + rows, return_inverse=True)
        values: FloatArray = np.zeros(len(codes))
        np.add.at(values, place, np.concatenate(self.values))
        counts = np.bincount(codes // len(row_lower), minlength=self.count)
        return LinearProgram(
            cost=np.concatenate(self.cost),
            lower=np.zeros(self.count),
            upper=np.concatenate(self.upper),
            row_lower=row_lower,
            row_upper=row_upper,
            start=np.concatenate([[0], np.cumsum(counts)]).astype(np.int32),
            index=(codes % len(row_lower)).astype(np.int32),
            value=values,
        )


def force_map(structure: BrickStructure, report: StabilityReport, *, solver: str = "auto") -> ForceMap:
    """Find every force behind a report.

    Args:
        structure: what was analysed.
        report: its report by forces (criterion ``paper`` or ``equilibrium``), with a verdict.
        solver: as for :class:`~brickgpt_engine.physics.StabilityAnalyzer`.

    Raises:
        ConfigError: the report has no verdict, is not about forces, or is of another structure.
        SolverError: no solver gave an answer.
    """
    if report.criterion is Criterion.CONNECTIVITY or report.status == "unknown":
        raise ConfigError("this report says nothing about forces; analyse by 'paper' or 'equilibrium' first")
    if len(report.stress) != len(structure):
        raise ConfigError(f"the report is of {len(report.stress)} bricks, the structure has {len(structure)}")
    contacts = extract_contacts(structure)
    if not len(structure):
        empty = np.zeros(0)
        none = np.zeros((0, 2))
        return ForceMap(contacts, empty, empty, none, (empty, empty), np.zeros((0, 3)), none, "none")
    return _Map(contacts, report).solved(solver)


class _Map:
    """The program of one structure, block by block."""

    def __init__(self, contacts: Contacts, report: StabilityReport) -> None:
        self.contacts = contacts
        self.blocks = _Columns()
        self.most, self.measured = _pull_limits(contacts.brick_count, report)
        upward = self._upward()
        self.corner = np.flatnonzero(contacts.point_extreme)
        self.support = self.blocks.add(
            [(rows[self.corner], values[self.corner]) for rows, values in upward], 0
        )
        self.pull, self.rows = self._pulls(upward)
        self.presses = [self._press(axis) for axis in (0, 1)]
        self.pushes = [self._push(axis) for axis in (0, 1)]
        self.residuals = self._residuals(report)

    def solved(self, solver: str) -> ForceMap:
        """Solve, and read the forces off the optimum."""
        c = self.contacts
        low = np.zeros(self.rows)
        low[FZ : 5 * c.brick_count : 5] = c.weight * _FORCE
        high = low.copy()
        high[5 * c.brick_count :] = np.inf
        solution = solve(self.blocks.program(low, high), solver)
        x = solution.x / _FORCE + 0.0  # the zero of a solver may have a minus
        support = np.zeros(len(c.point_pair))
        support[self.corner] = x[self.support]
        missing = (x[self.residuals[0]] - x[self.residuals[1]]).reshape(-1, 5)
        missing[:, TX:] *= STUD_PITCH_M
        return ForceMap(
            contacts=c,
            support=support,
            pull=x[self.pull],
            press=np.stack([x[one] - x[other] for one, other in self.presses], axis=1),
            push=(x[self.pushes[0]], x[self.pushes[1]]),
            force=-missing[:, :TX],
            torque=-missing[:, TX:],
            solver=solution.solver,
        )

    def _upward(self) -> list[tuple[IntArray, FloatArray]]:
        """Entries of a unit force that lifts the upper brick and presses the lower, at each point."""
        c = self.contacts
        entries: list[tuple[IntArray, FloatArray]] = []
        for brick, sign in ((c.upper[c.point_pair], 1.0), (c.lower[c.point_pair], -1.0)):
            lever = c.point_xy - c.centre[brick]
            for kind, value in ((FZ, np.ones(len(brick))), (TX, lever[:, 1]), (TY, -lever[:, 0])):
                entries.append((_row(brick, kind), sign * value))
        return entries

    def _pulls(self, upward: list[tuple[IntArray, FloatArray]]) -> tuple[slice, int]:
        """Pulls within the report's; where it has none, the largest per brick costs as in the analysis."""
        c = self.contacts
        brick = c.upper[c.point_pair]
        points = np.flatnonzero(self.measured[brick])
        first = 5 * c.brick_count
        cap_row = np.full(len(brick), -1)
        cap_row[points] = first + np.arange(len(points))
        entries = [(rows, -values) for rows, values in upward]
        entries.append((cap_row, -np.ones(len(brick))))
        pulls = self.blocks.add(entries, _COST * BETA, self.most[brick] * _FORCE)
        for index in np.flatnonzero(self.measured):
            mine = cap_row[points[brick[points] == index]]
            if len(mine):
                self.blocks.add([(row, np.ones(1)) for row in mine[:, None]], _COST * ALPHA)
        return pulls, first + len(points)

    def _press(self, axis: int) -> tuple[slice, slice]:
        """A press of each connection either way: on the upper's bottom face and the lower's top face."""
        c = self.contacts
        force = (FX, FY)[axis]
        upper, lower = (_faced(brick, axis) for brick in (c.upper, c.lower))
        ones = np.ones(len(c.upper))
        entries = [(_row(c.upper, force), ones), (_row(c.lower, force), -ones)]
        entries += [(upper[0], -upper[1]), (lower[0], -lower[1])]
        both = [[(rows, sign * values) for rows, values in entries] for sign in (1.0, -1.0)]
        return self.blocks.add(both[0], _COST * _SMALL), self.blocks.add(both[1], _COST * _SMALL)

    def _push(self, axis: int) -> slice:
        """A push between neighbours, at their bottom faces: the second one along the axis, the first back."""
        first, second = self.contacts.sides[axis].T
        force = (FX, FY)[axis]
        ones = np.ones(len(first))
        entries = [(_row(second, force), ones), (_row(first, force), -ones)]
        for brick, sign in ((second, -1.0), (first, 1.0)):
            rows, values = _faced(brick, axis)
            entries.append((rows, sign * values))
        return self.blocks.add(entries, _COST * _SMALL)

    def _residuals(self, report: StabilityReport) -> tuple[slice, slice]:
        n = self.contacts.brick_count
        price = np.full((n, 5), _UNEXPECTED)
        price[[f.index for f in report.failures if f.kind != "overloaded"]] = 1.0
        price[:, TX:] *= STUD_PITCH_M
        rows, ones = np.arange(5 * n), np.ones(5 * n)
        cost = _COST * price.ravel()
        return self.blocks.add([(rows, ones)], cost), self.blocks.add([(rows, -ones)], cost)


def _row(brick: IntArray, kind: int) -> IntArray:
    """Rows (k,) of one kind of balance of some bricks; -1 for the baseplate, which always balances."""
    rows: IntArray = np.where(brick == GROUND, -1, 5 * brick + kind)
    return rows


def _faced(brick: IntArray, axis: int) -> tuple[IntArray, FloatArray]:
    """Rows and values (k,) of the torque of unit forces along ``axis`` on the bricks' top faces."""
    kind, lever = ((TY, _HALF), (TX, -_HALF))[axis]
    return _row(brick, kind), np.full(len(brick), lever)


def _pull_limits(bricks: int, report: StabilityReport) -> tuple[FloatArray, NDArray[np.bool_]]:
    """Largest pull (n,) of each brick, newtons, and for which bricks (n,) the report does not know it."""
    measured = np.asarray(report.stress) >= 1
    most = np.where(measured, np.inf, report.stress * FRICTION_CAPACITY * (1 + 1e-6) + _SLACK)
    if report.safety_factor:
        most = np.minimum(most, FRICTION_CAPACITY / report.safety_factor * (1 + 1e-6) + _SLACK)
    return most, measured
