"""LDraw files: writing them, and setting on our grid what other programs wrote.

LDraw is right-handed with -Y up; a stud is 20 LDU wide and a brick 24 LDU tall, and the
origin of a brick part is the centre of its body's top face (LDraw.org, "LDraw File Format
Specification"). So the brick ``h`` x ``w`` at cell ``(x, y, z)`` has its origin at
``(20(x + h/2), -24(z + 1), 20(y + w/2))`` and the baseplate is the plane Y = 0.

The published BrickGPT code writes no header and puts every brick one layer lower. Editors put
models anywhere. Therefore a file is taken at its coordinates only when it carries the marker
that :func:`dumps` writes; any other is moved onto the ground and, if need be, into the world.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from brickgpt_engine.bricks import Brick, BrickStructure
from brickgpt_engine.bricks.structure import DEFAULT_WORLD_DIM, MAX_WORLD_DIM
from brickgpt_engine.errors import ConfigError
from brickgpt_engine.formats.assembly import assemble
from brickgpt_engine.formats.ldraw_model import UNFIT_COLOURS, PlacedPart, read_parts
from brickgpt_engine.formats.problems import Problems

STUD_LDU = 20
LAYER_LDU = 24
TOLERANCE_LDU = 1.0
"""How far a part may lie off the grid: editors' rounding, well below the smallest real step (4 LDU)."""
AUTHOR = "BrickGPT Studio"
_MARKER = re.compile(r"0 +!BRICKGPT +WORLD +(\d{1,4})(?: +UNCOLOURED +(\d{1,9}))?\s*", re.ASCII)
_UNCOLOURED = (71, 72, *range(16))
"""Codes for bricks without a colour, in order of preference: greys, then the basic sixteen."""
_ALONG_Z = "0 0 1 0 1 0 -1 0 0"
_ALONG_X = "-1 0 0 0 1 0 0 0 -1"
_METAS = {"FILE", "NOFILE", "STEP", "ROTSTEP", "CLEAR", "PAUSE", "SAVE", "WRITE", "PRINT", "BFC", "GHOST"}
"""Meta commands that begin with a plain word."""
_NO_TITLES = {"brick model", "untitled", "untitled model"}


def dumps(
    structure: BrickStructure,
    *,
    title: str | None = None,
    name: str = "model.ldr",
    colours: Sequence[int] | None = None,
) -> str:
    """The structure as an LDraw model, one STEP for each run of bricks on one layer.

    Args:
        structure: what to write, in its build order.
        title: first line of the header.
        name: file name for the header; one in ``.mpd`` also begins the block of a multi-part document.
        colours: one LDraw code per brick in place of the bricks' own.

    Raises:
        ConfigError: ``colours`` has another length than ``structure``.
    """
    own = [brick.colour for brick in structure] if colours is None else list(colours)
    if len(own) != len(structure):
        raise ConfigError(f"{len(own)} colours were given for {len(structure)} bricks; give one each")
    wanted = [None if colour in UNFIT_COLOURS else colour for colour in own]
    grey = next((code for code in _UNCOLOURED if code not in wanted), None)
    lines = _header(structure.world_dim, title, name, grey)
    for index, (brick, colour) in enumerate(zip(structure, wanted, strict=True)):
        if index and structure[index - 1].z != brick.z:
            lines.append("0 STEP")
        code = colour if colour is not None else (_UNCOLOURED[0] if grey is None else grey)
        lines.append(_part_line(brick, code))
    if len(structure):
        lines.append("0 STEP")
    return "".join(f"{line}\n" for line in lines)


def _header(world_dim: int, title: str | None, name: str, grey: int | None) -> list[str]:
    uncoloured = "" if grey is None else f" UNCOLOURED {grey}"
    name = _one_line(name) or "model.ldr"
    block = [f"0 FILE {name}"] if name.lower().endswith(".mpd") else []
    return [
        *block,
        f"0 {_title(title)}",
        f"0 Name: {name}",
        f"0 Author: {AUTHOR}",
        "0 !LDRAW_ORG Unofficial_Model",
        f"0 !BRICKGPT WORLD {world_dim}{uncoloured}",
        "",
    ]


def _title(title: str | None) -> str:
    """The title as one line that no reader can take for a meta command."""
    line = _one_line(title or "")[:200].rstrip() or "Brick model"
    first = line.split()[0]
    is_meta = first.upper() in _METAS or first.startswith(("!", "//")) or first.endswith(":")
    return f"Model: {line}" if is_meta else line


def title_of(text: str) -> str | None:
    """The title in the header of a file: its first line that is no meta command; None where it says nothing.

    What editors write for want of a title, and the file's own name, say nothing.
    """
    for line in text.splitlines():
        kind, _, rest = line.strip().partition(" ")
        title = rest.strip()
        if kind != "0":
            if kind:
                return None
            continue
        word = title.split(" ", 1)[0]
        if word.upper() in ("FILE", "//", ""):
            continue
        if word == "Model:":
            return title.partition(" ")[2].strip() or None
        if word.upper() in _METAS or word.startswith("!") or word.endswith(":"):
            return None
        said = title.lower() not in _NO_TITLES and not title.lower().endswith((".ldr", ".mpd", ".dat"))
        return title if said else None
    return None


def _one_line(text: str) -> str:
    """White space and control characters folded to single blanks."""
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())


def _part_line(brick: Brick, code: int) -> str:
    x, y, z = 10 * (2 * brick.x + brick.h), -LAYER_LDU * (brick.z + 1), 10 * (2 * brick.y + brick.w)
    colour = str(code) if code < 0x2000000 else f"0x{code:X}"
    matrix = _ALONG_X if brick.ori else _ALONG_Z
    return f"1 {colour} {x} {y} {z} {matrix} {brick.part.ldraw}.dat"


