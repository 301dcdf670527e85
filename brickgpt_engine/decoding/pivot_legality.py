"""Which pivot lines may come next: the same grid, seen from the pivot that a line has chosen."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from brickgpt_engine.bricks import Brick
from brickgpt_engine.decoding.grammar import BrickGrammar, Value
from brickgpt_engine.decoding.legality import Flags, Legality, LegalRules
from brickgpt_engine.decoding.pivot_grammar import PivotGrammar
from brickgpt_engine.decoding.syntax import LineSyntax
from brickgpt_engine.errors import ModelError


def legality_for(grammar: LineSyntax, rules: LegalRules) -> Legality:
    """What is legal after a structure, field by field of the lines of ``grammar``.

    Raises:
        ModelError: a grammar of another kind.
    """
    if isinstance(grammar, PivotGrammar):
        return PivotLegality(grammar, rules)
    if isinstance(grammar, BrickGrammar):
        return Legality(grammar, rules)
    raise ModelError(f"nothing is known of what is legal in lines of {type(grammar).__name__}")


class PivotLegality(Legality):
    """As :class:`Legality`, for lines of pivot, dimensions and three numbers of an offset.

    Args:
        grammar: gives footprints, reach and the size of the world.
        rules: what is legal beyond bounds and free cells.
    """

    def __init__(self, grammar: PivotGrammar, rules: LegalRules | None = None) -> None:
        super().__init__(grammar, rules)
        self._shift, self._max_back = grammar.shift, grammar.max_back

    def feasible(self, values: Sequence[Value]) -> Flags:
        """Which values the next field may take so that a legal brick can still come of it.

        Args:
            values: the fields of the line so far, none to four.

        Returns:
            One flag per value of that field, in the grammar's order. For the pivot only its being there is
            looked at, for the dimensions only the budget.
        """
        if not values:
            flags = np.zeros(self._max_back + 2, dtype=np.bool_)
            flags[: min(len(self._bricks), self._max_back) + 1] = flags[-1] = True
            return flags
        if len(values) == 1:
            return np.array([self._affordable(h, w) for h, w in self._grammar.footprints])
        found = self._window(values)[tuple(number for (number,) in values[2:])]
        return np.asarray(found.any(axis=tuple(range(1, found.ndim))))

    def saying(self, values: Sequence[Value], bricks: Iterable[Brick]) -> list[int]:
        """Places in :meth:`feasible` whose choice would make the line one of ``bricks``."""
        if len(values) < 4:
            return []
        (h, w), (a,), (b,) = values[1:]
        x, y, z = self._corner(values)
        alike = (
            brick.z - z for brick in bricks if (brick.h, brick.w, brick.x - x, brick.y - y) == (h, w, a, b)
        )
        return [number for number in alike if 0 <= number < self._side(values)]

    def _corner(self, values: Sequence[Value]) -> tuple[int, int, int]:
        """The cell that the offset 0, 0, 0 leads to."""
        ((back,), *_) = values
        if back == 0:
            return 0, 0, 0
        base = self._bricks[-back]
        return base.x - self._shift, base.y - self._shift, base.z - self._shift

    def _side(self, values: Sequence[Value]) -> int:
        """How many numbers there are along each axis."""
        return self._grammar.world_dim if values[0] == (0,) else 2 * self._shift + 1

    def _window(self, values: Sequence[Value]) -> Flags:
        """Which offsets from the pivot are legal for the dimensions said, a cube of that many numbers."""
        h, w = values[1]
        side = self._side(values)
        found = np.zeros((side, side, side), dtype=np.bool_)
        if self._affordable(h, w):
            legal = self._at(h, w).legal()
            spans = [
                (max(low, 0), min(low + side, size))
                for low, size in zip(self._corner(values), legal.shape, strict=True)
            ]
            inside = tuple(
                slice(begin - low, end - low)
                for (begin, end), low in zip(spans, self._corner(values), strict=True)
            )
            if all(begin < end for begin, end in spans):
                found[inside] = legal[tuple(slice(*span) for span in spans)]
        return found
