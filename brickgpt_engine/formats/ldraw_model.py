"""From the lines of an LDraw file to the library bricks it places, submodels resolved.

Of the line types, 0 (comments and meta commands) gives the blocks of a multi-part document,
1 (references) gives the bricks, and 2 to 5 (drawing) are ignored (LDraw.org, "LDraw File Format
Specification" and "MPD Specification").
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from brickgpt_engine.bricks.library import PART_BY_LDRAW, Part
from brickgpt_engine.errors import InvalidBrickError
from brickgpt_engine.formats.problems import Problems

MAIN_COLOUR = 16
UNFIT_COLOURS = frozenset({MAIN_COLOUR, 24})
"""Codes that stand for "colour of whatever refers to this" and its edges; no colours of bricks."""
MATRIX_TOLERANCE = 0.01
"""How far an entry of a rotation may lie from -1, 0 or 1: half a degree of an editor's rounding."""
MAX_NESTING = 50
MAX_REFERENCES = 200_000
"""References followed in all. A few nested submodels can multiply to any number."""
_REFERENCE_FIELDS = 15
_FARTHEST = 1e9
"""Coordinates from this on, in LDU, are refused before any arithmetic with whole cells."""


@dataclass(frozen=True, slots=True)
class PlacedPart:
    """A library brick somewhere in space.

    Attributes:
        h: studs along LDraw X after rotation.
        w: studs along LDraw Z after rotation.
        position: LDraw X, Y, Z of the part's origin in LDU.
        colour: LDraw code, or None where the file gives none.
        line: 1-based line that places the part.
        name: the part's name as the file has it.
    """

    h: int
    w: int
    position: tuple[float, float, float]
    colour: int | None
    line: int
    name: str


@dataclass(frozen=True, slots=True)
class _Reference:
    """One line of type 1: a colour, a place (4x4, acting on columns) and a name."""

    line: int
    colour: int
    place: NDArray[np.float64]
    name: str

    @property
    def key(self) -> str:
        return _key(self.name)


@dataclass(slots=True)
class _Model:
    """One block of a file: its references, and whether it also draws something itself."""

    references: list[_Reference] = field(default_factory=list)
    metas: list[str] = field(default_factory=list)
    draws: bool = False


def read_parts(text: str, problems: Problems) -> tuple[list[PlacedPart], list[str]]:
    """The bricks of the file's first model in order, and that model's lines of type 0.

    What cannot be used is left out and noted in ``problems``: malformed lines, references to
    something that is no library brick and no model of this file, submodels inside themselves,
    and bricks that are not upright.

    Raises:
        FormatError: submodels or problems are too many to go on.
    """
    main, models = _split(text, problems)
    with np.errstate(over="ignore", invalid="ignore"):  # places out of range are noted as such
        parts = list(_Flattener(models, problems).parts(main, np.eye(4), None, ()))
    return parts, main.metas


def _split(text: str, problems: Problems) -> tuple[_Model, dict[str, _Model]]:
    """The main model, and all named models by key. Lines before the first block are the main model."""
    main = _Model()
    current: _Model | None = main
    models: dict[str, _Model] = {}
    for number, raw in enumerate(text.removeprefix("\ufeff").split("\n"), start=1):
        line = raw.strip()
        words = line.split(None, 2)
        if words[:2] == ["0", "FILE"]:
            started = bool(models) or bool(main.references)
            current = _Model() if started else main
            models.setdefault(_key(words[2] if len(words) > 2 else ""), current)
        elif words[:2] == ["0", "NOFILE"]:
            current = None
        elif words and current is not None:
            _take(current, line, number, problems)
    return main, models


def _take(model: _Model, line: str, number: int, problems: Problems) -> None:
    kind = line.split(None, 1)[0]
    if kind == "0":
        model.metas.append(line)
    elif kind == "1":
        try:
            model.references.append(_parse_reference(line, number))
        except InvalidBrickError as error:
            problems.add(number, str(error))
    elif kind in ("2", "3", "4", "5"):
        model.draws = True
    else:
        problems.add(number, f"a line of an LDraw file begins with a number from 0 to 5, not {kind[:20]!r}")


def _parse_reference(line: str, number: int) -> _Reference:
    words = line.split(None, _REFERENCE_FIELDS - 1)
    if len(words) < _REFERENCE_FIELDS:
        reason = f"a part line has 15 fields (1 colour x y z a b c d e f g h i part), this one {len(words)}"
        raise InvalidBrickError(reason)
    try:
        colour = _parse_colour(words[1])
        x, y, z, a, b, c, d, e, f, g, h, i = (float(word) for word in words[2:14])
    except ValueError as error:
        raise InvalidBrickError(f"a field of the part line is no number: {str(error)[:80]}") from error
    place = np.array([[a, b, c, x], [d, e, f, y], [g, h, i, z], [0.0, 0.0, 0.0, 1.0]])
    if not (np.abs(place) < _FARTHEST).all():
        raise InvalidBrickError("a coordinate is not finite or too large")
    return _Reference(number, colour, place, words[14].strip())


