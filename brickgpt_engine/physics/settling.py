"""Trickle the weights down: an equilibrium without any pull, where one is easily found.

From the top layer down, every brick hands its load to the contact points below it in the
least-squares way; points that would have to pull are left out, and the rest share the load anew.
Bricks between the same two joints (see :mod:`~brickgpt_engine.physics.force_model`) pass torque to
each other through their studs for free, so only the sum of their torques counts. Where this
succeeds it is a proof: supports cost nothing, so forces that balance and press are an optimum, and
no linear program is needed. Where it fails nothing is known yet, and the bricks that failed are
handed to one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from brickgpt_engine.physics.contacts import GROUND, Contacts

IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

_ZERO = 1e-10
"""Newtons, or newtons times pitches, that count as nothing: a thousandth of what a verdict looks at."""
_TRIES = 3
_SINGULAR = 1e-9


@dataclass(slots=True, eq=False)
class Loads:
    """What each brick's bottom contacts have to carry.

    Attributes:
        force: (n,) newtons, downwards.
        moment: (n, 2) first moments of the load about the brick's centre, newtons times pitches.
    """

    force: FloatArray
    moment: FloatArray

    @classmethod
    def weights(cls, contacts: Contacts) -> Loads:
        """Nothing but the bricks' own weights."""
        return cls(contacts.weight.copy(), np.zeros((contacts.brick_count, 2)))

    def press(
        self, contacts: Contacts, upper: IntArray, lower: IntArray, xy: FloatArray, f: FloatArray
    ) -> None:
        """Add supports ``f`` (k,) at places ``xy`` (k, 2) that lift ``upper`` and press ``lower``."""
        n = contacts.brick_count
        self._add(contacts, upper, xy, -f, n)
        on = lower != GROUND
        self._add(contacts, lower[on], xy[on], f[on], n)

    def _add(self, contacts: Contacts, brick: IntArray, xy: FloatArray, f: FloatArray, n: int) -> None:
        lever = xy - contacts.centre[brick]
        self.force += np.bincount(brick, f, n)
        self.moment[:, 0] += np.bincount(brick, f * lever[:, 0], n)
        self.moment[:, 1] += np.bincount(brick, f * lever[:, 1], n)


def settle(
    contacts: Contacts, slab: IntArray, body: IntArray, loads: Loads, *, enough: float = np.inf
) -> BoolArray:
    """Which bricks (n,) could not hand on their load by pressing alone.

    Args:
        contacts: where bricks touch.
        slab: (n,) number of the group of bricks between the same two joints.
        body: (n,) which rigid body each brick belongs to; a brick that is its body's own number is
            the one that the body rides on and is not looked at. Only contacts inside one body are used.
        loads: what the bricks have to carry.
        enough: stop at the layer in which more bricks than this have failed; 0 stops at the first.
    """
    n = contacts.brick_count
    failed = np.zeros(n, dtype=bool)
    riding = np.flatnonzero(body != np.arange(n))
    if len(riding):
        cascade = _Cascade(contacts, slab, body, riding)
        failed[riding] = cascade.run(loads.force[riding], loads.moment[riding], enough)
    return failed


def must_pull(contacts: Contacts) -> int:
    """How many standing bricks with nothing on them jut out too far to rest; there may be more that pull."""
    c = contacts
    first = np.flatnonzero(np.diff(c.upper, prepend=-1))
    if not len(first):
        return 0
    bricks = c.upper[first]
    least, most = np.minimum.reduceat(c.low, first), np.maximum.reduceat(c.high, first)
    # Contact points lie up to a quarter of a pitch from the middle of their cell.
    out = (c.centre[bricks] < least + (0.25 - _ZERO)) | (c.centre[bricks] > most + (0.75 + _ZERO))
    loaded = np.zeros(c.brick_count + 1, dtype=bool)
    loaded[c.lower] = True
    return int(np.count_nonzero(out.any(axis=1) & ~loaded[bricks] & c.standing[bricks]))


