"""The force model as a linear program, in a reduced form with the published optimum.

The model is StableLego's with BrickGPT's constants (arXiv 2505.05469, section on stability):
supports and drags at contact points, horizontal presses at studs and between neighbours, and
five residuals per brick. Written out, every stud has a dozen unknowns and every brick five
rows. Three exact steps make it small.

1. **Supports** are free and unbounded, so those at the corners of the convex hull of a pair's
   contact points can stand in for all of them.
2. **Horizontal presses** cost nothing. Per axis, let ``u`` be the dual of a brick's force row and
   ``τ`` that of its torque row. A press between two connected bricks demands
   ``u_upper + τ_upper·H/2 = u_lower - τ_lower·H/2``: the value at the upper's bottom face equals the
   value at the lower's top face. So all faces joined at one stud plane share a single dual, the
   baseplate's is 0, and ``τ = (bottom - top) / H``. In the primal, the force and torque rows of an
   axis melt into one row per such *joint*: the torques of the bricks on it equal those below it.
3. **Side contacts** push one way, so they become one column between the two joints, and none
   where both bricks share a joint.

Horizontal residuals have vanished with step 2. They can only matter where ``|u| > 1``, and
``|u|`` grows by at most H per connection from the baseplate: beyond :data:`_FAR` connections
the bricks get their horizontal residuals back.

Units inside the program are centinewtons and stud pitches, and costs are multiplied by 1000: the
published weights span six orders of magnitude, which no solver's tolerances stand. Results are
handed out in newtons and newton metres.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from brickgpt_engine.bricks.library import BRICK_HEIGHT_M, STUD_PITCH_M
from brickgpt_engine.physics.components import component_labels
from brickgpt_engine.physics.connectivity import ground_distance, surely_near
from brickgpt_engine.physics.contacts import GROUND, Contacts
from brickgpt_engine.physics.program import FloatArray, LinearProgram, Solution

IntArray = NDArray[np.int64]

FRICTION_CAPACITY = 0.98
"""Largest pull that one contact point holds, newtons (upstream: 100 g of force)."""
ALPHA = 1e-3
"""Cost of each brick's largest pull, per newton."""
BETA = 1e-6
"""Cost of every pull, per newton."""

FORCE = 100.0
"""Internal force units per newton."""
COST = 1000.0
"""Internal cost units per unit of the published objective."""
_FAR = 100
"""Connections from the baseplate up to which no horizontal residual can pay: below 1 / BRICK_HEIGHT_M."""
UNUSED = 1e-7
"""Reduced costs above this, of 1 for a largest pull of one centinewton, say that no optimum uses a column."""
SHARE = 1e-3
"""Share of the tie-break's costs that is added to the published ones where both are solved for at once."""
_GOLDEN = (5**0.5 - 1) / 2


def preference(contacts: Contacts) -> FloatArray:
    """Weight (n,) of each brick's cost in the tie-break.

    Optima are often many, and which one a solver ends at is chance. Reports show the optimum in which
    the costs of all bricks, each times its weight, add up to least. Weights fall with build order, so
    where there is a choice, later bricks fail and pull rather than earlier ones; and they fall
    unevenly, by the golden ratio's multiples, so that no two exchanges come out equal. They
    depend on nothing but build order: not on the solver, nor on where the structure stands, nor on
    what is built later. What floats fails in any case: it weighs nothing, so the others' stress is
    not chosen for its sake.
    """
    return np.where(contacts.standing, build_order_weights(contacts.brick_count), 0.0)


@lru_cache(maxsize=64)
def build_order_weights(bricks: int) -> FloatArray:
    """Weights (bricks,) as said at :func:`preference`, were there nothing that floats."""
    order = np.arange(bricks)
    weights: FloatArray = 1 + 1 / np.sqrt(1 + order + (order * _GOLDEN) % 1 / 2)
    return weights


@dataclass(frozen=True, slots=True)
class Columns:
    """Columns of a program, coordinate by coordinate: rows and values of shape (columns, entries).

    A negative row means "no entry", and so does the value 0.
    """

    rows: IntArray
    values: FloatArray
    cost: FloatArray
    upper: FloatArray

    @classmethod
    def of(cls, rows: IntArray, values: FloatArray, cost: float = 0.0, upper: float = np.inf) -> Columns:
        """Columns that share one cost and one upper bound."""
        count = len(rows)
        return cls(rows, values, np.full(count, cost), np.full(count, upper))


