"""The text format: one brick ``hxw (x,y,z)`` a line, in build order.

This is what the language models write and what the published data set holds. It has no
place for colours or for the size of the world.
"""

from __future__ import annotations

from brickgpt_engine.bricks import Brick, BrickStructure
from brickgpt_engine.errors import InvalidBrickError
from brickgpt_engine.formats.assembly import assemble
from brickgpt_engine.formats.problems import Problems

_LONGEST_LINE = 200
"""No brick of any world needs more characters; longer digit runs would only cost time."""


def dumps(structure: BrickStructure) -> str:
    r"""The bricks, one a line, each line ended by ``\n``."""
    return "".join(f"{brick.text}\n" for brick in structure)


def loads(text: str, *, world_dim: int | None = None, source: str | None = None) -> BrickStructure:
    r"""Read the text format; blank lines and the line ends ``\r\n`` are accepted.

    Args:
        text: the file's content.
        world_dim: side of the world in cells; None takes the larger of 20 and what is needed.
        source: the file's name, for messages.

    Raises:
        FormatError: lines that are no bricks, or whose bricks cannot be placed; it names them all.
        ConfigError: ``world_dim`` is out of range.
    """
    problems = Problems(source)
    numbered = []
    for number, line in enumerate(text.removeprefix("\ufeff").split("\n"), start=1):
        if not line.strip():
            continue
        try:
            numbered.append((number, _parse(line)))
        except InvalidBrickError as error:
            problems.add(number, str(error))
    return assemble(numbered, world_dim=world_dim, source=source, problems=problems)


def _parse(line: str) -> Brick:
    if len(line) > _LONGEST_LINE:
        raise InvalidBrickError(f"{len(line)} characters are too many for a brick")
    return Brick.parse(line)
