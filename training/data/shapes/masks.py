"""Outlines as masks of cells: discs and plates to stamp, and hollow bodies whose walls interlock."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from brickgpt_engine.statements.spans import Voxels
from training.data.shapes.base import SIDE

Mask = NDArray[np.bool_]


def disc(size: int) -> Mask:
    """A square of ``size`` x ``size`` cells, its corners cut so that it looks round; whole up to three."""
    middle = (np.arange(size) - (size - 1) / 2) ** 2
    reach = size / 2 + (0.1 if size > 3 else 1.0)
    round_: Mask = middle[:, None] + middle[None, :] <= reach * reach
    return round_


def plate(width: int, depth: int, cut: int = 0) -> Mask:
    """A rectangle of ``width`` x ``depth`` cells, each corner cut by ``cut`` cells diagonally."""
    x = np.minimum(np.arange(width), np.arange(width)[::-1])
    y = np.minimum(np.arange(depth), np.arange(depth)[::-1])
    cells: Mask = x[:, None] + y[None, :] >= cut
    return cells


def stamp(voxels: Voxels, mask: Mask, x: float, y: float, z0: int, z1: int, value: bool = True) -> None:
    """Fill (or clear) the cells of ``mask`` in layers ``z0:z1``, centred on (x, y) in cell edges.

    Raises:
        ValueError: the mask reaches outside the grid.
    """
    left, front = round(x - mask.shape[0] / 2), round(y - mask.shape[1] / 2)
    right, rear = left + mask.shape[0], front + mask.shape[1]
    if min(left, front, z0) < 0 or max(right, rear, z1) > SIDE:
        raise ValueError(f"mask {left}:{right}, {front}:{rear}, {z0}:{z1} reaches outside the grid")
    voxels[left:right, front:rear, z0:z1][mask] = value


def eroded(voxels: Voxels) -> Voxels:
    """The cells whose eight neighbours in the layer are filled too."""
    padded = np.pad(voxels, ((1, 1), (1, 1), (0, 0)))
    inner = np.ones_like(voxels)
    for dx in range(3):
        for dy in range(3):
            inner &= padded[dx : dx + SIDE, dy : dy + SIDE]
    return inner


def hollow(voxels: Voxels, floor: int = 2, lid: int = 2, top: int | None = None) -> Voxels:
    """The inside that a solid can lose: walls stay one cell thick, two where the outline steps.

    A cell is inside where the layers around it have it inside the outline, so that every layer of the
    wall lies on the one below. Below it ``floor`` layers stay, above it ``lid`` layers; with ``lid`` 0
    the body is open at its highest layer, or at ``top``.
    """
    inner = eroded(voxels)
    result = inner.copy()
    result[:, :, :floor] = False
    for step in range(1, max(floor, 1) + 1):
        result[:, :, step:] &= inner[:, :, :-step]
    height = top or int(np.nonzero(voxels.any(axis=(0, 1)))[0].max()) + 1
    for step in range(1, max(lid, 1) + 1):
        above = np.zeros_like(inner)
        above[:, :, :-step] = inner[:, :, step:]
        if not lid:
            above[:, :, height - step :] = True
        result &= above
    result[:, :, height:] = False
    return result
