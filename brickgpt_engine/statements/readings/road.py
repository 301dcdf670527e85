"""Readings of cars and buses, whose wheels stand out beyond the sides of a body."""

from __future__ import annotations

import numpy as np

from brickgpt_engine.statements.readings.base import Plane, Reading, holes, islands, width
from brickgpt_engine.statements.readings.ware import is_open
from brickgpt_engine.statements.spans import Value, Voxels

GLAZED = 0.62
"""A side that fills at most this share of its layer has a band of windows there."""
DROP = 2
"""Layers by which a bonnet is lower than what is behind it."""


def _top(column: Plane) -> int:
    """Layers from the ground to the top of the highest cell; 0 for none."""
    filled = np.nonzero(column)[-1]
    return int(filled.max()) + 1 if len(filled) else 0


def car(solid: Voxels) -> dict[str, Value]:
    """Wheels stand apart on the ground; bumpers fill both ends right across; windows are recesses."""
    ends = [bool(solid[x, :, 1].all()) for x in (0, -1)]
    side = solid[:, 1]
    covered = ~side[:, 2:-1] & side[:, 3:] & solid[:, solid.shape[1] // 2, 2:-1]
    return {
        "wheels": len(islands(solid[:, :, 0])),
        "bumpers": all(ends),
        "windows": bool(covered.any()),
        "cargo_bed": is_open(solid),
        "spoiler": bool(solid[-1, :, -1].all() and not solid[-3, :, -1].any()),
    }


def bus(solid: Voxels) -> dict[str, Value]:
    """Wheels on the ground, one band of windows per deck, an open ring on top where the roof is missing."""
    side = solid[:, 1]
    shares = [side[:, z].sum() / max(width(side[:, z : z + 1]), 1) for z in range(2, side.shape[1])]
    glazed = [0 < share <= GLAZED for share in shares]
    bands = sum(now and not before for now, before in zip(glazed, [False, *glazed], strict=False))
    roof = holes(solid[:, :, -1]) == 0
    return {
        "wheels": len(islands(solid[:, :, 0])),
        "decks": bands + (not roof),
        "roof": roof,
        "bonnet": _top(solid[-6, 1]) - _top(solid[-1, 1]) >= DROP,
    }


_CAR = Reading(
    car,
    {
        "bumpers": r"\bbumpers?\b",
        "windows": r"\bwindows\b",
        "cargo_bed": r"\bopen (?:cargo |load )?(?:bed|box)\b|\btipper body\b",
        "spoiler": r"\bspoiler\b|\bwing\b",
    },
    {"wheels": r"wheels\b"},
)
_BUS = Reading(
    bus,
    {"bonnet": r"\bbonnet\b|\bhood\b"},
    {"wheels": r"wheels\b", "decks": r"(?:decks?|floors?|storeys)\b"},
)
ROAD = {"bus": _BUS, "car": _CAR}
"""Readings of cars and buses."""
