"""Plan shapes of one layer: its connected patches, and ways to cut a patch into rectangles.

A mask is passed as a tuple of integers, one per x; bit y of a row says whether cell (x, y) is filled.
Integers make a row operation one machine instruction, and make masks hashable, so that the many
equal layers of a wall are cut once.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

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
