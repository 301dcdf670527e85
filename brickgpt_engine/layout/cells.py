"""What is done to filled cells before bricks are laid: cavities, hollowing, loose parts, cropping."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from brickgpt_engine.physics.components import component_labels

BoolArray = NDArray[np.bool_]
IntArray = NDArray[np.int64]

SLAB_LAYERS = 2
"""Thinnest floor and ceiling of a hollow model: the bricks of a single layer hold each other nowhere."""
KEPT_SHARE = 0.1
"""A part that hangs in the air and has at least this share of all cells is lowered, a smaller one dropped."""


@dataclass(frozen=True)
class Settled:
    """Cells of which every part stands on the ground or on another part.

    Attributes:
        cells: filled cells (X, Y, Z).
        dropped: parts that touched nothing and were left out.
        dropped_cells: how many cells those had.
        lowered: parts that were large, and were lowered until they stood on something.
    """

    cells: BoolArray
    dropped: int = 0
    dropped_cells: int = 0
    lowered: int = 0


def label_parts(cells: BoolArray) -> IntArray:
    """Number the parts that hang together through faces: (X, Y, Z), 0 for empty cells, parts from 1 on."""
    count = int(cells.sum())
    place = np.full(cells.shape, -1, dtype=np.int64)
    place[cells] = np.arange(count)
    pairs = []
    for axis in range(3):
        ahead = np.moveaxis(place, axis, 0)
        one, two = ahead[:-1].ravel(), ahead[1:].ravel()
        both = (one >= 0) & (two >= 0)
        pairs.append((one[both], two[both]))
    roots = component_labels(
        count, np.concatenate([one for one, _ in pairs]), np.concatenate([two for _, two in pairs])
    )
    labels = np.zeros(cells.shape, dtype=np.int64)
    labels[cells] = np.unique(roots, return_inverse=True)[1] + 1
    return labels


def fill_cavities(cells: BoolArray) -> BoolArray:
    """Fill what the outside cannot reach through faces of empty cells."""
    parts = label_parts(np.pad(~cells, 1, constant_values=True))
    filled: BoolArray = (parts != parts[0, 0, 0])[1:-1, 1:-1, 1:-1]
    return filled


def hollowed(cells: BoolArray, wall: int) -> BoolArray:
    """Empty the inside, leaving walls of ``wall`` studs; floors and ceilings have two layers at least."""
    slab = max(wall, SLAB_LAYERS)
    margin = [(wall, wall), (wall, wall), (slab, slab)]
    empty = dilated(np.pad(~cells, margin, constant_values=True), (wall, wall, slab))
    near_outside = empty[wall:-wall, wall:-wall, slab:-slab]
    kept: BoolArray = cells & near_outside
    return kept


def dilated(cells: BoolArray, reach: tuple[int, int, int]) -> BoolArray:
    """Cells that have a filled one within a box of ``reach`` cells to either side of each axis."""
    grown = cells.copy()
    for axis, steps in enumerate(reach):
        source = np.moveaxis(grown.copy(), axis, 0)
        target = np.moveaxis(grown, axis, 0)
        for step in range(1, min(steps, len(source) - 1) + 1):
            target[step:] |= source[:-step]
            target[:-step] |= source[step:]
    return grown


def settled(cells: BoolArray) -> Settled:
    """Give every part a stand: small ones that touch nothing go, large ones come down.

    Args:
        cells: filled cells (X, Y, Z); layer 0 is the ground.
    """
    labels = label_parts(cells)
    sizes = np.bincount(labels.ravel())
    standing = np.zeros(len(sizes), dtype=bool)
    standing[labels[:, :, 0]] = True
    standing[0] = True
    floating = np.flatnonzero(~standing)
    result = cells & standing[labels]
    heavy = [part for part in floating if sizes[part] >= KEPT_SHARE * cells.sum()]
    for part in sorted(heavy, key=lambda number: int(np.argwhere(labels == number)[:, 2].min())):
        result |= _lowered(labels == part, result)
    lost = [int(sizes[part]) for part in floating if part not in heavy]
    return Settled(result, len(lost), sum(lost), len(heavy))


def _lowered(part: BoolArray, others: BoolArray) -> BoolArray:
    """``part``, moved down until it stands on ``others`` or on the ground."""
    while not part[:, :, 0].any() and not (part[:, :, 1:] & others[:, :, :-1]).any():
        part = np.concatenate([part[:, :, 1:], np.zeros_like(part[:, :, :1])], axis=2)
    return part


def cropped(cells: BoolArray) -> BoolArray:
    """The smallest box that holds all filled cells; nothing filled gives an array without cells."""
    where = np.argwhere(cells)
    if not len(where):
        return cells[:0, :0, :0]
    (x0, y0, z0), (x1, y1, z1) = where.min(axis=0), where.max(axis=0) + 1
    return cells[x0:x1, y0:y1, z0:z1]
