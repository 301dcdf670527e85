"""Keeping NumPy's OpenBLAS to one thread where matrices are small.

A single-token step of a small model is some forty products of a row with a matrix, each
a few dozen microseconds long. Waking a second thread for each costs more than it saves,
and where another process holds that core, OpenBLAS waits for it: steps become ten times
slower. The setting can only be changed at run time through the library itself.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TypeAlias

import numpy as np

_Calls: TypeAlias = tuple[Callable[[], int], Callable[[int], object]]

_FOLDERS = ("../numpy.libs", ".dylibs")
_SUFFIXES = ("scipy_openblas_{}64_", "scipy_openblas_{}", "openblas_{}64_", "openblas_{}")


@cache
def _openblas() -> _Calls | None:
    """OpenBLAS's functions that get and set the number of threads; None where NumPy has another BLAS."""
    package = Path(np.__file__).resolve().parent
    for path in (found for folder in _FOLDERS for found in sorted((package / folder).glob("*openblas*"))):
        try:
            library = ctypes.CDLL(str(path))
        except OSError:
            continue
        for name in _SUFFIXES:
            getter = getattr(library, name.format("get_num_threads"), None)
            setter = getattr(library, name.format("set_num_threads"), None)
            if getter is not None and setter is not None:
                return getter, setter
    return None


@contextmanager
def one_thread() -> Iterator[None]:
    """Run the body with single-threaded BLAS; does nothing where NumPy has no OpenBLAS of its own."""
    calls = _openblas()
    if calls is None:
        yield
        return
    get_threads, set_threads = calls
    before = get_threads()
    set_threads(1)
    try:
        yield
    finally:
        set_threads(before)
