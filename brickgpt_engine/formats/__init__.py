"""Brick models as files: text, the published JSON, and LDraw, told apart by extension.

Text and JSON carry bricks, order and place. LDraw also carries colours and, in files that
:mod:`brickgpt_engine.formats.ldraw` wrote, the size of the world.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from brickgpt_engine.bricks import BrickStructure
from brickgpt_engine.errors import FormatError, InputError
from brickgpt_engine.formats import atomic, ldraw, text, upstream_json
from brickgpt_engine.formats.files import read_text_file

__all__ = ["FORMATS", "FileFormat", "format_of", "read_structure", "readable", "title_of", "write_structure"]


@dataclass(frozen=True, slots=True)
class FileFormat:
    """One file format.

    Attributes:
        name: what people call it.
        loads: ``(content, *, world_dim, source) -> BrickStructure``.
        dumps: ``(structure, title, file_name) -> content``.
        any_encoding: whether bytes that are not UTF-8 are tolerated (in comments of old files).
    """

    name: str
    loads: Callable[..., BrickStructure]
    dumps: Callable[[BrickStructure, str | None, str], str]
    any_encoding: bool = False


def _dump_ldraw(structure: BrickStructure, title: str | None, file_name: str) -> str:
    return ldraw.dumps(structure, title=title, name=file_name)


_LDRAW = FileFormat("LDraw", ldraw.loads, _dump_ldraw, any_encoding=True)

FORMATS: dict[str, FileFormat] = {
    ".txt": FileFormat("text", text.loads, lambda structure, title, name: text.dumps(structure)),
    ".json": FileFormat(
        "JSON", upstream_json.loads, lambda structure, title, name: upstream_json.dumps(structure)
    ),
    ".ldr": _LDRAW,
    ".mpd": _LDRAW,
}
"""Formats by file extension, in lower case."""


def format_of(path: str | os.PathLike[str]) -> FileFormat:
    """The format that the extension of ``path`` names.

    Raises:
        FormatError: the extension is missing or unknown.
    """
    extension = Path(path).suffix.lower()
    if extension in FORMATS:
        return FORMATS[extension]
    known = ", ".join(FORMATS)
    if extension == ".io":
        raise FormatError(f"Studio projects cannot be read; export LDraw and use {known}", source=str(path))
    what = f"unknown extension {extension!r}" if extension else "the name has no extension"
    raise FormatError(f"{what}; use one of {known}", source=str(path))


def title_of(path: str | os.PathLike[str]) -> str:
    """What to call the model in a file: its title, else its name, "big-red_car.txt" as "big red car".

    Raises:
        InputError: an LDraw file that cannot be read.
        FormatError: the same.
    """
    found = None
    if FORMATS.get(Path(path).suffix.lower()) is _LDRAW:
        found = ldraw.title_of(read_text_file(path, any_encoding=True))
    return found or readable(path)


def readable(path: str | os.PathLike[str]) -> str:
    """A file's name without folder and extension, words apart."""
    stem = Path(path).stem
    return " ".join(stem.replace("-", " ").replace("_", " ").split()) or stem


def read_structure(path: str | os.PathLike[str], *, world_dim: int | None = None) -> BrickStructure:
    """Read a brick model.

    Args:
        path: a file whose extension is one of :data:`FORMATS`.
        world_dim: side of the world in cells. None takes the size that the file names, and where
            it names none the larger of 20 and what its bricks need.

    Raises:
        InputError: the file cannot be read.
        FormatError: it is not what its extension says, or a brick cannot be where the file has it;
            the message begins with file and line.
        ConfigError: ``world_dim`` is out of range.
    """
    if os.path.isdir(path):  # noqa: PTH112 - Path.is_dir raises where the name is too long
        raise InputError(f"{path}: is a folder; name a file in it")
    file_format = format_of(path)
    content = read_text_file(path, any_encoding=file_format.any_encoding)
    return file_format.loads(content, world_dim=world_dim, source=str(path))


def write_structure(
    structure: BrickStructure,
    path: str | os.PathLike[str],
    *,
    title: str | None = None,
    overwrite: bool = True,
) -> None:
    """Write a brick model, whole or not at all.

    Args:
        structure: what to write; its order is kept.
        path: where to; the extension picks the format.
        title: title line, for formats that have one.
        overwrite: whether an existing file may be replaced.

    Raises:
        FormatError: the extension is unknown.
        OutputError: the file cannot be written, or exists and ``overwrite`` is false.
    """
    content = format_of(path).dumps(structure, title, Path(path).name)
    atomic.write_text(path, content, overwrite=overwrite)
