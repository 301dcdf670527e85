"""The published problem, solved with as little linear programming as the structure allows.

Small structures begin at a balance that is near the optimum (:func:`small_optimum`). The others:

1. Let the weights settle (:mod:`~brickgpt_engine.physics.settling`). Without a failing brick the
   optimum is zero: nothing pulls and nothing is left over.
2. Let only the bricks that failed move, riders with them, and solve the program of those alone
   (:mod:`~brickgpt_engine.physics.condensed`). Holding the others still takes directions from the dual
   problem, so its optimum is a lower bound of the whole one.
3. Let the other bricks settle once more under the forces that they now get, and look whether the
   dual motion of the riders is allowed. If so, the forces together are feasible for the whole
   problem at the cost of the lower bound, hence optimal. If not, the bricks that failed are let
   free as well, and step 2 is repeated; when most move anyway, all do, and nothing is left to check.

What floats falls without a tilt. Whatever presses against it, its imbalances cost no less than its weight:
to fall as one is a motion that the dual allows. And they cost no more where each brick's own weight is left
over and what presses against each joint adds up to nothing. So the optimum is that weight and the optimum
of what stands, floating bricks being struts at most. If presses do not add up, what floats is let free too.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from brickgpt_engine.bricks.structure import BrickStructure
from brickgpt_engine.errors import SolverError
from brickgpt_engine.physics.bodies import Bodies, Joints, ride
from brickgpt_engine.physics.components import component_labels
from brickgpt_engine.physics.condensed import Balance, Condensed
from brickgpt_engine.physics.contact_changes import with_next, without
from brickgpt_engine.physics.contacts import GROUND, Contacts, extract_contacts
from brickgpt_engine.physics.dense import DenseSimplex
from brickgpt_engine.physics.force_model import COST, far_bricks
from brickgpt_engine.physics.growing import GrowingProgram, Grown
from brickgpt_engine.physics.native import Trace
from brickgpt_engine.physics.settling import Loads, must_pull, settle
from brickgpt_engine.physics.start import first_balance

IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

_MOST = 0.5
"""Share of moving bricks from which on all are let free."""
SMALL = 20
"""Bricks up to which dense arrays and a start near the optimum are the fastest."""
_FEW = 60
"""Bricks below which one program of all is sooner done than a smaller one and its check."""
_MANY = 0.1
"""Share of bricks that fail to settle at first from which on most will have to move."""
_ROUNDS = 5
_LARGE = 200
"""Bricks beyond which the program of all takes longer to begin with than changes are likely to save."""
_KEPT = 16
"""Programs whose optima a memory keeps."""
_NEW = 3
"""New bricks up to which contacts are added brick by brick."""
_SLACK = 1e-7
"""How far, in units of cost, a rider's dual may be out of bounds."""
_ZERO = 1e-12
_PRESSED = 1e-10
"""Presses up to this, newtons, are a solver's dust."""


@dataclass(frozen=True, slots=True, eq=False)
class PaperOptimum:
    """The optimum of the published problem.

    Attributes:
        objective: newtons.
        program: the program whose optimum it is, or None where the weights settle without one.
        balance: its forces.
        rounds: how many programs were solved.
        falling: (n,) bricks that float and were left out, each with its own weight left over.
    """

    objective: float
    program: Condensed | None
    balance: Balance | None
    rounds: int
    falling: BoolArray


def settles(contacts: Contacts) -> bool:
    """Whether an equilibrium of what stands without any pull is easily found; False says nothing."""
    if must_pull(contacts):
        return False
    slab, loads = Joints.of(contacts).slab, Loads.weights(contacts)
    return not settle(contacts, slab, _held(contacts.standing), loads, enough=0).any()


def fallen(contacts: Contacts) -> Grown:
    """The optimum where what stands settles: what floats, if anything, falls."""
    residual = np.zeros((contacts.brick_count, 3))
    residual[:, 0] = np.where(contacts.standing, 0.0, contacts.weight)
    return Grown(float(residual.sum()), np.zeros(0), residual, settled=True)


