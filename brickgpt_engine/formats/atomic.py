"""Writing a file whole or not at all: a temporary file beside it, then one rename."""

from __future__ import annotations

import errno
import os
import secrets
import stat
from contextlib import suppress
from pathlib import Path

from brickgpt_engine.errors import OutputError


def write_text(path: str | os.PathLike[str], text: str, *, overwrite: bool = True) -> None:
    """Write ``text`` as UTF-8, line ends as they are; see :func:`write_bytes`."""
    write_bytes(path, text.encode("utf-8", errors="replace"), overwrite=overwrite)


def write_bytes(path: str | os.PathLike[str], data: bytes, *, overwrite: bool = True) -> None:
    """Write ``data`` so that ``path`` holds either all of it or what it held before.

    A link is followed, permissions of an existing file are kept, and a device or pipe
    (``/dev/stdout``) is written to directly.

    Raises:
        OutputError: the file exists and ``overwrite`` is false, or it cannot be written.
    """
    target = Path(path)
    try:
        mode = _mode(target)
        if mode is not None and not overwrite:
            raise OutputError(f"{path} exists; choose another name or allow overwriting")
        if mode is not None and not stat.S_ISREG(mode):
            target.write_bytes(data)
        else:
            _replace(Path(os.path.realpath(target)), data, mode)
    except OutputError:
        raise
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        raise OutputError(f"cannot write {path!s:.200}: {_reason(target, error)}") from error


def _mode(path: Path) -> int | None:
    """Type and permission bits of ``path``, or None when nothing is there."""
    try:
        return path.stat().st_mode
    except FileNotFoundError:
        return None


def _replace(target: Path, data: bytes, mode: int | None) -> None:
    """Write beside ``target`` and rename; the temporary file is gone whatever happens."""
    beside = target.with_name(f".{target.name[:40]}.{secrets.token_hex(4)}.tmp")
    try:
        with beside.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        if mode is not None:
            beside.chmod(stat.S_IMODE(mode))
        beside.replace(target)
    except BaseException:
        with suppress(OSError):
            beside.unlink()
        raise


def _reason(path: Path, error: OSError | ValueError) -> str:
    """What went wrong and what to do, in one line."""
    number = getattr(error, "errno", None)
    folder = path.parent
    if number == errno.ENOENT:
        return f"the folder {folder} does not exist; create it or choose another"
    if number == errno.ENOTDIR:
        return f"{folder} is not a folder; choose another place"
    if number == errno.EISDIR:
        return "it is a folder; name a file in it"
    if number in (errno.EACCES, errno.EPERM):
        return f"no permission in the folder {folder}; choose another place"
    if number == errno.EROFS:
        return f"the folder {folder} is read-only; choose another place"
    if number in (errno.ENOSPC, errno.EDQUOT):
        return "the disk is full; free some space or choose another place"
    if number == errno.ENAMETOOLONG:
        return "the name is too long; choose a shorter one"
    return str(getattr(error, "strerror", None) or error)
