"""Action spaces: how one brick is written as a line of text.

``absolute`` is the published text format, ``2x4 (0,3,0)``. ``pivot`` is the two-step action: choose a
brick that is there, then an offset from it and a footprint (:mod:`brickgpt_engine.formats.pivot`).
Trainers and samplers know only this protocol.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from brickgpt_engine.bricks import FOOTPRINTS, Brick
from brickgpt_engine.decoding.grammar import BrickGrammar, LineCursor
from brickgpt_engine.decoding.pivot_grammar import PivotCursor, PivotGrammar
from brickgpt_engine.decoding.tokenizer import TextTokenizer
from brickgpt_engine.errors import ConfigError, InvalidBrickError
from brickgpt_engine.formats.atomic import write_text
from brickgpt_engine.formats.pivot import PivotFormat
from training.rewards.attempt import Written, absolute_lines

NAMES = ("absolute", "pivot")
_REACH = ("action_space", "max_offset", "max_back")


class Cursor(Protocol):
    """A position within a line that is being written under a grammar."""

    @property
    def allowed(self) -> NDArray[np.int64]:
        """Token ids that may follow, ascending."""

    @property
    def complete(self) -> bool:
        """Whether the line is whole, or the text was ended instead of it."""

    def step(self, token: int) -> None:
        """Take one of ``allowed``."""


class ActionSpace(Protocol):
    """How bricks are written and read."""

    name: str

    def write(self, bricks: Iterable[Brick]) -> str:
        """The bricks as text, one a line, in an order that the space can write."""

    def read(self, text: str, before: Sequence[Written] = ()) -> list[Written]:
        """The lines of ``text`` as bricks; a line that says none stays text. ``before`` was read earlier."""

    def line_tokens(self) -> int:
        """Tokens of the longest line that the grammar allows."""

    def cursor(self, placed: int) -> Cursor:
        """A cursor at the start of the line after ``placed`` bricks."""


class AbsoluteSpace:
    """The published text format.

    Args:
        tokenizer: the model's.
        world_dim: cells of a side of the world.
        footprints: those that may be used.
    """

    name = "absolute"

    def __init__(
        self,
        tokenizer: TextTokenizer,
        world_dim: int = 20,
        footprints: Sequence[tuple[int, int]] = FOOTPRINTS,
    ) -> None:
        self._grammar = BrickGrammar(tokenizer, world_dim, footprints)

    def write(self, bricks: Iterable[Brick]) -> str:
        """The bricks as text, one a line, in their order."""
        return "".join(f"{brick.text}\n" for brick in bricks)

    def read(self, text: str, before: Sequence[Written] = ()) -> list[Written]:
        """The lines of ``text`` as bricks; a line that says none stays text. ``before`` does not matter."""
        return absolute_lines(text)

    def line_tokens(self) -> int:
        """Tokens of the longest line that the grammar allows."""
        return self._grammar.max_line_tokens

    def cursor(self, placed: int) -> Cursor:
        """A cursor at the start of a line; what was placed does not matter here."""
        return LineCursor(self._grammar)


def footprints_of(count: int) -> tuple[tuple[int, int], ...]:
    """The first ``count`` oriented footprints of the library, smallest first; 14 are all.

    Raises:
        ConfigError: there are not that many.
    """
    if not 1 <= count <= len(FOOTPRINTS):
        raise ConfigError(f"num_brick_types is {count}; it must be between 1 and {len(FOOTPRINTS)}")
    by_size = sorted(FOOTPRINTS, key=lambda sides: (sides[0] * sides[1], sides))
    return tuple(sorted(by_size[:count]))


class PivotSpace:
    """The two-step action: a pivot among the bricks that are there, then an offset and a footprint.

    Args:
        tokenizer: the model's.
        world_dim: cells of a side of the world.
        footprints: those that may be used.
        max_offset: farthest offset from a pivot, along each axis.
        max_bricks: most bricks of a structure, all of which may be pivots.
    """

    name = "pivot"

    def __init__(
        self,
        tokenizer: TextTokenizer,
        world_dim: int = 20,
        footprints: Sequence[tuple[int, int]] = FOOTPRINTS,
        *,
        max_offset: int = 5,
        max_bricks: int = 100,
    ) -> None:
        self.format = PivotFormat(max_offset, max_bricks)
        self.grammar = PivotGrammar(tokenizer, world_dim, max_offset, max_bricks, footprints)

    def write(self, bricks: Iterable[Brick]) -> str:
        """The bricks as text, one a line, in their order."""
        return self.format.write(bricks)

    def read(self, text: str, before: Sequence[Written] = ()) -> list[Written]:
        """The lines of ``text`` as bricks; a line that says none stays text, and is no pivot.

        Bricks that cannot be placed count as pivots, too: what a line says follows from the text alone.
        """
        said = [line for line in before if isinstance(line, Brick)]
        parts = text.split("\n")
        found: list[Written] = []
        for part in parts[:-1]:
            try:
                brick = self.format.read_line(part, said)
            except InvalidBrickError:
                found.append(part)
            else:
                found.append(brick)
                said.append(brick)
        return [*found, parts[-1]] if parts[-1] else found

    def line_tokens(self) -> int:
        """Tokens of the longest line that the grammar allows."""
        return self.grammar.max_line_tokens

    def cursor(self, placed: int) -> Cursor:
        """A cursor at the start of the line after ``placed`` bricks."""
        return PivotCursor(self.grammar, placed)


def mark(folder: Path, space: ActionSpace) -> None:
    """Note in the ``brickgpt.json`` of a model folder how the model writes; absolute is what goes unsaid."""
    path = folder / "brickgpt.json"
    known = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    marker = {key: value for key, value in known.items() if key not in _REACH}
    if space.name != "absolute":
        marker = {"format_version": 1, **marker, "action_space": space.name}
    if isinstance(space, PivotSpace):
        marker |= {"max_offset": space.format.max_offset, "max_back": space.format.max_back}
    if marker != known:
        write_text(path, json.dumps(marker, indent=1) + "\n")


def pivot_tokens(max_back: int = 100) -> list[str]:
    """The pivots as whole fields; with :func:`training.tokenizer.field_tokens` a line takes five tokens."""
    return [f"{n}/" for n in range(max_back + 1)]
