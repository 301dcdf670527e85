"""An isometric picture of a structure, drawn with NumPy and Pillow alone.

:func:`render_isometric` paints at two to three times the wanted size (see :mod:`.geometry`,
:mod:`.scene` and :mod:`.raster`), scales down for smooth edges, and lays the model over the soft
shadow that it casts on the ground.
"""

from __future__ import annotations

import io
import math
import os
import secrets
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from brickgpt_engine.bricks.colours import Rgb
from brickgpt_engine.bricks.structure import EMPTY, BrickStructure
from brickgpt_engine.errors import ConfigError, OutputError
from brickgpt_engine.rendering.geometry import LAYER, FloatArray, Projection, stamps
from brickgpt_engine.rendering.light import LIGHT, ShadowMap, shadow_reach
from brickgpt_engine.rendering.raster import bounds, paint
from brickgpt_engine.rendering.scene import Scene, build_scene, viewing_frame
from brickgpt_engine.rendering.shader import shade
from brickgpt_engine.rendering.shading import brick_rgb, heat_rgb, tone_ramps

if TYPE_CHECKING:
    from PIL.Image import Image

MIN_SIZE, MAX_SIZE = 16, 8192
WHITE: Rgb = (255, 255, 255)
_SUPERSAMPLE = 2.0
_MARGIN = 0.06  # of the longer side of the model
_GROUND_SHADE = (22, 26, 38)
_GROUND_STRENGTH = 0.42
_SHADOW_BLUR = 0.28  # studs
_SHADOW_SEEN = 0.75  # share of its reach at which a shadow is nearly gone


@dataclass(frozen=True, slots=True)
class Look:
    """What to draw besides the bodies of the bricks.

    Attributes:
        studs: studs on uncovered tops.
        lines: outlines and seams.
        shadow: the soft shadow on the ground.
        margin: empty border as a share of the model's longer side.
    """

    studs: bool = True
    lines: bool = True
    shadow: bool = True
    margin: float = _MARGIN


def render_isometric(
    structure: BrickStructure,
    *,
    size: int = 1024,
    background: Rgb | None = WHITE,
    stress: Sequence[float] | NDArray[np.floating] | None = None,
    default_colour: int | Rgb | None = None,
    turns: int = 0,
    look: Look | None = None,
) -> Image:
    """Draw ``structure`` in isometric projection.

    Args:
        structure: what to draw; an empty one gives an empty square picture.
        size: longer side of the picture in pixels.
        background: RGB behind the model, None for a transparent picture.
        stress: share of the breaking load per brick, 0 … 1 and above, shape (bricks,); paints a heat
            scale from blue to red instead of the bricks' own colours.
        default_colour: LDraw code or RGB of bricks without a colour.
        turns: quarter turns of the viewer around the model; 0 looks from +x and −y.
        look: what to draw; everything by default.

    Returns:
        An RGB picture, or RGBA for a transparent one.

    Raises:
        ConfigError: ``size`` is out of range, or ``stress`` does not have one value per brick.
    """
    if not MIN_SIZE <= size <= MAX_SIZE:
        raise ConfigError(f"picture size is {size}; it must be between {MIN_SIZE} and {MAX_SIZE} pixels")
    rgb = _colours(structure, stress, default_colour)
    return render_to_fit(structure, rgb, (size, size), background=background, turns=turns, look=look)


def _colours(
    structure: BrickStructure,
    stress: Sequence[float] | NDArray[np.floating] | None,
    default_colour: int | Rgb | None,
) -> NDArray[np.float64]:
    if stress is None:
        return brick_rgb([brick.colour for brick in structure], default_colour)
    values = np.asarray(stress, dtype=np.float64).ravel()
    if values.size != len(structure):
        raise ConfigError(f"stress has {values.size} values for {len(structure)} bricks; give one per brick")
    return heat_rgb(values)


def render_to_fit(
    structure: BrickStructure,
    rgb: NDArray[np.float64],
    box: tuple[int, int],
    *,
    background: Rgb | None = None,
    turns: int = 0,
    look: Look | None = None,
) -> Image:
    """Draw ``structure`` as large as fits into ``box``, each brick in its row of ``rgb``.

    Args:
        structure: what to draw.
        rgb: colour per brick, 0 … 255, shape (bricks, 3).
        box: width and height in pixels; the picture fills one of them exactly.
        background: RGB behind the model, None for a transparent picture.
        turns: quarter turns of the viewer around the model.
        look: what to draw; everything by default.
    """
    from PIL import Image

    look = look or Look()
    if len(structure) == 0:
        side = min(box)
        return _flatten(Image.new("RGBA", (side, side)), background)
    scene = build_scene(viewing_frame(structure, turns), studs=look.studs)
    view, frame = _frame(scene, look, (box[0] * _SUPERSAMPLE, box[1] * _SUPERSAMPLE))
    kinds = stamps(view, studs=look.studs)
    layers = paint(scene, view, frame, kinds)
    line = max(2, round(min(view.a / 24, 4.0 * _SUPERSAMPLE))) if look.lines else 0
    canvas, shadows = shade(layers, scene, kinds, tone_ramps(rgb), line=line, tints=_tints(len(structure)))
    height, width = canvas.shape[:2]
    scale = min(box[0] / width, box[1] / height)
    target = max(1, round(width * scale)), max(1, round(height * scale))
    picture = Image.fromarray(canvas, "RGBA").resize(target, Image.Resampling.BOX)
    if look.shadow:
        ground = _ground(shadows, view, frame, target)
        picture = Image.alpha_composite(ground, picture)
    return _flatten(picture, background)


