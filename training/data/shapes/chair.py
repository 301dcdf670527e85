"""Chairs: dining, rocking and pedestal chairs, armchairs, stools, thrones. The back is at high y."""

from __future__ import annotations

import numpy as np

from brickgpt_engine.statements.spans import Value, Voxels
from training.data.shapes.base import Dice, Shape, box, corners, empty, finish

_STYLES = {
    "chair": 0.40,
    "armchair": 0.20,
    "stool": 0.10,
    "bar stool": 0.06,
    "throne": 0.06,
    "rocking chair": 0.08,
    "pedestal chair": 0.06,
    "office chair": 0.12,
}
_LEG_HEIGHT = {
    "chair": (3, 5),
    "armchair": (1, 3),
    "stool": (3, 5),
    "bar stool": (7, 9),
    "throne": (2, 4),
    "rocking chair": (2, 3),
    "pedestal chair": (2, 4),
    "office chair": (3, 5),
}
_BACKS = {"solid": 0.35, "slatted": 0.25, "ladder": 0.2, "framed": 0.2}


def sample(rng: np.random.Generator) -> Shape:
    """A chair with 0, 2, 3 … legs, with or without back and armrests."""
    dice = Dice(rng)
    style = dice.choice("style", _STYLES)
    roomy = style in ("armchair", "throne", "office chair")
    width = dice.integer("width", 6 if roomy else 4, 10 if roomy else 8)
    depth = dice.integer("depth", 5 if roomy else 4, 8 if roomy else 7)
    seat_z = dice.integer("leg_height", *_LEG_HEIGHT[style])
    thickness = dice.integer("seat_thickness", 2, 3 if roomy else 2)
    voxels = empty()
    facts: dict[str, Value] = {"style": style}
    facts |= _base(voxels, dice, style, width, depth, seat_z)
    top = seat_z + thickness
    box(voxels, 0, width, 0, depth, seat_z, top)
    facts |= _back(voxels, dice, style, width, depth, top)
    facts |= _arms(voxels, dice, style, width, depth, top)
    return finish("chair", style, voxels, dice, facts)


def _base(voxels: Voxels, dice: Dice, style: str, width: int, depth: int, height: int) -> dict[str, Value]:
    """Legs, runners, a pedestal or side panels, from the ground up to ``height``."""
    if style == "pedestal chair":
        return _pedestal(voxels, dice, width, depth, height)
    if style == "office chair":
        return _star(voxels, width, depth, height)
    if style == "rocking chair":
        corners(voxels, width, depth, 1, 1, 0, height)
        rear = dice.integer("runner_rear", 2, 3)
        for x in (0, width - 1):
            box(voxels, x, x + 1, 0, depth + rear, 0, 1)
        return {"legs": 0, "base": "runners"}
    kinds = {"legs": 1.0, "panels": 0.25 if style in ("armchair", "throne", "stool") else 0.08}
    kind = dice.choice("base", kinds)
    if kind == "panels":
        for x in (0, width - 1):
            box(voxels, x, x + 1, 0, depth, 0, height)
        return {"legs": 0, "base": "panels"}
    thick = dice.choice(
        "leg", {"1x1": 0.5, "2x2": 0.25, "1x2": 0.25} if width >= 6 else {"1x1": 0.8, "1x2": 0.2}
    )
    thick_x, thick_y = int(thick[0]), int(thick[2])
    if depth - 2 * thick_y < 1:
        thick_y = 1
    if style == "stool" and dice.flag("three_legs", 0.25):
        return _three_legs(voxels, width, depth, height)
    corners(voxels, width, depth, thick_x, thick_y, 0, height)
    facts: dict[str, Value] = {"legs": 4, "base": "legs"}
    if height >= 4 and dice.flag("stretchers", 0.25):
        level = dice.integer("stretcher_level", 1, height - 2)
        for x in (0, width - 1):
            box(voxels, x, x + 1, 0, depth, level, level + 1)
        facts["stretchers"] = True
    return facts


def _three_legs(voxels: Voxels, width: int, depth: int, height: int) -> dict[str, Value]:
    """Two legs in front and one in the middle at the rear."""
    for x in (0, width - 1):
        box(voxels, x, x + 1, 0, 1, 0, height)
    middle = (width - 1) // 2
    box(voxels, middle, width - middle, depth - 1, depth, 0, height)
    return {"legs": 3, "base": "legs"}


