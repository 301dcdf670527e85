"""Vessels: sailing boats and ships, cargo ships, steamers, tugs, ferries, submarines, open boats.

The bow is at high x. A hull narrows to the bow in steps and is one cell wider per layer where it flares.
"""

from __future__ import annotations

import numpy as np

from brickgpt_engine.statements.spans import Value, Voxels
from training.data.shapes.base import Dice, Shape, box, empty, finish
from training.data.shapes.hull import build_hull, lay_deck, middle

_STYLES = {
    "sailing boat": 0.2,
    "sailing ship": 0.09,
    "longship": 0.07,
    "catamaran": 0.06,
    "cargo ship": 0.11,
    "steamship": 0.1,
    "aircraft carrier": 0.05,
    "tugboat": 0.08,
    "ferry": 0.04,
    "submarine": 0.08,
    "motorboat": 0.07,
    "rowing boat": 0.07,
    "canoe": 0.07,
}


def sample(rng: np.random.Generator) -> Shape:
    """A ship or boat of one of the styles."""
    dice = Dice(rng)
    style = dice.choice("style", _STYLES)
    voxels = empty()
    facts: dict[str, Value] = {"style": style}
    facts |= _BUILDERS[style](voxels, dice)
    return finish("vessel", style, voxels, dice, facts)


def _sailing_boat(voxels: Voxels, dice: Dice) -> dict[str, Value]:
    """One mast with a triangular mainsail, and perhaps a jib in front of it."""
    length = dice.integer("length", 9, 17)
    width = dice.integer("width", 4, 6)
    deck, facts = build_hull(voxels, dice, length, width)
    mast = dice.integer("mast", 7, min(15, 20 - deck))
    y0, y1 = middle(width)
    x = length // 2 + dice.integer("mast_x", 0, 1)
    boom = min(x, dice.integer("boom", 3, 6))
    box(voxels, x, x + 1, y0, y1, deck, deck + mast)
    foot = deck + dice.integer("sail_foot", 1, 2)
    rows = deck + mast - 1 - foot
    for row in range(rows):
        reach = max(1, round(boom * (rows - row) / rows))
        box(voxels, x - reach, x, y0, y1, foot + row, foot + row + 1)
    facts |= {"masts": 1, "sails": 1, "sail_kind": "triangular"}
    if dice.flag("jib", 0.4):
        jib = min(length - 2 - x, 3)
        tall = max(3, rows - dice.integer("jib_drop", 1, 3))
        for row in range(tall):
            reach = max(1, round(jib * (tall - row) / tall))
            box(voxels, x + 1, x + 1 + reach, y0, y1, foot + row, foot + row + 1)
        facts["sails"] = 2
    elif dice.flag("cabin", 0.3):
        box(voxels, x + 1, x + 3, 1, width - 1, deck, deck + 1)
        facts["cabin"] = True
    return facts


