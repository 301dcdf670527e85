"""Guesses of what the model writes next, for it to check several tokens in one pass.

Models of bricks repeat themselves: a layer looks like the one below, a row goes on as it began. Each
rule here guesses the next brick from the bricks so far. How often a rule was right about each field
is counted while the structure grows, the best rule speaks first, and a draft ends where it would
more likely cost than save. A wrong guess costs time and nothing else: the sampler takes from a pass
only logits that it would have computed itself.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

from brickgpt_engine.bricks import Brick, BrickStructure
from brickgpt_engine.decoding.grammar import BrickGrammar, Value

Guess: TypeAlias = tuple[int, int, int, int, int]
"""A brick as ``h, w, x, y, z``."""
Fields: TypeAlias = tuple[Value, Value, Value, Value]

_MOST_TOKENS = 24
_TRIALS = 5.0
"""How many bricks of experience the first trust in a rule stands for."""
_FADE = 0.95
"""What earlier experience weighs after each further brick."""


class Drafter:
    """Guesses lines from the lines before, and learns which of its rules to trust.

    Args:
        grammar: spells the lines.
        cost: what one more token makes a pass longer, as a share of a pass; less probable tokens are
            not worth drafting, and a draft costs at most two passes in all.
    """

    def __init__(self, grammar: BrickGrammar, cost: float) -> None:
        self._grammar = grammar
        self._worth = cost
        self._most = min(_MOST_TOKENS, max(1, round(2 / cost)))
        self._text = _Text()
        self._known: list[Brick] = []
        self._rates = {
            (rule, field): (share * _TRIALS, _TRIALS)
            for rule, shares in enumerate(TRUST)
            for field, share in enumerate(shares)
        }

    def follow(self, bricks: BrickStructure) -> None:
        """Take note of how the structure has grown, or was cut, since the last call."""
        known = len(self._known)
        if known > len(bricks) or (known and bricks[known - 1] is not self._known[-1]):
            self._text, self._known = _Text(), []
            for brick in bricks:
                self._text.push(_guess(brick))
            self._known = list(bricks)
        for brick in bricks[len(self._known) :]:
            self._learn(_guess(brick))
            self._known.append(brick)

    def draft(self, values: Sequence[Value]) -> list[int]:
        """Tokens that probably follow the fields ``values`` of the next line; empty where none is likely."""
        tokens: list[int] = []
        said, odds, pushed = list(values), 1.0, 0
        while len(tokens) < self._most:
            field = len(said)
            guess, rate = self._best(said, field)
            odds *= rate
            if guess is None or odds < self._worth:
                break
            path = self._grammar.path(field, _fields(guess)[field])
            if path is None:
                break
            tokens += path
            said.append(_fields(guess)[field])
            if len(said) == 4:
                self._text.push(guess)
                pushed, said = pushed + 1, []
        for _ in range(pushed):
            self._text.pop()
        return tokens

    def _best(self, said: Sequence[Value], field: int) -> tuple[Guess | None, float]:
        """The guess that agrees with what is ``said`` and whose rule was most often right about ``field``."""
        best, best_rate = None, 0.0
        for number, rule in enumerate(RULES):
            hits, trials = self._rates[number, field]
            if hits / trials > best_rate:
                guess = rule(self._text, said)
                if guess is not None and list(_fields(guess)[:field]) == said:
                    best, best_rate = guess, hits / trials
        return best, best_rate

    def _learn(self, brick: Guess) -> None:
        """Count which rules would have been right about ``brick``, field by field, and add it."""
        true = _fields(brick)
        for number, rule in enumerate(RULES):
            blind = rule(self._text, ())
            told = rule(self._text, true[:3])  # guesses of x and y look at the footprint alone
            for field, guess in enumerate((blind, told, told, told)):
                if guess is None or _fields(guess)[:field] != true[:field]:
                    continue
                hits, trials = self._rates[number, field]
                hit = _fields(guess)[field] == true[field]
                self._rates[number, field] = (_FADE * hits + hit, _FADE * trials + 1.0)
        self._text.push(brick)


class _Text:
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


def _below(text: _Text, nth: int) -> Guess | None:
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


def _repeat(text: _Text, _: Sequence[Value]) -> Guess | None:
    """What followed when the last two bricks were placed alike before."""
    places = text.after[text.context()] if text.bricks else []
    if len(places) < 2:
        return None
    h, w, x, y, z = text.bricks[places[-2] + 1]
    _h, _w, a, b, c = text.bricks[places[-2]]
    _h, _w, d, e, f = text.bricks[-1]
    return h, w, x - a + d, y - b + e, z - c + f


def _beside(text: _Text, said: Sequence[Value]) -> Guess | None:
    """The same footprint (or the one said) right behind the last brick."""
    if not text.bricks:
        return None
    h, w, x, y, z = text.bricks[-1]
    return *_said_footprint(said, (h, w)), x, y + w, z


def _cover(text: _Text, said: Sequence[Value]) -> Guess | None:
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


def _level(text: _Text, said: Sequence[Value]) -> Guess | None:
    """Where only the height is open: this layer, or the next when the corner lies before the last brick."""
    if len(said) < 3:
        return None
    (h, w), (x,), (y,) = said[:3]
    if not text.bricks:
        return h, w, x, y, 0
    _, _, last_x, last_y, z = text.bricks[-1]
    return h, w, x, y, z + ((x, y) <= (last_x, last_y))


RULES: tuple[Callable[[_Text, Sequence[Value]], Guess | None], ...] = (
    lambda text, _: _below(text, 1),
    lambda text, _: _below(text, 2),
    _repeat,
    _beside,
    _cover,
    _level,
)
"""All rules: bricks so far and the fields of the line so far to a guess."""
TRUST = (
    (0.8, 0.95, 0.95, 0.99),
    (0.7, 0.95, 0.95, 0.99),
    (0.7, 0.7, 0.95, 0.99),
    (0.5, 0.4, 0.55, 0.95),
    (0.5, 0.8, 0.9, 0.99),
    (0.0, 0.0, 0.0, 0.99),
)
"""How often each rule was right about each field, given the fields before, in models of the embedded one."""


def _said_footprint(said: Sequence[Value], default: tuple[int, int]) -> tuple[int, int]:
    return (said[0][0], said[0][1]) if said else default


def _guess(brick: Brick) -> Guess:
    return brick.h, brick.w, brick.x, brick.y, brick.z


def _fields(guess: Guess) -> Fields:
    h, w, x, y, z = guess
    return (h, w), (x,), (y,), (z,)


def _cells(brick: Guess) -> set[tuple[int, int]]:
    h, w, x, y, _ = brick
    return {(a, b) for a in range(x, x + h) for b in range(y, y + w)}
