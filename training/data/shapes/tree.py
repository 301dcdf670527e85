"""Trees: round-crowned, fir, poplar, umbrella, palm and potted trees; crowns are hollow inside."""

from __future__ import annotations

import numpy as np

from brickgpt_engine.statements.spans import Value, Voxels
from training.data.shapes.base import SIDE, Dice, Shape, box, empty, finish
from training.data.shapes.masks import disc, hollow, plate, stamp

_STYLES = {
    "tree": 0.26,
    "fir tree": 0.28,
    "poplar": 0.1,
    "umbrella tree": 0.12,
    "palm tree": 0.12,
    "potted tree": 0.12,
}
_MIDDLE = SIDE // 2


def sample(rng: np.random.Generator) -> Shape:
    """A trunk under a crown."""
    dice = Dice(rng)
    style = dice.choice("style", _STYLES)
    voxels = empty()
    facts: dict[str, Value] = {"style": style, "pot": style == "potted tree", "tiers": 1}
    z = 0
    if style == "potted tree":
        side, z = dice.even("pot", 4, 8), dice.integer("pot_height", 2, 4)
        stamp(voxels, plate(side, side, dice.integer("pot_corners", 0, 1)), _MIDDLE, _MIDDLE, 0, z)
    high = {"fir tree": (1, 4), "palm tree": (5, 12), "poplar": (2, 4), "umbrella tree": (5, 9)}.get(
        style, (3, 7)
    )
    trunk = dice.integer("trunk", *high)
    wide = style in ("tree", "umbrella tree") and dice.flag("thick_trunk", 0.3)
    stamp(voxels, plate(4, 4, 1) if wide else plate(2, 2), _MIDDLE, _MIDDLE, z, z + trunk)
    z += trunk
    if style == "palm tree":
        _fronds(voxels, dice, z)
    elif style == "fir tree":
        facts["tiers"] = _tiers(voxels, dice, z)
    else:
        _crown(voxels, dice, style, z)
    return finish("tree", style, voxels, dice, facts)


def _crown(voxels: Voxels, dice: Dice, style: str, z: int) -> None:
    """An egg of discs: growing, straight, shrinking."""
    if style == "umbrella tree":
        _umbrella(voxels, dice, z)
        return
    low, high = {"poplar": (4, 6), "potted tree": (6, 8)}.get(style, (6, 10))
    size = dice.even("crown", low, high)
    middle = dice.integer("crown_height", *((6, 10) if style == "poplar" else (2, 4)))
    tip = dice.integer("tip", 1, 3)
    start = size - 2 if size < 8 else size - dice.even("taper", 2, 4)
    sizes = [*range(start, size, 2), *[size] * middle, *range(size - 2, max(2, size - 2 * tip) - 1, -2)]
    if style == "poplar":
        sizes = [
            *range(4, size, 2),
            *[size] * middle,
            *(width for width in range(size - 2, 0, -2) for _ in range(2)),
        ]
    solid = empty()
    for level, width in enumerate(sizes[: SIDE - z], start=z):
        stamp(solid, disc(width), _MIDDLE, _MIDDLE, level, level + 1)
    voxels |= solid & ~hollow(solid, floor=z + 2, lid=2)


def _umbrella(voxels: Voxels, dice: Dice, z: int) -> None:
    """A wide flat crown: a collar, a broad disc two layers thick, and perhaps a smaller one on top."""
    size = dice.even("crown", 8, 10)
    stamp(voxels, disc(4), _MIDDLE, _MIDDLE, z, z + 1)
    stamp(voxels, disc(size - 2), _MIDDLE, _MIDDLE, z + 1, z + 2)
    stamp(voxels, disc(size), _MIDDLE, _MIDDLE, z + 2, z + 3 + dice.integer("thick", 1, 2))
    if dice.flag("upper_disc", 0.6):
        stamp(voxels, disc(size - 4), _MIDDLE, _MIDDLE, z + 3, z + 5)


def _tiers(voxels: Voxels, dice: Dice, z: int) -> int:
    """Cones of two layers per disc, each tier beginning narrower than the last; answers how many."""
    size = dice.even("crown", 6, 10)
    tiers = dice.integer("tiers", 1, 3)
    count = 0
    while count < tiers and size >= 4 and z <= SIDE - 6:
        for width in (size, size - 2) if count < tiers - 1 and size > 4 else range(size, 0, -2):
            top = min(SIDE, z + 2)
            stamp(voxels, disc(width), _MIDDLE, _MIDDLE, z, top)
            z = top
            if z >= SIDE:
                return count + 1
        count += 1
        if width == 2:
            stamp(voxels, disc(2), _MIDDLE, _MIDDLE, z, min(SIDE, z + dice.integer("tip", 0, 2)))
            break
        # The next tier is wider than the top of this one, and narrower than its foot.
        stamp(voxels, disc(max(2, size - 4)), _MIDDLE, _MIDDLE, z, z + 1)
        z, size = z + 1, size - 2
    return count


def _fronds(voxels: Voxels, dice: Dice, z: int) -> None:
    """Four leaves in a cross, two layers thick, with drooping tips, and a heart on top."""
    reach_x, reach_y = dice.integer("frond_x", 3, 6), dice.integer("frond_y", 3, 6)
    droop = dice.integer("droop", 1, 2)
    box(voxels, _MIDDLE - reach_x, _MIDDLE + reach_x, _MIDDLE - 1, _MIDDLE + 1, z, z + 2)
    box(voxels, _MIDDLE - 1, _MIDDLE + 1, _MIDDLE - reach_y, _MIDDLE + reach_y, z, z + 2)
    for side in (0, 1):
        x, y = _MIDDLE - side + (2 * side - 1) * reach_x, _MIDDLE - side + (2 * side - 1) * reach_y
        box(voxels, x, x + 1, _MIDDLE - 1, _MIDDLE + 1, z - droop, z)
        box(voxels, _MIDDLE - 1, _MIDDLE + 1, y, y + 1, z - droop, z)
    if dice.flag("heart", 0.6):
        stamp(voxels, plate(4, 4, 1), _MIDDLE, _MIDDLE, z + 2, z + 4)
