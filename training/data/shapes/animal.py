"""Animals on four legs, dog to giraffe; other kinds are in ``creatures``. The head is at high x."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from brickgpt_engine.statements.spans import Value, Voxels
from training.data.shapes.base import Dice, Shape, box, corners, empty, finish
from training.data.shapes.creatures import CREATURES

Range = tuple[int, int]


@dataclass(frozen=True)
class Build:
    """Ranges in cells of the parts of a four-legged animal; a head sits ``neck`` layers above the back."""

    share: float
    legs: Range
    length: Range
    width: Range
    body: Range
    neck: Range
    head: Range
    snout: Range
    ears: str
    tail: str


_BUILDS = {
    "dog": Build(0.14, (2, 3), (6, 9), (3, 4), (2, 3), (0, 1), (3, 4), (1, 2), "floppy", "up"),
    "cat": Build(0.12, (2, 3), (6, 8), (3, 4), (2, 2), (0, 1), (3, 3), (0, 0), "pointed", "high"),
    "giraffe": Build(0.09, (4, 6), (5, 7), (3, 3), (2, 3), (4, 6), (2, 3), (1, 2), "horns", "down"),
    "horse": Build(0.1, (3, 5), (7, 9), (3, 4), (2, 3), (2, 3), (2, 3), (1, 2), "pointed", "down"),
    "elephant": Build(0.09, (2, 3), (7, 9), (5, 6), (4, 5), (0, 0), (4, 4), (0, 0), "wide", "down"),
    "rabbit": Build(0.08, (1, 1), (5, 6), (3, 4), (3, 4), (0, 0), (3, 3), (0, 0), "long", "stub"),
    "cow": Build(0.06, (2, 3), (7, 9), (4, 5), (3, 4), (0, 0), (3, 3), (1, 1), "horns", "down"),
    "pig": Build(0.06, (1, 2), (6, 8), (4, 4), (3, 4), (0, 0), (2, 2), (1, 1), "pointed", "stub"),
    "camel": Build(0.06, (4, 5), (10, 10), (3, 4), (2, 2), (4, 5), (2, 3), (1, 2), "pointed", "down"),
}


def sample(rng: np.random.Generator) -> Shape:
    """An animal of one of the kinds."""
    dice = Dice(rng)
    shares = {name: build.share for name, build in _BUILDS.items()}
    style = dice.choice("style", shares | {name: share for name, (share, _) in CREATURES.items()})
    voxels = empty()
    facts: dict[str, Value] = {"style": style}
    if style in CREATURES:
        facts |= CREATURES[style][1](voxels, dice)
    else:
        facts |= _beast(voxels, dice, _BUILDS[style], style)
    return finish("animal", style, voxels, dice, facts)


def _beast(voxels: Voxels, dice: Dice, build: Build, style: str) -> dict[str, Value]:
    """Legs, body, neck, head, ears and tail; everything is drawn three cells from the edge for the tail."""
    legs = dice.integer("leg_height", *build.legs)
    length = dice.integer("length", *build.length)
    width = dice.integer("width", *build.width)
    thick = 2 if width >= 5 else 1
    corners(voxels, length, width, dice.integer("leg", thick, 2), thick, 0, legs)
    top = legs + dice.integer("body", *build.body)
    box(voxels, 0, length, 0, width, legs, top)
    neck = dice.integer("neck", *build.neck)
    head = dice.integer("head", *build.head)
    low = top + neck - (2 if neck == 0 else 0)
    inset = 1 if width >= 5 and neck > 1 else 0
    start = length - 2 if neck else length - 1
    if neck:
        box(voxels, start, length, inset, width - inset, top, low)
    front = start + head
    tall = dice.integer("head_height", 2, 3) + (2 if neck == 0 else 0)
    box(voxels, start, front, inset, width - inset, low, low + tall)
    snout = dice.integer("snout", *build.snout)
    box(voxels, front - 1, front + snout, inset, width - inset, low, low + 2)
    _ears(voxels, build.ears, (start, front, inset, width - inset), low + tall)
    if style == "elephant":
        _trunk(voxels, dice, front, width, low)
    facts: dict[str, Value] = {"legs": 4, "ears": 2, "tail": True}
    if style == "camel":
        facts["humps"] = _humps(voxels, dice, width, top)
    _tail(voxels, dice, build.tail, width, top)
    return facts | ({"neck": "long"} if neck >= 4 else {})


def _ears(voxels: Voxels, kind: str, head: tuple[int, int, int, int], z: int) -> None:
    """Two ears or horns on top of a head that spans ``head`` (x0, x1, y0, y1)."""
    x0, x1, y0, y1 = head
    for y in (y0, y1 - 1):
        tall = {"long": 4, "horns": 2}.get(kind, 1)
        box(voxels, x0, x0 + 1, y, y + 1, z, z + tall)
        if kind == "wide":
            box(voxels, x0, x0 + 2, y, y + 1, z, z + 1)
        elif kind == "floppy":
            box(voxels, x0, min(x0 + 2, x1), y, y + 1, z, z + 1)


def _humps(voxels: Voxels, dice: Dice, width: int, z: int) -> int:
    """One broad hump on the back, or two with a gap between them; answers how many."""
    humps = dice.integer("humps", 1, 2)
    if humps == 1:
        box(voxels, 3, 7, 0, width, z, z + 1)
        box(voxels, 4, 6, 0, width, z + 1, z + 3)
        return 1
    for x in (2, 5):
        box(voxels, x, x + 2, 0, width, z, z + 2)
    return 2


def _trunk(voxels: Voxels, dice: Dice, front: int, width: int, low: int) -> None:
    """A trunk from the face down, which may curl forward at its end."""
    y0, y1 = (width - 1) // 2, (width - 1) // 2 + 2 - width % 2
    box(voxels, front - 2, front + 1, y0, y1, low + 1, low + 3)
    end = dice.integer("trunk_end", 1, max(1, low - 1))
    box(voxels, front, front + 1, y0, y1, end, low + 1)
    if dice.flag("curl", 0.6):
        box(voxels, front, front + 2, y0, y1, end, end + 1)


def _tail(voxels: Voxels, dice: Dice, kind: str, width: int, top: int) -> None:
    """A tail laid on the back that reaches past it; the whole animal moves forward to make room."""
    reach = 1 if kind == "stub" else dice.integer("tail", 1, 2)
    voxels[:] = np.roll(voxels, reach, axis=0)
    y0, y1 = (width - 1) // 2, (width - 1) // 2 + 2 - width % 2
    box(voxels, 0, reach + 2, y0, y1, top, top + 1)
    if kind in ("up", "high"):
        box(voxels, 0, 1, y0, y1, top + 1, top + (2 if kind == "up" else 4))
    elif kind == "down":
        box(voxels, 0, 1, y0, y1, top - dice.integer("tail_drop", 1, 2), top)
