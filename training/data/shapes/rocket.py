"""Rockets: space rockets with fins, moon rockets in stages, missiles, toy rockets, rockets with boosters."""

from __future__ import annotations

import numpy as np

from brickgpt_engine.statements.spans import Value, Voxels
from training.data.shapes.base import SIDE, Dice, Shape, box, empty, finish
from training.data.shapes.masks import disc, stamp

_STYLES = {
    "rocket": 0.35,
    "stage rocket": 0.2,
    "missile": 0.15,
    "toy rocket": 0.15,
    "booster rocket": 0.15,
}
_SIZE = {"missile": 4, "booster rocket": 4}
_MIDDLE = SIDE // 2


def sample(rng: np.random.Generator) -> Shape:
    """A round body under a pointed nose, on a nozzle, with fins or boosters around it."""
    dice = Dice(rng)
    style = dice.choice("style", _STYLES)
    size = _SIZE.get(style) or dice.even("size", 4, 6)
    voxels = empty()
    nozzle = dice.integer("nozzle_height", 1, 2)
    body = dice.integer("body_height", 4 if style == "toy rocket" else 6, 6 if style == "toy rocket" else 10)
    stamp(voxels, disc(size - 2), _MIDDLE, _MIDDLE, 0, nozzle)
    stamp(voxels, disc(size), _MIDDLE, _MIDDLE, nozzle, nozzle + body)
    top = nozzle + body
    stages = 1
    if style == "stage rocket" and size == 6:
        height = dice.integer("second_stage", 2, 4)
        stamp(voxels, disc(4), _MIDDLE, _MIDDLE, top, top + height)
        top, stages = top + height, 2
    _nose(voxels, dice, 4 if stages == 2 else size, top)
    facts: dict[str, Value] = {"style": style, "stages": stages, "boosters": 0, "fins": 0}
    if style == "booster rocket":
        facts["boosters"] = _boosters(voxels, dice, size, top)
    else:
        facts["fins"] = _fins(voxels, dice, size, nozzle, body)
    facts["window"] = size == 6 and stages == 1 and dice.flag("window", 0.6)
    if facts["window"]:
        z, front = nozzle + body - 3, _MIDDLE - size // 2
        box(voxels, _MIDDLE - 1, _MIDDLE + 1, front, front + 1, z, z + 2, value=False)
    return finish("rocket", style, voxels, dice, facts)


def _nose(voxels: Voxels, dice: Dice, size: int, z: int) -> None:
    """A cone of discs, each one or two layers, down to a tip of four cells."""
    steep = dice.integer("nose_step", 1, 2)
    for width in range(size - 2, 0, -2):
        high = min(SIDE, z + steep + (width == 2))
        stamp(voxels, disc(width), _MIDDLE, _MIDDLE, z, high)
        z = high


def _fins(voxels: Voxels, dice: Dice, size: int, nozzle: int, body: int) -> int:
    """Four fins of two cells' thickness, widest on the ground and narrower further up; how many."""
    reach = dice.integer("fin_reach", 1, 3)
    step = dice.integer("fin_step", 1, 2)
    half = size // 2
    for out in range(1, reach + 1):
        low, high = 0, nozzle + min(body - 1, 1 + (reach + 1 - out) * step)
        for a in (_MIDDLE - half - out, _MIDDLE + half + out - 1):
            box(voxels, a, a + 1, _MIDDLE - 1, _MIDDLE + 1, low, high)
            box(voxels, _MIDDLE - 1, _MIDDLE + 1, a, a + 1, low, high)
    return 4


def _boosters(voxels: Voxels, dice: Dice, size: int, top: int) -> int:
    """Two slim rockets beside the large one; how many."""
    height = dice.integer("booster_height", 4, max(5, top - 3))
    thick = dice.even("booster", 2, 4)
    for side in (-1, 1):
        x = _MIDDLE + side * (size // 2 + thick // 2)
        stamp(voxels, disc(thick), x, _MIDDLE, 0, height)
        if thick == 4:
            stamp(voxels, disc(2), x, _MIDDLE, height, height + 2)
    return 2
