"""Cars from limousines to race cars, vans and pickup trucks. The front is at low x."""

from __future__ import annotations

import numpy as np

from training.data.shapes.base import Dice, Shape, Span, Value, Voxels, box, empty, finish

PROPORTIONS = {
    "length": Span(0, "short", 9, "long", 15),
    "height": Span(2, "low", 5, "tall", 8),
    "width": Span(1, "narrow", 4, "wide", 7),
    "size": Span(3, "small", 21, "large", 27),
}

_STYLES = {
    "saloon": 0.16,
    "hatchback": 0.08,
    "sports car": 0.16,
    "race car": 0.12,
    "van": 0.12,
    "pickup truck": 0.13,
    "jeep": 0.1,
    "limousine": 0.06,
    "convertible": 0.09,
}
_LENGTH = {"limousine": (16, 19), "van": (9, 14), "jeep": (8, 12), "pickup truck": (11, 16)}
_BONNET = {
    "sports car": (4, 5),
    "race car": (4, 6),
    "hatchback": (2, 3),
    "van": (0, 1),
    "pickup truck": (2, 3),
}
_CABIN = {"sports car": (1, 2), "race car": (1, 1), "van": (3, 4), "jeep": (3, 4), "convertible": (1, 1)}
_BOOT = {"van": (0, 0), "jeep": (0, 0), "hatchback": (0, 0), "race car": (0, 3)}
_LOW = ("sports car", "race car")


def sample(rng: np.random.Generator) -> Shape:
    """A car: wheels, chassis, body, and a cabin where the style has one."""
    dice = Dice(rng)
    style = dice.choice("style", _STYLES)
    length = dice.integer("length", *_LENGTH.get(style, (9, 15)))
    width = dice.integer("width", 4, 7)
    voxels = empty()
    facts: dict[str, Value] = {"style": style}
    floor = _wheels(voxels, dice, style, length, width, facts)
    deck = floor + dice.integer("body_height", 1, 1 if style in _LOW else 2)
    box(voxels, 0, length, 0, width, floor, deck)
    bonnet = dice.integer("bonnet", *_BONNET.get(style, (2, 4)))
    if style == "pickup truck":
        facts |= _pickup(voxels, dice, length, width, deck, bonnet)
    elif style == "convertible":
        facts |= _open_top(voxels, dice, length, width, deck, bonnet)
    else:
        facts |= _cabin(voxels, dice, style, length, width, deck, bonnet)
    if style in _LOW:
        facts |= _spoiler(voxels, dice, style, length, width, deck)
    return finish("car", style, voxels, dice, facts, PROPORTIONS)


def _wheels(voxels: Voxels, dice: Dice, style: str, length: int, width: int, facts: dict[str, Value]) -> int:
    """Wheels in arches, with sills between them or not; answers the layer on which the body begins."""
    big = style == "jeep" or (style != "limousine" and dice.flag("big_wheels", 0.45))
    wheel = 3 if big and length >= 11 else 2
    front = dice.integer("front_overhang", 0, 2)
    rear = dice.integer("rear_overhang", 0, 2)
    spots = [front, length - rear - wheel]
    third = length - rear - 2 * wheel - 1
    if style in ("limousine", "pickup truck") and third > front + wheel + 1 and dice.flag("six_wheels", 0.35):
        spots.append(third)
    height = 2
    sills = int(dice.flag("sills", 0.75))
    box(voxels, 0, length, 1 - sills, width - 1 + sills, 1, height)
    for y in (0, width - 1):
        for x in spots:
            box(voxels, max(0, x - 1), min(length, x + wheel + 1), y, y + 1, 1, height, value=False)
        for x in spots:
            box(voxels, x, x + wheel, y, y + 1, 0, height)
    facts["wheels"] = 2 * len(spots)
    if wheel == 3:
        facts["wheel_size"] = "big"
    return height


