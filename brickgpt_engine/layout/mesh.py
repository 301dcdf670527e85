"""Triangle meshes: reading files through trimesh, and leaving out what is no triangle."""

from __future__ import annotations

import io
import logging
import os
import struct
import warnings
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from brickgpt_engine.errors import ConfigError, FormatError, InputError

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

UP_OF_EXTENSION = {".obj": "y", ".glb": "y", ".stl": "z", ".ply": "z"}
"""Extensions that are read, with the axis that points up in most such files (in GLB: in all)."""
MAX_BYTES = 200_000_000
"""Largest mesh file that is read."""
MAX_FACES = 2_000_000
"""Most triangles of a mesh: far more than a brick model can show."""

_TURNS: dict[str, tuple[tuple[int, int, int], ...]] = {
    "x": ((0, 1, 0), (0, 0, 1), (1, 0, 0)),
    "-x": ((0, -1, 0), (0, 0, 1), (-1, 0, 0)),
    "y": ((1, 0, 0), (0, 0, -1), (0, 1, 0)),
    "-y": ((1, 0, 0), (0, 0, 1), (0, -1, 0)),
    "z": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "-z": ((1, 0, 0), (0, -1, 0), (0, 0, -1)),
}
"""Rotation that turns each axis to +z; none mirrors."""
UP_AXES = tuple(_TURNS)

# What trimesh's readers raise on files that are not what they should be: there is no common base.
# ImportError: it wants a library that guesses encodings.
_READ_ERRORS = (
    ValueError, LookupError, TypeError, AttributeError, ArithmeticError, RuntimeError, EOFError, ImportError,
)  # fmt: skip


@dataclass(frozen=True)
class Mesh:
    """Triangles that can be voxelized.

    Attributes:
        vertices: corners (v, 3), finite.
        faces: positions of corners (f, 3); every triangle has an area.
        not_numbers: triangles left out because a coordinate was not a number, or a corner missing.
        flat: triangles left out because they had no area.
    """

    vertices: FloatArray
    faces: IntArray
    not_numbers: int = 0
    flat: int = 0

    @property
    def triangles(self) -> FloatArray:
        """Corners (f, 3, 3)."""
        return self.vertices[self.faces]


def load_mesh(path: str | os.PathLike[str]) -> Mesh:
    """Read a mesh file; all its objects are joined, placed as its scene places them.

    Raises:
        InputError: there is no such file, or trimesh is not installed.
        FormatError: the file is not a mesh of the kind that its extension names, or has no triangles.
    """
    source = Path(path)
    extension = source.suffix.lower()
    if extension not in UP_OF_EXTENSION:
        known = ", ".join(UP_OF_EXTENSION)
        raise FormatError(f"unknown extension {extension!r}; use one of {known}", source=str(path))
    data = _read_bytes(source)
    trimesh = _trimesh()
    kind = extension[1:]
    try:
        vertices, faces = _parse(trimesh, _as_unicode(data, kind), kind)
    except (*_READ_ERRORS, struct.error) as error:
        what = "text that is not UTF-8" if isinstance(error, ImportError) else " ".join(str(error).split())
        reason = what[:100] or type(error).__name__
        raise FormatError(
            f"the file cannot be read as {kind.upper()} ({reason})", source=str(path)
        ) from error
    try:
        return clean_mesh(vertices, faces)
    except (FormatError, ConfigError) as error:
        raise FormatError(str(error), source=str(path)) from error


def clean_mesh(vertices: ArrayLike, faces: ArrayLike) -> Mesh:
    """Check a mesh, and leave out triangles without an area or with impossible corners.

    Args:
        vertices: corners (v, 3), in any unit.
        faces: positions of corners (f, 3).

    Raises:
        ConfigError: the arrays have other shapes.
        FormatError: no triangle is left, there are more than :data:`MAX_FACES`, or they reach too far.
    """
    corners, wanted = _as_arrays(vertices, faces)
    if not len(wanted):
        raise FormatError("the mesh has no triangles; export its surface, not points or lines")
    if len(wanted) > MAX_FACES:
        raise FormatError(
            f"the mesh has {len(wanted):,} triangles, more than {MAX_FACES:,}; "
            "reduce it first, for example with Blender's Decimate modifier"
        )
    usable = np.asarray(((wanted >= 0) & (wanted < len(corners))).all(axis=1))
    finite = np.isfinite(corners)
    usable[usable] = finite[wanted[usable]].all(axis=(1, 2))
    sound = wanted[usable]
    solid = _have_area(corners, sound)
    if not solid.any():
        raise FormatError("the mesh has no triangle with an area and finite coordinates; export it anew")
    return Mesh(corners, sound[solid], int((~usable).sum()), int((~solid).sum()))


