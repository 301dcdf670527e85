"""Jars: screw-top and cookie jars, storage jars, amphorae, urns and vases."""

from __future__ import annotations

import numpy as np

from brickgpt_engine.statements.spans import Value, Voxels
from training.data.shapes.base import Dice, Shape, empty, finish
from training.data.shapes.lathe import handle, hollow, turn

_STYLES = {"jar": 0.3, "cookie jar": 0.2, "storage jar": 0.15, "amphora": 0.15, "vase": 0.2}


def sample(rng: np.random.Generator) -> Shape:
    """A jar turned from a profile, open or with a lid, with or without handles."""
    dice = Dice(rng)
    style = dice.choice("style", _STYLES)
    voxels = empty()
    facts: dict[str, Value] = {"style": style}
    facts |= _BUILDERS[style](voxels, dice)
    return finish("jar", style, voxels, dice, facts)


def _jar(voxels: Voxels, dice: Dice) -> dict[str, Value]:
    """A straight body, a neck, and a flat lid as wide as the body or a little narrower."""
    body = dice.choice("diameter", {5: 0.05, 6: 0.55, 8: 0.4})
    height = dice.integer("body_height", 4, 11 if body == 6 else 8)
    lid = dice.integer("lid_height", 2, 3)
    lidded = dice.flag("lid", 0.75)
    neck = dice.integer("neck", 1, 2)
    profile = [body] * height + [body - 2] * neck
    hollow(voxels, profile)
    if not lidded:
        return {"open": True, "neck": True}
    voxels[:, :, len(profile) - 1] |= voxels[:, :, 0] & _inside(body - 2)
    turn(voxels, [body] * lid, len(profile))
    return {"lid": True, "open": False, "neck": True} | _knob(voxels, dice, body, len(profile) + lid, 0.15)


def _inside(diameter: int) -> Voxels:
    plan = empty()
    turn(plan, [diameter])
    layer: Voxels = plan[:, :, 0]
    return layer


def _knob(voxels: Voxels, dice: Dice, diameter: int, z: int, probability: float) -> dict[str, Value]:
    """A knob in the middle of a lid, plain or with a head."""
    if not dice.flag("knob", probability):
        return {}
    stem = 2 - diameter % 2
    turn(voxels, [stem], z)
    if dice.flag("knob_head", 0.4):
        turn(voxels, [stem + 2 if stem == 1 else 2], z + 1)
    return {"knob": True}


def _belly(dice: Dice, foot: int, belly: int, layers: int) -> list[int]:
    """Diameters that grow by two per step from ``foot`` to ``belly``, stay, and shrink again once."""
    steps = list(range(foot, belly, 2))
    rise = dice.integer("rise", 1, 2)
    profile = [diameter for diameter in steps for _ in range(rise)]
    return profile + [belly] * layers + [belly - 2]


def _cookie_jar(voxels: Voxels, dice: Dice) -> dict[str, Value]:
    """A round belly under a lid with a knob."""
    belly = dice.choice("diameter", {6: 0.3, 8: 0.5, 10: 0.2})
    profile = _belly(dice, belly - 2, belly, dice.integer("belly_height", 2, 6))
    turn(voxels, profile[:2])
    hollow(voxels, profile)
    turn(voxels, [belly - 2] * 2, len(profile) - 1)
    z = len(profile) + 1
    if dice.flag("domed", 0.5):
        turn(voxels, [belly - 4], z)
        z += 1
    return {"lid": True, "open": False, "belly": True} | _knob(voxels, dice, belly, z, 1.0)


