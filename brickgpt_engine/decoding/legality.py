"""Which bricks may come next, known from the grid before the model is asked.

A brick is legal when it is in bounds, in free cells, and within the run's rules. The answer is
kept per footprint as two boolean arrays over the corner positions, which a new brick changes in a
few windows of cells: those whose brick would collide with it, and those that it would hold.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from copy import copy
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from brickgpt_engine.bricks import Brick, BrickStructure, part_for_footprint
from brickgpt_engine.decoding.grammar import Value
from brickgpt_engine.decoding.syntax import LineSyntax
from brickgpt_engine.errors import ConfigError

Flags: TypeAlias = NDArray[np.bool_]
Cell: TypeAlias = tuple[int, int, int]

CONTACTS = ("free", "supported", "attached")
"""What must hold a brick: nothing; the ground or a brick right below; those or a brick right above."""


@dataclass(frozen=True, slots=True)
class LegalRules:
    """What is legal beyond bounds and free cells.

    Attributes:
        contact: one of :data:`CONTACTS`.
        region: lowest and highest cell that bricks may occupy; None for the whole world.
        budget: most bricks of a part, by its footprint's shorter and longer side.
    """

    contact: str = "free"
    region: tuple[Cell, Cell] | None = None
    budget: tuple[tuple[tuple[int, int], int], ...] = ()

    @classmethod
    def parse(cls, contact: str = "free", region: str | None = None, budget: str | None = None) -> LegalRules:
        """Rules from text: region ``x,y,z:x,y,z`` (both corners included), budget ``2x4=6,1x8=0``.

        Raises:
            ConfigError: one of them cannot be read; the message says how it is written.
        """
        if contact not in CONTACTS:
            raise ConfigError(f"contact is {contact!r}; it must be one of {', '.join(CONTACTS)}")
        return cls(contact, _parse_region(region), _parse_budget(budget))


class Legality:
    """Legal next bricks of a structure that is being written.

    Args:
        grammar: gives the footprints and the size of the world.
        rules: what is legal beyond bounds and free cells.
    """

    def __init__(self, grammar: LineSyntax, rules: LegalRules | None = None) -> None:
        self.rules = rules or LegalRules()
        self._grammar = grammar
        self._budget = dict(self.rules.budget)
        self._bricks: list[Brick] = []
        self._places: dict[tuple[int, int], _Places] = {}
        self._spent: Counter[tuple[int, int]] = Counter()
        self._all = np.ones(len(grammar.footprints) + 1, dtype=np.bool_)
        self._only: frozenset[Brick] | None = None

    def among(self, bricks: Iterable[Brick]) -> Legality:
        """What is legal now, of these ``bricks`` alone; it does not follow the structure any further."""
        few = copy(self)
        few._places, few._only = {}, frozenset(bricks)
        return few

    def follow(self, structure: BrickStructure) -> None:
        """Take note of how ``structure`` has grown, or was cut, since the last call."""
        known = len(self._bricks)
        if known > len(structure) or (known and structure[known - 1] is not self._bricks[-1]):
            self._bricks, self._places, self._spent = [], {}, Counter()
        for brick in structure[len(self._bricks) :]:
            self._bricks.append(brick)
            self._spent[_part(brick.h, brick.w)] += 1

    def allows(self, brick: Brick) -> bool:
        """Whether ``brick`` is in bounds, in free cells and within the rules."""
        size = self._grammar.world_dim
        if (brick.h, brick.w) not in self._grammar.footprints or not brick.in_bounds(size):
            return False
        legal = self._at(brick.h, brick.w)
        return self._affordable(brick.h, brick.w) and bool(legal.column(brick.x, brick.y)[brick.z])

    def feasible(self, values: Sequence[Value]) -> Flags:
        """Which values the next field may take so that a legal brick can still come of it.

        Args:
            values: the fields of the line so far, none to three.

        Returns:
            One flag per value of that field, in the grammar's order. For the dimensions only the
            budget is looked at: the rest shows as soon as one of them is chosen.
        """
        if not values:
            if not self._budget and self._only is None:
                return self._all
            sides = self._grammar.footprints
            wanted = set(sides if self._only is None else ((brick.h, brick.w) for brick in self._only))
            return np.array([*(side in wanted and self._affordable(*side) for side in sides), True])
        (h, w), *corner = values
        places = self._at(h, w)
        found = np.zeros(self._grammar.world_dim, dtype=np.bool_)
        if not corner:
            legal = places.legal()
            flags = legal.reshape(len(legal), -1).any(axis=1)
        elif len(corner) == 1:
            flags = places.legal(corner[0][0]).any(axis=1)
        else:
            flags = places.column(corner[0][0], corner[1][0])
        found[: flags.shape[0]] = flags
        return found

    def saying(self, values: Sequence[Value], bricks: Iterable[Brick]) -> list[int]:
        """Places in :meth:`feasible` whose choice would make the line one of ``bricks``.

        None are known before the last field.
        """
        if len(values) < 3:
            return []
        (h, w), (x,), (y,) = values
        return [brick.z for brick in bricks if (brick.h, brick.w, brick.x, brick.y) == (h, w, x, y)]

    def _affordable(self, h: int, w: int) -> bool:
        part = _part(h, w)
        return self._spent[part] < self._budget.get(part, len(self._bricks) + 1)

    def _at(self, h: int, w: int) -> _Places:
        """The up-to-date places of a footprint."""
        places = self._places.get((h, w))
        if places is None:
            places = self._places[h, w] = _Places(h, w, self._grammar.world_dim, self.rules)
            if self._only is not None:
                places.keep(brick for brick in self._only if (brick.h, brick.w) == (h, w))
        for brick in self._bricks[places.known :]:
            places.add(brick)
        return places


class _Places:
    """Where one footprint may go; arrays are indexed by the brick's corner (x, y, z)."""

    def __init__(self, h: int, w: int, size: int, rules: LegalRules) -> None:
        self.known = 0
        self._size = h, w
        shape = size - h + 1, size - w + 1, size
        self._open = np.ones(shape, dtype=np.bool_)
        if rules.region is not None:
            low, high = rules.region
            sides = (h, w, 1)
            inside = np.zeros(shape, dtype=np.bool_)
            inside[
                tuple(slice(a, max(a, b - side + 2)) for a, b, side in zip(low, high, sides, strict=True))
            ] = 1
            self._open &= inside
        self._above = rules.contact == "attached"
        self._held: Flags | None = None
        if rules.contact != "free":
            self._held = np.zeros(shape, dtype=np.bool_)
            self._held[:, :, 0] = True

    def add(self, brick: Brick) -> None:
        """Take note of one more brick."""
        h, w = self._size
        near = (
            slice(max(brick.x - h + 1, 0), brick.x + brick.h),
            slice(max(brick.y - w + 1, 0), brick.y + brick.w),
        )
        self._open[(*near, brick.z)] = False
        if self._held is not None:
            self._held[(*near, slice(brick.z + 1, brick.z + 2))] = True
            if self._above and brick.z:
                self._held[(*near, brick.z - 1)] = True
        self.known += 1

    def keep(self, bricks: Iterable[Brick]) -> None:
        """Forget all places but those of these ``bricks``."""
        kept = np.zeros_like(self._open)
        for brick in bricks:
            kept[brick.x, brick.y, brick.z] = True
        self._open &= kept

    def legal(self, x: int | None = None) -> Flags:
        """Legal corners, shape (X, Y, Z), or (Y, Z) at ``x``; no rows where ``x`` is out of reach."""
        part = slice(None) if x is None else x
        if x is not None and x >= len(self._open):
            return np.zeros((0, 1), dtype=np.bool_)
        return np.asarray(self._open[part] if self._held is None else self._open[part] & self._held[part])

    def column(self, x: int, y: int) -> Flags:
        """Legal heights at a corner, shape (Z,)."""
        width, depth, height = self._open.shape
        if x >= width or y >= depth:
            return np.zeros(height, dtype=np.bool_)
        return np.asarray(self._open[x, y] if self._held is None else self._open[x, y] & self._held[x, y])


