"""What NumPy's OpenBLAS is asked and told: one thread where matrices are small, and which kernels it has.

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
from typing import Any, TypeAlias

import numpy as np

_Calls: TypeAlias = tuple[Callable[[], int], Callable[[int], object]]

_FOLDERS = ("../numpy.libs", ".dylibs")
_NAMES = ("scipy_openblas_{}64_", "scipy_openblas_{}", "openblas_{}64_", "openblas_{}")
_SMALL_KERNELS = (b"SkylakeX", b"Cooperlake", b"SapphireRapids")
"""Kinds of processor, as OpenBLAS calls them, for which it has kernels of its own for small products."""


@cache
def _libraries() -> tuple[ctypes.CDLL, ...]:
    """The OpenBLAS that came with NumPy; nothing where NumPy has another BLAS."""
    package = Path(np.__file__).resolve().parent
    found: list[ctypes.CDLL] = []
    for path in (path for folder in _FOLDERS for path in sorted((package / folder).glob("*openblas*"))):
        try:
            found.append(ctypes.CDLL(str(path)))
        except OSError:
            continue
    return tuple(found)


def _function(library: ctypes.CDLL, name: str) -> Callable[..., Any] | None:
    """The library's function ``name``, whatever its build put around it."""
    found = (getattr(library, pattern.format(name), None) for pattern in _NAMES)
    return next((function for function in found if function is not None), None)


@cache
def _openblas() -> _Calls | None:
    """OpenBLAS's functions that get and set the number of threads; None where NumPy has another BLAS."""
    for library in _libraries():
        getter, setter = _function(library, "get_num_threads"), _function(library, "set_num_threads")
        if getter is not None and setter is not None:
            return getter, setter
    return None


@cache
def small_products_are_fast() -> bool:
    """Whether a product of at most a million multiplications is done without packing its matrices first.

    OpenBLAS packs the weights anew for each product, which is most of the work where there are few rows.
    For some processors it has kernels that do without, and takes them for small products.
    """
    for library in _libraries():
        name = _function(library, "get_corename")
        if name is not None:
            name.restype = ctypes.c_char_p  # type: ignore[attr-defined]
            return name() in _SMALL_KERNELS
    return False


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
