"""LDraw colours and what they are made of, from our table or from a parts library's ``LDConfig.ldr``.

Source: LDraw.org, "Colour Definition Language Extension"; the table holds code, name, value, alpha
and finish of LDConfig.ldr, update 2024-04-05. No Blender here.
"""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from pathlib import Path

FINISHES = ("plastic", "chrome", "pearlescent", "metal", "rubber", "glitter", "speckle")
DEFAULT_CODE = 191
"""Code of a brick that has no colour of its own: bright light orange."""
MAIN_CODES = frozenset({16, 24})
"""Codes that mean "the colour of whatever refers to this"; no colours of bricks."""
_DIRECT = 0x2000000  # colour values in the place of a code: 0x2RRGGBB, and 0x3RRGGBB for see-through ones
_DIRECT_CLEAR = 0x3000000
_OPAQUE = 255
_COLOUR_LINE = re.compile(r"0\s+!COLOUR\s+(\S+)\s+CODE\s+(\d+)\s+VALUE\s+#?([0-9A-Fa-f]{6})\b(.*)")


@dataclass(frozen=True)
class Colour:
    """One colour.

    Attributes:
        code: LDraw code.
        name: in words.
        rgb: red, green, blue as sRGB, 0 … 255.
        alpha: 255 for opaque.
        finish: one of :data:`FINISHES`.
    """

    code: int
    name: str
    rgb: tuple[int, int, int]
    alpha: int = _OPAQUE
    finish: str = "plastic"


def _rgb(hexadecimal: str) -> tuple[int, int, int]:
    red, green, blue = (int(hexadecimal[at : at + 2], 16) for at in (0, 2, 4))
    return red, green, blue


@lru_cache(maxsize=1)
def table() -> dict[int, Colour]:
    """All colours of the table that comes with the add-on, by code."""
    with (Path(__file__).parent / "colours.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    made = (Colour(int(r["code"]), r["name"], _rgb(r["rgb"]), int(r["alpha"]), r["finish"]) for r in rows)
    return {colour.code: colour for colour in made}


def read_ldconfig(text: str) -> dict[int, Colour]:
    """The colours that the text of an ``LDConfig.ldr`` defines, by code; other lines are ignored."""
    found = {}
    for line in text.splitlines():
        match = _COLOUR_LINE.match(line.strip())
        if match is not None:
            words = match[4].upper().split()
            code = int(match[2])
            name = match[1].replace("_", " ")
            found[code] = Colour(code, name, _rgb(match[3]), _alpha(words), _finish(words))
    return found


def _alpha(words: list[str]) -> int:
    at = words.index("ALPHA") + 1 if "ALPHA" in words else len(words)
    return int(words[at]) if at < len(words) and words[at].isdigit() else _OPAQUE


def _finish(words: list[str]) -> str:
    if "MATERIAL" in words[:-1]:
        material = words[words.index("MATERIAL") + 1].lower()
        return material if material in FINISHES else "plastic"
    return next((word.lower() for word in words if word.lower() in FINISHES), "plastic")


def colour_of(code: int | None, known: dict[int, Colour] | None = None) -> Colour:
    """The colour with this code: a direct colour, one of ``known`` or of the table, else the default."""
    if code is not None and code >= _DIRECT:
        alpha = 128 if code >= _DIRECT_CLEAR else _OPAQUE
        value = f"{code & 0xFFFFFF:06X}"
        return Colour(code, f"#{value}", _rgb(value), alpha)
    for source in (known or {}, table()):
        if code in source and code not in MAIN_CODES:
            return source[code]
    return table()[DEFAULT_CODE]


def linear(rgb: tuple[int, int, int]) -> tuple[float, float, float]:
    """SRGB 0 … 255 as linear light 0 … 1 (IEC 61966-2-1), which Blender's shaders take."""
    red, green, blue = (_channel(value / 255) for value in rgb)
    return red, green, blue


def _channel(value: float) -> float:
    return value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4


_HEAT = (
    (0.00, (58, 110, 165)),
    (0.25, (96, 178, 172)),
    (0.50, (238, 214, 102)),
    (0.75, (238, 140, 58)),
    (1.00, (190, 28, 36)),
)


def heat(stress: float | None) -> tuple[int, int, int]:
    """Colour of a stress, sRGB 0 … 255: blue at 0 over yellow to red at 1 and above; None counts as 1."""
    at = 1.0 if stress is None else min(max(stress, 0.0), 1.0)
    for (low, cold), (high, warm) in pairwise(_HEAT):
        if at <= high:
            share = (at - low) / (high - low)
            red, green, blue = (round(c + (w - c) * share) for c, w in zip(cold, warm))
            return red, green, blue
    return _HEAT[-1][1]
