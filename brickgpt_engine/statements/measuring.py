"""What the filled cells of a thing say of its parts, counts and sizes, without a look at any words.

Legs are the small islands of the ground layer, shelves the runs of full layers, a back what
rises above the middle of the seat. Measures follow the conventions of the shapes that the
embedded model was trained on: a chair's back is at high y, an animal's head at high x.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from brickgpt_engine.statements.proportions import PROPORTIONS
from brickgpt_engine.statements.readings import READINGS
from brickgpt_engine.statements.readings.base import islands
from brickgpt_engine.statements.spans import Value, Voxels, cropped, proportion_words

ABOUT = "about "
"""Begins the name of a claim that holds within one cell."""
SEAT_FILL = 0.7
"""A layer that fills this share of the plan is a seat; back and armrests together never reach it."""
LEG_CELLS = 4
"""A leg has at most this many cells on the ground (2x2)."""
MERLONS = 8
"""Battlements leave at least this many islands in the top layer."""


def measured(category: str, voxels: Voxels) -> dict[str, Value]:
    """What can be read off the voxels (bool, 20x20x20) alone, under the names that facts use.

    Raises:
        KeyError: there is no such category.
        ValueError: the grid is empty.
    """
    if not voxels.any():
        raise ValueError("an empty grid has nothing to measure")
    solid = cropped(voxels)
    found = proportion_words(PROPORTIONS[category], voxels)
    ground = islands(solid[:, :, 0])
    found["legs"] = sum(size <= LEG_CELLS for size in ground)
    found |= _extents(category, solid)
    if category in ("chair", "bench", "sofa"):
        found |= _seating(solid)
    elif category == "bed":
        found |= _bed(solid)
    elif category == "bookshelf":
        found["tiers"] = len(_runs(_fill(solid) >= 0.9 * _upper_share(solid)))
    elif category == "tower":
        found["battlements"] = len(islands(solid[:, :, -1])) >= MERLONS
        found["round"] = not solid[0, 0].any()
    elif category in READINGS:
        found |= READINGS[category].measure(solid)
    return found


def _extents(category: str, solid: Voxels) -> dict[str, Value]:
    """Extents in studs and bricks, along the axes that the family calls its width and length."""
    found: dict[str, Value] = {"bricks_tall": solid.shape[2]}
    for name, fact in (("width", "studs_wide"), ("length", "studs_long")):
        span = PROPORTIONS[category].get(name)
        if span and span.axis < 2:
            found[fact] = solid.shape[span.axis]
    return found


def _fill(solid: Voxels) -> NDArray[np.float64]:
    """Share of the plan (all columns with a cell) that each layer fills."""
    columns = np.count_nonzero(np.any(solid, axis=2))
    shares: NDArray[np.float64] = solid.sum(axis=(0, 1)) / columns
    return shares


def _upper_share(solid: Voxels) -> NDArray[np.float64]:
    """Share of the plan that lies in or above each layer: less than one where a shelf steps back."""
    above = np.logical_or.accumulate(solid[:, :, ::-1], axis=2)[:, :, ::-1]
    return _fill(above)


def _runs(flags: NDArray[np.bool_]) -> list[int]:
    """First positions of the runs of True."""
    before = np.concatenate(([False], flags[:-1]))
    return [int(i) for i in np.nonzero(flags & ~before)[0]]


def _seating(solid: Voxels) -> dict[str, Value]:
    """Back and armrests: what rises above the highest layer that fills most of the plan."""
    seat = int(np.nonzero(_fill(solid) >= SEAT_FILL)[0].max(initial=0))
    above = solid[:, :, seat + 1 :]
    if not above.any():
        return {"back": False, "armrests": False}
    back = bool(above[solid.shape[0] // 2].any())
    rear = int(np.nonzero(above.any(axis=(0, 2)))[0].max())
    sides = above[0] & above[-1]
    return {"back": back, "armrests": bool(sides[: max(rear - 1, 0)].any())}


def _bed(solid: Voxels) -> dict[str, Value]:
    """Lying surfaces, and what stands at the head and the foot of the lowest one."""
    full = _fill(solid) >= 1.0
    beds = len(_runs(full))
    if beds != 1:
        return {"beds": beds}
    level = int(np.nonzero(full)[0].max()) + 2
    if level >= solid.shape[2]:
        return {"beds": 1, "headboard": False, "footboard": False}
    head, foot = (int(solid[:, y, level].sum()) > 2 for y in (-1, 0))
    return {"beds": 1, "headboard": head, "footboard": foot}


def check_claims(category: str, voxels: Voxels, claims: Mapping[str, Value]) -> dict[str, bool]:
    """For every claim that can be measured, whether it holds.

    A claim of zero legs speaks of a base other than legs and is not judged. A claim whose name
    starts with "about " holds within one cell.
    """
    found = measured(category, voxels)
    verdicts = {}
    for name, claim in claims.items():
        if name.startswith(ABOUT):
            exact = found.get(name.removeprefix(ABOUT))
            if isinstance(exact, int) and isinstance(claim, int):
                verdicts[name] = abs(exact - claim) <= 1
        elif name in PROPORTIONS[category]:
            verdicts[name] = found.get(name) == claim
        elif name in found and not (name == "legs" and claim == 0):
            verdicts[name] = found[name] == claim
    return verdicts
