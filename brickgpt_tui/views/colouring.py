"""What colour each brick is drawn in, what mark it carries where there is no colour, and the legend."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from brickgpt_engine.bricks import LIBRARY, Brick
from brickgpt_engine.bricks.colours import DEFAULT_COLOUR, colour_of_code
from brickgpt_engine.rendering.shading import brick_rgb, heat_rgb
from brickgpt_tui.views.picture import packed, unpacked

Colouring = Literal["colour", "part", "order", "stress"]
"""Colour by the brick's own colour, its part, its place in the build order, or its stress."""
COLOURINGS: tuple[Colouring, ...] = ("colour", "part", "order", "stress")

_PARTS = {
    "1x1": (86, 180, 233),
    "1x2": (0, 158, 115),
    "1x4": (240, 228, 66),
    "1x6": (230, 159, 0),
    "1x8": (213, 94, 0),
    "2x2": (204, 121, 167),
    "2x4": (92, 110, 200),
    "2x6": (150, 150, 150),
}
"""A colour per part; all but the last two from Okabe and Ito's palette, made for colour-blind people too."""
_PART_MARKS = "abcdefgh"
_ORDER = ((0.0, (68, 58, 130)), (0.35, (49, 120, 142)), (0.7, (70, 184, 110)), (1.0, (253, 231, 37)))
_UNKNOWN = (128, 128, 128)
_STEPS = 5


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a legend: a colour 0xRRGGBB, the mark that stands for it without colour, and words."""

    colour: int
    mark: str
    text: str


@dataclass(frozen=True, slots=True, eq=False)
class Paint:
    """Colours of ``n`` bricks.

    Attributes:
        rgb: red, green, blue 0 … 255, shape (n, 3).
        marks: a character per brick that says the same without colour, shape (n,); of a brick's own
            colour it says nothing and is a plain stud.
        title: what the colours mean.
        legend: entries that explain them.
    """

    rgb: NDArray[np.float64]
    marks: NDArray[np.str_]
    title: str
    legend: tuple[Entry, ...]


def paint_bricks(
    bricks: Sequence[Brick], colouring: Colouring, stress: NDArray[np.float64] | None = None
) -> Paint:
    """How to paint ``bricks``.

    Args:
        bricks: in build order.
        colouring: what the colours say.
        stress: share of the friction capacity per brick, shape (n,) or shorter; None while unknown.
    """
    if colouring == "part":
        return _by_part(bricks)
    if colouring == "order":
        return _by_order(len(bricks))
    if colouring == "stress":
        return _by_stress(len(bricks), stress)
    return _by_colour(bricks)


def _by_colour(bricks: Sequence[Brick]) -> Paint:
    codes = [brick.colour for brick in bricks]
    rgb = brick_rgb(codes, None)
    names = dict.fromkeys(DEFAULT_COLOUR if code is None else code for code in codes)
    legend = []
    for code in names:
        colour = colour_of_code(code)
        shown = int(packed(brick_rgb([code], None))[0])
        legend.append(Entry(shown, "o", colour.name if colour is not None else f"LDraw {code}"))
    return Paint(rgb, np.full(len(bricks), "o", dtype="<U1"), "brick colour", tuple(legend))


def _by_part(bricks: Sequence[Brick]) -> Paint:
    numbers = {(p.short, p.long): number for number, p in enumerate(LIBRARY)}
    which = np.array([numbers[min(b.h, b.w), max(b.h, b.w)] for b in bricks], dtype=np.intp)
    table = np.array([_PARTS[part.name] for part in LIBRARY], dtype=np.float64)
    signs = np.array(list(_PART_MARKS), dtype="<U1")
    colours = packed(table)
    legend = tuple(
        Entry(int(colours[number]), _PART_MARKS[number], LIBRARY[number].name)
        for number in np.unique(which).tolist()
    )
    return Paint(table[which], signs[which], "part", legend)


def _gradient(at: NDArray[np.float64]) -> NDArray[np.float64]:
    stops = [stop for stop, _ in _ORDER]
    return np.stack([np.interp(at, stops, [rgb[c] for _, rgb in _ORDER]) for c in range(3)], axis=-1)


def _by_order(count: int) -> Paint:
    at = np.arange(count) / max(count - 1, 1)
    legend = []
    for step in np.linspace(0, 1, _STEPS) if count else ():
        number = round(float(step) * (count - 1)) + 1
        colour = int(packed(_gradient(np.array(step))))
        legend.append(Entry(colour, _tenth(float(step)), f"#{number}"))
    marks = np.array([_tenth(value) for value in at.tolist()], dtype="<U1").reshape(count)
    return Paint(_gradient(at), marks, "build order", tuple({e.text: e for e in legend}.values()))


def _by_stress(count: int, stress: NDArray[np.float64] | None) -> Paint:
    """The engine's heat scale; what no analysis looked at is grey."""
    values = np.full(count, np.nan)
    if stress is not None:
        values[: min(count, len(stress))] = stress[:count]
    known = ~np.isnan(values)
    rgb = np.where(known[:, None], heat_rgb(values), np.array(_UNKNOWN, dtype=np.float64))
    marks = np.array([_tenth(v) if ok else "?" for v, ok in zip(values, known, strict=True)], dtype="<U1")
    steps = np.linspace(0, 1, _STEPS)
    names = ("at ease", "0.25", "0.5", "0.75", "fails")
    colours = packed(heat_rgb(steps)).tolist()
    legend = [
        Entry(colour, _tenth(float(step)), name)
        for colour, step, name in zip(colours, steps, names, strict=True)
    ]
    if not known.all():
        grey = int(packed(np.array(_UNKNOWN)))
        legend.append(Entry(grey, "?", "not analysed"))
    return Paint(rgb.reshape(count, 3), marks.reshape(count), "stress", tuple(legend))


def _tenth(value: float) -> str:
    """A value 0 … 1 in tenths as one digit; the whole is an X."""
    return "X" if value >= 1 else str(max(0, int(value * 10)))


def contrast(rgb: NDArray[np.float64]) -> NDArray[np.int32]:
    """Ink for paper of colours of shape (…, 3): of nearly black and nearly white what stands out more.

    It is chosen by the contrast ratio of WCAG 2.1, so that no colour leaves it below 3 to 1.
    """
    paper = _luminance(rgb) + 0.05
    ink: NDArray[np.int32] = np.where(_LIGHT / paper > paper / _DARK, _LIGHT_INK, _DARK_INK).astype(np.int32)
    return ink


def _luminance(rgb: NDArray[np.float64]) -> NDArray[np.float64]:
    """Relative luminance 0 … 1 of sRGB colours of shape (…, 3), as WCAG 2.1 defines it."""
    encoded = rgb / 255
    linear = np.where(encoded <= 0.03928, encoded / 12.92, ((encoded + 0.055) / 1.055) ** 2.4)
    luminance: NDArray[np.float64] = linear @ np.array([0.2126, 0.7152, 0.0722])
    return luminance


_DARK_INK, _LIGHT_INK = 0x101418, 0xF2F4F8
_DARK, _LIGHT = (
    _luminance(np.array([unpacked(_DARK_INK), unpacked(_LIGHT_INK)], dtype=np.float64)) + 0.05
).tolist()
"""Luminance of the two inks, with the flare that WCAG adds to it."""
