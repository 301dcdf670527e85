"""Bookshelves: open and closed-back cases, étagères, stepped cases, divided cases. The front is at low y."""

from __future__ import annotations

import numpy as np

from brickgpt_engine.statements.spans import Value, Voxels
from training.data.shapes.base import Dice, Shape, box, corners, empty, finish

_STYLES = {
    "bookcase": 0.35,
    "bookshelf": 0.25,
    "étagère": 0.15,
    "divided bookcase": 0.15,
    "stepped shelf": 0.10,
}


def sample(rng: np.random.Generator) -> Shape:
    """A bookshelf with two to six boards between side walls or posts."""
    dice = Dice(rng)
    style = dice.choice("style", _STYLES)
    boards = dice.choice("boards", {2: 0.1, 3: 0.25, 4: 0.35, 5: 0.2, 6: 0.1})
    width = dice.integer(
        "width", 7 if style == "divided bookcase" else 4, 12 if style == "divided bookcase" else 10
    )
    depth = dice.integer("depth", 2, 4)
    thick = 2 if width > 8 or depth > 2 or dice.flag("thick_boards", 0.3) else 1
    feet = dice.integer("feet", 0, 1)
    room = (20 - feet - boards * thick) // max(1, boards - 1)
    gap = dice.integer("gap", 2, max(2, min(4, room)))
    while feet + boards * thick + (boards - 1) * gap > 20:
        boards -= 1
    dice.params["boards"] = boards
    voxels = empty()
    top = feet + boards * thick + (boards - 1) * gap
    levels = [feet + i * (thick + gap) for i in range(boards)]
    facts: dict[str, Value] = {"style": style, "tiers": boards}
    _sides(voxels, dice, style, width, depth, feet, top)
    for level in levels:
        box(voxels, 0, width, 0, depth, level, level + thick)
    facts |= _back(voxels, dice, style, width, depth, feet, top)
    facts |= _dividers(voxels, dice, style, width, depth, levels, thick)
    if style == "stepped shelf":
        _step(voxels, width, depth, levels, thick, top)
    else:
        facts |= _books(voxels, dice, width, depth, levels, thick, gap)
    facts["feet"] = feet > 0
    return finish("bookshelf", style, voxels, dice, facts)


def _sides(voxels: Voxels, dice: Dice, style: str, width: int, depth: int, feet: int, top: int) -> None:
    """Posts at the corners or full side walls; feet below the first board."""
    if style == "étagère":
        corners(voxels, width, depth, 1, 1, 0, top)
        return
    for x in (0, width - 1):
        box(voxels, x, x + 1, 0, depth, 0, top)
    if feet and depth > 2:
        box(voxels, 0, width, 1, depth - 1, 0, 1, value=False)


def _back(
    voxels: Voxels, dice: Dice, style: str, width: int, depth: int, feet: int, top: int
) -> dict[str, Value]:
    if style in ("étagère", "stepped shelf") or not dice.flag("back", 0.4):
        return {"back": False}
    box(voxels, 0, width, depth - 1, depth, feet, top)
    return {"back": True}


def _dividers(
    voxels: Voxels, dice: Dice, style: str, width: int, depth: int, levels: list[int], thick: int
) -> dict[str, Value]:
    """A vertical wall in the middle."""
    if style != "divided bookcase":
        return {"divider": False}
    middle = (width - 1) // 2
    wall = 1 + (width % 2 == 0)
    box(voxels, middle, middle + wall, 0, depth, levels[0], levels[-1] + thick)
    return {"divider": True}


def _step(voxels: Voxels, width: int, depth: int, levels: list[int], thick: int, top: int) -> None:
    """Take the front column away above the middle, so that the upper boards are shallower."""
    if depth > 2:
        half = levels[len(levels) // 2] - 1
        box(voxels, 0, width, 0, 1, half, top, value=False)


def _books(
    voxels: Voxels, dice: Dice, width: int, depth: int, levels: list[int], thick: int, gap: int
) -> dict[str, Value]:
    """Rows of books standing on some boards, one cell lower than the gap or filling it."""
    if not dice.flag("books", 0.35):
        return {"books": False}
    for number, level in enumerate(levels[:-1]):
        side = dice.choice(f"books_{number}", {"none": 0.4, "left": 0.3, "right": 0.3})
        if side == "none":
            continue
        length = dice.integer(f"row_{number}", 1, max(1, width // 2 - 2))
        height = dice.integer(f"tall_{number}", max(1, gap - 2), gap - 1)
        x0 = 1 if side == "left" else width - 1 - length
        base = level + thick
        box(voxels, x0, x0 + length, 0, depth, base, base + height)
    return {"books": any(dice.params.get(f"books_{i}", "none") != "none" for i in range(len(levels) - 1))}
