"""Readings of castles, houses, rockets and trees."""

from __future__ import annotations

import numpy as np

from brickgpt_engine.statements.readings.base import Reading, holes, islands, width
from brickgpt_engine.statements.spans import Value, Voxels

TOWER_CELLS = 4
"""A tower fills at least 2x2 cells of a layer; merlons are single cells."""
CHIMNEY_CELLS = 4
"""A chimney ends in at most this many cells; a ridge is longer."""


def castle(solid: Voxels) -> dict[str, Value]:
    """Towers are the large islands above the walls; a gate parts the foot of the front."""
    layers = [islands(solid[:, :, z]) for z in range(solid.shape[2])]
    towers = max(sum(size >= TOWER_CELLS for size in sizes) for sizes in layers)
    return {
        "towers": towers,
        "keep": towers == 5,
        "battlements": max(layers[-1]) == 1,
        "gate": len(islands(solid[:, :1, 0])) > 1,
    }


def house(solid: Voxels) -> dict[str, Value]:
    """A door parts the foot of the front wall, windows are holes in it, a chimney ends above the ridge."""
    # Eaves stand out over the wall, which is the first plane that reaches the ground.
    wall = solid[:, int(solid[:, :, 0].any(axis=0).argmax())]
    return {
        "door": len(islands(wall[:, :1])) > 1,
        "windows": holes(wall),
        "chimney": int(solid[:, :, -1].sum()) <= CHIMNEY_CELLS,
    }


def rocket(solid: Voxels) -> dict[str, Value]:
    """Around the nozzle stand four fins or two boosters."""
    around = len(islands(solid[:, :, 0])) - 1
    return {"fins": around if around > 2 else 0, "boosters": around if around == 2 else 0}


def tree(solid: Voxels) -> dict[str, Value]:
    """A pot is wider than the trunk on it; every tier of the crown widens anew."""
    sizes = [width(solid[:, :, z]) for z in range(solid.shape[2])]
    steps = np.sign(np.diff(sizes))
    turns = [int(step) for step in steps if step]
    rises = sum(now > 0 and before < 0 for before, now in zip([-1, *turns], turns, strict=False))
    return {"pot": sizes[0] > min(sizes[: len(sizes) // 2]), "tiers": rises}


OUTDOORS: dict[str, Reading] = {
    "castle": Reading(
        castle,
        {
            "battlements": r"\bbattlements\b|\bcrenellat",
            "gate": r"\bgate\b|\bgateway\b",
            "keep": r"(?<!to )\bkeep\b",
        },
        {"towers": r"towers\b"},
    ),
    "house": Reading(
        house,
        {"door": r"\bdoor\b|\bdoorway\b", "chimney": r"\bchimney\b"},
        {"windows": r"(?:front )?windows\b"},
    ),
    "rocket": Reading(rocket, {}, {"fins": r"fins\b", "boosters": r"boosters\b"}),
    "tree": Reading(tree, {"pot": r"\bpot\b|\bpotted\b|\bplanter\b"}, {"tiers": r"tiers\b"}),
}
"""One reading per category."""