def _parse_colour(word: str) -> int:
    """A code, or a direct colour such as ``0x2FF8000`` (also written ``#2FF8000``)."""
    lower = word.lower().replace("#", "0x")
    colour = int(lower[:12], 16 if lower.startswith("0x") else 10)
    if colour < 0:
        raise ValueError(f"colour {word}")
    return colour


def _key(name: str) -> str:
    """Name for comparing: LDraw names are case-insensitive and use either slash."""
    return name.strip().strip('"').lower().replace("\\", "/")


class _Flattener:
    """Follows references down to library bricks.

    Args:
        models: the file's models by key.
        problems: takes note of references that cannot be followed.
    """

    def __init__(self, models: dict[str, _Model], problems: Problems) -> None:
        self._models = models
        self._problems = problems
        self._followed = 0

    def parts(
        self, model: _Model, place: NDArray[np.float64], colour: int | None, inside: tuple[str, ...]
    ) -> Iterator[PlacedPart]:
        """Bricks of ``model`` put at ``place`` (4x4); ``inside`` are the submodels around it."""
        for reference in model.references:
            self._count(reference)
            there = place @ reference.place
            shade = self._colour(reference.colour, colour)
            part = _library_part(reference.key)
            try:
                if part is not None:
                    yield _placed(part, reference, there, shade)
                    continue
                submodel = self._submodel(reference, inside)
            except InvalidBrickError as error:
                self._problems.add(reference.line, str(error))
            else:
                yield from self.parts(submodel, there, shade, (*inside, reference.key))

    def _count(self, reference: _Reference) -> None:
        self._followed += 1
        if self._followed > MAX_REFERENCES:
            self._problems.add(reference.line, f"the submodels add up to more than {MAX_REFERENCES} parts")
            raise self._problems.error()

    @staticmethod
    def _colour(code: int, inherited: int | None) -> int | None:
        if code == MAIN_COLOUR:
            return inherited
        return None if code in UNFIT_COLOURS else code

    def _submodel(self, reference: _Reference, inside: tuple[str, ...]) -> _Model:
        """The model that ``reference`` names."""
        key, name = reference.key, reference.name[:80]
        if key in inside:
            raise InvalidBrickError(f"submodel {name} contains itself")
        if len(inside) >= MAX_NESTING:
            raise InvalidBrickError(f"submodels are nested more than {MAX_NESTING} deep")
        model = self._models.get(key)
        if model is not None and (model.references or not model.draws):
            return model
        if model is None and key.endswith((".ldr", ".mpd")):
            raise InvalidBrickError(f"model {name} is not in this file; save it all as one MPD")
        known = ", ".join(f"{part}.dat" for part in PART_BY_LDRAW)
        raise InvalidBrickError(f"part {name} is not in the library ({known})")


def _library_part(key: str) -> Part | None:
    return PART_BY_LDRAW.get(key.removesuffix(".dat")) if key.endswith(".dat") else None


def _placed(part: Part, reference: _Reference, there: NDArray[np.float64], colour: int | None) -> PlacedPart:
    turned = _is_quarter_turn(there[:3, :3])
    if turned is None:
        reason = f"part {reference.name} is not upright at a quarter turn; only such bricks can be read"
        raise InvalidBrickError(reason)
    if not (np.abs(there[:3, 3]) < _FARTHEST).all():
        raise InvalidBrickError(f"part {reference.name} ends up too far from the origin")
    h, w = (part.short, part.long) if turned else (part.long, part.short)
    x, y, z = (float(value) for value in there[:3, 3])
    return PlacedPart(h, w, (x, y, z), colour, reference.line, reference.name)


def _is_quarter_turn(rotation: NDArray[np.float64]) -> bool | None:
    """Whether the part's long side, along X in the library, ends up along Z.

    None when the rotation does anything but turn a box about the vertical by quarters. Mirroring
    in X or Z is allowed: the brick is its own mirror image. Upside down is not.
    """
    nearest = np.rint(rotation)
    upright = nearest[1, 1] == 1 and not nearest[1, (0, 2)].any() and not nearest[(0, 2), 1].any()
    if not upright or float(np.abs(rotation - nearest).max()) > MATRIX_TOLERANCE:
        return None
    flat = np.abs(nearest[np.ix_((0, 2), (0, 2))])
    if (flat == np.eye(2)).all():
        return False
    return True if (flat == np.eye(2)[::-1]).all() else None