def _storage_jar(voxels: Voxels, dice: Dice) -> dict[str, Value]:
    """A wide open jar with a narrower mouth or a thick rim."""
    body = dice.choice("diameter", {6: 0.4, 8: 0.4, 10: 0.2})
    profile = [body] * dice.integer("body_height", 4, 9)
    facts: dict[str, Value] = {"open": True}
    if dice.flag("foot", 0.5):
        profile = [body - 2] * dice.integer("foot_height", 1, 2) + profile
        facts["foot"] = True
    rim = dice.choice("rim", {"straight": 0.3, "narrow": 0.4, "thick": 0.3})
    if rim == "narrow":
        profile += [body - 2, body - 2]
        facts["neck"] = True
    elif rim == "thick":
        profile += [body - 2, body - 2, body, body]
        facts["rim"] = "wide"
    return facts | _ears(voxels, dice, body, profile, 0.35)


def _ears(
    voxels: Voxels, dice: Dice, diameter: int, profile: list[int], probability: float
) -> dict[str, Value]:
    """The body itself, perhaps with two small loops on its widest part; solid where they join it."""
    height = profile.index(diameter) + profile.count(diameter)
    if height < 7 or not dice.flag("handles", probability):
        hollow(voxels, profile)
        return {"handles": 0}
    low = dice.integer("handle_low", 2, height - 5)
    hollow(voxels, profile, floor=low + 4)
    for side in (1, -1):
        handle(voxels, diameter, 2, low, low + 3, side)
    return {"handles": 2}


def _amphora(voxels: Voxels, dice: Dice) -> dict[str, Value]:
    """A foot, a belly, a long neck with a lip, and two tall handles from shoulder to neck."""
    belly = 8
    layers = dice.integer("belly_height", 2, 5)
    profile = _belly(dice, belly - 4, belly, layers)
    shoulder = len(profile) - 2
    neck = dice.integer("neck", 4, 6)
    profile += [belly - 4] * neck
    facts: dict[str, Value] = {"open": True, "belly": True, "neck": True, "neck_height": "long"}
    turn(voxels, profile[:2])
    hollow(voxels, profile)
    if dice.flag("plate", 0.4):
        voxels[:, :, 1:] = voxels[:, :, :-1].copy()
        turn(voxels, [belly - 2])
        shoulder += 1
    wide = dice.integer("handle_reach", 2, 3)
    top = shoulder + neck + dice.integer("handle_rise", 0, 1)
    for side in (1, -1):
        handle(voxels, belly - 4, wide, shoulder + 1, top, side)
    return facts | {"handles": 2}


def _vase(voxels: Voxels, dice: Dice) -> dict[str, Value]:
    """A foot, a belly or a straight body, and a mouth that opens wide."""
    body = dice.choice("diameter", {5: 0.05, 6: 0.65, 8: 0.3})
    profile = [body] * dice.integer("body_height", 4, 8)
    facts: dict[str, Value] = {}
    if dice.flag("foot", 0.5):
        profile = [body - 2, *profile]
        facts["foot"] = True
    if body > 5 and dice.flag("neck", 0.6):
        profile += [body - 2] * dice.integer("neck_height", 1, 4)
        facts["neck"] = True
    if facts.get("neck") or dice.flag("flared", 0.85):
        profile += [profile[-1] + 2] * 2
        facts["rim"] = "wide"
    hollow(voxels, profile)
    flowers = _flowers(voxels, dice, profile)
    return facts | (flowers or {"open": True})


def _flowers(voxels: Voxels, dice: Dice, profile: list[int]) -> dict[str, Value]:
    """Stems out of the mouth, each with a blossom."""
    if len(profile) > 12 or profile[0] % 2 or not dice.flag("flowers", 0.35):
        return {}
    stem = 2
    height = dice.integer("stem", 2, 4)
    top = len(profile) + height
    turn(voxels, [stem] * (top - 1), 1)
    turn(voxels, [stem + 2] * dice.integer("blossom", 2, 3) + [stem], top)
    return {"flowers": True}


_BUILDERS = {
    "jar": _jar,
    "cookie jar": _cookie_jar,
    "storage jar": _storage_jar,
    "amphora": _amphora,
    "vase": _vase,
}
