"""Which cells a mesh encloses, be it closed or not: six rays a cell, and a vote.

A ray from a point inside a closed surface crosses it an odd number of times. From each cell's
centre rays go both ways along the three axes; the cell is inside if at least four of the six count
an odd number. A closed body gets six votes or none, one with its bottom missing five, a tube four,
and a single sheet at most one. Counting does not depend on which way triangles face.

Bodies are looked at one by one, so that those that reach into each other do not cancel out.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from brickgpt_engine.layout.surface import candidates
from brickgpt_engine.physics.components import component_labels

BoolArray = NDArray[np.bool_]
FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

VOTES = 4
"""How many of six rays must say that a cell is inside."""
_FEWEST_FACES = 4
"""Fewer triangles than a tetrahedron has enclose nothing."""
_SNAP = 2048
"""Corners closer than 1/2048 cell are one: they join triangles to bodies (STL files repeat corners)."""


def inside_cells(triangles: FloatArray, shape: tuple[int, int, int]) -> BoolArray:
    """Cells of a grid whose centres a mesh encloses.

    Args:
        triangles: corners (n, 3, 3) in cells, inside the grid.
        shape: size of the grid (X, Y, Z).

    Returns:
        Array (X, Y, Z).
    """
    inside = np.zeros(shape, dtype=bool)
    for body in bodies(triangles):
        low = np.clip(np.floor(body.min(axis=(0, 1))).astype(int), 0, np.asarray(shape) - 1)
        high = np.minimum(np.ceil(body.max(axis=(0, 1))).astype(int), shape)
        block = tuple(slice(a, b) for a, b in zip(low, high, strict=True))
        if (high > low).all():
            inside[block] |= _votes(body - low, inside[block].shape) >= VOTES
    return inside


def bodies(triangles: FloatArray) -> list[FloatArray]:
    """Split a mesh into bodies that may enclose something, loose triangles being one; faces count once.

    Args:
        triangles: corners (n, 3, 3) in cells.

    Returns:
        Corners (m, 3, 3) of each body, corners that nearly meet being equal.
    """
    snapped = np.round(triangles.reshape(-1, 3) * _SNAP).astype(np.int64)
    snapped -= snapped.min(axis=0, initial=0)
    key = (snapped[:, 0] << 42) | (snapped[:, 1] << 21) | snapped[:, 2]
    _, first, number = np.unique(key, return_index=True, return_inverse=True)
    faces = number.reshape(-1, 3)
    ordered = np.sort(faces, axis=1)
    flat = (ordered[:, 0] == ordered[:, 1]) | (ordered[:, 1] == ordered[:, 2])
    _, once = np.unique(ordered, axis=0, return_index=True)  # a face that is there twice has two sides
    faces = faces[once[~flat[once]]]
    label = component_labels(len(first), faces[:, :2].ravel(), faces[:, 1:].ravel())[faces[:, 0]]
    label[np.bincount(label, minlength=1)[label] == 1] = -1  # loose triangles may close when together
    order = np.argsort(label, kind="stable")
    parts = np.split(faces[order], np.flatnonzero(np.diff(label[order])) + 1)
    corners = np.round(triangles.reshape(-1, 3)[first] * _SNAP) / _SNAP
    return [corners[part] for part in parts if len(part) >= _FEWEST_FACES]


def _votes(body: FloatArray, shape: tuple[int, ...]) -> NDArray[np.uint8]:
    """How many of the six rays from each cell's centre cross the body an odd number of times."""
    votes = np.zeros(shape, dtype=np.uint8)
    for axis in range(3):
        order = [(axis + 1) % 3, (axis + 2) % 3, axis]
        turned = np.transpose(votes, order)  # a view: adding to it votes
        below = np.cumsum(_crossings(body[:, :, order], turned.shape), axis=2)
        turned += (below[:, :, :-1] & 1).astype(np.uint8)
        turned += ((below[:, :, -1:] - below[:, :, :-1]) & 1).astype(np.uint8)
    return votes


def _crossings(body: FloatArray, shape: tuple[int, ...]) -> IntArray:
    """Crossings of the rays along the last axis, shape (X, Y, Z+1): item k lies below centre k."""
    across, up, depth = shape
    counts = np.zeros(across * up * (depth + 1), dtype=np.int64)
    flat = body.copy()
    flat[:, :, :2] -= 0.5  # centres get whole numbers
    flat[:, :, 2] = 0.5  # all in the one layer of a flat grid
    for which, cells in candidates(flat, (across, up, 1)):
        hit = _covers(flat[which], cells[:, :2])
        which, cells = which[hit], cells[hit, :2]
        item = np.clip(np.ceil(_height(body[which], cells + 0.5) - 0.5).astype(np.int64), 0, depth)
        counts += np.bincount((cells[:, 0] * up + cells[:, 1]) * (depth + 1) + item, minlength=len(counts))
    return counts.reshape(across, up, depth + 1)


def _covers(triangles: FloatArray, points: IntArray) -> BoolArray:
    """Whether points (p, 2) lie in triangles (p, 3, 3) seen from above; of two neighbours one has the edge.

    Each edge is judged by itself, with its ends in a fixed order, so that rounding cannot make a ray
    slip between two triangles or hit both.
    """
    covered = np.zeros(len(points), dtype=bool)
    x, y = points[:, 0], points[:, 1]
    for edge in range(3):
        a, b = triangles[:, edge, :2], triangles[:, (edge + 1) % 3, :2]
        swap = ((a[:, 1] > b[:, 1]) | ((a[:, 1] == b[:, 1]) & (a[:, 0] > b[:, 0])))[:, None]
        a, b = np.where(swap, b, a), np.where(swap, a, b)
        spans = (a[:, 1] <= y) & (y < b[:, 1])
        rise = np.where(spans, b[:, 1] - a[:, 1], 1.0)
        covered ^= spans & (x < a[:, 0] + (y - a[:, 1]) * (b[:, 0] - a[:, 0]) / rise)
    return covered


def _height(triangles: FloatArray, points: NDArray[np.floating]) -> FloatArray:
    """Where vertical lines through points (p, 2) meet the planes of triangles (p, 3, 3)."""
    a = triangles[:, 0]
    normal = np.cross(triangles[:, 1] - a, triangles[:, 2] - a)
    slope = ((points - a[:, :2]) * normal[:, :2]).sum(axis=1)
    upright = normal[:, 2] == 0  # only rounding lets a ray hit one
    height = a[:, 2] - slope / np.where(upright, 1.0, normal[:, 2])
    low, high = triangles[:, :, 2].min(axis=1), triangles[:, :, 2].max(axis=1)
    bounded: FloatArray = np.clip(np.where(upright, low, height), low, high)
    return bounded
