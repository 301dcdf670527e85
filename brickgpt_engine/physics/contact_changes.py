"""Contacts of a structure with one brick more or less, from those that it had before.

They are equal to those that :func:`~brickgpt_engine.physics.contacts.extract_contacts` finds, array by array.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from functools import cache

import numpy as np
from numpy.typing import NDArray

from brickgpt_engine.bricks.structure import EMPTY, BrickStructure
from brickgpt_engine.physics.contacts import GROUND, WEIGHT, Contacts

IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]
Box = tuple[int, int, int, int, int]
"""Sides along x and y, and the first cell's place, of a brick."""


def without(contacts: Contacts, brick: int) -> Contacts:
    """Contacts after the brick at this position in build order has been taken out; later ones count down."""
    c = contacts
    kept = (c.upper != brick) & (c.lower != brick)
    lower, upper = c.lower[kept], c.upper[kept]
    for bricks in (lower, upper):
        bricks -= bricks > brick
    sides = []
    for pairs in c.sides:
        pairs = pairs[(pairs != brick).all(axis=1)]
        sides.append(pairs - (pairs > brick))
    left = Contacts(
        boxes=np.delete(c.boxes, brick, axis=0),
        centre=np.delete(c.centre, brick, axis=0),
        weight=np.delete(c.weight, brick),
        lower=lower,
        upper=upper,
        low=c.low[kept],
        high=c.high[kept],
        sides=(sides[0], sides[1]),
    )
    pair, xy, extreme = c.points
    mine = kept[pair]
    stands, rests = np.delete(c.standing, brick), np.zeros(left.brick_count, dtype=bool)
    rests[upper] = True
    if rests[stands].all():  # on what stands, and that again, down to the baseplate
        left.__dict__["standing"] = stands
    left.__dict__["points"] = ((np.cumsum(kept) - 1)[pair[mine]], xy[mine], extreme[mine])
    return left


def with_next(contacts: Contacts, structure: BrickStructure) -> Contacts:
    """Contacts of the first bricks of ``structure``, one more than ``contacts`` knows."""
    c, n = contacts, contacts.brick_count
    h, w, x, y, z = box = _box(structure, n)
    here = (slice(x, x + h), slice(y, y + w))
    below = [GROUND] if z == 0 else _owners(structure, n, (*here, z - 1))
    above = _owners(structure, n, (*here, z + 1)) if z + 1 < structure.world_dim else []
    lower, upper = _integers(below + [n] * len(above)), _integers([n] * len(below) + above)
    boxes = np.vstack([c.boxes, [box]])
    corner, ends = boxes[:, 2:4], boxes[:, 2:4] + boxes[:, :2] - 1
    low, high = np.maximum(corner[upper], corner[lower]), np.minimum(ends[upper], ends[lower])
    if z == 0:
        low[0], high[0] = corner[n], ends[n]
    new = Contacts(
        boxes=boxes,
        centre=np.vstack([c.centre, [x + h / 2, y + w / 2]]),
        weight=np.append(c.weight, WEIGHT[h, w]),
        lower=lower,
        upper=upper,
        low=low,
        high=high,
        sides=(_beside(c, structure, box, 0), _beside(c, structure, box, 1)),
    )
    new.__dict__["points"] = _points(new)
    more = _joined(c, new)
    stands = c.standing[_integers([brick for brick in (*below, *above) if brick != GROUND])]
    if z == 0 or stands.any():
        if stands.all():
            more.__dict__["standing"] = np.append(c.standing, True)
    else:
        more.__dict__["standing"] = np.append(c.standing, False)
    return more


