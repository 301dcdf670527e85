"""From bricks with line numbers to a structure, with the line named when a brick cannot be placed."""

from __future__ import annotations

from collections.abc import Sequence

from brickgpt_engine.bricks import Brick, BrickStructure
from brickgpt_engine.bricks.structure import DEFAULT_WORLD_DIM, MAX_WORLD_DIM
from brickgpt_engine.errors import FormatError


def assemble(
    numbered: Sequence[tuple[int, Brick]], *, world_dim: int | None, source: str | None
) -> BrickStructure:
    """A structure of the bricks in the order given.

    Args:
        numbered: pairs of 1-based line number and brick.
        world_dim: side of the world in cells; None takes :func:`needed_world_dim`.
        source: the file's name, for messages.

    Raises:
        FormatError: there are no bricks, or one is unknown, out of bounds or in another's place.
        ConfigError: ``world_dim`` is out of range.
    """
    if not numbered:
        raise FormatError("the file holds no bricks", source=source)
    if world_dim is None:
        world_dim = needed_world_dim([brick for _, brick in numbered])
    structure = BrickStructure(world_dim=world_dim)
    for line, brick in numbered:
        rejection = structure.add(brick)
        if rejection is not None:
            reason = f"brick {brick} does not fit: {structure.explain(brick, rejection)}"
            raise FormatError(reason, source=source, line=line)
    return structure


def needed_world_dim(bricks: Sequence[Brick]) -> int:
    """Side of the smallest world, from 20 to :data:`MAX_WORLD_DIM`, that holds all of ``bricks``.

    Bricks that reach further are refused when they are added.
    """
    reach = max((max(b.x + b.h, b.y + b.w, b.z + 1) for b in bricks), default=0)
    return min(max(DEFAULT_WORLD_DIM, reach), MAX_WORLD_DIM)
