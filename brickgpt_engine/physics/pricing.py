"""What forces at contacts would earn, given how the duals of a program let bricks move.

The duals are a picture of motion: each brick rises by its vertical dual and tilts by the difference of those
of its two joints. A support earns how far its point closes, a pull how far it opens, a press between bricks
side by side how far their bottoms near each other.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from brickgpt_engine.bricks.library import STUD_PITCH_M
from brickgpt_engine.physics.condensed import PAYS
from brickgpt_engine.physics.contacts import Contacts
from brickgpt_engine.physics.force_model import ALPHA, BETA, COST

IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]


_IMBALANCE = COST * np.array([1.0, STUD_PITCH_M, STUD_PITCH_M])


@dataclass(frozen=True, slots=True, eq=False)
class Motion:
    """How bricks move: ``rise`` (n + 1,) at the centre, and duals ``bottom``, ``top`` (2, n + 1).

    The last entries are the baseplate's, zero.
    """

    rise: FloatArray
    bottom: FloatArray
    top: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class Worth:
    """What a unit support earns; a pull earns as much less than nothing.

    Attributes:
        fall: (p,) at the origin, were it a point of this pair.
        tilt: (2, p) how much more for each pitch along x and y.
        corner: (e,) at the corners of the pairs' hulls.
    """

    fall: FloatArray
    tilt: FloatArray
    corner: FloatArray


class Prices:
    """The contact points of a structure, and what forces at them earn.

    Args:
        contacts: of the structure.

    Attributes:
        pair: (q,) pair of each point.
        x, y: (q,) place of each point.
        owner: (q,) upper brick of each point.
        first: (p,) first point of each pair.
        corner: (e,) points at the corners of their pair's hull.
    """

    def __init__(self, contacts: Contacts) -> None:
        c = self.contacts = contacts
        self.pair, xy, extreme = c.points
        self.x, self.y = xy.T
        self.first = np.searchsorted(self.pair, np.arange(len(c.upper)))
        self.owner = c.upper[self.pair]
        self.corner = np.flatnonzero(extreme)
        self._pair, (self._x, self._y) = self.pair[self.corner], xy[self.corner].T
        # Positions of the bricks side by side in a motion's two rows, one after the other.
        self._beside = np.concatenate([c.sides[0], c.sides[1] + c.brick_count + 1]).T

    def worth(self, motion: Motion) -> Worth:
        """What a unit support earns at every point."""
        c = self.contacts
        slope = motion.bottom - motion.top
        origin = motion.rise.copy()
        origin[:-1] -= slope[0, :-1] * c.centre[:, 0] + slope[1, :-1] * c.centre[:, 1]
        up, low, at = c.upper, c.lower, self._pair
        fall, tilt = origin[up] - origin[low], slope[:, up] - slope[:, low]
        return Worth(fall, tilt, fall[at] + tilt[0][at] * self._x + tilt[1][at] * self._y)

    def supports(self, worth: Worth, least: float) -> IntArray:
        """Points (k,) at corners of their pair's hull where a support earns more than ``least``."""
        paying: IntArray = self.corner[worth.corner > least]
        return paying

    def pulls(self, worth: Worth, weight: FloatArray) -> tuple[IntArray, IntArray]:
        """Bricks whose best set of pulls pays, and all points (k,) that are in their brick's best set.

        The published costs of each brick are multiplied by its ``weight`` (n,), at least 1.
        """
        # What opens somewhere opens at a corner.
        opens = self._pair[worth.corner < -COST * BETA]
        if not len(opens):
            return opens, opens
        some = np.zeros(len(self.first), dtype=bool)
        some[opens] = True
        point = np.flatnonzero(some[self.pair])
        pair, owner = self.pair[point], self.owner[point]
        fall = worth.fall[pair] + worth.tilt[0][pair] * self.x[point] + worth.tilt[1][pair] * self.y[point]
        over = -fall - COST * BETA * weight[owner]
        chosen = over > 0
        earned = np.bincount(owner[chosen], over[chosen], len(weight))
        return np.flatnonzero(earned > COST * ALPHA * weight * (1 + PAYS)), point[chosen]

    def presses(self, motion: Motion, least: float) -> list[IntArray]:
        """Positions in :attr:`Contacts.sides`, per axis, of presses that earn more than ``least``."""
        bottom = motion.bottom.reshape(-1)
        first, second = self._beside
        found = np.flatnonzero(bottom[second] - bottom[first] > least)
        along = len(self.contacts.sides[0])
        return [found[found < along], found[found >= along] - along]

    def imbalances(self, motion: Motion, weight: FloatArray, least: float) -> BoolArray:
        """Which imbalances (n, 6), along z, x and y, each up and down, earn ``least`` more than they cost."""
        moved = np.vstack([motion.rise, motion.bottom - motion.top])[:, :-1].T
        if not (np.abs(moved).max(axis=0, initial=0.0) > _IMBALANCE + least).any():
            return np.zeros((len(weight), 6), dtype=bool)
        over = np.abs(moved) > weight[:, None] * _IMBALANCE + least
        found: BoolArray = np.repeat(over, 2, axis=1)
        found &= np.stack([moved > 0, moved < 0], axis=2).reshape(-1, 6)
        return found

    def content(self, motion: Motion, slack: float) -> bool:
        """Whether no support, press or imbalance pays at the published costs, and no set of pulls does."""
        c = self.contacts
        plain = np.ones(c.brick_count)
        if self.imbalances(motion, plain, slack).any():
            return False
        worth = self.worth(motion)
        if any(len(found) for found in (self.supports(worth, slack), *self.presses(motion, slack))):
            return False
        return self.joined(motion, slack) and not len(self.pulls(worth, plain)[0])

    def joined(self, motion: Motion, slack: float) -> bool:
        """Whether the joints of bricks that touch move as the one that they are."""
        c = self.contacts
        # What rests on the baseplate names its joint, the last one, too.
        apart = motion.top[:, c.lower] - motion.bottom[:, c.upper]
        return bool(np.abs(apart).max(initial=0.0) <= slack)
