"""The terminal is the studio's alone: what libraries write past Python does not get onto it.

Solvers and model runtimes write banners and warnings straight to the file descriptors 1 and 2, where
they would land in the middle of the picture, or of the packets that ``textual serve`` reads.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import TextIO, cast

_STREAMS = (("stdout", 1), ("stderr", 2))


@contextmanager
def own_terminal() -> Iterator[None]:
    """Inside, Python's own streams reach the terminal, and the descriptors 1 and 2 reach nobody.

    Textual draws on ``sys.__stderr__`` and sends packets to ``sys.__stdout__``; make the app inside. Where
    they are not descriptors 1 and 2 (in tests), nothing is done.
    """
    with ExitStack() as undo:
        for name, number in _STREAMS:
            stream = cast("TextIO | None", getattr(sys, f"__{name}__"))
            if _descriptor(stream) == number:
                _move(undo, name, number, cast("TextIO", stream))
        yield


def is_there() -> bool:
    """Whether there is a terminal to read from: none is left where its window was closed without a signal."""
    try:
        return sys.__stdin__ is not None and os.isatty(sys.__stdin__.fileno())
    except (OSError, ValueError):
        return False


def _descriptor(stream: TextIO | None) -> int | None:
    try:
        return None if stream is None else stream.fileno()
    except (OSError, ValueError):  # a stream of a test, or closed
        return None


def _move(undo: ExitStack, name: str, number: int, stream: TextIO) -> None:
    """Give the stream a descriptor of its own, and the old one to nobody, until ``undo`` is closed."""
    stream.flush()
    terminal = os.dup(number)
    undo.callback(os.close, terminal)
    moved = os.fdopen(terminal, "w", encoding=stream.encoding, errors=stream.errors, closefd=False)
    for attribute in (name, f"__{name}__"):
        undo.callback(setattr, sys, attribute, getattr(sys, attribute))
        if getattr(sys, attribute) is stream:
            setattr(sys, attribute, moved)
    undo.callback(os.dup2, terminal, number)
    undo.callback(moved.flush)
    nobody = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nobody, number)
    os.close(nobody)