@dataclass(frozen=True, slots=True, eq=False)
class Layout:
    """Which rows mean what. Rows ``0 … n-1`` balance the bricks' vertical forces.

    Attributes:
        bottom, top: (2, n) row of the joint at each brick's bottom and top face, per axis x, y;
            -1 for the baseplate, whose joint needs no row.
        rows: number of balance rows.
        far: (k,) bricks that need horizontal residuals.
    """

    bottom: IntArray
    top: IntArray
    rows: int
    far: IntArray

    @classmethod
    def of(cls, contacts: Contacts) -> Layout:
        """Number the joints of a structure."""
        n = contacts.brick_count
        # Faces: 0 is the baseplate, 1 … n the bricks' bottoms, n+1 … 2n their tops.
        lower_face = np.where(contacts.lower == GROUND, 0, contacts.lower + 1 + n)
        label = component_labels(2 * n + 1, lower_face, contacts.upper + 1)
        joints, joint = np.unique(label, return_inverse=True)
        k = len(joints) - 1
        row = np.where(joint == 0, -1, n + joint - 1)
        both = np.stack([row, np.where(row < 0, -1, row + k)])
        return cls(both[:, 1 : n + 1], both[:, n + 1 :], n + 2 * k, far_bricks(contacts))


def far_bricks(contacts: Contacts, *, standing: bool = False) -> IntArray:
    """Bricks (k,) that need horizontal residuals, for being far from the baseplate or floating.

    What floats is pressed only by what stands beside it, at the height of its bottom, so its duals begin
    there; they grow with its studs alone, and not at all in a brick that floats by itself. With ``standing``,
    only what stands is looked at: what floats without a tilt has the duals of what presses against it.
    """
    n = contacts.brick_count
    if n <= _FAR or surely_near(contacts, _FAR):
        return np.zeros(0, dtype=np.int64)
    distance = ground_distance(contacts)
    if standing:
        return np.flatnonzero(distance > _FAR)
    floating = distance < 0
    alone = floating.copy()
    alone[contacts.upper] = alone[contacts.lower[contacts.lower >= 0]] = False
    if distance.max(initial=0) + (floating & ~alone).sum() <= _FAR:
        return np.zeros(0, dtype=np.int64)
    return np.flatnonzero(floating | (distance > _FAR))


@dataclass(frozen=True, slots=True, eq=False)
class Forces:
    """An optimum in physical terms.

    Attributes:
        pull: (q,) drag at each contact point, newtons.
        force: (n, 3) unbalanced force of each brick along x, y, z, newtons.
        torque: (n, 2) unbalanced torque about the x and y axes, newton metres.
        largest_pull: (n,) largest drag at each brick's own bottom contacts, newtons.
    """

    pull: FloatArray
    force: FloatArray
    torque: FloatArray
    largest_pull: FloatArray