def upright(vertices: FloatArray, up: str) -> FloatArray:
    """Turn vertices (v, 3) so that the axis ``up`` (``y``, ``-z``, …) points along +z.

    Raises:
        ConfigError: there is no such axis.
    """
    if up not in _TURNS:
        raise ConfigError(f"up is {up!r}; use one of {', '.join(UP_AXES)}")
    # Not a matrix product: for so small a matrix the threads of BLAS cost more than they do.
    turned: FloatArray = np.einsum("vi,ji->vj", vertices, np.asarray(_TURNS[up], dtype=float))
    return turned


def _as_arrays(vertices: ArrayLike, faces: ArrayLike) -> tuple[FloatArray, IntArray]:
    corners = np.asarray(vertices, dtype=np.float64)
    wanted = np.asarray(faces)
    if wanted.size == 0 or corners.size == 0:
        return corners.reshape(-1, 3), np.zeros((0, 3), dtype=np.int64)
    shaped = corners.ndim == wanted.ndim == 2 and corners.shape[1] == wanted.shape[1] == 3
    if not shaped or not np.issubdtype(wanted.dtype, np.integer):
        raise ConfigError("a mesh needs vertices of shape (v, 3) and whole-numbered faces of shape (f, 3)")
    return corners, wanted.astype(np.int64)


def _have_area(corners: FloatArray, faces: IntArray) -> NDArray[np.bool_]:
    """Which triangles are no line or point, measured against the size of the whole.

    Raises:
        FormatError: the coordinates reach so far that sizes cannot be computed.
    """
    triangles = corners[faces]
    if not len(triangles):
        return np.zeros(0, dtype=bool)
    with np.errstate(over="ignore"):
        span = float(np.ptp(triangles.reshape(-1, 3), axis=0).max())
    if not np.isfinite(span):
        raise FormatError("the mesh has coordinates near the largest numbers there are; scale it down")
    unit = (triangles - triangles[:, :1]) / (span or 1.0)
    doubled = np.linalg.norm(np.cross(unit[:, 1], unit[:, 2]), axis=1)
    with_area: NDArray[np.bool_] = doubled > 0.0
    return with_area


def _read_bytes(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except FileNotFoundError as error:
        raise InputError(f"{path}: no such file; check the name") from error
    except IsADirectoryError as error:
        raise InputError(f"{path}: is a folder; name a file in it") from error
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        reason = getattr(error, "strerror", None) or error
        raise InputError(f"{path!s:.200}: cannot be read ({reason})") from error
    if len(data) > MAX_BYTES:
        limit = MAX_BYTES // 1_000_000
        raise FormatError(f"the file is larger than {limit} MB; reduce the mesh first", source=str(path))
    if not data.strip():
        raise FormatError("the file is empty", source=str(path))
    return data


def _trimesh() -> ModuleType:
    try:
        return import_module("trimesh")
    except ImportError as error:
        raise InputError(
            "reading meshes needs trimesh; install it with: pip install 'brickgpt-studio[mesh]'"
        ) from error


def _as_unicode(data: bytes, kind: str) -> bytes:
    """Text formats as UTF-8, whatever the encoding of names and comments; binary ones as they are.

    Raises:
        ValueError: the data is neither binary nor text STL.
    """
    if kind == "stl":
        count = int.from_bytes(data[80:84], "little")
        if len(data) == 84 + 50 * count:
            return data
        if not data.lstrip()[:5].lower() == b"solid":
            raise ValueError(f"its header speaks of {count:,} triangles, which its length does not fit")
    elif kind != "obj":
        return data
    return data.decode("utf-8", errors="replace").encode()


def _parse(trimesh: Any, data: bytes, kind: str) -> tuple[Any, Any]:
    """Vertices and faces as trimesh reads them: nothing merged, no other file opened, nothing said."""
    logger = logging.getLogger("trimesh")
    level = logger.level
    logger.setLevel(logging.CRITICAL + 1)
    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            scene = trimesh.load_scene(io.BytesIO(data), file_type=kind, process=False, skip_materials=True)
            whole = scene.to_mesh()
            return np.asarray(whole.vertices), np.asarray(whole.faces)
    finally:
        logger.setLevel(level)
