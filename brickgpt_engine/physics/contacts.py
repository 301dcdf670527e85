"""Where bricks touch: stud connections, their contact points, and side-by-side neighbours.

Everything is found with whole-array operations on the structure's owner grid. Lengths
are in stud pitches, so cell ``(x, y, z)`` has its centre at ``(x + 0.5, y + 0.5)``.
The contact pattern is StableLego's: a brick whose shorter side is one stud touches each
stud below it at four points, every other brick at three. The cells that a brick shares with
one below are a rectangle, so a connection is known by that rectangle; single points are
worked out only when asked for.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from operator import attrgetter

import numpy as np
from numpy.typing import NDArray

from brickgpt_engine.bricks.library import LIBRARY
from brickgpt_engine.bricks.structure import EMPTY, BrickStructure
from brickgpt_engine.physics.components import component_labels

IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

GRAVITY = 9.8
"""Newtons per kilogram."""
GROUND = -1
"""Stands for the baseplate where a lower brick is named."""

_FOUR = np.array([(0.0, -0.25), (-0.25, 0.0), (0.0, 0.25), (0.25, 0.0)])
_THREE = np.array([(0.125, -0.125), (-0.25, 0.0), (0.125, 0.125), (np.nan, np.nan)])
_PATTERNS = np.stack([_FOUR, _THREE])
"""Offsets of the contact points from a cell's centre, shape (pattern, point, xy)."""
# The corners of a pair's hull: a pattern point counts at the two ends of the side that it faces.
_CORNER_POINT = np.array([0, 0, 2, 2, 1, 1, 3, 3])
_CORNER_OFFSET = _PATTERNS[:, _CORNER_POINT] + 0.5
_CORNER_X = np.array([0, 1, 0, 1, 0, 0, 1, 1])
_CORNER_Y = np.array([0, 0, 1, 1, 0, 1, 0, 1])

_FIELDS = attrgetter("h", "w", "x", "y", "z")


def _weight_table() -> FloatArray:
    side = max(part.long for part in LIBRARY) + 1
    table = np.full((side, side), np.nan)
    for part in LIBRARY:
        table[part.short, part.long] = table[part.long, part.short] = part.mass_g / 1000 * GRAVITY
    return table


WEIGHT = _weight_table()
"""Newtons that a brick of these two sides weighs."""


@dataclass(frozen=True, eq=False)
class Contacts:
    """All contacts of a structure of ``n`` bricks, as arrays.

    Attributes:
        boxes: (n, 5) h, w, x, y, z of each brick.
        centre: (n, 2) horizontal brick centres, stud pitches.
        weight: (n,) newtons.
        lower, upper: (p,) bricks of each connected pair, ordered by upper brick; ``lower`` is
            :data:`GROUND` for the baseplate.
        low, high: (p, 2) first and last cell of the rectangle in which a pair touches.
        sides: per axis (x, y) an (s, 2) array of brick pairs that touch side by side,
            the one with the smaller coordinate first; each pair once per axis.
    """

    boxes: IntArray
    centre: FloatArray
    weight: FloatArray
    lower: IntArray
    upper: IntArray
    low: IntArray
    high: IntArray
    sides: tuple[IntArray, IntArray]

    @property
    def brick_count(self) -> int:
        """Number of bricks, ``n``."""
        return len(self.weight)

    @cached_property
    def standing(self) -> BoolArray:
        """Which bricks (n,) a chain of stud connections joins to the baseplate; the others float."""
        rests = np.zeros(self.brick_count, dtype=bool)
        rests[self.upper] = True
        if rests.all():  # and so does what it rests on, down to the baseplate
            return rests
        # Node 0 is the baseplate, node i + 1 is brick i.
        label = component_labels(self.brick_count + 1, self.lower - GROUND, self.upper + 1)
        return np.equal(label[1:], 0)

    @cached_property
    def wide(self) -> BoolArray:
        """Which bricks (n,) are two studs or more along both sides: these touch at three points a stud."""
        narrowest: IntArray = self.boxes[:, :2].min(axis=1, initial=9)
        return np.greater(narrowest, 1)

    @cached_property
    def corners(self) -> tuple[IntArray, FloatArray]:
        """Corners of the convex hull of each pair's contact points: their pair (c,) and place (c, 2).

        The points of one pair are a pattern repeated over a rectangle of cells, so the hull is that
        of the pattern moved to the rectangle's corners.
        """
        ends = np.stack([self.low, self.high])
        xy = _CORNER_OFFSET[self.wide[self.upper].astype(np.int64)]
        xy[:, :, 0] += ends[_CORNER_X, :, 0].T
        xy[:, :, 1] += ends[_CORNER_Y, :, 1].T
        real = ~np.isnan(xy[:, :, 0])
        broad = self.high > self.low
        # A rectangle one cell across has both ends of that side in one place.
        real[:, 1] &= broad[:, 0]
        real[:, 3] &= broad[:, 0]
        real[:, 5] &= broad[:, 1]
        real[:, 7] &= broad[:, 1]
        return np.nonzero(real)[0], xy[real]

    @cached_property
    def points(self) -> tuple[IntArray, FloatArray, BoolArray]:
        """Pair, place and whether it is at the hull's corner, of each contact point, as told below."""
        return _contact_points(self)

    @property
    def point_pair(self) -> IntArray:
        """The pair (q,) that each contact point belongs to. Points are ordered by upper brick."""
        return self.points[0]

    @property
    def point_xy(self) -> FloatArray:
        """Place (q, 2) of each contact point, stud pitches."""
        return self.points[1]

    @property
    def point_extreme(self) -> BoolArray:
        """Whether each point (q,) is a corner of the convex hull of its pair's points."""
        return self.points[2]


