"""Towers: castle towers, skyscrapers, stepped towers, pagodas, watchtowers on legs, spires."""

from __future__ import annotations

import numpy as np

from brickgpt_engine.statements.spans import Value, Voxels
from training.data.shapes.base import Dice, Shape, box, corners, empty, finish, ring
from training.data.shapes.masks import disc, stamp

_STYLES = {
    "castle tower": 0.35,
    "skyscraper": 0.2,
    "stepped tower": 0.15,
    "pagoda": 0.1,
    "watchtower": 0.1,
    "spire tower": 0.1,
    "lighthouse": 0.12,
}


def sample(rng: np.random.Generator) -> Shape:
    """A tower of one of the styles."""
    dice = Dice(rng)
    style = dice.choice("style", _STYLES)
    voxels = empty()
    facts: dict[str, Value] = {"style": style, "battlements": False, "roof": "flat", "legs": 0}
    facts["round"] = style == "lighthouse"
    facts |= _BUILDERS[style](voxels, dice)
    return finish("tower", style, voxels, dice, facts)


def _square(voxels: Voxels, reach: int, size: int, z0: int, z1: int, hollow: bool = False) -> None:
    """A square storey of ``size`` cells, centred on the middle of a plan of ``reach`` cells."""
    a = (reach - size) // 2
    if hollow and size > 4:
        ring(voxels, a, a + size, a, a + size, z0, z1)
    else:
        box(voxels, a, a + size, a, a + size, z0, z1)


def _merlons(voxels: Voxels, reach: int, size: int, z: int, height: int) -> None:
    """Battlements: every other cell of the rim, corners always."""
    a, b = (reach - size) // 2, (reach + size) // 2
    for i in range(size):
        if min(i, size - 1 - i) % 2 == 0:
            for x, y in ((a + i, a), (a + i, b - 1), (a, a + i), (b - 1, a + i)):
                box(voxels, x, x + 1, y, y + 1, z, z + height)


def _pyramid(voxels: Voxels, reach: int, size: int, z: int, layers: int) -> int:
    """A stepped roof, each step ``layers`` thick and two cells narrower; answers its top."""
    while size > 0 and z + layers <= 20:
        _square(voxels, reach, size, z, z + layers)
        size, z = size - 2, z + layers
    return z


def _windows(voxels: Voxels, dice: Dice, reach: int, size: int, levels: list[int]) -> int:
    """Openings in the front and rear walls, two cells tall, one per level; how many levels have one."""
    middle = reach // 2 if size % 2 else reach // 2 - 1
    wide = 1 if size % 2 else 2
    a, b = (reach - size) // 2, (reach + size) // 2
    for z in levels:
        for y in (a, b - 1):
            box(voxels, middle, middle + wide, y, y + 1, z, z + 2, value=False)
    return len(levels)


def _castle(voxels: Voxels, dice: Dice) -> dict[str, Value]:
    """A shaft with a plinth or not, a projecting top, battlements, a door and windows."""
    size = dice.integer("size", 5, 8)
    height = dice.integer("height", 7, 13)
    reach = size + 2
    _square(voxels, reach, size, 0, height, hollow=True)
    facts: dict[str, Value] = {"plinth": dice.flag("plinth", 0.35)}
    if facts["plinth"]:
        _square(voxels, reach, reach, 0, 1, hollow=True)
        _square(voxels, reach, size, 0, 1)
        _square(voxels, reach, reach, 1, 2)
    facts["door"] = not facts["plinth"] and dice.flag("door", 0.6)
    if facts["door"]:
        _door(voxels, dice, reach, size)
    levels = list(range(5, height - 3, 4))
    rows = dice.integer("windows", 0, len(levels))
    facts["windows"] = _windows(voxels, dice, reach, size, levels[:rows])
    wide = dice.flag("projecting", 0.5)
    crown = reach if wide else size
    _square(voxels, reach, crown, height, height + 2)
    facts["projecting"] = wide
    roof = dice.choice("roof", {"battlements": 0.75, "pyramid": 0.25})
    if roof == "pyramid":
        _pyramid(voxels, reach, crown - 2, height + 2, 1)
        return facts | {"roof": "pyramid"}
    _merlons(voxels, reach, crown, height + 2, dice.integer("merlon", 1, 2))
    return facts | {"battlements": True}


def _door(voxels: Voxels, dice: Dice, reach: int, size: int) -> None:
    """An opening at the foot of the front wall."""
    wide = 1 if size % 2 else 2
    middle, a = (reach - wide) // 2, (reach - size) // 2
    box(voxels, middle, middle + wide, a, a + 1, 0, dice.integer("door_height", 2, 3), value=False)


