"""Brick colours: the solid LDraw colours worth having, and the colour that a prompt asks for.

Codes, names and RGB values are those of the LDraw colour configuration (LDConfig.ldr, update
2024-04-05, https://www.ldraw.org/article/547.html). Names are lower case, in British spelling.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterable
from dataclasses import dataclass, replace

from brickgpt_engine.bricks.structure import BrickStructure

Rgb = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Colour:
    """One LDraw colour.

    Attributes:
        code: LDraw colour code.
        name: lower-case name, words separated by spaces.
        rgb: red, green, blue, 0 … 255 each.
    """

    code: int
    name: str
    rgb: Rgb


COLOURS: tuple[Colour, ...] = (
    Colour(0, "black", (0x1B, 0x2A, 0x34)),
    Colour(1, "blue", (0x1E, 0x5A, 0xA8)),
    Colour(2, "green", (0x00, 0x85, 0x2B)),
    Colour(3, "dark turquoise", (0x06, 0x9D, 0x9F)),
    Colour(4, "red", (0xB4, 0x00, 0x00)),
    Colour(5, "dark pink", (0xD3, 0x35, 0x9D)),
    Colour(10, "bright green", (0x58, 0xAB, 0x41)),
    Colour(14, "yellow", (0xFA, 0xC8, 0x0A)),
    Colour(15, "white", (0xF4, 0xF4, 0xF4)),
    Colour(19, "tan", (0xD7, 0xBA, 0x8C)),
    Colour(22, "purple", (0x67, 0x1F, 0x81)),
    Colour(25, "orange", (0xD6, 0x79, 0x23)),
    Colour(26, "magenta", (0x90, 0x1F, 0x76)),
    Colour(27, "lime", (0xA5, 0xCA, 0x18)),
    Colour(28, "dark tan", (0x89, 0x7D, 0x62)),
    Colour(29, "bright pink", (0xFF, 0x9E, 0xCD)),
    Colour(30, "medium lavender", (0xA0, 0x6E, 0xB9)),
    Colour(31, "lavender", (0xCD, 0xA4, 0xDE)),
    Colour(68, "very light orange", (0xFD, 0xC3, 0x83)),
    Colour(70, "reddish brown", (0x5F, 0x31, 0x09)),
    Colour(71, "light bluish grey", (0x96, 0x96, 0x96)),
    Colour(72, "dark bluish grey", (0x64, 0x64, 0x64)),
    Colour(73, "medium blue", (0x73, 0x96, 0xC8)),
    Colour(74, "medium green", (0x7F, 0xC4, 0x75)),
    Colour(77, "light pink", (0xFE, 0xCC, 0xCF)),
    Colour(78, "light nougat", (0xFF, 0xC9, 0x95)),
    Colour(84, "medium nougat", (0xAA, 0x7D, 0x55)),
    Colour(85, "medium lilac", (0x44, 0x1A, 0x91)),
    Colour(92, "nougat", (0xBB, 0x80, 0x5A)),
    Colour(112, "medium violet", (0x48, 0x61, 0xAC)),
    Colour(118, "aqua", (0x9C, 0xD6, 0xCC)),
    Colour(128, "dark nougat", (0xAD, 0x61, 0x40)),
    Colour(151, "very light bluish grey", (0xC8, 0xC8, 0xC8)),
    Colour(191, "bright light orange", (0xFC, 0xAC, 0x00)),
    Colour(212, "bright light blue", (0x9D, 0xC3, 0xF7)),
    Colour(216, "rust", (0x87, 0x2B, 0x17)),
    Colour(226, "bright light yellow", (0xFF, 0xEC, 0x6C)),
    Colour(232, "sky blue", (0x77, 0xC9, 0xD8)),
    Colour(272, "dark blue", (0x19, 0x32, 0x5A)),
    Colour(288, "dark green", (0x00, 0x45, 0x1A)),
    Colour(308, "dark brown", (0x35, 0x21, 0x00)),
    Colour(320, "dark red", (0x72, 0x00, 0x12)),
    Colour(321, "dark azure", (0x46, 0x9B, 0xC3)),
    Colour(322, "medium azure", (0x68, 0xC3, 0xE2)),
    Colour(323, "light aqua", (0xD3, 0xF2, 0xEA)),
    Colour(326, "yellowish green", (0xE2, 0xF9, 0x9A)),
    Colour(330, "olive green", (0x77, 0x77, 0x4E)),
    Colour(335, "sand red", (0x88, 0x60, 0x5E)),
    Colour(353, "coral", (0xFF, 0x6D, 0x77)),
    Colour(370, "medium brown", (0x75, 0x59, 0x45)),
    Colour(371, "medium tan", (0xCC, 0xA3, 0x73)),
    Colour(373, "sand purple", (0x75, 0x65, 0x7D)),
    Colour(378, "sand green", (0x70, 0x8E, 0x7C)),
    Colour(379, "sand blue", (0x70, 0x81, 0x9A)),
    Colour(402, "reddish orange", (0xCA, 0x4C, 0x0B)),
    Colour(422, "sienna brown", (0x91, 0x5C, 0x3C)),
    Colour(484, "dark orange", (0x91, 0x50, 0x1C)),
)
"""The colours, by code."""

DEFAULT_COLOUR = 191
"""LDraw code of a brick whose colour nobody chose: a warm bright light orange."""

_BY_CODE: dict[int, Colour] = {colour.code: colour for colour in COLOURS}
_BY_NAME: dict[str, int] = {colour.name: colour.code for colour in COLOURS}

_OTHER_COLOUR_WORDS: dict[str, int] = {
    "grey": 71, "light grey": 71, "dark grey": 72, "charcoal": 72, "slate": 72,
    "brown": 70, "light brown": 84, "chocolate": 308,
    "light blue": 212, "sky blue": 232, "baby blue": 212, "navy": 272, "navy blue": 272,
    "azure": 322, "cyan": 322, "turquoise": 3, "dark turquoise": 3, "teal": 3, "mint": 118,
    "light green": 74, "olive": 330, "lime green": 27, "forest green": 288, "emerald": 2,
    "pink": 29, "hot pink": 5, "fuchsia": 26, "violet": 22, "indigo": 85, "mauve": 373,
    "crimson": 320, "maroon": 320, "burgundy": 320, "scarlet": 4, "ruby": 4,
    "beige": 19, "cream": 19, "ivory": 19, "khaki": 28, "amber": 191, "peach": 78, "golden yellow": 191,
    "light yellow": 226, "light orange": 191, "mustard": 191, "snow white": 15, "jet black": 0, "ebony": 0,
}  # fmt: skip
_MATERIALS: dict[str, int] = {
    "wooden": 84, "wood": 84, "timber": 84, "oak": 84, "pine": 19, "pine tree": 288, "palm tree": 2,
    "birch": 19, "bamboo": 19, "wicker": 19,
    "walnut": 70, "mahogany": 70, "teak": 422, "rustic": 422, "leather": 422, "cardboard": 84,
    "gold": 191, "golden": 191, "brass": 191, "bronze": 484, "copper": 484, "rusty": 216, "terracotta": 216,
    "silver": 71, "steel": 71, "metal": 71, "metallic": 71, "aluminium": 71, "aluminum": 71, "iron": 72,
    "stone": 71, "concrete": 71, "cement": 71, "granite": 72, "rock": 72, "marble": 15, "porcelain": 15,
    "sandstone": 19, "sand": 19, "sandy": 19, "straw": 226, "snowy": 15, "icy": 212, "glass": 212,
    "grassy": 10, "mossy": 330,
}  # fmt: skip
_OBJECTS: dict[str, int] = {
    "castle": 71, "fortress": 71, "statue": 71, "tree": 2, "cactus": 2, "banana": 14, "fire engine": 4,
    "fire truck": 4, "ambulance": 15, "school bus": 14, "taxi": 14, "tractor": 2, "snowman": 15, "piano": 0,
}  # fmt: skip
_PLEASANT = (191, 322, 4, 73, 10, 25, 378, 379, 353, 226, 27, 84)
"""Colours that look well on any model, for prompts that name none."""


def _phrases(table: dict[str, int]) -> dict[tuple[str, ...], int]:
    return {tuple(name.split()): code for name, code in table.items()}


_COLOUR_PHRASES = _phrases(_BY_NAME | _OTHER_COLOUR_WORDS)
_MATERIAL_PHRASES = _phrases(_MATERIALS)
_OBJECT_PHRASES = _phrases(_OBJECTS)
_SPELLINGS = {
    "gray": "grey",
    "greyish": "grey",
    "grayish": "grey",
    "reddish": "reddish",
    "coloured": "",
    "colored": "",
}


def _words(text: str) -> list[str]:
    words = re.findall(r"[a-z]+", text.lower())
    return [word for word in (_SPELLINGS.get(word, word) for word in words) if word]


def _match_at(words: list[str], start: int, phrases: dict[tuple[str, ...], int]) -> tuple[int, int] | None:
    """The longest phrase that begins at ``start``: (colour code, words used), or None."""
    for length in range(4, 0, -1):
        code = phrases.get(tuple(words[start : start + length]))
        if code is not None and start + length <= len(words):
            return code, length
    return None


def colour_of_code(code: int) -> Colour | None:
    """The colour with this LDraw code, or None when it is not one of :data:`COLOURS`."""
    return _BY_CODE.get(code)


def colour_by_name(name: str) -> int | None:
    """LDraw code of a colour name, British or American, with spaces, hyphens or underscores.

    Everyday names ("navy", "grey", "maroon") are understood too. None for an unknown name.
    """
    return _COLOUR_PHRASES.get(tuple(_words(name)))


def colour_for_prompt(prompt: str) -> int | None:
    """LDraw code of the colour or material that a prompt names first, or None when it names none.

    A colour right after a material belongs to the same thing and wins ("a wooden red chair"
    is red); failing both, a few things have a colour of their own (a castle is grey).
    """
    words = _words(prompt)
    for start in range(len(words)):
        colour = _match_at(words, start, _COLOUR_PHRASES)
        if colour is not None:
            return colour[0]
        material = _match_at(words, start, _MATERIAL_PHRASES)
        if material is not None:
            follower = _match_at(words, start + material[1], _COLOUR_PHRASES)
            return follower[0] if follower is not None else material[0]
    things = (_match_at(words, start, _OBJECT_PHRASES) for start in range(len(words)))
    return next((thing[0] for thing in things if thing is not None), None)


def choose_colour(prompt: str) -> int:
    """The colour that a prompt asks for, else a pleasant one that depends only on its words."""
    asked = colour_for_prompt(prompt)
    if asked is not None:
        return asked
    return _PLEASANT[zlib.crc32(" ".join(_words(prompt)).encode()) % len(_PLEASANT)]


def paint(structure: BrickStructure, colour: int | Iterable[int | None] | None) -> BrickStructure:
    """A copy of ``structure`` in another colour.

    Args:
        structure: any structure.
        colour: one LDraw code for all bricks, None to take all colours off, or one entry per brick.

    Raises:
        ValueError: there are not as many entries as bricks.
    """
    codes = [colour] * len(structure) if colour is None or isinstance(colour, int) else list(colour)
    bricks = (replace(brick, colour=code) for brick, code in zip(structure, codes, strict=True))
    return BrickStructure(bricks, structure.world_dim)
