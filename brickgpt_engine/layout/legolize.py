"""Voxels to bricks, after the layout step of Legolization (Luo et al. 2015) and of BrickGPT."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from brickgpt_engine.bricks import Brick, BrickStructure
from brickgpt_engine.bricks.structure import DEFAULT_WORLD_DIM
from brickgpt_engine.errors import ConfigError
from brickgpt_engine.layout.assembly import Assembly
from brickgpt_engine.layout.courses import Placement
from brickgpt_engine.layout.layers import Joints, Layer
from brickgpt_engine.layout.options import LayoutOptions
from brickgpt_engine.layout.rebuild import connect
from brickgpt_engine.layout.repair import raster_key, stabilise
from brickgpt_engine.layout.thin import thin

DEFAULT_OPTIONS = LayoutOptions()
RELAY_RANDOMNESS = 0.4
"""Randomness of the other layouts of the whole shape that the stability step tries."""


def legolize(
    voxels: NDArray[np.bool_],
    *,
    seed: int = 0,
    options: LayoutOptions = DEFAULT_OPTIONS,
    world_dim: int | None = None,
) -> BrickStructure:
    """Cover filled cells exactly with library bricks.

    Args:
        voxels: which cells to fill, shape (X, Y, Z), z up, layer 0 on the baseplate.
        seed: source of every random choice; the same seed gives the same layout.
        options: see :class:`LayoutOptions`.
        world_dim: side of the world; None for the default, or more where the shape needs it.

    Returns:
        The bricks in raster order: by layer, then x, then y. Nothing filled gives no bricks.

    Raises:
        ConfigError: ``voxels`` is not a three-dimensional array, or reaches outside ``world_dim``.
    """
    cells, side = _checked(voxels, world_dim)
    rng = np.random.default_rng(seed)
    assembly = Assembly(cells.shape, lay_all(cells, options, rng))
    assembly = thin(connect(assembly, options.max_failures, rng))
    if options.stabilise:
        assembly = _stabilised(assembly, cells, options, rng)
    return BrickStructure(sorted(assembly.bricks.values(), key=raster_key), side)


def _stabilised(
    assembly: Assembly, cells: NDArray[np.bool_], options: LayoutOptions, rng: np.random.Generator
) -> Assembly:
    from brickgpt_engine.physics import StabilityAnalyzer

    analyzer = StabilityAnalyzer() if options.stabilise is True else options.stabilise
    if not isinstance(analyzer, StabilityAnalyzer):
        raise ConfigError("stabilise takes True, False, None or a StabilityAnalyzer")
    loose = replace(options, randomness=max(options.randomness, RELAY_RANDOMNESS))
    return stabilise(
        assembly,
        analyzer,
        lambda: Assembly(cells.shape, lay_all(cells, loose, rng)),
        max_repairs=options.max_repairs,
        max_failures=options.max_failures,
        rng=rng,
    )


def _checked(voxels: NDArray[np.bool_], world_dim: int | None) -> tuple[NDArray[np.bool_], int]:
    cells = np.asarray(voxels)
    if cells.ndim != 3:
        raise ConfigError(f"voxels have {cells.ndim} dimensions; pass an array of shape (x, y, z)")
    cells = cells.astype(bool)
    filled = np.argwhere(cells)
    needed = int(filled.max()) + 1 if len(filled) else 1
    side = max(DEFAULT_WORLD_DIM, needed) if world_dim is None else world_dim
    if needed > side:
        raise ConfigError(f"the voxels need a world of {needed} cells a side; world_dim is {side}")
    return cells[:side, :side, :side], side


def lay_all(cells: NDArray[np.bool_], options: LayoutOptions, rng: np.random.Generator) -> list[Brick]:
    """Lay every layer, bottom to top, each on the one below; cells have shape (X, Y, Z)."""
    bricks: list[Brick] = []
    laid: dict[bytes, list[Placement]] = {}
    joints = Joints.none(cells.shape[:2])
    below = np.ones(cells.shape[:2], dtype=bool)
    for z in range(cells.shape[2]):
        mask = cells[:, :, z]
        above = cells[:, :, z + 1] if z + 1 < cells.shape[2] else np.zeros_like(mask)
        owner = np.full(mask.shape, -1, dtype=np.int32)
        if mask.any():
            parity = (z + options.layer_parity) % 2
            layer = Layer(mask, below, above, joints, parity=parity, randomness=options.randomness, rng=rng)
            for number, (h, w, x, y) in enumerate(_lay_once(layer, laid)):
                owner[x : x + h, y : y + w] = number
                bricks.append(Brick(h, w, x, y, z))
        joints = joints.under(owner)
        below = mask
    return bricks


def _lay_once(layer: Layer, laid: dict[bytes, list[Placement]]) -> list[Placement]:
    """Lay a layer, or look it up: storeys of a tower or a wall repeat every two layers."""
    if layer.randomness:
        return layer.lay()
    situation = layer.situation()
    if situation not in laid:
        laid[situation] = layer.lay()
    return laid[situation]
