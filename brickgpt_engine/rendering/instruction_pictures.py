"""Pictures of building steps: new bricks in their colours and outlined, older ones pale."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from brickgpt_engine.bricks import Brick, BrickStructure
from brickgpt_engine.bricks.colours import Rgb
from brickgpt_engine.rendering.geometry import LAYER
from brickgpt_engine.rendering.isometric import WHITE, Look, render_to_fit
from brickgpt_engine.rendering.shading import brick_rgb

ACCENTS: dict[str, Rgb] = {"red": (222, 30, 40), "blue": (10, 80, 230), "green": (0, 160, 60)}
"""Colours for the line around what a step adds, by name, in order of preference."""
_PALE = np.array([226.0, 228.0, 232.0])
_PALE_SHARE = 0.72
_COLOURS = 64  # of the picture's palette: enough for flat shading, and a quarter of the size
_LEAST = 240  # pixels
_FAR = 120.0  # distance of two RGB colours from which on they are told apart at a glance


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture ready for a page.

    Attributes:
        uri: the PNG as a ``data:`` address.
        width: in pixels.
        height: in pixels.
    """

    uri: str
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Manner:
    """How all steps of a model are drawn: to one scale, so that it is seen to grow, with one accent.

    Attributes:
        unit: pixels per stud along the picture's width.
        accent: colour of the line around what a step adds.
    """

    unit: float
    accent: Rgb

    @classmethod
    def fitting(cls, structure: BrickStructure, size: int, accent: Rgb) -> Manner:
        """The scale at which all of ``structure`` fits into a square of ``size`` pixels."""
        width, height = _extent(structure)
        return cls(size / max(width, height), accent)

    def box(self, structure: BrickStructure) -> tuple[int, int]:
        """Room for ``structure`` in pixels; a small one gets some more."""
        width, height = (max(_LEAST, round(side * self.unit)) for side in _extent(structure))
        return width, height


def _extent(structure: BrickStructure) -> tuple[float, float]:
    """Width and height of the isometric picture, in studs along its width."""
    x, y, z = structure.size
    return float(x + y), (x + y) / 2 + z * LAYER * 1.25


def accent_for(structure: BrickStructure) -> str:
    """The name in :data:`ACCENTS` that stands out best from the colours of ``structure``."""
    rgb = np.unique(brick_rgb([brick.colour for brick in structure], None), axis=0)

    def nearest(name: str) -> float:
        return float(np.linalg.norm(rgb - np.array(ACCENTS[name]), axis=1).min())

    return next((name for name in ACCENTS if nearest(name) > _FAR), max(ACCENTS, key=nearest))


def model_picture(structure: BrickStructure, size: int) -> Picture:
    """The whole model in its colours, fitted into a square of ``size`` pixels."""
    rgb = brick_rgb([brick.colour for brick in structure], None)
    return _encoded(np.asarray(render_to_fit(structure, rgb, (size, size), background=WHITE)))


def step_picture(old: Sequence[Brick], new: Sequence[Brick], world_dim: int, manner: Manner) -> Picture:
    """What a step adds to what there is.

    Args:
        old: bricks of the steps before.
        new: bricks of this one.
        world_dim: side of the world in cells.
        manner: how all steps are drawn.
    """
    structure = BrickStructure([*old, *new], world_dim)
    box = manner.box(structure)
    rgb = brick_rgb([brick.colour for brick in structure], None)
    rgb[: len(old)] = rgb[: len(old)] * (1 - _PALE_SHARE) + _PALE * _PALE_SHARE
    pixels = np.array(render_to_fit(structure, rgb, box, background=WHITE))
    if old:
        pixels[_edge(structure, len(old), box)] = manner.accent
    return _encoded(pixels)


def _edge(structure: BrickStructure, old: int, box: tuple[int, int]) -> NDArray[np.bool_]:
    """The pixels around all that is seen of the bricks after the first ``old``."""
    from PIL import Image, ImageFilter

    marks = np.tile([0.0, 0.0, 255.0], (len(structure), 1))
    marks[old:] = (255.0, 0.0, 0.0)
    seen = np.asarray(render_to_fit(structure, marks, box, look=Look(lines=False))).astype(np.int16)
    mask = (seen[..., 0] > seen[..., 2] + 10) & (seen[..., 3] > 127)
    grown = Image.fromarray(mask.astype(np.uint8) * 255).filter(ImageFilter.MaxFilter(5))
    edge: NDArray[np.bool_] = (np.asarray(grown) > 0) & ~mask
    return edge


def _encoded(pixels: NDArray[np.uint8]) -> Picture:
    from PIL import Image

    picture = Image.fromarray(pixels).convert("RGB")
    buffer = io.BytesIO()
    picture.quantize(_COLOURS, dither=Image.Dither.NONE).save(buffer, format="PNG", optimize=True)
    uri = "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode("ascii")
    return Picture(uri, picture.width, picture.height)
