"""Reading a text file as a whole, with one clear error for each way in which that can fail."""

from __future__ import annotations

import os
from pathlib import Path

from brickgpt_engine.errors import FormatError, InputError

MAX_BYTES = 50_000_000
"""Largest file that is read: some two million brick lines."""


def read_text_file(path: str | os.PathLike[str], *, any_encoding: bool = False) -> str:
    """Content of a UTF-8 file, without byte order mark.

    Args:
        path: the file.
        any_encoding: replace bytes that are not UTF-8 by U+FFFD instead of refusing the file.

    Raises:
        InputError: no such file, a folder, or not readable.
        FormatError: larger than :data:`MAX_BYTES`, empty, or not text.
    """
    data = _read_bytes(path)
    source = str(path)
    if len(data) > MAX_BYTES:
        limit = MAX_BYTES // 1_000_000
        raise FormatError(f"the file is larger than {limit} MB; is it a brick model?", source=source)
    if not data.strip():
        raise FormatError("the file is empty", source=source)
    if b"\0" in data:
        raise FormatError("the file is binary or UTF-16; a brick model is UTF-8 text", source=source)
    return _decode(data, source, any_encoding)


def _decode(data: bytes, source: str, any_encoding: bool) -> str:
    try:
        return data.decode("utf-8-sig", errors="replace" if any_encoding else "strict")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise FormatError(
            "the file is not UTF-8 text; save it with that encoding", source=source, line=line
        ) from error


def _read_bytes(path: str | os.PathLike[str]) -> bytes:
    """Up to one byte more than allowed, so that the caller sees that a file is too large."""
    try:
        with Path(path).open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except FileNotFoundError as error:
        raise InputError(f"{path}: no such file; check the name") from error
    except IsADirectoryError as error:
        raise InputError(f"{path}: is a folder; name a file in it") from error
    except PermissionError as error:
        raise InputError(f"{path}: no permission to read it") from error
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        reason = getattr(error, "strerror", None) or error
        raise InputError(f"{path!s:.200}: cannot be read ({reason})") from error
