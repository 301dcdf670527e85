"""Cameras: compact, reflex, instant, box and film cameras, and one on a tripod. The lens looks to low y."""

from __future__ import annotations

import numpy as np

from brickgpt_engine.statements.spans import Value, Voxels
from training.data.shapes.base import Dice, Shape, box, empty, finish
from training.data.shapes.masks import disc

_STYLES = {
    "compact camera": 0.2,
    "reflex camera": 0.27,
    "instant camera": 0.14,
    "tripod camera": 0.17,
    "box camera": 0.11,
    "film camera": 0.11,
}
_FRONT = 9
"""The y of the front of every body."""
_LEFT = 4
"""The x of the left side of every body."""


def sample(rng: np.random.Generator) -> Shape:
    """A camera of one of the styles."""
    dice = Dice(rng)
    style = dice.choice("style", _STYLES)
    voxels = empty()
    facts: dict[str, Value] = {"style": style, "legs": 0, "tripod": False}
    facts |= _BUILDERS[style](voxels, dice)
    return finish("camera", style, voxels, dice, facts)


def _lens(
    voxels: Voxels, dice: Dice, middle2: int, z: int, size: int, length: int, front: int = _FRONT
) -> dict[str, Value]:
    """A barrel of ``size`` cells around x = ``middle2`` / 2 from layer ``z``, with a hollow end."""
    mask = disc(size)
    left = (middle2 - size) // 2
    for y in range(front - length, front):
        voxels[left : left + size, y, z : z + size] |= mask
    if size >= 4 and length >= 2:
        rim = 1 if size < 6 or dice.flag("wide_glass", 0.5) else 2
        inner = disc(size - 2 * rim) if size > 4 else np.ones((2, 2), dtype=np.bool_)
        start = left + rim
        voxels[start : start + len(inner), front - length, z + rim : z + rim + len(inner)] &= ~inner
    return {"long_lens": length >= 4}


def _body(voxels: Voxels, width: int, depth: int, z0: int, z1: int, front: int = _FRONT) -> None:
    box(voxels, _LEFT, _LEFT + width, front, front + depth, z0, z1)


def _button(voxels: Voxels, dice: Dice, width: int, z: int) -> bool:
    """A shutter button on the right, perhaps a dial on the left."""
    x = _LEFT + 1
    size = dice.integer("button", 1, 2)
    box(voxels, x, x + size, _FRONT + 1, _FRONT + 2, z, z + 1)
    if dice.flag("dial", 0.4):
        box(voxels, _LEFT + width - 3, _LEFT + width - 1, _FRONT + 1, _FRONT + 3, z, z + 1)
    return True


def _sized(dice: Dice, width: int, low: int, high: int) -> int:
    """A lens diameter that is even where the body is, so that it sits in the middle."""
    start = low + (low + width) % 2
    return dice.even("lens", start, max(start, high))


