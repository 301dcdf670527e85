"""A first balance for the simplex: every brick hands its load down by three forces of its own.

From the top layer down, each brick's load acts at one place. Where that lies inside the hull of the
brick's contact points, three supports around it carry the load. Where it lies outside, the brick would
tip over an edge of that hull: two supports at the edge carry more than the load, and all of the
brick's points, pulling equally, hold down the rest. Only a brick with nothing below it, or that is lifted
more than it weighs, is left unbalanced. Three columns for each brick's three rows are a basis
of the program in :mod:`~brickgpt_engine.physics.dense`, feasible and mostly near the optimum:
the simplex goes on from it in a fraction of the pivots that it needs from nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from math import atan2, pi

import numpy as np

from brickgpt_engine.physics.contacts import GROUND, Contacts

_NOTHING = 1e-9
"""Newtons, pitches or shares that count as nothing."""
_TURNS = 12

Place = tuple[float, float]
Shares = list[tuple[int, float]]
"""Corner of a brick, and its share of the load."""


@dataclass(slots=True)
class Start:
    """Which columns begin as basic ones.

    Attributes:
        corners: supports, by their position in :attr:`Contacts.corners`.
        pulling: bricks of which all points pull equally.
        residuals: bricks and numbers of unbalanced directions: up, down, +x, -x, +y, -y.
    """

    corners: list[int] = field(default_factory=list)
    pulling: list[int] = field(default_factory=list)
    residuals: list[tuple[int, int]] = field(default_factory=list)


def first_balance(contacts: Contacts) -> Start:
    """Hand all weights down as said above."""
    return _Balance(contacts).run()


class Descent:
    """What presses on each brick while loads are handed down: its own weight, and what it was given."""

    def __init__(self, contacts: Contacts) -> None:
        n, c = contacts.brick_count, contacts
        pair, xy = c.corners
        self.order: list[int] = np.argsort(-c.boxes[:, 4], kind="stable").tolist()  # highest first
        self.places: list[Place] = list(map(tuple, xy.tolist()))
        self.below = c.lower[pair].tolist()
        # Corners are ordered by pair and pairs by upper brick, so each brick's are in a row.
        self.first = np.searchsorted(c.upper[pair], np.arange(n + 1)).tolist()
        self.centre = c.centre.tolist()
        self.force = c.weight.tolist()
        self.moment = [[0.0, 0.0] for _ in range(n)]

    def press(self, brick: int, at: Place, force: float) -> None:
        """Give ``brick`` a load at the place ``at``; the ground takes any."""
        if brick != GROUND:
            self.force[brick] += force
            cx, cy = self.centre[brick]
            moment = self.moment[brick]
            moment[0] += force * (at[0] - cx)
            moment[1] += force * (at[1] - cy)


class _Balance(Descent):
    """Loads on their way down, brick by brick."""

    def __init__(self, contacts: Contacts) -> None:
        super().__init__(contacts)
        self.start = Start()
        self._contacts = contacts
        self._bricks = contacts.brick_count

    @cached_property
    def _pairs(self) -> tuple[list[int], list[int], list[int], list[Place]]:
        """First pair of each brick; of each pair the lower brick, the number of points and their middle."""
        c = self._contacts
        size = np.bincount(c.point_pair, minlength=len(c.upper))
        middle = [np.bincount(c.point_pair, c.point_xy[:, axis]) / size for axis in (0, 1)]
        first = np.searchsorted(c.upper, np.arange(self._bricks + 1))
        places = list(zip(middle[0].tolist(), middle[1].tolist(), strict=True))
        return first.tolist(), c.lower.tolist(), size.tolist(), places

    def run(self) -> Start:
        for brick in self.order:
            corners = range(self.first[brick], self.first[brick + 1])
            load, (mx, my) = self.force[brick], self.moment[brick]
            if not corners or load < _NOTHING:
                self._give_up(brick)
                continue
            cx, cy = self.centre[brick]
            at = (cx + mx / load, cy + my / load)
            places = self.places[corners.start : corners.stop]
            shares = _inside(places, at) or self._tip(brick, places, at, load)
            for corner, share in shares:
                self.start.corners.append(corners.start + corner)
                self.press(
                    self.below[corners.start + corner], self.places[corners.start + corner], load * share
                )
        return self.start

    def _give_up(self, brick: int) -> None:
        """Leave the load of ``brick`` unbalanced."""
        mx, my = self.moment[brick]
        signs = (0 if self.force[brick] >= 0 else 1, 2 if mx > 0 else 3, 4 if my > 0 else 5)
        self.start.residuals += [(brick, sign) for sign in signs]

    def _tip(self, brick: int, places: list[Place], at: Place, load: float) -> Shares:
        """Two supports at the edge over which the load would tip the brick; all its points pull."""
        first, under, size, middle = self._pairs
        pairs = range(first[brick], first[brick + 1])
        points = sum(size[pair] for pair in pairs)
        x = sum(size[pair] * middle[pair][0] for pair in pairs) / points
        y = sum(size[pair] * middle[pair][1] for pair in pairs) / points
        shares = _edge(places, (x, y), at)
        each = load * (sum(share for _, share in shares) - 1) / points
        for pair in pairs:
            self.press(under[pair], middle[pair], -each * size[pair])
        self.start.pulling.append(brick)
        return shares


def _around(places: list[Place], origin: Place, along: Place) -> list[float]:
    """The angle of each place, seen from ``origin``, to the direction ``along``."""
    ox, oy = origin
    ux, uy = along
    return [atan2(ux * (y - oy) - uy * (x - ox), ux * (x - ox) + uy * (y - oy)) for x, y in places]


def _neighbours(angles: list[float], but: int = -1) -> tuple[int, int, float]:
    """The places next to the direction on its left and right, and the angle between them; -1 for none."""
    left = right = -1
    wide, wider = 9.0, 9.0
    for j, angle in enumerate(angles):
        if j == but:
            continue
        if angle >= 0:
            if angle < wide:
                wide, left = angle, j
        elif -angle < wider:
            wider, right = -angle, j
    return left, right, wide + wider


def _inside(places: list[Place], at: Place) -> Shares:
    """Three of ``places`` that carry a load at ``at``, the nearest among them; none where it is outside."""
    x, y = at
    apart = [(px - x) ** 2 + (py - y) ** 2 for px, py in places]
    near = min(range(len(places)), key=apart.__getitem__)
    nx, ny = places[near]
    if apart[near] < _NOTHING**2:
        return _corner(places, near)
    left, right, angle = _neighbours(_around(places, at, (x - nx, y - ny)), near)
    if left < 0 or right < 0 or angle > pi - _NOTHING:
        return []
    (ax, ay), (bx, by) = places[left], places[right]
    double = (ax - nx) * (by - ny) - (bx - nx) * (ay - ny)
    if abs(double) < _NOTHING:
        return []
    a = ((x - nx) * (by - ny) - (bx - nx) * (y - ny)) / double
    b = ((ax - nx) * (y - ny) - (x - nx) * (ay - ny)) / double
    if min(a, b, 1 - a - b) < -_NOTHING:
        return []
    return [(near, 1 - a - b), (left, a), (right, b)]


def _corner(places: list[Place], near: int) -> Shares:
    """All load at one place; two more that are not in line with it complete the basis."""
    nx, ny = places[near]
    others = [j for j in range(len(places)) if j != near]
    ax, ay = places[others[0]]
    for other in others[1:]:
        bx, by = places[other]
        if abs((ax - nx) * (by - ny) - (bx - nx) * (ay - ny)) > _NOTHING:
            return [(near, 1.0), (others[0], 0.0), (other, 0.0)]
    return []


def _edge(places: list[Place], middle: Place, at: Place) -> Shares:
    """Two of ``places``, at the edge of their hull that lies between ``middle`` and ``at``."""
    mx, my = middle
    ux, uy = at[0] - mx, at[1] - my
    angles = _around(places, middle, (ux, uy))
    left, right, _ = _neighbours(angles)
    away = [(x - mx, y - my) for x, y in places]
    for _ in range(_TURNS):
        (ax, ay), (bx, by) = away[left], away[right]
        nx, ny = ay - by, bx - ax
        if nx * ux + ny * uy < 0:
            nx, ny = -nx, -ny
        furthest = max(range(len(away)), key=lambda j: nx * away[j][0] + ny * away[j][1])
        if nx * (away[furthest][0] - ax) + ny * (away[furthest][1] - ay) < _NOTHING:
            break
        if angles[furthest] >= 0:
            left = furthest
        else:
            right = furthest
    double = ax * by - bx * ay
    return [(left, (ux * by - bx * uy) / double), (right, (ax * uy - ux * ay) / double)]
