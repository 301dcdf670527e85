"""Trains: steam and diesel locomotives, coaches, freight wagons, trams, bullet trains, trains of two cars.

The front is at low x. Wheels stand at both sides of a floor that begins on layer 1.
"""

from __future__ import annotations

import numpy as np

from training.data.shapes.base import Dice, Shape, Span, Value, Voxels, box, empty, finish

PROPORTIONS = {
    "length": Span(0, "short", 11, "long", 17),
    "height": Span(2, "low", 7, "tall", 10),
    "width": Span(1, "narrow", 4, "wide", 6),
    "size": Span(3, "small", 23, "large", 31),
}

_STYLES = {
    "steam locomotive": 0.28,
    "diesel locomotive": 0.14,
    "train": 0.2,
    "coach": 0.11,
    "freight wagon": 0.1,
    "tram": 0.09,
    "bullet train": 0.08,
}
FLOOR = 2
"""Layer on which bodies stand."""


def sample(rng: np.random.Generator) -> Shape:
    """A locomotive, a car or a short train."""
    dice = Dice(rng)
    style = dice.choice("style", _STYLES)
    width = dice.integer("width", 4, 6)
    voxels = empty()
    facts: dict[str, Value] = {"style": style}
    facts |= _BUILDERS[style](voxels, dice, width)
    return finish("train", style, voxels, dice, facts, PROPORTIONS)


def _wheels(voxels: Voxels, dice: Dice, name: str, x0: int, x1: int, width: int, pairs: int) -> int:
    """A floor from ``x0`` to ``x1`` on pairs of wheels, as evenly spread as they fit; how many wheels."""
    size = 2 if (x1 - x0) >= 3 * pairs else 1
    last = x1 - x0 - size
    box(voxels, x0, x1, 1, width - 1, 1, FLOOR)
    box(voxels, x0, x1, 0, width, FLOOR, FLOOR + 1)
    inset = dice.integer(f"{name}_overhang", 0, 1) if last >= (size + 1) * (pairs - 1) + 2 else 0
    for pair in range(pairs):
        x = x0 + inset + (pair * (last - 2 * inset)) // max(1, pairs - 1)
        for y in (0, width - 1):
            box(voxels, x, x + size, y, y + 1, 0, FLOOR)
    return 2 * pairs


