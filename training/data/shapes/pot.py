"""Pots: plant pots with what grows in them, cooking pots, saucepans, cauldrons, teapots.

The handle of a saucepan and of a teapot is at high x.
"""

from __future__ import annotations

import numpy as np

from brickgpt_engine.statements.spans import Value, Voxels
from training.data.shapes.base import Dice, Shape, box, empty, finish
from training.data.shapes.lathe import axis, disc, handle, hollow, lug, turn

_STYLES = {"plant pot": 0.45, "cooking pot": 0.2, "saucepan": 0.12, "cauldron": 0.12, "teapot": 0.11}


def sample(rng: np.random.Generator) -> Shape:
    """A pot of one of the styles."""
    dice = Dice(rng)
    style = dice.choice("style", _STYLES)
    voxels = empty()
    facts: dict[str, Value] = {"style": style, "legs": 0}
    facts |= _BUILDERS[style](voxels, dice)
    return finish("pot", style, voxels, dice, facts)


def _plant_pot(voxels: Voxels, dice: Dice) -> dict[str, Value]:
    """A straight or tapered pot full of earth, and a plant in the middle."""
    mouth = dice.choice("diameter", {5: 0.15, 6: 0.4, 8: 0.45})
    height = dice.integer("pot_height", 3, 6)
    shape = dice.choice("pot", {"straight": 0.3, "tapered": 0.4, "rimmed": 0.3})
    profile = [mouth] * height
    if shape == "tapered":
        low = dice.integer("taper", 1, height - 2)
        profile[:low] = [mouth - 2] * low
    elif shape == "rimmed":
        profile[:-2] = [mouth - 2] * (height - 2)
    turn(voxels, profile)
    if mouth > 5 and dice.flag("rim", 0.5):
        voxels[:, :, height - 1] &= ~disc(mouth - 2)
    facts: dict[str, Value] = {"pot": shape}
    kinds = {"bush": 0.2, "tree": 0.2, "flower": 0.2, "cactus": 0.2, "palm": 0.1, "nothing": 0.1}
    kind = dice.choice("plant", kinds)
    if kind == "nothing":
        return facts | {"plant": False}
    _PLANTS[kind](voxels, dice, mouth, height - 1)
    return facts | {"plant": True, "plant_kind": kind}


def _bush(voxels: Voxels, dice: Dice, mouth: int, z: int) -> None:
    """A ball of leaves right above the pot."""
    stem = 2 - mouth % 2 if mouth < 8 else 4
    wide = dice.even("bush", stem + 2, mouth + 2)
    middle = dice.integer("bush_height", 2, 4)
    step = [wide - 2] if wide - 2 > stem else []
    turn(voxels, [stem, *step, *[wide] * middle, wide - 2], z)


def _tree(voxels: Voxels, dice: Dice, mouth: int, z: int) -> None:
    """A trunk under a crown: round, or pointed as a fir's."""
    trunk = 2 - mouth % 2
    tall = dice.integer("trunk", 3, 5)
    turn(voxels, [trunk] * (tall + 2), z)
    crown = dice.even("crown", trunk + 4, 8 - mouth % 2)
    middle = dice.integer("crown_height", 2, 3)
    if dice.flag("pointed", 0.5):
        layers = [d for d in range(crown, 0, -2) for _ in range(2)]
    else:
        layers = [crown - 2] + [crown] * middle + [crown - 2]
    turn(voxels, layers[: 20 - z - tall], z + tall)


def _flower(voxels: Voxels, dice: Dice, mouth: int, z: int) -> None:
    """A stem with two leaves, and a blossom that faces the front."""
    stem = 2 - mouth % 2
    tall = dice.integer("stem", 4, 8)
    middle = (axis(mouth) - stem) // 2
    turn(voxels, [stem] * tall, z)
    if dice.flag("leaves", 0.7):
        leaf = z + dice.integer("leaf", 2, tall - 2)
        box(voxels, middle - 2, middle + stem + 2, middle, middle + stem, leaf, leaf + 1)
    top = z + tall
    petals = dice.integer("petals", 1, 2)
    box(voxels, middle - petals, middle + stem + petals, middle, middle + stem, top, top + stem + 1)
    box(voxels, middle, middle + stem, middle, middle + stem, top - 1, top + stem + 2)


def _cactus(voxels: Voxels, dice: Dice, mouth: int, z: int) -> None:
    """A column with up to two arms that turn upward."""
    thick = 2 - mouth % 2
    tall = dice.integer("cactus", 6, 10)
    middle = (axis(mouth) - thick) // 2
    y0, y1 = middle, middle + thick
    box(voxels, middle, middle + thick, y0, y1, z, min(20, z + tall))
    for side in range(dice.integer("arms", 1, 2)):
        low = z + dice.integer(f"arm_{side}", 2, tall - 4)
        up = dice.integer(f"arm_height_{side}", 2, 3)
        x0 = middle - 2 if side else middle + thick
        box(voxels, min(x0, middle), max(x0 + 2, middle + thick), y0, y1, low, low + 1)
        outer = x0 if side else x0 + 1
        box(voxels, outer, outer + 1, y0, y1, low, low + up)


def _palm(voxels: Voxels, dice: Dice, mouth: int, z: int) -> None:
    """A trunk with four leaves that reach out and droop."""
    trunk = 2 - mouth % 2
    tall = dice.integer("trunk", 4, 8)
    reach = dice.integer("leaf", 2, 3)
    middle = (axis(mouth) - trunk) // 2
    a, b = middle, middle + trunk
    turn(voxels, [trunk] * (tall + 2), z)
    top = z + tall
    for level in (top, top + 1):
        out = reach if level == top else reach - 1
        box(voxels, a - out, b + out, a, b, level, level + 1)
        box(voxels, a, b, a - out, b + out, level, level + 1)
    for low, high in ((a - reach, a - reach + 1), (b + reach - 1, b + reach)):
        box(voxels, low, high, a, b, top - 1, top)
        box(voxels, a, b, low, high, top - 1, top)


