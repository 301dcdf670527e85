"""Robots: walking ones, square toy robots, robots on tracks, giants. They face low y."""

from __future__ import annotations

import numpy as np

from brickgpt_engine.statements.spans import Value, Voxels
from training.data.shapes.base import Dice, Shape, box, empty, finish

_STYLES = {"walking robot": 0.35, "toy robot": 0.25, "tracked robot": 0.22, "giant robot": 0.18}


def sample(rng: np.random.Generator) -> Shape:
    """A body on legs or tracks, two arms, a head with eyes, antennas or none."""
    dice = Dice(rng)
    style = dice.choice("style", _STYLES)
    giant = style == "giant robot"
    width = dice.even("width", 6 if giant else 4, 8 if giant else 6)
    depth = dice.integer("depth", 3, 4)
    voxels = empty()
    facts: dict[str, Value] = {"style": style}
    hip = _base(voxels, dice, style, width, depth, facts)
    body = dice.integer("body", 5 if giant else 3, 6)
    shoulder = hip + body
    box(voxels, 3, 3 + width, 0, depth, hip, shoulder)
    if dice.flag("panel", 0.5):
        middle = 3 + width // 2
        box(voxels, middle - 1, middle + 1, 0, 1, hip + 1, hip + 2, value=False)
        facts["panel"] = True
    _arms(voxels, dice, width, depth, hip, shoulder, facts)
    _head(voxels, dice, width, depth, shoulder, facts)
    return finish("robot", style, voxels, dice, facts)


def _base(voxels: Voxels, dice: Dice, style: str, width: int, depth: int, facts: dict[str, Value]) -> int:
    """Two legs with or without feet, or two tracks; answers the layer where the body begins."""
    if style == "tracked robot":
        height = dice.integer("track_height", 2, 3)
        for x in (2, 3 + width - 1):
            box(voxels, x, x + 2, 0, depth + 2, 0, height)
        box(voxels, 3, 3 + width, 0, depth, height - 1, height)
        box(voxels, 2, 4 + width, 0, depth + 2, height, height + 1)
        facts |= {"legs": 0, "tracks": 2}
        return height + 1
    low, high = {"toy robot": (2, 3), "giant robot": (4, 5)}.get(style, (3, 5))
    height = dice.integer("leg_height", low, high)
    thick = 2 if width >= 6 else 1
    feet = dice.flag("feet", 0.6)
    for x in (3, 3 + width - thick):
        box(voxels, x, x + thick, 1, depth, 0, height)
        if feet:
            box(voxels, x, x + thick, 0, depth, 0, 1)
    box(voxels, 3, 3 + width, 0, depth, height, height + 1)
    facts |= {"legs": 2} | ({"feet": True} if feet else {})
    return height + 1


def _arms(
    voxels: Voxels, dice: Dice, width: int, depth: int, hip: int, shoulder: int, facts: dict[str, Value]
) -> None:
    """Shoulders across the body, and from them two arms that hang, reach forward or point up."""
    pose = dice.choice("pose", {"down": 0.55, "forward": 0.25, "up": 0.2})
    thick = 1 if width < 6 or dice.flag("thin_arms", 0.5) else 2
    left, right = 3 - thick, 3 + width
    y0 = 1 if depth == 3 else dice.integer("arm_y", 1, 2)
    y1 = y0 + 1 if thick == 1 else y0 + 2
    y1 = min(y1, depth)
    box(voxels, left, right + thick, y0, y1, shoulder - 2, shoulder)
    drop = dice.integer("arm", 1, max(1, min(4, shoulder - 3)))
    for x in (left, right):
        if pose == "down":
            box(voxels, x, x + thick, y0, y1, shoulder - 2 - drop, shoulder)
        elif pose == "up":
            box(voxels, x, x + thick, y0, y1, shoulder, shoulder + min(3, drop + 1))
    if pose == "forward":
        reach = 2
        voxels[:] = np.roll(voxels, reach, axis=1)
        for x in (left, right):
            box(voxels, x, x + thick, 0, y1 + reach, shoulder - 2, shoulder)
    facts |= {"arms": 2, "pose": pose}


def _head(voxels: Voxels, dice: Dice, width: int, depth: int, shoulder: int, facts: dict[str, Value]) -> None:
    """A neck or none, a head with two eyes as openings in its front, antennas."""
    front = int(np.nonzero(voxels[3 + width // 2, :, shoulder - 1])[0].min())
    neck = int(dice.flag("neck", 0.4))
    if neck:
        middle = 3 + width // 2
        box(voxels, middle - 1, middle + 1, front + 1, front + depth, shoulder, shoulder + 1)
    z = shoulder + neck
    size = 4 if width == 4 else dice.even("head", 4, 6)
    x0 = 3 + (width - size) // 2
    tall = dice.integer("head_height", 3, 4)
    box(voxels, x0, x0 + size, front, front + depth, z, z + tall)
    for x in (x0 + 1, x0 + size - 2) if size == 4 else (x0 + 1, x0 + 4):
        box(voxels, x, x + 1, front, front + 1, z + tall - 2, z + tall - 1, value=False)
    facts |= {"eyes": 2, "neck": bool(neck)}
    count = dice.choice("antennas", {0: 0.35, 1: 0.3, 2: 0.35})
    length = min(dice.integer("antenna", 2, 3), 20 - z - tall)
    y = front + 1
    if count == 1:
        box(voxels, x0 + size // 2 - 1, x0 + size // 2 + 1, y, y + 1, z + tall, z + tall + length)
    elif count == 2:
        for x in (x0, x0 + size - 1):
            box(voxels, x, x + 1, y, y + 1, z + tall, z + tall + length)
    if count:
        facts["antennas"] = count
