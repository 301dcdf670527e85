"""Bottles: wine, beer, milk, water, square, potion and hip-flask bottles, and jugs with a handle."""

from __future__ import annotations

import numpy as np

from brickgpt_engine.statements.spans import Value, Voxels
from training.data.shapes.base import Dice, Shape, empty, finish
from training.data.shapes.lathe import handle, turn
from training.data.shapes.masks import plate, stamp

_STYLES = {
    "wine bottle": 0.22,
    "beer bottle": 0.13,
    "milk bottle": 0.1,
    "water bottle": 0.12,
    "square bottle": 0.13,
    "conical flask": 0.09,
    "potion bottle": 0.09,
    "hip flask": 0.06,
    "jug": 0.06,
}
_MIDDLE = 10.0


def sample(rng: np.random.Generator) -> Shape:
    """A bottle of one of the styles, open or with a cap."""
    dice = Dice(rng)
    style = dice.choice("style", _STYLES)
    voxels = empty()
    facts: dict[str, Value] = {"style": style, "handle": False}
    build = {"square bottle": _square, "hip flask": _hip_flask, "jug": _jug}.get(style)
    facts |= build(voxels, dice) if build else _round(voxels, dice, style)
    return finish("bottle", style, voxels, dice, facts)


def _round(voxels: Voxels, dice: Dice, style: str) -> dict[str, Value]:
    """A turned bottle: body, shoulders, neck, and a cap or a lip."""
    profile, facts = _PROFILES[style](dice)
    neck = profile[-1]
    # A cap as wide as the body would make a dumbbell of the bottle.
    fits = neck + 2 < max(profile) and len(profile) <= 17
    cap = fits and dice.flag("cap", 0.15 if style == "wine bottle" else 0.5)
    if cap:
        profile += [neck + 2] * dice.integer("cap_height", 2, 3)
    turn(voxels, profile)
    return facts | {"cap": cap}


def _shoulders(body: int, neck: int, steps: int) -> list[int]:
    """Diameters between body and neck, each two cells less, each ``steps`` layers."""
    return [size for size in range(body - 2, neck, -2) for _ in range(steps)]


def _wine(dice: Dice) -> tuple[list[int], dict[str, Value]]:
    """A straight body and a long neck."""
    body = dice.choice("body", {4: 0.45, 6: 0.45, 5: 0.1})
    neck = 3 if body % 2 else 2
    height = dice.integer("body_height", body, 11)
    length = dice.integer("neck_height", 4, 7)
    return [body] * height + _shoulders(body, neck, 1) + [neck] * length, {"neck": "long"}


def _beer(dice: Dice) -> tuple[list[int], dict[str, Value]]:
    """A straight body, slow shoulders, a short neck."""
    body = dice.choice("body", {4: 0.35, 5: 0.1, 6: 0.55})
    neck = 3 if body % 2 else 2
    height = dice.integer("body_height", 5, 9)
    profile = [body] * height + _shoulders(body, neck, 2)
    return profile + [neck] * dice.integer("neck_height", 2, 3), {"neck": "short"}


def _milk(dice: Dice) -> tuple[list[int], dict[str, Value]]:
    """A wide body, a wide short neck, a thick lip."""
    body = dice.choice("body", {6: 0.6, 7: 0.1, 8: 0.3})
    neck = body - dice.choice("narrowing", {2: 0.3, 4: 0.7})
    height = dice.integer("body_height", 4, 8)
    profile = [body] * height + _shoulders(body, neck, 1)
    return profile + [neck] * dice.integer("neck_height", 2, 3), {"neck": "short"}


def _water(dice: Dice) -> tuple[list[int], dict[str, Value]]:
    """A body with grooves around it, short shoulders, a short neck."""
    body = dice.choice("body", {6: 0.92, 7: 0.08})
    neck = body - 4
    bands = dice.integer("bands", 2, 3)
    band = dice.integer("band_height", 2, 3)
    profile: list[int] = []
    for _ in range(bands):
        profile += [body] * band + [body - 2]
    profile += [body] * 2 + _shoulders(body, neck, 1) + [neck] * dice.integer("neck_height", 1, 2)
    return profile, {"grooves": bands, "neck": "short"}


