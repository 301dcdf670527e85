"""Which bricks may move in the dual picture, and which ride along: the rows of a small linear program.

The dual of the force model is a picture of motion: bricks sink and tilt so as to set weight free,
and opening a contact costs. Bricks that move together with the baseplate, or with one brick below
them, need no rows of their own. A guess of who moves is checked afterwards (see
:mod:`~brickgpt_engine.physics.condensed`), so a wrong one costs time and never the answer.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from brickgpt_engine.physics.components import component_labels
from brickgpt_engine.physics.contacts import GROUND, Contacts

IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Joints:
    """The stud planes' interface components: all faces joined at one of them share a joint.

    Attributes:
        bottom, top: (n,) joint at each brick's bottom and top face; 0 is the baseplate's.
        count: number of joints, the baseplate's included.
    """

    bottom: IntArray
    top: IntArray
    count: int

    @classmethod
    def of(cls, contacts: Contacts) -> Joints:
        """Number the joints of a structure."""
        n = contacts.brick_count
        # Faces: 0 is the baseplate, 1 … n the bricks' bottoms, n+1 … 2n their tops.
        lower_face = np.where(contacts.lower == GROUND, 0, contacts.lower + 1 + n)
        label = component_labels(2 * n + 1, lower_face, contacts.upper + 1)
        # A label is the smallest face of its joint, so the labels that name themselves are the joints.
        number = np.cumsum(label == np.arange(2 * n + 1)) - 1
        joint = number[label]
        return cls(joint[1 : n + 1], joint[n + 1 :], int(number[-1]) + 1)

    @property
    def slab(self) -> IntArray:
        """(n,) a number for each brick that is shared by the bricks between the same two joints."""
        return self.bottom * self.count + self.top


@dataclass(frozen=True, slots=True, eq=False)
class Bodies:
    """Rows of the program in which only some bricks move.

    Attributes:
        body: (n,) the moving brick that each brick rides on (itself where it moves), or
            :data:`GROUND` for bricks that stay.
        moving: (k,) the bricks that move.
        vertical: (n + 1,) row of each brick's body's vertical balance; -1 without one. The last
            entry stands for the baseplate.
        bottom, top: (2, n + 1) rows of the joints at the faces of each brick's body, per axis.
        joint: (joints,) row of each joint along x, -1 without one; along y it is ``joints_kept`` more.
        known: (joints,) whether a joint has rows or stays; the others are held by riders alone.
        joints_kept: number of joints that have rows.
    """

    body: IntArray
    moving: IntArray
    vertical: IntArray
    bottom: IntArray
    top: IntArray
    joint: IntArray
    known: BoolArray
    joints_kept: int

    @property
    def rows(self) -> int:
        """Number of rows."""
        return len(self.moving) + 2 * self.joints_kept

    def joint_row(self, joint: IntArray, axis: IntArray | int) -> IntArray:
        """Row of each ``joint`` along ``axis``, -1 without one."""
        row = self.joint[joint]
        return np.where(row < 0, -1, row + axis * self.joints_kept)

    @classmethod
    def of(cls, joints: Joints, body: IntArray, falling: IntArray | None = None) -> Bodies:
        """Lay out the rows for a choice of bodies.

        ``falling`` (n,) numbers the floating components that fall as one, -1 for other bricks; their
        :attr:`body` is the baseplate, as nothing else is on them. They sink without a tilt, so all
        joints of one share their rows: what presses against it along an axis adds up to nothing.
        """
        n = len(body)
        moving = np.flatnonzero(body == np.arange(n))
        still = body == GROUND
        if falling is not None:
            still &= falling < 0
        joint = _joint_rows(joints, moving, still)
        if falling is not None:
            fall = np.flatnonzero(falling >= 0)
            first = int(joint.max(initial=-1)) + 1
            joint[joints.bottom[fall]] = joint[joints.top[fall]] = first + falling[fall]
        known = joint >= 0
        known[joints.bottom[still]] = known[joints.top[still]] = known[0] = True
        kept = int(joint.max(initial=-1)) + 1
        joint = np.where(joint < 0, -1, joint + len(moving))
        number = np.full(n + 1, -1)
        number[moving] = np.arange(len(moving))
        ride = np.append(body, GROUND)
        stays = ride == GROUND
        faces = []
        for face in (joints.bottom, joints.top):
            row = np.where(stays, -1, joint[face[ride]])
            faces.append(np.stack([row, np.where(row < 0, -1, row + kept)]))
        return cls(body, moving, np.where(stays, -1, number[ride]), faces[0], faces[1], joint, known, kept)


def _joint_rows(joints: Joints, moving: IntArray, still: BoolArray) -> IntArray:
    """Number (joints,) of each joint that moving bricks hold and no staying one, else -1."""
    held = np.zeros(joints.count, dtype=bool)
    held[joints.bottom[moving]] = held[joints.top[moving]] = True
    held[joints.bottom[still]] = held[joints.top[still]] = False
    held[0] = False
    return np.where(held, np.cumsum(held) - 1, -1)


def ride(contacts: Contacts, joints: Joints, moving: BoolArray) -> IntArray:
    """The body of each brick (n,), when the ``moving`` ones (n,) go their own ways.

    A brick that touches something that stays below it stays. One whose supports all belong to one
    body rides on it, as long as the joint on its top belongs to that body alone; else it moves.
    """
    n = contacts.brick_count
    if not moving.any():
        return np.full(n, GROUND)
    below: list[list[int]] = [[] for _ in range(n)]
    for low, up in zip(contacts.lower.tolist(), contacts.upper.tolist(), strict=True):
        below[up].append(low)
    order = np.argsort(contacts.boxes[:, 4], kind="stable").tolist()
    free = moving.copy()
    while True:
        body = _inherit(order, below, free)
        torn = _torn(joints, body)
        if not torn.any():
            return body
        free |= torn


def _inherit(order: list[int], below: list[list[int]], free: BoolArray) -> IntArray:
    """Bodies from the bottom layer up."""
    body = [GROUND] * len(order)
    loose = free.tolist()
    for brick in order:
        under = {low if low == GROUND else body[low] for low in below[brick]}
        if loose[brick]:
            body[brick] = brick
        elif under and GROUND not in under:
            body[brick] = brick if len(under) > 1 else under.pop()
    return np.array(body)


def _torn(joints: Joints, body: IntArray) -> BoolArray:
    """Riders (n,) whose top joint is shared with another body, which the joint would tear apart."""
    n = len(body)
    least, most = np.full(joints.count, n), np.full(joints.count, -2)
    for face in (joints.bottom, joints.top):
        np.minimum.at(least, face, body)
        np.maximum.at(most, face, body)
    rider = (body != GROUND) & (body != np.arange(n))
    torn: BoolArray = rider & (least[joints.top] != most[joints.top])
    return torn
