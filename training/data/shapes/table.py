"""Tables: dining and coffee tables, desks, consoles, pedestal and trestle tables."""

from __future__ import annotations

import numpy as np

from brickgpt_engine.statements.spans import Value, Voxels
from training.data.shapes.base import Dice, Shape, box, corners, empty, finish
from training.data.shapes.masks import disc, stamp

_STYLES = {
    "table": 0.30,
    "dining table": 0.16,
    "coffee table": 0.16,
    "desk": 0.14,
    "console table": 0.08,
    "side table": 0.08,
    "bar table": 0.08,
    "round table": 0.14,
}
_SIZES = {  # width, depth, height under the top
    "table": ((6, 12), (5, 9), (3, 7)),
    "dining table": ((9, 14), (6, 9), (5, 7)),
    "coffee table": ((7, 12), (5, 8), (2, 3)),
    "desk": ((9, 13), (5, 7), (5, 6)),
    "console table": ((9, 14), (3, 4), (5, 8)),
    "side table": ((4, 6), (4, 6), (3, 6)),
    "bar table": ((4, 8), (4, 6), (8, 11)),
    "round table": ((6, 9), (6, 9), (3, 7)),
}


def sample(rng: np.random.Generator) -> Shape:
    """A table: a slab two layers thick on legs, panels, trestles or a pedestal."""
    dice = Dice(rng)
    style = dice.choice("style", _STYLES)
    widths, depths, heights = _SIZES[style]
    width = dice.integer("width", *widths)
    depth = dice.integer("depth", *(depths if style != "round table" else (width, width)))
    height = dice.integer("height", *heights)
    voxels = empty()
    facts: dict[str, Value] = {"style": style}
    kind = _support_kind(dice, style, width, depth)
    facts |= _SUPPORTS[kind](voxels, dice, width, depth, height)
    facts["base"] = kind
    top = height + dice.choice("top_thickness", {2: 0.85, 3: 0.15} if width * depth < 70 else {2: 1.0})
    if style == "round table":
        stamp(voxels, disc(width), width / 2, width / 2, height, top)
        return finish("table", style, voxels, dice, facts | {"round": True})
    box(voxels, 0, width, 0, depth, height, top)
    if min(width, depth) >= 6 and kind != "panels" and dice.flag("cut_corners", 0.15):
        _cut_corners(voxels, width, depth, height, top)
        facts["corners"] = "cut"
    facts |= _furnish(voxels, dice, style, width, depth, height, top)
    return finish("table", style, voxels, dice, facts)


def _support_kind(dice: Dice, style: str, width: int, depth: int) -> str:
    if style == "round table":
        return dice.choice("base", {"pedestal": 1.0})
    options = {"legs": 1.0, "panels": 0.15, "trestle": 0.12}
    if style in ("side table", "bar table") or (width <= 9 and depth >= 5 and style == "table"):
        options["pedestal"] = 0.5
    if width >= 11:
        options["six legs"] = 0.3
    if style == "desk":
        options |= {"drawers": 0.5, "two drawers": 0.3}
    return dice.choice("base", options)


def _legs(voxels: Voxels, dice: Dice, width: int, depth: int, height: int) -> dict[str, Value]:
    wide = width >= 7 and depth >= 6
    thick = dice.choice(
        "leg",
        {"1x1": 0.45, "2x2": 0.35, "2x1": 0.2} if wide else {"1x1": 0.8, "2x1": 0.2 if width > 4 else 0.0},
    )
    inset = dice.integer("inset", 0, 1) if wide and depth > 6 else 0
    corners(voxels, width, depth, int(thick[0]), int(thick[2]), 0, height, inset)
    facts: dict[str, Value] = {"legs": 4}
    if thick != "1x1":
        facts["leg_kind"] = "thick"
    if height >= 5 and width <= 9 and dice.flag("lower_shelf", 0.3):
        level = dice.integer("shelf_level", 1, height - 4)
        box(voxels, inset, width - inset, inset, depth - inset, level, level + 2)
        facts["lower_shelf"] = True
    return facts


def _six_legs(voxels: Voxels, dice: Dice, width: int, depth: int, height: int) -> dict[str, Value]:
    thick = 2 if width % 2 == 0 else 1
    middle = (width - thick) // 2
    for x in (0, middle, width - thick):
        for y in (0, depth - 1):
            box(voxels, x, x + thick, y, y + 1, 0, height)
    dice.params["leg"] = f"{thick}x1"
    return {"legs": 6}


