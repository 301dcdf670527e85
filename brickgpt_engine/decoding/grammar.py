r"""The syntax of a brick line as token paths, built from whatever tokenizer a model has.

A line ``hxw (x,y,z)\n`` has four fields: ``hxw (``, ``x,``, ``y,`` and ``z)\n``. For each
field a trie holds the token path of every legal value, so that a tokenizer may write a
value as one token, as several, or digit by digit. Where only one token can follow it is
*forced*: it costs no decision and rides along with the next pass.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import cycle
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from numpy.typing import NDArray

from brickgpt_engine.bricks import FOOTPRINTS, Brick
from brickgpt_engine.decoding.tokenizer import TextTokenizer, as_tokenizer
from brickgpt_engine.errors import InvalidBrickError, ModelError

if TYPE_CHECKING:
    from tokenizers import Tokenizer

Value: TypeAlias = tuple[int, ...]
"""What a field says: ``(h, w)`` for the dimensions, ``(n,)`` for a coordinate."""

FIELD_NAMES = ("dimensions", "x", "y", "z")
_BEFORE = "2x4 (1,2,3)\n"
_JOINTS = 40
_AFTER = "1x1 (0,0,0)\n"


@dataclass(eq=False)
class Node:
    """A place in a field's trie.

    Attributes:
        children: next node by token id.
        allowed: the token ids that may follow, ascending, shape (n,).
        reach: which of the field's values each of ``allowed`` can still lead to, shape (n, values).
        leads: the place of that value where it is one for each token, shape (n,); otherwise None.
        value: what the field says, once a path has ended here.
    """

    children: dict[int, Node] = field(default_factory=dict)
    allowed: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    reach: NDArray[np.bool_] = field(default_factory=lambda: np.empty((0, 0), dtype=np.bool_))
    leads: NDArray[np.intp] | None = None
    value: Value | None = None

    def insert(self, path: Sequence[int], value: Value) -> None:
        """Add the token path of ``value``.

        Raises:
            ModelError: the path is empty, or that of another value, or one of both begins the other.
        """
        node = self
        for token in path:
            node = node.children.setdefault(token, Node())
            if node.value is not None:
                break
        if node.value is not None or node.children or not path:
            other = "" if node.value is None else f" and {node.value}"
            raise ModelError(
                f"the tokenizer cannot tell values of a brick line apart ({value}{other}); "
                "use a tokenizer that spells every number differently"
            )
        node.value = value

    def freeze(self, values: Sequence[Value]) -> NDArray[np.bool_]:
        """Fill in ``allowed`` and ``reach`` from here down; answers which of ``values`` end here or below."""
        self.allowed = np.array(sorted(self.children), dtype=np.int64)
        here = np.array([value == self.value for value in values])
        if self.children:
            self.reach = np.stack([self.children[token].freeze(values) for token in self.allowed.tolist()])
            here |= self.reach.any(axis=0)
            if (self.reach.sum(axis=1) == 1).all():
                self.leads = self.reach.argmax(axis=1)
        return here

    def live(self, feasible: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Which of ``allowed`` can lead to one of the field's values that are ``feasible``, shape (n,)."""
        if self.leads is not None:
            return feasible.take(self.leads)
        return np.asarray((self.reach & feasible).any(axis=1))


