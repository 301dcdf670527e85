"""The brick library: eight plain bricks, 14 oriented footprints.

Footprints are in studs, masses in grams (measured parts, as StableLego publishes
them), part names are LDraw's, and ids are those of the published BrickGPT data.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from brickgpt_engine.errors import ConfigError

STUD_PITCH_M = 0.0078
"""Width of one cell in metres, as StableLego has it."""
BRICK_HEIGHT_M = 0.0096
"""Height of one layer in metres, without studs."""
STUD_PITCH_CM = 0.8
"""Nominal width of one cell in centimetres, for sizes shown to people."""
BRICK_HEIGHT_CM = 0.96
"""Nominal height of one layer in centimetres, for sizes shown to people."""


@dataclass(frozen=True, slots=True)
class Part:
    """One part of the library.

    Attributes:
        short: shorter side in studs.
        long: longer side in studs.
        mass_g: mass in grams.
        ldraw: LDraw part number without extension.
        upstream_id: ``brick_id`` of the published BrickGPT JSON.

    Raises:
        ConfigError: the mass is not a number of grams above 0.
    """

    short: int
    long: int
    mass_g: float
    ldraw: str
    upstream_id: int

    def __post_init__(self) -> None:
        if not 0 < self.mass_g < math.inf:
            raise ConfigError(f"the mass of part {self.ldraw} is {self.mass_g} g; give a number above 0")

    @property
    def name(self) -> str:
        """The part's usual name, shorter side first: ``2x4``."""
        return f"{self.short}x{self.long}"


LIBRARY: tuple[Part, ...] = (
    Part(1, 1, 0.43, "3005", 10),
    Part(1, 2, 0.81, "3004", 9),
    Part(1, 4, 1.57, "3010", 5),
    Part(1, 6, 2.28, "3009", 6),
    Part(1, 8, 3.03, "3008", 4),
    Part(2, 2, 1.15, "3003", 12),
    Part(2, 4, 2.16, "3001", 2),
    Part(2, 6, 3.23, "2456", 3),
)
"""All parts, by footprint."""

_BY_FOOTPRINT: dict[tuple[int, int], Part] = {(p.short, p.long): p for p in LIBRARY} | {
    (p.long, p.short): p for p in LIBRARY
}

FOOTPRINTS: tuple[tuple[int, int], ...] = tuple(sorted(_BY_FOOTPRINT))
"""The 14 oriented footprints ``(h, w)``: ``h`` studs along x, ``w`` studs along y."""

PART_BY_UPSTREAM_ID: dict[int, Part] = {p.upstream_id: p for p in LIBRARY}
PART_BY_LDRAW: dict[str, Part] = {p.ldraw: p for p in LIBRARY}


def part_for_footprint(h: int, w: int) -> Part | None:
    """The part with footprint ``h`` x ``w`` studs in either orientation, or None."""
    return _BY_FOOTPRINT.get((h, w))
