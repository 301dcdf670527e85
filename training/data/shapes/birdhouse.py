"""Birdhouses: gabled, flat, lean-to, tall A-frames and two-storey ones, on the ground or on a pole.

The entrance hole is in the front wall, at low y.
"""

from __future__ import annotations

import numpy as np

from brickgpt_engine.statements.spans import Value, Voxels
from training.data.shapes.base import Dice, Shape, box, empty, finish, ring

_STYLES = {
    "gabled birdhouse": 0.4,
    "flat birdhouse": 0.18,
    "lean-to birdhouse": 0.17,
    "A-frame birdhouse": 0.13,
    "two-storey birdhouse": 0.12,
}


def sample(rng: np.random.Generator) -> Shape:
    """A hollow box with an entrance hole under a roof, perhaps with a perch and on a pole."""
    dice = Dice(rng)
    style = dice.choice("style", _STYLES)
    width = dice.integer("width", 5, 8)
    depth = dice.integer("depth", 5, 7)
    voxels = empty()
    floors = 2 if style == "two-storey birdhouse" else 1
    facts: dict[str, Value] = {"style": style, "floors": floors}
    facts["pole"] = dice.flag("pole", 0.45 if floors == 1 else 0.25)
    z = _pole(voxels, dice, width, depth, floors) if facts["pole"] else 0
    plan = (3, 3 + width, 3, 3 + depth)
    walls = dice.integer("walls", 4, 6) if floors == 1 else 8
    if style == "A-frame birdhouse":
        walls = dice.integer("walls_low", 3, 4)
    _house(voxels, plan, z, z + walls, floors)
    roof = dice.choice("roof", {"along": 0.6, "across": 0.4}) if style == "gabled birdhouse" else "along"
    _ROOFS.get(style, _gable)(voxels, dice, plan, z + walls, roof)
    size = _holes(voxels, dice, plan, z, walls, floors)
    facts["holes"] = floors
    facts["hole_size"] = "large" if size > 2 else "small" if size == 1 else "medium"
    facts["perch"] = _perch(voxels, dice, plan, z)
    return finish("birdhouse", style, voxels, dice, facts)


def _pole(voxels: Voxels, dice: Dice, width: int, depth: int, floors: int) -> int:
    """A square pole on a foot plate; answers the layer on which the house begins."""
    thick_x, thick_y = 2 + width % 2, 2 + depth % 2
    height = dice.integer("pole_height", 4, 7 if floors == 1 else 4)
    x, y = 3 + (width - thick_x) // 2, 3 + (depth - thick_y) // 2
    foot = dice.integer("foot_thickness", 0, 2)
    box(voxels, x - 1, x + thick_x + 1, y - 1, y + thick_y + 1, 0, foot)
    box(voxels, x, x + thick_x, y, y + thick_y, 0, height)
    return height


Plan = tuple[int, int, int, int]


def _house(voxels: Voxels, plan: Plan, z0: int, z1: int, floors: int) -> None:
    """Four walls on a floor two layers thick; an upper floor projects by one cell."""
    x0, x1, y0, y1 = plan
    ring(voxels, *plan, z0, z1)
    box(voxels, *plan, z0, z0 + 2)
    if floors == 2:
        middle = (z0 + z1) // 2
        box(voxels, x0 - 1, x1 + 1, y0 - 1, y1, middle, middle + 1)
        box(voxels, *plan, middle - 1, middle)


def _gable(voxels: Voxels, dice: Dice, plan: Plan, z: int, along: str) -> None:
    """Two slopes that meet in a ridge along y, or across it along x; closed at both ends."""
    eaves = dice.integer("eaves", 0, 1)
    x0, x1, y0, y1 = plan
    low, high = (x0 - 1, x1 + 1) if along == "along" else (y0 - 1, y1 + 1)
    steep = dice.integer("steepness", 1, 2)
    while high > low and z < 20:
        top = min(20, z + steep)
        if along == "along":
            box(voxels, low, high, y0 - eaves, y1 + eaves, z, top)
        else:
            box(voxels, x0 - eaves, x1 + eaves, low, high, z, top)
        low, high, z = low + 1, high - 1, top


def _flat(voxels: Voxels, dice: Dice, plan: Plan, z: int, along: str) -> None:
    """A slab two layers thick that stands out on all sides, perhaps with a smaller one on it."""
    x0, x1, y0, y1 = plan
    out = dice.integer("eaves", 0, 1)
    box(voxels, x0 - 1, x1 + 1, y0 - 1, y1 + out, z, z + 2)
    if dice.flag("second_slab", 0.4):
        box(voxels, x0 + 1, x1 - 1, y0 + 1, y1 - 1, z + 2, z + 3)


def _lean_to(voxels: Voxels, dice: Dice, plan: Plan, z: int, along: str) -> None:
    """One slope, high at the rear and low in front, or the other way along x."""
    x0, x1, y0, y1 = plan
    run = dice.integer("run", 1, 2)
    x = x0 - 1
    while x < x1 - 1 and z < 19:
        box(voxels, x, x1 + 1, y0 - 1, y1, z, z + 1)
        x, z = x + run, z + 1


def _a_frame(voxels: Voxels, dice: Dice, plan: Plan, z: int, along: str) -> None:
    """A steep gable whose eaves hang low over the side walls."""
    x0, x1, y0, y1 = plan
    drop = dice.integer("drop", 1, 2)
    for x in (x0 - 1, x1):
        box(voxels, x, x + 1, y0, y1, z - drop, z)
    _gable(voxels, dice, plan, z, "along")


_ROOFS = {
    "flat birdhouse": _flat,
    "lean-to birdhouse": _lean_to,
    "A-frame birdhouse": _a_frame,
}


def _holes(voxels: Voxels, dice: Dice, plan: Plan, z0: int, walls: int, floors: int) -> int:
    """One entrance per floor in the front wall; answers the width of the holes."""
    x0, x1, y0, _ = plan
    width = x1 - x0
    storey = walls // floors
    size = 2 - width % 2
    if storey >= 4 and width >= 7 and dice.flag("large_hole", 0.6):
        size += 2
    tall = min(max(2, size), storey - 2)
    left = x0 + (width - size) // 2
    for floor in range(floors):
        z = z0 + floor * storey + storey - 1 - tall
        box(voxels, left, left + size, y0, y0 + 1, z, z + tall, value=False)
        if size > 2 and tall > 2:
            for x in (left, left + size - 1):
                box(voxels, x, x + 1, y0, y0 + 1, z, z + 1)
                box(voxels, x, x + 1, y0, y0 + 1, z + tall - 1, z + tall)
    return size


def _perch(voxels: Voxels, dice: Dice, plan: Plan, z0: int) -> bool:
    """Perhaps a bar under the lowest hole, let into the floor."""
    if not dice.flag("perch", 0.6):
        return False
    x0, x1, y0, _ = plan
    wide = 2 - (x1 - x0) % 2
    left = x0 + (x1 - x0 - wide) // 2
    # Two layers thick where it meets the wall: one alone could be laid as a loose brick before it.
    box(voxels, left, left + wide, y0 - 2, y0, z0 + 1, z0 + 2)
    box(voxels, left, left + wide, y0 - 1, y0, z0, z0 + 1)
    return True
