"""Light every visible pixel: from all sides, from the sun, in shadows, along lines, in the brick's colour."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from brickgpt_engine.bricks.structure import EMPTY
from brickgpt_engine.rendering.geometry import LAYER, STUD, STUD_RADIUS, TOP, FloatArray, Stamp
from brickgpt_engine.rendering.light import LIGHT, ShadowMap, shadow_map, stud_shade
from brickgpt_engine.rendering.lines import LINE_TONES, line_styles
from brickgpt_engine.rendering.raster import Layers
from brickgpt_engine.rendering.scene import Scene
from brickgpt_engine.rendering.shading import FULL_TONE, TONES

_CHUNK = 1 << 17  # pixels shaded at a time; keeps the work inside the processor's cache
_AMBIENT = np.array([0.61, 0.68, 0.70], dtype=np.float32)  # light from all sides on normals p, q, z
_SUN = np.float32(0.38)
_TAPS = ((0.9, 0.3), (-0.3, 0.9), (-0.9, -0.3), (0.3, -0.9))  # where the shadow map is read, in samples
_SHADED_GLOSS = np.float32(0.4)  # share of a highlight that is left in shadow


@dataclass(frozen=True, slots=True)
class _Points:
    """Light per point of the point table: from all sides, from the sun, highlight, and where it lies."""

    ambient: FloatArray
    sun: FloatArray
    gloss: FloatArray
    sunny: NDArray[np.bool_]  # whether sun or highlight can be there at all
    sheared: FloatArray  # (u, v) in samples and z, shape (3, n)
    uv: FloatArray  # shape (2, n)


def _point_table(kinds: list[Stamp], samples: int) -> _Points:
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
    # read the map a little in front of the surface, farther than its samples are coarse
    lifted = points + normals * np.float32(max(0.04, 1.8 / samples))
    z = lifted[2] * LAYER
    u, v = (lifted[0] - z * LIGHT[0]) * samples, (lifted[1] - z * LIGHT[1]) * samples
    sheared = np.stack([u, v, z]).astype(np.float32)
    uv = np.concatenate([stamp.uv for stamp in kinds], axis=1)
    return _Points(ambient, sun, gloss, (sun > 0) | (gloss > 0), sheared, uv)


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


@dataclass(frozen=True, slots=True)
class _Faces:
    """What shading needs of each face: its place in the shadow map, full tone and first entry of its ramp."""

    u: FloatArray
    v: FloatArray
    z: FloatArray
    full: FloatArray
    ramp: NDArray[np.intp]


def _face_table(scene: Scene, shadows: ShadowMap, tints: FloatArray) -> _Faces:
    i, j, k = scene.cells.astype(np.float32)
    z = k * np.float32(LAYER)
    u = (i - z * np.float32(LIGHT[0])) * shadows.samples - np.float32(shadows.origin[0])
    v = (j - z * np.float32(LIGHT[1])) * shadows.samples - np.float32(shadows.origin[1])
    return _Faces(u, v, z, np.float32(FULL_TONE) * tints[scene.bricks], scene.bricks * TONES)


def shade(
    layers: Layers,
    scene: Scene,
    kinds: list[Stamp],
    ramps: NDArray[np.uint8],
    *,
    line: int,
    tints: FloatArray,
) -> tuple[NDArray[np.uint8], ShadowMap]:
    """Colour every painted pixel.

    Args:
        layers: what painting left.
        scene: what was painted.
        kinds: the stamps that it was painted with.
        ramps: tone ramp per brick, shape (bricks, TONES, 4).
        line: width of outlines in pixels; 0 draws none.
        tints: a factor on the tone of each brick, shape (bricks,).

    Returns:
        The RGBA canvas, shape (H, W, 4), and the shadow map that was used.
    """
    shadows = shadow_map(scene.owners != EMPTY)
    points, faces = _point_table(kinds, shadows.samples), _face_table(scene, shadows, tints)
    styles = line_styles(layers.face, scene, line).ravel()
    colours = ramps.reshape(-1, 4).view(np.uint32).ravel()
    canvas = np.zeros(layers.face.size, dtype=np.uint32)
    seen = np.flatnonzero(layers.face.ravel() >= 0)
    for start in range(0, seen.size, _CHUNK):
        pixels = seen[start : start + _CHUNK]
        face = layers.face.ravel()[pixels].astype(np.intp)
        point = layers.point.ravel()[pixels].astype(np.intp)
        tone = _tone(face, point, scene.occlusion, points, faces, shadows)
        tone *= faces.full[face] * LINE_TONES[styles[pixels]]
        canvas[pixels] = colours[faces.ramp[face] + np.minimum(tone, TONES - 1).astype(np.intp)]
    return canvas.view(np.uint8).reshape(*layers.face.shape, 4), shadows


def _tone(
    face: NDArray[np.intp],
    point: NDArray[np.intp],
    occlusion: FloatArray,
    points: _Points,
    faces: _Faces,
    shadows: ShadowMap,
) -> FloatArray:
    """Light that pixels send to the viewer, 1 for a sunlit top, shape (n,)."""
    u, v = points.uv[0][point], points.uv[1][point]
    c = occlusion[face]
    tone: FloatArray = points.ambient[point] * (c[:, 0] + c[:, 1] * u + (c[:, 2] + c[:, 3] * u) * v)
    sunny = np.flatnonzero(points.sunny[point])
    face, point = face[sunny], point[sunny]
    place = points.sheared
    lit = _sunlit(
        shadows,
        faces.u[face] + place[0][point],
        faces.v[face] + place[1][point],
        faces.z[face] + place[2][point],
    )
    gloss = points.gloss[point]
    tone[sunny] += lit * (points.sun[point] + (1 - _SHADED_GLOSS) * gloss) + _SHADED_GLOSS * gloss
    return tone


def _sunlit(shadows: ShadowMap, u: FloatArray, v: FloatArray, z: FloatArray) -> FloatArray:
    """Share of the sun that reaches points given in samples of the map and studs of height, shape (n,)."""
    lit = np.zeros(z.shape, dtype=np.float32)
    floor = z + np.float32(0.02)
    for du, dv in _TAPS:
        column, row = (u + np.float32(du)).astype(np.int32), (v + np.float32(dv)).astype(np.int32)
        lit += shadows.heights[column, row] <= floor
    lit *= np.float32(1 / len(_TAPS))
    return lit
