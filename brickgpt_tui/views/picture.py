"""A drawing for the terminal: characters, colours and, for every character, the brick that it shows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from brickgpt_engine.bricks.structure import EMPTY

TextArray = NDArray[np.str_]
Int32Array = NDArray[np.int32]
FlagArray = NDArray[np.uint8]

NONE = -1
"""No colour of its own: that of the terminal or the theme."""
BOLD, DIM, REVERSE = 1, 2, 4
"""Flags of a character."""

Run = tuple[str, int, int, int]
"""Characters that look alike: text, ink and paper as 0xRRGGBB or :data:`NONE`, and flags."""


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """``H`` lines of ``W`` characters; nobody changes it once it is drawn.

    Attributes:
        text: one character each, shape (H, W).
        ink, paper: colour of the character and behind it, 0xRRGGBB or :data:`NONE`, shape (H, W).
        flags: :data:`BOLD`, :data:`DIM` and :data:`REVERSE`, or-ed, shape (H, W).
        hits: the brick that each character shows, :data:`EMPTY` for none, shape (H, W).
        fixed_left: so many columns on the left stay in sight when the picture is scrolled (its scale).
        fixed_bottom: so many lines at the bottom stay in sight.
    """

    text: TextArray
    ink: Int32Array
    paper: Int32Array
    flags: FlagArray
    hits: Int32Array
    fixed_left: int = 0
    fixed_bottom: int = 0

    @property
    def width(self) -> int:
        """Columns."""
        return int(self.text.shape[1])

    @property
    def height(self) -> int:
        """Lines."""
        return int(self.text.shape[0])

    def part(self, lines: slice, columns: slice) -> Picture:
        """A part of the picture; drawing into it draws into this one."""
        at = lines, columns
        return Picture(self.text[at], self.ink[at], self.paper[at], self.flags[at], self.hits[at])

    def hit(self, column: int, line: int) -> int | None:
        """The brick that is drawn at a character, or None where none is."""
        if not (0 <= line < self.height and 0 <= column < self.width):
            return None
        brick = int(self.hits[line, column])
        return None if brick == EMPTY else brick

    def differs_from(self, other: Picture) -> list[int] | None:
        """The lines that look otherwise than in ``other``; None where the two are not of one size."""
        if self.text.shape != other.text.shape:
            return None
        pairs = ((self.text, other.text), (self.ink, other.ink), (self.paper, other.paper))
        unlike = (self.flags != other.flags).any(axis=1)
        for mine, its in pairs:
            unlike |= (mine != its).any(axis=1)
        lines: list[int] = np.flatnonzero(unlike).tolist()
        return lines

    def plain(self) -> str:
        """The characters alone, lines without trailing blanks."""
        return "\n".join("".join(line).rstrip() for line in self.text.tolist())

    def runs(self, line: int) -> list[Run]:
        """One line as the longest runs of characters that look alike."""
        ink, paper, flags = self.ink[line], self.paper[line], self.flags[line]
        if not len(ink):
            return []
        looks = (ink.astype(np.int64) << 32) ^ (paper.astype(np.int64) << 4) ^ flags
        starts = [0, *(np.flatnonzero(looks[1:] != looks[:-1]) + 1).tolist()]
        ends = [*starts[1:], len(looks)]
        text = "".join(self.text[line].tolist())
        columns = zip(starts, ends, ink[starts].tolist(), paper[starts].tolist(), strict=True)
        return [
            (text[start:end], one, two, flag)
            for (start, end, one, two), flag in zip(columns, flags[starts].tolist(), strict=True)
        ]


def blank(height: int, width: int, *, fixed_left: int = 0, fixed_bottom: int = 0) -> Picture:
    """A picture of spaces, for drawing into."""
    shape = (height, width)
    return Picture(
        text=np.full(shape, " ", dtype="<U1"),
        ink=np.full(shape, NONE, dtype=np.int32),
        paper=np.full(shape, NONE, dtype=np.int32),
        flags=np.zeros(shape, dtype=np.uint8),
        hits=np.full(shape, EMPTY, dtype=np.int32),
        fixed_left=fixed_left,
        fixed_bottom=fixed_bottom,
    )


def write(picture: Picture, line: int, column: int, text: str, *, ink: int = NONE, flags: int = 0) -> None:
    """Put ``text`` into a picture that is being drawn; what lies outside is cut off."""
    if not 0 <= line < picture.height:
        return
    for offset, character in enumerate(text, start=column):
        if 0 <= offset < picture.width:
            picture.text[line, offset] = character
            picture.ink[line, offset] = ink
            picture.flags[line, offset] = flags


def packed(rgb: NDArray[np.floating] | NDArray[np.integer]) -> Int32Array:
    """Colours 0 … 255 of shape (…, 3) as 0xRRGGBB of shape (…)."""
    channels = np.clip(np.rint(rgb), 0, 255).astype(np.int32)
    joined: Int32Array = (channels[..., 0] << 16) | (channels[..., 1] << 8) | channels[..., 2]
    return joined


def unpacked(colour: int) -> tuple[int, int, int]:
    """Red, green and blue, 0 … 255, of a colour 0xRRGGBB."""
    return (colour >> 16) & 255, (colour >> 8) & 255, colour & 255
