"""Lorries: a cab, a gap, and a load behind it on the same low frame. The front is at low x."""

from __future__ import annotations

from brickgpt_engine.statements.spans import Value, Voxels
from training.data.shapes.base import Dice, box
from training.data.shapes.wheels import FLOOR

LOADS = {"box": 0.4, "tank": 0.2, "tipper": 0.25, "flat": 0.15}
"""How often each kind of load comes."""
FRAME = FLOOR + 1
"""Layer on which cab and load stand."""


def lorry(voxels: Voxels, dice: Dice, length: int, width: int) -> dict[str, Value]:
    """A frame over wheels that are there already, a cab with windows, and one of ``LOADS``."""
    box(voxels, 0, length, 1, width - 1, FLOOR, FRAME + 1)
    cab = dice.integer("cab", 3, 4)
    roof = FRAME + dice.integer("cab_height", 3, 4)
    box(voxels, 0, cab, 1, width - 1, FRAME, roof)
    for y in (1, width - 2):
        box(voxels, 0, cab - 1, y, y + 1, roof - 2, roof - 1, value=False)
    facts: dict[str, Value] = {"roof": True, "bonnet": False, "boot": False, "cab": True, "windows": True}
    kind = dice.choice("load", LOADS)
    return facts | {"cargo": kind} | _load(voxels, dice, kind, cab + 1, length, width, roof)


def _load(voxels: Voxels, dice: Dice, kind: str, x0: int, x1: int, width: int, roof: int) -> dict[str, Value]:
    """What the lorry carries: a closed box, a tank, an open tipper body, or nothing on a flat bed."""
    z = FRAME + 1
    if kind == "box":
        box(voxels, x0, x1, 1, width - 1, z, roof + dice.integer("box_height", 0, 1))
    elif kind == "tank":
        box(voxels, x0, x1, 1, width - 1, z, z + 2)
        box(voxels, x0, x1, 2, width - 2, z + 2, z + 3)
    elif kind == "tipper":
        box(voxels, x0, x1, 1, width - 1, z, z + 2)
        box(voxels, x0 + 1, x1 - 1, 2, width - 2, z, z + 2, value=False)
        return {"cargo_bed": True}
    return {}