def _points(new: Contacts) -> tuple[IntArray, FloatArray, BoolArray]:
    """:attr:`Contacts.points` of few pairs."""
    low, size = new.low.tolist(), (new.high - new.low + 1).tolist()
    wide = (new.boxes[new.upper, :2].min(axis=1, initial=9) > 1).tolist()
    parts = [_pattern(*sides, broad) for sides, broad in zip(size, wide, strict=True)]
    if not parts:
        return _integers([]), np.zeros((0, 2)), np.zeros(0, dtype=bool)
    pair = np.repeat(np.arange(len(parts)), [len(xy) for xy, _ in parts])
    xy = np.concatenate([xy + first for (xy, _), first in zip(parts, low, strict=True)])
    return pair, xy, np.concatenate([extreme for _, extreme in parts])


@cache
def _pattern(h: int, w: int, wide: bool) -> tuple[FloatArray, BoolArray]:
    """Place and whether it is a corner, of each contact point in a rectangle of ``h`` by ``w`` cells."""
    side = 2 if wide else 1
    none = np.zeros((0, 2), dtype=np.int64)
    alone = Contacts(
        boxes=np.array([[side, side, 0, 0, 0]]),
        centre=np.zeros((1, 2)),
        weight=np.zeros(1),
        lower=_integers([GROUND]),
        upper=_integers([0]),
        low=np.array([[0, 0]]),
        high=np.array([[h - 1, w - 1]]),
        sides=(none, none),
    )
    return alone.points[1], alone.points[2]


def _joined(old: Contacts, new: Contacts) -> Contacts:
    """Pairs and points of both, ordered as they are found in whole structures; the rest from ``new``."""
    lower, upper = np.concatenate([old.lower, new.lower]), np.concatenate([old.upper, new.upper])
    low, high = np.concatenate([old.low, new.low]), np.concatenate([old.high, new.high])
    pair, xy, extreme = (np.concatenate(part) for part in zip(old.points, new.points, strict=True))
    pair[len(old.points[0]) :] += len(old.upper)
    if (np.diff(upper) < 0).any():
        # Pairs are ordered by upper brick, and points by pair.
        order = np.argsort(upper * (new.brick_count + 1) + lower, kind="stable")
        lower, upper, low, high = lower[order], upper[order], low[order], high[order]
        place = np.empty_like(order)
        place[order] = np.arange(len(order))
        pair = place[pair]
        order = np.argsort(pair, kind="stable")
        pair, xy, extreme = pair[order], xy[order], extreme[order]
    whole = replace(new, lower=lower, upper=upper, low=low, high=high)
    whole.__dict__["points"] = (pair, xy, extreme)
    return whole


def _beside(contacts: Contacts, structure: BrickStructure, box: Box, axis: int) -> IntArray:
    """:attr:`Contacts.sides` along ``axis`` with those of the next brick, which has this ``box``."""
    n, dim = contacts.brick_count, structure.world_dim
    h, w, x, y, z = box
    place, size = (x, h) if axis == 0 else (y, w)
    pairs: list[int] = []
    for at in (place - 1, place + size):
        if 0 <= at < dim:
            cells = (at, slice(y, y + w), z) if axis == 0 else (slice(x, x + h), at, z)
            for other in _owners(structure, n, cells):
                pairs += (other, n) if at < place else (n, other)
    if not pairs:
        return contacts.sides[axis]
    whole = np.concatenate([contacts.sides[axis], _integers(pairs).reshape(-1, 2)])
    found: IntArray = whole[np.argsort(whole[:, 0] * (n + 2) + whole[:, 1], kind="stable")]
    return found


def _box(structure: BrickStructure, index: int) -> Box:
    brick = structure[index]
    return brick.h, brick.w, brick.x, brick.y, brick.z


def _integers(values: list[int]) -> IntArray:
    return np.array(values, dtype=np.int64)


def _owners(structure: BrickStructure, before: int, cells: tuple[slice | int, ...]) -> list[int]:
    """Bricks in these cells that come ``before`` that position in build order, in that order."""
    found: Iterable[int] = structure.grid[cells].reshape(-1).tolist()
    return sorted({owner for owner in found if owner != EMPTY and owner < before})
