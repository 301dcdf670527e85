"""Trains: steam and diesel locomotives, coaches, freight wagons, trams, bullet trains, trains of two cars.

The front is at low x. Pairs of wheels stand out at both sides of a frame that hangs between them.
"""

from __future__ import annotations

import numpy as np

from brickgpt_engine.statements.spans import Value, Voxels
from training.data.shapes.base import Dice, Shape, box, empty, finish
from training.data.shapes.wheels import FLOOR, wheel_length, wheel_pair

_STYLES = {
    "steam locomotive": 0.22,
    "tank engine": 0.1,
    "diesel locomotive": 0.14,
    "train": 0.18,
    "coach": 0.11,
    "freight wagon": 0.1,
    "tram": 0.09,
    "bullet train": 0.08,
}
DECK = FLOOR + 1
"""Layer on which bodies stand, above a frame one layer thick."""


def sample(rng: np.random.Generator) -> Shape:
    """A locomotive, a car or a short train."""
    dice = Dice(rng)
    style = dice.choice("style", _STYLES)
    width = dice.choice("width", {6: 0.85, 7: 0.15})
    voxels = empty()
    facts: dict[str, Value] = {"style": style}
    facts |= _BUILDERS[style](voxels, dice, width)
    return finish("train", style, voxels, dice, facts)


