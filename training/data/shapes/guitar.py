"""Guitars: acoustic, electric, bass, V-shaped, and ukuleles, standing upright or lying on their back.

All are built upright with the strings towards low y; a lying one is turned at the end.
"""

from __future__ import annotations

import numpy as np

from brickgpt_engine.statements.spans import Value, Voxels
from training.data.shapes.base import SIDE, Dice, Shape, box, empty, finish
from training.data.shapes.masks import disc

_STYLES = {
    "acoustic guitar": 0.34,
    "electric guitar": 0.28,
    "bass guitar": 0.12,
    "ukulele": 0.13,
    "V guitar": 0.13,
}
_MIDDLE = SIDE // 2
_FRONT = 6


def sample(rng: np.random.Generator) -> Shape:
    """A guitar: a body, a neck of two cells, a head with pegs."""
    dice = Dice(rng)
    style = dice.choice("style", _STYLES)
    voxels = empty()
    lying = dice.flag("lying", 0.5)
    round_ = style in ("acoustic guitar", "ukulele")
    thick = 2 if lying or not round_ else dice.integer("thickness", 2, 4)
    facts: dict[str, Value] = {"style": style, "sound_hole": round_, "lying": lying}
    if round_:
        top = _round_body(voxels, dice, style, thick)
    elif style == "V guitar":
        top = _v_body(voxels, dice, thick)
    else:
        top = _horned_body(voxels, dice, style, thick)
    facts |= _neck(voxels, dice, style, top)
    if lying:
        voxels = _laid(voxels)
    return finish("guitar", style, voxels, dice, facts)


def _rows(voxels: Voxels, widths: list[int], thick: int, z: int = 0) -> int:
    """Layers of the given even widths around the middle; answers the layer above."""
    for level, width in enumerate(widths, start=z):
        half = width // 2
        box(voxels, _MIDDLE - half, _MIDDLE + half, _FRONT, _FRONT + thick, level, level + 1)
    return z + len(widths)


def _round_body(voxels: Voxels, dice: Dice, style: str, thick: int) -> int:
    """Two bouts around a waist, a round hole, a bridge; answers the layer on which the neck begins."""
    small = style == "ukulele"
    wide = dice.even("width", 6, 8) if small else dice.even("width", 8, 12)
    upper = wide - dice.even("taper", 0 if small else 2, wide - 6 if small else 2)
    waist = upper - 2
    lower = [wide - 2] + [wide] * dice.integer("lower_bout", 2, 3 if small else 4)
    if not small:
        lower = [wide - 4, *lower, wide - 2]
    waists = [waist] * dice.integer("waist_height", 1, 2)
    uppers = [upper] * dice.integer("upper_bout", 1, 2 if small else 3) + [max(4, upper - 2)]
    top = _rows(voxels, lower + waists + uppers, thick)
    size = 2 if wide <= 8 else 4
    z = len(lower) - size // 4
    half = size // 2
    hole = voxels[_MIDDLE - half : _MIDDLE + half, _FRONT, z : z + size]
    hole &= ~(disc(size) if size > 2 else np.ones((2, 2), dtype=np.bool_))
    _bar(voxels, dice.integer("bridge", 1, 1 if small else 2))
    return top


def _bar(voxels: Voxels, z: int, half: int = 2) -> None:
    """A bridge or pickup: a bar that stands out from the front by one cell."""
    box(voxels, _MIDDLE - half, _MIDDLE + half, _FRONT - 1, _FRONT, z, z + 1)


def _horned_body(voxels: Voxels, dice: Dice, style: str, thick: int) -> int:
    """A solid body with a waist and one or two horns beside the neck."""
    wide = dice.even("width", 8, 12 if style == "electric guitar" else 10)
    lower = [wide - 4, wide - 2] + [wide] * dice.integer("lower_bout", 2, 4) + [wide - 2]
    top = _rows(voxels, lower + [wide - 2] * dice.integer("upper_bout", 1, 2), thick)
    half = wide // 2 - 1
    left, right = dice.integer("left_horn", 2, 3), dice.integer("right_horn", 0, 2)
    # Horns are two cells wide at the root and leave the neck free.
    for x0, x1, height in (
        (_MIDDLE - half, _MIDDLE - 2, left),
        (_MIDDLE + 2, _MIDDLE + half, right),
    ):
        if x1 > x0:
            box(voxels, x0, x1, _FRONT, _FRONT + thick, top, top + height)
    _bar(voxels, 2)
    if dice.flag("second_pickup", 0.6):
        _bar(voxels, len(lower) - 1)
    return top


def _v_body(voxels: Voxels, dice: Dice, thick: int) -> int:
    """Two wings that spread downwards from the neck."""
    wing = dice.integer("wing", 4, 6)
    arm = dice.integer("arm", 3, 4)
    for z in range(wing):
        out = wing - 1 - z
        for x in (_MIDDLE - arm - out + 1, _MIDDLE - 1 + out):
            box(voxels, x, x + arm, _FRONT, _FRONT + thick, z, z + 1)
    return _rows(voxels, [6] * dice.integer("root", 2, 3) + [4], thick, wing)


def _neck(voxels: Voxels, dice: Dice, style: str, z: int) -> dict[str, Value]:
    """A neck of two cells, and a head of four with pegs or a plain one."""
    low, high = {"ukulele": (3, 6), "bass guitar": (7, 10)}.get(style, (5, 8))
    head = 3 if style != "bass guitar" else 2
    length = min(dice.integer("neck", low, high), SIDE - z - head)
    box(voxels, _MIDDLE - 1, _MIDDLE + 1, _FRONT, _FRONT + 2, z, z + length)
    z += length
    pegs = dice.flag("pegs", 0.5)
    if pegs and head == 3:
        _rows(voxels, [4, 2, 4], 2, z)
    else:
        _rows(voxels, [4] * head, 2, z)
    return {"neck": "long" if length >= 7 else "short" if length <= 4 else "medium", "head": True}


def _laid(voxels: Voxels) -> Voxels:
    """The guitar on its back: height becomes length, the front looks up."""
    return np.ascontiguousarray(voxels.transpose(2, 0, 1)[:, :, ::-1])
