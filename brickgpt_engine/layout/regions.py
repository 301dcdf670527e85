"""Plan shapes of one layer: its connected patches, and ways to cut a patch into rectangles.

A mask is passed as a tuple of integers, one per x; bit y of a row says whether cell (x, y) is filled.
Integers make a row operation one machine instruction, and make masks hashable, so that the many
equal layers of a wall are cut once.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from itertools import product

import numpy as np
from numpy.typing import NDArray

Rows = tuple[int, ...]
Rect = tuple[int, int, int, int]
"""x, y, extent along x, extent along y."""


def rows_of(mask: NDArray[np.bool_]) -> Rows:
    """The bit rows of a (X, Y) mask."""
    packed = np.packbits(mask, axis=1, bitorder="little")
    return tuple(int.from_bytes(row.tobytes(), "little") for row in packed)


def runs(bits: int) -> Iterator[tuple[int, int]]:
    """Maximal runs of set bits as (start, length), lowest first."""
    while bits:
        start = (bits & -bits).bit_length() - 1
        tail = bits >> start
        length = (~tail & (tail + 1)).bit_length() - 1
        yield start, length
        bits &= ~(((1 << length) - 1) << start)


@lru_cache(maxsize=4096)
def patches(rows: Rows) -> tuple[Rows, ...]:
    """The side-connected patches of a layer, in raster order of their first cell."""
    left = list(rows)
    found = []
    while any(left):
        x = next(i for i, row in enumerate(left) if row)
        patch = [0] * len(left)
        patch[x] = left[x] & -left[x]
        _flood(patch, left)
        left = [a & ~b for a, b in zip(left, patch, strict=True)]
        found.append(tuple(patch))
    return tuple(found)


def _flood(patch: list[int], free: list[int]) -> None:
    changed = True
    while changed:
        changed = False
        for x in (*range(len(free)), *reversed(range(len(free)))):
            grown = patch[x]
            if x:
                grown |= patch[x - 1]
            if x + 1 < len(free):
                grown |= patch[x + 1]
            grown = _spread(grown & free[x], free[x])
            changed |= grown != patch[x]
            patch[x] = grown


def _spread(seed: int, free: int) -> int:
    """All runs of ``free`` that ``seed`` touches."""
    while True:
        grown = (seed | seed << 1 | seed >> 1) & free
        if grown == seed:
            return seed
        seed = grown


CUTS = ("area-x", "area-y", "long-x", "long-y")
"""Ways to cut a patch: largest rectangle first (ties by side), or the longest along one axis first."""


@lru_cache(maxsize=8192)
def cut(rows: Rows, way: str) -> tuple[Rect, ...]:
    """Cut a patch into rectangles, taking the best one again and again; one of :data:`CUTS`."""
    left = list(rows)
    rects: list[Rect] = []
    while any(left):
        rect = max(_maximal_rects(left), key=lambda r: _rank(r, way))
        x, y, h, w = rect
        for i in range(x, x + h):
            left[i] &= ~(((1 << w) - 1) << y)
        rects.append(rect)
    return tuple(rects)


def _rank(rect: Rect, way: str) -> tuple[int, int, int, int]:
    x, y, h, w = rect
    if way == "long-x":
        return h, w, -x, -y
    if way == "long-y":
        return w, h, -x, -y
    return h * w, (h if way == "area-x" else w), -x, -y


def _maximal_rects(rows: list[int]) -> Iterator[Rect]:
    """Every rectangle that is maximal along y (and so every maximal rectangle)."""
    for x0 in range(len(rows)):
        common = rows[x0]
        for x1 in range(x0, len(rows)):
            common &= rows[x1]
            if not common:
                break
            for y, w in runs(common):
                yield x0, y, x1 - x0 + 1, w


MAX_CORNERS = 6
"""A patch with more shared corners than this is cut without regard to them."""


@lru_cache(maxsize=8192)
def corner_cuts(rows: Rows) -> tuple[tuple[Rect, ...], ...]:
    """Cut a patch of walls in every way to share out its corners.

    Where two walls end in one corner, either may own it; this lets four walls of odd length meet
    as a pinwheel without leftover single cells. Empty when the patch is not made of walls that
    meet at corners, or has too many of them.
    """
    walls = _cover(rows)
    corners = []
    for j in range(len(walls)):
        for i in range(j):
            kind = _meeting(walls[i], walls[j])
            if kind == "apart":
                continue
            if kind != "corner":
                return ()
            corners.append((i, j))
    if not 0 < len(corners) <= MAX_CORNERS:
        return ()
    found = (_shared(walls, corners, owners) for owners in product((0, 1), repeat=len(corners)))
    return tuple(rects for rects in found if _area(rects) == sum(row.bit_count() for row in rows))


def _cover(rows: Rows) -> list[Rect]:
    """Maximal rectangles of the whole patch, largest first, until every cell is in one."""
    left = list(rows)
    walls = []
    for rect in sorted(_maximal_rects(list(rows)), key=lambda r: (-r[2] * r[3], r)):
        x, y, h, w = rect
        bits = ((1 << w) - 1) << y
        if any(left[i] & bits for i in range(x, x + h)):
            walls.append(rect)
            for i in range(x, x + h):
                left[i] &= ~bits
    return walls


def _overlap(a: Rect, b: Rect) -> Rect:
    x, y = max(a[0], b[0]), max(a[1], b[1])
    return x, y, min(a[0] + a[2], b[0] + b[2]) - x, min(a[1] + a[3], b[1] + b[3]) - y


def _meeting(a: Rect, b: Rect) -> str:
    shared = _overlap(a, b)
    if shared[2] <= 0 or shared[3] <= 0:
        return "apart"
    return "corner" if _without(a, shared) and _without(b, shared) else "other"


def _without(rect: Rect, part: Rect) -> Rect | None:
    """The rectangle that is left when a full-width end is cut off, or None when that is not what it is."""
    x, y, h, w = rect
    px, py, ph, pw = part
    if pw == w and ph < h and (px == x or px + ph == x + h):
        return (x + ph if px == x else x), y, h - ph, w
    if ph == h and pw < w and (py == y or py + pw == y + w):
        return x, (y + pw if py == y else y), h, w - pw
    return None


def _shared(walls: list[Rect], corners: list[tuple[int, int]], owners: tuple[int, ...]) -> tuple[Rect, ...]:
    cut_walls: list[Rect | None] = list(walls)
    for pair, owner in zip(corners, owners, strict=True):
        loser = pair[1 - owner]
        wall = cut_walls[loser]
        if wall is not None:
            cut_walls[loser] = _without(wall, _overlap(walls[pair[0]], walls[pair[1]]))
    return tuple(wall for wall in cut_walls if wall is not None)


def _area(rects: tuple[Rect, ...]) -> int:
    return sum(h * w for _, _, h, w in rects)
