"""Hearts: upright ones on their tip or on a stand, hollow outlines, flat ones, hearts with an arrow."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from brickgpt_engine.statements.spans import Value, Voxels
from training.data.shapes.base import Dice, Shape, box, empty, finish

_STYLES = {
    "heart": 0.34,
    "heart on a stand": 0.24,
    "heart outline": 0.16,
    "flat heart": 0.16,
    "arrow heart": 0.1,
}


def sample(rng: np.random.Generator) -> Shape:
    """A heart, thick enough to stand."""
    dice = Dice(rng)
    style = dice.choice("style", _STYLES)
    low, high = {"heart outline": (6, 8), "flat heart": (4, 7), "arrow heart": (4, 6)}.get(style, (4, 8))
    half = dice.integer("half_width", low, high)
    steep = dice.choice("steepness", {1: 0.6, 2: 0.4} if half <= 6 else {1: 1.0})
    lobe = dice.integer("lobe", 1, 3)
    plan = _outline(half, steep, lobe, dice.integer("notch", 1, 2))
    voxels = empty()
    facts: dict[str, Value] = {
        "style": style,
        "flat": style == "flat heart",
        "hole": style == "heart outline",
    }
    if style == "flat heart":
        height = dice.integer("thickness", 2, 4)
        voxels[: plan.shape[0], : plan.shape[1], :height] = plan[:, :, None]
        return finish("heart", style, voxels, dice, facts)
    facts["lobes"] = 2
    thick = dice.integer("thickness", 2, 4)
    stand = dice.integer("stand", 2, 3) if style == "heart on a stand" else 0
    if style == "heart outline":
        plan = plan & ~_shrunk(plan, 3)
    reach = min(20 - stand, plan.shape[1])
    y0 = 8
    voxels[1 : 1 + plan.shape[0], y0 : y0 + thick, stand : stand + reach] = plan[:, None, :reach]
    if stand:
        _stand(voxels, dice, half, y0, thick, stand)
        facts["stand"] = True
    if style == "arrow heart":
        _arrow(voxels, half, y0, thick, plan)
        facts["arrow"] = True
    return finish("heart", style, voxels, dice, facts)


def _outline(half: int, steep: int, lobe: int, notch: int) -> NDArray[np.bool_]:
    """A heart in (x, z), ``2 * half`` wide: a point that widens, straight sides, two lobes above a notch."""
    rows = [step // steep + 1 for step in range(half * steep)]
    rows = [min(half, row) for row in rows] + [half] * lobe
    height = min(18, len(rows) + notch + 1)
    plan = np.zeros((2 * half, height), dtype=np.bool_)
    for z in range(height):
        wide = rows[z] if z < len(rows) else half
        plan[half - wide : half + wide, z] = True
    for up in range(notch + 1):
        z = height - 1 - up
        gap = notch + 1 - up if half > 4 else 1
        plan[half - gap : half + gap, z] = False
    cut = 1 if half <= 5 else 2
    for up in range(cut):
        side = cut - up
        plan[:side, height - 1 - up] = plan[2 * half - side :, height - 1 - up] = False
    return plan


def _shrunk(plan: NDArray[np.bool_], border: int) -> NDArray[np.bool_]:
    """The cells at least ``border`` cells away from the outside in x and z."""
    result = plan.copy()
    for _ in range(border):
        padded = np.pad(result, 1)
        result = padded[:-2, 1:-1] & padded[2:, 1:-1] & padded[1:-1, :-2] & padded[1:-1, 2:] & result
    return result


def _stand(voxels: Voxels, dice: Dice, half: int, y0: int, thick: int, height: int) -> None:
    """A foot two layers thick or less, and a post up to the tip."""
    wide = dice.integer("stand_width", 2, min(half, 4))
    middle = 1 + half
    box(voxels, middle - wide, middle + wide, y0 - 1, y0 + thick + 1, 0, height - 1)
    box(voxels, middle - 1, middle + 1, y0, y0 + thick, height - 1, height + 1)


def _arrow(voxels: Voxels, half: int, y0: int, thick: int, plan: NDArray[np.bool_]) -> None:
    """A bar across the heart, with a head on one side and feathers on the other."""
    z = plan.shape[1] // 2 + 1
    left, right = 0, 2 * half + 2
    voxels[:] = np.roll(voxels, 2, axis=0)
    box(voxels, left, right + 4, y0, y0 + 2, z, z + 1)
    for x in (left + 1, right + 2):
        box(voxels, x, x + 1, y0, y0 + 2, z - 1, z + 2)
