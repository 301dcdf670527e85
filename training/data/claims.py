"""What captions claim, and whether the voxels bear it out.

Two independent readings meet here. :func:`measured` looks only at filled cells:
it counts legs as the small islands of the ground layer, shelves as the runs of full
layers, finds a back above the middle of the seat. :func:`claims_in` looks only at the
words. So captions of the data set can be tested against its shapes, and generated
models against their prompts.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from training.data.captions.wording import NUMBERS, SIZE_SYNONYMS
from training.data.readings import READINGS
from training.data.readings.base import islands as islands
from training.data.shapes import PROPORTIONS
from training.data.shapes.base import Value, Voxels, centred, extent, proportion_words

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
    solid = _cropped(voxels)
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


def _cropped(voxels: Voxels) -> Voxels:
    x, y, z = extent(voxels)
    placed = centred(voxels)
    x0, y0 = (placed.shape[0] - x) // 2, (placed.shape[1] - y) // 2
    return placed[x0 : x0 + x, y0 : y0 + y, :z]


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
        if name.startswith(_ABOUT):
            exact = found.get(name.removeprefix(_ABOUT))
            if isinstance(exact, int) and isinstance(claim, int):
                verdicts[name] = abs(exact - claim) <= 1
        elif name in PROPORTIONS[category]:
            verdicts[name] = found.get(name) == claim
        elif name in found and not (name == "legs" and claim == 0):
            verdicts[name] = found[name] == claim
    return verdicts


_NUMBER = "|".join(NUMBERS[1:]) + r"|[1-9]|10"
_COUNTS = {
    "legs": rf"\b({_NUMBER})(?: (?!panel|trestle|slab)\w+)? legs?\b",
    "tiers": rf"\b({_NUMBER})(?: horizontal)?[ -](?:tiers?|tiered|shelf|shelves|levels|boards)\b",
}
_COUNTED = {"tiers": ("bookshelf",), "legs": ("chair", "table", "bench", "bed", "tower")}
_PARTS = {
    "back": (r"\bback(?:rest)?\b(?! panel)|-back(?:ed)?\b", ("chair", "bench", "sofa")),
    "armrests": (r"\barm ?rests?\b|\barms\b", ("chair", "bench", "sofa")),
    "headboard": (r"\bheadboard\b", ("bed",)),
    "footboard": (r"\bfootboard\b|\bboard at the foot\b", ("bed",)),
    "round": (r"\bround\b", ("tower",)),
    "battlements": (r"\bbattlements\b|\bcrenellat", ("tower",)),
}
_ABOUT = "about "
_EXTENT = re.compile(
    r"\b(?:(about|around|roughly) )?(\d+) (?:studs (wide|across|long|in length)|bricks (tall|high))\b"
)
_EXTENT_FACTS = {
    "wide": "studs_wide",
    "across": "studs_wide",
    "long": "studs_long",
    "in length": "studs_long",
    "tall": "bricks_tall",
    "high": "bricks_tall",
}
_HEAD_ENDS = re.compile(
    r"[,.;]| w/| (?:with|featuring|having|that|which|has|comes|standing|resting|for|made|built)\b"
)
_GREETING = re.compile(r"^(?:hi|hey|hello), ")
_CLAUSE = re.compile(r"\b(?:that|which) is (\w+)\b")
_WORD_FACTS = {
    ("tall", "height"),
    ("low", "height"),
    ("wide", "width"),
    ("narrow", "width"),
    ("long", "length"),
    ("small", "size"),
    ("large", "size"),
}


def claims_in(caption: str, category: str) -> dict[str, Value]:
    """What a caption of an object of this category says, as far as it can be measured.

    "Short" is left out: it may speak of length or of height.
    """
    text, claims = _without_extents(_GREETING.sub("", caption.lower()))
    for name, pattern in _COUNTS.items():
        match = re.search(pattern, text)
        if match and category in _COUNTED[name]:
            claims[name] = NUMBERS.index(match[1]) if match[1] in NUMBERS else int(match[1])
    for name, (pattern, categories) in _PARTS.items():
        if category in categories:
            claims |= _presence(name, pattern, text)
    claims |= _read(category, text)
    head = _head(text)
    for word, name in _WORD_FACTS:
        if name in PROPORTIONS[category] and any(synonym in head for synonym in SIZE_SYNONYMS[word]):
            claims.setdefault(name, word)
    return claims


def _without_extents(text: str) -> tuple[str, dict[str, Value]]:
    """The text less its statements in studs and bricks, and those statements."""
    claims: dict[str, Value] = {}
    for about, count, studs, bricks in _EXTENT.findall(text):
        fact = _EXTENT_FACTS[studs or bricks]
        claims[_ABOUT + fact if about else fact] = int(count)
    return _EXTENT.sub("", text), claims


def _head(text: str) -> list[str]:
    """The words that qualify the whole thing: those before its noun, "that is tall", and ", tall,".

    Where the parts come first, the thing follows a colon or the last comma.
    """
    text = text.rsplit(":", 1)[-1]
    if text.startswith("with "):
        text = text.rsplit(",", 1)[-1]
    alone = [part.strip() for part in re.split(r"[,.]", text)]
    return _HEAD_ENDS.split(text, maxsplit=1)[0].split() + _CLAUSE.findall(text) + alone


def _read(category: str, text: str) -> dict[str, Value]:
    """The claims that the category's own reading finds in the text."""
    if category not in READINGS:
        return {}
    claims = READINGS[category].words(text)
    for name, pattern in READINGS[category].parts.items():
        claims |= _presence(name, pattern, text)
    for name, noun in READINGS[category].counts.items():
        match = re.search(rf"\b({_NUMBER})(?: \w+)? (?:{noun})", text)
        if match:
            claims[name] = NUMBERS.index(match[1]) if match[1] in NUMBERS else int(match[1])
    return claims


def _presence(name: str, pattern: str, text: str) -> dict[str, Value]:
    """Whether the text names the part, and whether it says that the part is missing."""
    if re.search(rf"\b(?:no|without|without an?) (?:{pattern})|\b{name}less\b", text):
        return {name: False}
    return {name: True} if re.search(pattern, text) else {}
