"""Tie in rim cells: bricks that hold a cell which has nothing below or above by reaching one that has.

This is the first priority of the published greedy layout ("dangling" bricks first), used only where
courses would leave a brick that nothing can hold.
"""

from __future__ import annotations

from collections.abc import Iterator

from brickgpt_engine.bricks import FOOTPRINTS
from brickgpt_engine.layout.courses import Placement
from brickgpt_engine.layout.regions import Rows


def toggled(rows: Rows, bricks: list[Placement]) -> Rows:
    """The rows with the cells of some bricks flipped: filled cells emptied, empty ones filled."""
    flipped = list(rows)
    for h, w, x, y in bricks:
        for i in range(x, x + h):
            flipped[i] ^= ((1 << w) - 1) << y
    return tuple(flipped)


def tying_bricks(patch: Rows, lost: Rows) -> list[Placement]:
    """Bricks for the lost cells of a patch, each reaching a cell that is not lost; most lost cells first.

    Args:
        patch: cells of the patch, as bit rows.
        lost: cells of bricks that nothing holds.
    """
    left, wanted = list(patch), list(lost)
    bricks: list[Placement] = []
    while True:
        found = max(_candidates(left, wanted), default=None)
        if found is None:
            return bricks
        h, w, x, y = brick = (found[2], found[3], -found[4], -found[5])
        bricks.append(brick)
        for i in range(x, x + h):
            left[i] &= ~(((1 << w) - 1) << y)
            wanted[i] &= left[i]


def _candidates(left: list[int], wanted: list[int]) -> Iterator[tuple[int, int, int, int, int, int]]:
    """Ranked placements that hold lost cells: (lost cells, -area, h, w, -x, -y)."""
    for h, w in FOOTPRINTS:
        for x in range(len(left) - h + 1):
            common = -1
            for i in range(x, x + h):
                common &= left[i]
            for y in _starts(common, w):
                bits = ((1 << w) - 1) << y
                loose = sum((wanted[i] & bits).bit_count() for i in range(x, x + h))
                if 0 < loose < h * w:
                    yield loose, -h * w, h, w, -x, -y


def _starts(row: int, width: int) -> Iterator[int]:
    for _ in range(width - 1):
        row &= row >> 1
    while row:
        yield (row & -row).bit_length() - 1
        row &= row - 1
