"""Which cells a surface passes through: the exact overlap of triangles with unit boxes.

The test is the separating-axis test of Akenine-Möller, "Fast 3D Triangle-Box Overlap Testing"
(2001), over many pairs at once: a triangle and a box are apart exactly if one of 13 directions
separates them.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

BoolArray = NDArray[np.bool_]
FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

_LONGEST = 8.0
"""Triangles that reach over more cells than this are split, so that few of their candidates fail."""
_PAIRS = 400_000
"""Pairs of a triangle and a cell that are tested at once: some 100 MB."""
_SHRINK = 1.0 - 1e-6
"""A face that lies exactly between two cells belongs to the inner one; this moves it there."""


def touched_cells(triangles: FloatArray, shape: tuple[int, int, int]) -> BoolArray:
    """Cells of a grid that have a point of the surface.

    Args:
        triangles: corners (n, 3, 3) in cells; cell (i, j, k) reaches from (i, j, k) to (i+1, j+1, k+1).
        shape: size of the grid (X, Y, Z); what lies outside is left out.

    Returns:
        Array (X, Y, Z).
    """
    middle = np.asarray(shape) / 2
    small = _split(middle + (triangles - middle) * _SHRINK)
    touched = np.zeros(shape, dtype=bool)
    for which, cells in candidates(small, shape):
        hit = cells[_overlaps(small[which] - (cells + 0.5)[:, None, :])]
        touched[hit[:, 0], hit[:, 1], hit[:, 2]] = True
    return touched


def _split(triangles: FloatArray) -> FloatArray:
    """The same surface in triangles of bounded extent, halved at their longest edges."""
    done = []
    while len(triangles):
        long = np.ptp(triangles, axis=1).max(axis=1) > _LONGEST
        done.append(triangles[~long])
        triangles = _halved(triangles[long])
    return np.concatenate(done) if done else triangles


def _halved(triangles: FloatArray) -> FloatArray:
    lengths = np.linalg.norm(np.roll(triangles, -1, axis=1) - triangles, axis=2)
    turn = (lengths.argmax(axis=1)[:, None] + np.arange(3)) % 3
    a, b, c = np.moveaxis(np.take_along_axis(triangles, turn[:, :, None], axis=1), 1, 0)
    middle = (a + b) / 2
    return np.concatenate([np.stack([a, middle, c], axis=1), np.stack([middle, b, c], axis=1)])


def candidates(triangles: FloatArray, shape: tuple[int, int, int]) -> Iterator[tuple[IntArray, IntArray]]:
    """Every pair of a triangle and a cell in its bounding box, in portions.

    Yields:
        Positions (p,) of triangles, and cells (p, 3).
    """
    top = np.asarray(shape) - 1
    first = np.clip(np.floor(triangles.min(axis=1)).astype(np.int64), 0, None)
    last = np.minimum(np.floor(triangles.max(axis=1)).astype(np.int64), top)
    spans = np.clip(last - first + 1, 0, None)
    counts = spans.prod(axis=1)
    portion = (np.cumsum(counts) - counts) // _PAIRS
    for number in np.unique(portion):
        chosen = np.flatnonzero(portion == number)
        which = np.repeat(chosen, counts[chosen])
        rank = np.arange(len(which)) - np.repeat(np.cumsum(counts[chosen]) - counts[chosen], counts[chosen])
        span = spans[which]
        offset = np.stack(
            [rank // (span[:, 1] * span[:, 2]), rank // span[:, 2] % span[:, 1], rank % span[:, 2]], axis=1
        )
        yield which, first[which] + offset


def _overlaps(corners: FloatArray) -> BoolArray:
    """Whether triangles (p, 3, 3) meet the unit box around the origin; their bounding boxes do."""
    edges = np.roll(corners, -1, axis=1) - corners
    normal = np.cross(edges[:, 0], edges[:, 1])
    distance = np.abs((normal * corners[:, 0]).sum(axis=1))
    meets: BoolArray = distance <= np.abs(normal).sum(axis=1) / 2
    for edge in range(3):
        for axis in range(3):
            meets &= ~_separated(corners, edges[:, edge], axis)
    return meets


def _separated(corners: FloatArray, edge: FloatArray, axis: int) -> BoolArray:
    """Whether the direction ``unit(axis) × edge`` separates triangles from the box."""
    one, two = (axis + 1) % 3, (axis + 2) % 3
    along = edge[:, one, None] * corners[:, :, two] - edge[:, two, None] * corners[:, :, one]
    reach = (np.abs(edge[:, one]) + np.abs(edge[:, two])) / 2
    apart: BoolArray = (along.min(axis=1) > reach) | (along.max(axis=1) < -reach)
    return apart
