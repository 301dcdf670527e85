"""Cars from race cars to estate cars, vans, pickup trucks and lorries. The front is at low x."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from brickgpt_engine.statements.spans import Value, Voxels
from training.data.shapes.base import Dice, Shape, box, empty, finish
from training.data.shapes.lorry import lorry
from training.data.shapes.wheels import FLOOR, wheel_length, wheel_pair

Range = tuple[int, int]


@dataclass(frozen=True)
class _Plan:
    """Ranges of one style: cells along x, layers of the body below the windows, layers of glass."""

    share: float
    length: Range = (12, 16)
    bonnet: Range = (3, 4)
    boot: Range = (2, 3)
    belt: Range = (2, 2)
    glass: Range = (1, 1)
    slopes: tuple[int, int] = (1, 1)
    """Cells by which the roof is shorter than the windows at the front and at the rear."""
    wheels: tuple[str, ...] = ("wide", "wide", "round")


_PLANS = {
    "saloon": _Plan(0.15),
    "hatchback": _Plan(0.09, (10, 13), (3, 3), (0, 0), wheels=("wide", "round", "block")),
    "estate car": _Plan(0.09, (13, 17), (3, 4), (0, 0), slopes=(1, 0)),
    "sports car": _Plan(0.09, (13, 17), (5, 6), (2, 3)),
    "race car": _Plan(0.09, (13, 17), belt=(1, 1), wheels=("big", "big", "wide")),
    "van": _Plan(0.09, (11, 16), (1, 2), (0, 0), glass=(1, 2), slopes=(1, 0)),
    "pickup truck": _Plan(0.1, (13, 17), (3, 4), wheels=("wide", "round", "big")),
    "jeep": _Plan(0.09, (11, 14), (3, 4), (0, 0), (2, 3), (1, 2), (0, 0), ("big",)),
    "limousine": _Plan(0.04, (18, 20), (4, 4), (3, 4)),
    "convertible": _Plan(0.07, (12, 16), (4, 5), (2, 3)),
    "lorry": _Plan(0.1, (14, 19), wheels=("wide", "round", "big")),
}


def sample(rng: np.random.Generator) -> Shape:
    """A car: wheels that stand out, a low body between them, a cabin where the style has one."""
    dice = Dice(rng)
    style = dice.choice("style", {name: plan.share for name, plan in _PLANS.items()})
    plan = _PLANS[style]
    length = dice.integer("length", *plan.length)
    width = 6 if style == "race car" else dice.choice("width", {6: 0.75, 7: 0.25})
    voxels = empty()
    facts: dict[str, Value] = {"style": style}
    kind = plan.wheels[dice.integer("wheel", 0, len(plan.wheels) - 1)]
    facts |= _wheels(voxels, dice, style, length, width, kind)
    if style == "lorry":
        facts |= lorry(voxels, dice, length, width)
        return finish("car", style, voxels, dice, facts)
    if style == "race car":
        facts |= _racer(voxels, dice, length, width)
        return finish("car", style, voxels, dice, facts)
    deck = FLOOR + dice.integer("belt", *plan.belt)
    box(voxels, 0, length, 1, width - 1, FLOOR, deck)
    facts |= _bumpers(voxels, dice, length, width, deck)
    bonnet = dice.integer("bonnet", *plan.bonnet)
    facts["bonnet"] = bonnet > 1
    if style == "pickup truck":
        facts |= _pickup(voxels, dice, plan, length, width, deck, bonnet)
    elif style == "convertible":
        facts |= _open_top(voxels, dice, plan, length, width, deck, bonnet)
    else:
        facts |= _closed(voxels, dice, style, length, width, deck, bonnet)
    return finish("car", style, voxels, dice, facts)


def _wheels(voxels: Voxels, dice: Dice, style: str, length: int, width: int, kind: str) -> dict[str, Value]:
    """Two or three pairs of wheels; how many wheels, and whether they are big."""
    size = wheel_length(kind)
    front = dice.integer("front_overhang", 1, 2)
    rear = length - dice.integer("rear_overhang", 1, 2) - size
    if rear - front <= size:
        rear, size, kind = rear + size - 2, 2, "block"
    spots = [front, rear]
    third = rear - size - 1
    if style in ("lorry", "limousine") and third - front > 2 * size and dice.flag("six_wheels", 0.6):
        spots.append(third)
    for x in spots:
        wheel_pair(voxels, x, width, kind)
    facts: dict[str, Value] = {"wheels": 2 * len(spots)}
    return facts | ({"wheel_size": "big"} if kind == "big" else {})


def _bumpers(voxels: Voxels, dice: Dice, length: int, width: int, deck: int) -> dict[str, Value]:
    """Bars across both ends, as wide as the wheels stand; a body of one layer cannot carry them."""
    if deck - FLOOR < 2 or not dice.flag("bumpers", 0.4):
        return {}
    for x in (0, length - 1):
        box(voxels, x, x + 1, 0, width, FLOOR, FLOOR + 1)
    return {"bumpers": True}


def cabin(
    voxels: Voxels, x0: int, x1: int, width: int, deck: int, glass: int, slopes: Range, pillar: int
) -> int:
    """Windows recessed between pillars, a roof on them; answers the layer above the roof.

    ``glass`` layers of windows stand on layer ``deck`` from ``x0`` to ``x1``; the roof is shorter
    by ``slopes`` at the front and the rear. ``pillar`` is a column that stays between the windows.
    """
    top = deck + glass
    box(voxels, x0, x1, 1, width - 1, deck, top)
    for x in range(x0 + 1, x1 - 1):
        if x != pillar:
            for y in (1, width - 2):
                box(voxels, x, x + 1, y, y + 1, deck, top, value=False)
    box(voxels, x0 + slopes[0], x1 - slopes[1], 1, width - 1, top, top + 1)
    return top + 1


def _closed(
    voxels: Voxels, dice: Dice, style: str, length: int, width: int, deck: int, bonnet: int
) -> dict[str, Value]:
    """A closed cabin, with or without a boot behind it, and perhaps something on its roof or boot."""
    plan = _PLANS[style]
    boot = dice.integer("boot", *plan.boot)
    glass = dice.integer("glass", *plan.glass)
    x0, x1 = bonnet, length - boot
    pillar = (x0 + x1 - int(dice.flag("pillar_ahead", 0.5))) // 2 if x1 - x0 > 5 else x0
    top = cabin(voxels, x0, x1, width, deck, glass, plan.slopes, pillar)
    facts: dict[str, Value] = {"roof": True, "boot": boot > 1, "windows": True}
    if plan.slopes[0]:
        facts["windscreen"] = "sloped"
    if style == "sports car":
        return facts | _spoiler(voxels, dice, length, width, deck)
    return facts | _on_roof(voxels, dice, style, x0 + plan.slopes[0], x1 - plan.slopes[1], width, top)


def _on_roof(
    voxels: Voxels, dice: Dice, style: str, x0: int, x1: int, width: int, top: int
) -> dict[str, Value]:
    """What stands on the roof: nothing, rails, a sign in the middle, or a bar of lights across it."""
    odds = {"nothing": 0.5, "rack": 0.0, "sign": 0.25, "lights": 0.25}
    if style in ("estate car", "jeep", "van"):
        odds = {"nothing": 0.5, "rack": 0.35, "sign": 0.0, "lights": 0.15}
    elif style == "limousine":
        odds = {"nothing": 1.0}
    thing = dice.choice("on_roof", odds)
    middle = (x0 + x1) // 2
    if thing == "rack":
        for y in (1, width - 2):
            box(voxels, x0, x1, y, y + 1, top, top + 1)
        return {"roof_rack": True}
    if thing == "sign":
        box(voxels, middle - 1, middle + 1, width // 2 - 1, (width + 1) // 2 + 1, top, top + 1)
        return {"roof_sign": True}
    if thing == "lights":
        box(voxels, middle, middle + 1, 1, width - 1, top, top + 1)
        return {"light_bar": True}
    return {}


def _pickup(
    voxels: Voxels, dice: Dice, plan: _Plan, length: int, width: int, deck: int, bonnet: int
) -> dict[str, Value]:
    """A short cabin, and behind it an open bed with low walls."""
    x1 = bonnet + dice.integer("cabin", 4, 6)
    cabin(voxels, bonnet, x1, width, deck, dice.integer("glass", *plan.glass), (1, 0), bonnet)
    box(voxels, x1, length, 1, width - 1, deck, deck + 1)
    box(voxels, x1, length - 1, 2, width - 2, deck - 1, deck + 1, value=False)
    facts: dict[str, Value] = {"roof": True, "cargo_bed": True, "windows": True, "windscreen": "sloped"}
    if dice.flag("load", 0.25) and length - 1 - x1 >= 4:
        box(voxels, x1 + 1, length - 2, 2, width - 2, deck - 1, deck + 2)
        facts["load"] = True
    return facts


def _open_top(
    voxels: Voxels, dice: Dice, plan: _Plan, length: int, width: int, deck: int, bonnet: int
) -> dict[str, Value]:
    """No roof: a hollow with two rows of seats or one, and a windscreen before it."""
    boot = dice.integer("boot", *plan.boot)
    x1 = length - boot
    box(voxels, bonnet + 1, x1, 2, width - 2, deck - 1, deck, value=False)
    box(voxels, bonnet, bonnet + 1, 1, width - 1, deck, deck + 1)
    seats = range(x1 - 2, bonnet + 2, -3) if dice.flag("two_rows", 0.6) else (x1 - 2,)
    for x in seats:
        box(voxels, x, x + 1, 2, width - 2, deck - 1, deck + 1)
    return {"roof": False, "boot": boot > 1, "windscreen": "upright"}


def _racer(voxels: Voxels, dice: Dice, length: int, width: int) -> dict[str, Value]:
    """A narrow body over a flat floor, a hollow for the driver, a wing at the front."""
    nose = dice.integer("nose", 4, 6)
    box(voxels, nose, length, 1, width - 1, FLOOR, FLOOR + 1)
    box(voxels, 0, nose, 1, width - 1, FLOOR, FLOOR + 1)
    box(voxels, 0, 1, 0, width, FLOOR, FLOOR + 1)
    deck = FLOOR + 2
    box(voxels, 0, length, 2, width - 2, FLOOR + 1, deck)
    seat = nose + 3
    box(voxels, nose, seat, 2, width - 2, FLOOR + 1, deck, value=False)
    box(voxels, nose, seat, 1, 2, FLOOR + 1, deck)
    box(voxels, nose, seat, width - 2, width - 1, FLOOR + 1, deck)
    box(voxels, seat, seat + dice.integer("engine", 2, 4), 2, width - 2, deck, deck + 1)
    facts: dict[str, Value] = {"roof": False, "bonnet": False, "boot": False}
    return facts | _spoiler(voxels, dice, length, width, deck, 0.85, 1)


def _spoiler(
    voxels: Voxels, dice: Dice, length: int, width: int, deck: int, odds: float = 0.6, inset: int = 0
) -> dict[str, Value]:
    """A wing as wide as the wheels stand, on two posts at the rear end."""
    if not dice.flag("spoiler", odds):
        return {"spoiler": False}
    height = dice.integer("spoiler_height", 1, 2)
    for y in (1 + inset, width - 2 - inset):
        box(voxels, length - 1, length, y, y + 1, deck, deck + height)
    box(voxels, length - 2, length, 0, width, deck + height, deck + height + 1)
    return {"spoiler": True}
