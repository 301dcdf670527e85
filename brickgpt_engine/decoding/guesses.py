"""Rules that guess the next brick from the bricks so far: what repeats, and what the layer below asks for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import TypeAlias

from brickgpt_engine.bricks import Brick
from brickgpt_engine.decoding.grammar import Value

Guess: TypeAlias = tuple[int, int, int, int, int]
"""A brick as ``h, w, x, y, z``."""
Fields: TypeAlias = tuple[Value, Value, Value, Value]
Cell: TypeAlias = tuple[int, int, int]

ROW = 64
"""Bits from one x to the next in a layer's number."""


class Text:
    """Bricks so far, with what the rules look up.

    The cells of a layer are the bits of one number, a row of ``ROW`` bits for each x. In worlds of more cells
    a row runs into the next one, which makes guesses worse and nothing else.
    """

    def __init__(self) -> None:
        self.bricks: list[Guess] = []
        self.at: dict[tuple[int, int, int, int], list[int]] = {}
        self.corners: dict[tuple[int, int, int], tuple[int, int]] = {}
        self.layers: dict[int, int] = {}
        self._before: list[tuple[int, tuple[int, int] | None]] = []  # layer and corner without each brick

    def push(self, brick: Guess) -> None:
        """Add a brick."""
        h, w, x, y, z = brick
        self.at.setdefault((h, w, x, y), []).append(len(self.bricks))
        self.bricks.append(brick)
        layer = self.layers.get(z, 0)
        self._before.append((layer, self.corners.get((x, y, z))))
        self.corners[x, y, z] = h, w
        self.layers[z] = layer | _cells(h, w) << (x * ROW + y)

    def pop(self) -> None:
        """Take the last brick off."""
        h, w, x, y, z = self.bricks.pop()
        self.at[h, w, x, y].pop()
        self.layers[z], other = self._before.pop()
        if other is None:
            del self.corners[x, y, z]
        else:
            self.corners[x, y, z] = other

    def gap(self) -> tuple[Cell, int]:
        """The first cell behind the last brick that the layer below has and this one lacks; all such cells.

        The latter are bits, that cell's first. Where nothing is lacking, the first cell of this layer, one
        higher, and the layer's cells. There must be a brick.
        """
        _, _, x, y, z = self.bricks[-1]
        here, behind = self.layers[z], x * ROW + y + 1
        lacking = (self.layers.get(z - 1, 0) & ~here) >> behind
        if not lacking:
            lacking, behind, z = here, 0, z + 1
        first = (lacking & -lacking).bit_length() - 1
        x, y = divmod(first + behind, ROW)
        return (x, y, z), lacking >> first


def below(text: Text, nth: int) -> Guess | None:
    """What followed the last brick's twin on a lower layer, the ``nth`` of them from above, as far up."""
    if not text.bricks:
        return None
    h, w, x, y, z = text.bricks[-1]
    for number in reversed(text.at[h, w, x, y]):
        height = text.bricks[number][4]
        if height < z:
            nth -= 1
            if not nth:
                a, b, c, d, e = text.bricks[number + 1]
                return a, b, c, d, e + z - height
    return None


def _repeat(text: Text, _: Sequence[Value]) -> Guess | None:
    """What followed when the last two bricks were placed alike before."""
    bricks = text.bricks
    if len(bricks) < 2:
        return None
    (_h, _w, a, b, c), (h, w, x, y, z) = bricks[-2:]
    for number in range(len(bricks) - 2, 0, -1):
        i, j, d, e, f = bricks[number]
        if (i, j) == (h, w):
            k, m, p, q, r = bricks[number - 1]
            if (k, m, d - p, e - q, f - r) == (_h, _w, x - a, y - b, z - c):
                k, m, p, q, r = bricks[number + 1]
                return k, m, p - d + x, q - e + y, r - f + z
    return None


def _beside(text: Text, said: Sequence[Value]) -> Guess | None:
    """The same footprint (or the one said) right behind the last brick."""
    if not text.bricks:
        return None
    h, w, x, y, z = text.bricks[-1]
    return *_said_footprint(said, (h, w)), x, y + w, z


def _cover(text: Text, said: Sequence[Value]) -> Guess | None:
    """The same footprint (or the one said) in the first gap of this layer, or where the next may begin."""
    if not text.bricks:
        return None
    h, w, _, _, z = text.bricks[-1]
    corner, _ = text.gap()
    if corner[2] > z and z and not text.layers.get(z - 1):
        return None
    return *_said_footprint(said, (h, w)), *corner


def _level(text: Text, said: Sequence[Value]) -> Guess | None:
    """Where only the height is open: this layer, or the next when the corner lies before the last brick."""
    if len(said) < 3:
        return None
    (h, w), (x,), (y,) = said[:3]
    if not text.bricks:
        return h, w, x, y, 0
    _, _, last_x, last_y, z = text.bricks[-1]
    return h, w, x, y, z + ((x, y) <= (last_x, last_y))


RULES: tuple[Callable[[Text, Sequence[Value]], Guess | None], ...] = (
    lambda text, _: below(text, 1),
    lambda text, _: below(text, 2),
    _repeat,
    _beside,
    _cover,
    _level,
)
"""All rules: bricks so far and the fields of the line so far to a guess."""


class Guesses:
    """What all rules say about one line, each rule asked again only where more of the line matters to it."""

    def __init__(self, text: Text) -> None:
        self._text = text
        self._blind = [rule(text, ()) for rule in RULES]
        self._told: list[Guess | None] = []

    def about(self, said: Sequence[Value]) -> list[Guess | None]:
        """The guess of each rule after the fields ``said``, which go on from those asked about before."""
        if not said:
            return self._blind
        if len(said) == 1 or not self._told:
            first = said[:1]
            self._told = [*self._blind[:3], _beside(self._text, first), _cover(self._text, first), None]
        if len(said) == 3:
            self._told[5] = _level(self._text, said)
        return self._told


def _said_footprint(said: Sequence[Value], default: tuple[int, int]) -> tuple[int, int]:
    return (said[0][0], said[0][1]) if said else default


def guess_of(brick: Brick) -> Guess:
    """A brick as a guess."""
    return brick.h, brick.w, brick.x, brick.y, brick.z


def fields_of(guess: Guess) -> Fields:
    """A guess as the fields of its line."""
    h, w, x, y, z = guess
    return (h, w), (x,), (y,), (z,)


@cache
def _cells(h: int, w: int) -> int:
    """The cells of a footprint as bits of a layer."""
    return sum(((1 << w) - 1) << (ROW * row) for row in range(h))
