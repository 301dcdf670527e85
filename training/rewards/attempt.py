"""What a model wrote, line by line: the bricks that could be placed, and what was wrong with the others."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from brickgpt_engine.bricks import Brick, BrickStructure
from brickgpt_engine.bricks.structure import Rejection
from brickgpt_engine.errors import InvalidBrickError

Written = Brick | str
"""A line: the brick that it says, or its text where it says none."""


@dataclass(frozen=True, slots=True)
class Fault:
    """A line that added no brick: its number from 0, why, and what to tell people."""

    line: int
    reason: Rejection
    message: str


@dataclass(slots=True)
class Attempt:
    """One structure that a model wrote.

    Attributes:
        structure: the bricks that could be placed, in order.
        lines: how many lines were written.
        faults: those that could not be placed.
        ended: the model ended the text itself, within its limits.
    """

    structure: BrickStructure
    lines: int
    faults: list[Fault] = field(default_factory=list)
    ended: bool = True

    @property
    def valid(self) -> bool:
        """Whether every line is a brick in its place, and there is one."""
        return not self.faults and len(self.structure) > 0

    @property
    def reason(self) -> str:
        """What is wrong, in words; empty where nothing is."""
        if self.faults:
            first = self.faults[0]
            return f"line {first.line + 1}: {first.message}"
        if not len(self.structure):
            return "no bricks were written"
        return "" if self.ended else "the text was cut off at its limit"


def read_attempt(lines: Iterable[Written], *, ended: bool = True, world_dim: int = 20) -> Attempt:
    """Build what was written, brick by brick; a line that cannot be placed is noted and left out."""
    attempt = Attempt(BrickStructure(world_dim=world_dim), 0, ended=ended)
    for number, line in enumerate(lines):
        attempt.lines += 1
        if isinstance(line, str):
            attempt.faults.append(Fault(number, Rejection.ILL_FORMED, f"{line[:40]!r} is no brick"))
            continue
        rejection = attempt.structure.add(line)
        if rejection is not None:
            message = f"{line}: {attempt.structure.explain(line, rejection)}"
            attempt.faults.append(Fault(number, rejection, message))
    return attempt


def absolute_lines(text: str) -> list[Written]:
    r"""Lines of the text format as bricks; a line that is not written exactly as its brick is stays text.

    The last line counts as ill-formed where its ``\n`` is missing: it was cut off.
    """
    parts = text.split("\n")
    lines: list[Written] = [_brick_or_text(part) for part in parts[:-1]]
    if parts[-1]:
        lines.append(parts[-1])
    return lines


def _brick_or_text(line: str) -> Written:
    try:
        brick = Brick.parse(line)
    except InvalidBrickError:
        return line
    return brick if brick.text == line else line
