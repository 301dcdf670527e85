r"""Furniture libraries of Sweet Home 3D (``.sh3f``): what is in them, under which licence, and the meshes.

Such a file is a zip with ``PluginFurnitureCatalog.properties``: a Java properties file (ISO 8859-1,
``\uXXXX`` for the rest) whose keys ``name#7``, ``model#7`` … describe the seventh model; keys without a
number hold for the whole library. Models have y up and their front towards +z, after ``modelRotation``;
width, depth and height in centimetres say how large the thing is.
"""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from numpy.typing import NDArray

from brickgpt_engine.errors import BrickGPTError, ConfigError, FormatError
from brickgpt_engine.layout.mesh import MAX_BYTES, clean_mesh, load_mesh, upright

PACKAGE = "sweethome3d-furniture"
"""The Debian package whose libraries are used unless others are named."""
FOLDER = Path("/usr/share/sweethome3d/furniture")
"""Where that package puts them."""
PROPERTIES = "PluginFurnitureCatalog.properties"

Tell = Callable[[str], None]
"""Is told, in one line each, what could not be used."""
FloatArray = NDArray[np.float64]

_LICENCES = (
    (re.compile(r"(?:public domain|cc-?0)\b", re.IGNORECASE), "CC0 1.0"),
    (re.compile(r"creative commons(?: 3\.0)? attribution 3\.0 united states", re.IGNORECASE), "CC BY 3.0 US"),
    (re.compile(r"creative commons attribution 3\.0(?: unported)? licen[cs]e", re.IGNORECASE), "CC BY 3.0"),
)
"""How libraries name the licences that allow what a data set does, and how we name them."""
_DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError)
"""What the zipfile module raises on files that are cut off, encrypted or no zip."""


@dataclass(frozen=True)
class Entry:
    """One model of a library.

    Attributes:
        archive: the library it is in.
        id: its name in all libraries, for example ``Scopia#old_jar``.
        name: what it is, in English: ``Old jar``.
        model: path of the mesh within the archive.
        size: width, depth and height in centimetres.
        rotation: rows of the matrix that turns the mesh before it is used, or none.
        creator: who made it.
        licence: short name of the library's licence.
    """

    archive: Path
    id: str
    name: str
    model: str
    size: tuple[float, float, float]
    rotation: tuple[float, ...]
    creator: str
    licence: str


def default_paths() -> tuple[Path, ...]:
    """The libraries of the Debian package, in order of their names.

    Raises:
        ConfigError: the package is not installed.
    """
    paths = tuple(sorted(FOLDER.glob("*.sh3f")))
    if not paths:
        raise ConfigError(
            f"there are no furniture models in {FOLDER}; install them: apt-get install {PACKAGE}"
        )
    return paths


def source_package(archive: Path) -> str:
    """The Debian package that an archive belongs to, or the file's name when it lies elsewhere."""
    return PACKAGE if archive.parent == FOLDER else archive.name


def entries(paths: Sequence[Path] | None, tell: Tell) -> Iterator[Entry]:
    """All models of the libraries, in their order; damaged libraries and entries are told and passed over.

    Args:
        paths: the ``.sh3f`` files; None: those of the Debian package.
        tell: is called with a line on everything that could not be used.

    Raises:
        ConfigError: a named file is not there, or none was named and the package is not installed.
    """
    for path in default_paths() if paths is None else paths:
        if not path.is_file():
            raise ConfigError(f"{path}: no such file; name an .sh3f furniture library")
        try:
            values = parse_properties(_member(path, PROPERTIES).decode("latin-1"))
            licence = _licence(values.get("license", ""))
        except FormatError as error:
            tell(f"{path.name}: left out: {error}")
            continue
        yield from _entries_of(path, values, licence, tell)


def parse_properties(text: str) -> dict[str, str]:
    r"""Keys and values of a Java properties file: comments, long lines and ``\uXXXX`` as Java has them."""
    joined = re.sub(r"(?<!\\)((?:\\\\)*)\\\r?\n[ \t\f]*", r"\1", text)
    values = {}
    for line in joined.splitlines():
        match = re.match(r"\s*([^\s#!=:][^\s=:]*)\s*[=:]?\s*(.*?)\s*$", line)
        if match:
            values[match[1]] = re.sub(r"\\(u[0-9a-fA-F]{4}|.)", _unescaped, match[2])
    return values