def _sailing_ship(voxels: Voxels, dice: Dice) -> dict[str, Value]:
    """Two or three masts with square sails across the hull, and a raised stern."""
    masts = dice.integer("masts", 2, 3)
    length = dice.integer("length", 6 + 4 * masts, 20)
    width = dice.even("width", 4, 6)
    deck, facts = build_hull(voxels, dice, length, width)
    stern = dice.integer("stern", 1, 3)
    box(voxels, 0, 3, 0, width, deck, deck + stern)
    y0, y1 = middle(width)
    height = dice.integer("mast", 7, 11)
    low = deck + max(2, stern)
    sails = dice.integer("sail_rows", 1, 2 if height > 8 else 1)
    gap = (length - 6) // masts
    for mast in range(masts):
        x = 4 + mast * gap
        box(voxels, x, x + 1, y0, y1, deck, deck + height)
        top = deck + height - 1
        rows = top - low
        if sails == 1:
            _square_sail(voxels, x, width, low, top)
        else:
            _square_sail(voxels, x, width, low, low + rows // 2)
            _square_sail(voxels, x, width, low + rows // 2 + 1, top, inset=1)
    return facts | {"masts": masts, "sails": masts * sails, "sail_kind": "square", "raised_stern": True}


def _square_sail(voxels: Voxels, x: int, width: int, z0: int, z1: int, inset: int = 0) -> None:
    """A sail one cell thick across the hull, around its mast."""
    box(voxels, x, x + 1, inset, width - inset, z0, z1)


def _cargo_ship(voxels: Voxels, dice: Dice) -> dict[str, Value]:
    """A long hull, stacks of containers on deck, and a bridge with a funnel at the stern."""
    length = dice.integer("length", 14, 20)
    width = dice.integer("width", 4, 7)
    deck, facts = build_hull(voxels, dice, length, width)
    house = dice.integer("bridge", 3, 5)
    box(voxels, 1, 4, 0, width, deck, deck + house)
    box(voxels, 3, 4, 1, width - 1, deck + house - 2, deck + house - 1, value=False)
    y0, y1 = middle(width)
    box(voxels, 1, 3, y0, y1, deck + house, deck + house + dice.integer("funnel", 1, 2))
    stacks = dice.integer("stacks", 1, max(1, (length - 8) // 4))
    side = (width - 1) // 2
    end = length - side * 2
    long = min(4, max(2, (end - 5) // stacks - 1))
    for stack in range(stacks):
        x = 5 + stack * (long + 1)
        box(voxels, x, x + long, 0, width, deck, deck + dice.integer(f"stack_{stack}", 1, min(3, house - 1)))
    return facts | {"funnels": 1, "bridge": True, "containers": stacks}


def _steamship(voxels: Voxels, dice: Dice) -> dict[str, Value]:
    """A superstructure of one to three decks under a row of funnels."""
    length = dice.integer("length", 12, 20)
    width = dice.integer("width", 5, 7)
    deck, facts = build_hull(voxels, dice, length, width)
    decks = dice.integer("decks", 1, 3)
    bow = (width - 1) // 2
    x0, x1 = 1, length - 2 * bow - 1
    z = deck
    for level in range(decks):
        box(voxels, x0 + level, x1 - level, 1, width - 1, z, z + (2 if level == decks - 1 else 1))
        z += 2 if level == decks - 1 else 1
    a, b = x0 + decks - 1, x1 - decks + 1
    funnels = dice.integer("funnels", 1, max(1, min(4, (b - a) // 3)))
    height = dice.integer("funnel", 2, 4)
    y0, y1 = middle(width)
    gap = (b - a) // funnels
    for funnel in range(funnels):
        x = a + funnel * gap + (gap - 2) // 2
        box(voxels, x, x + 2, y0, y1, z, z + height)
    return facts | {"funnels": funnels, "decks": decks}


def _tugboat(voxels: Voxels, dice: Dice) -> dict[str, Value]:
    """A short broad hull, a tall wheelhouse in front, and a thick funnel behind it."""
    length = dice.integer("length", 9, 13)
    width = dice.integer("width", 5, 7)
    deck, facts = build_hull(voxels, dice, length, width)
    house = dice.integer("house", 3, 4)
    x0 = 3 + dice.integer("house_x", 0, 1)
    box(voxels, x0, x0 + 4, 1, width - 1, deck, deck + house)
    box(voxels, x0 + 3, x0 + 4, 2, width - 2, deck + house - 2, deck + house - 1, value=False)
    roof = dice.flag("roof", 0.6)
    if roof:
        box(voxels, x0, x0 + 4, 0, width, deck + house, deck + house + 1)
    y0, y1 = middle(width)
    top = deck + house + int(roof)
    if dice.flag("funnel_on_roof", 0.5):
        box(voxels, x0, x0 + 2, y0, y1, top, top + dice.integer("funnel", 1, 3))
    else:
        box(voxels, x0 - 2, x0, y0, y1, deck, top + dice.integer("funnel", 1, 2))
    return facts | {"funnels": 1, "cabin": True}


def _ferry(voxels: Voxels, dice: Dice) -> dict[str, Value]:
    """A broad hull under a long passenger deck with windows, and a bridge on top."""
    length = dice.integer("length", 12, 15)
    width = dice.integer("width", 6, 7)
    deck, facts = build_hull(voxels, dice, length, width)
    x1 = length - width // 2 - 1
    box(voxels, 1, x1, 0, width, deck, deck + 3)
    box(voxels, 3, x1 - 2, 2, width - 2, deck, deck + 1, value=False)
    step = dice.integer("window_step", 2, 3)
    for x in range(2, x1 - 1, step):
        for y in (0, width - 1):
            box(voxels, x, x + 1, y, y + 1, deck + 1, deck + 2, value=False)
    top = deck + 3
    bridge = dice.integer("bridge", 1, 2)
    box(voxels, x1 - 4, x1 - 1, 1, width - 1, top, top + bridge)
    y0, y1 = middle(width)
    at = dice.integer("funnel_x", 2, max(2, x1 - 7))
    box(voxels, at, at + 2, y0, y1, top, top + bridge + dice.integer("funnel", 1, 2))
    return facts | {"funnels": 1, "windows": True, "bridge": True}


def _open_hull(voxels: Voxels, dice: Dice, length: int, width: int, height: int, both: bool) -> None:
    """A hollow hull: a floor two layers thick and walls around it."""
    bow = (width - 1) // 2
    long = bow * dice.integer("bow_length", 1, 2)
    lay_deck(voxels, length, width, 0, height, bow=long, both=both)
    inner = empty()
    start = 1 + long if both else 1
    lay_deck(inner, length - start - long, width - 2, 2, height, bow=max(1, bow - 1), both=both)
    voxels[start:, 1:, 2:height] &= ~inner[: 20 - start, :-1, 2:height]


def _rowing_boat(voxels: Voxels, dice: Dice) -> dict[str, Value]:
    """An open boat with benches across, and perhaps two oars over the sides."""
    length = dice.integer("length", 10, 18)
    width = dice.integer("width", 5, 7)
    height = 4
    _open_hull(voxels, dice, length, width, height, both=False)
    wanted = dice.integer("benches", 1, 2 if length >= 12 else 1)
    facts: dict[str, Value] = {"open": True}
    facts |= _benches(voxels, [3, 7][:wanted], width, height)
    if dice.flag("oars", 0.6):
        x = 4 + dice.integer("oar_x", 0, 1)
        for y0, y1 in ((0, 4), (width, width + 4)):
            box(voxels, x, x + 1, y0, y1, height, height + 1)
        _shift(voxels, 2, height)
        facts["oars"] = 2
    return facts


def _benches(voxels: Voxels, spots: list[int], width: int, height: int) -> dict[str, Value]:
    """Seats across an open hull at each x of ``spots`` that lies in the hollow, one layer below the rim."""
    middle = width // 2
    free = [x for x in spots if height > 3 and not voxels[x - 1 : x + 2, middle, 2].any()]
    for x in free:
        box(voxels, x, x + 1, 1, width - 1, 2, height - 1)
    return {"benches": len(free)} if free else {}


def _shift(voxels: Voxels, cells: int, height: int) -> None:
    """Move everything below layer ``height`` by ``cells`` in y, under what was laid out around it."""
    voxels[:, :, :height] = np.roll(voxels[:, :, :height], cells, axis=1)


def _canoe(voxels: Voxels, dice: Dice) -> dict[str, Value]:
    """A narrow open boat, pointed at both ends, which rise."""
    length = dice.integer("length", 10, 20)
    width = dice.integer("width", 4, 5)
    height = dice.integer("hull_height", 3, 4)
    _open_hull(voxels, dice, length, width, height, both=True)
    rise = dice.integer("rise", 0, 2)
    y0, y1 = middle(width)
    for x0, x1 in ((0, 2), (length - 2, length)):
        box(voxels, x0, x1, y0, y1, height, height + min(rise, 1))
    if rise == 2:
        for x in (0, length - 1):
            box(voxels, x, x + 1, y0, y1, height + 1, height + 2)
    facts: dict[str, Value] = {"open": True, "both_ends": True}
    seats = dice.integer("benches", 0, 2 if length >= 14 else 1)
    spots = [length // 2 - 3 * (seats - 1) + 5 * seat for seat in range(seats)]
    return facts | _benches(voxels, spots, width, height)


def _longship(voxels: Voxels, dice: Dice) -> dict[str, Value]:
    """A narrow hull whose two ends rise high, with one square sail, wider than the hull."""
    length = dice.integer("length", 12, 20)
    width = dice.integer("width", 4, 5)
    lay_deck(voxels, length, width, 0, 3, bow=2 * ((width - 1) // 2), both=True)
    y0, y1 = middle(width)
    voxels[:] = np.roll(voxels, 2, axis=1)
    y0, y1 = y0 + 2, y1 + 2
    rise = dice.integer("rise", 2, 4)
    for x0, x1, tip in ((0, 2, 0), (length - 2, length, length - 1)):
        box(voxels, x0, x1, y0, y1, 3, 4)
        box(voxels, tip, tip + 1, y0, y1, 4, 3 + rise)
    mast = 3 + rise + dice.integer("mast", 3, 7)
    x = length // 2
    box(voxels, x, x + 1, y0, y1, 3, mast)
    out = dice.integer("sail_out", 0, 2)
    box(voxels, x, x + 1, 2 - out, 2 + width + out, 3 + dice.integer("sail_foot", 1, 2), mast - 1)
    facts: dict[str, Value] = {"masts": 1, "sails": 1, "sail_kind": "square"}
    return facts | {"both_ends": True, "raised_ends": True}


def _catamaran(voxels: Voxels, dice: Dice) -> dict[str, Value]:
    """Two slim hulls under one deck, with a mast and a triangular sail."""
    length = dice.integer("length", 9, 16)
    gap = dice.integer("gap", 2, 4)
    width = gap + 4
    for y in (0, gap + 2):
        box(voxels, 1, length - 1, y, y + 2, 0, 1)
        box(voxels, 0, length, y, y + 2, 1, 2)
    stern, bow = dice.integer("deck_stern", 1, 2), length - dice.integer("deck_bow", 2, 4)
    box(voxels, stern, bow, 0, width, 2, 3)
    x = stern + (bow - stern) * 2 // 3
    mast = dice.integer("mast", 7, 14)
    y0, y1 = middle(width)
    box(voxels, x, x + 1, y0, y1, 3, 3 + mast)
    boom = min(x, dice.integer("boom", 3, 6))
    rows = mast - 2
    for row in range(rows):
        reach = max(1, round(boom * (rows - row) / rows))
        box(voxels, x - reach, x, y0, y1, 4 + row, 5 + row)
    return {"masts": 1, "sails": 1, "sail_kind": "triangular", "hulls": 2}


def _aircraft_carrier(voxels: Voxels, dice: Dice) -> dict[str, Value]:
    """A hull under a long flat deck that overhangs it, with the tower on one side only."""
    length = dice.integer("length", 15, 20)
    width = dice.even("width", 6, 8)
    hull = dice.integer("hull_height", 2, 3)
    keel = empty()
    lay_deck(keel, length - 2, width - 2, 0, hull)
    voxels[1:, 1:] |= keel[:-1, :-1]
    box(voxels, 0, length, 0, width, hull, hull + 1)
    x = length // 2 + dice.integer("island_x", -3, 2)
    side = 0 if dice.flag("right_island", 0.7) else width - 2
    long, tall = dice.integer("island_length", 3, 4), dice.integer("island", 2, 4)
    box(voxels, x, x + long, side, side + 2, hull + 1, hull + 1 + tall)
    box(voxels, x + 1, x + 2, side, side + 2, hull + 1 + tall, hull + 2 + tall)
    return {"flight_deck": True, "island": True}


def _submarine(voxels: Voxels, dice: Dice) -> dict[str, Value]:
    """A long rounded hull, a tower with a periscope, a fin and planes at the stern."""
    length = dice.integer("length", 11, 20)
    width = dice.even("width", 4, 6)
    height = dice.integer("hull_height", 4, 4 if width == 4 else 5)
    y0 = 1
    for z in range(height):
        edge = int(z in (0, height - 1))
        box(voxels, edge, length - edge, y0 + edge, y0 + width - edge, z, z + 1)
    for x in (0, length - 1):
        voxels[x, y0, :height] = voxels[x, y0 + width - 1, :height] = False
    x = length // 2 + dice.integer("tower_x", -1, 2)
    a, b = y0 + width // 2 - 1, y0 + width // 2 + 1
    tall = dice.integer("tower", 2, 4)
    box(voxels, x - 2, x + 2, a, b, height, height + tall)
    scope = height + tall + dice.integer("periscope", 1, 3)
    box(voxels, x, x + 1, a, a + 1, height + tall, scope)
    box(voxels, 0, 2, a, b, height - 1, height + dice.integer("fin", 1, 2))
    facts: dict[str, Value] = {"tower": True, "periscope": True, "fin": True}
    if dice.flag("planes", 0.6):
        box(voxels, 1, 3, 0, width + 2, height // 2, height // 2 + 1)
        facts["planes"] = True
    return facts


def _motorboat(voxels: Voxels, dice: Dice) -> dict[str, Value]:
    """A low pointed hull with a windscreen, a seat behind it, and an engine at the stern."""
    length = dice.integer("length", 9, 16)
    width = dice.even("width", 4, 6)
    bow = (width - 1) // 2 * dice.integer("bow_length", 1, 2)
    lay_deck(voxels, length, width, 0, 2, bow=bow)
    x = length // 2 + dice.integer("screen_x", -1, 0)
    raised = empty()
    lay_deck(raised, length, width, 2, 3, bow=bow)
    voxels[x:] |= raised[x:]
    box(voxels, x, x + 1, 0, width, 3, 3 + dice.integer("screen", 1, 2))
    seats = x - 3 if x >= 5 and dice.flag("seat", 0.7) else 0
    facts: dict[str, Value] = {"windscreen": True, "engine": True, "pointed": True}
    if seats:
        box(voxels, seats, seats + 1, 1, width - 1, 2, 4)
        facts["seat"] = True
    y0, y1 = middle(width)
    voxels[:] = np.roll(voxels, 1, axis=0)
    box(voxels, 0, 3, y0, y1, 2, 3)
    box(voxels, 0, 1, y0, y1, 1, 3 + dice.integer("engine", 0, 1))
    return facts


_BUILDERS = {
    "longship": _longship,
    "catamaran": _catamaran,
    "aircraft carrier": _aircraft_carrier,
    "submarine": _submarine,
    "motorboat": _motorboat,
    "sailing boat": _sailing_boat,
    "sailing ship": _sailing_ship,
    "cargo ship": _cargo_ship,
    "steamship": _steamship,
    "tugboat": _tugboat,
    "ferry": _ferry,
    "rowing boat": _rowing_boat,
    "canoe": _canoe,
}
