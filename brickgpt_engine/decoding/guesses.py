"""Rules that guess the next brick from the bricks so far: what repeats, and what the layer below asks for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

from brickgpt_engine.bricks import Brick
from brickgpt_engine.decoding.grammar import Value

Guess: TypeAlias = tuple[int, int, int, int, int]
"""A brick as ``h, w, x, y, z``."""
Fields: TypeAlias = tuple[Value, Value, Value, Value]


class Text:
    """Bricks so far, with what the rules look up."""

    def __init__(self) -> None:
        self.bricks: list[Guess] = []
        self.at: dict[tuple[int, int, int, int], list[int]] = {}
        self.after: dict[tuple[int, ...], list[int]] = {}
        self.layers: dict[int, set[tuple[int, int]]] = {}
        self._new: list[set[tuple[int, int]]] = []  # cells that each brick was the first to fill

    def push(self, brick: Guess) -> None:
        """Add a brick."""
        h, w, x, y, z = brick
        number = len(self.bricks)
        self.bricks.append(brick)
        self.at.setdefault((h, w, x, y), []).append(number)
        self.after.setdefault(self.context(), []).append(number)
        layer = self.layers.setdefault(z, set())
        self._new.append(_cells(brick) - layer)
        layer |= self._new[-1]

    def pop(self) -> None:
        """Take the last brick off."""
        self.after[self.context()].pop()
        brick = self.bricks.pop()
        self.at[brick[:4]].pop()
        self.layers[brick[4]] -= self._new.pop()

    def context(self) -> tuple[int, ...]:
        """The last two footprints and the step between them."""
        (h, w, x, y, z), *before = self.bricks[:-3:-1]
        steps = [(b[0], b[1], x - b[2], y - b[3], z - b[4]) for b in before]
        return (h, w, *(steps[0] if steps else ()))


def _below(text: Text, nth: int) -> Guess | None:
    """What followed the last brick's twin on a lower layer, as far up."""
    if not text.bricks:
        return None
    h, w, x, y, z = text.bricks[-1]
    twins = [n for n in text.at[h, w, x, y] if text.bricks[n][4] < z]
    if len(twins) < nth:
        return None
    twin = twins[-nth]
    a, b, c, d, e = text.bricks[twin + 1]
    return a, b, c, d, e + z - text.bricks[twin][4]


def _repeat(text: Text, _: Sequence[Value]) -> Guess | None:
    """What followed when the last two bricks were placed alike before."""
    places = text.after[text.context()] if text.bricks else []
    if len(places) < 2:
        return None
    h, w, x, y, z = text.bricks[places[-2] + 1]
    _h, _w, a, b, c = text.bricks[places[-2]]
    _h, _w, d, e, f = text.bricks[-1]
    return h, w, x - a + d, y - b + e, z - c + f


def _beside(text: Text, said: Sequence[Value]) -> Guess | None:
    """The same footprint (or the one said) right behind the last brick."""
    if not text.bricks:
        return None
    h, w, x, y, z = text.bricks[-1]
    return *_said_footprint(said, (h, w)), x, y + w, z


def _cover(text: Text, said: Sequence[Value]) -> Guess | None:
    """The first cell ahead that this layer lacks of the one below; else the first of the next layer."""
    if not text.bricks:
        return None
    h, w, x, y, z = text.bricks[-1]
    here = text.layers[z]
    ahead = [cell for cell in text.layers.get(z - 1, ()) if cell > (x, y) and cell not in here]
    if not ahead and z and not text.layers.get(z - 1):
        return None
    if ahead:
        first, height = min(ahead), z
    else:
        first, height = min(here), z + 1
    below = {n for n in text.at.get((h, w, *first), ()) if text.bricks[n][4] < height}
    same = text.bricks[max(below)][:2] if below else (h, w)
    return *_said_footprint(said, same), *first, height


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
    lambda text, _: _below(text, 1),
    lambda text, _: _below(text, 2),
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


def _cells(brick: Guess) -> set[tuple[int, int]]:
    h, w, x, y, _ = brick
    return {(a, b) for a in range(x, x + h) for b in range(y, y + w)}
