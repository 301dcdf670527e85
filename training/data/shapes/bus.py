"""Buses: city, school, double-decker, open-top, coach, minibus. The front is at high x, the door at low y."""

from __future__ import annotations

import numpy as np

from brickgpt_engine.statements.spans import Value, Voxels
from training.data.shapes.base import Dice, Shape, box, empty, finish, ring
from training.data.shapes.wheels import FLOOR, wheel_length, wheel_pair

_STYLES = {
    "city bus": 0.24,
    "school bus": 0.2,
    "double-decker bus": 0.22,
    "open-top bus": 0.1,
    "coach": 0.12,
    "minibus": 0.12,
}
_LENGTH = {"minibus": (10, 12), "coach": (16, 20), "double-decker bus": (12, 17), "open-top bus": (12, 17)}
_PANEL = {"coach": (3, 3), "double-decker bus": (1, 2), "open-top bus": (1, 2)}
_LOW_PANES = ("double-decker bus", "minibus", "open-top bus")


def sample(rng: np.random.Generator) -> Shape:
    """A bus: wheels that stand out, a low body with bands of windows, a door, a roof or none."""
    dice = Dice(rng)
    style = dice.choice("style", _STYLES)
    length = dice.integer("length", *_LENGTH.get(style, (13, 19)))
    width = dice.choice("width", {6: 0.92, 7: 0.08})
    voxels = empty()
    nose = dice.integer("bonnet", 3, 4) if style == "school bus" else 0
    facts: dict[str, Value] = {"style": style, "bonnet": nose > 0, "door": dice.flag("door", 0.75)}
    facts["wheels"] = _wheels(voxels, dice, length, width, nose, bool(facts["door"]))
    body = length - nose
    sill = FLOOR + dice.integer("panel", *_PANEL.get(style, (2, 2)))
    if nose:
        box(voxels, body, length, 1, width - 1, FLOOR, sill)
    pane = dice.integer("pane", 1 if style in _LOW_PANES else 2, 2)
    spacing = dice.integer("pillars", 3, 4)
    top = _storey(voxels, body, width, FLOOR, sill, pane, spacing)
    facts["decks"] = 2 if style in ("double-decker bus", "open-top bus") else 1
    if style == "double-decker bus":
        top = _storey(voxels, body, width, top, top + 1, pane, spacing)
    if facts["door"]:
        box(voxels, body - 3, body - 1, 1, 2, FLOOR, sill + pane, value=False)
    facts["roof"] = style != "open-top bus"
    if style == "open-top bus":
        _open_deck(voxels, dice, body, width, top)
    else:
        facts |= _roof(voxels, dice, body, width, top)
    return finish("bus", style, voxels, dice, facts)


def _wheels(voxels: Voxels, dice: Dice, length: int, width: int, nose: int, door: bool) -> int:
    """Wheels beside the body, none of them before the door or under the end of it; how many."""
    kind = dice.choice("wheel", {"wide": 0.65, "round": 0.35})
    if length < 14:
        kind = "wide" if length == 13 else "block"
    size = wheel_length(kind)
    ahead = max(0, nose - size) if nose else 3 if door else dice.integer("front_overhang", 1, 3)
    rear = dice.integer("rear_overhang", 1, 2)
    spots = [rear, length - ahead - size]
    third = rear + size + 1
    if third + size + 2 < spots[1] and dice.flag("six", 0.35):
        spots.append(third)
    for x in spots:
        wheel_pair(voxels, x, width, kind)
    return 2 * len(spots)


def _storey(voxels: Voxels, length: int, width: int, z: int, sill: int, pane: int, spacing: int) -> int:
    """Side panels, a band of recessed windows between pillars, a beam; answers the layer above."""
    top = sill + pane
    box(voxels, 0, length, 1, width - 1, z, top + 1)
    for x in range(1, length - 1):
        if (length - 1 - x) % spacing:
            for y in (1, width - 2):
                box(voxels, x, x + 1, y, y + 1, sill, top, value=False)
    for x in (0, length - 1):
        box(voxels, x, x + 1, 2, width - 2, sill, top, value=False)
    return top + 1


def _roof(voxels: Voxels, dice: Dice, length: int, width: int, top: int) -> dict[str, Value]:
    """The roof: flat, or with a narrower layer on it, and perhaps a box or rails."""
    kind = dice.choice("roof", {"flat": 0.65, "rounded": 0.1, "box": 0.15, "rack": 0.1})
    if kind == "rounded":
        box(voxels, 0, length, 2, width - 2, top, top + 1)
    elif kind == "box":
        size = dice.integer("box", 3, max(3, length // 3))
        start = dice.integer("box_start", 1, max(1, length - size - 1))
        box(voxels, start, start + size, 2, width - 2, top, top + 1)
        return {"roof_box": True}
    elif kind == "rack":
        for y in (1, width - 2):
            box(voxels, 1, length - 1, y, y + 1, top, top + 1)
        return {"roof_rack": True}
    return {}


def _open_deck(voxels: Voxels, dice: Dice, length: int, width: int, top: int) -> None:
    """A parapet around the upper deck, and rows of seats on it."""
    height = dice.integer("parapet", 1, 2)
    ring(voxels, 0, length, 1, width - 1, top, top + height)
    for x in range(2, length - 2, dice.integer("seat_spacing", 3, 4)):
        box(voxels, x, x + 1, 2, width - 2, top, top + height)
