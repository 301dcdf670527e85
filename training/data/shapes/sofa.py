"""Sofas: couches, loveseats, corner sofas and daybeds. The back is at high y, the front at low y."""

from __future__ import annotations

import numpy as np

from brickgpt_engine.statements.spans import Value, Voxels
from training.data.shapes.base import Dice, Shape, box, empty, finish

_STYLES = {"sofa": 0.5, "loveseat": 0.2, "corner sofa": 0.2, "daybed": 0.1}
_SEATS = {"sofa": {3: 0.5, 4: 0.25, 2: 0.1, 5: 0.15}, "loveseat": {2: 1.0}, "corner sofa": {3: 0.7, 4: 0.3}}
_CUSHION = {2: (3, 5), 3: (3, 4), 4: (2, 3), 5: (2, 2)}


def sample(rng: np.random.Generator) -> Shape:
    """A sofa: a low base, a seat that may be split into cushions, a back and armrests."""
    dice = Dice(rng)
    style = dice.choice("style", _STYLES)
    seats = dice.choice("seats", _SEATS.get(style, {3: 1.0}))
    cushion = dice.integer("cushion", *_CUSHION[seats])
    split = style != "daybed" and dice.flag("split", 0.75)
    arm = dice.integer("arm", 1, 2) if style != "daybed" and dice.flag("armrests", 0.85) else 0
    inner = seats * cushion + (seats - 1) * int(split)
    arm = min(arm, (19 - inner) // 2)
    width, depth = inner + 2 * arm, dice.integer("depth", 5, 7)
    back = dice.integer("back", 1, 2) if style != "daybed" or dice.flag("has_back", 1.0) else 0
    voxels = empty()
    front = 6
    facts: dict[str, Value] = {"style": style, "armrests": arm > 0, "back": back > 0}
    z = _base(voxels, dice, width, front, depth, facts)
    top = z + 1
    _cushions(voxels, arm, seats, cushion, split, front, front + depth - back, top)
    if split:
        facts["seats"] = seats
    facts |= _chaise(voxels, dice, style, width, front, z, arm)
    facts |= _back(voxels, dice, width, front + depth, back, top)
    _arms(voxels, dice, width, arm, front, depth - back, top)
    return finish("sofa", style, voxels, dice, facts)


def _base(voxels: Voxels, dice: Dice, width: int, front: int, depth: int, facts: dict[str, Value]) -> int:
    """Feet or a plinth, and the layer that carries the seat. Answers the layer of the seat's underside."""
    feet = dice.choice("feet", {"feet": 0.6, "plinth": 0.4})
    if feet == "feet":
        thick = dice.integer("foot", 1, 2)
        spots = [0, width - thick]
        if width >= 13:
            spots.insert(1, (width - thick) // 2)
        for x in spots:
            for y in (front, front + depth - thick):
                box(voxels, x, x + thick, y, y + thick, 0, 1)
        facts["feet"] = 2 * len(spots)
        facts["base"] = "feet"
        box(voxels, 0, width, front, front + depth, 1, 2)
        return 2
    facts["feet"] = 0
    facts["base"] = "plinth"
    box(voxels, 0, width, front, front + depth, 0, 1)
    return 1


def _cushions(
    voxels: Voxels, x: int, seats: int, cushion: int, split: bool, y0: int, y1: int, top: int
) -> None:
    """Seat cushions one layer thick, a one-cell groove between them when ``split``."""
    for _ in range(seats):
        box(voxels, x, x + cushion + int(split), y0, y1, top - 1, top)
        x += cushion + int(split)
    if split:
        for seat in range(seats):
            edge = x - 1 - seat * (cushion + 1)
            box(voxels, edge, edge + 1, y0, y1, top - 1, top, value=False)


def _chaise(
    voxels: Voxels, dice: Dice, style: str, width: int, front: int, z: int, arm: int
) -> dict[str, Value]:
    """The part of a corner sofa that reaches forward."""
    if style != "corner sofa":
        return {}
    side = dice.choice("chaise_side", {"left": 0.5, "right": 0.5})
    reach = dice.integer("chaise_reach", 3, 5)
    wide = dice.integer("chaise_width", 4, 5)
    x0 = 0 if side == "left" else width - wide
    box(voxels, x0, x0 + wide, front - reach, front + 2, z - 1, z + 1)
    if z == 2:
        box(voxels, x0, x0 + wide, front - reach, front - reach + 1, 0, 1)
        return {"chaise": True, "feet": 0}
    return {"chaise": True}


def _back(voxels: Voxels, dice: Dice, width: int, rear: int, thick: int, top: int) -> dict[str, Value]:
    if not thick:
        return {}
    height = dice.integer("back_height", 3, 6)
    box(voxels, 0, width, rear - thick, rear, top - 1, top + height)
    facts: dict[str, Value] = {}
    if height >= 5:
        facts["back_height"] = "high"
    elif height == 3:
        facts["back_height"] = "low"
    if thick == 2:
        facts["back_kind"] = "thick"
    return facts


def _arms(voxels: Voxels, dice: Dice, width: int, arm: int, front: int, depth: int, top: int) -> None:
    if not arm:
        return
    height = dice.integer("arm_height", 2, 3)
    for x in (0, width - arm):
        box(voxels, x, x + arm, front, front + depth, top - 1, top + height)
