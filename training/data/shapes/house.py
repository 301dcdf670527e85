"""Houses: cottages, two-storey, flat-roofed and hip-roofed houses, barns. The front is at low y."""

from __future__ import annotations

import numpy as np

from brickgpt_engine.statements.spans import Value, Voxels
from training.data.shapes.base import SIDE, Dice, Shape, box, empty, finish
from training.data.shapes.masks import hollow

_STYLES = {
    "cottage": 0.36,
    "two-storey house": 0.15,
    "flat-roofed house": 0.14,
    "hip-roofed house": 0.14,
    "barn": 0.16,
}
_X0 = _Y0 = 3


def sample(rng: np.random.Generator) -> Shape:
    """Hollow walls with a door and windows, under a roof, perhaps with a chimney."""
    dice = Dice(rng)
    style = dice.choice("style", _STYLES)
    depth = dice.integer("depth", 5, 7)
    width = dice.integer("width", 7, 10)
    if style == "hip-roofed house":
        width = min(13, depth + dice.integer("longer", 4, 5))
    storeys = 2 if style == "two-storey house" else 1
    walls = dice.integer("storey", 4, 5) if storeys == 1 else 8
    plan = (_X0, _X0 + width, _Y0, _Y0 + depth)
    solid = empty()
    box(solid, *plan, 0, walls)
    facts: dict[str, Value] = {"style": style, "storeys": storeys}
    top, facts["roof"] = _roof(solid, dice, style, plan, walls)
    # The attic must not reach into the eaves: the gables stand on the walls.
    within = empty()
    box(within, plan[0] + 1, plan[1] - 1, plan[2] + 1, plan[3] - 1, 0, SIDE)
    voxels = solid & ~(hollow(solid, floor=0, lid=2) & within)
    facts["chimney"] = style != "barn" and top <= SIDE - 1 and dice.flag("chimney", 0.5)
    if facts["chimney"]:
        x = _X0 + dice.integer("chimney_x", 1, width - 3)
        y = _Y0 + depth - 3
        box(voxels, x, x + 2, y, y + 2, walls, min(SIDE, top + dice.integer("chimney_height", 1, 2)))
    facts |= _front(voxels, dice, style, plan, storeys, walls)
    return finish("house", style, voxels, dice, facts)


Plan = tuple[int, int, int, int]


def _roof(solid: Voxels, dice: Dice, style: str, plan: Plan, z: int) -> tuple[int, str]:
    """A roof on the walls; its top layer and its kind."""
    x0, x1, y0, y1 = plan
    out = dice.integer("eaves", 0, 1)
    if style == "flat-roofed house":
        box(solid, x0 - out, x1 + out, y0 - out, y1 + out, z, z + 2)
        return z + 2, "flat"
    kind = "hip" if style == "hip-roofed house" else "gable"
    front = kind == "gable" and (style == "barn" or dice.flag("gable_in_front", 0.4))
    a0, a1, b0, b1 = x0 - 1, x1 + 1, y0 - 1, y1 + 1
    while a1 > a0 and b1 > b0 and z < SIDE:
        if kind == "hip":
            box(solid, a0, a1, b0, b1, z, z + 1)
            a0, a1, b0, b1 = a0 + 1, a1 - 1, b0 + 1, b1 - 1
        elif front:
            box(solid, a0, a1, y0 - out, y1 + out, z, z + 1)
            a0, a1 = a0 + 1, a1 - 1
        else:
            box(solid, x0 - out, x1 + out, b0, b1, z, z + 1)
            b0, b1 = b0 + 1, b1 - 1
        z += 1
    return z, kind


def _front(voxels: Voxels, dice: Dice, style: str, plan: Plan, storeys: int, walls: int) -> dict[str, Value]:
    """The door and the windows: openings in the front wall, and windows in the side walls."""
    x0, x1, y0, y1 = plan
    width = x1 - x0
    wide = 2 - width % 2 + (2 if style == "barn" else 0)
    left = x0 + (width - wide) // 2
    door = 3 if style == "barn" else dice.integer("door_height", 2, 3)
    box(voxels, left, left + wide, y0, y0 + 1, 0, door, value=False)
    windows = 0
    if dice.flag("windows", 0.8):
        size = 1 if width < 10 else dice.integer("window", 1, 2)
        for storey in range(storeys):
            z = storey * 4 + 1
            for x in (x0 + 1, x1 - 1 - size):
                if x + size < left or x > left + wide or storey:
                    box(voxels, x, x + size, y0, y0 + 1, z, z + 2, value=False)
                    windows += 1
            middle = (y0 + y1) // 2
            for x in (x0, x1 - 1):
                box(voxels, x, x + 1, middle - 1, middle + 1, z, z + 2, value=False)
    return {"door": True, "windows": windows}
