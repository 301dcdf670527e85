"""Where results go: names made from prompts, numbered names, and asking the disk beforehand."""

from __future__ import annotations

import os
import re
import tempfile
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from brickgpt_engine.bricks import BrickStructure
from brickgpt_engine.errors import OutputError
from brickgpt_engine.exporting import EXPORTS, picture_bytes, write_export
from brickgpt_engine.formats import FORMATS, atomic

PICTURE = ".png"
FORMAT_NAMES = ("txt", "ldr", "json", "png")
"""What is written for each model, in this order."""
NAME_SUFFIXES = (*FORMATS, PICTURE, ".jpg", ".jpeg", ".webp")
"""Extensions that are dropped from the name of a model's files; pictures are PNG whatever was typed."""
_SLUG_LENGTH = 48
_ARTICLES = ("a", "an", "the")


def slug(prompt: str) -> str:
    """A file name from a prompt: lower-case words joined by dashes, without the leading article."""
    text = unicodedata.normalize("NFKC", prompt).lower()
    words = re.findall(r"\w+", text.replace("_", " "))
    if len(words) > 1 and words[0] in _ARTICLES:
        words = words[1:]
    name = "-".join(words)
    if len(name) > _SLUG_LENGTH:
        name = name[: _SLUG_LENGTH + 1].rpartition("-")[0] or name[:_SLUG_LENGTH]
    return name or "model"


@dataclass(frozen=True)
class Target:
    """The files of one model: ``folder/stem`` with each of ``formats`` as extension.

    Attributes:
        folder: where they go.
        stem: their common name.
        formats: extensions without the dot.
        force: overwrite what is there.
    """

    folder: Path
    stem: str
    formats: tuple[str, ...] = FORMAT_NAMES
    force: bool = False

    @property
    def paths(self) -> list[Path]:
        """The files, in the order of ``formats``."""
        return [self.folder / f"{self.stem}.{extension}" for extension in self.formats]

    def numbered(self, number: int) -> Target:
        """The ``number``-th of several: the first keeps the name, the others get ``-2``, ``-3`` and so on."""
        return self if number == 1 else replace(self, stem=f"{self.stem}-{number}")

    def free(self, used: set[str]) -> Target:
        """The first numbered name that is not in ``used`` and, without ``force``, not on disk."""
        number = 1
        while True:
            candidate = self.numbered(number)
            if candidate.stem not in used and (self.force or not candidate.exists()):
                return candidate
            number += 1

    def exists(self) -> bool:
        """Whether one of the files is there.

        Raises:
            OutputError: the name is impossible.
        """
        for path in self.paths:
            try:
                path.lstat()
            except (FileNotFoundError, NotADirectoryError):
                continue
            except (OSError, ValueError) as error:  # ValueError: a NUL in the name
                name = f"{path!s:.60}…" if len(str(path)) > 60 else path
                raise OutputError(f"cannot use the name {name}: {_reason(error, self.folder)}") from error
            return True
        return False

    def require_writable(self, *, create: bool) -> None:
        """Make sure now that files can be written later.

        Args:
            create: whether a missing folder is made.

        Raises:
            OutputError: they cannot.
        """
        try:
            if create:
                self.folder.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=self.folder, prefix=".brickgpt-"):
                pass
        except (OSError, ValueError) as error:
            raise OutputError(f"cannot write into {self.folder}: {_reason(error, self.folder)}") from error
        self.exists()  # finds impossible names
        blocked = next((path for path in self.paths if path.is_dir()), None)
        if blocked is not None and self.force:
            raise OutputError(f"cannot write {blocked}: it is a folder; choose another name")


def _reason(error: Exception, folder: Path) -> str:
    if isinstance(error, FileNotFoundError):
        if folder.is_dir():  # /proc and its like are there, yet take no files
            return "it takes no files; choose another place with --out"
        return "the folder does not exist; create it, or end --out with / to have it made"
    if isinstance(error, FileExistsError | NotADirectoryError):
        return "it is not a folder; choose another place with --out"
    return f"{getattr(error, 'strerror', None) or error}; choose another place with --out"