def _wheels(voxels: Voxels, dice: Dice, name: str, x0: int, x1: int, width: int, kind: str = "block") -> int:
    """A low frame from ``x0`` to ``x1`` between as many pairs of wheels as drawn; how many wheels."""
    size = wheel_length(kind)
    if x1 - x0 < 2 * size + 1:
        size, kind = 2, "block"
    most = (x1 - x0 + 1) // (size + 1)
    pairs = dice.integer(f"{name}_axles", min(most, 2 if x1 - x0 < 10 else 3), min(most, 4))
    last = x1 - x0 - size
    box(voxels, x0, x1, 1, width - 1, FLOOR, DECK)
    inset = dice.integer(f"{name}_overhang", 0, 1) if last - 2 >= (size + 1) * (pairs - 1) else 0
    for pair in range(pairs):
        wheel_pair(voxels, x0 + inset + (pair * (last - 2 * inset)) // max(1, pairs - 1), width, kind)
    return 2 * pairs


def _windows(voxels: Voxels, x0: int, x1: int, width: int, z: int, step: int, inset: int) -> None:
    """Windows one cell deep, two layers tall, with a pillar every ``step`` cells, in both sides."""
    for x in range(x0, x1):
        if (x - x0) % step < step - 1:
            for y in (inset, width - 1 - inset):
                box(voxels, x, x + 1, y, y + 1, z, z + 2, value=False)


def _steam_engine(
    voxels: Voxels, dice: Dice, name: str, x0: int, x1: int, width: int, tanks: bool = False
) -> dict[str, Value]:
    """A round boiler with chimney and perhaps a dome, and a cab as wide as the wheels at the rear."""
    wheels = _wheels(
        voxels, dice, name, x0, x1, width, dice.choice(f"{name}_wheel", {"wide": 0.7, "block": 0.3})
    )
    cab = dice.integer(f"{name}_cab", 3, 4 if x1 - x0 > 9 else 3)
    rear = x1 - cab
    top = DECK + dice.integer(f"{name}_boiler", 2, 3)
    box(voxels, x0, rear, 1, width - 1, DECK, top - 1)
    box(voxels, x0, rear, 2, width - 2, top - 1, top)
    tall = top + dice.integer(f"{name}_cab_height", 1, 2)
    box(voxels, rear, x1, 0, width, DECK, tall)
    _windows(voxels, rear + 1, x1 - 1, width, tall - 2, cab, 0)
    roof = int(dice.flag(f"{name}_roof", 0.6))
    box(voxels, rear - roof, x1, 0, width, tall, tall + 1)
    thick, y0 = 2 - width % 2, (width - 1) // 2
    front = x0 + dice.integer(f"{name}_chimney_x", 0, 1)
    box(voxels, front, front + 2, y0, y0 + thick, top, top + dice.integer(f"{name}_chimney", 2, 3))
    facts: dict[str, Value] = {"wheels": wheels, "chimney": True, "cab": True, "boiler": True}
    if tanks:
        box(voxels, x0 + 3, rear, 0, width, DECK, DECK + 1)
        facts["tanks"] = True
    room = rear - roof - (front + 2)
    if room >= 4 and dice.flag(f"{name}_dome", 0.6):
        box(voxels, front + 2 + room // 2 - 1, front + 2 + room // 2 + 1, y0, y0 + thick, top, top + 1)
        facts["dome"] = True
    return facts


def _steam(voxels: Voxels, dice: Dice, width: int) -> dict[str, Value]:
    """A steam locomotive with or without a cowcatcher."""
    length = dice.integer("length", 10, 16)
    facts = _steam_engine(voxels, dice, "engine", 2, 2 + length, width)
    if dice.flag("cowcatcher", 0.45):
        box(voxels, 0, 3, 1, width - 1, FLOOR, DECK)
        box(voxels, 1, 3, 1, width - 1, DECK, DECK + 1)
        facts["cowcatcher"] = True
    return facts


def _tank_engine(voxels: Voxels, dice: Dice, width: int) -> dict[str, Value]:
    """A short steam locomotive with water tanks at both sides of its boiler."""
    return _steam_engine(voxels, dice, "engine", 0, dice.integer("length", 9, 12), width, tanks=True)


def _diesel(voxels: Voxels, dice: Dice, width: int) -> dict[str, Value]:
    """A long narrow hood, and a cab as wide as the wheels at the front or in the middle."""
    length = dice.integer("length", 11, 18)
    wheels = _wheels(voxels, dice, "engine", 0, length, width)
    top = DECK + dice.integer("hood", 2, 3)
    nose = dice.integer("nose", 0, length // 2 - 1)
    cab = dice.integer("cab", 3, 4)
    box(voxels, 0, length, 1, width - 1, DECK, top)
    tall = top + dice.integer("cab_height", 1, 2)
    box(voxels, nose, nose + cab, 0, width, DECK, tall)
    _windows(voxels, nose + 1, nose + cab - 1, width, tall - 2, cab, 0)
    box(voxels, nose, nose + cab, 0, width, tall, tall + 1)
    thing = dice.choice("on_roof", {"nothing": 0.4, "exhaust": 0.35, "fan": 0.25})
    x = nose + cab + 2
    if thing != "nothing" and x + 2 <= length:
        wide = 1 if thing == "exhaust" else 2
        middle = (width - wide) // 2
        box(voxels, x, x + 2, middle, middle + wide, top, top + 1)
    return {"wheels": wheels, "cab": True, "hood": True}


def _body(voxels: Voxels, dice: Dice, name: str, x0: int, x1: int, width: int) -> dict[str, Value]:
    """A closed body with a band of windows between pillars, and a roof."""
    sill = DECK + dice.integer(f"{name}_wall", 1, 2)
    top = sill + 2
    box(voxels, x0, x1, 1, width - 1, DECK, top + 1)
    _windows(voxels, x0 + 1, x1 - 1, width, sill, dice.choice(f"{name}_window_step", {3: 0.6, 4: 0.4}), 1)
    if dice.flag(f"{name}_round_roof", 0.6):
        box(voxels, x0, x1, 2, width - 2, top + 1, top + 2)
        return {"windows": True, "roof": "raised"}
    return {"windows": True, "roof": "flat"}


def _buffers(voxels: Voxels, dice: Dice, x0: int, x1: int, width: int) -> dict[str, Value]:
    """Bars across both ends of a frame, as wide as the wheels stand."""
    if not dice.flag("buffers", 0.5):
        return {}
    for x in (x0, x1 - 1):
        box(voxels, x, x + 1, 0, width, FLOOR, DECK)
    return {"buffers": True}


def _coach(voxels: Voxels, dice: Dice, width: int) -> dict[str, Value]:
    """A passenger car."""
    length = dice.integer("length", 12, 19)
    wheels = _wheels(voxels, dice, "coach", 1, length - 1, width)
    box(voxels, 0, length, 1, width - 1, FLOOR, DECK)
    facts = {"wheels": wheels} | _body(voxels, dice, "coach", 0, length, width)
    return facts | _buffers(voxels, dice, 0, length, width)


def _load(voxels: Voxels, dice: Dice, name: str, x0: int, x1: int, width: int) -> dict[str, Value]:
    """A freight body: an open box with or without coal, a tank, logs on a flat bed, or a closed box."""
    kind = dice.choice(f"{name}_kind", {"open": 0.4, "tank": 0.25, "logs": 0.15, "box": 0.2})
    if kind == "tank":
        height = dice.integer(f"{name}_height", 3, 4)
        box(voxels, x0, x1, 1, width - 1, DECK, DECK + height - 1)
        box(voxels, x0, x1, 2, width - 2, DECK + height - 1, DECK + height)
        middle, thick, y0 = (x0 + x1) // 2, 2 - width % 2, (width - 1) // 2
        box(voxels, middle - 1, middle + 1, y0, y0 + thick, DECK + height, DECK + height + 1)
    elif kind == "logs":
        for row in range(2):
            box(voxels, x0 + 1, x1 - 1, 1 + row, width - 1 - row, DECK + row, DECK + row + 1)
        for x in (x0, x1 - 1):
            for y in (1, width - 2):
                box(voxels, x, x + 1, y, y + 1, DECK, DECK + 2)
    elif kind == "box":
        height = dice.integer(f"{name}_height", 3, 4)
        box(voxels, x0, x1, 1, width - 1, DECK, DECK + height)
        door = (x0 + x1) // 2
        for y in (1, width - 2):
            box(voxels, door - 1, door + 1, y, y + 1, DECK, DECK + height - 1, value=False)
    else:
        height = dice.integer(f"{name}_height", 2, 3)
        box(voxels, x0, x1, 1, width - 1, DECK, DECK + height)
        box(voxels, x0 + 1, x1 - 1, 2, width - 2, DECK, DECK + height, value=False)
        if dice.flag(f"{name}_coal", 0.6):
            box(voxels, x0 + 1, x1 - 1, 2, width - 2, DECK, DECK + height + 1)
            return {"load": "open", "coal": True}
    return {"load": kind}


def _freight(voxels: Voxels, dice: Dice, width: int) -> dict[str, Value]:
    """One freight wagon."""
    length = dice.integer("length", 9, 15)
    wheels = _wheels(voxels, dice, "wagon", 1, length - 1, width)
    box(voxels, 0, length, 1, width - 1, FLOOR, DECK)
    facts = {"wheels": wheels} | _load(voxels, dice, "wagon", 0, length, width)
    return facts | _buffers(voxels, dice, 0, length, width)


def _train(voxels: Voxels, dice: Dice, width: int) -> dict[str, Value]:
    """A steam locomotive, and behind it one wagon or two short ones, joined by couplings."""
    engine = dice.integer("engine", 8, 9)
    cars = 2 if engine == 8 and dice.flag("two_cars", 0.4) else 1
    facts = _steam_engine(voxels, dice, "engine", 0, engine, width)
    wheels, x = int(facts["wheels"]), engine
    for car in range(cars):
        length = 5 if cars == 2 else dice.integer("car_length", 7, 20 - engine - 1)
        _coupling(voxels, x, width)
        x0, x1 = x + 1, min(20, x + 1 + length)
        name = f"car_{car}"
        wheels += _wheels(voxels, dice, name, x0, x1, width)
        if dice.flag(f"{name}_coach", 0.35):
            _body(voxels, dice, name, x0, x1, width)
        else:
            _load(voxels, dice, name, x0, x1, width)
        x = x1
    return facts | {"wheels": wheels, "cars": cars + 1}


def _coupling(voxels: Voxels, x: int, width: int) -> None:
    """A bar over the gap between two cars, resting on a frame at both sides."""
    thick = 2 - width % 2
    y0 = (width - 1) // 2
    box(voxels, x, x + 1, y0, y0 + thick, FLOOR, DECK + 1)


def _tram(voxels: Voxels, dice: Dice, width: int) -> dict[str, Value]:
    """A passenger car with a current collector on the roof."""
    length = dice.integer("length", 11, 17)
    wheels = _wheels(voxels, dice, "tram", 2, length - 2, width)
    box(voxels, 0, length, 1, width - 1, FLOOR, DECK)
    facts = _body(voxels, dice, "tram", 0, length, width)
    top = int(np.nonzero(voxels.any(axis=(0, 1)))[0].max()) + 1
    thick, y0, x = 2 - width % 2, (width - 1) // 2, length // 2 - 1
    box(voxels, x, x + 2, y0, y0 + thick, top, top + dice.integer("collector", 1, 2))
    top = int(np.nonzero(voxels.any(axis=(0, 1)))[0].max()) + 1
    box(voxels, x, x + 1, 1, width - 1, top, top + 1)
    return facts | {"wheels": wheels, "collector": True}


def _bullet(voxels: Voxels, dice: Dice, width: int) -> dict[str, Value]:
    """A long low body whose nose slopes in steps, windows behind."""
    length = dice.integer("length", 16, 20)
    wheels = _wheels(voxels, dice, "train", 1, length - 1, width)
    height = dice.integer("height", 3, 4)
    steep = dice.integer("nose_step", 1, 2)
    box(voxels, 0, length, 1, width - 1, FLOOR, DECK)
    for level in range(height):
        box(voxels, (level + 1) * steep, length, 1, width - 1, DECK + level, DECK + level + 1)
    start = (height + 1) * steep
    step = dice.integer("window_step", 3, 4)
    _windows(voxels, start, length - 1, width, DECK + height - 3, step, 1)
    return {"wheels": wheels, "windows": True, "nose": True}


_BUILDERS = {
    "steam locomotive": _steam,
    "tank engine": _tank_engine,
    "diesel locomotive": _diesel,
    "train": _train,
    "coach": _coach,
    "freight wagon": _freight,
    "tram": _tram,
    "bullet train": _bullet,
}