def _cabin(
    voxels: Voxels, dice: Dice, style: str, length: int, width: int, deck: int, bonnet: int
) -> dict[str, Value]:
    """A closed cabin, with or without a boot behind it, roof rack or taxi sign above it."""
    long_roof = style in ("van", "jeep", "limousine")
    boot = dice.integer("boot", *_BOOT.get(style, (1, 3)))
    height = dice.integer("cabin_height", *_CABIN.get(style, (2, 3)))
    x0, x1 = bonnet, length - boot
    inset = 1 if style == "race car" or (width >= 6 and dice.flag("narrow_cabin", 0.3)) else 0
    if style == "race car":
        x0, x1 = bonnet, min(x1 - 2, bonnet + dice.integer("cockpit", 3, 4))
    top = deck + height
    box(voxels, x0, x1, inset, width - inset, deck, top)
    facts: dict[str, Value] = {"roof": True, "boot": boot > 1 and style != "race car", "bonnet": bonnet > 1}
    if height >= 3 and dice.flag("windows", 0.6):
        _windows(voxels, dice, x0, x1, inset, width - inset, deck + 1, top - 1)
        facts["windows"] = True
    elif height == 2 and x1 - x0 >= 5 and dice.flag("sloped", 0.5):
        box(voxels, x0, x0 + 1, inset, width - inset, top - 1, top, value=False)
        facts["windscreen"] = "sloped"
    if style not in _LOW:
        facts |= _roof(voxels, dice, x0, x1, inset, width - inset, top, long_roof)
    return facts


def _windows(voxels: Voxels, dice: Dice, x0: int, x1: int, y0: int, y1: int, z0: int, z1: int) -> None:
    """Recesses one cell deep in both sides, between pillars at the ends and one in the middle."""
    pillar = dice.integer("pillar", x0 + 2, x1 - 3) if x1 - x0 > 5 else x0
    for x in range(x0 + 1, x1 - 1):
        if x != pillar:
            for y in (y0, y1 - 1):
                box(voxels, x, x + 1, y, y + 1, z0, z1, value=False)


def _roof(
    voxels: Voxels, dice: Dice, x0: int, x1: int, y0: int, y1: int, top: int, long_roof: bool
) -> dict[str, Value]:
    """What stands on the roof."""
    thing = dice.choice("on_roof", {"nothing": 0.7, "rack": 0.2 if long_roof else 0.05, "sign": 0.1})
    if thing == "rack" and x1 - x0 >= 4:
        for y in (y0, y1 - 1):
            box(voxels, x0 + 1, x1 - 1, y, y + 1, top, top + 1)
        return {"roof_rack": True}
    if thing == "sign":
        middle = (x0 + x1) // 2
        box(voxels, middle - 1, middle + 1, (y0 + y1) // 2 - 1, (y0 + y1 + 1) // 2 + 1, top, top + 1)
        return {"roof_sign": True}
    return {}


def _pickup(voxels: Voxels, dice: Dice, length: int, width: int, deck: int, bonnet: int) -> dict[str, Value]:
    """A short cabin, and behind it an open bed with low walls."""
    cabin = dice.integer("cabin", 3, 5)
    height = dice.integer("cabin_height", 2, 3)
    wall = dice.integer("bed_wall", 1, 2)
    x1 = bonnet + cabin
    box(voxels, bonnet, x1, 0, width, deck, deck + height)
    box(voxels, x1, length, 0, width, deck, deck + wall)
    box(voxels, x1, length - 1, 1, width - 1, deck, deck + wall, value=False)
    facts: dict[str, Value] = {"roof": True, "cargo_bed": True, "bonnet": bonnet > 1}
    if dice.flag("load", 0.3) and length - 1 - x1 >= 4:
        box(voxels, x1 + 1, length - 2, 1, width - 1, deck, deck + wall + dice.integer("load_height", 0, 1))
        facts["load"] = True
    return facts


def _open_top(
    voxels: Voxels, dice: Dice, length: int, width: int, deck: int, bonnet: int
) -> dict[str, Value]:
    """No roof: low side walls, a windscreen, and seats."""
    boot = dice.integer("boot", 1, 3)
    x1 = length - boot
    box(voxels, bonnet, x1, 0, width, deck, deck + 1)
    box(voxels, bonnet + 1, x1 - 1, 1, width - 1, deck, deck + 1, value=False)
    box(voxels, bonnet, bonnet + 1, 0, width, deck + 1, deck + 1 + dice.integer("windscreen", 1, 2))
    if x1 - bonnet >= 5:
        box(voxels, x1 - 2, x1, 1, width - 1, deck, deck + 2)
    return {"roof": False, "bonnet": bonnet > 1, "boot": boot > 1}


def _spoiler(voxels: Voxels, dice: Dice, style: str, length: int, width: int, deck: int) -> dict[str, Value]:
    """A rear wing on two posts."""
    if not dice.flag("spoiler", 0.85 if style == "race car" else 0.5):
        return {"spoiler": False}
    height = dice.integer("spoiler_height", 1, 2)
    if voxels[length - 1, :, deck].any() and height == 1:
        height = 2
    for y in (0, width - 1):
        box(voxels, length - 1, length, y, y + 1, deck, deck + height)
    box(voxels, length - 2, length, 0, width, deck + height, deck + height + 1)
    return {"spoiler": True}