class ForceModel:
    """The linear programs of one structure; the contacts are laid out once and used for all.

    Args:
        contacts: from :func:`~brickgpt_engine.physics.contacts.extract_contacts`.
    """

    def __init__(self, contacts: Contacts) -> None:
        self.contacts = contacts
        self.layout = Layout.of(contacts)
        rows, values = self._contact_columns()
        self._pulls = (rows, -values)
        corners = contacts.point_extreme
        self._free = [Columns.of(rows[corners], values[corners]), self._side_columns()]
        self._point_brick = contacts.upper[contacts.point_pair]

    def paper(self) -> LinearProgram:
        """The published problem: least Σ|residual| + α Σ largest pulls + β Σ pulls.

        Columns begin with the pulls, then the residuals, as :meth:`forces` reads them.
        """
        rows, values = self._capped_pulls()
        blocks = [Columns.of(rows, values, COST * BETA), *self._residual_columns()]
        blocks += [*self._free, self._largest_pull_columns()]
        return self._program(blocks, len(self._point_brick))

    def gentlest(self, largest_share: float) -> LinearProgram:
        """Exact balance with the pulls of :meth:`paper`'s cost, none above a share of the capacity."""
        rows, values = self._capped_pulls()
        cap = largest_share * FRICTION_CAPACITY * FORCE
        blocks = [Columns.of(rows, values, COST * BETA, cap), *self._free, self._largest_pull_columns()]
        return self._program(blocks, len(self._point_brick))

    def equilibrium(self) -> LinearProgram:
        """Exact balance with the least ``t`` such that every pull is at most ``t`` capacities.

        Columns begin with the pulls; the last one is ``t``, and the objective is ``t`` itself. There is
        a solution wherever every brick is joined to the baseplate: the points under any stud are
        three or more and not in a line, so one joint can pass on any force and torque.
        """
        rows, values = self._capped_pulls()
        q = len(self._point_brick)
        t_rows = self.layout.rows + np.arange(q)[None, :]
        t = Columns.of(t_rows, np.full((1, q), FRICTION_CAPACITY * FORCE), 1.0)
        return self._program([Columns.of(rows, values), *self._free, t], q)

    def within(self, share: float) -> LinearProgram:
        """Exact balance with no pull above a share of the capacity, at no cost: feasible or not."""
        rows, values = self._pulls
        cap = share * FRICTION_CAPACITY * FORCE
        return self._program([Columns.of(rows, values, 0.0, cap), *self._free], 0)

    def evened(self, program: LinearProgram, solution: Solution, *, residuals: bool) -> LinearProgram:
        """The tie-break's program: the optima of ``program`` alone, at costs weighed by :func:`preference`.

        Optima are exactly the feasible points that use no column of positive reduced cost and leave no
        slack in a row of positive dual.

        Args:
            program: from :meth:`paper` or :meth:`gentlest`.
            solution: its optimum, with duals.
            residuals: whether it is that of :meth:`paper`.
        """
        n, far = self.contacts.brick_count, self.layout.far
        weights = np.append(preference(self.contacts), 1.0)
        free = np.full(sum(len(block.cost) for block in self._free), -1)
        bricks = [self._point_brick]
        if residuals:
            bricks += [np.tile(np.arange(n), 6), np.tile(far, 4)]
        bricks += [free, np.unique(self._point_brick)]
        tight = np.abs(solution.dual) > UNUSED
        tight[: self.layout.rows] = False
        # A pull at its upper bound has a negative reduced cost and stays there.
        stays = solution.reduced < -UNUSED
        return replace(
            program,
            cost=program.cost * weights[np.concatenate(bricks)],
            lower=np.where(stays, program.upper, program.lower),
            upper=np.where(solution.reduced > UNUSED, 0.0, program.upper),
            row_upper=np.where(tight, program.row_lower, program.row_upper),
        )

    def objective(self, value: float) -> float:
        """An optimum of :meth:`paper` in the published units."""
        return value / (COST * FORCE)

    def forces(self, x: FloatArray, *, residuals: bool) -> Forces:
        """Read an optimal point; ``residuals`` says whether it is one of :meth:`paper`."""
        n, q, far = self.contacts.brick_count, len(self._point_brick), self.layout.far
        pull = x[:q] / FORCE
        force, torque = np.zeros((n, 3)), np.zeros((n, 2))
        if residuals:
            signed = x[q : q + 6 * n].reshape(3, 2, n)
            net = (signed[:, 0] - signed[:, 1]) / FORCE
            force[:, 2] = net[0]
            # A lever along y turns the brick about x, and the other way round.
            torque[:, 1], torque[:, 0] = net[1] * STUD_PITCH_M, net[2] * STUD_PITCH_M
            shear = x[q + 6 * n : q + 6 * n + 4 * len(far)].reshape(2, 2, -1)
            force[far, :2] = ((shear[:, 0] - shear[:, 1]) / FORCE).T
        largest = np.zeros(n)
        np.maximum.at(largest, self._point_brick, pull)
        return Forces(pull, force, torque, largest)

    def _contact_columns(self) -> tuple[IntArray, FloatArray]:
        """Rows and values, shape (q, 8), of a unit force that lifts the upper brick at each point."""
        c, layout = self.contacts, self.layout
        upper, lower = c.upper[c.point_pair], c.lower[c.point_pair]
        on_ground = lower == GROUND
        rows, values = [upper, np.where(on_ground, -1, lower)], [np.ones(len(upper)), -np.ones(len(upper))]
        for axis in (0, 1):
            lever_up = c.point_xy[:, axis] - c.centre[upper, axis]
            lever_low = np.where(on_ground, 0.0, c.point_xy[:, axis] - c.centre[lower, axis])
            rows += [layout.top[axis, upper], layout.bottom[axis, upper]]
            rows.append(np.where(on_ground, -1, layout.bottom[axis, lower]))
            # The joint between the two gets the upper's torque from above and the lower's from below.
            values += [-lever_up, lever_up + lever_low, -lever_low]
        return np.stack(rows, axis=1), np.stack(values, axis=1)

    def _capped_pulls(self) -> tuple[IntArray, FloatArray]:
        """The pulls, each with -1 in a row of its own that compares it with a maximum."""
        rows, values = self._pulls
        own = self.layout.rows + np.arange(len(rows))
        return np.column_stack([rows, own]), np.column_stack([values, -np.ones(len(rows))])

    def _largest_pull_columns(self) -> Columns:
        """One column per brick with contacts below: the bound on all of its pulls."""
        q = len(self._point_brick)
        if not q:
            return Columns.of(np.zeros((0, 1), dtype=np.int64), np.zeros((0, 1)))
        first = np.flatnonzero(np.diff(self._point_brick, prepend=-1))
        size = np.diff(first, append=q)
        steps = np.arange(size.max())
        rows = np.where(steps < size[:, None], self.layout.rows + first[:, None] + steps, -1)
        return Columns.of(rows, np.ones(rows.shape), COST * ALPHA)

    def _side_columns(self) -> Columns:
        """One push per axis and pair of joints that neighbours press apart."""
        pairs = [
            np.stack([self.layout.bottom[axis, pair[:, 1]], self.layout.bottom[axis, pair[:, 0]]], axis=1)
            for axis, pair in enumerate(self.contacts.sides)
        ]
        rows = np.concatenate(pairs)
        rows = np.unique(rows[rows[:, 0] != rows[:, 1]], axis=0)
        return Columns.of(rows, np.broadcast_to([1.0, -1.0], rows.shape))

    def _residual_columns(self) -> list[Columns]:
        """Vertical, x-lever and y-lever residuals of every brick, then horizontal ones of the far."""
        n, layout = self.contacts.brick_count, self.layout
        unit = np.ones((n, 1))
        vertical = np.arange(n)[:, None]
        blocks = [Columns.of(vertical, sign * unit, COST) for sign in (1.0, -1.0)]
        for axis in (0, 1):
            rows = np.stack([layout.bottom[axis], layout.top[axis]], axis=1)
            turn = np.broadcast_to([1.0, -1.0], rows.shape)
            blocks += [Columns.of(rows, sign * turn, COST * STUD_PITCH_M) for sign in (1.0, -1.0)]
        # In pitches a joint's row is its published one times H, hence H/2 for a force of one.
        half = BRICK_HEIGHT_M / STUD_PITCH_M / 2
        for axis in (0, 1):
            rows = np.stack([layout.bottom[axis, layout.far], layout.top[axis, layout.far]], axis=1)
            blocks += [Columns.of(rows, np.full(rows.shape, sign * half), COST) for sign in (1.0, -1.0)]
        return blocks

    def _program(self, blocks: list[Columns], cap_rows: int) -> LinearProgram:
        """Join column blocks; balance rows are equations, the ``cap_rows`` after them are ``>= 0``."""
        rows = self.layout.rows + cap_rows
        balance = np.zeros(rows)
        balance[: self.contacts.brick_count] = self.contacts.weight * FORCE
        row_upper = balance.copy()
        row_upper[self.layout.rows :] = np.inf
        kept = [(block.rows >= 0) & (block.values != 0) for block in blocks]
        counts = np.concatenate([mask.sum(axis=1) for mask in kept])
        cost = np.concatenate([block.cost for block in blocks])
        return LinearProgram(
            cost=cost,
            lower=np.zeros(len(cost)),
            upper=np.concatenate([block.upper for block in blocks]),
            row_lower=balance,
            row_upper=row_upper,
            start=np.concatenate([[0], np.cumsum(counts)]).astype(np.int32),
            index=np.concatenate([b.rows[m] for b, m in zip(blocks, kept, strict=True)]).astype(np.int32),
            value=np.concatenate([b.values[m] for b, m in zip(blocks, kept, strict=True)]),
        )
