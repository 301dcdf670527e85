"""Pianos: uprights, grand and baby grand pianos, spinets, keyboards on stands. The keys are at low y."""

from __future__ import annotations

import numpy as np

from brickgpt_engine.statements.spans import Value, Voxels
from training.data.shapes.base import Dice, Shape, box, empty, finish

_STYLES = {"upright piano": 0.38, "grand piano": 0.34, "spinet": 0.14, "keyboard": 0.14}
STOOL = 3
"""Cells in front of the keys that a stool takes with its gap."""


def sample(rng: np.random.Generator) -> Shape:
    """A piano with black keys that stand up from the white ones, with or without a stool."""
    dice = Dice(rng)
    style = dice.choice("style", _STYLES)
    voxels = empty()
    facts: dict[str, Value] = {"style": style}
    facts |= _BUILDERS[style](voxels, dice)
    return finish("piano", style, voxels, dice, facts)


def _black_keys(voxels: Voxels, x0: int, x1: int, y: int, z: int) -> None:
    """Single cells in groups of two and three, as on a real keyboard."""
    group = (True, True, False, True, True, True, False)
    for i, x in enumerate(range(x0, x1, 2)):
        if group[i % 7]:
            box(voxels, x, x + 1, y, y + 1, z, z + 1)


def _stool(voxels: Voxels, dice: Dice, width: int, height: int) -> bool:
    """A stool or bench in front of the keys, on two slabs."""
    if not dice.flag("stool", 0.22):
        return False
    wide = dice.integer("stool_width", 4, 6)
    x0 = (width - wide) // 2
    top = max(3, height)
    box(voxels, x0, x0 + wide, 0, STOOL, top - 1, top)
    for x in (x0, x0 + wide - 1):
        box(voxels, x, x + 1, 0, STOOL, 0, top - 1)
    return True


def _upright(voxels: Voxels, dice: Dice) -> dict[str, Value]:
    """A tall case with a key bed on two legs in front, a lid and a music stand."""
    width = dice.integer("width", 8, 13)
    height = dice.integer("height", 8, 12)
    return _case(voxels, dice, width, height, dice.integer("keys_height", 4, 5))


def _spinet(voxels: Voxels, dice: Dice) -> dict[str, Value]:
    """The low kind of upright."""
    width = dice.integer("width", 8, 14)
    return _case(voxels, dice, width, dice.integer("height", 6, 8), dice.integer("keys_height", 3, 4))


def _case(voxels: Voxels, dice: Dice, width: int, height: int, keys: int) -> dict[str, Value]:
    stool = _stool(voxels, dice, width, keys - 1)
    depth = dice.integer("depth", 2, 3)
    reach = dice.integer("key_depth", 2, 3)
    y0 = STOOL + 2
    back = y0 + reach
    box(voxels, 0, width, back, back + depth, 0, height)
    box(voxels, 0, width, y0, back + 1, keys - 1, keys + 1)
    facts: dict[str, Value] = {"keys": True, "stool": stool, "lid": "closed"}
    facts["legs"] = 2 if dice.flag("legs", 0.75) else 0
    for x in (0, width - 1):
        if facts["legs"]:
            box(voxels, x, x + 1, y0, y0 + 1, 0, keys - 1)
        else:
            box(voxels, x, x + 1, y0, back, 0, keys - 1)
        box(voxels, x, x + 1, y0, back, keys + 1, keys + 2)
    _black_keys(voxels, 2, width - 2, back - 1, keys + 1)
    if height >= keys + 5 and dice.flag("music", 0.6):
        wide = dice.even("music_width", 4, width - 4)
        middle = (width - wide) // 2
        box(voxels, middle, middle + wide, back - 1, back, keys + 2, keys + 3)
        box(voxels, middle, middle + wide, back, back + 1, keys + 2, keys + 3)
        facts["music_stand"] = True
    if dice.flag("top", 0.5):
        box(voxels, 0, width, back, back + depth, height, height + 1)
        if dice.flag("overhang", 0.5):
            box(voxels, 0, width, back - 1, back, height, height + 1)
    return facts