def _held(looked_at: BoolArray) -> IntArray:
    """Bodies (n,) that keep the bricks that are ``looked_at`` (n,) still, and each other one to itself."""
    return np.where(looked_at, GROUND, np.arange(len(looked_at)))


class Memory:
    """What one analysis leaves for the next of a structure that differs by little.

    Attributes:
        solved: balances of the last programs, by :meth:`Condensed.key`.
        moving: which bricks (n,) moved last, in build order.
        growing: the program of all bricks as the solver still has it.
        trace: what the compiled simplex left.
    """

    def __init__(self) -> None:
        self.solved: dict[bytes, Balance] = {}
        self.moving: BoolArray = np.zeros(0, dtype=bool)
        self.growing: GrowingProgram | None = None
        self.trace = Trace()
        self._settled = True
        self._contacts: Contacts | None = None

    def contacts(self, structure: BrickStructure) -> Contacts:
        """Contacts of ``structure``, whose first bricks are those that were not forgotten."""
        known, n = self._contacts, len(structure)
        if known is None or not known.brick_count or not 0 <= n - known.brick_count <= _NEW:
            known = extract_contacts(structure)
        while known.brick_count < n:
            known = with_next(known, structure)
        self._contacts = known
        return known

    def forget(self, position: int) -> None:
        """The brick at ``position`` in build order is gone."""
        self.trace.forget(position)
        if self._contacts is not None and position < self._contacts.brick_count:
            self._contacts = without(self._contacts, position)
        if position < len(self.moving):
            self.moving = np.delete(self.moving, position)
        if self.growing is not None and position < self.growing.bricks:
            self.growing.remove(position)

    def grown(self, contacts: Contacts) -> Grown | None:
        """The optimum by the program that the solver still has; None where that cannot be told.

        Where nothing had to pull the last time, the weights may settle again, which is sooner seen.
        """
        if contacts.brick_count > _LARGE:
            self.growing = None
            return None
        if self._settled and settles(contacts):
            return fallen(contacts)
        if self.growing is None or self.growing.littered:
            self.growing = GrowingProgram()
        try:
            found = self.growing.optimum(contacts)
        except SolverError:
            found = None
        if found is None:
            self.growing = None
        weight = float(contacts.weight[~contacts.standing].sum())
        self._settled = found is not None and found.objective <= weight + _ZERO
        return found

    def optimum(self, program: Condensed, time_limit: float | None) -> Balance:
        """The program's optimum, solved only where it is not one of the last."""
        key = program.key()
        balance = self.solved.pop(key, None) or program.optimum(time_limit)
        self.solved[key] = balance
        while len(self.solved) > _KEPT:
            del self.solved[next(iter(self.solved))]
        return balance


def small_optimum(contacts: Contacts) -> Grown | None:
    """The optimum of a small structure, looked for from a first balance that is near it.

    None where the structure is not small, or the answer is not found or not proven, see
    :mod:`~brickgpt_engine.physics.dense`.
    """
    if contacts.brick_count > SMALL:
        return None
    if settles(contacts):
        return fallen(contacts)
    return DenseSimplex(contacts, first_balance(contacts)).optimum()


