"""Benches: plain, park, stone and storage benches, church pews. The back is at high y."""

from __future__ import annotations

import numpy as np

from brickgpt_engine.statements.spans import Value, Voxels
from training.data.shapes.base import Dice, Shape, box, corners, empty, finish, ring

_STYLES = {"bench": 0.4, "park bench": 0.3, "stone bench": 0.1, "storage bench": 0.1, "pew": 0.1}


def sample(rng: np.random.Generator) -> Shape:
    """A bench: a long seat two layers thick on legs, panels or a box."""
    dice = Dice(rng)
    style = dice.choice("style", _STYLES)
    width = dice.integer("width", 7, 18)
    depth = dice.integer("depth", 3, 5)
    height = dice.integer("leg_height", 1 if style == "stone bench" else 2, 4)
    voxels = empty()
    facts: dict[str, Value] = {"style": style}
    facts |= _base(voxels, dice, style, width, depth, height)
    over = 0 if facts["base"] != "panels" else dice.integer("overhang", 0, 1)
    wide = width + 2 * over
    if wide > 20:
        over, wide = 0, width
    shifted = empty()
    shifted[over : over + width] = voxels[:width]
    top = height + 2
    box(shifted, 0, wide, 0, depth, height, top)
    facts |= _back(shifted, dice, style, wide, depth, top)
    facts |= _arms(shifted, dice, style, wide, depth, top, bool(facts["back"]))
    return finish("bench", style, shifted, dice, facts)


def _base(voxels: Voxels, dice: Dice, style: str, width: int, depth: int, height: int) -> dict[str, Value]:
    if style == "storage bench":
        ring(voxels, 0, width, 0, depth, 0, height)
        return {"legs": 0, "base": "box"}
    if style in ("stone bench", "pew") or dice.flag("panels", 0.3):
        thick = dice.integer("panel", 1, 2)
        starts = [0, width - thick]
        if width >= 13 and dice.flag("middle_panel", 0.5):
            starts.insert(1, (width - thick) // 2)
        for x in starts:
            box(voxels, x, x + thick, 0, depth, 0, height)
        return {"legs": 0, "base": "panels", "panels": len(starts)}
    thick = dice.integer("leg", 1, 2)
    corners(voxels, width, depth, thick, 1, 0, height)
    if width >= 11 and dice.flag("middle_legs", 0.6):
        middle = (width - thick) // 2
        for y in (0, depth - 1):
            box(voxels, middle, middle + thick, y, y + 1, 0, height)
        return {"legs": 6, "base": "legs"}
    return {"legs": 4, "base": "legs"}


def _back(voxels: Voxels, dice: Dice, style: str, width: int, depth: int, z: int) -> dict[str, Value]:
    chance = {"park bench": 1.0, "pew": 1.0, "stone bench": 0.0, "storage bench": 0.3}
    if not dice.flag("has_back", chance.get(style, 0.25)):
        return {"back": False}
    height = dice.integer("back_height", 3, 5)
    kind = dice.choice(
        "back", {"solid": 1.0} if style == "pew" else {"solid": 0.4, "slatted": 0.35, "open": 0.25}
    )
    y, top = depth - 1, z + height
    box(voxels, 0, width, y, y + 1, z, top)
    if kind == "slatted":
        step = dice.integer("slat_step", 2, 4)
        for x in range(1, width - 1):
            if min(x, width - 1 - x) % step:
                box(voxels, x, x + 1, y, y + 1, z, top - 1, value=False)
        if not voxels[1 : width - 1, y, z].any():
            kind = "open"
    elif kind == "open":
        _open_back(voxels, width, y, z, top)
    facts: dict[str, Value] = {"back": True, "back_kind": kind}
    if height >= 5:
        facts["back_height"] = "high"
    elif height == 3:
        facts["back_height"] = "low"
    return facts


def _open_back(voxels: Voxels, width: int, y: int, z: int, top: int) -> None:
    """Keep only posts (at the ends, and in the middle of a long bench) and the top rail."""
    keep = {0, width - 1}
    if width > 8:
        keep |= {(width - 1) // 2, width // 2}
    for x in range(width):
        if x not in keep:
            box(voxels, x, x + 1, y, y + 1, z, top - 1, value=False)


def _arms(
    voxels: Voxels, dice: Dice, style: str, width: int, depth: int, z: int, back: bool
) -> dict[str, Value]:
    chance = {"park bench": 0.6, "pew": 0.6, "bench": 0.15, "storage bench": 0.2}
    if not dice.flag("armrests", chance.get(style, 0.0)):
        return {"armrests": False}
    height = dice.integer("arm_height", 2, 2)
    for x in (0, width - 1):
        box(voxels, x, x + 1, 0, depth - int(back), z, z + height)
    return {"armrests": True}
