"""Round things turned from a profile: solid and hollow bodies, side handles.

Circles are octagons: squares with their corners cut off, as few bricks allow no rounder ones.
All circles of one body share an axis, so their diameters are all even or all odd.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from brickgpt_engine.statements.spans import Voxels
from training.data.shapes.base import SIDE, box

Plan = NDArray[np.bool_]


def disc(diameter: int) -> Plan:
    """An octagon of ``diameter`` cells in the middle of a plan of SIDE (or SIDE - 1, if odd) cells."""
    plan = np.zeros((SIDE, SIDE), dtype=np.bool_)
    start = (axis(diameter) - diameter) // 2
    cut = 0 if diameter < 3 else (diameter + 3) // 6 if diameter > 8 else 1
    steps = np.arange(diameter)
    edge = np.minimum(steps, diameter - 1 - steps)
    plan[start : start + diameter, start : start + diameter] = edge[:, None] + edge[None, :] >= cut
    return plan


def axis(diameter: int) -> int:
    """Side of the plan on whose middle circles of this parity lie: SIDE for even ones, SIDE - 1 for odd."""
    return SIDE - diameter % 2


def eroded(plan: Plan, diagonal: bool = False) -> Plan:
    """The cells with four filled neighbours; with ``diagonal``, eight.

    What is left around them is a thin ring whose corners touch diagonally, which takes one brick
    a side, or with ``diagonal`` a ring joined by edges.
    """
    padded = np.pad(plan, 1)
    result = plan.copy()
    for i in range(3):
        for j in range(3):
            if diagonal or 1 in (i, j):
                result &= padded[i : i + plan.shape[0], j : j + plan.shape[1]]
    return result


def turn(voxels: Voxels, profile: Sequence[int], z0: int = 0) -> None:
    """A solid body with one circle of the given diameter per layer, from layer ``z0`` up."""
    for z, diameter in enumerate(profile, start=z0):
        voxels[:, :, z] |= disc(diameter)


def hollow(
    voxels: Voxels, profile: Sequence[int], z0: int = 0, floor: int = 2, joints: Sequence[int] = ()
) -> None:
    """The same, hollow above ``floor`` layers.

    Two layers on either side of a step stay solid, except under a lip of one or two layers, where the
    hole is that of the narrowest neighbour: a wall cannot stand on the inner edge of another. Every
    third layer from the rim down, and the layers ``joints``, join the walls, which otherwise meet
    only in the floor.
    """
    count = len(profile)
    steps = [k for k in range(1, count) if profile[k] != profile[k - 1]]
    inward = {z for k in steps if profile[k] < profile[k - 1] for z in (k - 2, k - 1)}
    outward = {z for k in steps if profile[k] > profile[k - 1] and k < count - 2 for z in range(k - 2, k + 2)}
    for z, diameter in enumerate(profile):
        voxels[:, :, z0 + z] |= disc(diameter)
        if z >= floor and z not in inward | outward:
            near = profile[max(0, z - 1) : z + 2]
            joint = z in joints or (count - 1 - z) % 3 == 0
            hole = disc(min(near))
            inner = eroded(hole, diagonal=joint)
            voxels[:, :, z0 + z] &= ~(inner if inner.any() else eroded(hole))


def handle(
    voxels: Voxels, diameter: int, reach: int, z0: int, z1: int, side: int = 1, width: int = 0
) -> None:
    """A loop of ``reach`` cells on the +x (``side`` 1) or -x side, from layer ``z0`` to ``z1`` - 1.

    It starts in the wall of a body of ``diameter`` cells at its two ends. ``width`` 0 means
    one or two cells, whichever lies on the axis.
    """
    plan = axis(diameter)
    width = width or 2 - diameter % 2
    y0 = (plan - width) // 2
    wall = (plan + diameter) // 2
    outer = wall + reach
    for bottom in (z0, z1 - 1):
        _strip(voxels, plan, side, wall - 1, outer, y0, width, bottom, bottom + 1)
    _strip(voxels, plan, side, outer - 1, outer, y0, width, z0, z1)


def lug(voxels: Voxels, diameter: int, reach: int, z0: int, z1: int, side: int = 1) -> None:
    """A plain bar that stands out ``reach`` cells from the wall of a body of ``diameter`` cells."""
    plan = axis(diameter)
    width = 2 - diameter % 2
    wall = (plan + diameter) // 2
    _strip(voxels, plan, side, wall - 1, wall + reach, (plan - width) // 2, width, z0, z1)


def _strip(
    voxels: Voxels, plan: int, side: int, x0: int, x1: int, y0: int, width: int, z0: int, z1: int
) -> None:
    if side < 0:
        x0, x1 = plan - x1, plan - x0
    box(voxels, x0, x1, y0, y0 + width, z0, z1)
