"""Reading LDraw files: the parts that they place, and the brick model that those are. No Blender here.

Source: LDraw.org, "LDraw File Format Specification" and "MPD Specification".
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from .colours import MAIN_CODES
from .model import LAYER_LDU, PARTS, STUD_LDU, Brick, BrickModel

TOLERANCE_LDU = 1.0
"""How far a part may lie off the grid."""
_TURN_TOLERANCE = 0.01
_MOST_PARTS = 200_000
_DEEPEST = 50
_FIELDS = 15
_SHOWN = 5
_OURS = re.compile(r"0 +!BRICKGPT +WORLD +\d+(?: +UNCOLOURED +(\d+))?\s*")

Matrix = tuple[float, ...]
"""Twelve numbers: X, Y, Z, then the 3x3 matrix by rows, as in a line of type 1."""
_IDENTITY: Matrix = (0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1)


class LdrawError(ValueError):
    """A file cannot be read as a brick model; the message is one line for people."""


@dataclass(frozen=True)
class Placed:
    """A part somewhere in space.

    Attributes:
        part: file name in lower case with ``/``, such as ``3001.dat``.
        colour: LDraw code, None where the file gives none.
        place: see :data:`Matrix`, in LDraw coordinates.
        line: line of the file.
    """

    part: str
    colour: int | None
    place: Matrix
    line: int


@dataclass
class _Block:
    references: list[Placed] = field(default_factory=list)
    metas: list[str] = field(default_factory=list)


def read_text(path: str | Path) -> str:
    """The text of a file; bytes that are not UTF-8 (old comments) are replaced.

    Raises:
        LdrawError: it cannot be read.
    """
    try:
        return Path(path).read_bytes().decode("utf-8-sig", errors="replace")
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        reason = getattr(error, "strerror", None) or error
        raise LdrawError(f"{path} cannot be read: {reason}") from error


def read_parts(text: str) -> tuple[list[Placed], list[str]]:
    """The parts of the file's first model, submodels resolved, and that model's meta lines.

    Raises:
        LdrawError: a line is malformed, or submodels go round in circles; the message names the line.
    """
    main, blocks = _split(text)
    parts: list[Placed] = []
    for part in _flatten(main, blocks, _IDENTITY, None, ()):
        parts.append(part)
        if len(parts) > _MOST_PARTS:
            raise LdrawError(f"the submodels add up to more than {_MOST_PARTS} parts")
    return parts, main.metas


def _split(text: str) -> tuple[_Block, dict[str, _Block]]:
    main = _Block()
    current: _Block | None = main
    blocks: dict[str, _Block] = {}
    for number, raw in enumerate(text.splitlines(), start=1):
        words = raw.split(None, _FIELDS - 1)
        if words[:2] == ["0", "FILE"]:
            current = _Block() if blocks or main.references else main
            blocks.setdefault(_key(" ".join(words[2:])), current)
        elif words[:2] == ["0", "NOFILE"]:
            current = None
        elif current is None or not words:
            continue
        elif words[0] == "1":
            current.references.append(_reference(words, number))
        elif words[0] == "0":
            current.metas.append(raw.strip())
        elif words[0] not in ("2", "3", "4", "5"):
            raise LdrawError(
                f"line {number}: an LDraw line begins with a number from 0 to 5, not {words[0]!r:.20}"
            )
    return main, blocks


def _key(name: str) -> str:
    return name.strip().lower().replace("\\", "/")


def _reference(words: Sequence[str], number: int) -> Placed:
    if len(words) < _FIELDS:
        raise LdrawError(f"line {number}: a part line has {_FIELDS} fields, this one {len(words)}")
    try:
        colour = int(words[1], 16) if words[1].lower().startswith(("0x", "#")) else int(words[1])
        place = tuple(float(word) for word in words[2:14])
    except ValueError as error:
        raise LdrawError(f"line {number}: {error}") from error
    return Placed(_key(words[14]), colour, place, number)


def _flatten(
    block: _Block, blocks: dict[str, _Block], place: Matrix, colour: int | None, inside: tuple[str, ...]
) -> Iterator[Placed]:
    for reference in block.references:
        there = combine(place, reference.place)
        shade = colour if reference.colour in MAIN_CODES else reference.colour
        submodel = blocks.get(reference.part)
        if submodel is None:
            yield Placed(reference.part, shade, there, reference.line)
        elif reference.part in inside or len(inside) >= _DEEPEST:
            raise LdrawError(f"line {reference.line}: submodel {reference.part} contains itself")
        else:
            yield from _flatten(submodel, blocks, there, shade, (*inside, reference.part))


def combine(outer: Matrix, inner: Matrix) -> Matrix:
    """The place of something at ``inner`` within something at ``outer``."""
    rows = [outer[3:6], outer[6:9], outer[9:12]]
    columns = [inner[3 + at :: 3][:3] for at in range(3)]
    turned = [sum(a * b for a, b in zip(row, column)) for row in rows for column in columns]
    moved = [start + sum(a * b for a, b in zip(row, inner[:3])) for start, row in zip(outer[:3], rows)]
    return (*moved, *turned)


@dataclass
class Reading:
    """A file as a brick model.

    Attributes:
        model: the bricks.
        left_out: one line for each part that is no brick on the grid.
    """

    model: BrickModel
    left_out: list[str] = field(default_factory=list)


def read_model(text: str, source: str = "") -> Reading:
    """Read the text of a file as bricks of the library.

    Positions are the file's own: ``model.offset`` says where its cell (0,0,0) lies.

    Raises:
        LdrawError: it is malformed, or no part of it is a brick.
    """
    parts, metas = read_parts(text)
    grey = next((match[1] for match in map(_OURS.fullmatch, metas) if match), None)
    uncoloured = None if grey is None else int(grey)
    reading = Reading(BrickModel(source=source))
    bodies = []
    for part in parts:
        footprint = _footprint(part)
        if footprint is None:
            reading.left_out.append(f"line {part.line}: {part.part} is no upright brick of the library")
        else:
            bodies.append((part, *footprint))
    if not bodies:
        first = f" ({reading.left_out[0]})" if reading.left_out else ""
        raise LdrawError(f"there is no brick of the library in it{first}")
    reading.model.offset = offset = _offset(bodies)
    for part, h, w in bodies:
        cell, off = _cell(part, h, w, offset)
        if off > TOLERANCE_LDU:
            reading.left_out.append(f"line {part.line}: {part.part} lies off the grid of the others")
            continue
        colour = None if part.colour == uncoloured else part.colour
        reading.model.bricks.append(Brick(h, w, *cell, colour))
    return reading


def summary(left_out: Sequence[str]) -> str:
    """What was left out, in one line."""
    more = f" and {len(left_out) - _SHOWN} more" if len(left_out) > _SHOWN else ""
    return "; ".join(left_out[:_SHOWN]) + more


def _footprint(part: Placed) -> tuple[int, int] | None:
    """Studs along LDraw X and Z, None for what is no upright brick of the library at a quarter turn."""
    size = PARTS.get(part.part.rpartition("/")[2].removesuffix(".dat"))
    turn = part.place[3:]
    nearest = [round(value) for value in turn] if all(abs(value) < 2 for value in turn) else []
    if size is None or not nearest or max(map(abs, part.place[:3])) > 1e6:
        return None
    if max(abs(a - b) for a, b in zip(turn, nearest)) > _TURN_TOLERANCE:
        return None
    flat = [abs(value) for value in nearest]
    short, long = size
    if nearest[4] != 1 or sum(flat) != 3:
        return None
    if flat[0] == flat[8] == 1:
        return long, short
    return (short, long) if flat[2] == flat[6] == 1 else None


def _corner(part: Placed, h: int, w: int) -> tuple[float, float, float]:
    x, y, z = part.place[:3]
    return x - STUD_LDU * h / 2, z - STUD_LDU * w / 2, -y - LAYER_LDU


def _offset(bodies: Sequence[tuple[Placed, int, int]]) -> tuple[float, float, float]:
    """Where cell (0,0,0) lies: at zero if the grid of most bricks allows it, else at the lowest brick."""
    corners = [_corner(*body) for body in bodies]
    x, y, z = (
        _origin([corner[axis] for corner in corners], pitch)
        for axis, pitch in enumerate((STUD_LDU, STUD_LDU, LAYER_LDU))
    )
    return x, y, z


def _origin(values: Sequence[float], pitch: int) -> float:
    shift = Counter(round(value % pitch, 1) % pitch for value in values).most_common(1)[0][0]
    lowest = math.floor((min(values) + TOLERANCE_LDU - shift) / pitch)
    return 0.0 if shift == 0 and lowest >= 0 else shift + lowest * pitch


def _off(value: float, pitch: float) -> float:
    return abs(value - round(value / pitch) * pitch)


def _cell(
    part: Placed, h: int, w: int, offset: tuple[float, float, float]
) -> tuple[tuple[int, int, int], float]:
    corner = _corner(part, h, w)
    exact = [value - start for value, start in zip(corner, offset)]
    pitches = (STUD_LDU, STUD_LDU, LAYER_LDU)
    x, y, z = (round(value / pitch) for value, pitch in zip(exact, pitches))
    return (x, y, z), max(_off(value, pitch) for value, pitch in zip(exact, pitches))


LIBRARY_VARIABLES = ("LDRAWDIR", "LDRAW_LIBRARY_PATH")
_LIBRARY_FOLDERS = (
    "~/ldraw",
    "~/LDraw",
    "~/.local/share/ldraw",
    "/usr/share/ldraw",
    "/usr/local/share/ldraw",
    "/Applications/LDraw",
    "~/Library/ldraw",
    "/Applications/Studio 2.0/ldraw",
    "C:/LDraw",
    "C:/Program Files/Studio 2.0/ldraw",
    "C:/Users/Public/Documents/LDraw",
)


def is_library(folder: str | Path) -> bool:
    """Whether ``folder`` holds an LDraw parts library: its colours and the commonest brick."""
    path = Path(folder)
    return (path / "LDConfig.ldr").is_file() and (path / "parts" / "3001.dat").is_file()


def find_library(wish: str, environment: dict[str, str]) -> Path | None:
    """The parts library: ``wish`` alone where one is given, else the environment's and the usual folders.

    Raises:
        LdrawError: ``wish`` is no library.
    """
    if wish:
        path = Path(wish).expanduser()
        if not is_library(path):
            raise LdrawError(
                f"{wish} is no LDraw parts library (LDConfig.ldr and parts/3001.dat are not there); "
                "set the folder in the add-on's preferences"
            )
        return path
    named = [environment[name] for name in LIBRARY_VARIABLES if environment.get(name)]
    folders = [Path(folder).expanduser() for folder in (*named, *_LIBRARY_FOLDERS)]
    return next((folder for folder in folders if is_library(folder)), None)