def paper_optimum(
    contacts: Contacts, time_limit: float | None = None, memory: Memory | None = None
) -> PaperOptimum | None:
    """Solve the published problem; None where horizontal imbalances of what floats may count.

    Args:
        contacts: where bricks touch.
        time_limit: seconds for each program, or None.
        memory: what the last analysis of nearly the same structure left; it saves time and changes nothing.

    Raises:
        SolverError: HiGHS is missing or gives no answer.
    """
    n, everyone = contacts.brick_count, np.arange(contacts.brick_count)
    joints = Joints.of(contacts)
    slab = joints.slab
    falling = ~contacts.standing
    apart = _floating(contacts) if falling.any() else None
    moving = _first_guess(contacts, slab, memory)
    if not moving.any():
        return PaperOptimum(float(contacts.weight[falling].sum()), None, None, 0, falling)
    if n < _FEW or moving.sum() > _MANY * (n - falling.sum()):
        moving = ~falling
    rounds = 0
    while True:
        rounds += 1
        body = _bodies(contacts, joints, moving, falling)
        moving = body == everyone
        if rounds > _ROUNDS or moving.sum() > _MOST * (n - falling.sum()):
            moving = ~falling
            body = _bodies(contacts, joints, moving, falling)
        program = Condensed(contacts, joints, Bodies.of(joints, body, apart))
        balance = memory.optimum(program, time_limit) if memory else program.optimum(time_limit)
        failed = np.zeros(n, dtype=bool)
        if not (moving | falling).all():
            failed = _failed(program, balance, slab, falling)
        if falling.any() and (failed[falling].any() or _leans(program, balance, falling)):
            if far_bricks(contacts).size:
                return None
            failed |= falling
            falling, apart = np.zeros(n, dtype=bool), None
        if not failed.any():
            break
        moving |= failed
    if memory:
        # Where all had to move, or none in the end, the next analysis looks afresh.
        useful = balance.objective > 0 and not moving.all()
        memory.moving = moving if useful else np.zeros(0, dtype=bool)
    objective = balance.objective + float(contacts.weight[falling].sum())
    return PaperOptimum(objective, program, balance, rounds, falling)


def _bodies(contacts: Contacts, joints: Joints, moving: BoolArray, falling: BoolArray) -> IntArray:
    """The body (n,) of each brick; what is ``falling`` counts as staying, as nothing that stands is on it."""
    if (moving | falling).all():
        return np.where(falling, GROUND, np.arange(len(moving)))
    return ride(contacts, joints, moving)


def _first_guess(contacts: Contacts, slab: IntArray, memory: Memory | None) -> BoolArray:
    """Bricks (n,) that probably move: those of last time, or those that do not settle."""
    n = contacts.brick_count
    if memory and memory.moving.any() and len(memory.moving) <= n:
        return np.pad(memory.moving, (0, n - len(memory.moving))) & contacts.standing
    enough = 0 if n < _FEW else _MANY * np.count_nonzero(contacts.standing)
    if must_pull(contacts) > enough:
        return contacts.standing.copy()
    return settle(contacts, slab, _held(contacts.standing), Loads.weights(contacts), enough=enough)


def _floating(contacts: Contacts) -> IntArray:
    """Number (n,) of each floating brick's component, -1 for what stands."""
    label = component_labels(contacts.brick_count, *_between_bricks(contacts))
    floating = np.flatnonzero(~contacts.standing)
    number = np.full(contacts.brick_count, -1)
    number[floating] = np.unique(label[floating], return_inverse=True)[1]
    return number


def _between_bricks(contacts: Contacts) -> tuple[IntArray, IntArray]:
    """Lower and upper brick of each connection but those to the baseplate."""
    on = contacts.lower != GROUND
    return contacts.lower[on], contacts.upper[on]


def _leans(program: Condensed, balance: Balance, falling: BoolArray) -> bool:
    """Whether what presses against a joint of what is ``falling`` (n,) does not add up to nothing."""
    joints, (axis, second, first) = program.joints, program.sides.T
    net = np.zeros((joints.count, 2))
    np.add.at(net, (second, axis), balance.side)
    np.add.at(net, (first, axis), -balance.side)
    loose = np.concatenate([joints.bottom[falling], joints.top[falling]])
    return bool((np.abs(net[loose]) > _PRESSED).any())


def _failed(program: Condensed, balance: Balance, slab: IntArray, falling: BoolArray) -> BoolArray:
    """Bricks (n,) that ride or stay, and cannot under the forces and duals of ``balance``."""
    failed = _misled_riders(program, balance)
    loads = Loads.weights(program.contacts)
    for touch, force in ((program.corners, balance.support), (program.points, -balance.pull)):
        used = force != 0
        loads.press(program.contacts, touch.upper[used], touch.lower[used], touch.xy[used], force[used])
    failed |= _pass_torque(program, balance, loads)
    body = np.where(falling, np.arange(len(falling)), program.bodies.body)
    return failed | settle(program.contacts, slab, body, loads)


