"""One brick: a footprint at a cell, as a frozen value."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace

from brickgpt_engine.bricks.library import Part, part_for_footprint
from brickgpt_engine.errors import InvalidBrickError

_LINE = re.compile(r"([0-9]+)x([0-9]+) \(([0-9]+),([0-9]+),([0-9]+)\)", re.ASCII)


@dataclass(frozen=True, slots=True)
class Brick:
    """A brick of ``h`` x ``w`` studs whose lowest corner is the cell ``(x, y, z)``.

    It occupies cells ``x … x+h-1``, ``y … y+w-1`` of layer ``z``; every brick is one
    layer tall. The footprint need not be in the library: a structure decides that.

    Attributes:
        h: studs along x.
        w: studs along y.
        x, y: lowest cell, counted in studs.
        z: layer, 0 on the baseplate.
        colour: LDraw colour code, or None for "not given". Not part of equality.
    """

    h: int
    w: int
    x: int
    y: int
    z: int
    colour: int | None = field(default=None, compare=False)

    @classmethod
    def parse(cls, text: str) -> Brick:
        """Read ``hxw (x,y,z)``, as the published text format has it.

        Raises:
            InvalidBrickError: the text is not of that form.
        """
        match = _LINE.fullmatch(text.strip())
        if match is None:
            raise InvalidBrickError(f"{text.strip()[:60]!r} is not a brick; expected e.g. '2x4 (0,3,0)'")
        h, w, x, y, z = (int(group) for group in match.groups())
        return cls(h, w, x, y, z)

    @property
    def text(self) -> str:
        """``hxw (x,y,z)``, without a line end."""
        return f"{self.h}x{self.w} ({self.x},{self.y},{self.z})"

    def __str__(self) -> str:
        return self.text

    @property
    def part(self) -> Part:
        """The library part.

        Raises:
            InvalidBrickError: the library has no such footprint.
        """
        part = part_for_footprint(self.h, self.w)
        if part is None:
            raise InvalidBrickError(f"{self.h}x{self.w} is not in the brick library")
        return part

    @property
    def in_library(self) -> bool:
        """Whether the library has this footprint."""
        return part_for_footprint(self.h, self.w) is not None

    @property
    def ori(self) -> int:
        """Orientation as in the published JSON: 1 when the long side lies along x."""
        return 1 if self.h > self.w else 0

    @property
    def area(self) -> int:
        """Footprint in cells."""
        return self.h * self.w

    @property
    def slices(self) -> tuple[slice, slice, int]:
        """Index of the occupied cells in a grid of shape (x, y, z)."""
        return slice(self.x, self.x + self.h), slice(self.y, self.y + self.w), self.z

    @property
    def centre(self) -> tuple[float, float]:
        """Horizontal centre (x, y) in studs."""
        return self.x + self.h / 2, self.y + self.w / 2

    def shifted(self, dx: int = 0, dy: int = 0, dz: int = 0) -> Brick:
        """The same brick, moved by whole cells."""
        return replace(self, x=self.x + dx, y=self.y + dy, z=self.z + dz)

    def in_bounds(self, world_dim: int) -> bool:
        """Whether every cell lies inside a world of ``world_dim``³ cells."""
        return (
            self.x >= 0
            and self.y >= 0
            and 0 <= self.z < world_dim
            and self.x + self.h <= world_dim
            and self.y + self.w <= world_dim
        )
