"""Everything that a model can be taken along as, by file extension: models, pictures, lists, instructions.

The formats that :mod:`brickgpt_engine.formats` reads back are here too, so that front ends need one call.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from brickgpt_engine.bricks import BrickStructure
from brickgpt_engine.errors import OutputError
from brickgpt_engine.formats import FORMATS, atomic, parts_list

Progress = Callable[[int, int], None]
PICTURE = ".png"


@dataclass(frozen=True, slots=True)
class Export:
    """One kind of file.

    Attributes:
        extension: lower case, with its dot.
        name: what people call it, in a few words.
        help: what it is good for, in a line.
    """

    extension: str
    name: str
    help: str


EXPORTS: dict[str, Export] = {
    export.extension: export
    for export in (
        Export(".txt", "Text", "bricks in build order, one a line"),
        Export(".json", "BrickGPT JSON", "the published JSON: part ids and places"),
        Export(".ldr", "LDraw", "for LeoCAD, Studio and other editors"),
        Export(".mpd", "LDraw document", "the same as a multi-part document"),
        Export(".png", "Picture", "an isometric picture"),
        Export(".xml", "BrickLink XML", "parts, as a BrickLink wanted list"),
        Export(".csv", "Rebrickable CSV", "parts, for Rebrickable or a table program"),
        Export(".html", "Instructions", "printable building instructions"),
    )
}
"""Kinds of files by extension."""


def write_export(
    structure: BrickStructure,
    path: str | os.PathLike[str],
    *,
    title: str | None = None,
    overwrite: bool = True,
    progress: Progress | None = None,
) -> None:
    """Write ``structure`` as what the extension of ``path`` names, whole or not at all.

    Args:
        structure: what to write.
        path: where to.
        title: title, for kinds that have one.
        overwrite: whether an existing file may be replaced.
        progress: called with the steps done and the steps in all where it takes long (instructions).

    Raises:
        OutputError: the extension is unknown, the file exists and ``overwrite`` is false, or it cannot
            be written.
        ConfigError: there is nothing to give instructions for.
    """
    target = Path(path)
    if target.suffix.lower() not in EXPORTS:
        what = f"unknown extension {target.suffix!r}" if target.suffix else "the name has no extension"
        raise OutputError(f"cannot write {path}: {what}; use one of {', '.join(EXPORTS)}")
    if not overwrite and os.path.lexists(target):  # before any work is done
        raise OutputError(f"{path} exists; choose another name or allow overwriting")
    atomic.write_bytes(target, _content(structure, target, title, progress), overwrite=overwrite)


def _content(structure: BrickStructure, path: Path, title: str | None, progress: Progress | None) -> bytes:
    extension = path.suffix.lower()
    if extension == PICTURE:
        return picture_bytes(structure)
    if extension == ".xml":
        return parts_list.bricklink_xml(structure).encode()
    if extension == ".csv":
        return parts_list.rebrickable_csv(structure).encode()
    if extension == ".html":
        from brickgpt_engine.rendering.instructions import instructions_html

        return instructions_html(structure, title=title, progress=progress).encode("utf-8", errors="replace")
    return FORMATS[extension].dumps(structure, title, path.name).encode("utf-8", errors="replace")


def picture_bytes(structure: BrickStructure) -> bytes:
    """The isometric picture as a PNG file."""
    from brickgpt_engine.rendering import png_bytes, render_isometric

    return png_bytes(render_isometric(structure))
