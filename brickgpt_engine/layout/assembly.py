"""A layout that can be taken apart: bricks by number, the cells they own, and what touches what."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from brickgpt_engine.bricks import Brick

Pairs = NDArray[np.int64]
"""Pairs of brick numbers, shape (n, 2), lower number first, without repetition."""


class Assembly:
    """Bricks on a grid, numbered in the order they came; numbers are never used again.

    Args:
        shape: cells along x, y, z.
        bricks: what to start with.
    """

    def __init__(self, shape: tuple[int, ...], bricks: Iterable[Brick] = ()) -> None:
        self.owner: NDArray[np.int32] = np.full(shape, -1, dtype=np.int32)
        """Number of the brick in each cell, -1 where there is none."""
        self.cells: NDArray[np.bool_] = np.zeros(shape, dtype=bool)
        """Cells of the shape: every cell that was ever filled."""
        self.bricks: dict[int, Brick] = {}
        self._next = 0
        for brick in bricks:
            self.add(brick)

    def copy(self) -> Assembly:
        """An independent assembly with the same bricks under the same numbers."""
        twin = Assembly(())
        twin.owner = self.owner.copy()
        twin.cells = self.cells
        twin.bricks = dict(self.bricks)
        twin._next = self._next
        return twin

    def add(self, brick: Brick) -> int:
        """Put a brick into free cells; answers its number."""
        number = self._next
        self._next += 1
        self.owner[brick.slices] = number
        self.cells[brick.slices] = True
        self.bricks[number] = brick
        return number

    def remove(self, number: int) -> None:
        """Take a brick out."""
        self.owner[self.bricks.pop(number).slices] = -1

    def stud_pairs(self) -> Pairs:
        """Bricks joined by studs: one right above the other."""
        return self._pairs(self.owner[:, :, :-1], self.owner[:, :, 1:])

    def side_pairs(self) -> Pairs:
        """Bricks side by side in one layer."""
        along_x = self._pairs(self.owner[:-1], self.owner[1:])
        along_y = self._pairs(self.owner[:, :-1], self.owner[:, 1:])
        return np.unique(np.concatenate([along_x, along_y]), axis=0)

    def _pairs(self, first: NDArray[np.int32], second: NDArray[np.int32]) -> Pairs:
        touching = (first >= 0) & (second >= 0) & (first != second)
        a, b = first[touching].astype(np.int64), second[touching].astype(np.int64)
        size = max(self._next, 1)
        codes = np.unique(np.minimum(a, b) * size + np.maximum(a, b))
        return np.stack([codes // size, codes % size], axis=1)

    def groups(self, pairs: Pairs) -> Groups:
        """Groups of bricks joined by ``pairs`` or by standing on the baseplate."""
        groups = Groups(self.bricks)
        ground = [number for number, brick in self.bricks.items() if brick.z == 0]
        for number in ground[1:]:
            groups.join(ground[0], number)
        for a, b in pairs.tolist():
            groups.join(a, b)
        return groups

    def ring(self, centre: int, steps: int, pairs: Pairs, most: int) -> set[int]:
        """Brick numbers at most ``steps`` contacts away from ``centre``.

        The last ring that would bring the number above ``most`` is left out, but never the first.
        """
        found = {centre}
        for step in range(steps):
            near = np.isin(pairs, np.array(sorted(found))).any(axis=1)
            grown = found | set(pairs[near].ravel().tolist())
            if step and len(grown) > most:
                break
            found = grown
        return found


class Groups:
    """Disjoint sets of brick numbers (union by path halving).

    Attributes:
        count: how many sets there are.
    """

    def __init__(self, numbers: Iterable[int]) -> None:
        self._parent = {number: number for number in numbers}
        self.count = len(self._parent)

    def add(self, number: int) -> None:
        """A new set of one."""
        self._parent[number] = number
        self.count += 1

    def find(self, number: int) -> int:
        """The representative of the set of ``number``."""
        parent = self._parent
        while parent[number] != number:
            parent[number] = parent[parent[number]]
            number = parent[number]
        return number

    def join(self, a: int, b: int) -> None:
        """Unite the sets of ``a`` and ``b``."""
        a, b = self.find(a), self.find(b)
        if a != b:
            self._parent[max(a, b)] = min(a, b)
            self.count -= 1
