"""Airplanes: airliners, propeller planes, biplanes, jet fighters, gliders. The nose is at high x."""

from __future__ import annotations

import numpy as np

from brickgpt_engine.statements.spans import Value, Voxels
from training.data.shapes.base import SIDE, Dice, Shape, box, empty, finish

_STYLES = {"airliner": 0.3, "propeller plane": 0.25, "biplane": 0.17, "jet fighter": 0.16, "glider": 0.12}
_LENGTH = {"airliner": (13, 20), "jet fighter": (12, 17), "glider": (11, 16)}
_REACH = {"airliner": (6, 8), "jet fighter": (4, 6), "glider": (7, 9), "biplane": (5, 8)}


def sample(rng: np.random.Generator) -> Shape:
    """A fuselage with wings, a tail, and what the style adds, on wheels or on its belly."""
    dice = Dice(rng)
    style = dice.choice("style", _STYLES)
    length = dice.integer("length", *_LENGTH.get(style, (11, 15)))
    thick = dice.choice("fuselage", {2: 0.6, 4: 0.4} if style == "airliner" else {2: 1.0})
    reach = dice.integer("reach", *_REACH.get(style, (4, 7)))
    voxels = empty()
    facts: dict[str, Value] = {"style": style}
    gear = 0 if style == "glider" else dice.integer("gear", 0, 1 if style == "jet fighter" else 2)
    y0, y1 = (SIDE - thick) // 2, (SIDE + thick) // 2
    tall = max(3, thick - 1) if style == "airliner" else 2
    box(voxels, 0, length, y0, y1, gear, gear + tall)
    _nose(voxels, dice, length, thick, gear, tall)
    chord = dice.integer("chord", 2, 2 if length < 13 else 3)
    front = length * 3 // 5 + dice.integer("wing_x", -1, 1)
    swept = style in ("airliner", "jet fighter") or dice.flag("swept", 0.2)
    slope = dice.integer("slope", 1, 2) if style == "jet fighter" else 3
    _wings(voxels, front, chord, reach, gear, slope if swept else 0)
    facts |= {"swept": swept, "wing_pairs": 1}
    if style == "biplane":
        _upper_wing(voxels, front, chord, reach, gear + tall)
        facts["wing_pairs"] = 2
    facts["wheels"] = _gear(voxels, dice, front, length, thick, gear)
    _tail(voxels, dice, thick, gear + tall)
    if style == "airliner":
        _engines(voxels, dice, front, reach, gear, facts)
    if style in ("propeller plane", "biplane"):
        _propeller(voxels, length, gear + tall)
        facts["propeller"] = True
    if style != "airliner" and style != "biplane":
        box(voxels, front, front + 2, y0, y1, gear + tall, gear + tall + 1)
        facts["cockpit"] = True
    return finish("airplane", style, voxels, dice, facts)


def _nose(voxels: Voxels, dice: Dice, length: int, thick: int, gear: int, tall: int) -> None:
    """The nose loses its upper corners, or stays blunt."""
    y0, y1 = (SIDE - thick) // 2, (SIDE + thick) // 2
    if tall > 2:
        box(voxels, length - 1, length, y0, y1, gear + tall - 1, gear + tall, value=False)
        if dice.flag("long_nose", 0.5):
            box(voxels, length - 2, length, y0, y1, gear + tall - 1, gear + tall, value=False)


def _wings(voxels: Voxels, front: int, chord: int, reach: int, z: int, slope: int) -> None:
    """Two layers of wing through the fuselage; with ``slope``, one cell back for so many cells out."""
    for out in range(reach + 1):
        back = min(out // slope, front - chord - 3) if slope else 0
        for y in (SIDE // 2 - 1 - out, SIDE // 2 + out):
            box(voxels, front - chord - back, front - back, y, y + 1, z, z + 2)


def _upper_wing(voxels: Voxels, front: int, chord: int, reach: int, z: int) -> None:
    """A second wing on four struts."""
    a, b = SIDE // 2 - 1 - reach, SIDE // 2 + 1 + reach
    box(voxels, front - chord, front, a, b, z + 1, z + 3)
    for y in (a + 1, b - 2):
        box(voxels, front - chord, front - chord + 1, y, y + 1, z, z + 1)
        box(voxels, front - 1, front, y, y + 1, z, z + 1)
    box(voxels, front - chord, front, SIDE // 2 - 1, SIDE // 2 + 1, z, z + 1)


def _gear(voxels: Voxels, dice: Dice, front: int, length: int, thick: int, gear: int) -> int:
    """Two main wheels below the wings and one at the nose or the tail; how many."""
    if not gear:
        return 0
    out = dice.integer("gear_out", 1, 2) + thick // 2
    for y in (SIDE // 2 - 1 - out, SIDE // 2 + out):
        box(voxels, front - 2, front, y, y + 1, 0, gear)
    x = dice.choice("third_wheel", {"nose": 0.5, "tail": 0.5})
    x0 = length - 2 if x == "nose" else 1
    box(voxels, x0, x0 + 2, SIDE // 2 - 1, SIDE // 2 + 1, 0, gear)
    return 3


def _tail(voxels: Voxels, dice: Dice, thick: int, top: int) -> None:
    """A fin that leans back in steps, and a stabiliser across the fuselage."""
    a, b = SIDE // 2 - 1, SIDE // 2 + 1
    out = dice.integer("stabiliser", 2, 3)
    box(voxels, 0, 2, a - out, b + out, top - 1, top)
    box(voxels, 0, 3, a, b, top, top + 1)
    height = dice.integer("fin", 2, 4)
    box(voxels, 0, 2, a, b, top, top + height)


def _engines(voxels: Voxels, dice: Dice, front: int, reach: int, z: int, facts: dict[str, Value]) -> None:
    """Engines on the wings, one or two a side."""
    pairs = dice.integer("engine_pairs", 1, 2 if reach >= 7 else 1)
    for pair in range(pairs):
        out = 3 + 3 * pair
        for y in (SIDE // 2 - 1 - out, SIDE // 2 + out):
            back = out // 3
            box(voxels, front - 2 - back, front + 1 - back, y, y + 1, z + 1, z + 2)
            box(voxels, front - 2 - back, front - back, y, y + 1, z + 2, z + 3)
    facts["engines"] = 2 * pairs


def _propeller(voxels: Voxels, length: int, top: int) -> None:
    """A hub ahead of the nose, and a blade across it one layer thick with tips up and down."""
    a, b = SIDE // 2 - 1, SIDE // 2 + 1
    box(voxels, length - 3, length + 1, a, b, top - 1, top)
    box(voxels, length, length + 1, a - 2, b + 2, top, top + 1)
    box(voxels, length, length + 1, a, b, top + 1, top + 2)
