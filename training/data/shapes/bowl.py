"""Bowls: soup and salad bowls, dishes, footed and pedestal bowls, square bowls, bowls full of fruit."""

from __future__ import annotations

import numpy as np

from brickgpt_engine.statements.spans import Value, Voxels
from training.data.shapes.base import Dice, Shape, empty, finish
from training.data.shapes.lathe import hollow as turn_hollow
from training.data.shapes.lathe import lug, turn
from training.data.shapes.masks import hollow, plate, stamp

_STYLES = {
    "bowl": 0.24,
    "dish": 0.14,
    "footed bowl": 0.16,
    "pedestal bowl": 0.14,
    "mixing bowl": 0.14,
    "square bowl": 0.18,
}
_SIZES = {
    "bowl": (7, 10),
    "dish": (8, 13),
    "footed bowl": (8, 11),
    "pedestal bowl": (7, 10),
    "mixing bowl": (8, 10),
    "square bowl": (8, 12),
}


def sample(rng: np.random.Generator) -> Shape:
    """A bowl of one of the styles, empty or with fruit in it."""
    dice = Dice(rng)
    style = dice.choice("style", _STYLES)
    low, high = _SIZES[style]
    # Round walls of even diameters take fewer bricks.
    size = dice.choice("size", {side: 0.4 if side % 2 else 1.0 for side in range(low, high + 1)})
    voxels = empty()
    facts: dict[str, Value] = {"style": style, "foot": False, "handles": False}
    flare = _flare(dice, style, size)
    base = _base(voxels, dice, style, size, size - 2 * flare)
    facts["foot"] = base > 0
    steps, rim = _sides(dice, style, flare)
    if style == "square bowl":
        _square(voxels, dice, size, steps, base)
    else:
        profile = [max(size - 2 * step, 2) for step in steps]
        turn_hollow(voxels, profile, base, floor=2 if base else 1)
    facts["contents"] = _contents(voxels, dice, size, base, base + len(steps))
    if style in ("bowl", "mixing bowl", "dish") and dice.flag("handles", 0.3):
        top = base + len(steps)
        for side in (1, -1):
            lug(voxels, size, 2, top - min(rim, 2), top, side)
        facts["handles"] = True
    return finish("bowl", style, voxels, dice, facts)


def _flare(dice: Dice, style: str, size: int) -> int:
    """By how many cells on each side the rim is wider than the bottom."""
    most = 2 if size < 10 else 3
    if style in ("footed bowl", "square bowl"):
        most = min(most, (size - 6) // 2)
    return dice.integer("flare", min(most, 2 if style == "mixing bowl" else 1), most)


def _base(voxels: Voxels, dice: Dice, style: str, size: int, bottom: int) -> int:
    """A foot ring or a stem on a round foot; answers the layer on which the bowl begins."""
    odd = size % 2
    if style == "footed bowl" or (style == "square bowl" and dice.flag("foot", 0.4)):
        foot = bottom - 4
        height = dice.integer("foot_height", 1, 2)
        _layers(voxels, style, [foot] * height)
        return height
    if style != "pedestal bowl":
        return 0
    stem = 3 if odd else dice.choice("stem", {2: 0.5, 4: 0.5})
    height = dice.integer("stem_height", 2, 5)
    foot = stem + dice.choice("foot", {2: 0.3, 4: 0.7})
    _layers(voxels, style, [foot] * dice.integer("foot_height", 1, 2) + [stem] * height)
    return int(np.nonzero(voxels.any(axis=(0, 1)))[0].max()) + 1


def _layers(voxels: Voxels, style: str, sizes: list[int]) -> None:
    """Layers from the ground up: squares under a square bowl, discs under the others."""
    if style != "square bowl":
        turn(voxels, sizes)
        return
    for z, size in enumerate(sizes):
        stamp(voxels, plate(size, size), 10 - (size % 2) / 2, 10 - (size % 2) / 2, z, z + 1)


def _sides(dice: Dice, style: str, flare: int) -> tuple[list[int], int]:
    """How many cells each layer steps back from the rim, from the bottom up, and the height of the rim."""
    low, high = {"dish": (2, 2), "mixing bowl": (3, 5), "pedestal bowl": (2, 3)}.get(style, (2, 4))
    rim = dice.integer("rim", low, high)
    slow = style != "dish" and dice.flag("steep", 0.3)
    steps = [step for step in range(flare, 0, -1) for _ in range(1 + slow)]
    return steps + [0] * rim, rim


def _square(voxels: Voxels, dice: Dice, size: int, steps: list[int], base: int) -> None:
    """A square bowl with clipped corners or without, thin-walled."""
    solid = empty()
    cut = int(dice.flag("clipped", 0.5))
    middle = 10 - (size % 2) / 2
    for z, step in enumerate(steps, start=base):
        side = size - 2 * step
        stamp(solid, plate(side, side, cut), middle, middle, z, z + 1)
    inside = hollow(solid, floor=base + (2 if base else 1), lid=0)
    voxels |= solid & ~inside


def _contents(voxels: Voxels, dice: Dice, size: int, base: int, top: int) -> bool:
    """Perhaps fruit: a filling up to the rim, and lumps of 2x2 cells heaped on it."""
    if size > 12 or top - base > 5 or not dice.flag("contents", 0.25):
        return False
    middle = 10 - size % 2
    fill = size - 4 + (size % 2)
    for z in range(base + 1, top):
        stamp(voxels, plate(fill, fill, 2), middle, middle, z, z + 1)
    reach = max(1, (size - 6) // 2)
    for lump in range(dice.integer("lumps", 2, 4)):
        dx = dice.integer(f"lump_{lump}_x", -reach, reach)
        dy = dice.integer(f"lump_{lump}_y", -reach, reach)
        stamp(voxels, plate(2, 2), middle + dx, middle + dy, top, top + 1)
    stamp(voxels, plate(2, 2), middle, middle, top, top + dice.integer("heap", 1, 2))
    return True