class BrickGrammar:
    """Token paths of every legal brick line.

    Args:
        tokenizer: a ``tokenizers.Tokenizer``, or one with its special tokens.
        world_dim: coordinates run from 0 to ``world_dim - 1``.
        footprints: the dimensions ``(h, w)`` that a line may begin with.

    Attributes:
        eos_id: the token that, at the start of a line, ends the text.
        values: what each field may say, in the order of :attr:`Node.reach`; the first field's last is
            ``()``, the end of the text.
        roots: the trie of each field, in order.
        token_ids: every id that a line may hold, ascending, the end token included.
        max_line_tokens: tokens of the longest legal line.

    Raises:
        ModelError: the tokenizer cannot spell a brick line, joins characters of two
            fields in one token, or has an end token that a brick line begins with.
    """

    def __init__(
        self,
        tokenizer: Tokenizer | TextTokenizer,
        world_dim: int,
        footprints: Iterable[tuple[int, int]] = FOOTPRINTS,
    ) -> None:
        self.tokenizer = as_tokenizer(tokenizer)
        self.eos_id = self.tokenizer.eos_id
        self.world_dim = world_dim
        self.footprints = tuple(footprints)
        coordinates: list[Value] = [(number,) for number in range(world_dim)]
        values: list[list[Value]] = [[*self.footprints], coordinates, coordinates, coordinates]
        self._paths: list[dict[Value, list[int]]] = [
            {value: self._path(index, value) for value in of_field} for index, of_field in enumerate(values)
        ]
        self._check_joints()
        self.values: tuple[tuple[Value, ...], ...] = ((*values[0], ()), *map(tuple, values[1:]))
        self.roots = tuple(self._trie(index) for index in range(4))
        used = {token for paths in self._paths for path in paths.values() for token in path}
        self.token_ids = np.array(sorted(used | {self.eos_id}), dtype=np.int64)
        self.max_line_tokens = sum(max(len(path) for path in paths.values()) for paths in self._paths)

    def cursor(self, before: Sequence[Brick] = ()) -> LineCursor:
        """A cursor at the start of a line; the bricks ``before`` do not matter here."""
        return LineCursor(self)

    def read_line(self, text: str, before: Sequence[Brick] = ()) -> Brick | None:
        """The brick of a whole line; None where the text differs from how that brick is written."""
        try:
            brick = Brick.parse(text)
        except InvalidBrickError:
            return None
        return brick if text == f"{brick}\n" else None

    def encode(self, bricks: Iterable[Brick], before: Sequence[Brick] = ()) -> list[int]:
        """Token ids of whole lines, in the spelling that the tries hold; ``before`` does not matter here.

        Raises:
            ModelError: a brick that the grammar does not allow.
        """
        ids: list[int] = []
        for brick in bricks:
            try:
                for paths, value in zip(self._paths, _fields(brick), strict=True):
                    ids += paths[value]
            except KeyError as error:
                raise ModelError(f"brick {brick} is outside the grammar of this model and world") from error
        return ids

    def path(self, index: int, value: Value) -> list[int] | None:
        """Token path of ``value`` in field ``index``; None where it is not legal there."""
        return self._paths[index].get(value)

    def _trie(self, index: int) -> Node:
        root = Node()
        for value, path in self._paths[index].items():
            root.insert(path, value)
        if index == 0:
            if self.eos_id in root.children:
                raise ModelError(
                    f"the end-of-text token, {self.tokenizer.token(self.eos_id)!r}, also begins a brick "
                    "line; correct eos_token in the folder's tokenizer_config.json"
                )
            root.insert([self.eos_id], ())
        root.freeze(self.values[index])
        return root

    def _path(self, index: int, value: Value) -> list[int]:
        """Tokens of one field's value, cut out of a sample text by the text positions of its tokens."""
        parts = ["1x2 (", "3,", "4,", "0)\n"]
        parts[index] = _spell(index, value)
        text = _BEFORE + "".join(parts) + _AFTER
        begin = len(_BEFORE) + sum(map(len, parts[:index]))
        end = begin + len(parts[index])
        ids = self.tokenizer.encode(text)
        ends = self._ends(ids, text)
        starts = [0, *ends[:-1]]
        for token, start, stop in zip(ids, starts, ends, strict=True):
            if start < begin < stop or start < end < stop:
                raise ModelError(
                    f"the tokenizer joins two fields of a brick line in one token "
                    f"({self.tokenizer.token(token)!r}, at the {FIELD_NAMES[index]} field); "
                    "use a tokenizer that splits numbers from punctuation"
                )
        return [t for t, s, e in zip(ids, starts, ends, strict=True) if s >= begin and e <= end and e > begin]

    def _ends(self, ids: Sequence[int], text: str) -> list[int]:
        """Text position after each token; decoded, since tokenizers trim white space from their offsets."""
        ends = [len(self.tokenizer.decode(ids[:count])) for count in range(1, len(ids) + 1)]
        if self.tokenizer.decode(ids) != text:
            raise ModelError(
                f"the tokenizer does not give back the brick line it was given "
                f"({self.tokenizer.decode(ids)[:60]!r}); it cannot write this text format"
            )
        return ends

    def _check_joints(self) -> None:
        """Compare paths joined field by field with whole lines, where merges across fields would show.

        The lines put every two neighbouring values side by side (of very large worlds, a sample).
        """
        values = sorted({int(n) for n in np.linspace(0, self.world_dim - 1, min(self.world_dim, _JOINTS))})
        shapes = cycle(self.footprints)
        lines = [Brick(*next(shapes), a, b, a) for a in values for b in values]
        ids = self.tokenizer.encode(_BEFORE + "".join(f"{brick}\n" for brick in lines))
        if ids != self.tokenizer.encode(_BEFORE) + self.encode(lines):
            raise ModelError(
                "the tokenizer spells a field of a brick line differently depending on its neighbours; "
                "use a tokenizer that splits numbers from punctuation"
            )


