"""Readings of trains, ships and pianos: wheels and cars, masts and funnels, legs and a stool."""

from __future__ import annotations

import numpy as np

from brickgpt_engine.statements.readings.base import Reading, islands
from brickgpt_engine.statements.readings.ware import is_open
from brickgpt_engine.statements.spans import Value, Voxels

FLOOR = 3
"""Layers of a railway car up to and with its floor; couplings reach no higher."""
LEG_CELLS = 4
"""A leg has at most this many cells on the ground."""


def train(solid: Voxels) -> dict[str, Value]:
    """Wheels stand apart on the ground; between cars one sees through above the floor."""
    body = np.pad(solid[:, :, FLOOR:].any(axis=(1, 2)), 1)
    return {
        "wheels": len(islands(solid[:, :, 0])),
        "cars": int(np.count_nonzero(body[1:] & ~body[:-1])),
    }


def vessel(solid: Voxels) -> dict[str, Value]:
    """Masts or funnels, whichever the ship has, end in the highest layer."""
    tops = len(islands(solid[:, :, -1]))
    return {"masts": tops, "funnels": tops, "open": is_open(solid)}


def piano(solid: Voxels) -> dict[str, Value]:
    """A stool is what stands in front of a gap that goes right through; legs are counted behind it."""
    gaps = np.nonzero(~solid.any(axis=(0, 2)))[0]
    instrument = solid[:, int(gaps[-1]) + 1 if len(gaps) else 0 :]
    legs = sum(size <= LEG_CELLS for size in islands(instrument[:, :, 0]))
    return {"stool": bool(len(gaps)), "legs": legs}


_TRAIN = Reading(train, counts={"wheels": r"wheels\b", "cars": r"(?:cars|carriages|vehicles)\b"})
_VESSEL = Reading(
    vessel,
    parts={"open": r"\bopen (?:hull|top)\b|\bhollow hull\b"},
    counts={"masts": r"masts?\b", "funnels": r"(?:funnels?|smokestacks?|chimneys?)\b"},
)
_PIANO = Reading(piano, parts={"stool": r"\b(?:stool|piano bench|seat)\b"}, counts={"legs": r"legs\b"})
TRAVEL = {"piano": _PIANO, "train": _TRAIN, "vessel": _VESSEL}
"""Readings of trains, vessels and pianos."""
