"""A basis for the program of shared joints, from which the dual simplex has little left to do.

As in :mod:`~brickgpt_engine.physics.start` every brick hands its load down, but by supports alone, and the
bricks below one joint share the torque that it hands on: one of them stands on three supports, each other one
on the corner that leaves the least torque over. Supports cost nothing, so at this basis all
prices are zero and no column pays: the dual simplex can start, wherever the loads lie. What is
left to it are the bricks whose load lies outside their supports, where one of the three would pull.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from brickgpt_engine.physics.bodies import Joints
from brickgpt_engine.physics.contacts import Contacts
from brickgpt_engine.physics.start import Descent, Place, Shares, _edge, _inside

BoolArray = NDArray[np.bool_]

_NOTHING = 1e-9
"""Newtons that count as no load."""


@dataclass(slots=True)
class Footing:
    """Which columns begin as basic ones.

    Attributes:
        corners: supports, by their position in :attr:`Contacts.corners`.
        hanging: bricks whose vertical balance begins unmet.
        slack: joints whose balances begin unmet.
        pull: newtons that the support most strained of these would have to pull with.
    """

    corners: list[int] = field(default_factory=list)
    hanging: list[int] = field(default_factory=list)
    slack: list[int] = field(default_factory=list)
    pull: float = 0.0


def footing(contacts: Contacts, joints: Joints, bricks: BoolArray) -> Footing:
    """Hand the weights of these ``bricks`` (n,) down; no other brick is on them or below them."""
    return _Descent(contacts, joints, bricks).run()


class _Descent(Descent):
    """Loads on their way down, joint by joint."""

    def __init__(self, contacts: Contacts, joints: Joints, bricks: BoolArray) -> None:
        super().__init__(contacts)
        self.bottom = joints.bottom.tolist()
        self.due = [[0.0, 0.0] for _ in range(joints.count)]
        self.start = Footing()
        top = joints.top.tolist()
        self.groups: dict[int, list[int]] = defaultdict(list)
        for brick in self.order:
            if bricks[brick]:
                self.groups[top[brick]].append(brick)

    def run(self) -> Footing:
        for joint, group in self.groups.items():
            carrying = []
            for brick in group:
                if self.first[brick] == self.first[brick + 1]:
                    self.start.hanging.append(brick)
                elif abs(self.force[brick]) < _NOTHING:
                    self._rest(brick, self.first[brick])
                else:
                    carrying.append(brick)
            if not carrying:
                self.start.slack.append(joint)
                continue
            if len(carrying) > 1:
                carrying.sort(key=lambda brick: abs(self.force[brick]))
                self._spread(carrying[:-1])
            self._stand(carrying[-1], joint, group)
        reached = {self.bottom[brick] for group in self.groups.values() for brick in group}
        self.start.slack += reached - self.groups.keys() - {0}
        return self.start

    def _press(self, corner: int, force: float) -> None:
        self.start.pull = max(self.start.pull, -force)
        self.press(self.below[corner], self.places[corner], force)

    def _rest(self, brick: int, corner: int) -> None:
        """Put all load of ``brick`` on one corner."""
        force = self.force[brick]
        self.start.corners.append(corner)
        self._press(corner, force)
        x, y = self.places[corner]
        cx, cy = self.centre[brick]
        moment, due = self.moment[brick], self.due[self.bottom[brick]]
        # The torque that the brick puts on the joint at its top, and on that at its bottom.
        moment[0] -= force * (x - cx)
        moment[1] -= force * (y - cy)
        due[0] -= moment[0]
        due[1] -= moment[1]

    def _spread(self, bricks: list[int]) -> None:
        """One corner for each of ``bricks``, chosen so that what torque is left over stays small."""
        ex = ey = 0.0
        for brick in bricks:
            force, (mx, my), (cx, cy) = self.force[brick], self.moment[brick], self.centre[brick]
            x, y = cx + (mx + ex) / force, cy + (my + ey) / force
            corners = range(self.first[brick], self.first[brick + 1])
            places = self.places
            best = min(corners, key=lambda at: (places[at][0] - x) ** 2 + (places[at][1] - y) ** 2)
            self._rest(brick, best)
            ex += self.moment[brick][0]
            ey += self.moment[brick][1]

    def _stand(self, brick: int, joint: int, group: list[int]) -> None:
        """Three supports that carry the load of ``brick`` and what torque is left at the ``joint`` on top."""
        force, (cx, cy) = self.force[brick], self.centre[brick]
        mx = self.due[joint][0] + sum(self.moment[other][0] for other in group)
        my = self.due[joint][1] + sum(self.moment[other][1] for other in group)
        first = self.first[brick]
        places = self.places[first : self.first[brick + 1]]
        at = (cx + mx / force, cy + my / force)
        for corner, share in _inside(places, at) or _lever(places, at):
            self.start.corners.append(first + corner)
            self._press(first + corner, force * share)
        due = self.due[self.bottom[brick]]
        due[0] += mx - self.moment[brick][0]
        due[1] += my - self.moment[brick][1]


def _lever(places: list[Place], at: Place) -> Shares:
    """Two of ``places`` at the edge next to ``at``, which lies outside, and the one furthest from it."""
    xs, ys = zip(*places, strict=True)
    middle = (sum(xs) / len(xs), sum(ys) / len(ys))
    (first, _), (second, _) = _edge(places, middle, at)
    (ax, ay), (bx, by) = places[first], places[second]
    ux, uy, away = ay - by, bx - ax, ax * by - bx * ay
    twice = [away + ux * x + uy * y for x, y in places]
    least, most = min(twice), max(twice)
    whole = most if most > -least else least
    third = twice.index(whole)
    x, y = at
    last = ((ax - x) * (by - y) - (bx - x) * (ay - y)) / whole
    (px, py) = places[third]
    a = ((x - px) * (by - py) - (bx - px) * (y - py)) / whole
    return [(first, a), (second, 1 - a - last), (third, last)]