class _Cascade:
    """The bricks that are looked at, their slabs and their points, each sorted from the top layer down.

    Bricks are numbered in that order here; ``n`` stands for whatever else takes a load.
    """

    def __init__(self, contacts: Contacts, slab: IntArray, body: IntArray, riding: IntArray) -> None:
        down = contacts.boxes[riding, 4].max() - contacts.boxes[riding, 4]
        self.order = np.argsort(down, kind="stable")
        bricks, down = riding[self.order], down[self.order]
        self.layers = int(down[-1]) + 1
        self.n = len(bricks)
        number = np.full(contacts.brick_count + 1, self.n)
        number[bricks] = np.arange(self.n)
        pair = self._pairs(contacts, body, number)
        corner_pair, xy = contacts.corners
        place = np.full(len(contacts.upper), len(pair))
        place[pair] = np.arange(len(pair))
        points = np.flatnonzero(place[corner_pair] < len(pair))
        points = points[np.argsort(place[corner_pair[points]], kind="stable")]
        xy = xy[points].T
        upper, lower = contacts.upper[corner_pair[points]], contacts.lower[corner_pair[points]]
        self.brick, self.below = number[upper], number[lower]
        self.lever = xy - contacts.centre[upper].T
        # Where nothing looked at is below, the lever is of no interest.
        self.lever_below = xy - contacts.centre[lower].T
        codes = down * (int(slab.max()) + 1) + slab[bricks]
        self.groups_first, self.group = np.unique(codes, return_index=True, return_inverse=True)[1:]
        steps = np.arange(self.layers + 1)
        self.cut_brick = np.searchsorted(down, steps).tolist()
        self.cut_point = np.searchsorted(down[self.brick], steps).tolist()
        self.cut_group = np.searchsorted(down[self.groups_first], steps).tolist()

    def _pairs(self, contacts: Contacts, body: IntArray, number: IntArray) -> IntArray:
        """Connections inside one body whose upper brick is looked at, from the top layer down."""
        whole = np.append(body, GROUND)
        inside = whole[contacts.upper] == whole[contacts.lower]
        found = np.flatnonzero(inside & (number[contacts.upper] < self.n))
        return found[np.argsort(number[contacts.upper[found]], kind="stable")]

    def run(self, force: FloatArray, moment: FloatArray, enough: float) -> BoolArray:
        """Hand the loads down; which bricks fail, in the order in which they were given."""
        n = self.n
        carried = np.zeros((3, n + 1))
        carried[:, :n] = force[self.order], *moment[self.order].T
        planes = _Planes.of(self.brick, self.group, self.lever, None, n, len(self.groups_first))
        failed = np.zeros(n, dtype=bool)
        for layer in range(self.layers):
            at = slice(self.cut_point[layer], self.cut_point[layer + 1])
            f = self._layer(layer, at, planes, carried, failed)
            if np.count_nonzero(failed) > enough:
                break
            below = self.below[at]
            carried[0] += np.bincount(below, f, n + 1)
            carried[1] += np.bincount(below, f * self.lever_below[0, at], n + 1)
            carried[2] += np.bincount(below, f * self.lever_below[1, at], n + 1)
        result = np.zeros(n, dtype=bool)
        result[self.order] = failed
        return result

    def _layer(
        self, layer: int, at: slice, planes: _Planes, carried: FloatArray, failed: BoolArray
    ) -> FloatArray:
        """Forces at the points below one layer; marks the bricks that fail."""
        bricks = slice(self.cut_brick[layer], self.cut_brick[layer + 1])
        groups = slice(self.cut_group[layer], self.cut_group[layer + 1])
        load = carried[:, bricks]
        brick = self.brick[at] - bricks.start
        f, lost = planes.shares(load, bricks, groups, at, brick)
        pulling = f < -_ZERO
        if pulling.any():
            plain = f
            f, lost, pulling = self._share_anew(load, bricks, groups, at, pulling)
            failed[self.brick[at][pulling]] = True
            # What must pull probably does: let the bricks below feel it, and fail if they cannot bear it.
            group = planes.at[at] - groups.start
            stuck = np.bincount(group, pulling | lost[brick], groups.stop - groups.start) > 0
            f = np.where(stuck[group], plain, np.maximum(f, 0.0))
        failed[bricks] |= lost
        return f

    def _share_anew(
        self, load: FloatArray, bricks: slice, groups: slice, at: slice, pulling: BoolArray
    ) -> tuple[FloatArray, BoolArray, BoolArray]:
        """Leave out the points that would pull, a few times over."""
        brick, group = self.brick[at] - bricks.start, self.group[bricks] - groups.start
        weight = np.ones(len(brick))
        whole = slice(None)
        for _ in range(_TRIES):
            weight = np.where(pulling, 0.0, weight)
            planes = _Planes.of(
                brick, group, self.lever[:, at], weight, load.shape[1], groups.stop - groups.start
            )
            f, lost = planes.shares(load, whole, whole, whole, brick)
            pulling = f < -_ZERO
            if not pulling.any():
                break
        return f, lost, pulling