def _panels(voxels: Voxels, dice: Dice, width: int, depth: int, height: int) -> dict[str, Value]:
    thick = dice.integer("panel", 1, 2 if width >= 8 else 1)
    box(voxels, 0, thick, 0, depth, 0, height)
    box(voxels, width - thick, width, 0, depth, 0, height)
    facts: dict[str, Value] = {"legs": 0}
    if width >= 6 and dice.flag("modesty_panel", 0.3):
        box(voxels, 0, width, depth - 1, depth, 1, height)
        facts["back_panel"] = True
    return facts


def _trestle(voxels: Voxels, dice: Dice, width: int, depth: int, height: int) -> dict[str, Value]:
    """Two feet across the depth, each with a central post."""
    inset = dice.integer("inset", 0, 1)
    post = 2 if depth % 2 == 0 else 1
    y0 = (depth - post) // 2
    for x in (inset, width - 2 - inset):
        box(voxels, x, x + 2, 0, depth, 0, 1)
        box(voxels, x, x + 2, y0, y0 + post, 0, height)
        box(voxels, x, x + 2, max(0, y0 - 1), min(depth, y0 + post + 1), height - 1, height)
    return {"legs": 0}


def _pedestal(voxels: Voxels, dice: Dice, width: int, depth: int, height: int) -> dict[str, Value]:
    column_x, column_y = (2 + size % 2 if size < 7 else 4 - size % 2 for size in (width, depth))
    x0, y0 = (width - column_x) // 2, (depth - column_y) // 2
    reach = dice.integer("foot_reach", 1, 2)
    left, front = max(0, x0 - reach), max(0, y0 - reach)
    box(voxels, left, width - left, front, depth - front, 0, 1)
    box(voxels, x0, x0 + column_x, y0, y0 + column_y, 0, height)
    return {"legs": 0}


def _drawers(voxels: Voxels, dice: Dice, width: int, depth: int, height: int) -> dict[str, Value]:
    """A drawer cabinet at one side, two legs at the other."""
    cabinet = dice.integer("cabinet", 3, 4)
    side = dice.choice("cabinet_side", {"left": 0.5, "right": 0.5})
    x0, leg = (0, width - 1) if side == "left" else (width - cabinet, 0)
    box(voxels, x0, x0 + cabinet, 0, depth, 1, height)
    box(voxels, x0, x0 + cabinet, 1, depth, 0, 1)
    box(voxels, x0 + 1, x0 + cabinet - 1, 1, depth - 1, 0, height - 1, value=False)
    for y in (0, depth - 1):
        box(voxels, leg, leg + 1, y, y + 1, 0, height)
    return {"legs": 2, "cabinets": 1}


def _two_drawers(voxels: Voxels, dice: Dice, width: int, depth: int, height: int) -> dict[str, Value]:
    """A drawer cabinet at each side."""
    for x0 in (0, width - 3):
        box(voxels, x0, x0 + 3, 0, depth, 0, height)
        box(voxels, x0 + 1, x0 + 2, 1, depth - 1, 0, height, value=False)
    dice.params["cabinet"] = 3
    return {"legs": 0, "cabinets": 2}


_SUPPORTS = {
    "legs": _legs,
    "six legs": _six_legs,
    "panels": _panels,
    "trestle": _trestle,
    "pedestal": _pedestal,
    "drawers": _drawers,
    "two drawers": _two_drawers,
}


def _cut_corners(voxels: Voxels, width: int, depth: int, z0: int, z1: int) -> None:
    """Take one cell off each corner of the top; the bottom layer keeps those that stand on a leg."""
    for x in (0, width - 1):
        for y in (0, depth - 1):
            below = bool(voxels[x, y, z0 - 1])
            box(voxels, x, x + 1, y, y + 1, z0 + int(below), z1, value=False)


def _furnish(
    voxels: Voxels, dice: Dice, style: str, width: int, depth: int, height: int, top: int
) -> dict[str, Value]:
    """What stands on the top: a hutch at the back of a desk, a monitor, a vase."""
    if style == "desk" and dice.flag("hutch", 0.25):
        rise = dice.integer("hutch_height", 2, 4)
        box(voxels, 0, width, depth - 1, depth, top, top + rise)
        return {"hutch": True}
    if style in ("table", "dining table", "coffee table") and depth >= 5 and dice.flag("vase", 0.12):
        size = 2 if (width % 2, depth % 2) == (0, 0) else 1
        x, y = (width - size) // 2, (depth - size) // 2
        box(voxels, x, x + size, y, y + size, top, top + dice.integer("vase_height", 2, 3))
        return {"vase": True}
    return {}
