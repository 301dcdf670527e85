"""Hulls of ships and boats: layers that narrow to the bow, which is at high x."""

from __future__ import annotations

from brickgpt_engine.statements.spans import Value, Voxels
from training.data.shapes.base import Dice, box, empty


def lay_deck(
    voxels: Voxels, length: int, width: int, z0: int, z1: int, *, bow: int = 0, both: bool = False
) -> None:
    """Layers of a hull, pointed over ``bow`` cells at high x (0: as long as it takes), or at both ends."""
    reach = (width - 1) // 2
    bow = bow or reach
    for x in range(length):
        ahead = length - 1 - x if not both else min(x, length - 1 - x)
        inset = 0 if ahead >= bow else -(-reach * (bow - ahead) // bow)
        box(voxels, x, x + 1, inset, width - inset, z0, z1)


def build_hull(voxels: Voxels, dice: Dice, length: int, width: int) -> tuple[int, dict[str, Value]]:
    """A hull with a narrower keel layer, and a raised bow or rail or neither; answers its deck layer."""
    height = dice.integer("hull_height", 2 if length < 13 else 3, 3 if length < 13 else 4)
    bow = (width - 1) // 2 * dice.integer("bow_length", 1, 2)
    keel = empty()
    lay_deck(keel, length - 1, width - 2, 0, 1)
    voxels[1:, 1:, 0] |= keel[:-1, :-1, 0]
    lay_deck(voxels, length, width, 1, height, bow=bow)
    rail = dice.choice("rail", {"none": 0.4, "bow": 0.3, "stern": 0.15, "both": 0.15})
    raised = empty()
    lay_deck(raised, length, width, height, height + 1, bow=bow)
    if rail in ("bow", "both"):
        voxels[length - bow - 1 :] |= raised[length - bow - 1 :]
    if rail in ("stern", "both"):
        voxels[:2] |= raised[:2]
    facts: dict[str, Value] = {"pointed": True}
    if rail in ("bow", "both"):
        facts["raised_bow"] = True
    return height, facts


def middle(width: int) -> tuple[int, int]:
    """First cell and end of what stands on the axis of a hull."""
    thick = 2 - width % 2
    y0 = (width - thick) // 2
    return y0, y0 + thick
