"""Beds: single, double, four-poster and bunk beds. The head is at high y."""

from __future__ import annotations

import numpy as np

from brickgpt_engine.statements.spans import Value, Voxels
from training.data.shapes.base import Dice, Shape, box, corners, empty, finish, ring

_STYLES = {"single bed": 0.36, "double bed": 0.38, "four-poster bed": 0.12, "bunk bed": 0.14, "cot": 0.1}


def sample(rng: np.random.Generator) -> Shape:
    """A bed: legs or a plinth, a mattress, and what the style adds."""
    dice = Dice(rng)
    style = dice.choice("style", _STYLES)
    wide = style == "double bed" or (style == "four-poster bed" and dice.flag("wide", 0.6))
    width = dice.integer("width", 7, 10) if wide else dice.integer("width", 4, 6)
    length = dice.integer("length", 10, 13) if style != "bunk bed" else dice.integer("length", 9, 12)
    voxels = empty()
    facts: dict[str, Value] = {"style": style, "beds": 1, "sleeps": 2 if wide else 1}
    if style == "cot":
        facts |= _cot(voxels, dice)
    elif style == "bunk bed":
        facts |= _bunk(voxels, dice, width, length)
    else:
        z = _base(voxels, dice, width, length, facts)
        top = z + 2
        box(voxels, 0, width, 0, length, z, top)
        _bedding(voxels, dice, width, length, top, facts)
        facts |= _boards(voxels, dice, style, width, length, z, top)
        facts |= _canopy(voxels, dice, style, width, length, top)
    return finish("bed", style, voxels, dice, facts)


def _base(voxels: Voxels, dice: Dice, width: int, length: int, facts: dict[str, Value]) -> int:
    """Legs or a plinth; answers the layer on which the mattress begins."""
    kind = dice.choice("base", {"legs": 0.7, "plinth": 0.2, "floor": 0.1})
    facts["base"] = kind
    facts["legs"] = 0
    if kind == "floor":
        return 0
    if kind == "plinth":
        ring(voxels, 1, width - 1, 1, length - 1, 0, 1)
        return 1
    height = dice.integer("leg_height", 1, 3)
    thick = dice.integer("leg", 1, 2 if width > 4 else 1)
    corners(voxels, width, length, thick, thick, 0, height)
    facts["legs"] = 4
    return height


def _pillows(voxels: Voxels, dice: Dice, width: int, length: int, top: int, name: str) -> int:
    """One or two pillows at the head; how many."""
    options = {1: 0.25, 2: 0.75} if width >= 7 else {1: 1.0}
    count = dice.choice(name, {0: 0.35} | options)
    rear = length - 1
    if count == 1:
        box(voxels, 1, width - 1, rear - 2, rear, top, top + 1)
    elif count == 2:
        size = (width - 3 + 1) // 2
        box(voxels, 1, 1 + size - (width % 2 == 0), rear - 2, rear, top, top + 1)
        box(voxels, width - 1 - size + (width % 2 == 0), width - 1, rear - 2, rear, top, top + 1)
    return count


def _bedding(voxels: Voxels, dice: Dice, width: int, length: int, top: int, facts: dict[str, Value]) -> None:
    """Pillows, and a blanket one layer thick over the lower part."""
    facts["pillows"] = _pillows(voxels, dice, width, length, top, "pillows")
    if dice.flag("blanket", 0.25):
        cover = dice.integer("blanket_length", length // 3, length - 5)
        box(voxels, 0, width, 0, cover, top, top + 1)
        facts["blanket"] = True


def _boards(
    voxels: Voxels, dice: Dice, style: str, width: int, length: int, z: int, top: int
) -> dict[str, Value]:
    """Headboard and footboard, standing on the mattress frame."""
    facts: dict[str, Value] = {"headboard": False, "footboard": False}
    if dice.flag("headboard", 0.8 if style != "four-poster bed" else 0.5):
        height = dice.integer("headboard_height", 3, 6)
        kind = dice.choice(
            "headboard_kind", {"solid": 0.65, "slatted": 0.35} if width > 4 else {"solid": 1.0}
        )
        box(voxels, 0, width, length - 1, length, top, top + height)
        if kind == "slatted":
            for x in range(1, width - 1):
                if min(x, width - 1 - x) % 2:
                    box(voxels, x, x + 1, length - 1, length, top, top + height - 1, value=False)
        facts |= {"headboard": True, "headboard_kind": kind}
        if height >= 5:
            facts["headboard_height"] = "high"
        elif height == 3:
            facts["headboard_height"] = "low"
    if dice.flag("footboard", 0.4) and not facts.get("blanket"):
        height = dice.integer("footboard_height", 2, 3)
        box(voxels, 0, width, 0, 1, top, top + height)
        facts["footboard"] = True
    return facts


def _canopy(voxels: Voxels, dice: Dice, style: str, width: int, length: int, top: int) -> dict[str, Value]:
    """Four posts; a frame two layers thick joins them when there is a canopy."""
    if style != "four-poster bed":
        return {"posts": 0, "canopy": False}
    height = dice.integer("post_height", 5, 8)
    corners(voxels, width, length, 1, 1, top, top + height)
    canopy = dice.flag("canopy", 0.7)
    if canopy:
        ring(voxels, 0, width, 0, length, top + height, top + height + 2)
    return {"posts": 4, "canopy": canopy}


def _cot(voxels: Voxels, dice: Dice) -> dict[str, Value]:
    """A small bed between walls of bars under a rail all around."""
    width, length = dice.integer("cot_width", 5, 7), dice.integer("cot_length", 7, 10)
    legs, bars = dice.integer("leg_height", 1, 3), dice.integer("bars", 3, 5)
    corners(voxels, width, length, 1, 1, 0, legs)
    box(voxels, 0, width, 0, length, legs, legs + 2)
    top = legs + 2
    ring(voxels, 0, width, 0, length, top, top + bars)
    for x in range(width):
        for y in range(length):
            if min(x, width - 1 - x) % 2 or min(y, length - 1 - y) % 2:
                box(voxels, x, x + 1, y, y + 1, top, top + bars - 1, value=False)
    return {"legs": 4, "base": "legs", "bars": True}


def _bunk(voxels: Voxels, dice: Dice, width: int, length: int) -> dict[str, Value]:
    """Two beds on top of each other between four posts, perhaps with a ladder at the front."""
    legs = dice.integer("leg_height", 1, 2)
    gap = dice.integer("gap", 4, 6)
    upper = legs + 2 + gap
    corners(voxels, width, length, 1, 1, 0, upper)
    box(voxels, 0, width, 0, length, legs, legs + 2)
    box(voxels, 0, width, 0, length, upper, upper + 2)
    facts: dict[str, Value] = {"beds": 2, "legs": 4, "base": "legs"}
    if dice.flag("rails", 0.5):
        ring(voxels, 0, width, 0, length, upper + 2, upper + 3)
        facts["rails"] = True
    else:
        _pillows(voxels, dice, width, length, upper + 2, "upper_pillows")
    return facts
