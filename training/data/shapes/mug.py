"""Mugs: coffee and latte mugs, tankards, teacups on saucers, espresso cups. The handle is at high x."""

from __future__ import annotations

import numpy as np

from brickgpt_engine.statements.spans import Value, Voxels
from training.data.shapes.base import Dice, Shape, empty, finish
from training.data.shapes.lathe import disc, handle, hollow, turn

_STYLES = {"mug": 0.35, "latte mug": 0.15, "tankard": 0.2, "teacup": 0.18, "espresso cup": 0.12}
_DIAMETER = {
    "latte mug": {5: 0.15, 6: 0.85},
    "tankard": {6: 0.75, 8: 0.25},
    "espresso cup": {5: 0.25, 6: 0.75},
    "teacup": {6: 0.65, 7: 0.05, 8: 0.3},
}
_HEIGHT = {"latte mug": (8, 11), "tankard": (6, 11), "espresso cup": (4, 5), "teacup": (4, 5)}


def sample(rng: np.random.Generator) -> Shape:
    """A cup with one handle, empty or filled, with or without a saucer."""
    dice = Dice(rng)
    style = dice.choice("style", _STYLES)
    diameter = dice.choice("diameter", _DIAMETER.get(style, {5: 0.13, 6: 0.52, 7: 0.1, 8: 0.25}))
    height = dice.integer("height", *_HEIGHT.get(style, (5, 9)))
    voxels = empty()
    facts: dict[str, Value] = {"style": style, "handles": 1}
    saucer = style == "teacup" or (style == "espresso cup" and dice.flag("saucer", 0.5))
    if saucer:
        height += 1
        facts["saucer"] = True
    profile = _profile(dice, style, diameter, height, facts)
    low, high = _handle(dice, style, len(profile), saucer)
    hollow(voxels, profile, floor=low + 2, joints=(high - 1, high - 2))
    reach = dice.integer("reach", 2, 4 if style == "tankard" else 3)
    narrow, wide = min(profile[low], profile[high - 1]), max(profile[low:high])
    reach += (wide - narrow) // 2
    handle(voxels, narrow, reach, low, high)
    if not 3 < high - low < 6:
        facts["handle_size"] = "large" if high - low >= 6 else "small"
    if saucer:
        _saucer(voxels, dice, diameter, reach)
    facts |= _contents(voxels, dice, style, profile)
    return finish("mug", style, voxels, dice, facts)


def _profile(dice: Dice, style: str, diameter: int, height: int, facts: dict[str, Value]) -> list[int]:
    """Diameters from the foot to the rim."""
    profile = [diameter] * height
    if style == "teacup" or (style == "mug" and diameter >= 6 and dice.flag("tapered", 0.3)):
        low = 3 if style == "teacup" else 2
        profile[:low] = [diameter - 2] * low
        facts["foot"] = "narrow"
    elif style == "tankard" and diameter <= 7 and dice.flag("base", 0.6):
        profile[:2] = [diameter + 2] * 2
        facts["foot"] = "wide"
    elif style == "latte mug" and dice.flag("flared", 0.4):
        profile[-2:] = [diameter + 2] * 2
        facts["rim"] = "flared"
    return profile


def _handle(dice: Dice, style: str, height: int, saucer: bool) -> tuple[int, int]:
    """First layer and end of the handle."""
    low = 2 if saucer else dice.integer("handle_low", 1, 1 if height < 5 else 2)
    drop = dice.integer("handle_drop", 0 if height <= 5 else 1, 1 if height <= 6 else 2)
    return low, min(height, max(low + 3, height - drop))


def _saucer(voxels: Voxels, dice: Dice, diameter: int, reach: int) -> None:
    """A plate under the cup, with a rim one layer higher or flat."""
    plate = diameter + 2 * min(2, reach)
    turn(voxels, [plate])
    voxels[:, :, 1] |= disc(diameter)
    if dice.flag("saucer_rim", 0.4):
        voxels[:, :, 1] |= disc(plate) & ~disc(plate - 2)


def _contents(voxels: Voxels, dice: Dice, style: str, profile: list[int]) -> dict[str, Value]:
    """Nothing, a drink up to below the rim, or froth above it."""
    choices = {"nothing": 0.6, "drink": 0.4}
    if style == "tankard":
        choices = {"nothing": 0.5, "drink": 0.2, "froth": 0.3}
    kind = dice.choice("contents", choices)
    top = len(profile)
    if kind == "nothing" or top < 5:
        return {"open": True}
    inside = disc(min(profile[-2:]))
    if kind == "drink":
        voxels[:, :, 2 : top - 1] |= inside[:, :, None]
        return {"drink": True}
    voxels[:, :, top - 2 : top + 1] |= inside[:, :, None]
    return {"froth": True, "open": False}
