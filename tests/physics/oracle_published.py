"""The published program in the form in which it is published: a rival to measure.

`oracle.py` states the same problem with one variable per force. As published, each brick has a variable of
its own for every force on it, rows say that what touches pushes back as hard, and sums, magnitudes and maxima
are variables too, the sums with a lower bound of -100 for each brick of the structure. Products of support
and pull are left out: they need Gurobi, and change no optimum. The solver has its default options. Units are
scaled as in `oracle.py`: in newtons HiGHS gets stuck now and then, on minutes of pivots. Rows are written
one by one as lists of numbers and terms; a modelling layer would take longer.
"""

from dataclasses import dataclass, field

import highspy
import numpy as np
from oracle import ALPHA, BETA, FOUR, HEIGHT, PITCH, THREE, cells, weight

BALANCES = ("fx", "fy", "fz", "tx", "ty")
PRESSES = (("x", 1), ("x", -1), ("y", 1), ("y", -1))


@dataclass
class Statement:
    """Variables are numbers; a row is a list of (variable, coefficient) between two bounds."""

    lowest: list = field(default_factory=list)
    start: list = field(default_factory=lambda: [0])
    variable_of: list = field(default_factory=list)
    value: list = field(default_factory=list)
    low: list = field(default_factory=list)
    high: list = field(default_factory=list)

    def variable(self, lowest=0.0):
        self.lowest.append(lowest)
        return len(self.lowest) - 1

    def row(self, terms, low=0.0, high=0.0):
        for variable, value in terms:
            self.variable_of.append(variable)
            self.value.append(value)
        self.start.append(len(self.value))
        self.low.append(low)
        self.high.append(high)

    def variables(self, count, lowest=0.0):
        return [self.variable(lowest) for _ in range(count)]

    def equal(self, variable, terms, constant=0.0):
        """A row that says that ``variable`` equals the ``terms`` plus ``constant``."""
        self.row([(variable, 1.0), *((other, -value) for other, value in terms)], constant, constant)


@dataclass
class Face:
    """Forces on one brick at one stud: four presses, and what each contact point pushes and pulls."""

    presses: list
    pushes: list
    pulls: list


