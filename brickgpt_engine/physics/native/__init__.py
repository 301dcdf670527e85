"""The published problem by a compiled simplex: contacts, program and pivots of one structure in one call.

The C files of this folder know nothing of Python; they are compiled when the package is installed, where
there is a compiler (:mod:`~brickgpt_engine.physics.native.build`), and found through ctypes. An answer comes
with its proof, from the basis that the pivots ended with, solved for once more: no force below zero, every
row met, and no column that pays at the published costs. Without that, and wherever this way does not go,
there is no answer, and the analysis goes on as it does without the library.
"""

from __future__ import annotations

import ctypes
import os
import threading
from dataclasses import dataclass, field
from functools import cache
from itertools import chain
from operator import attrgetter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from brickgpt_engine.bricks.structure import BrickStructure
from brickgpt_engine.physics.contacts import WEIGHT
from brickgpt_engine.physics.force_model import SHARE, build_order_weights
from brickgpt_engine.physics.native.build import LIBRARY, digest

IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

WHOLE = 250
"""Bricks up to which every structure is for this way."""
MOST = 1200
"""Bricks up to which it is asked; beyond :data:`WHOLE` it leaves what is too much for it to HiGHS."""
DECLINED = "BRICKGPT_COMPILED"
"""Environment variable; 0 declines the library."""

_FIELDS = attrgetter("h", "w", "x", "y", "z")
_WHOLE, _AT = ctypes.c_int, ctypes.c_void_p
_ARGUMENTS: list[Any] = [_AT, _WHOLE, _WHOLE, *[_AT] * 4, _WHOLE, _WHOLE, *[_AT] * 6, _WHOLE, *[_AT] * 4]
_NO_MEMORY, _FAR, _TOO_LARGE = 1, 2, 6
"""Endings that do not depend on where the simplex begins, as ``paper.h`` numbers them."""


@dataclass(frozen=True, slots=True, eq=False)
class NativeOptimum:
    """An optimum of a structure of ``n`` bricks.

    Attributes:
        objective: newtons.
        standing: (n,) whether a chain of studs joins each brick to the baseplate.
        pull: (q,) at the contact points, in the order of :attr:`Contacts.points`, newtons.
        largest_pull: (n,) at each brick's own bottom contacts, newtons.
        hold: (n,) the brick that each one's largest pull holds to, -1 for the baseplate.
        residual: (n, 3) unbalanced force upwards, and torques along x and y, newtons and stud pitches.
        pivots: how many the simplex took.
    """

    objective: float
    standing: BoolArray
    pull: FloatArray
    largest_pull: FloatArray
    hold: NDArray[np.int32]
    residual: FloatArray
    pivots: int


@dataclass(slots=True, eq=False)
class Trace:
    """What an optimum leaves for that of a structure from which bricks are gone, and with one more at most.

    Attributes:
        columns: (c, 4) basic columns by the bricks that they are of; none before there was an optimum.
        motion: (n, 6) how each brick moves in the dual picture.
        origin: the place of each brick in ``motion``, by its position in build order.
    """

    columns: IntArray = field(default_factory=lambda: np.zeros((0, 4), dtype=np.int64))
    motion: FloatArray = field(default_factory=lambda: np.zeros((0, 6)))
    origin: list[int] = field(default_factory=list)

    def forget(self, position: int) -> None:
        """The brick at ``position``, counted from the first, is gone."""
        del self.origin[position : position + 1]


@cache
def library() -> ctypes.CDLL | None:
    """The compiled simplex; None where there is none of these sources, or it is declined."""
    if os.environ.get(DECLINED) == "0":
        return None
    try:
        found = ctypes.CDLL(str(LIBRARY))
        found.brickgpt_digest.restype = ctypes.c_char_p
        if found.brickgpt_digest().decode() != digest():
            return None
        found.brickgpt_workspace.restype = ctypes.c_void_p
        found.brickgpt_release.argtypes = [ctypes.c_void_p]
        found.brickgpt_release.restype = None
        found.brickgpt_paper.argtypes = _ARGUMENTS
    except (OSError, AttributeError):
        return None
    return found


def why_not() -> str:
    """Why there is no compiled simplex, in words; empty where there is."""
    if library() is not None:
        return ""
    if os.environ.get(DECLINED) == "0":
        return f"declined by {DECLINED}=0"
    again = "python -m brickgpt_engine.physics.native"
    if LIBRARY.exists():
        return f"the compiled one is of other sources, or not for this machine; to compile it again: {again}"
    return f"no C compiler at installation; with one: {again}"


