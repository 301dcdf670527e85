"""Bridges: arches, beams on piers, suspension, humpback and covered bridges. The road runs along x."""

from __future__ import annotations

import numpy as np

from brickgpt_engine.statements.spans import Value, Voxels
from training.data.shapes.base import Dice, Shape, box, empty, finish

_STYLES = {
    "arch bridge": 0.28,
    "beam bridge": 0.2,
    "suspension bridge": 0.22,
    "humpback bridge": 0.15,
    "covered bridge": 0.15,
}


def sample(rng: np.random.Generator) -> Shape:
    """A bridge of one of the styles."""
    dice = Dice(rng)
    style = dice.choice("style", _STYLES)
    width = dice.integer("width", 3, 6)
    voxels = empty()
    facts: dict[str, Value] = {"style": style}
    facts |= _BUILDERS[style](voxels, dice, width)
    return finish("bridge", style, voxels, dice, facts)


def _road(
    voxels: Voxels, dice: Dice, length: int, width: int, z: int, rails: float = 0.6
) -> dict[str, Value]:
    """A road two layers thick from layer ``z``, with walls or posts along both sides or none."""
    box(voxels, 0, length, 0, width, z, z + 2)
    if not dice.flag("rails", rails):
        return {"rails": False}
    kind = dice.choice("rail", {"wall": 0.5, "posts": 0.5})
    for y in (0, width - 1):
        if kind == "wall":
            box(voxels, 0, length, y, y + 1, z + 2, z + 3)
        else:
            for x in range(0, length, 2):
                box(voxels, x, x + 1, y, y + 1, z + 2, z + 3)
    return {"rails": True, "rail_kind": kind}


def _arch(voxels: Voxels, dice: Dice, width: int) -> dict[str, Value]:
    """One to three round openings under a level road."""
    spans = dice.integer("spans", 1, 3)
    opening = dice.even("opening", 4, {1: 12, 2: 6, 3: 4}[spans])
    pier = dice.integer("pier", 2, 3) if spans < 3 else 2
    legs = dice.integer("leg_height", 1, 4)
    rise = opening // 2
    road = legs + max(1, rise - 1)
    length = spans * opening + (spans + 1) * pier
    if length > 20:
        length = 20
    box(voxels, 0, length, 0, width, 0, road)
    for span in range(spans):
        x0 = pier + span * (opening + pier)
        for z in range(road):
            inset = max(0, z - legs + 1) if opening > 4 else int(z > legs)
            if x0 + inset < x0 + opening - inset:
                box(voxels, x0 + inset, x0 + opening - inset, 0, width, z, z + 1, value=False)
    return {"spans": spans, "supports": spans + 1} | _road(voxels, dice, length, width, road)


def _beam(voxels: Voxels, dice: Dice, width: int) -> dict[str, Value]:
    """A level road on two to four slabs."""
    piers = dice.integer("piers", 2, 4)
    thick = dice.integer("pier", 1, 2)
    length = dice.integer("length", max(10, 4 * piers), 20)
    height = dice.integer("height", 2, 7)
    inset = dice.integer("inset", 0, 2)
    for pier in range(piers):
        x = inset + pier * (length - 2 * inset - thick) // (piers - 1)
        box(voxels, x, x + thick, 0, width, 0, height)
    return {"supports": piers} | _road(voxels, dice, length, width, height)


def _suspension(voxels: Voxels, dice: Dice, width: int) -> dict[str, Value]:
    """Two tall towers that carry a road on cables hanging in steps."""
    length = dice.integer("length", 16, 20)
    road = dice.integer("road", 2, 4)
    towers = dice.integer("tower", 4, 7)
    at = dice.integer("tower_x", 3, 4)
    top = road + 2 + towers
    box(voxels, 0, length, 0, width, road, road + 2)
    for x in (at, length - at - 2):
        box(voxels, x, x + 2, 0, width, 0, road)
        for y in (0, width - 1):
            box(voxels, x, x + 2, y, y + 1, road + 2, top)
        box(voxels, x, x + 2, 0, width, top - 2, top)
    for y in (0, width - 1):
        _cable(voxels, y, at, length, road + 2, top - 1)
    return {"towers": 2, "supports": 2, "cables": True}


def _cable(voxels: Voxels, y: int, at: int, length: int, low: int, high: int) -> None:
    """Solid steps that fall from each tower to the middle and to the ends."""
    inner = length // 2 - at - 2
    for out in range(1, inner + 1):
        level = max(low + 1, high - round((high - low) * min(1.0, 1.4 * out / inner)))
        for x in (at + 1 + out, length - at - 2 - out):
            box(voxels, x, x + 1, y, y + 1, low if level <= low + 1 else level - 2, level)
    for out in range(1, at + 1):
        level = max(low + 1, high - round((high - low) * out / at))
        for x in (at - out, length - 1 - at + out):
            box(voxels, x, x + 1, y, y + 1, low, level)


def _humpback(voxels: Voxels, dice: Dice, width: int) -> dict[str, Value]:
    """A road that climbs in steps to the middle and falls again, over one opening."""
    half = dice.integer("half_length", 6, 10)
    step = dice.integer("step", 1, 2)
    rise = dice.integer("rise", 2, max(2, (half - 2) // step))
    low = dice.integer("thickness", 2, 3)
    opening = dice.integer("opening", 2, half - 4) if half > 6 else 2
    for x in range(half):
        level = low + min(rise, x // step)
        for at in (x, 2 * half - 1 - x):
            box(voxels, at, at + 1, 0, width, 0, level)
    for x in range(half - opening, half):
        clear = min(low + min(rise, x // step) - 2, x - (half - opening) + 1)
        for at in (x, 2 * half - 1 - x):
            if clear > 0:
                box(voxels, at, at + 1, 0, width, 0, clear, value=False)
    facts: dict[str, Value] = {"spans": 1, "supports": 2, "steps": True}
    if dice.flag("rails", 0.5):
        for x in range(half):
            level = low + min(rise, x // step)
            for at in (x, 2 * half - 1 - x):
                for y in (0, width - 1):
                    box(voxels, at, at + 1, y, y + 1, level, level + 1)
        facts["rails"] = True
    return facts


def _covered(voxels: Voxels, dice: Dice, width: int) -> dict[str, Value]:
    """A road between two piers under a roof on posts."""
    length = dice.integer("length", 9, 14)
    height = dice.integer("height", 2, 5)
    pier = dice.integer("pier", 2, 3)
    for x in (0, length - pier):
        box(voxels, x, x + pier, 0, width, 0, height)
    box(voxels, 0, length, 0, width, height, height + 2)
    wall = dice.integer("wall", 3, 4)
    step = dice.integer("post_step", 3, 4)
    posts = [*list(range(0, length - 1, step)), length - 1]
    for x in posts:
        for y in (0, width - 1):
            box(voxels, x, x + 1, y, y + 1, height + 2, height + 2 + wall)
    top = height + 2 + wall
    box(voxels, 0, length, 0, width, top, top + 2)
    if width >= 4 and dice.flag("ridge", 0.6):
        box(voxels, 0, length, 1, width - 1, top + 2, top + 3)
    return {"supports": 2, "roof": True}


_BUILDERS = {
    "arch bridge": _arch,
    "beam bridge": _beam,
    "suspension bridge": _suspension,
    "humpback bridge": _humpback,
    "covered bridge": _covered,
}
