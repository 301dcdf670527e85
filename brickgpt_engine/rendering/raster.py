"""Paint a scene into an image: which face, and which point of it, each pixel sees.

Painting only records what is seen; everything that makes the picture pretty is computed afterwards, once per
visible pixel, however much lies behind it (see :mod:`.shader`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from brickgpt_engine.rendering.geometry import STUD, Projection, Stamp
from brickgpt_engine.rendering.scene import Scene


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