def loads(text: str, *, world_dim: int | None = None, source: str | None = None) -> BrickStructure:
    """Read an LDraw model or multi-part document (the first model of it).

    Files of ours keep their place. Any other is set with its lowest brick on the ground, takes
    the grid that most of its bricks share, and is shifted in x and y as far as it takes to lie
    inside the world.

    Args:
        text: the file's content; unknown meta commands and drawing lines are ignored.
        world_dim: side of the world in cells; None takes the file's own, else the larger of 20
            and what is needed, but never more than 256.
        source: the file's name, for messages.

    Raises:
        FormatError: lines are malformed, or parts are not in the library or not upright, lie off
            the grid or in another's place; it names them all.
        ConfigError: ``world_dim`` is out of range.
    """
    problems = Problems(source)
    parts, metas = read_parts(text, problems)
    marker = next((match for match in map(_MARKER.fullmatch, metas) if match), None)
    if marker is not None:
        ours = _as_written(parts, int(marker[1]), marker[2])
        if ours is not None:
            own = min(int(marker[1]), MAX_WORLD_DIM)
            dim = own if world_dim is None else world_dim
            return assemble(ours, world_dim=dim, source=source, problems=problems)
    numbered = _set_down(parts, world_dim, problems)
    return assemble(numbered, world_dim=world_dim, source=source, problems=problems)


def _as_written(
    parts: Sequence[PlacedPart], world: int, uncoloured: str | None
) -> list[tuple[int, Brick]] | None:
    """Bricks at the very coordinates of a file of ours, or None when an editor has moved them off."""
    numbered = []
    for part in parts:
        cell, error = _cell(part, (0.0, 0.0, 0.0))
        colour = None if uncoloured is not None and part.colour == int(uncoloured) else part.colour
        brick = Brick(part.h, part.w, *cell, colour)
        if error > TOLERANCE_LDU or not brick.in_bounds(world):
            return None
        numbered.append((part.line, brick))
    return numbered


def _set_down(
    parts: Sequence[PlacedPart], world_dim: int | None, problems: Problems
) -> list[tuple[int, Brick]]:
    """Bricks of a file of unknown origin, on the ground and as far as possible inside the world."""
    origin = _common_origin(parts)
    numbered = []
    for part in parts:
        cell, error = _cell(part, origin)
        if error > TOLERANCE_LDU:
            where = " ".join(f"{value:g}" for value in part.position)
            reason = f"part {part.name} at {where} lies off the stud grid that most parts share"
            problems.add(part.line, reason)
            continue
        numbered.append((part.line, Brick(part.h, part.w, *cell, part.colour)))
    return _shift_inside(numbered, world_dim)


def _corner(part: PlacedPart) -> tuple[float, float, float]:
    """Lowest corner of the part's body: LDraw X and Z, and height above Y = 0, in LDU."""
    x, y, z = part.position
    return x - STUD_LDU * part.h / 2, z - STUD_LDU * part.w / 2, -y - LAYER_LDU


def _cell(part: PlacedPart, origin: Sequence[float]) -> tuple[tuple[int, int, int], float]:
    """Cell (x, y, z) nearest to the part's corner, and how many LDU off it lies at most."""
    pitches = (STUD_LDU, STUD_LDU, LAYER_LDU)
    exact = [value - start for value, start in zip(_corner(part), origin, strict=True)]
    x, y, z = (round(value / pitch) for value, pitch in zip(exact, pitches, strict=True))
    off = max(abs(value - cell * pitch) for value, cell, pitch in zip(exact, (x, y, z), pitches, strict=True))
    return (x, y, z), off


def _common_origin(parts: Sequence[PlacedPart]) -> tuple[float, float, float]:
    """Offset of the stud grid, in LDU below one pitch, that most parts share along x, y and z.

    Editors place the first part anywhere (a 1x1 at the origin lies half a stud off a 2x2 there).
    """
    corners = [_corner(part) for part in parts]

    def most_common(axis: int, pitch: int) -> float:
        counted = Counter(round(corner[axis] % pitch) % pitch for corner in corners)
        return float(counted.most_common(1)[0][0]) if counted else 0.0

    return most_common(0, STUD_LDU), most_common(1, STUD_LDU), most_common(2, LAYER_LDU)


def _shift_inside(numbered: list[tuple[int, Brick]], world_dim: int | None) -> list[tuple[int, Brick]]:
    """Set the lowest brick on layer 0; move in x and y by the least that brings all bricks inside."""
    if not numbered:
        return []
    bricks = [brick for _, brick in numbered]
    low_x, high_x = min(b.x for b in bricks), max(b.x + b.h for b in bricks)
    low_y, high_y = min(b.y for b in bricks), max(b.y + b.w for b in bricks)
    low_z, high_z = min(b.z for b in bricks), max(b.z + 1 for b in bricks)
    if world_dim is None:
        need = max(DEFAULT_WORLD_DIM, high_x - low_x, high_y - low_y, high_z - low_z)
        world_dim = min(need, MAX_WORLD_DIM)
    dx, dy = _least_shift(low_x, high_x, world_dim), _least_shift(low_y, high_y, world_dim)
    return [(line, brick.shifted(dx, dy, -low_z)) for line, brick in numbered]


def _least_shift(low: int, high: int, world_dim: int) -> int:
    """The shift, smallest in size, after which ``low … high`` lies in ``0 … world_dim`` if it can."""
    if low < 0 or high - low > world_dim:
        return -low
    return min(0, world_dim - high)
