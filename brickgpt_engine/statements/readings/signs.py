"""Readings of letters and numbers: what the front shows, compared with every character of the font."""

from __future__ import annotations

import re
from itertools import product

import numpy as np

from brickgpt_engine.statements.font import CHARACTERS, glyph
from brickgpt_engine.statements.readings.base import Plane, Reading, holes
from brickgpt_engine.statements.spans import Value, Voxels
from brickgpt_engine.statements.words import NUMBERS

LIKENESS = 0.9
"""Share of the front's cells, filled or empty, that must agree before it counts as a character."""
_STROKES = range(1, 5)
_DIGITS = ("zero", *NUMBERS[1:])
_DIGIT = "|".join(_DIGITS[:10])
_NAMED = (
    re.compile(r"\b(?:letter|initial|capital|character) \"?([a-z])\b(?!/| can| could| want| need| would)"),
    re.compile(rf"\b(?:number|digit|numeral|figure) \"?([0-9]|{_DIGIT})\b"),
)


def letter(solid: Voxels) -> dict[str, Value]:
    """The character whose stretched outline is most like the front, the stand, and the holes in it."""
    stand = _stand(solid)
    front = np.any(solid[:, :, stand:], axis=1)
    filled = np.nonzero(front.any(axis=1))[0]
    front = front[filled[0] : filled[-1] + 1]
    return {"character": character_of(front), "stand": stand > 0, "holes": holes(front)}


def _stand(solid: Voxels) -> int:
    """Layers of the plate below: those deeper (in y) than the highest layer."""
    depths = [int(np.count_nonzero(solid[:, :, z].any(axis=0))) for z in range(solid.shape[2])]
    layer = 0
    while layer < len(depths) - 1 and depths[layer] > depths[-1]:
        layer += 1
    return layer


def character_of(front: Plane) -> str:
    """The character that a front view (bool, indexed (x, z)) shows, or "" when it is like none.

    Every split of width and height into strokes and gaps is tried, so no size is known beforehand.
    """
    best, found = LIKENESS, ""
    for character in CHARACTERS:
        cells = glyph(character)
        for columns, rows in product(_splits(front.shape[0], 2, 3), _splits(front.shape[1], 3, 4)):
            outline = cells[_source(columns, 5, 4)][:, _source(rows, 7, 3)]
            likeness = float(np.mean(outline == front))
            if likeness > best:
                best, found = likeness, character
    return found


def _splits(length: int, strokes: int, gaps: int) -> list[tuple[int, int]]:
    """Sizes (stroke, gap) of which so many make up the length."""
    return [(s, g) for s, g in product(_STROKES, _STROKES) if strokes * s + gaps * g == length]


def _source(sizes: tuple[int, int], count: int, every: int) -> list[int]:
    """For each cell, the font's column or row that it shows; each ``every``-th is a stroke."""
    stroke, gap = sizes
    return [i for i in range(count) for _ in range(stroke if i % every == 0 else gap)]


def named_character(text: str) -> dict[str, Value]:
    """The character that a text (lower case) names."""
    for pattern in _NAMED:
        match = pattern.search(text)
        if match:
            name = match[1]
            return {"character": str(_DIGITS.index(name)) if name in _DIGITS else name.upper()}
    return {}


SIGNS = {
    "letter": Reading(
        letter,
        parts={"stand": r"\b(?:stand|base plate|base)\b"},
        counts={"holes": r"(?:holes?|closed loops?)\b"},
        words=named_character,
    )
}
"""Readings of signs, by category."""
