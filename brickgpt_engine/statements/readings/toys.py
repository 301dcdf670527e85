"""Readings of animals, robots, airplanes, hearts and bridges."""

from __future__ import annotations

import numpy as np

from brickgpt_engine.statements.readings.base import Reading, holes, islands
from brickgpt_engine.statements.spans import Value, Voxels


def animal(solid: Voxels) -> dict[str, Value]:
    """Ears or horns are the regions of the highest layer of the front half."""
    head = solid[solid.shape[0] // 2 :]
    top = int(np.nonzero(np.any(head, axis=(0, 1)))[0].max())
    return {"ears": len(islands(head[:, :, top]))}


def robot(solid: Voxels) -> dict[str, Value]:
    """Legs or tracks stand apart on the ground; antennas end in the highest layer."""
    feet = len(islands(solid[:, :, 0]))
    return {"legs": feet, "tracks": feet, "antennas": len(islands(solid[:, :, -1]))}


def airplane(solid: Voxels) -> dict[str, Value]:
    """Wheels stand apart on the ground; a plane on its belly rests on one region."""
    ground = len(islands(solid[:, :, 0]))
    return {"wheels": ground if ground > 1 else 0}


def heart(solid: Voxels) -> dict[str, Value]:
    """Two lobes make two regions at the top of an upright heart; an outline can be looked through."""
    return {"hole": holes(np.any(solid, axis=1)) > 0, "lobes": len(islands(solid[:, :, -1]))}


def bridge(solid: Voxels) -> dict[str, Value]:
    """Supports stand apart on the ground, with one opening between each two."""
    ground = len(islands(solid[:, :, 0]))
    return {"supports": ground, "spans": ground - 1}


TOYS = {
    "airplane": Reading(airplane, counts={"wheels": r"wheels\b"}),
    "animal": Reading(animal, counts={"legs": r"legs\b", "ears": r"(?:ears|horns)\b"}),
    "bridge": Reading(
        bridge,
        counts={"supports": r"(?:piers|supports|pillars)\b", "spans": r"(?:arch|arches|spans?|openings?)\b"},
    ),
    "heart": Reading(
        heart, parts={"hole": r"\b(?:hole|hollow middle|open middle)\b"}, counts={"lobes": r"lobes\b"}
    ),
    "robot": Reading(
        robot,
        counts={"legs": r"legs\b", "tracks": r"(?:tracks|treads)\b", "antennas": r"antennas?\b"},
    ),
}
"""Readings of toys, by category."""
