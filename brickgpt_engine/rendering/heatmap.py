"""A picture of stress: the model from two sides in the colours of a heat scale, and what these mean."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from brickgpt_engine.bricks.colours import Rgb
from brickgpt_engine.bricks.structure import BrickStructure
from brickgpt_engine.errors import ConfigError
from brickgpt_engine.rendering.isometric import MAX_SIZE, MIN_SIZE, render_isometric
from brickgpt_engine.rendering.shading import heat_rgb

if TYPE_CHECKING:
    from PIL.Image import Image

_INK: Rgb = (52, 58, 70)
_PAPER: Rgb = (255, 255, 255)
_BAND = 0.09  # height of the legend as a share of the picture's width


def render_heatmap(
    structure: BrickStructure,
    stress: Sequence[float] | NDArray[np.floating],
    *,
    size: int = 1400,
    caption: str = "",
) -> Image:
    """Paint each brick's stress, seen from the front right and from behind.

    Args:
        structure: the model.
        stress: share of the breaking load per brick, shape (bricks,); 1 and above fails.
        size: width of the picture in pixels.
        caption: a line below the pictures, such as the verdict.

    Raises:
        ConfigError: ``size`` is out of range, or ``stress`` does not have one number per brick.
    """
    from PIL import Image

    if not MIN_SIZE * 8 <= size <= MAX_SIZE:
        raise ConfigError(
            f"heat map width is {size}; it must be between {MIN_SIZE * 8} and {MAX_SIZE} pixels"
        )
    values = np.asarray(stress, dtype=np.float64).ravel()
    if np.isnan(values).any():
        raise ConfigError(
            "stress has values that are no numbers; analyse the model with a solver that answers"
        )
    views = [render_isometric(structure, size=size // 2, stress=values, turns=turns) for turns in (0, 2)]
    height = max(view.height for view in views)
    band = round(size * _BAND)
    sheet = Image.new("RGB", (size, height + band), _PAPER)
    for column, view in enumerate(views):
        left = column * (size // 2) + (size // 2 - view.width) // 2
        sheet.paste(view, (left, (height - view.height) // 2))
    _draw_legend(sheet, height, band, caption)
    return sheet


def _draw_legend(sheet: Image, top: int, band: int, caption: str) -> None:
    """The scale from 0 to 100 % at the left, the caption at its right."""
    from PIL import Image, ImageDraw, ImageFont

    font = ImageFont.load_default(size=max(8, band // 6))
    left, width, height = band // 3, round(0.42 * sheet.width), max(4, band // 4)
    ramp = heat_rgb(np.linspace(0, 1, width)).round().astype(np.uint8)
    scale = Image.fromarray(np.broadcast_to(ramp, (height, width, 3)).copy())
    sheet.paste(scale, (left, top + band // 8))
    pen = ImageDraw.Draw(sheet)
    below = top + band // 8 + height + band // 12
    words = (("0", "la", 0.0), ("share of what friction holds", "ma", 0.5), ("100 %: fails", "ra", 1.0))
    for text, anchor, at in words:
        pen.text((left + at * width, below), text, fill=_INK, font=font, anchor=anchor)
    pen.text((left + width + band // 2, top + band // 4), caption, fill=_INK, font=font, anchor="lm")
