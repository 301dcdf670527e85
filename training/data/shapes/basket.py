"""Baskets: open, shopping, picnic, fruit, laundry and waste-paper baskets, with and without handles."""

from __future__ import annotations

import numpy as np

from brickgpt_engine.statements.spans import Value, Voxels
from training.data.shapes.base import SIDE, Dice, Shape, box, empty, finish
from training.data.shapes.masks import Mask, eroded, hollow, plate, stamp

_STYLES = {
    "handled basket": 0.32,
    "open basket": 0.16,
    "picnic basket": 0.18,
    "fruit basket": 0.12,
    "laundry basket": 0.12,
    "waste-paper basket": 0.1,
}
_WALL = {
    "laundry basket": (6, 8),
    "waste-paper basket": (6, 9),
    "picnic basket": (4, 6),
    "open basket": (3, 5),
}
_SIDES = {"laundry basket": (8, 11), "waste-paper basket": (5, 8)}
_MIDDLE = SIDE // 2


def sample(rng: np.random.Generator) -> Shape:
    """A basket: a hollow body, plain or woven, with what its style puts on it."""
    dice = Dice(rng)
    style = dice.choice("style", _STYLES)
    width = dice.even("width", *_SIDES.get(style, (6, 12)))
    depth = width if style == "waste-paper basket" else min(width, dice.even("depth", 6, 10))
    height = dice.integer("wall", *_WALL.get(style, (3, 6)))
    cut = dice.choice("corners", {0: 0.45, 1: 0.35, 2: 0.2}) if min(width, depth) > 5 else 0
    flare = style != "picnic basket" and width < 12 and dice.flag("flare", 0.45)
    voxels = empty()
    facts: dict[str, Value] = {"style": style, "lid": style == "picnic basket", "round": cut == 2}
    top = _body(voxels, dice, width, depth, height, cut, flare)
    if flare:
        width, depth = width + 2, depth + 2
    facts["woven"] = _weave(voxels, dice, (width, depth), cut, 2 if flare else 1, top)
    if style == "picnic basket":
        top = _lid(voxels, dice, width, depth, top, cut)
    facts["contents"] = style == "fruit basket"
    if facts["contents"]:
        _fruit(voxels, dice, width, depth, top)
    facts["handle"] = style in ("handled basket", "picnic basket") or (
        style == "fruit basket" and dice.flag("handle", 0.5)
    )
    if facts["handle"]:
        _handle(voxels, dice, width, top - (2 if style == "picnic basket" else 0))
    facts["grips"] = style == "laundry basket" or (style == "open basket" and dice.flag("grips", 0.5))
    if facts["grips"]:
        _grips(voxels, dice, width, top)
    return finish("basket", style, voxels, dice, facts)


def _body(voxels: Voxels, dice: Dice, width: int, depth: int, height: int, cut: int, flare: bool) -> int:
    """Floor and walls, with a step outwards near the ground or none; answers the layer above the rim."""
    solid = empty()
    low = dice.integer("foot", 1, max(1, height - 3)) if flare else 0
    stamp(solid, plate(width, depth, cut), _MIDDLE, _MIDDLE, 0, height)
    if flare:
        stamp(solid, plate(width + 2, depth + 2, cut), _MIDDLE, _MIDDLE, low, height)
    voxels |= solid & ~hollow(solid, floor=1, lid=0)
    return height


def _weave(voxels: Voxels, dice: Dice, plan: tuple[int, int], cut: int, z0: int, top: int) -> bool:
    """Perhaps gaps between the canes: every third cell of every second layer, below a whole rim.

    The rear wall is shifted by one cell, so that no gap goes through both walls.
    """
    width, depth = plan
    if width < 7 or top - z0 < 3 or not dice.flag("woven", 0.45):
        return False
    x0, y0 = _MIDDLE - width // 2, _MIDDLE - depth // 2
    columns: Mask = np.any(voxels, axis=2)
    wall = voxels & ~eroded(np.repeat(columns[:, :, None], SIDE, axis=2))
    edge, gaps = max(2, cut + 1), 0
    for level, z in enumerate(range(z0, top - 1, 2)):
        for x in range(x0 + edge, x0 + width - edge):
            near, far = (x - x0 + level) % 3 == 2, (x - x0 + level) % 3 == 1
            for y, gap in ((y0, near), (y0 + depth - 1, far)):
                if gap and wall[x, y, z]:
                    voxels[x, y, z] = False
                    gaps += y == y0
        for y in range(y0 + edge, y0 + depth - edge):
            for x in (x0, x0 + width - 1):
                if (y - y0 + level) % 3 == 2 and wall[x, y, z]:
                    voxels[x, y, z] = False
    return gaps > 0


def _lid(voxels: Voxels, dice: Dice, width: int, depth: int, top: int, cut: int) -> int:
    """A closed lid two layers thick, with a rim that stands out or not; answers the layer above it."""
    brim = 1 if width < 13 and dice.flag("brim", 0.5) else 0
    stamp(voxels, plate(width + 2 * brim, depth + 2 * brim, cut), _MIDDLE, _MIDDLE, top, top + 2)
    return top + 2


def _fruit(voxels: Voxels, dice: Dice, width: int, depth: int, top: int) -> None:
    """A filling below the rim and lumps of 2x2 cells on it."""
    stamp(voxels, plate(width - 2, depth - 2), _MIDDLE, _MIDDLE, 1, top)
    stamp(voxels, plate(2, 2), _MIDDLE, _MIDDLE, top, top + 1)
    reach_x, reach_y = width // 2 - 2, depth // 2 - 2
    for lump in range(dice.integer("lumps", 3, 5)):
        dx = dice.integer(f"lump_{lump}_x", -reach_x, reach_x)
        dy = dice.integer(f"lump_{lump}_y", -reach_y, reach_y)
        stamp(voxels, plate(2, 2), _MIDDLE + dx, _MIDDLE + dy, top, top + 1)


def _handle(voxels: Voxels, dice: Dice, width: int, top: int) -> None:
    """An arch over the middle, from the left wall to the right one."""
    rise = dice.integer("handle_height", 5, 8)
    thick = dice.choice("handle_width", {2: 0.8, 4: 0.2})
    x0, x1 = _MIDDLE - width // 2, _MIDDLE + width // 2
    y0, y1 = _MIDDLE - thick // 2, _MIDDLE + thick // 2
    crown = top + rise
    for x in (x0, x1 - 1):
        box(voxels, x, x + 1, y0, y1, top, crown - 2)
    box(voxels, x0, x1, y0, y1, crown - 2, crown - 1)
    rounded = dice.flag("rounded", 0.7)
    box(voxels, x0 + rounded, x1 - rounded, y0, y1, crown - 1, crown)


def _grips(voxels: Voxels, dice: Dice, width: int, top: int) -> None:
    """A grip on either side: a bar two layers thick that stands out from the rim."""
    reach = dice.integer("grip", 1, 2)
    for x0, x1 in ((-width // 2 - reach, -width // 2 + 1), (width // 2 - 1, width // 2 + reach)):
        box(voxels, _MIDDLE + x0, _MIDDLE + x1, _MIDDLE - 1, _MIDDLE + 1, top - 2, top)
