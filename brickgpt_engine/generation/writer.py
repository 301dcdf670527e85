"""Drawing one brick line from a model, as often as needed, without reading anything twice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from brickgpt_engine.bricks import Brick, BrickStructure
from brickgpt_engine.decoding.exact import LineTree
from brickgpt_engine.decoding.grammar import BrickGrammar, LineCursor
from brickgpt_engine.decoding.legality import Legality
from brickgpt_engine.decoding.sampling import sample_allowed, sample_free
from brickgpt_engine.decoding.tokens import Logits, TokenStream
from brickgpt_engine.errors import InvalidBrickError
from brickgpt_engine.generation.config import GenerationConfig

_FREE_TOKENS = 10
"""Tokens per line without logit masking, as published: a line is ten tokens of Llama 3."""


@dataclass(frozen=True, slots=True)
class Line:
    """One drawn line.

    Attributes:
        text: as written, without the line end.
        brick: what it says, or None where it says no brick.
        ended: the model ended the text instead.
        tokens: its token ids.
    """

    text: str
    brick: Brick | None = None
    ended: bool = False
    tokens: tuple[int, ...] = ()


class LineWriter:
    """A model at the start of a line.

    The logits after every prefix drawn here are kept until the line is accepted, so a
    rejected line costs nothing to take back and no prefix is computed twice, however often
    the same line is drawn. The last tokens of an accepted line are read together with the
    pass that opens the next.

    Args:
        stream: the model's sequence.
        grammar: the syntax of a line.
        config: temperature apart, the sampling options.
        rng: source of all randomness.

    Attributes:
        line_start: tokens before the line that is being drawn.
        legality: which bricks may come next.
        redraws: walks of exact sampling that failed, so far.
    """

    def __init__(
        self, stream: TokenStream, grammar: BrickGrammar, config: GenerationConfig, rng: np.random.Generator
    ) -> None:
        self._stream = stream
        self._grammar = grammar
        self._config = config
        self._rng = rng
        self._unread: list[int] = []
        self._seen: dict[tuple[int, ...], Logits] = {}
        self._free_tokens = max(_FREE_TOKENS, grammar.max_line_tokens)
        self.line_start = 0
        self.legality = Legality(grammar, config.rules)
        self.redraws = 0

    def begin(self, ids: Sequence[int]) -> None:
        """Read the prompt (and the lines of a partial structure)."""
        self._stand_at(self._stream.start(ids))

    def reopen(self, length: int) -> None:
        """Go back to the line that began after ``length`` tokens."""
        self._stand_at(self._stream.return_to(length))

    def open_line(self) -> bool:
        """Read what is left of the last accepted line; False when the context has no room for another."""
        longest = self._grammar.max_line_tokens if self._config.use_logit_masking else self._free_tokens
        if self._stream.room < len(self._unread) + longest - 1:  # a line's last token may stay unread
            return False
        if self._unread:
            self._stand_at(self._stream.push(self._unread))
        return True

    def draw(self, temperature: float) -> Line:
        """Draw a line at ``temperature``, in place of whatever was drawn here before."""
        return (
            self._draw_masked(temperature) if self._config.use_logit_masking else self._draw_free(temperature)
        )

    def draw_legal(self, structure: BrickStructure) -> Line | None:
        """Draw among the lines that are legal after ``structure``, and the end of the text.

        None where the model gives none of them any probability, or where more walks fail than
        rejections are allowed.
        """
        self.legality.follow(structure)
        feasible = self.legality.feasible
        tree = LineTree(self._grammar, self._after, feasible, self._config.temperature, self._rng)
        found = None
        while found is None and tree.bound > 0.0 and tree.redraws <= self._config.max_brick_rejections:
            found = tree.walk()
        self.redraws += tree.redraws
        return None if found is None else _line(*found)

    def legal(self, brick: Brick, structure: BrickStructure) -> bool:
        """Whether ``brick`` may be placed after ``structure``, by bounds, free cells and rules."""
        self.legality.follow(structure)
        return self.legality.allows(brick)

    def accept(self, line: Line) -> None:
        """Keep ``line``, which was drawn here."""
        self._unread = list(line.tokens[self._rewind_to(line.tokens) :])

    def _stand_at(self, logits: Logits) -> None:
        self._seen = {(): logits.copy()}  # backends reuse their buffer
        self._unread = []
        self.line_start = self._stream.length

    def _after(self, prefix: tuple[int, ...]) -> Logits:
        """Logits after the line's first tokens ``prefix``."""
        if prefix not in self._seen:
            held = self._rewind_to(prefix)
            self._seen[prefix] = self._stream.push(prefix[held:]).copy()
        return self._seen[prefix]

    def _rewind_to(self, tokens: tuple[int, ...]) -> int:
        """Make the model forget where this line differs from ``tokens``; returns how many it still holds."""
        held = 0
        for mine, other in zip(self._stream.ids[self.line_start :], tokens, strict=False):
            if mine != other:
                break
            held += 1
        if self._stream.length > self.line_start + held:
            self._stream.rewind(self.line_start + held)
        return held

    def _draw_masked(self, temperature: float) -> Line:
        cursor = LineCursor(self._grammar)
        drawn: tuple[int, ...] = ()
        while True:
            token = sample_allowed(self._after(drawn), cursor.allowed, temperature, self._rng)
            drawn += tuple(cursor.advance(token))
            if cursor.complete:
                return _line(cursor, drawn)

    def _draw_free(self, temperature: float) -> Line:
        """A line from the bare model: up to a line end, the end token or the limit on tokens."""
        config = self._config
        drawn: tuple[int, ...] = ()
        text = ""
        while "\n" not in text and len(drawn) < self._free_tokens:
            token = sample_free(self._after(drawn), temperature, config.top_k, config.top_p, self._rng)
            if token == self._grammar.eos_id and not drawn:
                return Line("", ended=True)
            drawn += (token,)
            text = self._grammar.tokenizer.decode(drawn)
        return Line(text.rstrip("\n"), _read_line(text), tokens=drawn)


def _line(cursor: LineCursor, tokens: tuple[int, ...]) -> Line:
    """A line that the grammar has led to its end."""
    if cursor.ended:
        return Line("", ended=True)
    brick = cursor.brick()
    return Line(brick.text, brick, tokens=tokens)


def _read_line(text: str) -> Brick | None:
    """The brick of a whole line; None where the text differs from how that brick is written."""
    try:
        brick = Brick.parse(text)
    except InvalidBrickError:
        return None
    return brick if text == f"{brick}\n" else None
