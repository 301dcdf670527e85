"""A fast isometric view for terminals: half blocks, Braille dots or ASCII, turning in quarter turns.

The projection, the list of visible faces and their ambient light are the engine's
(:mod:`brickgpt_engine.rendering`); what is done here is painting all faces of one kind at once with
whole-array operations, which takes milliseconds where the engine's fine picture takes longer.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from brickgpt_engine.bricks.structure import EMPTY
from brickgpt_engine.rendering.geometry import LEFT, RIGHT, STUD, TOP, Projection, Stamp, stamps
from brickgpt_engine.rendering.scene import Scene, build_scene
from brickgpt_tui.views.colouring import Paint
from brickgpt_tui.views.picture import BOLD, NONE, Picture, blank, packed
from brickgpt_tui.views.surfaces import Box, Int32Array, first_bricks

Graphics = Literal["blocks", "braille", "ascii"]
FloatArray = NDArray[np.float32]

_LIGHT = {TOP: 1.0, RIGHT: 0.80, LEFT: 0.60, STUD: 1.10}
_SHADES = " .:-=+*#%@"
_SEAM = 0.66
_CHOSEN = np.array([255.0, 70.0, 170.0], dtype=np.float32)
_KEPT_RASTERS = 12
_STUDS_FROM = 6  # painted pixels per stud pitch from which a stud is more than a speck
_DARK_DOTS = 1 / 8  # share of dots on the darkest side
_ORDERED = ((0, 8, 2, 10), (12, 4, 14, 6), (3, 11, 1, 9), (15, 7, 13, 5))
_BAYER = (np.array(_ORDERED, dtype=np.float32) + 0.5) / 16
_DOTS = np.array([[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]], dtype=np.uint32)


@dataclass(frozen=True, slots=True, eq=False)
class Raster:
    """What each painted pixel sees, whatever the colours.

    Attributes:
        brick: brick per pixel, EMPTY for none, shape (H, W).
        light: brightness 0 … 1 of its surface, shape (H, W).
        edge: whether another brick or surface begins right of the pixel or below, shape (H, W).
        scale: painted pixels per pixel that is shown, each way.
    """

    brick: Int32Array
    light: FloatArray
    edge: NDArray[np.bool_]
    scale: int


class IsometricView:
    """Draws one model from four sides and remembers what it painted.

    Args:
        grid: owner of each cell of the whole model, shape (n, n, n).
        box: the cells that the view is fitted to, so that it stays put while the model is scrubbed.
    """

    def __init__(self, grid: Int32Array, box: Box) -> None:
        x0, y0, z0, x1, y1, z1 = box
        self._cells = grid[x0:x1, y0:y1, z0:z1]
        self._rasters: OrderedDict[tuple[int, int, int, int, bool], Raster] = OrderedDict()

    def draw(
        self,
        paint: Paint,
        *,
        shown: int,
        turn: int,
        width: int,
        height: int,
        graphics: Graphics,
        colour: bool = True,
        selected: int | None = None,
    ) -> Picture:
        """The first ``shown`` bricks, as large as fits into ``width`` columns and ``height`` lines.

        Args:
            paint: colours of the bricks.
            shown: how many bricks of the build order are seen.
            turn: quarter turns of the viewer around the model; 0 looks from +x and −y.
            width: space in columns.
            height: space in lines.
            graphics: what to draw with.
            colour: use colours; without, brightness picks the characters.
            selected: a brick to point out, or None.
        """
        dots = (2, 4) if graphics == "braille" else (1, 2)
        size = max(1, width) * dots[0], max(1, height) * dots[1]
        raster = self._raster(shown, turn % 4, size, graphics)
        if graphics == "braille":
            return _braille(raster, paint, colour, selected)
        pixels = _pixels(raster, paint, selected, colour=colour)
        if graphics == "blocks" and colour:
            return _blocks(pixels)
        return _shaded(pixels, colour, selected)

    def _raster(self, shown: int, turn: int, size: tuple[int, int], graphics: Graphics) -> Raster:
        key = (shown, turn, *size, graphics == "braille")
        found = self._rasters.get(key)
        if found is None:
            found = _paint(first_bricks(self._cells, shown), turn, size, graphics)
            self._rasters[key] = found
            while len(self._rasters) > _KEPT_RASTERS:
                self._rasters.popitem(last=False)
        self._rasters.move_to_end(key)
        return found


def turned(cells: Int32Array, turn: int) -> Int32Array:
    """Cells (x, y, z) in the axes (p, q, z) of a viewer after so many quarter turns; q looks at −y first."""
    return np.ascontiguousarray(np.rot90(cells, turn % 4)[:, ::-1, :])


def _projection(shape: tuple[int, ...], size: tuple[int, int], graphics: Graphics) -> tuple[Projection, int]:
    """The projection that shows the model largest, and by how much the painting has to be scaled down.

    Pixels per stud are whole numbers, so several scales are tried; dots of Braille are not scaled
    unless they must be, which keeps their lines sharp.
    """
    across, high = shape[0] + shape[1], shape[2]
    best: tuple[float, Projection, int] | None = None
    for factor in (1,) if graphics == "braille" else (2, 3):
        view = _largest(across, high, size[0] * factor, size[1] * factor)
        if view is not None and (best is None or view.a / factor > best[0]):
            best = view.a / factor, view, factor
    if best is not None:
        return best[1], best[2]
    for factor in range(2, 64):
        view = _largest(across, high, size[0] * factor, size[1] * factor)
        if view is not None:
            return view, factor
    return Projection.isometric(2), 64


def _largest(across: int, high: int, width: int, height: int) -> Projection | None:
    """The largest isometric projection that fits into so many pixels, or None."""
    for a in range(width // across, 1, -1):
        view = Projection.isometric(a)
        if view.b * across + view.c * high + view.stud_rise <= height:
            return view
    return None


def _paint(cells: Int32Array, turn: int, size: tuple[int, int], graphics: Graphics) -> Raster:
    frame = turned(cells, turn)
    view, factor = _projection(frame.shape, size, graphics)
    studs = view.a >= _STUDS_FROM
    shape = _canvas_shape(frame.shape, view, factor)
    scene = build_scene(frame, studs=studs)
    if not scene.kinds.size:
        empty = np.full(shape, EMPTY, dtype=np.int32)
        return Raster(empty, np.zeros(shape, np.float32), np.zeros(shape, np.bool_), factor)
    origin = view.a * frame.shape[1], view.c * frame.shape[2] + view.stud_rise
    faces = _visible_faces(scene, view, shape, origin, studs=studs)
    return _see(faces, scene, factor)


def _canvas_shape(shape: tuple[int, ...], view: Projection, factor: int) -> tuple[int, int]:
    """Lines and columns of the painting, rounded up to whole characters of any graphics."""
    columns = view.a * (shape[0] + shape[1])
    lines = view.b * (shape[0] + shape[1]) + view.c * shape[2] + view.stud_rise + 1
    across, down = 2 * factor, 4 * factor
    return -(-lines // down) * down, -(-columns // across) * across


def _visible_faces(
    scene: Scene, view: Projection, shape: tuple[int, int], origin: tuple[int, int], *, studs: bool
) -> Int32Array:
    """Position in the scene of the face seen at each pixel, -1 for none; later faces lie in front."""
    corners = view.to_screen(*scene.cells)
    seen = np.full(shape[0] * shape[1], -1, dtype=np.int32)
    for kind, stamp in enumerate(stamps(view, studs=studs)):
        faces = np.flatnonzero(scene.kinds == kind)
        if not faces.size:
            continue
        layer = np.full_like(seen, -1)
        _stamp_all(layer, stamp, corners[:, faces], faces, shape, origin)
        np.maximum(seen, layer, out=seen)
    return seen.reshape(shape)


def _stamp_all(
    layer: Int32Array,
    stamp: Stamp,
    corners: NDArray[np.intp],
    faces: NDArray[np.intp],
    shape: tuple[int, int],
    origin: tuple[int, int],
) -> None:
    """Write the numbers of faces of one kind; where two overlap the later stays, being written last."""
    rows, columns = np.nonzero(stamp.mask)
    line = corners[1][:, None] + (rows + stamp.top + origin[1])[None, :]
    column = corners[0][:, None] + (columns + stamp.left + origin[0])[None, :]
    inside = (line >= 0) & (line < shape[0]) & (column >= 0) & (column < shape[1])
    numbers = np.broadcast_to(faces[:, None], line.shape)
    layer[(line * shape[1] + column)[inside]] = numbers[inside]


def _see(faces: Int32Array, scene: Scene, factor: int) -> Raster:
    filled = faces >= 0
    table = np.array([_LIGHT[kind] for kind in range(4)], dtype=np.float32)
    ambient = scene.occlusion @ np.array([1.0, 0.5, 0.5, 0.25], dtype=np.float32)
    light = np.append(table[scene.kinds] * ambient, np.float32(0))[faces].astype(np.float32)
    brick = np.append(scene.bricks, EMPTY)[faces].astype(np.int32)
    planes = np.append(scene.planes, -1)[faces]
    plane = np.where(np.append(scene.kinds, -1)[faces] == STUD, -2, planes)
    edge = np.zeros(faces.shape, dtype=np.bool_)
    for what in (brick, plane):
        edge[:-1] |= what[:-1] != what[1:]
        edge[:, :-1] |= what[:, :-1] != what[:, 1:]
    return Raster(brick, light, edge & filled, factor)


@dataclass(frozen=True, slots=True, eq=False)
class _Pixels:
    """What is shown: red, green, blue and coverage (H, W, 4), and the brick (H, W)."""

    rgba: FloatArray
    brick: Int32Array


def _brick_colours(paint: Paint, selected: int | None, *, colour: bool) -> FloatArray:
    """Colour per brick with a slight variation from brick to brick, the selected one marked, shape (n, 3)."""
    count = len(paint.rgb)
    rgb = paint.rgb.astype(np.float32) if colour else np.full((count, 3), 190.0, dtype=np.float32)
    rgb = rgb * (1.0 + 0.05 * np.cos(np.arange(count, dtype=np.float32) * 2.4))[:, None]
    if selected is not None and 0 <= selected < count:
        rgb[selected] = 0.35 * rgb[selected] + 0.65 * (_CHOSEN if colour else 255.0)
    return np.asarray(rgb, dtype=np.float32)


def _pixels(raster: Raster, paint: Paint, selected: int | None, *, colour: bool) -> _Pixels:
    """Colour the painting and scale it down; seams between bricks are darker."""
    s = raster.scale
    rows, columns = raster.brick.shape[0] // s, raster.brick.shape[1] // s
    rgb = np.concatenate([_brick_colours(paint, selected, colour=colour), np.zeros((1, 3), np.float32)])
    light = raster.light * np.where(raster.edge, np.float32(_SEAM), np.float32(1.0))
    painted = rgb[raster.brick] * light[..., None]
    filled = raster.brick != EMPTY
    blocks = painted.reshape(rows, s, columns, s, 3).sum(axis=(1, 3))
    coverage = filled.reshape(rows, s, columns, s).sum(axis=(1, 3), dtype=np.float32)
    colours = blocks / np.maximum(coverage, 1)[..., None]
    brick = raster.brick.reshape(rows, s, columns, s).transpose(0, 2, 1, 3).reshape(rows, columns, s * s)
    middle = brick[..., s // 2 * s + s // 2]
    brick = np.where(middle == EMPTY, brick.max(axis=2), middle)
    seen = coverage * 2 >= s * s
    rgba = np.concatenate([np.minimum(colours, 255), seen[..., None].astype(np.float32)], axis=-1)
    return _Pixels(rgba, np.where(seen, brick, np.int32(EMPTY)))


def _blocks(pixels: _Pixels) -> Picture:
    """Half blocks: the upper pixel in the ink, the lower in the paper."""
    colours = np.where(pixels.rgba[..., 3] > 0, packed(pixels.rgba[..., :3]), NONE).astype(np.int32)
    upper, lower = colours[0::2], colours[1::2]
    picture = blank(*upper.shape)
    above, below = upper != NONE, lower != NONE
    picture.text[above] = "▀"
    picture.text[below & ~above] = "▄"
    picture.ink[:] = np.where(above, upper, lower)
    picture.paper[:] = np.where(above & below, lower, NONE)
    picture.hits[:] = np.where(below, pixels.brick[1::2], pixels.brick[0::2])
    return picture


def _shaded(pixels: _Pixels, colour: bool, selected: int | None) -> Picture:
    """Characters by brightness, scaled to what the picture holds; the selected brick is written as ``X``."""
    rgba = pixels.rgba.reshape(-1, 2, *pixels.rgba.shape[1:])
    cover = rgba[..., 3]
    weight = np.maximum(cover.sum(axis=1), 1)[..., None]
    rgb = (rgba[..., :3] * cover[..., None]).sum(axis=1) / weight
    picture = blank(*rgb.shape[:2])
    picture.hits[:] = np.maximum(pixels.brick[0::2], pixels.brick[1::2])
    seen = picture.hits != EMPTY
    light = rgb @ np.array([0.299, 0.587, 0.114], dtype=np.float32)
    low, high = float(light[seen].min(initial=255)), float(light[seen].max(initial=1))
    steps = len(_SHADES) - 2
    level = 1 + np.rint((light - low) / max(high - low, 1.0) * steps).clip(0, steps).astype(np.intp)
    picture.text[:] = np.array(list(_SHADES))[np.where(seen, level, 0)]
    if colour:
        picture.ink[:] = np.where(seen, packed(rgb), NONE)
    if selected is not None:
        _mark(picture, picture.hits == selected)
    return picture


def _mark(picture: Picture, where: NDArray[np.bool_]) -> None:
    picture.text[where] = "X"
    picture.flags[where] = BOLD


def _braille(raster: Raster, paint: Paint, colour: bool, selected: int | None) -> Picture:
    """Dots along the edges of bricks, a few more on the darkest side; the selected brick is full."""
    s = raster.scale
    middles = slice(s // 2, None, s), slice(s // 2, None, s)
    brick, light, edge = raster.brick[middles], raster.light[middles], raster.edge[middles]
    filled = brick != EMPTY
    rows, columns = brick.shape
    threshold = np.tile(_BAYER, (-(-rows // 4), -(-columns // 4)))[:rows, :columns]
    dark = filled & (light < _LIGHT[LEFT] + 0.02)
    dots = edge | (dark & (threshold < _DARK_DOTS)) if s == 1 else filled & (light > 0.5 + 0.6 * threshold)
    if selected is not None:
        dots = dots | (brick == selected)
    shape = rows // 4, 4, columns // 2, 2
    bits = (dots.reshape(shape) * _DOTS[None, :, None, :]).sum(axis=(1, 3), dtype=np.uint32)
    picture = blank(rows // 4, columns // 2)
    picture.text[:] = np.where(bits > 0, bits + 0x2800, ord(" ")).astype(np.uint32).view("<U1")
    groups = brick.reshape(shape).transpose(0, 2, 1, 3).reshape(rows // 4, columns // 2, 8)
    picture.hits[:] = groups.max(axis=2)
    seen = picture.hits != EMPTY
    if colour:
        table = np.append(packed(_brick_colours(paint, selected, colour=True)), np.int32(NONE))
        picture.ink[:] = np.where(seen, table[picture.hits], NONE)
    if selected is not None:
        picture.flags[picture.hits == selected] = BOLD
    return picture