def _body_torque(program: Condensed, balance: Balance) -> FloatArray:
    """Torque (n, 2) about each moving brick's centre that its body passes on through its joints."""
    c, body = program.contacts, program.bodies.body
    n = c.brick_count
    torque = np.zeros((n, 2))
    torque[program.bodies.moving] = balance.residual[:, 1:]
    whole, centre = np.append(body, GROUND), np.vstack([c.centre, [0.0, 0.0]])
    parts = [
        (touch.upper if side > 0 else touch.lower, touch.xy, side * force)
        for touch, force in ((program.corners, balance.support), (program.points, -balance.pull))
        for side in (1, -1)
    ]
    parts.append((np.arange(n), c.centre, -c.weight))
    for brick, xy, force in parts:
        on = whole[brick]
        used = (on != GROUND) & (force != 0)
        lever = (xy[used] - centre[on[used]]) * force[used, None]
        for axis in (0, 1):
            torque[:, axis] += np.bincount(on[used], lever[:, axis], n)
    return torque


def _pass_torque(program: Condensed, balance: Balance, loads: Loads) -> BoolArray:
    """Route the torque that moving bodies put on staying joints down to the baseplate.

    A staying slab below a joint takes what the joint gets, and hands it to the joint below. Returns
    the bricks that must move because a joint with a load has no slab below it.
    """
    c, joints, bodies = program.contacts, program.joints, program.bodies
    torque = _body_torque(program, balance)
    due = np.zeros((joints.count, 2))
    mine = bodies.moving
    np.add.at(due, joints.bottom[mine], torque[mine])
    np.add.at(due, joints.top[mine], -torque[mine])
    np.add.at(due, (program.sides[:, 1], program.sides[:, 0]), balance.side)
    np.add.at(due, (program.sides[:, 2], program.sides[:, 0]), -balance.side)
    due[0] = 0.0
    due[bodies.joint >= 0] = 0.0
    failed = np.zeros(c.brick_count, dtype=bool)
    if np.abs(due).max() <= _ZERO:
        return failed
    still = np.flatnonzero(bodies.body == GROUND)
    still = still[np.argsort(-c.boxes[still, 4], kind="stable")]
    for brick in still.tolist():
        joint = joints.top[brick]
        if np.abs(due[joint]).max() > _ZERO:
            loads.moment[brick] += due[joint]
            due[joints.bottom[brick]] += due[joint]
            due[joint] = 0.0
    due[0] = 0.0
    stuck = np.abs(due).max(axis=1) > _ZERO
    failed[still] = stuck[joints.bottom[still]] | stuck[joints.top[still]]
    return failed


def _misled_riders(program: Condensed, balance: Balance) -> BoolArray:
    """Riders (n,) that the dual motion of their body takes beyond what they may do on their own."""
    c, joints, bodies = program.contacts, program.joints, program.bodies
    n = c.brick_count
    rider = np.flatnonzero((bodies.body != GROUND) & (bodies.body != np.arange(n)))
    failed = np.zeros(n, dtype=bool)
    if not len(rider):
        return failed
    y = np.append(balance.dual, 0.0)
    carrier = bodies.body[rider]
    sunk = y[bodies.vertical[rider]]
    across = np.zeros((joints.count, 2))
    for axis in (0, 1):
        bottom, top = y[bodies.bottom[axis, rider]], y[bodies.top[axis, rider]]
        sunk = sunk + (c.centre[rider, axis] - c.centre[carrier, axis]) * (bottom - top)
        across[:, axis] = y[bodies.joint_row(np.arange(joints.count), axis)]
        # A rider's top moves on along the line that its body's two faces make.
        height = c.boxes[rider, 4] - c.boxes[carrier, 4]
        across[joints.top[rider], axis] = top + height * (top - bottom)
    failed[rider] = np.abs(sunk) > COST + _SLACK
    for axis in (0, 1):
        first, second = c.sides[axis].T
        ends = joints.bottom[first], joints.bottom[second]
        pressed = across[ends[1], axis] - across[ends[0], axis] > _SLACK
        pressed &= ~(bodies.known[ends[0]] & bodies.known[ends[1]])
        failed[first[pressed]] = failed[second[pressed]] = True
    misled: BoolArray = failed & (bodies.body != np.arange(n))
    return misled
