"""Paint a scene into an image: stamps first, then light, lines and colour for the pixels that are left.

Painting only records, per pixel, which face and which point of it is seen; everything that makes
the picture pretty is computed once per visible pixel, however much lies behind it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from brickgpt_engine.bricks.structure import EMPTY
from brickgpt_engine.rendering.geometry import (
    LAYER,
    LEFT,
    RIGHT,
    STUD,
    STUD_RADIUS,
    TOP,
    FloatArray,
    Projection,
    Stamp,
    stamps,
)
from brickgpt_engine.rendering.light import LIGHT, ShadowMap, shadow_map, stud_shade
from brickgpt_engine.rendering.scene import Scene
from brickgpt_engine.rendering.shading import FULL_TONE, TONES

_CHUNK = 1 << 17  # pixels shaded at a time; keeps the work inside the processor's cache
_AMBIENT = np.array([0.61, 0.68, 0.70], dtype=np.float32)  # light from all sides on normals p, q, z
_SUN = np.float32(0.38)
_TAPS = ((0.9, 0.3), (-0.3, 0.9), (-0.9, -0.3), (0.3, -0.9))  # where the shadow map is read, in samples
_SEAM, _STUD_LINE, _OUTLINE, _BEVEL, _EDGE = 1, 2, 3, 4, 5
_LINE_TONE = np.array([1.0, 0.54, 0.62, 0.40, 1.14, 1.12], dtype=np.float32)  # by line style
_RANK = np.array([0, 3, 4, 5, 2, 1])
_STRONGER = np.where(_RANK[:, None] > _RANK[None, :], np.arange(6)[:, None], np.arange(6)[None, :]).astype(
    np.uint8
)


@dataclass(frozen=True, slots=True)
class Layers:
    """What painting leaves behind.

    Attributes:
        face: index of the face seen at each pixel, -1 for none, shape (H, W).
        point: index into the point table at each pixel, shape (H, W); undefined where nothing is seen.
        origin: screen position of pixel (0, 0): column, row.
    """

    face: NDArray[np.int32]
    point: NDArray[np.int32]
    origin: tuple[int, int]


def bounds(scene: Scene, view: Projection, *, studs: bool) -> tuple[int, int, int, int]:
    """Left, top, right and bottom of everything the scene can paint, in screen pixels."""
    i, j, k = scene.cells
    body = scene.kinds != STUD
    i, j, k = i[body], j[body], k[body]
    left = int((view.a * (i - j - 1)).min())
    right = int((view.a * (i - j + 1)).max())
    top = int((view.b * (i + j) - view.c * (k + 1)).min()) - (view.stud_rise if studs else 0)
    bottom = int((view.b * (i + j + 2) - view.c * k).max())
    return left, top, right, bottom


def paint(scene: Scene, view: Projection, box: tuple[int, int, int, int], kinds: list[Stamp]) -> Layers:
    """Paint all faces back to front into a canvas that covers ``box``."""
    left, top, right, bottom = box
    shape = (bottom - top, right - left)
    face, point = np.full(shape, -1, dtype=np.int32), np.zeros(shape, dtype=np.int32)
    tables = _point_images(kinds)
    corners = view.to_screen(*scene.cells)
    for index, (kind, x, y) in enumerate(zip(scene.kinds.tolist(), *corners.tolist(), strict=True)):
        stamp = kinds[kind]
        row, column = y + stamp.top - top, x + stamp.left - left
        rows, columns = stamp.mask.shape
        window = (slice(row, row + rows), slice(column, column + columns))
        np.copyto(face[window], np.int32(index), where=stamp.mask)
        np.copyto(point[window], tables[kind], where=stamp.mask)
    return Layers(face, point, (left, top))


def _point_images(kinds: list[Stamp]) -> list[NDArray[np.int32]]:
    images, start = [], 0
    for stamp in kinds:
        image = np.zeros(stamp.mask.shape, dtype=np.int32)
        count = stamp.points.shape[1]
        image[stamp.mask] = np.arange(start, start + count)
        images.append(image)
        start += count
    return images


@dataclass(frozen=True, slots=True)
class _Points:
    """Light per point of the point table: from all sides, from the sun, highlight, and where it lies."""

    ambient: FloatArray
    sun: FloatArray
    gloss: FloatArray
    sheared: FloatArray  # (u, v, z), shape (3, n)
    uv: FloatArray  # shape (2, n)


def _point_table(kinds: list[Stamp]) -> _Points:
    points = np.concatenate([stamp.points for stamp in kinds], axis=1)
    normals = np.concatenate([stamp.normals for stamp in kinds], axis=1)
    light = np.array(LIGHT, dtype=np.float32)
    facing = np.clip(normals.T @ (light / np.linalg.norm(light)), 0, 1)
    ambient = (normals**2).T @ _AMBIENT
    sun = _SUN * facing
    gloss = np.zeros_like(sun)
    tops = kinds[TOP].points.shape[1]
    if len(kinds) > STUD:
        shade = stud_shade(kinds[TOP].points)
        sun[:tops] *= 1 - shade
        ring = np.hypot(kinds[TOP].points[0] - 0.5, kinds[TOP].points[1] - 0.5) - STUD_RADIUS
        ambient[:tops] *= 1 - 0.16 * np.exp(-(np.maximum(ring, 0) / 0.06))
        gloss[-kinds[STUD].points.shape[1] :] = _stud_gloss(kinds[STUD], light)
    lifted = points + normals * np.float32(0.04)
    z = lifted[2] * LAYER
    sheared = np.stack([lifted[0] - z * LIGHT[0], lifted[1] - z * LIGHT[1], z]).astype(np.float32)
    return _Points(ambient, sun, gloss, sheared, np.concatenate([stamp.uv for stamp in kinds], axis=1))


def _stud_gloss(stud: Stamp, light: FloatArray) -> FloatArray:
    """A bright rim on the side of the lid that looks to the sun, and a sheen on the mantle."""
    p, q = stud.points[0] - 0.5, stud.points[1] - 0.5
    radius = np.hypot(p, q) / STUD_RADIUS
    sunward = (p * light[0] + q * light[1]) / (np.maximum(radius, 1e-6) * STUD_RADIUS * np.hypot(*light[:2]))
    lid = stud.normals[2] > 0.5
    rim = np.clip((radius - 0.80) / 0.1, 0, 1) * (0.05 + 0.16 * np.clip(sunward, 0, 1))
    sheen = 0.14 * np.clip(sunward, 0, 1) ** 6
    gloss: FloatArray = np.where(lid, rim + 0.02, sheen).astype(np.float32)
    return gloss


def shade(
    layers: Layers,
    scene: Scene,
    kinds: list[Stamp],
    ramps: NDArray[np.uint8],
    line: int,
    tint: FloatArray | None = None,
) -> tuple[NDArray[np.uint8], ShadowMap]:
    """Colour every painted pixel.

    Args:
        layers: what :func:`paint` left.
        scene: what was painted.
        kinds: the stamps that it was painted with.
        ramps: tone ramp per brick, shape (bricks, TONES, 4).
        line: width of outlines in pixels; 0 draws none.
        tint: a factor on the tone of each brick, shape (bricks,).

    Returns:
        The RGBA canvas, shape (H, W, 4), and the shadow map that was used.
    """
    shadows = shadow_map(scene.owners != EMPTY)
    table, origin = _point_table(kinds), np.array(shadows.origin, dtype=np.float32)
    i, j, k = scene.cells.astype(np.float32)
    z = k * LAYER
    u = (i - z * LIGHT[0]) * shadows.samples - origin[0]
    v = (j - z * LIGHT[1]) * shadows.samples - origin[1]
    local = table.sheared * np.array([[shadows.samples], [shadows.samples], [1]], dtype=np.float32)
    lines = line_tones(layers.face, scene, line)
    flat_lut = ramps.reshape(-1, 4).view(np.uint32).ravel()
    canvas = np.zeros(layers.face.size, dtype=np.uint32)
    seen = np.flatnonzero(layers.face.ravel() >= 0)
    full = (
        np.float32(FULL_TONE) * (tint if tint is not None else np.ones(len(ramps), np.float32))[scene.bricks]
    )
    for start in range(0, seen.size, _CHUNK):
        pixels = seen[start : start + _CHUNK]
        face, point = layers.face.ravel()[pixels], layers.point.ravel()[pixels]
        lit = _sunlit(
            shadows, u[face] + local[0, point], v[face] + local[1, point], z[face] + local[2, point]
        )
        uv, c = table.uv[:, point], scene.occlusion[face]
        ambient = c[:, 0] + c[:, 1] * uv[0] + (c[:, 2] + c[:, 3] * uv[0]) * uv[1]
        tone = table.ambient[point] * ambient + table.sun[point] * lit
        tone += table.gloss[point] * (0.4 + 0.6 * lit)
        tone *= full[face] * lines.ravel()[pixels]
        canvas[pixels] = flat_lut[scene.bricks[face] * TONES + np.minimum(tone, TONES - 1).astype(np.int32)]
    return canvas.view(np.uint8).reshape(*layers.face.shape, 4), shadows


def _sunlit(shadows: ShadowMap, u: FloatArray, v: FloatArray, z: FloatArray) -> FloatArray:
    """Share of the sun that reaches points given in samples of the map and studs of height, shape (n,)."""
    lit = np.zeros(z.shape, dtype=np.float32)
    floor = z + np.float32(0.02)
    for du, dv in _TAPS:
        column, row = (u + np.float32(du)).astype(np.int32), (v + np.float32(dv)).astype(np.int32)
        lit += shadows.heights[column, row] <= floor
    lit *= np.float32(1 / len(_TAPS))
    return lit


def line_tones(face: NDArray[np.int32], scene: Scene, width: int) -> FloatArray:
    """The factor that lines put on the tone of each pixel, shape (H, W); 1 where there is no line."""
    kind = np.zeros(face.shape, dtype=np.uint8)
    if width > 0:
        for axis in (0, 1):
            _mark_lines(face, scene, kind, width, axis)
    return _LINE_TONE[kind]


def _mark_lines(
    face: NDArray[np.int32], scene: Scene, kind: NDArray[np.uint8], width: int, axis: int
) -> None:
    step = face.shape[1] if axis == 0 else 1
    one, two = (face[:-1], face[1:]) if axis == 0 else (face[:, :-1], face[:, 1:])
    rows, columns = np.nonzero(one != two)
    at = rows * face.shape[1] + columns
    first, second = face.ravel()[at], face.ravel()[at + step]
    style = _line_style(first, second, scene)
    flat = kind.ravel()
    thin = max(1, round(0.75 * width))
    if axis == 0:  # the upper edge of a brick in a wall catches the light
        wall = (style == _SEAM) & (scene.kinds[second] != TOP)
        _draw(flat, at[wall], range(thin // 2 + 1, thin // 2 + 1 + thin), step, _EDGE)
    for wanted in (_BEVEL, _SEAM, _STUD_LINE, _OUTLINE):
        wide = width if wanted == _OUTLINE else thin
        _draw(flat, at[style == wanted], range(-((wide - 1) // 2), wide // 2 + 1), step, wanted)


def _draw(flat: NDArray[np.uint8], spots: NDArray[np.intp], offsets: range, step: int, style: int) -> None:
    """Mark pixels at ``offsets`` from each spot; stronger lines drawn before stay."""
    for offset in offsets:
        target = (spots + offset * step).clip(0, flat.size - 1)
        flat[target] = _STRONGER[flat[target], style]


def _line_style(first: NDArray[np.int32], second: NDArray[np.int32], scene: Scene) -> NDArray[np.int64]:
    """The line between two faces seen side by side; -1 stands for the background."""
    open_air = (first < 0) | (second < 0)
    kind, other = scene.kinds[first], scene.kinds[second]
    same_brick = scene.bricks[first] == scene.bricks[second]
    same_plane = scene.planes[first] == scene.planes[second]
    stud = (kind == STUD) | (other == STUD)
    level = scene.cells[2] + (scene.kinds == TOP)
    beside = stud & ((kind == TOP) | (other == TOP)) & (level[first] == level[second])
    flat = np.where(kind == other, 0, np.where(stud, _STUD_LINE, _BEVEL))
    apart = np.where(beside, _STUD_LINE, np.where(same_plane, _SEAM, _OUTLINE))
    return np.where(open_air, _OUTLINE, np.where(same_brick, flat, apart))


def render_kinds(view: Projection, *, studs: bool) -> list[Stamp]:
    """The stamps for :func:`paint`, in the order of their kinds."""
    found = stamps(view, studs=studs)
    return [found[kind] for kind in ((TOP, RIGHT, LEFT, STUD) if studs else (TOP, RIGHT, LEFT))]
