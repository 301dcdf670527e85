"""Meshes to voxels: scaled to studs and layers, filled by volume, with thin parts kept.

A grid finer than the cells is filled with what the mesh encloses and with what its surface touches.
A cell becomes solid if at least half of its volume is enclosed. What then still sticks out of the solid
cells by more than half a cell (legs, masts, sheets) is too thin for that rule and keeps every cell
that it reaches.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from brickgpt_engine.bricks.library import BRICK_HEIGHT_CM, STUD_PITCH_CM
from brickgpt_engine.bricks.structure import DEFAULT_WORLD_DIM
from brickgpt_engine.errors import ConfigError
from brickgpt_engine.layout.cells import cropped, dilated, fill_cavities, hollowed
from brickgpt_engine.layout.inside import inside_cells
from brickgpt_engine.layout.mesh import Mesh, clean_mesh, upright
from brickgpt_engine.layout.surface import touched_cells

BoolArray = NDArray[np.bool_]
FloatArray = NDArray[np.float64]
Shape = tuple[int, int, int]

MAX_SIZE = 128
"""Longest side in cells: a model a metre long."""
LAYERS_PER_STUD = STUD_PITCH_CM / BRICK_HEIGHT_CM
"""Five layers are as tall as six studs are wide."""
_FINEST = 4
_MOST_FINE_CELLS = 8_000_000
"""Some four seconds of work."""
_ROUNDING = 1e-6


def voxelize_mesh(
    vertices: ArrayLike,
    faces: ArrayLike,
    *,
    size: float | None = None,
    world_dim: int = DEFAULT_WORLD_DIM,
    up: str = "z",
    surface: bool = False,
    hollow: int | None = None,
) -> BoolArray:
    """Fill the cells that a mesh fills; its real proportions are kept (a cell is 0.8 × 0.8 × 0.96 cm).

    The mesh need not be closed: see :mod:`brickgpt_engine.layout.inside`. Cavities are filled.

    Args:
        vertices: corners (v, 3), in any unit.
        faces: positions of corners (f, 3).
        size: longest extent in stud widths, whichever direction it has; None: as large as
            ``world_dim`` allows.
        world_dim: side in cells of the world to fit, where ``size`` is None.
        up: which axis points up: ``x``, ``y``, ``z``, ``-x``, ``-y`` or ``-z``.
        surface: fill only cells that the surface touches.
        hollow: thickness of the walls in studs; None: solid.

    Returns:
        Cells (X, Y, Z), z up, without empty margins.

    Raises:
        ConfigError: an option is out of its range, or the arrays are no mesh.
        FormatError: there is no triangle to go by, or there are too many.
    """
    if hollow is not None and hollow < 1:
        raise ConfigError(f"walls of {hollow} studs cannot be; use 1 or more, or leave hollow out")
    mesh = clean_mesh(vertices, faces)
    triangles, shape = _placed(mesh, size, world_dim, up)
    if surface:
        return cropped(touched_cells(triangles, shape))
    cells = fill_cavities(_solid(triangles, shape))
    return cropped(cells if hollow is None else hollowed(cells, hollow))


def _placed(mesh: Mesh, size: float | None, world_dim: int, up: str) -> tuple[FloatArray, Shape]:
    """Triangles in cells, on the ground, in the middle of a grid that holds them; and that grid's shape."""
    if not 1 <= world_dim <= MAX_SIZE:
        raise ConfigError(f"world_dim is {world_dim}; for meshes it must be between 1 and {MAX_SIZE}")
    if size is not None and not 1 <= size <= MAX_SIZE:
        raise ConfigError(f"size is {size}; it must be between 1 and {MAX_SIZE} studs")
    corners = upright(mesh.triangles.reshape(-1, 3), up)
    corners = corners - corners.min(axis=0)
    extent = corners.max(axis=0)
    corners = corners / extent.max()
    aspect = np.array([1.0, 1.0, LAYERS_PER_STUD])
    unit = extent / extent.max()
    scale = float((world_dim / (unit * aspect).max()) if size is None else size)
    extent = unit * scale * aspect
    shape = np.maximum(np.ceil(extent - _ROUNDING), 1).astype(int)
    margin = (shape - extent) / 2
    margin[2] = 0.0
    x, y, z = (int(side) for side in shape)
    return (corners * scale * aspect + margin).reshape(-1, 3, 3), (x, y, z)


def _solid(triangles: FloatArray, shape: Shape) -> BoolArray:
    """Cells that are mostly enclosed, thin parts, and what joins them."""
    fine = _fineness(shape)
    grid = (shape[0] * fine, shape[1] * fine, shape[2] * fine)
    enclosed = inside_cells(triangles * fine, grid)
    bulk: BoolArray = 2 * _blocks(enclosed, fine).sum(axis=(3, 4, 5)) >= fine**3
    material = enclosed | touched_cells(triangles * fine, grid)
    reach = fine // 2 + 1
    known = dilated(_upsampled(bulk, fine), (reach, reach, reach))
    kept = bulk | _blocks(material & ~known, fine).any(axis=(3, 4, 5))
    return kept | _bridges(kept, _blocks(material, fine))


def _fineness(shape: Shape) -> int:
    """How many fine cells a side of a cell has: four, or fewer in large grids."""
    finenesses = range(_FINEST, 2, -1)
    return next((f for f in finenesses if np.prod(shape) * f**3 <= _MOST_FINE_CELLS), 2)


def _blocks(fine_cells: BoolArray, fine: int) -> BoolArray:
    """Fine cells by the cell that holds them: (X, Y, Z, fine, fine, fine)."""
    x, y, z = (side // fine for side in fine_cells.shape)
    return fine_cells.reshape(x, fine, y, fine, z, fine).transpose(0, 2, 4, 1, 3, 5)


def _upsampled(cells: BoolArray, fine: int) -> BoolArray:
    return cells.repeat(fine, axis=0).repeat(fine, axis=1).repeat(fine, axis=2)


def _bridges(kept: BoolArray, material: BoolArray) -> BoolArray:
    """Empty cells between two kept ones through which thin material runs from one to the other."""
    bridges = np.zeros_like(kept)
    for axis in range(3):
        others = tuple(3 + other for other in range(3) if other != axis)
        layers = np.asarray(material.any(axis=others))
        runs = np.moveaxis(np.asarray(layers.all(axis=3)), axis, 0)
        along = np.moveaxis(kept, axis, 0)
        np.moveaxis(bridges, axis, 0)[1:-1] |= along[:-2] & along[2:] & runs[1:-1]
    return bridges
