"""Where bricks touch: stud connections, their contact points, and side-by-side neighbours.

Everything is found with whole-array operations on the structure's owner grid. Lengths
are in stud pitches, so cell ``(x, y, z)`` has its centre at ``(x + 0.5, y + 0.5)``.
The contact pattern is StableLego's: a brick whose shorter side is one stud touches each
stud below it at four points, every other brick at three.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from brickgpt_engine.bricks.library import LIBRARY
from brickgpt_engine.bricks.structure import EMPTY, BrickStructure

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


def _weight_table() -> FloatArray:
    side = max(part.long for part in LIBRARY) + 1
    table = np.full((side, side), np.nan)
    for part in LIBRARY:
        table[part.short, part.long] = table[part.long, part.short] = part.mass_g / 1000 * GRAVITY
    return table


_WEIGHT = _weight_table()


@dataclass(frozen=True, slots=True, eq=False)
class Contacts:
    """All contacts of a structure of ``n`` bricks, as arrays.

    Attributes:
        centre: (n, 2) horizontal brick centres, stud pitches.
        weight: (n,) newtons.
        lower, upper: (p,) bricks of each connected pair; ``lower`` is :data:`GROUND` for the baseplate.
        point_pair: (q,) the pair each contact point belongs to. Points are ordered by upper brick.
        point_xy: (q, 2) their places, stud pitches.
        point_extreme: (q,) whether the point is a corner of the convex hull of its pair's points.
        sides: per axis (x, y) an (s, 2) array of brick pairs that touch side by side,
            the one with the smaller coordinate first; each pair once per axis.
    """

    centre: FloatArray
    weight: FloatArray
    lower: IntArray
    upper: IntArray
    point_pair: IntArray
    point_xy: FloatArray
    point_extreme: BoolArray
    sides: tuple[IntArray, IntArray]

    @property
    def brick_count(self) -> int:
        """Number of bricks, ``n``."""
        return len(self.weight)


def extract_contacts(structure: BrickStructure) -> Contacts:
    """Find every contact of ``structure``."""
    boxes = np.array([(b.h, b.w, b.x, b.y, b.z) for b in structure], dtype=np.int64).reshape(-1, 5)
    h, w, x, y, _ = boxes.T
    owner, cells = _cells(boxes)
    below = _owner_below(structure, cells)
    touching = below != EMPTY
    owner, below, cells = owner[touching], below[touching], cells[touching]
    pairs, cell_pair = _number_pairs(below, owner, len(boxes))
    points = _contact_points(cells[:, :2], owner, cell_pair, len(pairs), np.minimum(h, w) > 1)
    return Contacts(
        centre=np.stack([x + h / 2, y + w / 2], axis=1),
        weight=_WEIGHT[h, w],
        lower=pairs[:, 0],
        upper=pairs[:, 1],
        point_pair=points[0],
        point_xy=points[1],
        point_extreme=points[2],
        sides=(_sides(structure, boxes, 0), _sides(structure, boxes, 1)),
    )


def _cells(boxes: IntArray) -> tuple[IntArray, IntArray]:
    """Owner (m,) and coordinates (m, 3) of every filled cell, brick by brick."""
    area = boxes[:, 0] * boxes[:, 1]
    owner = np.repeat(np.arange(len(boxes)), area)
    within = np.arange(len(owner)) - np.repeat(np.cumsum(area) - area, area)
    _, w, x, y, z = boxes[owner].T
    return owner, np.stack([x + within // np.maximum(w, 1), y + within % np.maximum(w, 1), z], axis=1)


def _owner_below(structure: BrickStructure, cells: IntArray) -> IntArray:
    """Brick below each cell (m,): EMPTY for air, and -2 for the baseplate."""
    x, y, z = cells.T
    found = structure.grid[x, y, np.maximum(z - 1, 0)].astype(np.int64)
    return np.where(z == 0, EMPTY - 1, found)


def _number_pairs(below: IntArray, owner: IntArray, bricks: int) -> tuple[IntArray, IntArray]:
    """Distinct (lower, upper) pairs, shape (p, 2), sorted by upper; and the pair of each cell."""
    stride = bricks + 2
    codes, cell_pair = np.unique(owner * stride + (below + 2), return_inverse=True)
    lower = codes % stride - 2
    lower[lower == EMPTY - 1] = GROUND
    return np.stack([lower, codes // stride], axis=1), cell_pair.reshape(-1)


def _contact_points(
    cells: IntArray, owner: IntArray, cell_pair: IntArray, pairs: int, wide: BoolArray
) -> tuple[IntArray, FloatArray, BoolArray]:
    """Pair, place and hull membership of each contact point.

    The points of one pair are a pattern repeated over a rectangle of cells, so the hull is
    that of the pattern moved to the rectangle's corners: point 0 (towards -y) counts in the
    lowest row, point 1 (-x) in the first column, 2 (+y) and 3 (+x) likewise, at the ends.
    """
    low = np.full((pairs, 2), np.iinfo(np.int64).max)
    high = np.full((pairs, 2), -1)
    np.minimum.at(low, cell_pair, cells)
    np.maximum.at(high, cell_pair, cells)
    at_low, at_high = cells == low[cell_pair], cells == high[cell_pair]
    corner = (at_low | at_high).all(axis=1)
    facing = np.stack([at_low[:, 1], at_low[:, 0], at_high[:, 1], at_high[:, 0]], axis=1)
    extreme = facing & corner[:, None]
    pattern = wide[owner].astype(np.int64)
    xy = (cells + 0.5)[:, None, :] + _PATTERNS[pattern]
    real = ~np.isnan(xy[:, :, 0])
    point_pair = np.broadcast_to(cell_pair[:, None], real.shape)[real]
    return point_pair, xy[real], extreme[real]


def _sides(structure: BrickStructure, boxes: IntArray, axis: int) -> IntArray:
    """Distinct pairs of bricks, shape (s, 2), whose cells touch across a face normal to ``axis``."""
    owner, cells = _cells(boxes)
    limit = structure.world_dim - 1
    beside = cells.copy()
    beside[:, axis] = np.minimum(beside[:, axis] + 1, limit)
    other = structure.grid[beside[:, 0], beside[:, 1], beside[:, 2]].astype(np.int64)
    touching = (other != EMPTY) & (other != owner) & (cells[:, axis] < limit)
    stride = max(len(boxes), 1)
    codes = np.unique(owner[touching] * stride + other[touching])
    return np.stack([codes // stride, codes % stride], axis=1)