def _pairs(dice: Dice, name: str, length: int, most: int = 4) -> int:
    """Pairs of wheels for a car of this length."""
    return dice.integer(f"{name}_axles", 2 if length < 11 else 3, max(2, min(most, length // 3)))


def _window_row(voxels: Voxels, x0: int, x1: int, width: int, z: int, step: int) -> None:
    """Windows one cell deep and wide in both sides, ``step`` cells apart, two layers tall."""
    for x in range(x0, x1, step):
        for y in (0, width - 1):
            box(voxels, x, x + 1, y, y + 1, z, z + 2, value=False)


def _steam_engine(voxels: Voxels, dice: Dice, name: str, x0: int, x1: int, width: int) -> dict[str, Value]:
    """Boiler, chimney, dome and cab on a wheeled floor; the cab is at the rear."""
    wheels = _wheels(voxels, dice, name, x0, x1, width, _pairs(dice, name, x1 - x0))
    cab = dice.integer(f"{name}_cab", 2, 4 if x1 - x0 > 9 else 3)
    boiler = dice.integer(f"{name}_boiler", 2, 3)
    deck, top = FLOOR + 1, FLOOR + 1 + boiler
    box(voxels, x0, x1 - cab, 1, width - 1, deck, top)
    tall = top + dice.integer(f"{name}_cab_height", 1, 2)
    box(voxels, x1 - cab, x1, 0, width, deck, tall)
    _window_row(voxels, x1 - cab + 1, x1 - 1 if cab > 2 else x1, width, tall - 2, 2)
    roof = int(dice.flag(f"{name}_roof", 0.6))
    box(voxels, x1 - cab - roof, x1, 0, width, tall, tall + 1)
    thick, y0 = 2 - width % 2, (width - 1) // 2
    front = x0 + dice.integer(f"{name}_chimney_x", 0, 1)
    stack = dice.integer(f"{name}_chimney", 2, 4)
    box(voxels, front, front + thick, y0, y0 + thick, top, top + stack)
    facts: dict[str, Value] = {"wheels": wheels, "chimney": True, "cab": True, "boiler": True}
    room = x1 - cab - roof - (front + thick)
    if room >= 3 and dice.flag(f"{name}_dome", 0.6):
        dome = front + thick + (room - thick) // 2
        box(voxels, dome, dome + thick, y0, y0 + thick, top, top + 1)
        facts["dome"] = True
    return facts


def _steam(voxels: Voxels, dice: Dice, width: int) -> dict[str, Value]:
    """A steam locomotive with or without a cowcatcher."""
    length = dice.integer("length", 8, 15)
    facts = _steam_engine(voxels, dice, "engine", 2, 2 + length, width)
    if dice.flag("cowcatcher", 0.45):
        box(voxels, 1, 3, 1, width - 1, 1, FLOOR + 1)
        box(voxels, 0, 2, 1, width - 1, 1, FLOOR)
        facts["cowcatcher"] = True
    return facts


def _diesel(voxels: Voxels, dice: Dice, width: int) -> dict[str, Value]:
    """A long hood, and a cab at the front or in the middle; perhaps an exhaust or a pantograph."""
    length = dice.integer("length", 9, 17)
    wheels = _wheels(voxels, dice, "engine", 0, length, width, _pairs(dice, "engine", length, 6))
    hood = dice.integer("hood", 2, 3)
    deck, top = FLOOR + 1, FLOOR + 1 + hood
    nose = dice.integer("nose", 0, length // 2 - 1)
    cab = dice.integer("cab", 3, 4)
    inset = int(width > 4 and dice.flag("narrow_hood", 0.5))
    box(voxels, 0, length, inset, width - inset, deck, top)
    tall = top + dice.integer("cab_height", 1, 2)
    box(voxels, nose, nose + cab, 0, width, deck, tall)
    _window_row(voxels, nose + 1, nose + cab - 1, width, tall - 2, 2)
    box(voxels, nose, nose + cab, 0, width, tall, tall + 1)
    thing = dice.choice("on_roof", {"nothing": 0.4, "exhaust": 0.35, "fan": 0.25})
    x = nose + cab + 2
    if thing != "nothing" and x + 2 <= length:
        wide = 1 if thing == "exhaust" else 2
        middle = (width - wide) // 2
        box(voxels, x, x + 2, middle, middle + wide, top, top + 1)
    return {"wheels": wheels, "cab": True, "hood": True}


def _body(voxels: Voxels, dice: Dice, name: str, x0: int, x1: int, width: int) -> dict[str, Value]:
    """A closed coach body with a row of windows and a roof."""
    deck = FLOOR + 1
    wall = dice.integer(f"{name}_wall", 3, 4)
    step = dice.choice(f"{name}_window_step", {2: 0.3, 3: 0.7})
    box(voxels, x0, x1, 0, width, deck, deck + wall)
    _window_row(voxels, x0 + 1, x1 - 1, width, deck + wall - 2, step)
    top = deck + wall
    box(voxels, x0, x1, 0, width, top, top + 1)
    if dice.flag(f"{name}_round_roof", 0.5):
        box(voxels, x0, x1, 1, width - 1, top + 1, top + 2)
        return {"windows": True, "roof": "raised"}
    return {"windows": True, "roof": "flat"}


def _coach(voxels: Voxels, dice: Dice, width: int) -> dict[str, Value]:
    """A passenger car."""
    length = dice.integer("length", 8, 18)
    wheels = _wheels(voxels, dice, "coach", 0, length, width, _pairs(dice, "coach", length))
    return {"wheels": wheels} | _body(voxels, dice, "coach", 0, length, width)


def _load(voxels: Voxels, dice: Dice, name: str, x0: int, x1: int, width: int) -> dict[str, Value]:
    """A freight body: an open box with or without coal, a tank, logs on a flat bed, or a closed box."""
    deck = FLOOR + 1
    kind = dice.choice(f"{name}_kind", {"open": 0.35, "tank": 0.25, "logs": 0.2, "box": 0.2})
    if kind == "tank":
        height = dice.integer(f"{name}_height", 3, 4)
        box(voxels, x0 + 1, x1 - 1, 1, width - 1, deck, deck + height)
        box(voxels, x0 + 1, x1 - 1, 0, width, deck + 1, deck + height - 1)
        middle, thick = (x0 + x1) // 2, 2 - width % 2
        y0 = (width - 1) // 2
        box(voxels, middle - 1, middle + 1, y0, y0 + thick, deck + height, deck + height + 1)
    elif kind == "logs":
        rows = dice.integer(f"{name}_rows", 1, 2)
        for row in range(rows + 1):
            inset = row if width - 2 * row >= 2 else 1
            box(voxels, x0 + 1, x1 - 1, inset, width - inset, deck + row, deck + row + 1)
        for x in (x0, x1 - 1):
            for y in (0, width - 1):
                box(voxels, x, x + 1, y, y + 1, deck, deck + 2)
    elif kind == "box":
        height = dice.integer(f"{name}_height", 3, 5)
        box(voxels, x0, x1, 0, width, deck, deck + height)
        door = (x0 + x1) // 2
        for y in (0, width - 1):
            box(voxels, door - 1, door + 1, y, y + 1, deck, deck + height - 1, value=False)
    else:
        height = dice.integer(f"{name}_height", 2, 3)
        box(voxels, x0, x1, 0, width, deck, deck + height)
        box(voxels, x0 + 1, x1 - 1, 1, width - 1, deck, deck + height, value=False)
        if dice.flag(f"{name}_coal", 0.6):
            box(voxels, x0 + 1, x1 - 1, 1, width - 1, deck, deck + height)
            box(voxels, x0 + 2, x1 - 2, 1, width - 1, deck + height, deck + height + 1)
            return {"load": "open", "coal": True}
    return {"load": kind}


def _freight(voxels: Voxels, dice: Dice, width: int) -> dict[str, Value]:
    """One freight wagon."""
    length = dice.integer("length", 7, 15)
    wheels = _wheels(voxels, dice, "wagon", 0, length, width, _pairs(dice, "wagon", length))
    return {"wheels": wheels} | _load(voxels, dice, "wagon", 0, length, width)


def _train(voxels: Voxels, dice: Dice, width: int) -> dict[str, Value]:
    """A steam locomotive, and behind it one wagon or two short ones, joined by couplings."""
    engine = dice.integer("engine", 8, 9)
    cars = dice.integer("cars", 1, 2) if engine == 8 else 1
    facts = _steam_engine(voxels, dice, "engine", 0, engine, width)
    wheels, x = int(facts["wheels"]), engine
    for car in range(cars):
        length = 5 if cars == 2 else dice.integer("car_length", 5, 20 - engine - 1)
        _coupling(voxels, x, width)
        x0, x1 = x + 1, min(20, x + 1 + length)
        name = f"car_{car}"
        wheels += _wheels(voxels, dice, name, x0, x1, width, 2)
        if dice.flag(f"{name}_coach", 0.35):
            _body(voxels, dice, name, x0, x1, width)
        else:
            _load(voxels, dice, name, x0, x1, width)
        x = x1
    return facts | {"wheels": wheels, "cars": cars + 1}


def _coupling(voxels: Voxels, x: int, width: int) -> None:
    """A bar from one car to the next, two layers, one cell of open gap above."""
    thick = 2 - width % 2
    y0 = (width - 1) // 2
    box(voxels, x, x + 1, y0, y0 + thick, 1, FLOOR + 1)


def _tram(voxels: Voxels, dice: Dice, width: int) -> dict[str, Value]:
    """A coach with a current collector on the roof."""
    length = dice.integer("length", 9, 17)
    wheels = _wheels(voxels, dice, "tram", 0, length, width, _pairs(dice, "tram", length))
    facts = _body(voxels, dice, "tram", 0, length, width)
    for x in (0, length - 1):
        box(voxels, x, x + 1, 1, width - 1, FLOOR + 3, FLOOR + 4, value=False)
    top = int(np.nonzero(voxels.any(axis=(0, 1)))[0].max()) + 1
    thick, y0, x = 2 - width % 2, (width - 1) // 2, length // 2 - 1
    high = dice.integer("collector", 1, 2)
    box(voxels, x, x + 2, y0, y0 + thick, top, top + high)
    if thick == 1:
        box(voxels, x - 1, x + 3, y0, y0 + 1, top + high, top + high + 1)
    else:
        box(voxels, x, x + 2, 1, width - 1, top + high, top + high + 1)
    return facts | {"wheels": wheels, "collector": True}


def _bullet(voxels: Voxels, dice: Dice, width: int) -> dict[str, Value]:
    """A long low body whose nose slopes in steps, windows behind."""
    length = dice.integer("length", 14, 20)
    wheels = _wheels(voxels, dice, "train", 0, length, width, dice.integer("axles", 3, 4))
    deck = FLOOR + 1
    height = dice.integer("height", 3, 4)
    steep = dice.integer("nose_step", 1, 2)
    for level in range(height):
        box(voxels, level * steep, length, 0, width, deck + level, deck + level + 1)
    start = height * steep + 1
    step = dice.integer("window_step", 2, 3)
    for x in range(start, length - 1, step):
        for y in (0, width - 1):
            box(voxels, x, x + 1, y, y + 1, deck + height - 2, deck + height - 1, value=False)
    if dice.flag("round_roof", 0.5):
        box(voxels, start, length, 1, width - 1, deck + height, deck + height + 1)
    return {"wheels": wheels, "windows": True, "nose": True}


_BUILDERS = {
    "steam locomotive": _steam,
    "diesel locomotive": _diesel,
    "train": _train,
    "coach": _coach,
    "freight wagon": _freight,
    "tram": _tram,
    "bullet train": _bullet,
}
