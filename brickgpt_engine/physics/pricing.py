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
    """Contact points (k,) between bricks that move apart or together, and what a unit support at each earns.

    A pull earns as much less than nothing. All other points earn nothing.
    """

    point: IntArray
    value: FloatArray


class Prices:
    """The contact points of a structure, and what forces at them earn.

    Args:
        contacts: of the structure.

    Attributes:
        pair: (q,) pair of each point.
        x, y: (q,) place of each point.
        owner: (q,) upper brick of each point.
        first: (p,) first point of each pair.
    """

    def __init__(self, contacts: Contacts) -> None:
        c = self.contacts = contacts
        self.pair, xy, self._extreme = c.points
        self.x, self.y = xy.T
        self.first = np.searchsorted(self.pair, np.arange(len(c.upper)))
        self.owner = c.upper[self.pair]
        # Positions of the bricks side by side in a motion's two rows, one after the other.
        n = c.brick_count
        self._beside = np.concatenate([c.sides[0], c.sides[1] + n + 1]).T
        self._reach = float(c.boxes.max(initial=0)) + 8

    def worth(self, motion: Motion, least: float) -> Worth:
        """What supports earn, of all points where that may be more than ``least`` or less than nothing."""
        c = self.contacts
        slope = motion.bottom - motion.top
        origin = motion.rise.copy()
        origin[:-1] -= slope[0, :-1] * c.centre[:, 0] + slope[1, :-1] * c.centre[:, 1]
        up, low = c.upper, c.lower
        fall, tilt = origin[up] - origin[low], slope[:, up] - slope[:, low]
        moves = np.abs(fall) + self._reach * (np.abs(tilt[0]) + np.abs(tilt[1])) > least
        point = np.flatnonzero(moves[self.pair])
        pair = self.pair[point]
        value = fall[pair] + tilt[0][pair] * self.x[point] + tilt[1][pair] * self.y[point]
        return Worth(point, value)

    def supports(self, worth: Worth, least: float) -> IntArray:
        """Points (k,) at corners of their pair's hull where a support earns more than ``least``."""
        paying = worth.point[worth.value > least]
        corners: IntArray = paying[self._extreme[paying]]
        return corners

    def pulls(self, worth: Worth, weight: FloatArray) -> tuple[IntArray, IntArray]:
        """Bricks whose best set of pulls pays, and all points (k,) that are in their brick's best set.

        The published costs of each brick are multiplied by its ``weight`` (n,).
        """
        owner = self.owner[worth.point]
        over = -worth.value - COST * BETA * weight[owner]
        chosen = over > 0
        earned = np.bincount(owner[chosen], over[chosen], len(weight))
        return np.flatnonzero(earned > COST * ALPHA * weight * (1 + PAYS)), worth.point[chosen]

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
        over = np.abs(moved) > weight[:, None] * _IMBALANCE + least
        found: BoolArray = np.repeat(over, 2, axis=1)
        if over.any():
            found &= np.stack([moved > 0, moved < 0], axis=2).reshape(-1, 6)
        return found

    def content(self, motion: Motion, slack: float) -> bool:
        """Whether no support, press or imbalance pays at the published costs, and no set of pulls does."""
        c = self.contacts
        plain = np.ones(c.brick_count)
        if self.imbalances(motion, plain, slack).any():
            return False
        worth = self.worth(motion, slack)
        if any(len(found) for found in (self.supports(worth, slack), *self.presses(motion, slack))):
            return False
        # Joints of bricks that touch are one.
        on = c.lower >= 0
        apart = motion.top[:, c.lower[on]] - motion.bottom[:, c.upper[on]]
        if np.abs(apart).max(initial=0.0) > slack:
            return False
        return not len(self.pulls(worth, plain)[0])
