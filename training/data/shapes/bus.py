"""Buses: city, school, double-decker, open-top, coach, minibus. The front is at high x, the door at low y."""

from __future__ import annotations

import numpy as np

from training.data.shapes.base import Dice, Shape, Span, Value, Voxels, box, empty, finish, ring

PROPORTIONS = {
    "length": Span(0, "short", 10, "long", 16),
    "height": Span(2, "low", 7, "tall", 10),
    "size": Span(3, "small", 22, "large", 31),
}

_STYLES = {
    "city bus": 0.24,
    "school bus": 0.2,
    "double-decker bus": 0.22,
    "open-top bus": 0.1,
    "coach": 0.12,
    "minibus": 0.12,
}
_LENGTH = {"minibus": (7, 10), "coach": (13, 20), "double-decker bus": (8, 14), "open-top bus": (9, 14)}
_DECK = 2
"""The layer on which the body begins, above the wheels."""


def sample(rng: np.random.Generator) -> Shape:
    """A bus: wheels, a body with a band of windows, a door, a roof or none."""
    dice = Dice(rng)
    style = dice.choice("style", _STYLES)
    length = dice.integer("length", *_LENGTH.get(style, (10, 16)))
    width = 4 if style == "minibus" else dice.choice("width", {4: 0.45, 5: 0.35, 6: 0.2})
    voxels = empty()
    nose = dice.integer("bonnet", 2, 3) if style == "school bus" else 0
    facts: dict[str, Value] = {"style": style, "bonnet": nose > 0}
    facts["wheels"] = _wheels(voxels, dice, length, width, style)
    body = length - nose
    panel = dice.integer("panel", 1, 2)
    sill = _DECK + panel
    if nose:
        box(voxels, body, length, 0, width, _DECK, sill)
    pane = dice.integer("pane", 1, 2)
    spacing = dice.integer("pillars", 3, 4)
    top = _storey(voxels, body, width, _DECK, sill, pane, spacing)
    facts["decks"] = 2 if style in ("double-decker bus", "open-top bus") else 1
    if style == "double-decker bus":
        top = _storey(voxels, body, width, top, top + dice.integer("upper_panel", 0, 1), pane, spacing)
    facts["door"] = dice.flag("door", 0.75)
    if facts["door"]:
        _door(voxels, body, sill + pane, width, dice.flag("rear_door", 0.3) and length > 12)
    facts["roof"] = style != "open-top bus"
    if style == "open-top bus":
        _open_deck(voxels, dice, body, width, top)
    else:
        facts |= _roof(voxels, dice, body, width, top)
    return finish("bus", style, voxels, dice, facts, PROPORTIONS)


def _wheels(voxels: Voxels, dice: Dice, length: int, width: int, style: str) -> int:
    """Wheels in arches under the body; how many."""
    wheel = 3 if length >= 13 and dice.flag("big_wheels", 0.5) else 2
    rear, front = dice.integer("rear_overhang", 1, 2), dice.integer("front_overhang", 1, 2)
    spots = [rear, length - front - wheel]
    if length >= 15 and style in ("coach", "double-decker bus", "city bus") and dice.flag("six", 0.5):
        spots.append(rear + wheel + 1)
    box(voxels, 0, length, 0, width, 1, _DECK)
    for y in (0, width - 1):
        for x in spots:
            box(voxels, max(0, x - 1), min(length, x + wheel + 1), y, y + 1, 1, _DECK, value=False)
        for x in spots:
            box(voxels, x, x + wheel, y, y + 1, 0, _DECK)
    return 2 * len(spots)


def _storey(voxels: Voxels, length: int, width: int, z: int, sill: int, pane: int, spacing: int) -> int:
    """Side panels, a band of recessed windows between pillars, a beam; answers the layer above."""
    top = sill + pane
    box(voxels, 0, length, 0, width, z, top + 1)
    for x in range(1, length - 1):
        if (length - 1 - x) % spacing:
            for y in (0, width - 1):
                box(voxels, x, x + 1, y, y + 1, sill, top, value=False)
    for x in (0, length - 1):
        box(voxels, x, x + 1, 1, width - 1, sill, top, value=False)
    return top + 1


def _door(voxels: Voxels, length: int, top: int, width: int, second: bool) -> None:
    """A recess from the floor to the top of the windows, behind the front corner; perhaps one at the rear."""
    for x in (length - 3, 3) if second else (length - 3,):
        box(voxels, x, x + 2, 0, 1, _DECK, top, value=False)


def _roof(voxels: Voxels, dice: Dice, length: int, width: int, top: int) -> dict[str, Value]:
    """The roof: flat, or with a narrower layer on it, and perhaps a box or rails."""
    kind = dice.choice("roof", {"flat": 0.35, "rounded": 0.35, "box": 0.15, "rack": 0.15})
    if kind == "rounded":
        box(voxels, 0, length, 1, width - 1, top, top + 1)
    elif kind == "box":
        size = dice.integer("box", 3, max(3, length // 3))
        start = dice.integer("box_start", 1, max(1, length - size - 1))
        box(voxels, start, start + size, 1, width - 1, top, top + 1)
        return {"roof_box": True}
    elif kind == "rack":
        for y in (0, width - 1):
            box(voxels, 1, length - 1, y, y + 1, top, top + 1)
        return {"roof_rack": True}
    return {}


def _open_deck(voxels: Voxels, dice: Dice, length: int, width: int, top: int) -> None:
    """A parapet around the upper deck, and rows of seats on it."""
    height = dice.integer("parapet", 2, 3)
    ring(voxels, 0, length, 0, width, top, top + height)
    for x in range(2, length - 2, dice.integer("seat_spacing", 3, 4)):
        box(voxels, x, x + 1, 1, width - 1, top, top + height - 1)