def read_mesh(entry: Entry) -> tuple[FloatArray, NDArray[np.int64]]:
    """The mesh of an entry: vertices (v, 3) in cm with z up and the front at low y, and faces (f, 3).

    Raises:
        FormatError: the mesh is missing or damaged.
    """
    data = _member(entry.archive, entry.model)
    with TemporaryDirectory() as folder:
        file = Path(folder) / f"model{Path(entry.model).suffix}"
        file.write_bytes(data)
        try:
            mesh = load_mesh(file)
        except BrickGPTError as error:
            raise FormatError(getattr(error, "reason", str(error))) from error
    used, corners = np.unique(mesh.faces, return_inverse=True)
    vertices = mesh.vertices[used]
    if entry.rotation:
        vertices = vertices @ np.asarray(entry.rotation).reshape(3, 3).T
    turned = upright(vertices, "y")
    extent = np.ptp(turned, axis=0)
    known = clean_mesh(turned, corners.reshape(-1, 3))
    scale = np.where(extent > 0, np.asarray(entry.size) / np.where(extent > 0, extent, 1.0), 1.0)
    return known.vertices * scale, known.faces


def _entries_of(path: Path, values: Mapping[str, str], licence: str, tell: Tell) -> Iterator[Entry]:
    numbers = sorted({int(key.split("#")[1]) for key in values if re.fullmatch(r"\w+#\d+", key)})
    for number in numbers:
        try:
            yield _entry(path, values, number, licence)
        except FormatError as error:
            tell(f"{path.name}: model {number} left out: {error}")


def _entry(path: Path, values: Mapping[str, str], number: int, licence: str) -> Entry:
    def value(key: str, default: str | None = None) -> str:
        found = values.get(f"{key}#{number}", default)
        if not found and default is None:
            raise FormatError(f"it has no {key}")
        return found or ""

    name, model = value("name"), value("model").lstrip("/")
    size = tuple(_number(value(key), key) for key in ("width", "depth", "height"))
    rotation = tuple(_number(word, "modelRotation") for word in value("modelRotation", "").split())
    if min(size) <= 0 or len(rotation) not in (0, 9):
        raise FormatError("its size or its modelRotation is wrong")
    known_as = value("id", "") or f"{path.stem}#{number}"
    creator = value("creator", "") or values.get("provider", "") or "unknown"
    return Entry(path, known_as, name, model, (size[0], size[1], size[2]), rotation, creator, licence)


def _licence(text: str) -> str:
    for pattern, short in _LICENCES:
        if pattern.match(text.strip()):
            return short
    raise FormatError(f"its licence {text[:60]!r} is neither CC0 nor CC BY; use libraries with one of these")


def _number(text: str, key: str) -> float:
    try:
        number = float(text)
    except ValueError as error:
        raise FormatError(f"its {key} {text[:20]!r} is no number") from error
    if not np.isfinite(number):
        raise FormatError(f"its {key} {text[:20]!r} is no finite number")
    return number


def _member(path: Path, name: str) -> bytes:
    """The content of one file in an archive.

    Raises:
        FormatError: the archive is damaged, or has no such file, or it is too large.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            if archive.getinfo(name).file_size > MAX_BYTES:
                raise FormatError(f"{name} is larger than {MAX_BYTES // 1_000_000} MB")
            return archive.read(name)
    except KeyError as error:
        raise FormatError(f"there is no {name} in the archive") from error
    except _DAMAGED as error:
        reason = " ".join(str(error).split())[:80]
        raise FormatError(f"it cannot be read as a zip archive ({reason})") from error


def _unescaped(match: re.Match[str]) -> str:
    code = match[1]
    if len(code) > 1:
        return chr(int(code[1:], 16))
    return {"t": "\t", "n": "\n", "r": "\r", "f": "\f"}.get(code, code)
