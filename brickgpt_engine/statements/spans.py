"""Filled cells, their extent, and the words of size that an extent earns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Voxels = NDArray[np.bool_]
"""Filled cells, indexed (x, y, z); z is up."""
Value = int | str | bool
"""What is said of, or measured on, one part or extent."""


@dataclass(frozen=True)
class Span:
    """Which words an extent earns: ``low_word`` up to ``low`` cells, ``high_word`` from ``high`` cells on.

    ``axis`` is 0, 1 or 2 for x, y, z, and 3 for the sum of the three extents.
    """

    axis: int
    low_word: str
    low: int
    high_word: str
    high: int

    def word(self, size: Sequence[int]) -> str | None:
        """The word for an object of ``size`` (x, y, z) cells, or None for a middling one."""
        value = sum(size) if self.axis == 3 else size[self.axis]
        if value <= self.low:
            return self.low_word
        return self.high_word if value >= self.high else None


Proportions = Mapping[str, Span]


def extent(voxels: Voxels) -> tuple[int, int, int]:
    """Size (x, y, z) in cells of the box around the filled cells; zeros when there are none."""
    filled = np.nonzero(voxels)
    if not len(filled[0]):
        return (0, 0, 0)
    x, y, z = (int(axis.max() - axis.min()) + 1 for axis in filled)
    return (x, y, z)


def cropped(voxels: Voxels) -> Voxels:
    """The box around the filled cells, of which there must be some."""
    box = tuple(slice(int(axis.min()), int(axis.max()) + 1) for axis in np.nonzero(voxels))
    result: Voxels = voxels[box]
    return result


def proportion_words(proportions: Proportions, voxels: Voxels) -> dict[str, Value]:
    """The facts about size, such as ``height: tall``, that hold for these voxels."""
    size = extent(voxels)
    words = {name: span.word(size) for name, span in proportions.items()}
    return {name: word for name, word in words.items() if word is not None}
