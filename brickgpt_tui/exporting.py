"""From a snapshot to a file: names, places, and whether one can be written there, before any work is done."""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Callable
from pathlib import Path

from brickgpt_engine.bricks import BrickStructure, colours
from brickgpt_engine.errors import ConfigError, OutputError
from brickgpt_engine.exporting import EXPORTS, write_export
from brickgpt_tui.snapshot import ModelSnapshot

OFFERED = (".ldr", ".txt", ".json", ".png", ".xml", ".csv", ".html")
"""Extensions in the order of the dialogue; what else can be written is understood when it is typed."""
_LONGEST_NAME = 48

Progress = Callable[[int, int], None]


def file_name(title: str) -> str:
    """A file name without extension from a title: lower-case words joined by dashes."""
    text = unicodedata.normalize("NFKC", Path(title).stem if _is_file(title) else title).lower()
    words = re.findall(r"\w+", text.replace("_", " "))
    if len(words) > 1 and words[0] in ("a", "an", "the"):
        words = words[1:]
    return "-".join(words)[:_LONGEST_NAME].strip("-") or "model"


def heading(title: str) -> str:
    """A title for people: a file's name without its extension, words apart; any other as it is."""
    if not _is_file(title):
        return title
    from brickgpt_engine.formats import readable

    return readable(title)


def _is_file(title: str) -> bool:
    return Path(title).suffix.lower() in EXPORTS


def with_extension(name: str, extension: str) -> str:
    """``name`` with ``extension``, in place of one of ours where it has one."""
    path = Path(name)
    bare = name[: -len(path.suffix)] if path.suffix.lower() in EXPORTS else name
    return bare + extension


def target(typed: str) -> Path:
    """The absolute path that was typed; ``~`` is the home folder.

    Raises:
        OutputError: nothing was typed, or it cannot be a file that is written.
    """
    text = typed.strip()
    if not text:
        raise OutputError("give a file name")
    try:
        path = Path(text).expanduser()
    except RuntimeError:
        path = Path(text)
    if path.suffix.lower() not in EXPORTS:
        raise OutputError(f"end the name with one of {', '.join(EXPORTS)}")
    path = Path(os.path.abspath(path))  # noqa: PTH100 - resolve() follows links
    try:
        if path.is_dir():
            raise OutputError(f"{path} is a folder; name a file")
        if not path.parent.is_dir():
            raise OutputError(f"the folder {path.parent} does not exist; create it or choose another")
    except ValueError as error:  # a NUL in the name
        raise OutputError(f"the name cannot be used: {error}") from error
    return path


def exists(path: Path) -> bool:
    """Whether something is at ``path`` already."""
    return os.path.lexists(path)


def colour_code(text: str) -> int | None:
    """The LDraw code of a colour that was typed, None for nothing.

    Raises:
        ConfigError: there is no such colour.
    """
    word = text.strip()
    if not word:
        return None
    code = int(word) if word.isascii() and word.isdigit() and len(word) < 9 else colours.colour_by_name(word)
    if code is None or colours.colour_of_code(code) is None:
        raise ConfigError(f"{word!r:.40} is no colour; give a name such as dark red, or an LDraw code")
    return code


def write(
    snapshot: ModelSnapshot,
    path: Path,
    *,
    title: str = "",
    colour: int | None = None,
    overwrite: bool = False,
    progress: Progress | None = None,
) -> None:
    """Write the visible bricks of ``snapshot``; takes seconds for instructions, so call it in a thread.

    Args:
        snapshot: the model.
        path: where to; the extension tells as what.
        title: title, for kinds that have one.
        colour: LDraw code for all bricks, None for their own.
        overwrite: whether an existing file may be replaced.
        progress: as :func:`brickgpt_engine.exporting.write_export` has it.

    Raises:
        OutputError: it cannot be written.
        ConfigError: the model has no bricks.
    """
    structure = BrickStructure(snapshot.visible, snapshot.world_dim)
    if not len(structure):
        raise ConfigError("there are no bricks to export")
    if colour is not None:
        structure = colours.paint(structure, colour)
    write_export(structure, path, title=title or None, overwrite=overwrite, progress=progress)
