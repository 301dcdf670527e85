"""Guesses of what the model writes next, for it to check several tokens in one pass.

Models of bricks repeat themselves: a layer looks like the one below, a row goes on as it began. Each
rule here guesses the next brick from the bricks so far. How often a rule was right about each field
is counted while the structure grows, the best rule speaks first, and a draft ends where it would
more likely cost than save. A wrong guess costs time and nothing else: the sampler takes from a pass
only logits that it would have computed itself.
"""

from __future__ import annotations

from collections.abc import Sequence

from brickgpt_engine.bricks import Brick, BrickStructure
from brickgpt_engine.decoding.grammar import BrickGrammar, Value
from brickgpt_engine.decoding.guesses import RULES, Guess, Text, fields_of, guess_of
from brickgpt_engine.decoding.habits import Habits, LineContext

_MOST_TOKENS = 24
_LEAST_ODDS = 0.7
"""Where drafts are long, one more token saves a small part of a pass, and habits are a little too sure."""
_MOST_FORETOLD = 24
"""Tokens of a pass where habits are known: their odds are good enough to need no other bound on its cost."""
_TRIALS = 3.0
"""How many bricks of experience the first trust in a rule stands for."""
_FADE = 0.95
"""What earlier experience weighs after each further brick."""


TRUST = (
    (0.8, 0.95, 0.95, 0.99),
    (0.7, 0.95, 0.95, 0.99),
    (0.7, 0.7, 0.95, 0.99),
    (0.5, 0.4, 0.55, 0.95),
    (0.5, 0.8, 0.9, 0.99),
    (0.0, 0.0, 0.0, 0.99),
)
"""How often each rule was right about each field, given the fields before, in models of the embedded one."""


class _Openings:
    """How often a field began with each of the tokens that it can begin with.

    A field that nothing foretells still begins with some token more often than with others, and where
    it takes several, guessing the first saves a pass now and then.
    """

    def __init__(self, grammar: BrickGrammar, field: int) -> None:
        self._grammar, self._field = grammar, field
        root = grammar.roots[field]
        shares = root.reach.sum(axis=1) / max(1, root.reach.sum())
        self._counts = dict(zip(root.allowed.tolist(), (_TRIALS * shares).tolist(), strict=True))
        self._total = _TRIALS

    def learn(self, value: Value) -> None:
        """Take note of what a line said."""
        path = self._grammar.path(self._field, value)
        if path is not None:
            self._counts[path[0]] += 1.0
            self._total += 1.0

    def best(self) -> tuple[list[int], float]:
        """The likeliest first token with those that it forces, and its share."""
        token = max(self._counts, key=self._counts.__getitem__)
        tokens, node = [token], self._grammar.roots[self._field].children[token]
        while len(node.children) == 1:
            (token, node), *_ = node.children.items()
            tokens.append(token)
        return tokens, self._counts[tokens[0]] / self._total


class Drafter:
    """Guesses lines from the lines before, and learns which of its rules to trust.

    Args:
        grammar: spells the lines.
        cost: what one more token makes a pass longer, as a share of a pass; fields less probable than
            their tokens cost are not worth drafting, and without habits a draft costs at most two passes.
        habits: what usually follows in texts like the model's, where that is known.
        step: a pass takes as long as one whose tokens are the next multiple of this.
    """

    def __init__(
        self, grammar: BrickGrammar, cost: float, habits: Habits | None = None, step: int = 1
    ) -> None:
        self._grammar = grammar
        self._habits = habits
        self._worth = cost if habits is None else max(cost, _LEAST_ODDS)
        self._most = _MOST_FORETOLD if habits is not None else min(_MOST_TOKENS, max(1, round(2 / cost)))
        self._text = Text()
        self._known: list[Brick] = []
        self._step = step
        self._openings = [_Openings(grammar, field) for field in range(4)] if habits is None else []
        self._rates = {
            (rule, field): (share * _TRIALS, _TRIALS)
            for rule, shares in enumerate(TRUST)
            for field, share in enumerate(shares)
        }

    def follow(self, bricks: BrickStructure) -> None:
        """Take note of how the structure has grown, or was cut, since the last call."""
        known = len(self._known)
        if known > len(bricks) or (known and bricks[known - 1] is not self._known[-1]):
            self._text, self._known = Text(), []
            for brick in bricks:
                self._text.push(guess_of(brick))
            self._known = list(bricks)
        for brick in bricks[len(self._known) :]:
            guess = guess_of(brick)
            if self._habits is None:  # which know more than a single structure teaches
                self._learn(guess)
            self._text.push(guess)
            self._known.append(brick)

    def draft(self, values: Sequence[Value], due: int = 0) -> list[int]:
        """Tokens that probably follow the fields ``values`` of the next line.

        Args:
            values: the fields.
            due: tokens that the pass reads anyway. What they leave of a step costs nothing and is filled
                with the best guess there is, however unlikely.
        """
        tokens: list[int] = []
        said, odds, pushed = list(values), 1.0, 0
        line = LineContext(self._text)
        while due + len(tokens) < self._most:
            field = len(said)
            value, rate = self._best(line, said)
            path = [] if value is None else self._grammar.path(field, value) or []
            if value is None or not path or odds * rate < self._worth * len(path):
                tokens += self._filling(field, path, rate, odds, -(due + len(tokens)) % self._step)
                break  # a field that is right saves a pass, and each of its tokens costs a part of one
            odds *= rate
            tokens += path
            said.append(value)
            if len(said) == 4:
                (h, w), (x,), (y,), (z,) = said
                self._text.push((h, w, x, y, z))
                pushed, said = pushed + 1, []
                line = LineContext(self._text)
        for _ in range(pushed):
            self._text.pop()
        return tokens

    def _best(self, line: LineContext, said: list[Value]) -> tuple[Value | None, float]:
        """The likeliest value of the field after ``said``, and how often such a guess is right.

        Habits come first. Where there are none, that rule speaks which was most often right about the
        field, of those that agree with what is said.
        """
        if self._habits is not None:
            value, share = self._habits.best(line, said)
            if value is not None:
                return value, share
        best, best_rate, field = None, 0.0, len(said)
        for number, guess in enumerate(line.guesses(said)):
            hits, trials = self._rates[number, field]
            if guess is not None and hits / trials > best_rate:
                fields = fields_of(guess)
                if list(fields[:field]) == said:
                    best, best_rate = fields[field], hits / trials
        return best, best_rate

    def _filling(self, field: int, path: list[int], rate: float, odds: float, room: int) -> list[int]:
        """What else is drafted of a field whose guess ``path`` is not worth its cost.

        Args:
            field: the field.
            path: tokens of the guess; none where there is none.
            rate: how often it is right.
            odds: those of the fields drafted before it.
            room: tokens that cost nothing.
        """
        if self._openings:
            opening, share = self._openings[field].best()
            if odds * share >= self._worth * len(opening):
                return opening
            if share > rate:
                path = opening
        return path[:room]

    def _learn(self, brick: Guess) -> None:
        """Count which rules would have been right about ``brick``, field by field."""
        true = fields_of(brick)
        for openings, value in zip(self._openings, true, strict=True):
            openings.learn(value)
        for number, rule in enumerate(RULES):
            blind = rule(self._text, ())
            told = rule(self._text, true[:3])  # guesses of x and y look at the footprint alone
            for field, guess in enumerate((blind, told, told, told)):
                if guess is None or fields_of(guess)[:field] != true[:field]:
                    continue
                hits, trials = self._rates[number, field]
                hit = fields_of(guess)[field] == true[field]
                self._rates[number, field] = (_FADE * hits + hit, _FADE * trials + 1.0)
