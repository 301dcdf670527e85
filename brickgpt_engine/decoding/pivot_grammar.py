r"""The syntax of a pivot line as token paths, and structures written under it by any token model.

A line ``P/HxW (a,b,c)\n`` (:mod:`brickgpt_engine.formats.pivot`) has five fields: ``P/``, ``HxW (``,
``a,``, ``b,`` and ``c)\n``. As in :class:`~brickgpt_engine.decoding.grammar.BrickGrammar` a trie for each
field holds the token path of every legal value, whatever tokenizer the model has. Which pivots are legal
depends on how many bricks there are, and which numbers on whether the pivot is the baseplate.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from brickgpt_engine.bricks import FOOTPRINTS, Brick, BrickStructure
from brickgpt_engine.decoding.grammar import Node, Value
from brickgpt_engine.decoding.sampling import sample_allowed
from brickgpt_engine.decoding.tokenizer import TextTokenizer, as_tokenizer
from brickgpt_engine.decoding.tokens import TokenModel
from brickgpt_engine.errors import ModelError
from brickgpt_engine.formats.pivot import placed

if TYPE_CHECKING:
    from tokenizers import Tokenizer

_PIVOT, _SIDES, _X, _Y, _Z = range(5)
_BEFORE, _AFTER = "0/2x4 (1,2,0)\n", "1/1x2 (5,5,6)\n"
_SAMPLE = ("1/", "2x2 (", "5,", "5,", "6)\n")


class PivotGrammar:
    """Token paths of every legal pivot line.

    Args:
        tokenizer: a ``tokenizers.Tokenizer``, or one with its special tokens.
        world_dim: places from the baseplate run from 0 to ``world_dim - 1``.
        max_offset: farthest offset from another pivot, along each axis.
        max_back: farthest that a pivot may lie back.
        footprints: the dimensions ``(h, w)`` that a line may name.

    Attributes:
        eos_id: the token that, at the start of a line, ends the text.
        shift: what is added to offsets from bricks.
        max_line_tokens: tokens of the longest legal line.

    Raises:
        ModelError: the tokenizer cannot spell a line, or joins characters of two fields in one token.
    """

    def __init__(
        self,
        tokenizer: Tokenizer | TextTokenizer,
        world_dim: int = 20,
        max_offset: int = 5,
        max_back: int = 100,
        footprints: Iterable[tuple[int, int]] = FOOTPRINTS,
    ) -> None:
        self.tokenizer = as_tokenizer(tokenizer)
        self.eos_id = self.tokenizer.eos_id
        self.max_back = max_back
        self.shift = max_offset
        far: list[Value] = [(n,) for n in range(world_dim)]
        near: list[Value] = [(n,) for n in range(2 * max_offset + 1)]
        self._pivots = self._paths(_PIVOT, [(n,) for n in range(max_back + 1)])
        self._sides = self._paths(_SIDES, list(footprints))
        self._far = [self._paths(axis, far) for axis in (_X, _Y, _Z)]
        self._near = [self._paths(axis, near) for axis in (_X, _Y, _Z)]
        self._check_lines()
        self.pivot_root = _trie(self._pivots, end=self.eos_id)
        self.sides_root = _trie(self._sides)
        self.far_roots = tuple(map(_trie, self._far))
        self.near_roots = tuple(map(_trie, self._near))
        self.max_line_tokens = max(
            sum(max(map(len, paths.values())) for paths in (self._pivots, self._sides, *offsets))
            for offsets in (self._far, self._near)
        )

    def _paths(self, field: int, values: Iterable[Value]) -> dict[Value, list[int]]:
        return {value: self._path(field, value) for value in values}

    def _path(self, field: int, value: Value) -> list[int]:
        """Tokens of one value, cut out of a sample text at the field's borders."""
        parts = list(_SAMPLE)
        parts[field] = _spell(field, value)
        text = _BEFORE + "".join(parts) + _AFTER
        begin = len(_BEFORE) + sum(map(len, parts[:field]))
        end = begin + len(parts[field])
        ids = self.tokenizer.encode(text)
        ends = [len(self.tokenizer.decode(ids[:count])) for count in range(len(ids) + 1)]
        if self.tokenizer.decode(ids) != text or begin not in ends or end not in ends:
            raise ModelError(
                f"the tokenizer cannot write {parts[field]!r} of a pivot line by itself; "
                "use a tokenizer that splits numbers from punctuation, or the absolute action space"
            )
        return ids[ends.index(begin) : ends.index(end)]

    def _check_lines(self) -> None:
        """Compare paths joined field by field with whole lines, where merges across fields would show."""
        rng = np.random.default_rng(0)
        for _ in range(40):
            near = bool(rng.integers(2))
            fields = [self._pivots, self._sides, *(self._near if near else self._far)]
            chosen = [list(paths)[int(rng.integers(len(paths)))] for paths in fields]
            joined = [token for paths, value in zip(fields, chosen, strict=True) for token in paths[value]]
            text = "".join(_spell(field, value) for field, value in enumerate(chosen))
            if self.tokenizer.encode(text) != joined:
                raise ModelError(
                    f"the tokenizer spells a field of {text!r} differently depending on its neighbours; "
                    "use a tokenizer that splits numbers from punctuation, or the absolute action space"
                )


