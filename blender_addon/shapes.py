"""Geometry of the bricks, computed: walls, underside with tubes or pins, studs, chamfered edges.

Lengths are LDU (a stud pitch is 20, a brick 24 high); x runs along the long side, z up, and the
origin is the centre of the body's top face, as in the LDraw parts. Every mesh is a set of closed
shells, so that it can be printed. No Blender here.

Source of the sizes: LDraw parts 3001 and 3005 with their primitives (stud, stud3, stud4).
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import pairwise

PITCH = 20.0
HEIGHT = 24.0
STUD_RADIUS, STUD_HEIGHT = 6.0, 4.0
TUBE_OUTER, TUBE_INNER = 8.0, 6.0
PIN_RADIUS = 4.0
WALL, CEILING = 4.0, 4.0
GAP = 0.25
"""By how much a body is narrower than its place on each side, so that seams show."""
CHAMFER = 0.7
_STUD_CHAMFER = 0.5
_OVERLAP = 1.0  # shells that touch reach into each other, so that printing programs join them
_ROUND = 24
"""Corners of a circle."""

Point = tuple[float, float, float]


@dataclass
class Shape:
    """A mesh as lists.

    Attributes:
        points: coordinates in LDU.
        faces: indices of the corners of each face, counter-clockwise seen from outside.
        smooth: per face, whether it is part of something round.
    """

    points: list[Point] = field(default_factory=list)
    faces: list[tuple[int, ...]] = field(default_factory=list)
    smooth: list[bool] = field(default_factory=list)

    def add_loop(self, points: Sequence[Point]) -> list[int]:
        """Add points; their indices."""
        first = len(self.points)
        self.points.extend(points)
        return list(range(first, len(self.points)))

    def add_face(self, corners: Sequence[int], *, smooth: bool = False) -> None:
        """Add one face."""
        self.faces.append(tuple(corners))
        self.smooth.append(smooth)

    def bridge(self, low: Sequence[int], high: Sequence[int], *, smooth: bool = False) -> None:
        """Join two loops of equal length by quads; seen from above both run counter-clockwise."""
        count = len(low)
        for at in range(count):
            after = (at + 1) % count
            self.add_face((low[at], low[after], high[after], high[at]), smooth=smooth)

    def sharp_edges(self) -> set[tuple[int, int]]:
        """Edges (lower index first) that are no part of a round surface."""
        beside: dict[tuple[int, int], list[bool]] = defaultdict(list)
        for corners, smooth in zip(self.faces, self.smooth):
            for one, other in zip(corners, (*corners[1:], corners[0])):
                beside[min(one, other), max(one, other)].append(smooth)
        return {edge for edge, sides in beside.items() if not all(sides)}


@lru_cache(maxsize=32)
def brick_shape(length: int, width: int) -> Shape:
    """The brick of ``length`` x ``width`` studs, the longer side along x.

    Raises:
        ValueError: a side is below 1, or ``length`` is the shorter one.
    """
    if not 1 <= width <= length:
        raise ValueError(f"{length}x{width}: give the longer side first, both at least 1")
    shape = Shape()
    _add_body(shape, length, width)
    for x, y in _grid(length, width):
        _add_stud(shape, x, y)
    for x, y in _grid(length - 1, width - 1):
        _add_tube(shape, x, y)
    if width == 1:
        for x, y in _grid(length - 1, 1):
            _add_pin(shape, x, y)
    return shape


def _grid(columns: int, rows: int) -> list[tuple[float, float]]:
    """Centres of so many places of one pitch, around the origin."""
    return [
        (PITCH * (column - (columns - 1) / 2), PITCH * (row - (rows - 1) / 2))
        for row in range(rows)
        for column in range(columns)
    ]


def _add_body(shape: Shape, length: int, width: int) -> None:
    """The box with its hollow: one closed shell, all edges outside chamfered."""
    half_x, half_y = PITCH * length / 2 - GAP, PITCH * width / 2 - GAP

    def ring(inset: float, z: float, cut: float = CHAMFER) -> list[int]:
        return shape.add_loop(_octagon(half_x - inset, half_y - inset, cut, z))

    outside = [
        ring(CHAMFER, -HEIGHT),
        ring(0.0, CHAMFER - HEIGHT),
        ring(0.0, -CHAMFER),
        ring(CHAMFER, 0.0),
    ]
    for low, high in pairwise(outside):
        shape.bridge(low, high)
    shape.add_face(outside[-1])
    mouth, ceiling = ring(WALL - GAP, -HEIGHT), ring(WALL - GAP, -CEILING)
    shape.bridge(mouth, outside[0])
    shape.bridge(ceiling, mouth)
    shape.add_face(ceiling[::-1])


def _octagon(half_x: float, half_y: float, cut: float, z: float) -> list[Point]:
    """A rectangle with its corners cut off, counter-clockwise from above."""
    x, y = half_x, half_y
    flat = [(x, cut - y), (x, y - cut), (x - cut, y), (cut - x, y)]
    return [(*point, z) for point in [*flat, *((-px, -py) for px, py in flat)]]


def _circle(x: float, y: float, radius: float, z: float) -> list[Point]:
    turns = [2 * math.pi * (step + 0.5) / _ROUND for step in range(_ROUND)]
    return [(x + radius * math.cos(turn), y + radius * math.sin(turn), z) for turn in turns]


def _add_stud(shape: Shape, x: float, y: float) -> None:
    top = STUD_HEIGHT
    rings = [
        shape.add_loop(_circle(x, y, STUD_RADIUS, -_OVERLAP)),
        shape.add_loop(_circle(x, y, STUD_RADIUS, top - _STUD_CHAMFER)),
        shape.add_loop(_circle(x, y, STUD_RADIUS - _STUD_CHAMFER, top)),
    ]
    shape.add_face(rings[0][::-1])
    shape.bridge(rings[0], rings[1], smooth=True)
    shape.bridge(rings[1], rings[2], smooth=True)
    shape.add_face(rings[2])


def _add_tube(shape: Shape, x: float, y: float) -> None:
    """A tube below the ceiling, into which it reaches."""
    low, high = -HEIGHT, _OVERLAP - CEILING
    outer = [shape.add_loop(_circle(x, y, TUBE_OUTER, z)) for z in (low, high)]
    inner = [shape.add_loop(_circle(x, y, TUBE_INNER, z)) for z in (low, high)]
    shape.bridge(outer[0], outer[1], smooth=True)
    shape.bridge(inner[1], inner[0], smooth=True)
    shape.bridge(inner[0], outer[0])
    shape.bridge(outer[1], inner[1])


def _add_pin(shape: Shape, x: float, y: float) -> None:
    """The solid pin of bricks one stud wide."""
    low = shape.add_loop(_circle(x, y, PIN_RADIUS, -HEIGHT))
    high = shape.add_loop(_circle(x, y, PIN_RADIUS, _OVERLAP - CEILING))
    shape.add_face(low[::-1])
    shape.bridge(low, high, smooth=True)
    shape.add_face(high)
