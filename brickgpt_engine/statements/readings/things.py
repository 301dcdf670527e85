"""Readings of baskets, birdhouses, bottles, bowls, cameras and guitars."""

from __future__ import annotations

import numpy as np

from brickgpt_engine.statements.readings.base import Plane, Reading, front_wall, holes, islands, width
from brickgpt_engine.statements.spans import Value, Voxels

NARROW = 12
"""A layer with at most this many cells is a pole; the walls of a house have more."""
LONG_LENS = 4
"""A lens that stands out this far is long."""


def _heights(solid: Voxels) -> Plane:
    """The silhouette from the front: (x, z) cells with anything in them."""
    seen: Plane = np.any(solid, axis=1)
    return seen


def _top(column: Plane) -> int:
    """Layers from the ground to the top of the highest cell of a boolean (…, z) array; 0 for none."""
    filled = np.nonzero(column)[-1]
    return int(filled.max()) + 1 if len(filled) else 0


def bottle(solid: Voxels) -> dict[str, Value]:
    """A handle makes a loop in the silhouette; a cap is wider than what is below it."""
    handle = holes(_heights(solid)) > 0
    layers = [solid[:, :, z] for z in range(solid.shape[2] // 2, solid.shape[2])]
    wider = any(width(layers[-1], axis) > min(width(layer, axis) for layer in layers) for axis in (0, 1))
    return {"handle": handle, "cap": wider and not handle}


def bowl(solid: Voxels) -> dict[str, Value]:
    """A foot ends in a sudden step, handles make it oblong, contents rise over the rim."""
    sizes = [width(solid[:, :, z], 1) for z in range(solid.shape[2])]
    steps = np.diff(sizes)
    middle = solid[solid.shape[0] // 2, solid.shape[1] // 2]
    return {
        "foot": bool((steps >= 4).any() or (steps[: len(steps) // 2] < 0).any()),
        "handles": solid.shape[0] - solid.shape[1] >= 3,
        "contents": _top(middle) > _top(solid[:, 0]),
    }


def basket(solid: Voxels) -> dict[str, Value]:
    """A handle makes a loop in the silhouette; the middle tells a lid from a filling."""
    rim = _top(solid[:, 0])
    middle = solid[solid.shape[0] // 2, solid.shape[1] // 2]
    filled = int(np.argmin(np.append(middle, False)))
    # A lid that stands out hides no wall: it is only two layers thick.
    wall = solid[:, int(np.count_nonzero(solid[:, 0].any(axis=0)) <= 2)]
    return {
        "handle": holes(_heights(solid)) > 0,
        "contents": filled > rim,
        "lid": bool(middle[rim - 1]) and filled < rim,
        "woven": holes(wall) > 0,
    }


def birdhouse(solid: Voxels) -> dict[str, Value]:
    """Entrance holes in the front wall, a thin part below, a bar that stands out furthest."""
    lower = solid[:, :, : solid.shape[2] // 2]
    return {
        "holes": holes(solid[:, front_wall(solid)]),
        "pole": bool((lower.sum(axis=(0, 1)) <= NARROW).any()),
        "perch": int(solid[:, 0].sum()) <= 4,
    }


def camera(solid: Voxels) -> dict[str, Value]:
    """Three thin legs are a tripod; the lens reaches from the front to where the body is."""
    tripod = len(islands(solid[:, :, 0])) == 3
    upper = solid[:, :, -6:] if tripod else solid
    upper = upper[:, upper.any(axis=(0, 2))]
    whole = max(width(upper[:, y]) for y in range(upper.shape[1]))
    lens = next(y for y in range(upper.shape[1]) if width(upper[:, y]) >= 0.9 * whole)
    return {"tripod": tripod, "long_lens": lens >= LONG_LENS}


def guitar(solid: Voxels) -> dict[str, Value]:
    """A lying guitar is flat; the sound hole is a hole in the face of the body."""
    lying = solid.shape[2] <= 4
    face_first = solid[:, :, ::-1].transpose(1, 2, 0) if lying else solid
    face = face_first[:, front_wall(face_first, 2)]
    return {"lying": lying, "sound_hole": holes(face) > 0}


THINGS: dict[str, Reading] = {
    "basket": Reading(
        basket,
        {
            "handle": r"\bhandled?\b",
            "lid": r"\blid\b|\bcover\b",
            "contents": r"\bfruits?\b|\bfilled\b",
            "woven": r"\bwoven\b|\bwicker\b|\bweave\b",
        },
    ),
    "birdhouse": Reading(
        birdhouse,
        {"pole": r"\bpole\b|\bpost\b", "perch": r"\bperch\b"},
        {"holes": r"(?:entrance )?(?:holes?|entrances?|openings?)\b"},
    ),
    "bottle": Reading(bottle, {"cap": r"\bcap\b|\bstopper\b|\bcork\b", "handle": r"\bhandle\b"}),
    "bowl": Reading(
        bowl,
        {
            "foot": r"\bfoot\b|\bfooted\b|\bpedestal\b|\bstem\b",
            "handles": r"\bhandles\b",
            "contents": r"\bfruits?\b|\bfull\b|\bfilled\b",
        },
    ),
    "camera": Reading(
        camera,
        {"tripod": r"\btripod\b", "long_lens": r"\blong(?: \w+)? lens\b|\btelephoto\b|\bzoom lens\b"},
        {"legs": r"legs\b"},
    ),
    "guitar": Reading(
        guitar, {"sound_hole": r"\bsound ?hole\b", "lying": r"\blying\b|\blaid\b|\bon its back\b"}
    ),
}
"""One reading per category."""
