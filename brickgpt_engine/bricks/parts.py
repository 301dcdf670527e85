"""What a model is made of: how many of which part in which colour."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from brickgpt_engine.bricks.brick import Brick
from brickgpt_engine.bricks.colours import colour_of_code
from brickgpt_engine.bricks.library import Part


@dataclass(frozen=True, slots=True)
class PartsLine:
    """One line of a parts list.

    Attributes:
        part: the library part.
        colour: LDraw colour code, None where the bricks have no colour.
        quantity: how many.
    """

    part: Part
    colour: int | None
    quantity: int

    @property
    def colour_name(self) -> str:
        """The colour in words: ``any colour`` for none, ``colour 507`` for one without a name here."""
        if self.colour is None:
            return "any colour"
        known = colour_of_code(self.colour)
        return known.name if known is not None else f"colour {self.colour}"


def parts_list(bricks: Iterable[Brick]) -> list[PartsLine]:
    """What ``bricks`` amount to: most frequent first, then by size of the part and colour code."""
    counts = Counter((brick.part, brick.colour) for brick in bricks)
    lines = [PartsLine(part, colour, quantity) for (part, colour), quantity in counts.items()]
    return sorted(lines, key=rank)


def rank(line: PartsLine) -> tuple[int, int, int, int]:
    """Sorts lines as :func:`parts_list` does."""
    area = line.part.short * line.part.long
    return -line.quantity, -area, line.part.short, -1 if line.colour is None else line.colour
