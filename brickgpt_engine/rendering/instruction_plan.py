"""Drawings of instructions as inline SVG: the plan of a layer from above, and single bricks."""

from __future__ import annotations

from collections.abc import Sequence

from brickgpt_engine.bricks import Brick, BrickStructure, Part
from brickgpt_engine.bricks.colours import Rgb
from brickgpt_engine.rendering.shading import brick_rgb

_CELL = 10
STUD_PATTERN = (
    '<svg class="defs" width="0" height="0" aria-hidden="true"><defs>'
    f'<pattern id="studs" width="{_CELL}" height="{_CELL}" patternUnits="userSpaceOnUse">'
    f'<circle cx="{_CELL / 2:g}" cy="{_CELL / 2:g}" r="3" fill="none" stroke="#000" stroke-opacity=".35" '
    'stroke-width=".8"/></pattern></defs></svg>'
)
"""To be put into a page once: the studs that the drawings refer to."""


def hex_colour(code: int | None) -> str:
    """``#rrggbb`` of an LDraw code; the default colour for None and unknown ones."""
    red, green, blue = brick_rgb([code], None)[0]
    return f"#{round(red):02x}{round(green):02x}{round(blue):02x}"


def part_drawing(part: Part, colour: int | None) -> str:
    """A part from above, long side across."""
    width, height = part.long * _CELL, part.short * _CELL
    style = f'fill="{hex_colour(colour)}" stroke="#222" stroke-width="1"'
    size = f'viewBox="-1 -1 {width + 2} {height + 2}" width="{width + 2}" height="{height + 2}"'
    return (
        f'<svg class="part" {size} aria-hidden="true">'
        f'<rect width="{width}" height="{height}" rx="1" {style}/>'
        f'<rect width="{width}" height="{height}" fill="url(#studs)"/></svg>'
    )


class Plan:
    """Plans of one model's layers, all cut to the same ground: x to the right, y upwards.

    Args:
        structure: the whole model, with a brick at least.
        accent: colour of the line around new bricks.
    """

    def __init__(self, structure: BrickStructure, accent: Rgb) -> None:
        self._line = "#{:02x}{:02x}{:02x}".format(*accent)
        self._x0 = min(brick.x for brick in structure)
        self._y1 = max(brick.y + brick.w for brick in structure)
        x, y, _ = structure.size
        self._width, self._height = x * _CELL, y * _CELL

    def drawing(self, below: Sequence[Brick], old: Sequence[Brick], new: Sequence[Brick]) -> str:
        """One step on one layer.

        Args:
            below: bricks of the layer under it, drawn as a ghost.
            old: bricks that lie on this layer already, drawn pale.
            new: bricks that the step adds, in their colours.
        """
        ghost = "".join(
            self._rect(brick, 'fill="#f1f1f1" stroke="#bbb" stroke-dasharray="2 1.5"') for brick in below
        )
        there = "".join(self._rect(brick, 'fill="#d9dce1" stroke="#888"', studs=True) for brick in old)
        added = "".join(
            self._rect(
                brick,
                f'fill="{hex_colour(brick.colour)}" stroke="{self._line}" stroke-width="1.6"',
                studs=True,
            )
            for brick in new
        )
        size = f'width="{self._width}" height="{self._height}"'
        frame = f'<rect {size} fill="#fff" stroke="#ccc" stroke-width=".5"/>'
        return (
            f'<svg class="plan" viewBox="-2 -2 {self._width + 4} {self._height + 4}" role="img" '
            f'aria-label="Plan of the layer from above">{frame}{ghost}{there}{added}</svg>'
        )

    def _rect(self, brick: Brick, style: str, *, studs: bool = False) -> str:
        x, y = (brick.x - self._x0) * _CELL, (self._y1 - brick.y - brick.w) * _CELL
        place = f'x="{x}" y="{y}" width="{brick.h * _CELL}" height="{brick.w * _CELL}"'
        return f"<rect {place} {style}/>" + (f'<rect {place} fill="url(#studs)"/>' if studs else "")