@dataclass(frozen=True, slots=True, eq=False)
class _Planes:
    """Least-squares supports: per brick a plane over its points, its tilt shared by the bricks of a group.

    Attributes:
        weight: (k,) 0 for points left out, or None where all count.
        total: (n,) number of points of each brick, infinite without any.
        middle: (2, n) their mean lever.
        away: (2, k) lever of each point from there.
        at: (k,) group of each point.
        group: (n,) group of each brick.
        inverse: (3, g) xx, yy and xy of the inverse of each group's second moments, zero where singular.
    """

    weight: FloatArray | None
    total: FloatArray
    middle: FloatArray
    away: FloatArray
    at: IntArray
    group: IntArray
    inverse: FloatArray

    @classmethod
    def of(
        cls,
        brick: IntArray,
        group: IntArray,
        lever: FloatArray,
        weight: FloatArray | None,
        n: int,
        groups: int,
    ) -> _Planes:
        """Lay the planes over the points of ``brick`` (k,) at ``lever`` (2, k)."""
        x, y = lever
        total = np.bincount(brick, weight, n).astype(float)
        total[total == 0] = np.inf
        wx, wy = (x, y) if weight is None else (weight * x, weight * y)
        middle = np.stack([np.bincount(brick, wx, n), np.bincount(brick, wy, n)]) / total
        away = lever - middle[:, brick]
        x, y = away
        wx, wy = (x, y) if weight is None else (weight * x, weight * y)
        at = group[brick]
        xx, yy, xy = (np.bincount(at, v, groups) for v in (wx * x, wy * y, wx * y))
        determinant = xx * yy - xy * xy
        determinant = np.where(determinant < _SINGULAR, np.inf, determinant)
        return cls(weight, total, middle, away, at, group, np.stack([yy, xx, -xy]) / determinant)

    def shares(
        self, load: FloatArray, bricks: slice, groups: slice, at: slice, brick: IntArray
    ) -> tuple[FloatArray, BoolArray]:
        """Supports (k,) that carry ``load`` (3, n), and the bricks (n,) for which there are none."""
        first = groups.start or 0
        group = self.group[bricks] - first
        left = load[1:] - load[0] * self.middle[:, bricks]
        xx, yy, xy = self.inverse[:, groups]
        mx, my = np.bincount(group, left[0], len(xx)), np.bincount(group, left[1], len(xx))
        tilt_x, tilt_y = xx * mx + xy * my, xy * mx + yy * my
        point_group = self.at[at] - first
        share = load[0] / self.total[bricks]
        away = self.away[:, at]
        f = share[brick] + tilt_x[point_group] * away[0] + tilt_y[point_group] * away[1]
        if self.weight is not None:
            f = f * self.weight
        lost = np.isinf(self.total[bricks]) & (np.abs(load[0]) > _ZERO)
        flat = (xx == 0) & ((np.abs(mx) > _ZERO) | (np.abs(my) > _ZERO))
        return f, lost | flat[group]
