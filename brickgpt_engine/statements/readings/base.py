"""What readers of voxels share: regions, holes, silhouettes, and the record of what a category states."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from brickgpt_engine.statements.spans import Value, Voxels

Plane = NDArray[np.bool_]


@dataclass(frozen=True)
class Reading:
    """How statements about one category are read.

    Attributes:
        measure: facts seen in the voxels, cropped to the object (bool, indexed (x, y, z)).
        parts: by fact, a regular expression for the words that claim the part is there.
        counts: by fact, a regular expression for the counted noun, without the number.
        words: further claims, as facts, that a text in lower case makes.
    """

    measure: Callable[[Voxels], dict[str, Value]]
    parts: Mapping[str, str] = field(default_factory=dict)
    counts: Mapping[str, str] = field(default_factory=dict)
    words: Callable[[str], dict[str, Value]] = field(default=lambda text: {})


def islands(layer: Plane) -> list[int]:
    """Sizes in cells of the connected regions (sharing edges) of a boolean (x, y) layer."""
    left = {(int(x), int(y)) for x, y in np.argwhere(layer)}
    sizes = []
    while left:
        stack, size = [left.pop()], 0
        while stack:
            x, y = stack.pop()
            size += 1
            for cell in ((x - 1, y), (x + 1, y), (x, y - 1), (x, y + 1)):
                if cell in left:
                    left.remove(cell)
                    stack.append(cell)
        sizes.append(size)
    return sizes


def holes(plane: Plane) -> int:
    """How many regions of empty cells the filled cells of a plane enclose."""
    return len(islands(~np.pad(plane, 1))) - 1


def width(plane: Plane, axis: int = 0) -> int:
    """Cells from the first to the last filled one along an axis of a plane; 0 when it is empty."""
    filled = np.nonzero(plane.any(axis=1 - axis))[0]
    return int(filled[-1] - filled[0]) + 1 if len(filled) else 0


def front_wall(solid: Voxels, depth: int | None = None) -> int:
    """The plane (a y) with the most cells among the first ``depth``, by default the front half."""
    planes = solid[:, : depth or max(1, solid.shape[1] // 2)]
    return int(planes.sum(axis=(0, 2)).argmax())
