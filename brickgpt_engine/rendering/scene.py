"""Which faces of a structure the viewer may see, in an order that paints them correctly.

Cells of a grid seen along a diagonal have no cyclic overlaps: a cell can only hide cells whose three
coordinates are all at most its own. Any order in which coordinates only grow (here by layer, then by
p + q) therefore paints back to front. A stud lives in the empty cell above its brick.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from brickgpt_engine.bricks.structure import EMPTY, BrickStructure
from brickgpt_engine.rendering.geometry import LEFT, RIGHT, STUD, TOP, FloatArray

IntArray = NDArray[np.intp]

# How much light a corner loses for each of its three outer neighbours that is filled.
_CORNER_LOSS = 0.13


@dataclass(frozen=True, slots=True)
class Scene:
    """The faces that may be seen, back to front.

    Attributes:
        owners: brick index of each cell in the viewing frame, shape (P, Q, Z), EMPTY elsewhere.
        cells: cell (i, j, k) of each face, shape (3, n); of a stud, the cell that it stands in.
        kinds: TOP, RIGHT, LEFT or STUD of each face, shape (n,).
        bricks: brick index of each face, shape (n,).
        occlusion: ambient light per face as c0 + c1·u + c2·v + c3·u·v, shape (n, 4).
    """

    owners: NDArray[np.int32]
    cells: IntArray
    kinds: IntArray
    bricks: IntArray
    occlusion: FloatArray

    @property
    def planes(self) -> IntArray:
        """A number per face that two faces share just when they lie in one plane, shape (n,)."""
        axis = np.array([2, 0, 1, 2])[self.kinds]
        planes: IntArray = self.kinds + 4 * self.cells[axis, np.arange(axis.size)]
        return planes


def viewing_frame(structure: BrickStructure, turns: int) -> NDArray[np.int32]:
    """The owner grid cropped to the filled cells and turned so that its axes are (p, q, z).

    Args:
        structure: at least one brick.
        turns: quarter turns of the viewer around the model; 0 looks from +x and −y.
    """
    filled = np.argwhere(structure.grid != EMPTY)
    lo, hi = filled.min(axis=0), filled.max(axis=0) + 1
    grid = structure.grid[lo[0] : hi[0], lo[1] : hi[1], lo[2] : hi[2]]
    return np.ascontiguousarray(np.rot90(grid, turns % 4)[:, ::-1, :])


def build_scene(owners: NDArray[np.int32], *, studs: bool) -> Scene:
    """Collect the faces that no neighbour covers, back to front.

    Args:
        owners: brick index per cell, shape (P, Q, Z), EMPTY where there is none.
        studs: whether uncovered tops carry studs.
    """
    filled = np.pad(owners != EMPTY, 1)
    filled[:, :, 0] = True  # the ground darkens what touches it
    core = filled[1:-1, 1:-1, 1:-1]
    free = {
        TOP: core & ~filled[1:-1, 1:-1, 2:],
        RIGHT: core & ~filled[2:, 1:-1, 1:-1],
        LEFT: core & ~filled[1:-1, 2:, 1:-1],
    }
    parts = [_faces(owners, filled, np.argwhere(mask).T, kind) for kind, mask in free.items()]
    if studs:
        parts.append(_studs(parts[0]))
    cells, kinds, bricks, occlusion = (np.concatenate(column, axis=-1) for column in zip(*parts, strict=True))
    order = np.lexsort((cells[0] + cells[1], cells[2]))
    return Scene(owners, cells[:, order], kinds[order], bricks[order], _bilinear(occlusion[:, order]))


_Faces = tuple[IntArray, IntArray, IntArray, FloatArray]


def _faces(owners: NDArray[np.int32], filled: NDArray[np.bool_], cells: IntArray, kind: int) -> _Faces:
    bricks = owners[tuple(cells)].astype(np.intp)
    kinds = np.full(bricks.shape, kind, dtype=np.intp)
    return cells, kinds, bricks, _corner_light(filled, cells, kind)


def _studs(tops: _Faces) -> _Faces:
    cells, kinds, bricks, light = tops
    above = cells + np.array([[0], [0], [1]])
    return above, np.full_like(kinds, STUD), bricks, np.broadcast_to(light.mean(axis=0), light.shape)


def _corner_light(filled: NDArray[np.bool_], cells: IntArray, kind: int) -> FloatArray:
    """Ambient light at the face's corners (u, v) = 00, 10, 01, 11, shape (4, n), each 0 … 1.

    A corner is darkened by the three cells around it in the layer in front of the face; two
    cells side by side close it off whatever the third is.
    """
    axis = {TOP: 2, RIGHT: 0, LEFT: 1}[kind]
    along = [other for other in range(3) if other != axis]
    front = cells + 1  # padding
    front[axis] += 1
    light = np.empty((4, cells.shape[1]), dtype=np.float32)
    for corner in range(4):
        du, dv = 2 * (corner % 2) - 1, 2 * (corner // 2) - 1
        first, second, both = front.copy(), front.copy(), front.copy()
        first[along[0]] += du
        second[along[1]] += dv
        both[along[0]] += du
        both[along[1]] += dv
        one, two, three = (filled[tuple(spot)].astype(np.int64) for spot in (first, second, both))
        light[corner] = 1 - _CORNER_LOSS * (one + two + np.maximum(three, one & two))
    return light


def _bilinear(corners: FloatArray) -> FloatArray:
    c00, c10, c01, c11 = corners
    return np.stack([c00, c10 - c00, c01 - c00, c11 - c10 - c01 + c00], axis=1).astype(np.float32)