def _skyscraper(voxels: Voxels, dice: Dice) -> dict[str, Value]:
    """One to three blocks, each narrower than the one below, and perhaps an antenna."""
    blocks = dice.integer("sections", 1, 3)
    size = dice.integer("size", 3 + blocks, 4 + blocks)
    reach, z = size, 0
    for block in range(blocks):
        height = dice.integer(f"section_{block}", 4 if blocks > 1 else 10, 6 if blocks > 1 else 16)
        height = min(height, 18 - z)
        _square(voxels, reach, size, z, z + height, hollow=block < blocks)
        _square(voxels, reach, size, z + height - 2, z + height)
        z, size = z + height, size - 2
    antenna = dice.flag("antenna", 0.5)
    if antenna:
        thick = 2 if reach % 2 == 0 else 1
        _square(voxels, reach, thick, z, min(20, z + dice.integer("antenna_height", 2, 5)))
    return {"sections": blocks, "antenna": antenna}


def _stepped(voxels: Voxels, dice: Dice) -> dict[str, Value]:
    """Solid steps, each two cells narrower: a ziggurat-like tower."""
    size = dice.integer("size", 6, 10)
    steps = dice.integer("sections", 3, 4 if size > 7 else 3)
    reach, z = size, 0
    for step in range(steps):
        height = dice.integer(f"section_{step}", 2, 5)
        _square(voxels, reach, size, z, z + height, hollow=True)
        _square(voxels, reach, size, z + height - 2, z + height)
        z, size = z + height, size - 2
    if size > 0 and dice.flag("top_pyramid", 0.4):
        _pyramid(voxels, reach, size, z, 1)
    return {"sections": steps}


def _pagoda(voxels: Voxels, dice: Dice) -> dict[str, Value]:
    """Storeys of equal or shrinking size, each under a roof that projects by one cell."""
    floors = dice.integer("floors", 2, 4)
    size = dice.integer("size", 4, 6)
    shrink = size + 2 - 2 * floors >= 2 and dice.flag("shrink", 0.7)
    reach, z = size + 2, 0
    for floor in range(floors):
        height = dice.integer(f"floor_{floor}", 2, 3)
        _square(voxels, reach, size, z, z + height, hollow=True)
        z += height
        _square(voxels, reach, size + 2, z, z + 2)
        z += 2
        if shrink:
            size -= 2
    if dice.flag("finial", 0.6):
        thick = 2 if reach % 2 == 0 else 1
        _square(voxels, reach, thick, z, min(20, z + 3))
    return {"floors": floors}


def _watchtower(voxels: Voxels, dice: Dice) -> dict[str, Value]:
    """A cabin on four legs, with a railing or a roof."""
    size = dice.integer("size", 5, 8)
    legs = dice.integer("leg_height", 5, 10)
    thick = dice.integer("leg", 1, 2)
    corners(voxels, size, size, thick, thick, 0, legs)
    top = legs + 2
    box(voxels, 0, size, 0, size, legs, top)
    roof = dice.choice("roof", {"railing": 0.4, "hut": 0.6})
    if roof == "railing":
        ring(voxels, 0, size, 0, size, top, top + 1)
        if dice.flag("merlons", 0.4):
            _merlons(voxels, size, size, top + 1, 1)
            return {"legs": 4, "platform": True, "battlements": True}
        return {"legs": 4, "platform": True}
    wall = dice.integer("wall", 2, 3)
    corners(voxels, size, size, 1, 1, top, top + wall)
    box(voxels, 0, size, 0, size, top + wall, top + wall + 2)
    _pyramid(voxels, size, size - 2, top + wall + 2, 1)
    return {"legs": 4, "platform": True, "roof": "pyramid"}


def _spire(voxels: Voxels, dice: Dice) -> dict[str, Value]:
    """A slender shaft under a steep pointed roof."""
    size = dice.integer("size", 4, 6)
    height = dice.integer("height", 6, 11)
    base = dice.flag("plinth", 0.5)
    reach = size + 2
    if base:
        _square(voxels, reach, reach, 0, 2)
    _square(voxels, reach, size, 0, height, hollow=True)
    eaves = dice.flag("eaves", 0.4)
    crown = reach if eaves else size
    _square(voxels, reach, crown, height, height + 2)
    _pyramid(voxels, reach, crown - 2, height + 2, dice.integer("steepness", 1, 3))
    return {"plinth": base, "roof": "spire", "projecting": eaves}


def _lighthouse(voxels: Voxels, dice: Dice) -> dict[str, Value]:
    """A round shaft on a round foot; a gallery reaches out below the narrower lamp room and its cap."""
    size = 4
    height, lamp = dice.integer("height", 5, 10), dice.integer("lamp", 2, 3)
    foot = dice.integer("foot", 2, 3)
    middle = (size + 4) / 2
    stamp(voxels, disc(size + 2), middle, middle, 0, foot)
    stamp(voxels, disc(size), middle, middle, foot, foot + height)
    z = foot + height
    stamp(voxels, disc(size + 2), middle, middle, z, z + 2)
    stamp(voxels, disc(size - 2), middle, middle, z + 2, z + 2 + lamp)
    stamp(voxels, disc(size), middle, middle, z + 2 + lamp, z + 4 + lamp)
    return {"plinth": True}


_BUILDERS = {
    "castle tower": _castle,
    "skyscraper": _skyscraper,
    "stepped tower": _stepped,
    "pagoda": _pagoda,
    "watchtower": _watchtower,
    "spire tower": _spire,
    "lighthouse": _lighthouse,
}
