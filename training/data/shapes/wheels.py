"""Wheels for cars, buses and trains: pairs that stand out one cell beyond the sides of a body.

A body of ``width - 2`` cells lies between ``y = 1`` and ``y = width - 1`` and begins on layer
``FLOOR``, so that it hangs low between its wheels. On the ground a wheel is two cells thick:
the inner one carries the body.
"""

from __future__ import annotations

from brickgpt_engine.statements.spans import Voxels
from training.data.shapes.base import box

FLOOR = 1
"""Layer on which a body begins; only wheels touch the ground."""

WHEELS: dict[str, tuple[tuple[int, int], ...]] = {
    "block": ((0, 2), (0, 2)),
    "wide": ((0, 3), (0, 3)),
    "round": ((1, 3), (0, 4)),
    "big": ((0, 3), (0, 3), (0, 3)),
}
"""Side views by kind: first and last cell (half open) of every layer from the ground up."""


def wheel_length(kind: str) -> int:
    """Cells from the first to the last of a wheel of this kind."""
    return max(end for _, end in WHEELS[kind])


def wheel_pair(voxels: Voxels, x: int, width: int, kind: str) -> None:
    """Two wheels whose foremost cell is at ``x``, at both sides of ``width`` cells.

    Raises:
        ValueError: a wheel reaches outside the grid.
    """
    for z, (start, end) in enumerate(WHEELS[kind]):
        thick = 2 if z < FLOOR else 1
        for y in (0, width - thick):
            box(voxels, x + start, x + end, y, y + thick, z, z + 1)
