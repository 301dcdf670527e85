"""The published problem by a compiled simplex: contacts, program and pivots of one structure in one call.

The C files of this folder know nothing of Python; they are compiled when the package is installed, where
there is a compiler (:mod:`~brickgpt_engine.physics.native.build`), and found through ctypes. An answer comes with its
proof, looked at on other ways than those that led to it: no force below zero, every row met, and no column
that pays at the published costs. Without that, and wherever this way does not go, there is no answer, and the
analysis goes on as it does without the library.
"""

from __future__ import annotations

import ctypes
from dataclasses import dataclass
from functools import cache
from itertools import chain
from operator import attrgetter

import numpy as np
from numpy.typing import NDArray

from brickgpt_engine.bricks.structure import BrickStructure
from brickgpt_engine.physics.contacts import WEIGHT
from brickgpt_engine.physics.force_model import SHARE, build_order_weights
from brickgpt_engine.physics.native.build import LIBRARY, digest

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

MOST = 250
"""Bricks up to which it is the fastest way: its inverse is kept whole, so its pivots grow with their square."""

_FIELDS = attrgetter("h", "w", "x", "y", "z")


@dataclass(frozen=True, slots=True, eq=False)
class NativeOptimum:
    """An optimum of a structure of ``n`` bricks.

    Attributes:
        objective: newtons.
        standing: (n,) whether a chain of studs joins each brick to the baseplate.
        pull: (q,) at the contact points, in the order of :attr:`Contacts.points`, newtons.
        largest_pull: (n,) at each brick's own bottom contacts, newtons.
        residual: (n, 3) unbalanced force upwards, and torques along x and y, newtons and stud pitches.
        pivots: how many the simplex took.
    """

    objective: float
    standing: BoolArray
    pull: FloatArray
    largest_pull: FloatArray
    residual: FloatArray
    pivots: int


@cache
def library() -> ctypes.CDLL | None:
    """The compiled simplex; None where there is none of these sources."""
    try:
        found = ctypes.CDLL(str(LIBRARY))
        found.brickgpt_digest.restype = ctypes.c_char_p
        own = found.brickgpt_digest().decode()
    except (OSError, AttributeError):
        return None
    return found if own == digest() else None


def usable(structure: BrickStructure) -> bool:
    """Whether the library is asked for ``structure``; it may still have no answer."""
    return 0 < len(structure) <= MOST and library() is not None


def optimum(structure: BrickStructure) -> NativeOptimum | None:
    """The optimum of ``structure``, which has bricks; None where it is not found or not proven here."""
    code, found = attempt(structure)
    return found if code == 0 else None


def attempt(structure: BrickStructure) -> tuple[int, NativeOptimum | None]:
    """How the library ends (0 for an optimum, see ``paper.h``; -1 where it is not asked), and what it found."""
    n, simplex = len(structure), library()
    if simplex is None or not 0 < n <= MOST:
        return -1, None
    box = np.fromiter(chain.from_iterable(map(_FIELDS, structure)), dtype=np.int64, count=5 * n).reshape(n, 5)
    h, w = box[:, 0], box[:, 1]
    weight, dear = WEIGHT[h, w], 1 + SHARE * build_order_weights(n)
    points = int((h * w).sum()) * 4
    forces = np.empty(points + 4 * n + 1)
    pull, rest = forces[:points], forces[points:]
    standing, counts = np.empty(n, dtype=np.bool_), np.empty(2, dtype=np.int32)
    grid = np.ascontiguousarray(structure.grid)
    code = simplex.brickgpt_paper(
        ctypes.c_int(n),
        *map(_address, (box, weight, dear, grid)),
        ctypes.c_int(structure.world_dim),
        ctypes.c_int(points),
        *map(_address, (standing, pull, rest, counts)),
    )
    if code:
        return code, None
    found = NativeOptimum(
        objective=float(rest[0]),
        standing=standing,
        pull=pull[: counts[0]],
        largest_pull=rest[1 : n + 1],
        residual=rest[n + 1 :].reshape(n, 3),
        pivots=int(counts[1]),
    )
    return code, found


def _address(array: NDArray[np.generic]) -> ctypes.c_void_p:
    return ctypes.c_void_p(array.ctypes.data)