def _lid(voxels: Voxels, dice: Dice, diameter: int, z: int) -> None:
    """A lid two layers thick, the upper one narrower, and a knob."""
    turn(voxels, [diameter, diameter - 2], z)
    knob = 2 - diameter % 2
    turn(voxels, [knob] * dice.integer("knob", 1, 2), z + 2)


def _cooking_pot(voxels: Voxels, dice: Dice) -> dict[str, Value]:
    """A wide cylinder with two side handles, with a lid or open."""
    diameter = dice.choice("diameter", {6: 0.3, 8: 0.5, 10: 0.2})
    height = dice.integer("pot_height", 3, 8)
    lid = dice.flag("lid", 0.55)
    reach = dice.integer("reach", 1, 2)
    level = height - dice.integer("handle_drop", 1, 2)
    hollow(voxels, [diameter] * height, floor=height if lid else level, joints=(level,))
    for side in (1, -1):
        lug(voxels, diameter, reach, level - 1, level, side)
    if lid:
        turn(voxels, [diameter - 2], height - 1)
        _lid(voxels, dice, diameter, height)
    return {"lid": lid, "open": not lid, "handles": 2}


def _saucepan(voxels: Voxels, dice: Dice) -> dict[str, Value]:
    """A low cylinder with one long handle."""
    diameter = dice.choice("diameter", {6: 0.5, 8: 0.5})
    height = dice.integer("pot_height", 3, 5)
    lid = dice.flag("lid", 0.3)
    reach = dice.integer("reach", 4, 7)
    hollow(voxels, [diameter] * height, floor=2)
    plan = axis(diameter)
    start, end = (plan + diameter) // 2, (plan + diameter) // 2 + reach
    voxels[:, :, : height - 1] |= disc(diameter)[:, :, None]
    if end > 20:
        voxels[:] = np.roll(voxels, 20 - end, axis=0)
        start, end = start + 20 - end, 20
    middle = plan // 2 - 1
    box(voxels, start - 3, end, middle, middle + 2, height - 2, height - 1)
    box(voxels, start - 1, end - 2, middle, middle + 2, height - 1, height)
    if lid:
        top = empty()
        turn(top, [diameter], 0)
        _lid(top, dice, diameter, 0)
        shift = start - (plan + diameter) // 2
        voxels[:, :, height:] |= np.roll(top, shift, axis=0)[:, :, : 20 - height]
        inside = np.roll(disc(diameter), shift, axis=0)
        voxels[:, :, height - 1] |= inside
    return {"lid": lid, "open": not lid, "handles": 1}


def _cauldron(voxels: Voxels, dice: Dice) -> dict[str, Value]:
    """A round belly with a wide rim on four feet, perhaps with two rings as handles."""
    belly = dice.choice("diameter", {8: 0.7, 10: 0.3})
    feet = dice.integer("feet", 1, 2)
    layers = dice.integer("belly_height", 2, 4)
    a, b = 10 - belly // 2 + 2, 10 + belly // 2 - 3
    for x in (a, b):
        for y in (a, b):
            box(voxels, x, x + 1, y, y + 1, 0, feet)
    neck = [belly - 2] * dice.integer("neck", 1, 2)
    profile = [belly - 2] * 2 + [belly] * layers + neck + [belly] * 2
    full = [belly - 2] * 2 + [belly] * layers + [belly - 2]
    hollow(voxels, profile, feet, floor=len(full))
    facts: dict[str, Value] = {"legs": 4, "open": True, "belly": True}
    if layers >= 3 and dice.flag("handles", 0.5):
        for side in (1, -1):
            lug(voxels, belly, 1, feet + 3, feet + 4, side)
        facts["handles"] = 2
    return facts


def _teapot(voxels: Voxels, dice: Dice) -> dict[str, Value]:
    """A round body with a lid and a knob, a handle on one side and a spout on the other."""
    body = dice.choice("diameter", {6: 0.5, 8: 0.5})
    layers = dice.integer("belly_height", 3, 5)
    profile = [body - 2] + [body] * layers + [body - 2]
    turn(voxels, profile)
    turn(voxels, [body - 4, 2], len(profile))
    if dice.flag("knob", 0.5):
        turn(voxels, [2], len(profile) + 2)
    low = dice.integer("handle_low", 1, 2)
    handle(voxels, body, dice.integer("reach", 2, 3), low, max(low + 3, layers + 1))
    left = (20 - body) // 2
    foot = dice.integer("spout", 1, 2)
    box(voxels, left - 1, left + 2, 9, 11, foot, foot + 1)
    box(voxels, left - 2, left, 9, 11, foot + 1, foot + 2)
    box(voxels, left - 2, left - 1, 9, 11, foot + 2, max(foot + 3, layers))
    if dice.flag("lip", 0.6):
        top = max(foot + 3, layers)
        box(voxels, left - 3, left - 1, 9, 11, top, top + 1)
    return {"spout": True, "lid": True, "open": False}


_PLANTS = {"bush": _bush, "tree": _tree, "flower": _flower, "cactus": _cactus, "palm": _palm}
_BUILDERS = {
    "plant pot": _plant_pot,
    "cooking pot": _cooking_pot,
    "saucepan": _saucepan,
    "cauldron": _cauldron,
    "teapot": _teapot,
}