class _Memory:
    """What the library works in; it goes with the thread that it is of."""

    def __init__(self, simplex: ctypes.CDLL) -> None:
        self._release = simplex.brickgpt_release
        self.address = simplex.brickgpt_workspace()
        if not self.address:
            raise MemoryError("no memory for the compiled simplex")

    def __del__(self) -> None:
        self._release(self.address)


class _Own(threading.local):
    memory: _Memory | None = None


_OWN = _Own()


def usable(structure: BrickStructure) -> bool:
    """Whether the library is asked for ``structure``; it may still have no answer."""
    return 0 < len(structure) <= MOST and library() is not None


def optimum(structure: BrickStructure, trace: Trace | None = None) -> NativeOptimum | None:
    """The optimum of ``structure``, which has bricks; None where it is not found or not proven here.

    Args:
        structure: what is judged.
        trace: what the last optimum left, whose bricks that were not forgotten are the first of
            ``structure``; it takes what this one leaves. It saves time and changes nothing.
    """
    if trace is not None and len(trace.columns):
        code, found = attempt(structure, trace, go_on=True)
        if code in (0, _NO_MEMORY, _FAR, _TOO_LARGE):
            return found
    return attempt(structure, trace)[1]


def attempt(
    structure: BrickStructure, trace: Trace | None = None, *, go_on: bool = False, way: int = 0
) -> tuple[int, NativeOptimum | None]:
    """How the library ends (0 for an optimum, see ``paper.h``; -1 where it is not asked), and what it found.

    With ``go_on`` it begins where ``trace`` stands, else from nothing: by what promises to be the faster way,
    or with ``way`` 1 from a first basis alone, or with 2 from a point near the optimum alone.
    """
    n, simplex = len(structure), library()
    if simplex is None or not usable(structure):
        return -1, None
    fields = chain.from_iterable(map(_FIELDS, structure))
    box = np.fromiter(fields, dtype=np.int64, count=5 * n).reshape(n, 5)
    h, w = box[:, 0], box[:, 1]
    points = int(np.dot(h, w)) * 4
    (weight, dear, pull, rest, motion), floats = _parts(np.float64, n, n, points, 4 * n + 1, 6 * n)
    (columns,), kept = _parts(np.int64, 4 * (5 * n + 1))
    (counts, hold, origin), counted = _parts(np.int32, 3, n, n)
    weight[:], dear[:] = WEIGHT[h, w], 1 + SHARE * build_order_weights(n)
    standing, grid = np.empty(n, dtype=np.bool_), np.ascontiguousarray(structure.grid)
    known, before = -1, [0, 0]
    if trace is not None and go_on:
        known, before = len(trace.columns), [trace.columns.ctypes.data, trace.motion.ctypes.data]
        origin.fill(-1)
        origin[: len(trace.origin)] = trace.origin[:n]
    memory = _OWN.memory = _OWN.memory or _Memory(simplex)
    code = simplex.brickgpt_paper(
        memory.address,
        way,
        n,
        box.ctypes.data,
        floats[0],
        floats[1],
        grid.ctypes.data,
        int(structure.world_dim),
        points,
        standing.ctypes.data,
        floats[2],
        floats[3],
        counted[1],
        counted[0],
        before[0],
        known,
        before[1],
        counted[2],
        kept[0],
        floats[4],
    )
    if code:
        return code, None
    if trace is not None:
        trace.columns, trace.motion = columns.reshape(-1, 4)[: counts[2]], motion.reshape(n, 6)
        trace.origin = list(range(n))
    found = NativeOptimum(
        objective=float(rest[0]),
        standing=standing,
        pull=pull[: counts[0]],
        largest_pull=rest[1 : n + 1],
        hold=hold,
        residual=rest[n + 1 :].reshape(n, 3),
        pivots=int(counts[1]),
    )
    return code, found


def _parts(kind: type[np.generic], *sizes: int) -> tuple[list[NDArray[Any]], list[int]]:
    """Arrays of these ``sizes``, one after the other in memory, and their addresses.

    An address takes as long to ask for as to fill an array, so it is asked for once.
    """
    whole = np.empty(sum(sizes), dtype=kind)
    arrays, addresses, begin, at = [], [], 0, whole.ctypes.data
    for size in sizes:
        arrays.append(whole[begin : begin + size])
        addresses.append(at + begin * whole.itemsize)
        begin += size
    return arrays, addresses