class PivotCursor:
    """A position within a pivot line that is being written.

    Args:
        grammar: the syntax.
        placed: bricks that are there to build from.
    """

    __slots__ = ("_grammar", "_pivots", "_root", "node", "values")

    def __init__(self, grammar: PivotGrammar, placed: int) -> None:
        self._grammar = grammar
        self._pivots = min(placed, grammar.max_back) + 1
        self._root = self.node = grammar.pivot_root
        self.values: list[Value] = []

    @property
    def allowed(self) -> NDArray[np.int64]:
        """Token ids that may follow, ascending."""
        if self.values:
            return self.node.allowed
        legal = self.node.reach[:, : self._pivots].any(axis=1) | self.node.reach[:, -1]
        return self.node.allowed[legal]

    @property
    def ended(self) -> bool:
        """Whether the end token was taken."""
        return self.values == [()]

    @property
    def complete(self) -> bool:
        """Whether nothing more can follow in this line."""
        return len(self.values) == 5 or self.ended

    def step(self, token: int) -> None:
        """Take ``token`` (one of ``allowed``)."""
        self.node = self.node.children[token]
        if self.node.value is not None:
            self.values.append(self.node.value)
            if not self.complete:
                self.node = self._next_root()

    def advance(self, token: int) -> list[int]:
        """Take ``token`` and every forced token after it; returns all of them."""
        taken = [token]
        self.step(token)
        while not self.complete and len(self.allowed) == 1:
            taken.append(int(self.allowed[0]))
            self.step(taken[-1])
        return taken

    def brick(self, before: Sequence[Brick]) -> Brick:
        """The brick of a complete line after the bricks ``before``."""
        pivot, sides, (a,), (b,), (c,) = self.values
        return placed(pivot, sides, (a, b, c), before, self._grammar.shift)

    def _next_root(self) -> Node:
        if len(self.values) == _SIDES:
            return self._grammar.sides_root
        roots = self._grammar.far_roots if self.values[0] == (0,) else self._grammar.near_roots
        return roots[len(self.values) - _X]


def write_pivot_structure(
    model: TokenModel,
    prompt: Sequence[int],
    grammar: PivotGrammar,
    rng: np.random.Generator,
    *,
    temperature: float = 0.6,
    max_bricks: int = 100,
    max_brick_rejections: int = 50,
    world_dim: int = 20,
) -> BrickStructure:
    """A structure that a model trained on pivot lines writes, whatever backend it runs on.

    A brick that cannot be placed is drawn again; where that happens more than
    ``max_brick_rejections`` times for one brick, the structure ends there.

    Args:
        model: the language model.
        prompt: ids to read first.
        grammar: the syntax.
        rng: source of all randomness.
        temperature: softmax temperature.
        max_bricks: most bricks.
        max_brick_rejections: most redraws of a brick.
        world_dim: side of the world in cells.

    Raises:
        ModelError: the model's context is full, or its output is no number.
    """
    structure = BrickStructure(world_dim=world_dim)
    logits = np.array(model.prefill(prompt))
    rejections = 0
    while len(structure) < max_bricks and rejections <= max_brick_rejections:
        start, opening = model.length, logits
        cursor = PivotCursor(grammar, len(structure))
        while not cursor.complete:
            token = sample_allowed(logits, cursor.allowed, temperature, rng)
            taken = cursor.advance(token)
            if cursor.ended:
                return structure
            logits = np.array(model.extend(taken))
        if structure.add(cursor.brick(structure.bricks)) is None:
            rejections = 0
        else:
            rejections += 1
            model.rewind(start)
            logits = opening
    return structure


def _trie(paths: dict[Value, list[int]], end: int | None = None) -> Node:
    """The trie of a field's paths; with ``end``, that token leads to the value ``()``."""
    root = Node()
    values = list(paths)
    for value, path in paths.items():
        root.insert(path, value)
    if end is not None:
        root.insert([end], ())
        values.append(())
    root.freeze(values)
    return root


def _spell(field: int, value: Value) -> str:
    if field == _SIDES:
        return f"{value[0]}x{value[1]} ("
    return f"{value[0]}{('/', '', ',', ',', ')' + chr(10))[field]}"
