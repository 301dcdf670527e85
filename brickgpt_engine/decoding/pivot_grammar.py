r"""The syntax of a pivot line as token paths, built from whatever tokenizer a model has.

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

from brickgpt_engine.bricks import FOOTPRINTS, Brick
from brickgpt_engine.decoding.grammar import Node, Value
from brickgpt_engine.decoding.tokenizer import TextTokenizer, as_tokenizer
from brickgpt_engine.errors import InvalidBrickError, ModelError
from brickgpt_engine.formats.pivot import PivotFormat, placed

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
        token_ids: every id that a line may hold, ascending, the end token included.
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
        self.world_dim = world_dim
        self.footprints = tuple(footprints)
        self._format = PivotFormat(max_offset, max_back)
        far: list[Value] = [(n,) for n in range(world_dim)]
        near: list[Value] = [(n,) for n in range(2 * max_offset + 1)]
        self._pivots = self._paths(_PIVOT, [(n,) for n in range(max_back + 1)])
        self._sides = self._paths(_SIDES, list(self.footprints))
        self._far = [self._paths(axis, far) for axis in (_X, _Y, _Z)]
        self._near = [self._paths(axis, near) for axis in (_X, _Y, _Z)]
        self._check_lines()
        self.pivot_root = _trie(self._pivots, end=self.eos_id)
        self.sides_root = _trie(self._sides)
        self.far_roots = tuple(map(_trie, self._far))
        self.near_roots = tuple(map(_trie, self._near))
        fields = [self._pivots, self._sides, *self._far, *self._near]
        used = {token for paths in fields for path in paths.values() for token in path}
        self.token_ids = np.array(sorted(used | {self.eos_id}), dtype=np.int64)
        self.max_line_tokens = max(
            sum(max(map(len, paths.values())) for paths in (self._pivots, self._sides, *offsets))
            for offsets in (self._far, self._near)
        )

    def cursor(self, before: Sequence[Brick] = ()) -> PivotCursor:
        """A cursor at the start of the line after the bricks ``before``."""
        return PivotCursor(self, len(before), before)

    def read_line(self, text: str, before: Sequence[Brick] = ()) -> Brick | None:
        """The brick of a whole line after the bricks ``before``; None where it says none in due form."""
        if not text.endswith("\n"):
            return None
        try:
            return self._format.read_line(text.removesuffix("\n"), before)
        except InvalidBrickError:
            return None

    def encode(self, bricks: Iterable[Brick], before: Sequence[Brick] = ()) -> list[int]:
        """Token ids of whole lines after the bricks ``before``.

        Raises:
            ModelError: a brick that the grammar does not allow.
        """
        said, ids = list(before), list[int]()
        for brick in bricks:
            back, offset = self._format.numbers(brick, said)
            offsets = self._near if back else self._far
            try:
                ids += self._pivots[back,] + self._sides[brick.h, brick.w]
                for paths, number in zip(offsets, offset, strict=True):
                    ids += paths[number,]
            except KeyError as error:
                raise ModelError(f"brick {brick} is outside the grammar of this model and world") from error
            said.append(brick)
        return ids

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
        placed: how many bricks are there to build from.
        before: these bricks, without which no line says where its brick is.

    Attributes:
        node: where in the current field's trie the line stands.
        values: the fields completed so far.
    """

    __slots__ = ("_before", "_grammar", "_pivots", "_root", "node", "values")

    def __init__(self, grammar: PivotGrammar, placed: int, before: Sequence[Brick] = ()) -> None:
        self._grammar, self._before = grammar, before
        self._pivots = min(placed, grammar.max_back) + 1
        self._root = self.node = grammar.pivot_root
        self.values: list[Value] = []

    @property
    def allowed(self) -> NDArray[np.int64]:
        """Token ids that may follow, ascending."""
        return self.node.allowed if self.values else self.node.allowed[self._there()]

    @property
    def ended(self) -> bool:
        """Whether the end token was taken."""
        return self.values == [()]

    @property
    def complete(self) -> bool:
        """Whether nothing more can follow in this line."""
        return len(self.values) == 5 or self.ended

    @property
    def inside_field(self) -> bool:
        """Whether a field has been begun and not yet completed."""
        return not self.complete and self.node is not self._root

    def live(self, feasible: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Which of ``allowed`` can lead to one of the field's values that are ``feasible``, shape (n,)."""
        flags = self.node.live(feasible)
        return flags if self.values else flags[self._there()]

    def step(self, token: int) -> None:
        """Take ``token`` (one of ``allowed``)."""
        self.node = self.node.children[token]
        if self.node.value is not None:
            self.values.append(self.node.value)
            if not self.complete:
                self._root = self.node = self._next_root()

    def advance(self, token: int) -> list[int]:
        """Take ``token`` and every forced token after it; returns all of them."""
        taken = [token]
        self.step(token)
        while not self.complete and len(self.allowed) == 1:
            taken.append(int(self.allowed[0]))
            self.step(taken[-1])
        return taken

    def brick(self) -> Brick:
        """The brick of a complete line; it may be one that cannot be placed."""
        pivot, sides, (a,), (b,), (c,) = self.values
        return placed(pivot, sides, (a, b, c), self._before, self._grammar.shift)

    def fork(self) -> PivotCursor:
        """Another cursor at the same place."""
        twin = PivotCursor(self._grammar, 0, self._before)
        twin._pivots, twin._root = self._pivots, self._root
        twin.node, twin.values = self.node, self.values.copy()
        return twin

    def _there(self) -> NDArray[np.bool_]:
        """Which tokens at this place can lead to a pivot that is there, or to the end."""
        reach = self.node.reach
        return np.asarray(reach[:, : self._pivots].any(axis=1) | reach[:, -1])

    def _next_root(self) -> Node:
        if len(self.values) == _SIDES:
            return self._grammar.sides_root
        roots = self._grammar.far_roots if self.values[0] == (0,) else self._grammar.near_roots
        return roots[len(self.values) - _X]


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