class LineCursor:
    """A position within one line that is being written.

    Attributes:
        node: where in the current field's trie the line stands.
        values: the fields completed so far.
        ended: whether the end token was taken.
        complete: whether nothing more can follow in this line.
    """

    __slots__ = ("_grammar", "complete", "ended", "node", "values")

    def __init__(self, grammar: BrickGrammar) -> None:
        self._grammar = grammar
        self.node = grammar.roots[0]
        self.values: list[Value] = []
        self.complete = self.ended = False

    @property
    def allowed(self) -> NDArray[np.int64]:
        """Token ids that may follow."""
        return self.node.allowed

    @property
    def inside_field(self) -> bool:
        """Whether a field has been begun and not yet completed."""
        return not self.complete and self.node is not self._grammar.roots[len(self.values)]

    def live(self, feasible: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Which of ``allowed`` can lead to one of the field's values that are ``feasible``, shape (n,)."""
        return self.node.live(feasible)

    def advance(self, token: int) -> list[int]:
        """Take ``token`` (one of ``allowed``) and every forced token after it; returns all of them."""
        taken = [token]
        self.step(token)
        while not self.complete and len(self.node.allowed) == 1:
            taken.append(int(self.node.allowed[0]))
            self.step(taken[-1])
        return taken

    def brick(self) -> Brick:
        """The brick of a complete line."""
        (h, w), (x,), (y,), (z,) = self.values
        return Brick(h, w, x, y, z)

    def fork(self) -> LineCursor:
        """Another cursor at the same place."""
        twin = LineCursor.__new__(LineCursor)
        twin._grammar, twin.node, twin.values = self._grammar, self.node, self.values.copy()
        twin.complete, twin.ended = self.complete, self.ended
        return twin

    def step(self, token: int) -> None:
        """Take ``token`` (one of ``allowed``) alone."""
        self.node = node = self.node.children[token]
        if node.value is not None:
            self.values.append(node.value)
            self.ended = not node.value
            self.complete = self.ended or len(self.values) == 4
            if not self.complete:
                self.node = self._grammar.roots[len(self.values)]


def _fields(brick: Brick) -> tuple[Value, Value, Value, Value]:
    return (brick.h, brick.w), (brick.x,), (brick.y,), (brick.z,)


def _spell(index: int, value: Value) -> str:
    if index == 0:
        return f"{value[0]}x{value[1]} ("
    return f"{value[0]})\n" if index == 3 else f"{value[0]},"
