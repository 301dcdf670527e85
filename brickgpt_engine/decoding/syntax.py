"""What the sampler asks of a text format: the syntax of one line, whatever it says a brick with.

:class:`~brickgpt_engine.decoding.grammar.BrickGrammar` is that of the published format,
:class:`~brickgpt_engine.decoding.pivot_grammar.PivotGrammar` that of the pivot format, whose lines mean
something only after the bricks before them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from brickgpt_engine.bricks import Brick
from brickgpt_engine.decoding.grammar import Value
from brickgpt_engine.decoding.tokenizer import TextTokenizer


class Cursor(Protocol):
    """A position within one line that is being written."""

    values: list[Value]
    """The fields completed so far."""

    @property
    def allowed(self) -> NDArray[np.int64]:
        """Token ids that may follow, ascending, shape (n,)."""

    @property
    def ended(self) -> bool:
        """Whether the end token was taken."""

    @property
    def complete(self) -> bool:
        """Whether nothing more can follow in this line."""

    @property
    def inside_field(self) -> bool:
        """Whether a field has been begun and not yet completed."""

    def live(self, feasible: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Which of ``allowed`` can lead to one of the field's values that are ``feasible``, shape (n,)."""

    def step(self, token: int) -> None:
        """Take ``token`` (one of ``allowed``) alone."""

    def advance(self, token: int) -> list[int]:
        """Take ``token`` and every forced token after it; returns all of them."""

    def brick(self) -> Brick:
        """The brick of a complete line; it may be one that cannot be placed."""

    def fork(self) -> Cursor:
        """Another cursor at the same place."""


class LineSyntax(Protocol):
    """The lines of a format, as token paths of one tokenizer."""

    tokenizer: TextTokenizer
    eos_id: int
    """The token that, at the start of a line, ends the text."""
    world_dim: int
    footprints: tuple[tuple[int, int], ...]
    """The dimensions ``(h, w)`` that a line may name."""
    token_ids: NDArray[np.int64]
    """Every id that a line may hold, ascending, the end token included."""
    max_line_tokens: int
    """Tokens of the longest legal line."""

    def cursor(self, before: Sequence[Brick] = ()) -> Cursor:
        """A cursor at the start of the line after the bricks ``before``."""

    def read_line(self, text: str, before: Sequence[Brick] = ()) -> Brick | None:
        """The brick of a whole line (with its line end); None where it says none in due form."""

    def encode(self, bricks: Iterable[Brick], before: Sequence[Brick] = ()) -> list[int]:
        """Token ids of the lines of ``bricks`` after the bricks ``before``."""
