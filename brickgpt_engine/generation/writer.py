"""Drawing one brick line from a model, as often as needed, without reading anything twice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from brickgpt_engine.bricks import Brick
from brickgpt_engine.decoding.grammar import BrickGrammar, LineCursor
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
        tail: its last tokens, which the model has not read yet.
    """

    text: str
    brick: Brick | None = None
    ended: bool = False
    tail: list[int] = field(default_factory=list)


class LineWriter:
    """A model at the start of a line.

    The logits there are kept, so a rejected line costs nothing to take back; the last
    tokens of an accepted line are read together with the pass that opens the next.

    Args:
        stream: the model's sequence.
        grammar: the syntax of a line.
        config: temperature apart, the sampling options.
        rng: source of all randomness.

    Attributes:
        line_start: tokens before the line that is being drawn.
    """

    def __init__(
        self, stream: TokenStream, grammar: BrickGrammar, config: GenerationConfig, rng: np.random.Generator
    ) -> None:
        self._stream = stream
        self._grammar = grammar
        self._config = config
        self._rng = rng
        self._unread: list[int] = []
        self._logits: Logits = np.empty(0, dtype=np.float32)
        self._free_tokens = max(_FREE_TOKENS, grammar.max_line_tokens)
        self.line_start = 0

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
        if self._stream.length > self.line_start:
            self._stream.rewind(self.line_start)
        return (
            self._draw_masked(temperature) if self._config.use_logit_masking else self._draw_free(temperature)
        )

    def accept(self, line: Line) -> None:
        """Keep the line drawn last."""
        self._unread = line.tail

    def _stand_at(self, logits: Logits) -> None:
        self._logits = logits.copy()  # backends reuse their buffer
        self._unread = []
        self.line_start = self._stream.length

    def _draw_masked(self, temperature: float) -> Line:
        cursor = LineCursor(self._grammar)
        logits = self._logits
        while True:
            tail = cursor.advance(sample_allowed(logits, cursor.allowed, temperature, self._rng))
            if cursor.ended:
                return Line("", ended=True)
            if cursor.complete:
                brick = cursor.brick()
                return Line(brick.text, brick, tail=tail)
            logits = self._stream.push(tail)

    def _draw_free(self, temperature: float) -> Line:
        """A line from the bare model: up to a line end, the end token or the limit on tokens."""
        config, logits = self._config, self._logits
        ids: list[int] = []
        text = ""
        while "\n" not in text and len(ids) < self._free_tokens:
            if ids:
                logits = self._stream.push(ids[-1:])
            token = sample_free(logits, temperature, config.top_k, config.top_p, self._rng)
            if token == self._grammar.eos_id and not ids:
                return Line("", ended=True)
            ids.append(token)
            text = self._grammar.tokenizer.decode(ids)
        return Line(text.rstrip("\n"), _read_line(text), tail=ids[-1:])


def _read_line(text: str) -> Brick | None:
    """The brick of a whole line; None where the text differs from how that brick is written."""
    try:
        brick = Brick.parse(text)
    except InvalidBrickError:
        return None
    return brick if text == f"{brick}\n" else None