def _conical(dice: Dice) -> tuple[list[int], dict[str, Value]]:
    """A laboratory flask: a cone under a neck."""
    body = dice.choice("body", {7: 0.1, 8: 0.55, 10: 0.35})
    neck = 3 if body % 2 else 2
    steps = dice.integer("steps", 1, 2)
    foot = [body] * dice.integer("foot", 1, 2)
    return foot + _shoulders(body, neck, steps) + [neck] * dice.integer("neck_height", 2, 4), {}


def _potion(dice: Dice) -> tuple[list[int], dict[str, Value]]:
    """A ball under a neck."""
    body = dice.choice("body", {6: 0.3, 7: 0.1, 8: 0.6})
    neck = 3 if body % 2 else 2
    bottom = body - dice.choice("foot", {2: 0.4, 4: 0.6})
    belly = dice.integer("belly", 2, 3)
    profile = [bottom, body - 2] + [body] * belly + [body - 2] + _shoulders(body - 2, neck, 1)
    return profile + [neck] * dice.integer("neck_height", 2, 4), {"body": "round"}


_PROFILES = {
    "wine bottle": _wine,
    "beer bottle": _beer,
    "milk bottle": _milk,
    "water bottle": _water,
    "conical flask": _conical,
    "potion bottle": _potion,
}


def _square(voxels: Voxels, dice: Dice) -> dict[str, Value]:
    """A square or oblong body, one step of shoulders, a round neck, and a stopper or cap."""
    width = dice.even("width", 4, 8)
    depth = min(width, dice.even("depth", 4, 6))
    height = dice.integer("body_height", 4, 9)
    stamp(voxels, plate(width, depth), _MIDDLE, _MIDDLE, 0, height)
    z = height
    if width > 4:
        stamp(voxels, plate(width - 2, max(depth - 2, 2)), _MIDDLE, _MIDDLE, z, z + 1)
        z += 1
    neck = dice.integer("neck_height", 1, 3)
    stamp(voxels, plate(2, 2), _MIDDLE, _MIDDLE, z, z + neck)
    z += neck
    cap = width > 4 and dice.flag("stopper", 0.6)
    if cap:
        tall = dice.integer("stopper_height", 2, 3)
        stamp(voxels, plate(4, 4, cut=1), _MIDDLE, _MIDDLE, z, z + tall)
    return {"cap": cap, "body": "square"}


def _hip_flask(voxels: Voxels, dice: Dice) -> dict[str, Value]:
    """A flat body with clipped shoulders and a small cap in the middle."""
    width, height = dice.even("width", 6, 10), dice.integer("body_height", 6, 11)
    depth = dice.integer("depth", 2, 3)
    front = 10.0 + (depth % 2) / 2
    stamp(voxels, plate(width, depth), _MIDDLE, front, 1, height - 1)
    for z in (0, height - 1):
        stamp(voxels, plate(width - 2, depth), _MIDDLE, front, z, z + 1)
    neck = dice.integer("neck_height", 1, 2)
    stamp(voxels, plate(2, depth), _MIDDLE, front, height, height + neck)
    cap = dice.flag("cap", 0.6)
    if cap:
        tall = dice.integer("cap_height", 2, 2)
        stamp(voxels, plate(4, depth), _MIDDLE, front, height + neck, height + neck + tall)
    return {"cap": cap, "body": "flat"}


def _jug(voxels: Voxels, dice: Dice) -> dict[str, Value]:
    """A round-shouldered stoneware bottle with a handle from the body to the neck."""
    body = dice.choice("body", {6: 0.5, 8: 0.5})
    neck = body - 4
    height = dice.integer("body_height", 4, 7)
    length = dice.integer("neck_height", 4, 6)
    turn(voxels, [body] * height + _shoulders(body, neck, 1) + [neck] * length)
    top = height + 1 + length - dice.integer("handle_drop", 0, 1)
    handle(voxels, neck, dice.integer("reach", 4, 5), height - dice.integer("handle_height", 1, 3), top)
    return {"handle": True, "cap": False}
