"""The published JSON: ``{"1": {"brick_id": 2, "x": 0, "y": 0, "z": 0, "ori": 0}, …}``.

Keys count the bricks from 1 in build order, ids are those of the published brick library,
and ``ori`` is 1 when the long side lies along x. Keys that are not numbers are left alone,
as the published reader does.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from brickgpt_engine.bricks import Brick, BrickStructure
from brickgpt_engine.bricks.library import PART_BY_UPSTREAM_ID
from brickgpt_engine.errors import FormatError, InvalidBrickError
from brickgpt_engine.formats.assembly import assemble
from brickgpt_engine.formats.problems import Problems

_SPACE = re.compile(r"[ \t\r\n]*")
_LARGEST = 1_000_000
"""Coordinates beyond this are rejected before any arithmetic."""
_MOST_DIGITS = 9
"""Longest brick number."""


def dumps(structure: BrickStructure) -> str:
    """The bricks as one JSON object, a brick on each line."""
    lines = [f'  "{number}": {json.dumps(_entry(brick))}' for number, brick in enumerate(structure, start=1)]
    return "{\n" + ",\n".join(lines) + "\n}\n" if lines else "{}\n"


def _entry(brick: Brick) -> dict[str, int]:
    return {
        "brick_id": brick.part.upstream_id,
        "x": brick.x,
        "y": brick.y,
        "z": brick.z,
        "ori": brick.ori,
    }


def loads(text: str, *, world_dim: int | None = None, source: str | None = None) -> BrickStructure:
    """Read the published JSON; bricks come in the order of their numbers.

    Args:
        text: the file's content.
        world_dim: side of the world in cells; None takes the larger of 20 and what is needed.
        source: the file's name, for messages.

    Raises:
        FormatError: the text is not JSON, or entries are not of this shape or cannot be placed; it
            names all of these.
        ConfigError: ``world_dim`` is out of range.
    """
    text = text.removeprefix("\ufeff")
    _require_object(text, source)
    problems = Problems(source)
    found: dict[int, tuple[int, Brick] | None] = {}
    for key, value, line in _members(text):
        if not (key.isascii() and key.isdigit()):
            continue
        if len(key) > _MOST_DIGITS or int(key) in found:
            wrong = "is too large" if len(key) > _MOST_DIGITS else "is there twice"
            problems.add(line, f"brick number {key[:40]} {wrong}")
            continue
        found[int(key)] = None
        try:
            found[int(key)] = (line, _brick(key, value))
        except InvalidBrickError as error:
            problems.add(line, str(error))
    numbered = [entry for _, entry in sorted(found.items()) if entry is not None]
    return assemble(numbered, world_dim=world_dim, source=source, problems=problems)


def _require_object(text: str, source: str | None) -> None:
    """Check the syntax once for the whole text, so that the walk over its members need not."""
    try:
        value = json.loads(text)
    except json.JSONDecodeError as error:
        reason = f"not JSON: {error.msg} (column {error.colno})"
        raise FormatError(reason, source=source, line=error.lineno) from error
    except (ValueError, RecursionError) as error:  # a number of thousands of digits; brackets without end
        raise FormatError(
            "not usable as JSON: nested too deeply or a number too long", source=source
        ) from error
    if not isinstance(value, dict):
        raise FormatError('expected an object such as {"1": {"brick_id": 2, …}}', source=source, line=1)


def _members(text: str) -> Iterator[tuple[str, object, int]]:
    """Key, value and 1-based line of each member of the outermost object, duplicates included."""
    decoder = json.JSONDecoder()
    position = _skip(text, text.index("{") + 1)
    line, counted = 1, 0
    while text[position] != "}":
        line += text.count("\n", counted, position)
        counted = position
        key, position = decoder.raw_decode(text, position)
        position = _skip(text, _skip(text, position) + 1)
        value, position = decoder.raw_decode(text, position)
        yield key, value, line
        position = _skip(text, position)
        if text[position] == ",":
            position = _skip(text, position + 1)


def _skip(text: str, position: int) -> int:
    """Position of the next character that is not white space."""
    match = _SPACE.match(text, position)
    return match.end() if match else position


def _brick(key: str, value: object) -> Brick:
    if not isinstance(value, dict):
        raise InvalidBrickError(f"brick {key} is not an object")
    fields = {name: value.get(name) for name in ("brick_id", "x", "y", "z", "ori")}
    for name, number in fields.items():
        if not isinstance(number, int) or isinstance(number, bool) or abs(number) > _LARGEST:
            shown = (
                "missing" if name not in value else f"{json.dumps(number)[:40]}, not a whole number in range"
            )
            raise InvalidBrickError(f"brick {key}: {name} is {shown}")
    part = PART_BY_UPSTREAM_ID.get(value["brick_id"])
    if part is None:
        known = ", ".join(str(number) for number in sorted(PART_BY_UPSTREAM_ID))
        reason = f"brick {key}: brick_id {value['brick_id']} is not in the library; known ids are {known}"
        raise InvalidBrickError(reason)
    if value["ori"] not in (0, 1):
        raise InvalidBrickError(f"brick {key}: ori is {value['ori']}; it must be 0 or 1")
    h, w = (part.long, part.short) if value["ori"] else (part.short, part.long)
    return Brick(h, w, value["x"], value["y"], value["z"])