def expanded(name: str) -> Path:
    """``name`` as a path, ``~`` being the home folder where there is one."""
    try:
        return Path(name).expanduser()
    except RuntimeError:
        return Path(name)


def is_folder(path: Path) -> bool:
    """Whether ``path`` is a folder; an impossible name is none."""
    try:
        return path.is_dir()
    except OSError:
        return False


def parse_out(out: str | None, *, many: bool) -> tuple[Path, str | None, bool]:
    """What ``--out`` means: folder, name (None: made from the prompt), and whether to make the folder.

    Args:
        out: as given; None is the current folder.
        many: there are several prompts, so it names a folder.

    Raises:
        OutputError: it names one file for several prompts.
    """
    if out is None:
        return Path(), None, False
    path = expanded(out)
    name_is_file = path.suffix.lower() in NAME_SUFFIXES
    if out.endswith(("/", os.sep)) or is_folder(path) or (many and not name_is_file):
        return path, None, True
    if many:
        raise OutputError(f"--out {out} names one file, and there are several prompts; name a folder")
    return path.parent, bare_name(path), False


def bare_name(path: Path) -> str:
    """The last part of ``path`` without a known extension; other dots belong to the name."""
    return path.stem if path.suffix.lower() in NAME_SUFFIXES else path.name


def require_file(path: Path, *, force: bool, kinds: Sequence[str] = tuple(EXPORTS)) -> None:
    """Make sure, before any work is done, that one file can be written.

    Args:
        path: the file.
        force: whether it may be there already.
        kinds: extensions that it may have.

    Raises:
        OutputError: it cannot.
    """
    if path.suffix.lower() not in kinds:
        what = f"unknown extension {path.suffix!r}" if path.suffix else "the name has no extension"
        known = f"use one of {', '.join(kinds)}" if len(kinds) > 1 else f"end the name with {kinds[0]}"
        raise OutputError(f"cannot write {path}: {what}; {known}")
    if is_folder(path):
        raise OutputError(f"cannot write {path}: it is a folder; choose another name")
    if os.path.lexists(path) and not force:
        raise OutputError(f"{path} exists; choose another name or add --force")
    try:
        with tempfile.TemporaryFile(dir=path.parent, prefix=".brickgpt-"):
            pass
    except FileNotFoundError as error:
        folder = path.parent
        why = "takes no files; choose another" if folder.is_dir() else "does not exist; create it first"
        raise OutputError(f"cannot write {path}: the folder {folder} {why}") from error
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        reason = getattr(error, "strerror", None) or error
        raise OutputError(f"cannot write {path}: {reason}; choose another place") from error


def write_model(
    structure: BrickStructure, target: Target, *, title: str, overwrite: bool | None = None
) -> list[Path]:
    """Write every file of ``target``; returns them.

    Raises:
        OutputError: one cannot be written.
    """
    allowed = target.force if overwrite is None else overwrite
    for path in target.paths:
        write_any(structure, path, title=title, overwrite=allowed)
    return target.paths


def write_any(structure: BrickStructure, path: Path, *, title: str | None, overwrite: bool) -> None:
    """Write what the extension names: a model file, a picture, a parts list or instructions.

    Raises:
        OutputError: the extension is unknown, the file cannot be written, or it exists and ``overwrite``
            is false.
        ConfigError: there are no bricks to give instructions for.
    """
    if path.suffix.lower() == PICTURE:
        atomic.write_bytes(path, picture_bytes(structure), overwrite=overwrite)
    else:
        write_export(structure, path, title=title, overwrite=overwrite)


def named(paths: Sequence[Path]) -> str:
    """``a, b, and c``."""
    names = [str(path) for path in paths]
    if len(names) < 3:
        return " and ".join(names)
    return f"{', '.join(names[:-1])}, and {names[-1]}"
