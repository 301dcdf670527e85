"""How alike grids of cells are: diversity within a set, and the nearest of very many.

Likeness is intersection over union of the filled cells, both models centred by their
bounding boxes and set on the ground, so that a mere shift is no difference.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from brickgpt_engine.statements.spans import Voxels
from training.evaluation.voxels import centred_grids, grids_of_texts
from training.samples import shards

Bits = NDArray[np.uint64]
"""Packed grids: shape (n, 125), 64 cells a word."""
BLOCK = 1024
"""Grids that are compared at once; they fit into a processor's cache."""
_COLUMN = "bricks"


def iou(a: Voxels, b: Voxels) -> float:
    """Intersection over union of two grids (20, 20, 20), each centred first; 1 where both are empty."""
    return float(pairwise_iou(np.stack([a, b]))[0, 1])


def pairwise_iou(grids: Voxels) -> NDArray[np.float64]:
    """Intersection over union of every two of the grids (n, 20, 20, 20), shape (n, n)."""
    cells = centred_grids(grids).reshape(len(grids), -1).astype(np.float32)
    shared = (cells @ cells.T).astype(np.float64)
    volume = cells.sum(axis=1, dtype=np.float64)
    union = volume[:, None] + volume[None, :] - shared
    alike: NDArray[np.float64] = np.divide(shared, union, out=np.ones_like(shared), where=union > 0)
    return alike


def apart(grids: Sequence[Voxels]) -> NDArray[np.float64]:
    """1 - mean intersection over union with the others, for each of two or more grids, shape (n,)."""
    alike = pairwise_iou(np.stack(list(grids)))
    found: NDArray[np.float64] = 1.0 - (alike.sum(axis=1) - 1.0) / (len(grids) - 1)  # 1 is for itself
    return found


def diversity(grids: Sequence[Voxels]) -> float | None:
    """1 - mean intersection over union of all pairs; None for fewer than two grids."""
    return float(apart(grids).mean()) if len(grids) > 1 else None


class Neighbours:
    """Finds the most alike of very many grids, exactly.

    Grids of volume v and w can share no more than min/max of their volume, so blocks of
    like volume are searched first, and the rest is left out as soon as it cannot win.

    Args:
        grids: centred grids, as :func:`pack` gives them; doubles may be left in.

    Attributes:
        count: different grids.
    """

    def __init__(self, grids: Bits) -> None:
        kinds = _different(grids)
        volumes = _counts(kinds)
        order = np.argsort(volumes, kind="stable")
        self._bits, self._volumes = kinds[order], volumes[order]
        self.count = len(kinds)

    def nearest(self, voxels: Voxels) -> float:
        """Largest intersection over union of ``voxels`` (20, 20, 20) with any grid; 0 where there is none."""
        own = pack(centred_grids(voxels[None]))[0]
        volume = int(_counts(own[None])[0])
        best = 0.0
        if not self.count or not volume:
            return best
        starts = np.arange(0, self.count, BLOCK)
        low = self._volumes[starts]
        high = self._volumes[np.minimum(starts + BLOCK, self.count) - 1]
        bounds = np.where(low > volume, volume / low, np.where(high < volume, high / volume, 1.0))
        for block in np.argsort(-bounds, kind="stable"):
            if bounds[block] <= best:
                break
            rows = slice(starts[block], starts[block] + BLOCK)
            shared = _counts(self._bits[rows] & own)
            best = max(best, float((shared / (self._volumes[rows] + volume - shared)).max()))
        return best


def pack(grids: Voxels) -> Bits:
    """Grids (n, 20, 20, 20) with 64 cells a word."""
    flat = np.packbits(grids.reshape(len(grids), 8000), axis=1)
    return np.ascontiguousarray(flat).view(np.uint64)


def _different(bits: Bits) -> Bits:
    """Each row once; rows are compared as bytes, far faster than as columns."""
    rows = np.ascontiguousarray(bits).view(np.dtype((np.void, bits.shape[1] * bits.itemsize))).ravel()
    _, first = np.unique(rows, return_index=True)
    kinds: Bits = bits[first]
    return kinds


def _counts(bits: Bits) -> NDArray[np.int64]:
    """Ones in each row."""
    if hasattr(np, "bitwise_count"):  # from NumPy 2 on
        ones: Any = np.bitwise_count(bits)
    else:
        ones = np.unpackbits(bits.view(np.uint8), axis=1)
    counts: NDArray[np.int64] = ones.sum(axis=1, dtype=np.int64)
    return counts


def training_neighbours(folder: Path) -> Neighbours:
    """The structures of a data set's training split, ready for comparison (1 kB each).

    Raises:
        InputError: the folder holds no training split.
        FormatError: its bricks cannot be read.
    """
    import pyarrow.parquet as pq

    packed = [
        pack(grids_of_texts(pq.read_table(path, columns=[_COLUMN])[_COLUMN].to_pylist()))
        for path in shards(folder, "train")
    ]
    return Neighbours(np.concatenate(packed))
