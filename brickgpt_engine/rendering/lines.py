"""Lines that set bricks apart: outlines, seams between neighbours, edges that catch the light.

A line runs wherever two adjacent pixels see different faces; what the two faces are decides how it looks.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from brickgpt_engine.rendering.geometry import STUD, TOP
from brickgpt_engine.rendering.scene import Scene

_SEAM, _STUD_LINE, _OUTLINE, _BEVEL, _EDGE = 1, 2, 3, 4, 5
LINE_TONES = np.array([1.0, 0.54, 0.62, 0.40, 1.14, 1.12], dtype=np.float32)
"""What a line does to the tone of a pixel, by style: none, seam, stud, outline, bevel, edge in a wall."""
_RANK = np.array([0, 3, 4, 5, 2, 1])
_STRONGER = np.where(_RANK[:, None] > _RANK[None, :], np.arange(6)[:, None], np.arange(6)[None, :]).astype(
    np.uint8
)


def line_styles(face: NDArray[np.int32], scene: Scene, width: int) -> NDArray[np.uint8]:
    """Which line runs through each pixel, as an index into :data:`LINE_TONES`, shape (H, W).

    Args:
        face: the face seen at each pixel, -1 for none, shape (H, W).
        scene: the faces.
        width: width of outlines in pixels; 0 draws no lines.
    """
    kind = np.zeros(face.shape, dtype=np.uint8)
    if width > 0:
        for axis in (0, 1):
            _mark_lines(face, scene, kind, width, axis)
    return kind


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
