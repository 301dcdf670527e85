"""Exact sampling of a legal line: what endless rejection would give, without drawing a line twice.

A language model gives each line ``b`` a probability ``p(b)``, the product of its tokens' shares
among what the syntax allows. Rejection draws from ``p`` until a line is legal, so its result has
the probability ``p(b) / sum of p over legal lines``. The same distribution is drawn here from a
tree of the prefixes visited so far. Each node has a bound on the share of legal mass below it: 1 for
what is unknown, 0 where the grid shows that nothing legal can follow, and the sum over its children
once its logits are known; where only the last token is missing that sum is the legal mass itself.

A draw walks down by probability times bound. Where a node's bound falls from ``u`` to ``v`` as its
logits arrive, the walk goes on with probability ``v / u``, and begins anew otherwise. A given legal
line is therefore reached with probability ``p(b)`` over the root's bound in every walk, whatever the
bounds are, which makes the result exact; and every walk that fails has tightened a bound, so none
fails twice for the same reason and no logits are computed twice.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from brickgpt_engine.bricks import Brick
from brickgpt_engine.decoding.grammar import Value
from brickgpt_engine.decoding.sampling import Choice, Probabilities, draw, softmax
from brickgpt_engine.decoding.syntax import Cursor, LineSyntax
from brickgpt_engine.decoding.tokens import Logits

After: TypeAlias = Callable[[tuple[int, ...]], Logits]
"""Logits after the line's first tokens."""
Feasible: TypeAlias = Callable[[Sequence[Value]], NDArray[np.bool_]]
"""Which values of the next field can still lead to a legal line, given the fields so far."""
Found: TypeAlias = tuple[Cursor, tuple[int, ...], tuple[Choice, ...]]
"""A complete line: its cursor, its tokens, and how they were chosen."""


class _Node:
    """A prefix of the line at which a decision is due."""

    __slots__ = ("bound", "children", "cursor", "logits", "masses", "shares", "tokens")

    def __init__(self, cursor: Cursor, tokens: tuple[int, ...]) -> None:
        self.cursor = cursor
        self.tokens = tokens
        self.bound = 1.0
        self.children: dict[int, _Node] = {}
        self.logits: Logits | None = None  # of each allowed token
        self.shares: Probabilities | None = None  # of each allowed token
        self.masses: Probabilities | None = None  # the same times the bound below it

    def child(self, index: int) -> _Node:
        """The node behind the allowed token ``index`` and the tokens forced by it."""
        found = self.children.get(index)
        if found is None:
            cursor = self.cursor.fork()
            taken = cursor.advance(int(self.cursor.allowed[index]))
            found = self.children[index] = _Node(cursor, (*self.tokens, *taken))
        return found


class LineTree:
    """The visited prefixes of one line and the legal mass that each can still have.

    Args:
        grammar: the syntax of a line.
        after: gives logits; called once per prefix.
        feasible: knows from the grid what can still become legal.
        temperature: softmax temperature, the same for every token.
        rng: source of all randomness.
        before: the bricks before this line, which the lines of some formats refer to.

    Attributes:
        redraws: walks that failed so far.
    """

    def __init__(
        self,
        grammar: LineSyntax,
        after: After,
        feasible: Feasible,
        temperature: float,
        rng: np.random.Generator,
        before: Sequence[Brick] = (),
    ) -> None:
        self._after, self._feasible = after, feasible
        self._temperature, self._rng = temperature, rng
        self._root = _Node(grammar.cursor(before), ())
        self.redraws = 0

    @property
    def bound(self) -> float:
        """Upper bound of the share of legal lines; 0 when none has any probability."""
        return self._root.bound

    def walk(self) -> Found | None:
        """One walk: a legal line, or None where the walk failed.

        Raises:
            ModelError: the model's logits are no numbers.
        """
        node, path = self._root, list[tuple[_Node, int]]()
        while not node.cursor.complete:
            masses = node.masses if node.masses is not None else self._expand(node, path)
            if masses is None or node.bound <= 0.0:
                self.redraws += 1
                return None
            index = draw(masses, self._rng)
            path.append((node, index))
            node = node.child(index)
        return (
            node.cursor,
            node.tokens,
            tuple((above.logits, index) for above, index in path if above.logits is not None),
        )

    def _expand(self, node: _Node, path: list[tuple[_Node, int]]) -> Probabilities | None:
        """Learn what follows ``node``; None where the walk that came by ``path`` must begin anew."""
        before = node.bound
        place = node.cursor
        live = place.live(self._feasible(place.values))
        if live.any():  # otherwise no pass is needed to know that nothing follows
            node.logits = self._after(node.tokens)[place.allowed]
            node.shares = node.masses = softmax(node.logits, self._temperature)
            if not live.all():
                node.masses = node.shares * live
                node.bound = min(before, float(np.add.reduce(node.masses)))
        else:
            node.shares = node.masses = np.zeros(len(place.allowed))
            node.bound = 0.0
        if node.bound < before:
            _tighten(node, path)
        return node.masses if not path or self._rng.random() * before < node.bound else None


def _tighten(node: _Node, path: list[tuple[_Node, int]]) -> None:
    """Carry the lower bound of ``node`` up to the root."""
    for parent, index in reversed(path):
        if parent.masses is not None and parent.shares is not None:
            if parent.masses is parent.shares:
                parent.masses = parent.shares.copy()
            parent.masses[index] = parent.shares[index] * node.bound
            parent.bound = min(parent.bound, float(parent.masses.sum()))
        node = parent
