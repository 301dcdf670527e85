"""What the first bricks of a build order weigh and measure and which parts they are, at any moment of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from brickgpt_engine.bricks import LIBRARY, Brick

_NUMBERS = {(part.short, part.long): number for number, part in enumerate(LIBRARY)}
_MASSES = np.array([part.mass_g for part in LIBRARY])


@dataclass(frozen=True, slots=True)
class Count:
    """Numbers of some bricks.

    Attributes:
        mass_g: mass in grams.
        studs: studs along x and y, and layers.
        parts: name and number of each part that occurs, most frequent first.
    """

    mass_g: float
    studs: tuple[int, int, int]
    parts: tuple[tuple[str, int], ...]


class Tally:
    """The bricks of a model as columns of numbers, so that a step through 2,000 of them takes no time.

    Args:
        bricks: in build order.
    """

    def __init__(self, bricks: Sequence[Brick]) -> None:
        self.bricks = bricks
        places = np.array([(b.x, b.y, b.z, b.x + b.h, b.y + b.w) for b in bricks], dtype=np.intp)
        self._places = places.reshape(-1, 5)
        self._parts = np.array([_NUMBERS[min(b.h, b.w), max(b.h, b.w)] for b in bricks], dtype=np.intp)

    def of(self, count: int) -> Count:
        """The numbers of the first ``count`` bricks, at least one."""
        places, parts = self._places[:count], self._parts[:count]
        low, high = places.min(axis=0), places.max(axis=0)
        studs = int(high[3] - low[0]), int(high[4] - low[1]), int(high[2] - low[2]) + 1
        counts = np.bincount(parts, minlength=len(LIBRARY))
        names = [(LIBRARY[number].name, int(counts[number])) for number in np.argsort(-counts, kind="stable")]
        return Count(float(counts @ _MASSES), studs, tuple(entry for entry in names if entry[1]))


_kept: list[Tally] = []


def tally_of(bricks: Sequence[Brick]) -> Tally:
    """The tally of these bricks, from memory where they were asked for last. Main thread only."""
    if not _kept or _kept[0].bricks is not bricks:
        _kept[:] = [Tally(bricks)]
    return _kept[0]