def extract_contacts(structure: BrickStructure) -> Contacts:
    """Find every contact of ``structure``."""
    n = len(structure)
    flat = np.fromiter(chain.from_iterable(map(_FIELDS, structure)), dtype=np.int64, count=5 * n)
    boxes = flat.reshape(n, 5)
    h, w, x, y, _ = boxes.T
    cells = _Cells.of(structure, boxes)
    lower, upper = cells.pairs(structure)
    low, high = boxes[:, 2:4], boxes[:, 2:4] + boxes[:, :2] - 1
    # Brick -1 is the last one here; the baseplate's pairs are overwritten below.
    first, last = np.maximum(low[upper], low[lower]), np.minimum(high[upper], high[lower])
    ground = lower == GROUND
    first[ground], last[ground] = low[upper[ground]], high[upper[ground]]
    return Contacts(
        boxes=boxes,
        centre=np.stack([x + h / 2, y + w / 2], axis=1),
        weight=WEIGHT[h, w],
        lower=lower,
        upper=upper,
        low=first,
        high=last,
        sides=(cells.sides(structure, 0), cells.sides(structure, 1)),
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Cells:
    """Every filled cell (m,), brick by brick: its owner and its place in the flat grid.

    ``edge`` says per axis which cells are their brick's last along it, away from the world's edge.
    """

    count: int
    owner: IntArray
    place: IntArray
    layer: IntArray
    edge: tuple[BoolArray, BoolArray]

    @classmethod
    def of(cls, structure: BrickStructure, boxes: IntArray) -> _Cells:
        h, w, x, y, z = boxes.T
        area = h * w
        ends = np.cumsum(area)
        owner = np.repeat(np.arange(len(boxes)), area)
        within = np.arange(len(owner)) - (ends - area)[owner]
        width = w[owner]
        dx = within // np.maximum(width, 1)
        dy = within - dx * width
        dim = structure.world_dim
        place = ((x * dim + y) * dim + z)[owner] + (dx * dim + dy) * dim
        edge = (dx == np.where(x + h < dim, h - 1, -1)[owner], dy == np.where(y + w < dim, w - 1, -1)[owner])
        return cls(len(boxes), owner, place, z[owner], edge)

    def pairs(self, structure: BrickStructure) -> tuple[IntArray, IntArray]:
        """Lower and upper brick (p,) of each connected pair, sorted by upper brick."""
        grid = structure.grid.reshape(-1)
        # Without a layer below, the place before is another column's top; it is not looked at.
        below = np.where(self.layer == 0, GROUND, grid[self.place - 1])
        touching = (below != EMPTY) | (self.layer == 0)
        return self._distinct(below[touching], self.owner[touching])

    def sides(self, structure: BrickStructure, axis: int) -> IntArray:
        """Distinct pairs of bricks, shape (s, 2), whose cells touch across a face normal to ``axis``."""
        dim = structure.world_dim
        edge = self.edge[axis]
        beside = structure.grid.reshape(-1)[self.place[edge] + (dim * dim if axis == 0 else dim)]
        other, mine = self._distinct(beside[beside != EMPTY], self.owner[edge][beside != EMPTY])
        return np.stack([mine, other], axis=1)

    def _distinct(self, other: NDArray[np.integer], mine: IntArray) -> tuple[IntArray, IntArray]:
        stride = self.count + 1
        codes = np.sort(mine * stride + other + 1)
        codes = codes[np.diff(codes, prepend=-1) > 0]
        return codes % stride - 1, codes // stride


def _contact_points(contacts: Contacts) -> tuple[IntArray, FloatArray, BoolArray]:
    """Pair, place and hull membership of each contact point."""
    size = contacts.high - contacts.low + 1
    area = size[:, 0] * size[:, 1]
    pair = np.repeat(np.arange(len(area)), area)
    within = np.arange(len(pair)) - (np.cumsum(area) - area)[pair]
    width = size[pair, 1]
    cells = contacts.low[pair] + np.stack([within // width, within % width], axis=1)
    at_low, at_high = cells == contacts.low[pair], cells == contacts.high[pair]
    corner = (at_low | at_high).all(axis=1)
    facing = np.stack([at_low[:, 1], at_low[:, 0], at_high[:, 1], at_high[:, 0]], axis=1)
    xy = (cells + 0.5)[:, None, :] + _PATTERNS[contacts.wide[contacts.upper[pair]].astype(np.int64)]
    real = ~np.isnan(xy[:, :, 0])
    point_pair = np.broadcast_to(pair[:, None], real.shape)[real]
    return point_pair, xy[real], (facing & corner[:, None])[real]
