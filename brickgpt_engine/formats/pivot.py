r"""The pivot format: each brick by its place relative to one that is there already.

A line is ``P/HxW (a,b,c)`` and takes two decisions: which brick to build from, and what to put where.
``P`` counts back from the newest brick: 1 is the one before. The offset (dx, dy, dz) leads from the
pivot's lowest corner to that of the new brick, at most ``max_offset`` along each axis, and is written
with ``max_offset`` added to each number: without signs, which tokenizers join with the commas before
them, the rest of the line is spelled as an absolute line is. Pivot 0 is the corner of the baseplate,
from which every place can be named, and its numbers are the place itself: the first brick needs it,
and a brick with none before it in reach.

Every structure can be written, in its build order, and is read back exactly. The writer takes the
newest brick that the new one is joined to by studs, else the newest in reach, else pivot 0; so text
that it wrote is written the same again after reading.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from brickgpt_engine.bricks import Brick, BrickStructure
from brickgpt_engine.errors import ConfigError, InvalidBrickError
from brickgpt_engine.formats.assembly import assemble
from brickgpt_engine.formats.problems import Problems

_NUMBER = r"(0|[1-9][0-9]{0,5})"
_LINE = re.compile(rf"{_NUMBER}/([1-9][0-9]?)x([1-9][0-9]?) \({_NUMBER},{_NUMBER},{_NUMBER}\)", re.ASCII)


@dataclass(frozen=True)
class PivotFormat:
    """How pivot lines are written and read.

    Attributes:
        max_offset: farthest that a brick's lowest corner may be from its pivot's, along each axis.
        max_back: farthest that a pivot may lie back in the build order; None for no limit.

    Raises:
        ConfigError: a limit is below 1.
    """

    max_offset: int = 5
    max_back: int | None = None

    def __post_init__(self) -> None:
        if self.max_offset < 1 or (self.max_back is not None and self.max_back < 1):
            raise ConfigError(
                f"max_offset is {self.max_offset} and max_back {self.max_back}; both must be at least 1"
            )

    def numbers(self, brick: Brick, before: Sequence[Brick]) -> tuple[int, tuple[int, int, int]]:
        """How far back the pivot of ``brick`` is after the bricks ``before``, and the offset as written."""
        back = self._pivot(brick, before)
        dx, dy, dz = brick.x, brick.y, brick.z
        if back:
            pivot, shift = before[-back], self.max_offset
            dx, dy, dz = dx - pivot.x + shift, dy - pivot.y + shift, dz - pivot.z + shift
        return back, (dx, dy, dz)

    def write_line(self, brick: Brick, before: Sequence[Brick]) -> str:
        """The line of ``brick`` after the bricks ``before``, without a line end."""
        back, (dx, dy, dz) = self.numbers(brick, before)
        return f"{back}/{brick.h}x{brick.w} ({dx},{dy},{dz})"

    def read_line(self, line: str, before: Sequence[Brick]) -> Brick:
        """The brick of a line after the bricks ``before``; it may be one that cannot be placed.

        Raises:
            InvalidBrickError: the text is of another form, or its pivot or offset is out of reach.
        """
        match = _LINE.fullmatch(line)
        if match is None:
            raise InvalidBrickError(f"{line[:60]!r} is not a pivot line; expected e.g. '1/2x4 (5,3,6)'")
        back, h, w, *offset = (int(group) for group in match.groups())
        if back > min(len(before), self.max_back or back):
            raise InvalidBrickError(f"{line[:60]!r} counts back {back} of {len(before)} bricks")
        if back and max(offset) > 2 * self.max_offset:
            raise InvalidBrickError(f"{line[:60]!r} is farther than {self.max_offset} from its pivot")
        return placed((back,), (h, w), offset, before, self.max_offset)

    def write(self, bricks: Iterable[Brick]) -> str:
        r"""All bricks, one a line, each line ended by ``\n``."""
        ordered = list(bricks)
        return "".join(f"{self.write_line(brick, ordered[:i])}\n" for i, brick in enumerate(ordered))

    def read(self, text: str, *, world_dim: int | None = None, source: str | None = None) -> BrickStructure:
        r"""The structure of a text; blank lines and the line ends ``\r\n`` are accepted.

        Args:
            text: the lines.
            world_dim: side of the world in cells; None takes the larger of 20 and what is needed.
            source: the file's name, for messages.

        Raises:
            FormatError: lines that are no bricks, or whose bricks cannot be placed; it names them all.
        """
        problems = Problems(source)
        numbered: list[tuple[int, Brick]] = []
        for number, line in enumerate(text.removeprefix("\ufeff").split("\n"), start=1):
            if not line.strip():
                continue
            try:
                brick = self.read_line(line.strip(), [brick for _, brick in numbered])
                if min(brick.x, brick.y, brick.z) < 0:
                    raise InvalidBrickError(f"{line.strip()[:60]!r} leads out of the world")
                numbered.append((number, brick))
            except InvalidBrickError as error:
                problems.add(number, str(error))
        return assemble(numbered, world_dim=world_dim, source=source, problems=problems)

    def _pivot(self, brick: Brick, before: Sequence[Brick]) -> int:
        """How far back the pivot of ``brick`` is; 0 where none is in reach."""
        reachable = 0
        for back, other in enumerate(
            reversed(before[-self.max_back :] if self.max_back else before), start=1
        ):
            if self._reaches(other, brick):
                if _joined(other, brick):
                    return back
                reachable = reachable or back
        return reachable

    def _reaches(self, pivot: Brick, brick: Brick) -> bool:
        offsets = brick.x - pivot.x, brick.y - pivot.y, brick.z - pivot.z
        return max(map(abs, offsets)) <= self.max_offset


def placed(
    pivot: tuple[int, ...], sides: tuple[int, ...], offset: Sequence[int], before: Sequence[Brick], shift: int
) -> Brick:
    """The brick that a line's numbers say.

    Args:
        pivot: how far back, 0 for the baseplate.
        sides: studs along x and y.
        offset: the three numbers as written.
        before: the bricks that there are.
        shift: what was added to offsets from bricks.
    """
    (back,), (h, w), (a, b, c) = pivot, sides, offset
    if back == 0:
        return Brick(h, w, a, b, c)
    base = before[-back]
    return Brick(h, w, base.x + a - shift, base.y + b - shift, base.z + c - shift)


def _joined(one: Brick, other: Brick) -> bool:
    """Whether studs join two bricks: they overlap in plan, one layer apart."""
    return (
        abs(one.z - other.z) == 1
        and one.x < other.x + other.h
        and other.x < one.x + one.h
        and one.y < other.y + other.w
        and other.y < one.y + one.w
    )
