"""The projection of the picture, and the pixel stamps that one cell leaves in it.

The picture looks along the diagonal of a frame ``(p, q, z)``: ``p`` grows towards the viewer and to
the right, ``q`` towards the viewer and to the left, ``z`` upwards in layers. A point lands at

    sx = a (p − q)        sy = b (p + q) − c z        (y downwards, whole a, b, c in pixels)

so that every cell starts on a whole pixel, and one stamp per kind of surface serves all cells.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from brickgpt_engine.bricks.library import BRICK_HEIGHT_CM, STUD_PITCH_CM

FloatArray = NDArray[np.float32]
LAYER = BRICK_HEIGHT_CM / STUD_PITCH_CM
"""Height of a layer, in stud pitches."""
STUD_RADIUS = 0.30
"""Radius of a stud, in stud pitches (4.8 mm across at a pitch of 8 mm)."""
STUD_HEIGHT = 0.2125
"""Height of a stud, in stud pitches (1.7 mm)."""
TOP, RIGHT, LEFT, STUD = range(4)
"""Kinds of surface: the top, the side towards +p, the side towards +q, and a whole stud."""

_TIE = 1e-6  # a pixel centre on an edge belongs to exactly one of the two faces that meet there


@dataclass(frozen=True, slots=True)
class Projection:
    """Whole numbers of pixels per unit: ``a`` across and ``b`` down per stud, ``c`` up per layer."""

    a: int
    b: int
    c: int

    @classmethod
    def isometric(cls, a: int) -> Projection:
        """True isometric proportions: the three axes are foreshortened alike."""
        b = max(1, round(a / math.sqrt(3)))
        return cls(a, b, max(1, round(LAYER * a * 2 / math.sqrt(3))))

    @property
    def stud_rise(self) -> int:
        """Height of a stud in pixels."""
        return max(1, round(STUD_HEIGHT / LAYER * self.c))

    def to_screen(self, p: NDArray[np.intp], q: NDArray[np.intp], z: NDArray[np.intp]) -> NDArray[np.intp]:
        """Screen positions of lattice points, shape (2, n): sx and sy."""
        return np.stack([self.a * (p - q), self.b * (p + q) - self.c * z])


@dataclass(frozen=True, slots=True)
class Stamp:
    """The pixels of one kind of surface, relative to the screen position of its cell's corner (i, j, k).

    Attributes:
        left, top: offset of the stamp's first column and row.
        mask: covered pixels, shape (rows, columns).
        points: position (p, q, z) in the cell of each covered pixel, shape (3, n); z in layers.
        normals: unit normal of each covered pixel in stud units, shape (3, n).
        uv: the two coordinates that run along the face, 0 … 1, shape (2, n).
    """

    left: int
    top: int
    mask: NDArray[np.bool_]
    points: FloatArray
    normals: FloatArray
    uv: FloatArray


def _centres(x0: int, x1: int, y0: int, y1: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    xs = np.arange(x0, x1) + 0.5
    ys = np.arange(y0, y1) + 0.5
    grid = np.meshgrid(xs, ys)
    return grid[0], grid[1]


def _flat_stamp(
    corner: tuple[int, int],
    mask: NDArray[np.bool_],
    pqz: tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]],
    kind: int,
) -> Stamp:
    points = np.stack([axis[mask] for axis in pqz]).astype(np.float32)
    normals = np.zeros_like(points)
    axis = {TOP: 2, RIGHT: 0, LEFT: 1}[kind]
    normals[axis] = 1.0
    along = [other for other in range(3) if other != axis]
    return Stamp(corner[0], corner[1], mask, points, normals, points[along].clip(0, 1))


def top_stamp(view: Projection) -> Stamp:
    """The top face of a cell."""
    x, y = _centres(-view.a, view.a, -view.c, 2 * view.b - view.c)
    across, down = x / view.a, (y + view.c) / view.b
    p, q = (down + across) / 2, (down - across) / 2
    mask = (np.floor(p + _TIE) == 0) & (np.floor(q + _TIE) == 0)
    return _flat_stamp((-view.a, -view.c), mask, (p, q, np.ones_like(p)), TOP)


def right_stamp(view: Projection) -> Stamp:
    """The side of a cell that looks towards +p."""
    x, y = _centres(0, view.a, view.b - view.c, 2 * view.b)
    q = 1 - x / view.a
    z = ((1 + q) * view.b - y) / view.c
    mask = np.ceil(z - _TIE) == 1
    return _flat_stamp((0, view.b - view.c), mask, (np.ones_like(q), q, z), RIGHT)


def left_stamp(view: Projection) -> Stamp:
    """The side of a cell that looks towards +q."""
    x, y = _centres(-view.a, 0, view.b - view.c, 2 * view.b)
    p = 1 + x / view.a
    z = ((1 + p) * view.b - y) / view.c
    mask = np.ceil(z - _TIE) == 1
    return _flat_stamp((-view.a, view.b - view.c), mask, (p, np.ones_like(p), z), LEFT)


def stud_stamp(view: Projection) -> Stamp:
    """A stud that stands on the floor of its cell: the lid, then the visible half of the mantle."""
    wide, deep = STUD_RADIUS * math.sqrt(2) * view.a, STUD_RADIUS * math.sqrt(2) * view.b
    rise, reach = view.stud_rise, math.ceil(wide)
    y0, y1 = math.floor(view.b - deep) - rise, math.ceil(view.b + deep) + 1
    x, y = _centres(-reach, reach, y0, y1)
    s = x / wide
    half = deep * np.sqrt(np.clip(1 - s**2, 0, 1))
    lid = s**2 + ((y - view.b + rise) / deep) ** 2 <= 1
    mantle = ~lid & (np.abs(s) < 1) & (y > view.b - rise) & (y <= view.b + half)
    mask = lid | mantle
    height = np.where(lid, rise, np.clip(view.b + half - y, 0, rise))
    across, down = x / view.a, (y + height) / view.b
    points = np.stack([(down + across) / 2, (down - across) / 2, height / view.c])[:, mask].astype(np.float32)
    s = np.clip(s, -1, 1)
    front = np.sqrt(1 - s**2)
    side = np.stack([s + front, front - s, np.zeros_like(s)]) / math.sqrt(2)
    normals = np.where(lid, np.array([0.0, 0.0, 1.0])[:, None, None], side)[:, mask].astype(np.float32)
    return Stamp(-reach, y0, mask, points, normals, np.zeros((2, points.shape[1]), np.float32))


def stamps(view: Projection, *, studs: bool = True) -> list[Stamp]:
    """The stamps by kind: top, right, left and, where wanted, stud."""
    flat = [top_stamp(view), right_stamp(view), left_stamp(view)]
    return [*flat, stud_stamp(view)] if studs else flat