def _grand(voxels: Voxels, dice: Dice) -> dict[str, Value]:
    """A case that narrows in steps to the tail, on three legs, with the lid up or down."""
    width = dice.integer("width", 7, 10)
    length = dice.integer("length", 8, 11)
    legs = dice.integer("leg_height", 3, 5)
    stool = _stool(voxels, dice, width, legs - 1)
    y0 = STOOL + 2
    y1 = y0 + length
    thick = dice.integer("leg", 1, 2)
    tail = dice.integer("tail", 3, max(3, width // 2))
    rim = legs + 2
    curve = dice.integer("curve_start", 4, 5)
    for y in range(y0, y1):
        box(voxels, 0, _edge(width, tail, y - y0 - curve, length - curve), y, y + 1, legs, rim + 1)
    keys = dice.integer("key_depth", 2, 2)
    box(voxels, 1, width - 1, y0, y0 + keys, rim, rim + 1, value=False)
    _black_keys(voxels, 2, width - 2, y0 + keys - 1, rim)
    back = tail // 2 - thick // 2
    for x, y in ((0, y0), (width - thick, y0), (back, y1 - thick)):
        box(voxels, x, x + thick, y, y + thick, 0, legs)
    facts: dict[str, Value] = {"keys": True, "stool": stool, "legs": 3, "curved": True, "lid": "closed"}
    if dice.flag("lid_open", 0.5):
        _open_lid(voxels, dice, width, tail, length, (y0, curve), rim + 1)
        facts["lid"] = "open"
    elif dice.flag("music", 0.5):
        middle = width // 2
        box(voxels, middle - 2, middle + 2, y0 + keys, y0 + keys + 1, rim + 1, rim + 3)
        facts["music_stand"] = True
    return facts


def _edge(width: int, tail: int, step: int, steps: int) -> int:
    """How far the case reaches ``step`` rows behind the start of its curve: full, then a slanted S."""
    if step < 0:
        return width
    return max(tail, width - round((width - tail) * (step + 1) / max(1, steps - 1)))


def _open_lid(
    voxels: Voxels, dice: Dice, width: int, tail: int, length: int, front: tuple[int, int], z: int
) -> None:
    """A lid hinged on the straight side: a stepped slope up to the curved side, with a prop below it."""
    y0, curve = front
    steep = dice.integer("lid_step", 2, 3)
    for y in range(y0 + 3, y0 + length):
        end = _edge(width, tail, y - y0 - curve, length - curve)
        for x in range(0, end):
            level = z + x // steep
            low = z if x < steep else level - 1
            box(voxels, x, x + 1, y, y + 1, low, level + 1)
    prop = z + (width - 1) // steep
    box(voxels, width - 1, width, y0 + 3, y0 + 4, z, prop)


def _keyboard(voxels: Voxels, dice: Dice) -> dict[str, Value]:
    """An electric keyboard on a stand of two slabs or four legs."""
    width = dice.integer("width", 9, 15)
    depth = dice.integer("depth", 4, 5)
    legs = dice.integer("leg_height", 3, 6)
    stool = _stool(voxels, dice, width, legs - 1)
    y0 = STOOL + 1
    kind = dice.choice("stand", {"legs": 0.5, "slabs": 0.5})
    inset = dice.integer("inset", 0, 2)
    for x in (inset, width - 1 - inset):
        if kind == "legs":
            for y in (y0, y0 + depth - 1):
                box(voxels, x, x + 1, y, y + 1, 0, legs)
        else:
            box(voxels, x, x + 1, y0, y0 + depth, 0, legs)
    box(voxels, 0, width, y0, y0 + depth, legs, legs + 2)
    box(voxels, 0, width, y0 + depth - 2, y0 + depth, legs + 2, legs + 3)
    for x in (0, width - 1):
        box(voxels, x, x + 1, y0, y0 + depth, legs + 2, legs + 3)
    _black_keys(voxels, 2, width - 2, y0 + depth - 3, legs + 2)
    facts: dict[str, Value] = {"keys": True, "stool": stool, "legs": 4 if kind == "legs" else 0}
    if dice.flag("music", 0.5):
        middle = width // 2
        box(voxels, middle - 2, middle + 2, y0 + depth - 1, y0 + depth, legs + 3, legs + 5)
        facts["music_stand"] = True
    return facts


_BUILDERS = {"upright piano": _upright, "grand piano": _grand, "spinet": _spinet, "keyboard": _keyboard}
