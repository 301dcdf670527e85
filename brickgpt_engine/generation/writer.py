"""Drawing one brick line from a model, as often as needed, without reading anything twice."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from brickgpt_engine.bricks import Brick, BrickStructure
from brickgpt_engine.decoding.drafts import Drafter
from brickgpt_engine.decoding.exact import LineTree
from brickgpt_engine.decoding.grammar import BrickGrammar, Value
from brickgpt_engine.decoding.legality import Flags, Legality
from brickgpt_engine.decoding.pivot_legality import legality_for
from brickgpt_engine.decoding.sampling import Choice, draw, log_share, sample_free, softmax
from brickgpt_engine.decoding.syntax import Cursor, LineSyntax
from brickgpt_engine.decoding.tokens import DraftModel, Logits, TokenModel, TokenStream
from brickgpt_engine.generation.config import GenerationConfig

_FREE_TOKENS = 10
"""Tokens per line without logit masking, as published: a line is ten tokens of Llama 3."""


@dataclass(frozen=True, slots=True)
class Line:
    """One drawn line.

    Attributes:
        text: what it says, in the published format where it says a brick, else as written.
        brick: what it says, or None where it says no brick.
        ended: the model ended the text instead.
        tokens: its token ids.
        choices: how those were chosen that the syntax does not force; none without masks.
    """

    text: str
    brick: Brick | None = None
    ended: bool = False
    tokens: tuple[int, ...] = ()
    choices: tuple[Choice, ...] = ()


class LineWriter:
    """A model at the start of a line.

    The logits after every prefix drawn here are kept until the line is accepted, so a
    rejected line costs nothing to take back and no prefix is computed twice, however often
    the same line is drawn. The last tokens of an accepted line are read together with the
    pass that opens the next. Where the model can check drafts, a pass also reads what
    probably follows; if it does follow, its logits are there already.

    Args:
        model: the language model.
        grammar: the syntax of a line.
        config: temperature apart, the sampling options.
        rng: source of all randomness.

    Attributes:
        stream: the model's sequence, which counts the work.
        line_start: tokens before the line that is being drawn.
        legality: which bricks may come next.
        redraws: walks of exact sampling that failed, so far.
    """

    def __init__(
        self, model: TokenModel, grammar: LineSyntax, config: GenerationConfig, rng: np.random.Generator
    ) -> None:
        self.stream = TokenStream(model, grammar.token_ids if config.use_logit_masking else None)
        self._grammar = grammar
        self._config = config
        self._rng = rng
        self._base = 0  # tokens before the last accepted line, which may be unread in part
        self._tail: tuple[int, ...] = ()  # its tokens
        self._seen: dict[tuple[int, ...], Logits] = {}
        self._free_tokens = max(_FREE_TOKENS, grammar.max_line_tokens)
        self._said: list[Brick] = []  # what the text so far says, placed or not
        self._starts: list[int] = []  # tokens before each of them
        self._drafter: Drafter | None = None
        if (
            config.speculation
            and config.use_logit_masking
            and isinstance(model, DraftModel)
            and isinstance(grammar, BrickGrammar)  # the rules guess absolute lines
        ):
            self._drafter = Drafter(
                grammar, model.draft_cost, getattr(model, "habits", None), getattr(model, "draft_step", 1)
            )
        self._structure: BrickStructure | None = None
        self.legality = legality_for(grammar, config.rules)
        self._supported: Legality | None = None
        self.redraws = 0

    @property
    def line_start(self) -> int:
        """Tokens before the line that is being drawn."""
        return self._base + len(self._tail)

    def begin(self, ids: Sequence[int], said: Iterable[tuple[int, Brick]] = ()) -> None:
        """Read the prompt and the lines of a partial structure.

        Args:
            ids: all of it.
            said: these lines' bricks, each with the number of tokens before it.
        """
        self.stream.start(ids)
        self._base, self._tail, self._seen = len(ids), (), {}
        lines = list(said)
        self._starts, self._said = [start for start, _ in lines], [brick for _, brick in lines]

    def reopen(self, length: int) -> None:
        """Go back to the line that began after ``length`` tokens."""
        self.stream.cut(length)
        self._base, self._tail, self._seen = length, (), {}
        kept = bisect_left(self._starts, length)
        del self._starts[kept:], self._said[kept:]

    def open_line(self, structure: BrickStructure) -> bool:
        """Begin the line after ``structure``; False when the context has no room for another."""
        longest = self._grammar.max_line_tokens if self._config.use_logit_masking else self._free_tokens
        self._structure = structure
        # a line's last token may stay unread
        return self.line_start + longest - 1 <= self.stream.model.context_length

    def draw(self, temperature: float) -> Line:
        """Draw a line at ``temperature``, in place of whatever was drawn here before."""
        return (
            self._draw_masked(temperature) if self._config.use_logit_masking else self._draw_free(temperature)
        )

    def draw_legal(
        self, structure: BrickStructure, temperature: float, forbidden: Iterable[Brick] = ()
    ) -> Line | None:
        """Draw among the lines that are legal after ``structure`` and not ``forbidden``, and the end.

        None where the model gives none of them any probability, or where more walks fail than
        rejections are allowed.
        """
        self.legality.follow(structure)
        return self._walk(partial(_feasible, self.legality, frozenset(forbidden), True), temperature)

    def draw_supported(
        self, structure: BrickStructure, temperature: float, forbidden: Iterable[Brick] = ()
    ) -> Line | None:
        """As :meth:`draw_legal`, among bricks with the ground or a brick right below, without the end."""
        legality = self._resting()
        legality.follow(structure)
        return self._walk(partial(_feasible, legality, frozenset(forbidden), False), temperature)

    def draw_among(
        self, structure: BrickStructure, temperature: float, bricks: Iterable[Brick]
    ) -> Line | None:
        """As :meth:`draw_legal`, among these ``bricks`` alone, without the end."""
        self.legality.follow(structure)
        few = self.legality.among(bricks)
        return self._walk(partial(_feasible, few, frozenset(), False), temperature)

    def _walk(self, feasible: Callable[[Sequence[Value]], Flags], temperature: float) -> Line | None:
        tree = LineTree(self._grammar, self._after, feasible, temperature, self._rng, self._said)
        found = None
        while found is None and tree.bound > 0.0 and tree.redraws <= self._config.max_brick_rejections:
            found = tree.walk()
        self.redraws += tree.redraws
        return None if found is None else _line(*found)

    def _resting(self) -> Legality:
        """The run's rules, but that bricks have to rest on something."""
        if self._supported is None:
            self._supported = legality_for(self._grammar, replace(self._config.rules, contact="supported"))
        return self._supported

    def supported(self, brick: Brick, structure: BrickStructure) -> bool:
        """Whether the ground or a brick of ``structure`` is right below ``brick``, which the rules allow."""
        legality = self._resting()
        legality.follow(structure)
        return legality.allows(brick)

    def legal(self, brick: Brick, structure: BrickStructure) -> bool:
        """Whether ``brick`` may be placed after ``structure``, by bounds, free cells and rules."""
        self.legality.follow(structure)
        return self.legality.allows(brick)

    def log_likelihood(self, line: Line) -> float:
        """Natural logarithm of the probability of ``line``, drawn here without masks, at temperature 1."""
        tokens = line.tokens
        return sum(log_share(self._after(tokens[:place]), token) for place, token in enumerate(tokens))

    def accept(self, line: Line) -> None:
        """Keep ``line``, which was drawn here."""
        if line.brick is not None:
            self._starts.append(self.line_start)
            self._said.append(line.brick)
        self._base, self._tail, self._seen = self.line_start, line.tokens, {}

    def _after(self, prefix: tuple[int, ...]) -> Logits:
        """Logits after the line's first tokens ``prefix``."""
        found = self._seen.get(prefix)
        if found is None:
            draft = None if self._drafter is None else partial(self._draft, prefix)
            found = self._seen[prefix] = self.stream.after(self._base, (*self._tail, *prefix), draft)
        return found

    def _draft(self, prefix: tuple[int, ...], due: int) -> list[int]:
        """Tokens that probably follow ``prefix``, which ends a field, in a pass over ``due`` tokens."""
        cursor = self._grammar.cursor(self._said)
        for token in prefix:
            cursor.step(token)
        if self._drafter is None or self._structure is None or cursor.inside_field:
            return []
        self._drafter.follow(self._structure)
        return self._drafter.draft(cursor.values, due)

    def _draw_masked(self, temperature: float) -> Line:
        cursor = self._grammar.cursor(self._said)
        drawn: tuple[int, ...] = ()
        choices: tuple[Choice, ...] = ()
        while True:
            allowed = cursor.allowed
            logits = self._after(drawn)[allowed]
            place = draw(softmax(logits, temperature), self._rng)
            choices += ((logits, place),)
            drawn += tuple(cursor.advance(int(allowed[place])))
            if cursor.complete:
                return _line(cursor, drawn, choices)

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
        brick = self._grammar.read_line(text, self._said)
        return Line(text.rstrip("\n") if brick is None else brick.text, brick, tokens=drawn)


def _feasible(legality: Legality, barred: frozenset[Brick], end: bool, values: Sequence[Value]) -> Flags:
    """As :meth:`Legality.feasible`, without the bricks ``barred``, and with the ``end`` or without."""
    flags = legality.feasible(values)
    places = legality.saying(values, barred) if barred else []
    if not end and not values:
        places.append(len(flags) - 1)
    if places:
        flags = flags.copy()
        flags[places] = False
    return flags


def _line(cursor: Cursor, tokens: tuple[int, ...], choices: tuple[Choice, ...]) -> Line:
    """A line that the grammar has led to its end."""
    if cursor.ended:
        return Line("", ended=True)
    brick = cursor.brick()
    return Line(brick.text, brick, tokens=tokens, choices=choices)
