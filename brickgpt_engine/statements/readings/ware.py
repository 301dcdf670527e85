"""Readings of vessels for food and drink: open tops and handles."""

from __future__ import annotations

import numpy as np

from brickgpt_engine.statements.readings.base import Plane, Reading, holes
from brickgpt_engine.statements.spans import Value, Voxels

HANDLE_CELLS = 2
"""A bar that sticks out of a round body is at most this many cells wide; the body's own sides are wider."""
OPEN_WORDS = r"\bopen (?:top|mouth)\b|\bopen at the top\b|\bhollow\b|\bempty inside\b"


def enclosed(plane: Plane) -> Plane:
    """The empty cells from which no walk over empty cells reaches the edge of the plane."""
    free = ~np.pad(plane, 1)
    outside = np.zeros_like(free)
    outside[0] = True
    while True:
        grown = outside.copy()
        for axis in (0, 1):
            grown |= np.roll(outside, 1, axis) | np.roll(outside, -1, axis)
        grown &= free
        if (grown == outside).all():
            inside: Plane = (free & ~outside)[1:-1, 1:-1]
            return inside
        outside = grown


def is_open(solid: Voxels) -> bool:
    """Whether one looks from above into a hollow with walls all around."""
    nothing_above = ~np.logical_or.accumulate(solid[:, :, ::-1], axis=2)[:, :, ::-1]
    return any(bool((enclosed(solid[:, :, z]) & nothing_above[:, :, z]).any()) for z in range(solid.shape[2]))


def handle_count(solid: Voxels) -> int:
    """Loops seen from the side, or bars that stand out at low and high x."""
    plan: Plane = np.any(solid, axis=2)
    bars = sum(int(plan[x].sum()) <= HANDLE_CELLS for x in (0, -1))
    return max(bars, holes(np.any(solid, axis=1)))


def ware(solid: Voxels) -> dict[str, Value]:
    """Whether the vessel is open, and how many handles it has."""
    return {"open": is_open(solid), "handles": handle_count(solid)}


_READING = Reading(
    ware, parts={"open": OPEN_WORDS}, counts={"handles": r"handles?\b", "legs": r"(?:feet|legs)\b"}
)
WARE = {"jar": _READING, "mug": _READING, "pot": _READING}
"""Readings of jars, mugs and pots; their feet are the legs that every category has measured."""
