"""The published force model written out plainly, one variable per force: what the fast one must match.

Nothing of the engine's physics is used here: cells, contact points, levers and rows are worked out
brick by brick in metres and newtons from the model's description, without any reduction.
"""

from dataclasses import dataclass, field

import highspy
import numpy as np

PITCH, HEIGHT, GRAVITY = 0.0078, 0.0096, 9.8
CAPACITY, ALPHA, BETA = 0.98, 1e-3, 1e-6
MASS = {(1, 1): 0.43, (1, 2): 0.81, (1, 4): 1.57, (1, 6): 2.28, (1, 8): 3.03}
MASS |= {(2, 2): 1.15, (2, 4): 2.16, (2, 6): 3.23}
FOUR = ((0, -0.25), (-0.25, 0), (0, 0.25), (0.25, 0))
THREE = ((0.125, -0.125), (-0.25, 0), (0.125, 0.125))


@dataclass
class Program:
    """Rows are keyed; a variable is a list of (row, coefficient)."""

    rows: dict = field(default_factory=dict)
    cost: list = field(default_factory=list)
    entries: list = field(default_factory=list)
    lower_bound: list = field(default_factory=list)
    upper_bound: list = field(default_factory=list)

    def row(self, key, low, high):
        self.rows[key] = len(self.rows)
        self.lower_bound.append(low)
        self.upper_bound.append(high)

    def variable(self, cost, entries):
        self.cost.append(cost)
        self.entries.append([(self.rows[key], value) for key, value in entries])
        return len(self.cost) - 1


def weight(brick):
    return MASS[min(brick.h, brick.w), max(brick.h, brick.w)] / 1000 * GRAVITY


def push(brick, index, direction, height, at=None):
    """Entries of a unit force on a brick: along an axis at a height, or upwards at a place (x, y)."""
    if index is None:
        return []
    if direction in "xy":
        torque = {"x": ("ty", height), "y": ("tx", -height)}[direction]
        return [((index, "f" + direction), 1), ((index, torque[0]), torque[1])]
    lever_x = (at[0] - (brick.x + (brick.h - 1) / 2)) * PITCH
    lever_y = (at[1] - (brick.y + (brick.w - 1) / 2)) * PITCH
    return [((index, "fz"), 1), ((index, "tx"), lever_y), ((index, "ty"), -lever_x)]


def negate(entries):
    return [(key, -value) for key, value in entries]


def balance_rows(program, bricks):
    for i, brick in enumerate(bricks):
        for name in ("fx", "fy", "tx", "ty"):
            program.row((i, name), 0, 0)
        program.row((i, "fz"), weight(brick), weight(brick))


def cells(brick):
    return [(x, y) for x in range(brick.x, brick.x + brick.h) for y in range(brick.y, brick.y + brick.w)]


def add_contacts(program, bricks, pull_cost):
    """Supports, drags and knob presses of every stud; returns (brick, cap row key) of each drag."""
    owner = {(x, y, brick.z): i for i, brick in enumerate(bricks) for x, y in cells(brick)}
    drags = []
    for i, brick in enumerate(bricks):
        for x, y in cells(brick):
            below = owner.get((x, y, brick.z - 1))
            if brick.z > 0 and below is None:
                continue
            under = None if below is None else bricks[below]
            for k, (dx, dy) in enumerate(FOUR if min(brick.h, brick.w) == 1 else THREE):
                place = (x + dx, y + dy)
                up = push(brick, i, "z", 0, place) + negate(push(under, below, "z", 0, place))
                program.variable(0, up)
                cap = (i, x, y, k)
                program.row(cap, 0, np.inf)
                program.variable(pull_cost, [*negate(up), (cap, -1)])
                drags.append((i, cap, len(program.cost) - 1))
            for axis in "xy":
                press = push(brick, i, axis, -HEIGHT / 2) + negate(push(under, below, axis, HEIGHT / 2))
                program.variable(0, press)
                program.variable(0, negate(press))
    return owner, drags


def add_sides(program, bricks, owner):
    for (x, y, z), i in owner.items():
        for axis, beside in (("x", (x + 1, y, z)), ("y", (x, y + 1, z))):
            j = owner.get(beside)
            if j is not None and j != i:
                away = push(bricks[j], j, axis, -HEIGHT / 2)
                program.variable(0, away + negate(push(bricks[i], i, axis, -HEIGHT / 2)))


def paper(bricks):
    """Optimum, sum of residuals, and largest drag of each brick, in newtons."""
    bricks = list(bricks)
    program = Program()
    balance_rows(program, bricks)
    owner, drags = add_contacts(program, bricks, BETA)
    add_sides(program, bricks, owner)
    residuals = []
    for i in range(len(bricks)):
        for name in ("fx", "fy", "fz", "tx", "ty"):
            residuals += [program.variable(1, [((i, name), sign)]) for sign in (1, -1)]
        program.variable(ALPHA, [(cap, 1) for brick, cap, _ in drags if brick == i])
    value, x = minimise(program)
    largest = np.zeros(len(bricks))
    for i, _, column in drags:
        largest[i] = max(largest[i], x[column])
    return value, x[residuals].sum(), largest


def equilibrium(bricks):
    """Least t with exact balance and every drag at most t capacities; None without equilibrium."""
    bricks = list(bricks)
    program = Program()
    balance_rows(program, bricks)
    owner, drags = add_contacts(program, bricks, 0)
    add_sides(program, bricks, owner)
    program.variable(1, [(cap, CAPACITY) for _, cap, _ in drags])
    answer = minimise(program)
    return None if answer is None else answer[0]


def minimise(program, cost_scale=1000.0, force_scale=100.0):
    """Optimum and variables of a program, or None where it is infeasible. Scaled as solvers like it."""
    lp = highspy.HighsLp()
    lp.num_col_, lp.num_row_ = len(program.cost), len(program.rows)
    lp.col_cost_ = np.array(program.cost, dtype=float) * cost_scale
    lp.col_lower_, lp.col_upper_ = np.zeros(lp.num_col_), np.full(lp.num_col_, np.inf)
    lp.row_lower_ = np.array(program.lower_bound) * force_scale
    lp.row_upper_ = np.array(program.upper_bound) * force_scale
    merged = [merge(column) for column in program.entries]
    lp.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    lp.a_matrix_.start_ = np.cumsum([0] + [len(column) for column in merged]).astype(np.int32)
    lp.a_matrix_.index_ = np.array([row for column in merged for row in column], dtype=np.int32)
    lp.a_matrix_.value_ = np.array([value for column in merged for value in column.values()])
    engine = highspy.Highs.__mro__[1]()  # its wrapper prints a banner
    for name in ("primal_feasibility_tolerance", "dual_feasibility_tolerance"):
        engine.setOptionValue(name, 1e-9)
    engine.setOptionValue("output_flag", False)
    engine.setOptionValue("threads", 1)
    engine.passModel(lp)
    engine.run()
    if engine.getModelStatus() == highspy.HighsModelStatus.kInfeasible:
        return None
    if engine.getModelStatus() != highspy.HighsModelStatus.kOptimal:
        raise RuntimeError(f"the oracle found no optimum: {engine.getModelStatus()}")
    value = engine.getInfo().objective_function_value / cost_scale / force_scale
    return value, np.array(engine.getSolution().col_value) / force_scale


def merge(column):
    total = {}
    for row, value in column:
        total[row] = total.get(row, 0.0) + value
    return {row: value for row, value in total.items() if abs(value) > 1e-15}
