"""Real meshes as training shapes: the models of Sweet Home 3D furniture libraries, filled and named.

Every model is filled in several sizes by the path that ``brickgpt mesh2brick`` takes, laid in bricks, and
strengthened until it stands. A size is kept only if the cells still look like the mesh: see
:func:`likeness`. All sizes of a model share ``params["model"]``, by which a data set must be split.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache, partial
from multiprocessing import get_context
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from brickgpt_engine.errors import BrickGPTError, ConfigError
from brickgpt_engine.layout import legolize
from brickgpt_engine.layout.cells import Settled, cropped, settled
from brickgpt_engine.layout.steady import reinforced
from brickgpt_engine.layout.voxelize import voxelize_mesh
from brickgpt_engine.physics import StabilityAnalyzer, connectivity_report
from training.data.catalogue_names import REVIEWED_OUT, Kind, kind_of
from training.data.catalogue_words import facts_of
from training.data.catalogue_words import words_for as catalogue_captions
from training.data.sh3f import Entry, Tell, entries, read_mesh, source_package
from training.data.shapes.base import SIDE, Shape, centred, empty

__all__ = ["Model", "Row", "catalogue_captions", "catalogue_shapes", "licences", "models", "shapes_of"]

SIZES = (10, 13, 16)
"""Cells along the longest side in which every model is tried: neighbouring sizes would say the same again."""
MAX_BRICKS = 200
"""Sizes that take more bricks are left out: they say little more than smaller ones, and cost time."""
LEAST_LIKENESS = 0.1
"""A size must have at least this likeness to its mesh; found by looking at pictures."""
MOST_FILLED = 0.95
"""A size that fills more of its frame is a plain block."""
MOST_LOST = 0.06
"""Share of cells that may be lost as parts that touch nothing."""
MOST_ADDED = 0.9
"""Share of cells that may be added so that the model stands: a table whose top gets a second layer."""
_CHUNK = 4
_FINE = 40
_LEAST_GAPS = 0.15
_ROUNDS = 5
_ALONG_X = {"car": -1, "train": -1, "animal": 1, "airplane": 1, "bus": 1, "vessel": 1}
"""Categories that lie along x, with the side on which their front is: -1 for low x, 1 for high x."""

BoolArray = NDArray[np.bool_]
FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class Model:
    """A model of a library that fits one of our families."""

    entry: Entry
    kind: Kind


@dataclass(frozen=True)
class Row:
    """Who made a model that is used, and on which terms."""

    name: str
    creator: str
    licence: str
    package: str


def catalogue_shapes(
    paths: Sequence[Path] | None = None,
    tell: Tell | None = None,
    *,
    workers: int = 1,
    sizes: Sequence[int] = SIZES,
) -> Iterator[Shape]:
    """Every usable size of every usable model, always in the same order.

    Args:
        paths: ``.sh3f`` files; None: those of the Debian package.
        tell: is called with a line on all that could not be used; None: the line goes to standard error.
        workers: processes that fill and lay; 1 stays in this one.
        sizes: cells along the longest side.

    Raises:
        ConfigError: a file is not there, the package is not installed, or no library has a known model.
    """
    report = tell or _to_stderr
    found = models(paths, report)
    if workers < 2:
        for model in found:
            yield from shapes_of(model, report, sizes)
        return
    # A fresh start rather than a fork: the solver's threads would not survive one.
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        for shapes, lines in pool.map(partial(_collected, sizes=tuple(sizes)), found, chunksize=_CHUNK):
            for line in lines:
                report(line)
            yield from shapes


def models(
    paths: Sequence[Path] | None = None, tell: Tell | None = None, left_out: Counter[str] | None = None
) -> list[Model]:
    """The models that fit a family, in the order of the libraries; cheap, since no mesh is read.

    Args:
        paths: as for :func:`catalogue_shapes`.
        tell: as for :func:`catalogue_shapes`.
        left_out: counts, by name, the models that fit no family or were reviewed out.

    Raises:
        ConfigError: as for :func:`catalogue_shapes`.
    """
    found = []
    for entry in entries(paths, tell or _to_stderr):
        kind = kind_of(entry.name, entry.id)
        if kind is None or entry.id in REVIEWED_OUT:
            if left_out is not None:
                left_out[entry.name] += 1
        else:
            found.append(Model(entry, kind))
    if not found:
        raise ConfigError("the furniture libraries have no usable model of a known name; name others")
    return found


def shapes_of(model: Model, tell: Tell | None = None, sizes: Sequence[int] = SIZES) -> Iterator[Shape]:
    """The sizes of one model that stand and look like it, in the order of ``sizes``.

    A mesh that cannot be read gives none, and a line to ``tell``.
    """
    entry = model.entry
    try:
        vertices, faces = read_mesh(entry)
        vertices = _turned(vertices, model.kind.category)
        fine = voxelize_mesh(vertices, faces, world_dim=_FINE)
        for side in sizes:
            cells = _cells(vertices, faces, fine, side)
            if cells is not None:
                yield _shape(model, cells, side)
    except BrickGPTError as error:
        (tell or _to_stderr)(f"{entry.archive.name}: {entry.id} left out: {error}")


def _collected(model: Model, sizes: Sequence[int]) -> tuple[list[Shape], list[str]]:
    """What :func:`shapes_of` gives and tells, for another process."""
    lines: list[str] = []
    return list(shapes_of(model, lines.append, sizes)), lines


def licences(paths: Sequence[Path] | None = None, tell: Tell | None = None) -> list[Row]:
    """Name, creator, licence and source of every model that :func:`models` gives."""
    found = [model.entry for model in models(paths, tell)]
    return [Row(entry.name, entry.creator, entry.licence, source_package(entry.archive)) for entry in found]


def likeness(cells: BoolArray, fine: BoolArray) -> float:
    """How well cells show a mesh: what they leave open of the gaps in its outlines.

    Cells cover thin parts whole, so in small sizes legs grow together and rails close. This is the
    smallest share of the empty area around the mesh that stays empty, seen from the front, the side and
    above; views in which the mesh fills nearly all of its frame do not count.

    Args:
        cells: the cells to judge (X, Y, Z), without margins.
        fine: the same mesh in much smaller cells, without margins.

    Returns:
        A share between 0 and 1.
    """
    large = _resized(cells, fine.shape)
    shares = [1.0]
    for axis in range(3):
        covered, gaps = large.any(axis=axis), ~fine.any(axis=axis)
        if gaps.mean() >= _LEAST_GAPS:
            shares.append(float((gaps & ~covered).sum() / gaps.sum()))
    return min(shares)


def _cells(vertices: FloatArray, faces: NDArray[np.int64], fine: BoolArray, side: int) -> BoolArray | None:
    """The cells of one size, strengthened until they stand; None if they do not, or look different."""
    filled = voxelize_mesh(vertices, faces, world_dim=side)
    whole: Settled = settled(filled)
    lost = whole.dropped_cells + filled.sum() * (whole.lowered > 0)
    plain = min(filled.shape) < 2 or filled.mean() > MOST_FILLED
    if plain or lost > MOST_LOST * filled.sum() or likeness(filled, fine) < LEAST_LIKENESS:
        return None
    grown = _standing(whole.cells)
    return grown if grown is not None and likeness(grown, fine) >= LEAST_LIKENESS else None


def _standing(cells: BoolArray) -> BoolArray | None:
    """The cells, with some added under what would fall in their regular layout; None if that takes many.

    The regular layout is what a data set lays first, so that it stands matters here.
    """
    grown = cells
    for _ in range(_ROUNDS):
        structure = legolize(grown, seed=0, world_dim=SIDE)
        if len(structure) > MAX_BRICKS or grown.sum() > (1 + MOST_ADDED) * cells.sum():
            return None
        report = connectivity_report(structure)
        if report.stable:
            report = _analyzer().analyze(structure)
        if report.stable:
            return cropped(grown)
        before, grown = grown, reinforced(grown, [failure.brick for failure in report.failures])
        if (grown == before).all():
            return None
    return None


def _shape(model: Model, cells: BoolArray, side: int) -> Shape:
    entry, category = model.entry, model.kind.category
    grid = empty()
    grid[: cells.shape[0], : cells.shape[1], : cells.shape[2]] = cells
    voxels = centred(grid)
    voxels.setflags(write=False)
    params: dict[str, int | str | bool] = {
        "model": entry.id,
        "name": entry.name,
        "creator": entry.creator,
        "licence": entry.licence,
        "source": source_package(entry.archive),
        "nouns": "|".join(model.kind.nouns),
        "side": side,
    }
    return Shape(category, model.kind.nouns[0], voxels, params, facts_of(category, voxels))


def _turned(vertices: FloatArray, category: str) -> FloatArray:
    """Models whose front is at low y, turned as the family lies; those that already lie along x stay."""
    front = _ALONG_X.get(category)
    extent = np.ptp(vertices, axis=0)
    if front is None or extent[0] > extent[1]:
        return vertices
    x, y, z = vertices.T
    return np.stack([y, -x, z] if front < 0 else [-y, x, z], axis=1)


def _resized(cells: BoolArray, shape: tuple[int, ...]) -> BoolArray:
    """Cells stretched to another shape by taking the nearest."""
    spots = [
        np.minimum((np.arange(new) + 0.5) * old / new, old - 1).astype(int)
        for new, old in zip(shape, cells.shape, strict=True)
    ]
    stretched: BoolArray = cells[np.ix_(*spots)]
    return stretched


@cache
def _analyzer() -> StabilityAnalyzer:
    return StabilityAnalyzer(criterion="paper", solver="highs")


def _to_stderr(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
