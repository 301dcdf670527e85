"""A brick model as data: what lies on a collection, whatever the scene looks like. No Blender here."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, replace
from typing import Any

PARTS = {
    "3005": (1, 1),
    "3004": (1, 2),
    "3010": (1, 4),
    "3009": (1, 6),
    "3008": (1, 8),
    "3003": (2, 2),
    "3001": (2, 4),
    "2456": (2, 6),
}
"""The library: LDraw part number to shorter and longer side in studs."""
SIZES = frozenset(PARTS.values())
STUD_LDU, LAYER_LDU = 20, 24
SCALE = 0.01
"""Blender units of one LDU: a stud pitch is 0.2, a brick 0.24 high."""
VERSION = 1
"""Of the text on collections."""


@dataclass(frozen=True)
class Brick:
    """``h`` x ``w`` studs along x and y at cell (x, y) of layer z, in an LDraw colour."""

    h: int
    w: int
    x: int
    y: int
    z: int
    colour: int | None = None

    @property
    def size(self) -> tuple[int, int]:
        """Longer and shorter side in studs."""
        return max(self.h, self.w), min(self.h, self.w)

    @property
    def row(self) -> list[int]:
        """``[h, w, x, y, z]``, as the engine has it."""
        return [self.h, self.w, self.x, self.y, self.z]

    @property
    def along_y(self) -> bool:
        """Whether the longer side lies along y."""
        return self.w > self.h

    def __str__(self) -> str:
        return f"{self.h}x{self.w} ({self.x},{self.y},{self.z})"


@dataclass
class BrickModel:
    """Bricks in build order and where they come from.

    Attributes:
        bricks: in build order.
        prompt: what it was generated for; empty for an imported one.
        seed: of the generation, None where there was none.
        offset: LDraw X, Z and height of cell (0,0,0) in LDU; not zero in files that editors wrote.
        report: the engine's last verdict on exactly these bricks, None where they changed since.
        config: the options of the generation.
        source: file that it was imported from.
    """

    bricks: list[Brick] = field(default_factory=list)
    prompt: str = ""
    seed: int | None = None
    offset: tuple[float, float, float] = (0.0, 0.0, 0.0)
    report: dict[str, Any] | None = None
    config: dict[str, Any] = field(default_factory=dict)
    source: str = ""

    @property
    def stress(self) -> list[float | None] | None:
        """Stress per brick, None where nobody judged these bricks."""
        values = (self.report or {}).get("stress")
        return values if isinstance(values, list) and len(values) == len(self.bricks) else None

    @property
    def stable(self) -> bool | None:
        """The verdict, None where there is none."""
        return (
            None if self.report is None or self.report.get("status") == "unknown" else self.report["stable"]
        )

    def place(self, brick: Brick) -> tuple[float, float, float]:
        """Blender coordinates of a brick's origin, the centre of its body's top face."""
        x = STUD_LDU * (brick.x + brick.h / 2) + self.offset[0]
        y = STUD_LDU * (brick.y + brick.w / 2) + self.offset[1]
        z = LAYER_LDU * (brick.z + 1) + self.offset[2]
        return SCALE * x, SCALE * y, SCALE * z

    def cut(self, count: int) -> None:
        """Keep only the first ``count`` bricks; the verdict is gone if that takes any away."""
        if len(self.bricks) > count:
            del self.bricks[count:]
            self.report = None

    def painted(self, colour: int | None) -> list[Brick]:
        """The bricks, those without a colour in ``colour``."""
        return [b if b.colour is not None else replace(b, colour=colour) for b in self.bricks]

    def dumps(self) -> str:
        """As text, for a collection."""
        content = asdict(self)
        content["bricks"] = [[*brick.row, brick.colour] for brick in self.bricks]
        return json.dumps({"version": VERSION, **content}, separators=(",", ":"))

    @classmethod
    def loads(cls, text: str) -> BrickModel:
        """Read what :meth:`dumps` wrote.

        Raises:
            ValueError: it is something else, or of a later version.
        """
        try:
            content = json.loads(text)
            version = content.pop("version")
            if version != VERSION:
                raise ValueError(f"it is of version {version}, this add-on reads {VERSION}")
            bricks = [Brick(*row) for row in content.pop("bricks")]
            offset = tuple(float(value) for value in content.pop("offset"))
            return cls(bricks=bricks, offset=offset, **content)  # type: ignore[arg-type]
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise ValueError(f"the collection's model cannot be read: {error}") from error
