"""Castles: four towers around a court, with a keep, a gatehouse, forts, fairy-tale castles with spires."""

from __future__ import annotations

import numpy as np

from brickgpt_engine.statements.spans import Value, Voxels
from training.data.shapes.base import SIDE, Dice, Shape, box, empty, finish, ring

_STYLES = {"castle": 0.4, "castle with a keep": 0.15, "gatehouse": 0.25, "fairy-tale castle": 0.2}
_ORIGIN = 2


def sample(rng: np.random.Generator) -> Shape:
    """Walls with a gate between square towers with battlements or spires."""
    dice = Dice(rng)
    style = dice.choice("style", _STYLES)
    width = dice.integer("width", 10, 14)
    keep = style == "castle with a keep"
    depth = 4 if style == "gatehouse" else dice.integer("depth", 12 if keep else 8, 12)
    wall = dice.integer("wall", 3, 5 if style == "gatehouse" else 3)
    # Broad towers need a wall between them, and the keep needs the court.
    broad = 0.0 if keep or depth < 10 else 0.25
    tower = 4 if style == "gatehouse" else dice.choice("tower", {2: 1.0 - broad, 4: broad})
    height = wall + dice.integer("tower_height", 2, 6 if style == "gatehouse" else 3)
    voxels = empty()
    x1, y1 = _ORIGIN + width, _ORIGIN + depth
    if style == "gatehouse":
        box(voxels, _ORIGIN, x1, _ORIGIN + 1, y1 - 1, 0, wall)
    else:
        ring(voxels, _ORIGIN, x1, _ORIGIN, y1, 0, wall)
    spires = style == "fairy-tale castle"
    corners = [(x, y) for x in (_ORIGIN, x1 - tower) for y in sorted({_ORIGIN, y1 - tower})]
    for x, y in corners:
        box(voxels, x, x + tower, y, y + tower, 0, height)
        _top(voxels, x, y, tower, height, spires)
    if dice.flag("wall_merlons", 0.35) and style != "gatehouse":
        for x in range(_ORIGIN + tower + 1, x1 - tower - 1, 2):
            for y in (_ORIGIN, y1 - 1):
                box(voxels, x, x + 1, y, y + 1, wall, wall + 1)
    if keep:
        _keep(voxels, dice, (_ORIGIN + x1) // 2, (_ORIGIN + y1) // 2, height)
    _gate(voxels, dice, width, depth, wall)
    facts: dict[str, Value] = {"style": style, "towers": len(corners) + keep, "keep": keep}
    facts |= {"battlements": not spires, "spires": spires, "gate": True}
    return finish("castle", style, voxels, dice, facts)


def _top(voxels: Voxels, x: int, y: int, size: int, z: int, spire: bool) -> None:
    """Merlons on the corners of a tower, or a pointed roof."""
    if not spire:
        for a in (x, x + size - 1):
            for b in (y, y + size - 1):
                if size > 2 or (a == x) == (b == y):
                    box(voxels, a, a + 1, b, b + 1, z, z + 1)
        return
    inset = 1 if size > 2 else 0
    box(voxels, x + inset, x + size - inset, y + inset, y + size - inset, z, min(SIDE, z + 2 + inset))


def _keep(voxels: Voxels, dice: Dice, x: int, y: int, height: int) -> None:
    """A taller tower in the middle of the court."""
    top = height + dice.integer("keep_height", 1, 4)
    box(voxels, x - 2, x + 2, y - 2, y + 2, 0, top)
    _top(voxels, x - 2, y - 2, 4, top, False)


def _gate(voxels: Voxels, dice: Dice, width: int, depth: int, wall: int) -> None:
    """An opening in the middle of the front wall, through the whole of a gatehouse."""
    wide = 2 + width % 2
    left = _ORIGIN + (width - wide) // 2
    rear = _ORIGIN + (depth if depth == 4 else 1)
    box(voxels, left, left + wide, _ORIGIN, rear, 0, min(wall - 2, dice.integer("gate", 2, 3)), value=False)
