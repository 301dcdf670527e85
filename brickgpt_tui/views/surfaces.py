"""Which brick each cell of a plan or an elevation shows: owner grids, layers, and views from outside."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from brickgpt_engine.bricks import Brick
from brickgpt_engine.bricks.structure import EMPTY

Int32Array = NDArray[np.int32]
Box = tuple[int, int, int, int, int, int]
"""Lowest cell x, y, z and the cell after the highest X, Y, Z."""
Side = Literal["front", "side", "top"]


def owner_grid(bricks: Sequence[Brick], world_dim: int) -> Int32Array:
    """Build-order position of the brick in each cell, EMPTY elsewhere, shape (world_dim,)*3.

    The bricks are taken to be valid; so the grid of the first ``k`` of them is this one where it is
    below ``k``, and scrubbing needs no other.
    """
    grid = np.full((world_dim,) * 3, EMPTY, dtype=np.int32)
    for index, brick in enumerate(bricks):
        grid[brick.slices] = index
    return grid


def first_bricks(grid: Int32Array, count: int) -> Int32Array:
    """``grid`` with only the first ``count`` bricks of the build order left."""
    return np.where(grid < count, grid, np.int32(EMPTY))


def bounding_box(bricks: Sequence[Brick], world_dim: int, *, margin: int = 0) -> Box:
    """The cells that ``bricks`` fill, and ``margin`` cells around them as far as the world goes.

    Without bricks, the middle of the ground.
    """
    if not bricks:
        middle = world_dim // 2
        low, high = max(0, middle - 4), min(world_dim, middle + 4)
        return low, low, 0, high, high, 1
    edges = np.array([(b.x, b.y, b.z, b.x + b.h, b.y + b.w, b.z + 1) for b in bricks])
    low3, high3 = edges[:, :3].min(axis=0), edges[:, 3:].max(axis=0)
    low3[:2] = np.maximum(low3[:2] - margin, 0)
    high3[:2] = np.minimum(high3[:2] + margin, world_dim)
    x0, y0, z0 = (int(value) for value in low3)
    x1, y1, z1 = (int(value) for value in high3)
    return x0, y0, z0, x1, y1, z1


def joined(one: Box, two: Box) -> Box:
    """The smallest box around both."""
    low = tuple(min(pair) for pair in zip(one[:3], two[:3], strict=True))
    high = tuple(max(pair) for pair in zip(one[3:], two[3:], strict=True))
    return low + high  # type: ignore[return-value]  # three and three


@dataclass(frozen=True, slots=True, eq=False)
class Surface:
    """What one flat view shows, ``U`` cells across and ``V`` cells up.

    Attributes:
        owners: brick that each cell shows, EMPTY for none, shape (U, V); v grows upwards.
        ghost: brick that shines through where ``owners`` is empty, same shape, or None.
        depth: how far behind the foremost the cells lie, 0 (in front) … 1, same shape, or None.
        origin: world coordinates of cell (0, 0).
        axes: names of the coordinates across and up.
        studs: whether studs are seen.
        ground: whether the lower edge stands on the baseplate.
    """

    owners: Int32Array
    ghost: Int32Array | None
    depth: NDArray[np.float64] | None
    origin: tuple[int, int]
    axes: tuple[str, str]
    studs: bool
    ground: bool = False


def layer_surface(
    grid: Int32Array, box: Box, layer: int, *, shown: int | None = None, ghost: bool = True
) -> Surface:
    """One layer from above, and, as a ghost, the layer below it; x runs across and y up.

    Args:
        grid: owner of each cell of the whole model.
        box: the part of the world that is drawn.
        layer: which layer, 0 on the baseplate.
        shown: how many bricks of the build order are seen; all of them by default.
        ghost: whether the layer below shines through.
    """
    x0, y0, _, x1, y1, _ = box
    owners = _seen(grid[x0:x1, y0:y1, layer], shown)
    below = _seen(grid[x0:x1, y0:y1, layer - 1], shown) if ghost and layer > 0 else None
    return Surface(owners, below, None, (x0, y0), ("x", "y"), studs=True)


def outside_surface(grid: Int32Array, box: Box, side: Side, *, shown: int | None = None) -> Surface:
    """The model from outside, of its first ``shown`` bricks.

    ``front`` is seen from −y (x to the right, z up), ``side`` from +x (y to the right, z up) and
    ``top`` from above (x to the right, y up).
    """
    x0, y0, z0, x1, y1, z1 = box
    part = _seen(grid[x0:x1, y0:y1, z0:z1], shown)
    if side == "front":
        view, origin, axes = part.transpose(0, 2, 1), (x0, z0), ("x", "z")
    elif side == "side":
        view, origin, axes = part.transpose(1, 2, 0)[:, :, ::-1], (y0, z0), ("y", "z")
    else:
        view, origin, axes = part[:, :, ::-1], (x0, y0), ("x", "y")
    owners, depth = _foremost(view)
    return Surface(owners, None, depth, origin, axes, studs=side == "top", ground=side != "top" and z0 == 0)


def _seen(part: Int32Array, shown: int | None) -> Int32Array:
    return part if shown is None else first_bricks(part, shown)


def _foremost(view: Int32Array) -> tuple[Int32Array, NDArray[np.float64]]:
    """The first filled cell along the last axis: its owner, and its depth from 0 to 1, shape (U, V)."""
    filled = view != EMPTY
    first = filled.argmax(axis=2)
    owners = np.take_along_axis(view, first[:, :, None], axis=2)[:, :, 0]
    return owners, first / max(view.shape[2] - 1, 1)