def _frame(
    scene: Scene, look: Look, canvas: tuple[float, float]
) -> tuple[Projection, tuple[int, int, int, int]]:
    """The largest projection whose picture fits the canvas with its margin, and the part that it shows."""
    unit = 1000
    left, top, right, bottom = _shown(scene, Projection.isometric(unit), look)
    fit = min(canvas[0] / (right - left), canvas[1] / (bottom - top))
    view = Projection.isometric(max(2, round(fit * unit)))
    return view, _shown(scene, view, look)


def _shown(scene: Scene, view: Projection, look: Look) -> tuple[int, int, int, int]:
    """Left, top, right and bottom of model, margin and all that is seen of the shadow."""
    box = bounds(scene, view, studs=look.studs)
    pad = max(2, round(look.margin * max(box[2] - box[0], box[3] - box[1])))
    shown = box[0] - pad, box[1] - pad, box[2] + pad, box[3] + pad
    if not look.shadow:
        return shown
    cast = _cast_bounds(scene, view)
    return min(shown[0], cast[0]), min(shown[1], cast[1]), max(shown[2], cast[2]), max(shown[3], cast[3])


def _cast_bounds(scene: Scene, view: Projection) -> tuple[int, int, int, int]:
    """Left, top, right and bottom of what is clearly seen of the shadow on the ground, in screen pixels."""
    p, q, k = np.argwhere(scene.owners != EMPTY).T
    reach = _SHADOW_SEEN * shadow_reach(scene.owners.shape)
    low = k * LAYER < reach
    p, q, k = p[low], q[low], k[low]
    lows, highs = [], []
    for z in (k * LAYER, np.minimum((k + 1) * LAYER, reach)):  # a cell's shadow runs between these
        u, v = p - z * LIGHT[0], q - z * LIGHT[1]
        lows.append((view.a * (u - v - 1), view.b * (u + v)))
        highs.append((view.a * (u - v + 1), view.b * (u + v + 2)))
    left, top = np.min(lows, axis=(0, 2))
    right, bottom = np.max(highs, axis=(0, 2))
    return math.floor(left), math.floor(top), math.ceil(right), math.ceil(bottom)


def _tints(count: int) -> FloatArray:
    """A slight, fixed variation of tone from brick to brick, so that equal neighbours tell apart."""
    tints: FloatArray = (1.0 + 0.04 * np.sin(np.arange(count) * 2.399963)).astype(np.float32)
    return tints


def _ground(
    shadows: ShadowMap, view: Projection, frame: tuple[int, int, int, int], target: tuple[int, int]
) -> Image:
    """The shadow on the ground as a picture of ``target`` size: one colour, varying alpha."""
    from PIL import Image, ImageFilter

    m = shadows.samples
    cast = Image.fromarray(np.rint(shadows.ground * 255 * _GROUND_STRENGTH).astype(np.uint8))
    cast = cast.filter(ImageFilter.GaussianBlur(_SHADOW_BLUR * m))
    # picture pixel -> screen -> ground point (p, q) -> map sample; the map's rows run along p
    fx, fy = (frame[2] - frame[0]) / target[0], (frame[3] - frame[1]) / target[1]
    px, py = m / (2 * view.a), m / (2 * view.b)
    p0 = frame[0] * px + frame[1] * py - shadows.origin[0]
    q0 = -frame[0] * px + frame[1] * py - shadows.origin[1]
    matrix = (-fx * px, fy * py, q0, fx * px, fy * py, p0)
    alpha = cast.transform(target, Image.Transform.AFFINE, matrix, Image.Resampling.BILINEAR)
    ground = Image.new("RGBA", target, (*_GROUND_SHADE, 0))
    ground.putalpha(Image.fromarray(np.rint(np.asarray(alpha) * _fade_out(target)).astype(np.uint8)))
    return ground


def _fade_out(size: tuple[int, int]) -> FloatArray:
    """1 inside a picture, falling smoothly to 0 along its borders, shape (height, width)."""
    reach = max(1.0, 0.035 * max(size))
    ramps = []
    for length in size:
        at = np.arange(length, dtype=np.float32) + 0.5
        near = np.clip(np.minimum(at, length - at) / reach, 0, 1)
        ramps.append(near * near * (3 - 2 * near))
    fade: FloatArray = np.outer(ramps[1], ramps[0])
    return fade


def _flatten(picture: Image, background: Rgb | None) -> Image:
    from PIL import Image

    if background is None:
        return picture
    return Image.alpha_composite(Image.new("RGBA", picture.size, (*background, 255)), picture).convert("RGB")


def png_bytes(image: Image) -> bytes:
    """``image`` as the content of a PNG file."""
    buffer = io.BytesIO()
    image.save(buffer, format="PNG")
    return buffer.getvalue()


def save_png(image: Image, path: str | os.PathLike[str]) -> None:
    """Write ``image`` as PNG: readers see the old file or the whole new one.

    Raises:
        OutputError: the file cannot be written.
    """
    target = Path(path)
    beside = target.parent / f".{target.name[:40]}.{secrets.token_hex(4)}.tmp"
    try:
        beside.write_bytes(png_bytes(image))
        beside.replace(target)
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        with suppress(OSError, ValueError):
            beside.unlink()
        reason = getattr(error, "strerror", None) or error
        raise OutputError(f"cannot write {target}: {reason}; choose another place") from error