class Published:
    """States the program of some bricks."""

    def __init__(self, bricks):
        self.bricks = list(bricks)
        self.statement = Statement()
        count, lowest = len(self.bricks), -100.0 * len(self.bricks)
        new = self.statement.variables
        # Of each balance: what acts one way, what acts the other way, and the two together.
        self.sums = {name: [new(count, lowest) for _ in range(3)] for name in BALANCES}
        self.magnitudes = {name: new(count) for name in BALANCES}
        self.largest = new(count)
        self.owner = {(*cell, b.z): i for i, b in enumerate(self.bricks) for cell in cells(b)}
        self.bottom, self.top, self.side = {}, {}, {}
        for (x, y, z), i in self.owner.items():
            for axis, sign in PRESSES:
                if self.owner.get(beside(x, y, z, axis, -sign), i) != i:
                    self.side[x, y, z, axis, sign] = self.statement.variable()
        for x, y, z in self.owner:
            self.new_faces(x, y, z)
        self.pulls = [[] for _ in self.bricks]
        for i, brick in enumerate(self.bricks):
            self.balance(i, brick)

    def new_faces(self, x, y, z):
        """Variables for what acts on the brick at one cell through its top and its bottom."""
        new, owner = self.statement.variables, self.owner
        above = owner.get((x, y, z + 1))
        below = owner[x, y, z] if z == 0 or (x, y, z - 1) in owner else None
        for faces, upper in ((self.top, above), (self.bottom, below)):
            if upper is not None:
                points = len(pattern(self.bricks[upper]))
                presses, pulls = new(len(PRESSES)), new(points)
                faces[x, y, z] = Face(presses, new(points), pulls)

    def balance(self, i, brick):
        """Rows of brick ``i``: reactions at its cells, sums of what acts on it, magnitudes, largest pull."""
        acting = {(name, sign): [] for name in BALANCES for sign in (1, -1)}
        for x, y in cells(brick):
            self.sides_of(acting, x, y, brick.z)
            self.connection(acting, brick, x, y, self.top, self.bottom, 1)
            self.connection(acting, brick, x, y, self.bottom, self.top, -1)
            if (x, y, brick.z) in self.bottom:
                self.pulls[i] += self.bottom[x, y, brick.z].pulls
        state = self.statement
        for name in BALANCES:
            more, less, net = (variables[i] for variables in self.sums[name])
            state.equal(more, acting[name, 1])
            state.equal(less, acting[name, -1])
            state.equal(net, [(more, 1.0), (less, -1.0)], -weight(brick) if name == "fz" else 0.0)
            for sign in (1.0, -1.0):
                state.row([(self.magnitudes[name][i], 1.0), (net, sign)], 0.0, np.inf)
        for pull in self.pulls[i]:
            state.row([(self.largest[i], 1.0), (pull, -1.0)], 0.0, np.inf)

    def sides_of(self, acting, x, y, z):
        for axis, sign in PRESSES:
            force = self.side.get((x, y, z, axis, sign))
            if force is not None:
                reaction = self.side[(*beside(x, y, z, axis, -sign), axis, -sign)]
                self.statement.row([(force, 1.0), (reaction, -1.0)])
                act(acting, axis, sign, -HEIGHT / 2, force)

    def connection(self, acting, brick, x, y, mine, theirs, end):
        """What acts on a brick at its top (``end`` 1) or bottom (-1) face of one cell."""
        face = mine.get((x, y, brick.z))
        if face is None:
            return
        for (axis, sign), force in zip(PRESSES, face.presses, strict=True):
            act(acting, axis, sign, end * HEIGHT / 2, force)
        upper = self.bricks[self.owner[x, y, brick.z + (end + 1) // 2]]
        for (dx, dy), push, pull in zip(pattern(upper), face.pushes, face.pulls, strict=True):
            lever_x = (x + dx - brick.x - (brick.h - 1) / 2) * PITCH
            lever_y = (y + dy - brick.y - (brick.w - 1) / 2) * PITCH
            # From below, pushes lift and pulls hold down; from above it is the other way round.
            for force, sign in ((push, -end), (pull, end)):
                acting["fz", sign].append((force, 1.0))
                acting["tx", sign].append((force, lever_y))
                acting["ty", -sign].append((force, lever_x))
        other = theirs.get((x, y, brick.z + end))
        if other is not None:
            self.react(face, other)

    def react(self, face, other):
        presses = [other.presses[k] for k in (1, 0, 3, 2)]
        for force, reaction in (
            *zip(face.presses, presses, strict=True),
            *zip(face.pushes, other.pushes, strict=True),
            *zip(face.pulls, other.pulls, strict=True),
        ):
            self.statement.row([(force, 1.0), (reaction, -1.0)])

    def optimum(self):
        """Optimum, sum of residuals, and largest pull of each brick, in newtons."""
        state = self.statement
        residual, largest, pulls = state.variables(3)
        state.equal(residual, [(one, 1.0) for every in self.magnitudes.values() for one in every])
        state.equal(largest, [(one, 1.0) for one in self.largest])
        state.equal(pulls, [(one, 1.0) for own in self.pulls for one in own])
        value, x = minimise(state, {residual: 1.0, largest: ALPHA, pulls: BETA})
        return value, x[residual], np.array([x[own].max(initial=0.0) for own in map(as_index, self.pulls)])


def as_index(numbers):
    return np.array(numbers, dtype=np.int64)


def pattern(brick):
    return FOUR if min(brick.h, brick.w) == 1 else THREE


def beside(x, y, z, axis, step):
    return (x + step, y, z) if axis == "x" else (x, y + step, z)


def act(acting, axis, sign, height, force):
    """A horizontal force at a height above a brick's middle: it pushes, and turns about the other axis."""
    acting["f" + axis, sign].append((force, 1.0))
    torque, turn = ("ty", 1) if axis == "x" else ("tx", -1)
    turn *= sign if height > 0 else -sign
    acting[torque, turn].append((force, abs(height)))


def paper(bricks):
    """Optimum, sum of residuals, and largest pull of each brick, in newtons."""
    return Published(bricks).optimum()


def minimise(state, cost, cost_scale=1000.0, force_scale=100.0):
    """Optimum in newtons, and the variables."""
    lp = highspy.HighsLp()
    columns, rows = len(state.lowest), len(state.low)
    lp.num_col_, lp.num_row_ = columns, rows
    costs = np.zeros(columns)
    costs[list(cost)] = list(cost.values())
    lp.col_cost_ = costs * cost_scale
    lp.col_lower_, lp.col_upper_ = np.array(state.lowest) * force_scale, np.full(columns, np.inf)
    lp.row_lower_, lp.row_upper_ = np.array(state.low) * force_scale, np.array(state.high) * force_scale
    lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    lp.a_matrix_.start_ = np.array(state.start, dtype=np.int32)
    lp.a_matrix_.index_ = np.array(state.variable_of, dtype=np.int32)
    lp.a_matrix_.value_ = np.array(state.value)
    engine = highspy.Highs.__mro__[1]()  # its wrapper prints a banner
    engine.setOptionValue("output_flag", False)
    engine.setOptionValue("threads", 1)
    engine.passModel(lp)
    engine.run()
    if engine.getModelStatus() != highspy.HighsModelStatus.kOptimal:
        raise RuntimeError(f"the published program found no optimum: {engine.getModelStatus()}")
    value = engine.getInfo().objective_function_value / cost_scale / force_scale
    return value, np.array(engine.getSolution().col_value) / force_scale
