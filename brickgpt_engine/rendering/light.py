"""Sunlight: one shadow map for the model, and the soft shadow that it casts on the ground.

A ray towards the sun runs along ``LIGHT``. In sheared coordinates ``u = p − z·lp, v = q − z·lq`` it is
a single point, so one image over (u, v) that holds the highest filled z answers whether a point is in
shadow: it is when something filled lies higher on the same ray.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from brickgpt_engine.rendering.geometry import LAYER, STUD_HEIGHT, STUD_RADIUS, FloatArray

LIGHT = (-0.34, 0.52, 1.0)
"""Direction towards the sun in stud units (p, q, z), scaled to z = 1: from the left and the front."""
_BUDGET = 1.6e7  # map samples touched while it is built; keeps a large model well below a second
_LEAST_REACH, _MOST_REACH = 1.5, 5.5  # studs


@dataclass(frozen=True, slots=True)
class ShadowMap:
    """Heights over sheared coordinates.

    Attributes:
        heights: highest filled z in studs per sample, shape (U, V), 0 where nothing is.
        ground: how strongly the ground is shaded there, shape (U, V), 0 … 1.
        samples: samples per stud.
        origin: (u, v) of sample (0, 0), in samples.
    """

    heights: FloatArray
    ground: FloatArray
    samples: int
    origin: tuple[int, int]


def shadow_reach(shape: tuple[int, ...]) -> float:
    """Height in studs from which on nothing shades the ground, so that shadows stay near the model.

    Args:
        shape: cells of the model along p, q and z.
    """
    return min(max(_LEAST_REACH, 0.5 * max(shape[0], shape[1], shape[2] * LAYER)), _MOST_REACH)


def shadow_map(filled: NDArray[np.bool_], *, border: float = 2.0) -> ShadowMap:
    """Build the map by stacking thin slices of the model, bottom to top.

    Args:
        filled: cells in the viewing frame, shape (P, Q, Z).
        border: empty margin in studs.
    """
    layers = filled.shape[2]
    density = int((_BUDGET / (filled.shape[0] * filled.shape[1] * layers)) ** (1 / 3))
    samples = min(max(density, 6), 48)
    pad, tall = math.ceil(border * samples), layers * LAYER * samples
    shift_p, shift_q = math.ceil(-LIGHT[0] * tall), math.ceil(LIGHT[1] * tall)
    shape = (filled.shape[0] * samples + shift_p + 2 * pad, filled.shape[1] * samples + shift_q + 2 * pad)
    heights, ground = np.zeros(shape, np.float32), np.zeros(shape, np.float32)
    reach = shadow_reach(filled.shape)
    slices = max(2, math.ceil(LAYER * samples * max(abs(LIGHT[0]), abs(LIGHT[1]))))
    for layer in range(layers):
        block = np.repeat(np.repeat(filled[:, :, layer], samples, axis=0), samples, axis=1)
        for step in range(slices):
            z = (layer + (step + 0.5) / slices) * LAYER
            u, v = pad + round(-LIGHT[0] * z * samples), pad + shift_q - round(LIGHT[1] * z * samples)
            window = (slice(u, u + block.shape[0]), slice(v, v + block.shape[1]))
            np.copyto(heights[window], np.float32(z), where=block)
            fade = np.float32(max(0.0, 1 - z / reach) ** 2)
            np.copyto(ground[window], np.maximum(ground[window], fade), where=block)
    return ShadowMap(heights, ground, samples, (-pad, -pad - shift_q))


def stud_shade(points: FloatArray) -> FloatArray:
    """How much of the sun a stud takes from points (p, q) on the top face that it stands on, 0 … 1."""
    steps = np.linspace(0.0, STUD_HEIGHT, 7)
    closest = np.full(points.shape[1], np.inf)
    for t in steps:
        distance = np.hypot(points[0] + t * LIGHT[0] - 0.5, points[1] + t * LIGHT[1] - 0.5)
        closest = np.minimum(closest, distance)
    soft = 0.02
    return np.clip((STUD_RADIUS + soft - closest) / (2 * soft), 0, 1).astype(np.float32)