def _part(h: int, w: int) -> tuple[int, int]:
    return min(h, w), max(h, w)


def _parse_region(text: str | None) -> tuple[Cell, Cell] | None:
    if text is None:
        return None
    try:
        low, high = (tuple(int(n) for n in corner.split(",")) for corner in text.split(":"))
        (a, b, c), (d, e, f) = low, high
    except ValueError as error:
        raise ConfigError(
            f"region is {text!r}; give its lowest and highest cell as x,y,z:x,y,z, such as 4,4,0:15,15,9"
        ) from error
    if not (0 <= a <= d and 0 <= b <= e and 0 <= c <= f):
        raise ConfigError(f"region is {text!r}; its first corner must be the lower one, from 0 on")
    return (a, b, c), (d, e, f)


def _parse_budget(text: str | None) -> tuple[tuple[tuple[int, int], int], ...]:
    if text is None:
        return ()
    limits: dict[tuple[int, int], int] = {}
    for entry in text.split(","):
        name, _, number = entry.partition("=")
        sides = name.strip().lower().split("x")
        try:
            h, w = (int(side) for side in sides)
            most = int(number)
        except ValueError as error:
            raise ConfigError(
                f"budget is {text!r}; give the most bricks of each part, such as 2x4=6,1x8=0"
            ) from error
        if part_for_footprint(h, w) is None or most < 0:
            raise ConfigError(
                f"budget has {entry.strip()!r}; give a brick of the library and a number from 0"
            )
        limits[_part(h, w)] = most
    return tuple(sorted(limits.items()))