def _compact(voxels: Voxels, dice: Dice) -> dict[str, Value]:
    """A flat body with a short lens, a button, a flash window and perhaps a viewfinder."""
    width, height = dice.integer("width", 7, 11), dice.integer("height", 5, 7)
    depth = dice.integer("depth", 2, 4)
    _body(voxels, width, depth, 0, height)
    size = _sized(dice, width, 3, height - 1)
    facts = _lens(voxels, dice, 2 * _LEFT + width, (height - size) // 2, size, dice.integer("length", 1, 3))
    _button(voxels, dice, width, height)
    facts |= {"button": True, "flash": depth > 2 and dice.flag("flash", 0.6)}
    if facts["flash"]:
        x = _LEFT + width - 2
        box(voxels, x, x + 1, _FRONT, _FRONT + 1, height - 2, height - 1, value=False)
    return facts


def _reflex(voxels: Voxels, dice: Dice) -> dict[str, Value]:
    """A body with a grip, a viewfinder hump over the lens, and a big lens."""
    width, height = dice.integer("width", 8, 12), dice.integer("height", 5, 7)
    depth = dice.integer("depth", 3, 4)
    _body(voxels, width, depth, 0, height)
    size = _sized(dice, width, 4, height - 1)
    bottom = 0 if size >= height - 1 else dice.integer("lens_z", 0, 1)
    facts = _lens(voxels, dice, 2 * _LEFT + width, bottom, size, dice.integer("length", 2, 7))
    hump = 4 + width % 2
    x = _LEFT + (width - hump) // 2
    box(voxels, x, x + hump, _FRONT, _FRONT + depth, height, height + 1)
    box(voxels, x + 1, x + hump - 1, _FRONT, _FRONT + depth, height + 1, height + dice.integer("hump", 2, 3))
    facts |= {"viewfinder": True, "button": _button(voxels, dice, width, height)}
    facts["grip"] = width - size >= 6 and dice.flag("grip", 0.7)
    if facts["grip"]:
        box(voxels, _LEFT, _LEFT + 2, _FRONT - 1, _FRONT, 0, height)
    return facts


def _instant(voxels: Voxels, dice: Dice) -> dict[str, Value]:
    """An upright body on a deeper base with a slot for the pictures."""
    width, depth = dice.integer("width", 6, 10), dice.integer("depth", 4, 6)
    base, height = dice.integer("base_height", 3, 4), dice.integer("height", 4, 6)
    step = dice.integer("step", 2, 3)
    _body(voxels, width, depth, 0, base + height)
    _body(voxels, width, step, 0, base, front=_FRONT - step)
    box(voxels, _LEFT + 1, _LEFT + width - 1, _FRONT - step, _FRONT - step + 1, 1, 2, value=False)
    size = _sized(dice, width, 3, height)
    _lens(voxels, dice, 2 * _LEFT + width, base, min(size, height), dice.integer("length", 1, 2))
    facts: dict[str, Value] = {"slot": True, "viewfinder": dice.flag("viewfinder", 0.5)}
    if facts["viewfinder"]:
        box(voxels, _LEFT, _LEFT + 2, _FRONT, _FRONT + depth, base + height, base + height + 1)
    return facts


def _tripod(voxels: Voxels, dice: Dice) -> dict[str, Value]:
    """A camera on a plate from which two legs spread to the sides and one to the rear."""
    legs = dice.integer("leg_height", 6, 10)
    step = dice.integer("leg_step", 3, 4)
    spread = (legs - 1) // step
    width, depth = dice.integer("width", 6, 10), 4
    middle = _LEFT + width // 2
    for z in range(legs):
        out = spread - z // step
        for x in (middle - 3 - out, middle + 1 + out):
            box(voxels, x, x + 2, _FRONT, _FRONT + 2, z, z + 1)
        box(voxels, middle - 1, middle + 1, _FRONT + 2 + out, _FRONT + 4 + out, z, z + 1)
    box(voxels, middle - 3, middle + 3, _FRONT, _FRONT + 4, legs, legs + 2)
    z = legs + 2
    height = dice.integer("height", 4, 5)
    _body(voxels, width, depth, z, z + height)
    size = _sized(dice, width, 2, 4)
    facts = _lens(
        voxels, dice, 2 * _LEFT + width, z + (height - size) // 2, size, dice.integer("length", 2, 4)
    )
    if dice.flag("button", 0.6):
        facts["button"] = _button(voxels, dice, width, z + height)
    return facts | {"legs": 3, "tripod": True}


def _box_camera(voxels: Voxels, dice: Dice) -> dict[str, Value]:
    """An old camera: a box with a small lens, a viewfinder window and a carrying handle."""
    width, height = dice.integer("width", 6, 9), dice.integer("height", 6, 9)
    depth = dice.integer("depth", 6, 9)
    _body(voxels, width, depth, 0, height)
    # Hollow from two cells in: what nobody sees needs no bricks.
    if width > 6:
        box(voxels, _LEFT + 2, _LEFT + width - 2, _FRONT + 2, _FRONT + depth - 2, 1, height - 2, value=False)
    size = _sized(dice, width, 3, 4)
    z = dice.integer("lens_z", 1, height - size - 1)
    facts = _lens(voxels, dice, 2 * _LEFT + width, z, size, dice.integer("length", 1, 3))
    facts["handle"] = dice.flag("handle", 0.6)
    if facts["handle"]:
        x = _LEFT + width // 2
        for y in (_FRONT + 1, _FRONT + depth - 2):
            box(voxels, x - 1, x + 1, y, y + 1, height, height + 2)
        box(voxels, x - 1, x + 1, _FRONT + 1, _FRONT + depth - 1, height + 1, height + 3)
    else:
        facts["viewfinder"] = True
        box(voxels, _LEFT + 1, _LEFT + 3, _FRONT, _FRONT + 3, height, height + 2)
    return facts


def _film(voxels: Voxels, dice: Dice) -> dict[str, Value]:
    """A film camera: a long narrow body with two round reels on it, one behind the other."""
    width = dice.even("width", 4, 6)
    reel = dice.integer("reel", 4, 6)
    depth = 2 * reel + dice.integer("gap", 0, 1)
    height = dice.integer("height", 3, 5)
    front = _FRONT - 3
    _body(voxels, width, depth, 0, height, front=front)
    facts = _lens(voxels, dice, 2 * _LEFT + width, (height - 2) // 2, 2, dice.integer("length", 2, 5), front)
    x = _LEFT + width // 2 - 1
    for y in (front, front + depth - reel):
        voxels[x : x + 2, y : y + reel, height : height + reel] |= disc(reel)[None]
    return facts | {"reels": 2}


_BUILDERS = {
    "compact camera": _compact,
    "reflex camera": _reflex,
    "instant camera": _instant,
    "tripod camera": _tripod,
    "box camera": _box_camera,
    "film camera": _film,
}