def _pedestal(voxels: Voxels, dice: Dice, width: int, depth: int, height: int) -> dict[str, Value]:
    """One column in the middle on a plate two layers thick."""
    column_x = 2 + width % 2 if width < 7 else 4 - width % 2
    column_y = 2 + depth % 2 if depth < 7 else 4 - depth % 2
    x0, y0 = (width - column_x) // 2, (depth - column_y) // 2
    reach = dice.integer("foot_reach", 1, 2)
    plate = dice.integer("foot_thickness", 1, max(1, min(2, height - 1)))
    left, front = max(0, x0 - reach), max(0, y0 - reach)
    box(voxels, left, width - left, front, depth - front, 0, plate)
    box(voxels, x0, x0 + column_x, y0, y0 + column_y, 0, height)
    return {"legs": 0, "base": "pedestal"}


def _star(voxels: Voxels, width: int, depth: int, height: int) -> dict[str, Value]:
    """A cross of two flat feet under one column, as office chairs have."""
    thick_x, thick_y = 2 + width % 2, 2 + depth % 2
    x0, y0 = (width - thick_x) // 2, (depth - thick_y) // 2
    box(voxels, 0, width, y0, y0 + thick_y, 0, 1)
    box(voxels, x0, x0 + thick_x, 0, depth, 0, 1)
    box(voxels, x0, x0 + thick_x, y0, y0 + thick_y, 1, height)
    return {"legs": 0, "base": "star"}


def _back(voxels: Voxels, dice: Dice, style: str, width: int, depth: int, z: int) -> dict[str, Value]:
    """A backrest that starts at layer ``z``; its facts."""
    if style in ("stool", "bar stool"):
        return {"back": False}
    low, high = {"throne": (7, 10), "armchair": (4, 6), "office chair": (5, 8)}.get(style, (3, 9))
    height = dice.integer("back_height", low, high)
    kind = dice.choice("back", _BACKS if style != "throne" else {"solid": 0.7, "framed": 0.3})
    kind = _panel(voxels, dice, kind, width, depth - 1, z, z + height)
    if style == "throne" and dice.flag("finials", 0.5):
        for x in (0, width - 1):
            box(voxels, x, x + 1, depth - 1, depth, z + height, z + height + 1)
    facts: dict[str, Value] = {"back": True, "back_kind": kind}
    if height >= 6:
        facts["back_height"] = "high"
    elif height <= 4:
        facts["back_height"] = "low"
    return facts


def _panel(voxels: Voxels, dice: Dice, kind: str, width: int, y: int, z: int, top: int) -> str:
    """The backrest itself, one cell thick; answers which kind it came out as."""
    box(voxels, 0, width, y, y + 1, z, top)
    if kind == "slatted":
        step = dice.integer("slat_step", 2, 3)
        for x in range(1, width - 1):
            if min(x, width - 1 - x) % step:
                box(voxels, x, x + 1, y, y + 1, z, top - 1, value=False)
        if not voxels[1 : width - 1, y, z].any():
            kind = "framed"
    elif kind == "ladder":
        for level in range(z, top - 1):
            if (top - 1 - level) % 2:
                box(voxels, 1, width - 1, y, y + 1, level, level + 1, value=False)
    elif kind == "framed":
        box(voxels, 1, width - 1, y, y + 1, z, top - dice.integer("rail", 1, 2), value=False)
    return kind


def _arms(voxels: Voxels, dice: Dice, style: str, width: int, depth: int, z: int) -> dict[str, Value]:
    """Armrests on both sides above layer ``z``; their facts."""
    chance = {"armchair": 1.0, "throne": 0.85, "rocking chair": 0.6, "chair": 0.25, "office chair": 0.6}
    wanted = dice.flag("armrests", chance.get(style, 0.0))
    if not wanted or width < 5 or depth < 5:
        return {"armrests": False}
    height = dice.integer("arm_height", 2, 3)
    kind = dice.choice("arm", {"open": 0.5, "closed": 0.5})
    for x in (0, width - 1):
        box(voxels, x, x + 1, 0, depth - 1, z, z + height)
        if kind == "open":
            box(voxels, x, x + 1, 1, depth - 2, z, z + height - 1, value=False)
    return {"armrests": True, "arm_kind": kind}
