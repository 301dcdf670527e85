"""From bricks with line numbers to a structure, with the line named when a brick cannot be placed."""

from __future__ import annotations

from collections.abc import Sequence

from brickgpt_engine.bricks import Brick, BrickStructure
from brickgpt_engine.bricks.structure import DEFAULT_WORLD_DIM, EMPTY, MAX_WORLD_DIM, Rejection
from brickgpt_engine.errors import FormatError
from brickgpt_engine.formats.problems import Problems


def assemble(
    numbered: Sequence[tuple[int, Brick]],
    *,
    world_dim: int | None,
    source: str | None,
    problems: Problems | None = None,
) -> BrickStructure:
    """A structure of the bricks in the order given; bricks that do not fit are left out and reported.

    Args:
        numbered: pairs of 1-based line number and brick.
        world_dim: side of the world in cells; None takes :func:`needed_world_dim`.
        source: the file's name, for messages.
        problems: what was wrong in the file before, to be reported along with misplaced bricks.

    Raises:
        FormatError: there are no bricks, one is unknown, out of bounds or in another's place, or
            there were problems before.
        ConfigError: ``world_dim`` is out of range.
    """
    problems = Problems(source) if problems is None else problems
    if not numbered:
        problems.raise_if_any()
        raise FormatError("the file holds no bricks", source=source)
    if world_dim is None:
        world_dim = needed_world_dim([brick for _, brick in numbered])
    structure = BrickStructure(world_dim=world_dim)
    lines: list[int] = []
    for line, brick in numbered:
        rejection = structure.add(brick)
        if rejection is None:
            lines.append(line)
        else:
            why = _why(structure, brick, rejection, lines)
            problems.add(line, f"brick {brick} does not fit: {why}")
    problems.raise_if_any()
    return structure


def _why(structure: BrickStructure, brick: Brick, rejection: Rejection, lines: Sequence[int]) -> str:
    """Why ``brick`` was rejected; a collision is with a line, as numbers of bricks would skip bad ones."""
    if rejection is not Rejection.COLLISION:
        return structure.explain(brick, rejection)
    owners = structure.grid[brick.slices]
    first = int(owners[owners != EMPTY].min())
    return f"it collides with {structure[first]} of line {lines[first]}"


def needed_world_dim(bricks: Sequence[Brick]) -> int:
    """Side of the smallest world, from 20 to :data:`MAX_WORLD_DIM`, that holds all of ``bricks``.

    Bricks that reach further are refused when they are added.
    """
    reach = max((max(b.x + b.h, b.y + b.w, b.z + 1) for b in bricks), default=0)
    return min(max(DEFAULT_WORLD_DIM, reach), MAX_WORLD_DIM)
