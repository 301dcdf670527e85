"""Bricks that hang in the air, and the last moment at which another brick can still hold them.

Half of all shapes have bricks that hang until a later one joins them to what stands: the outer bricks of
a seat wait for its upper layer. Where none comes, the structure falls. Bricks are written bottom up, in
raster order, so the moment can be told: when the next brick lies behind the last free cell above what
hangs, or the text ends, nothing can hold it any more. Then :class:`Hanging` names the bricks that would:
those upon it and upon something that stands, or, where there are none, those upon it alone, which
carry the chance up to the next layer.

What hangs together in the end is never interfered with, as long as bricks come in that order. Nothing is
said about structures whose bricks came in another.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import TypeAlias

from brickgpt_engine.bricks import Brick, BrickStructure
from brickgpt_engine.bricks.structure import EMPTY

Place: TypeAlias = tuple[int, int, int]
"""Where a brick is in raster order: layer, x, y."""
Footprint: TypeAlias = tuple[int, int]
_STANDS = -1
"""Stands for the baseplate where the piece is named that a brick hangs together with."""


class Hanging:
    """What hangs in a structure that is being written.

    Args:
        footprints: sides along x and y of the bricks that may be used.
    """

    def __init__(self, footprints: Sequence[Footprint]) -> None:
        self._footprints = tuple(footprints)
        self._last: Place | None = None
        self._ordered = True
        self._known: list[Brick] = []
        self._root: list[int] = []
        self._loose: dict[int, list[int]] = {}
        self._given_up: set[int] = set()

    def rescuers(self, structure: BrickStructure, drawn: Brick | None) -> list[Brick]:
        """Bricks that join to what stands whatever could not be held any more after the brick ``drawn``.

        Args:
            structure: what was built so far.
            drawn: the brick that is to come next; None for the end of the text.

        Returns:
            bricks in bounds and in free cells, one of which should be placed in place of ``drawn``; none
            where nothing is lost by it, or nothing helps.
        """
        self._follow(structure)
        place = None if drawn is None else _place(drawn)
        if place is not None:
            self._ordered &= self._last is None or place > self._last
        if not self._ordered or not self._loose:
            if place is not None:
                self._last = place
            return []
        lost = {
            root: parts
            for root, parts in self._loose.items()
            if (drawn is None or root not in self._given_up) and self._lost(structure, parts, drawn)
        }
        found = self._above(structure, lost.values(), standing=True)
        if not found and drawn is not None:
            found = self._above(structure, lost.values(), standing=False)
        if not found:
            self._given_up |= lost.keys()
        self._last = None if found else place
        return found

    def forget(self) -> None:
        """Bricks were taken down: raster order begins anew behind those that are left."""
        self._last = None

    def _follow(self, structure: BrickStructure) -> None:
        """Take note of how ``structure`` has grown, or was cut, since the last call."""
        known = len(self._known)
        if known > len(structure) or (known and structure[known - 1] is not self._known[-1]):
            self._known, self._root, self._loose, self._given_up = [], [], {}, set()
        for index in range(len(self._known), len(structure)):
            self._add(structure, index)

    def _add(self, structure: BrickStructure, index: int) -> None:
        brick = structure[index]
        touched = {other for other in _touching(structure, brick) if other < index}
        self._known.append(brick)
        stands = brick.z == 0 or any(self._root[other] == _STANDS for other in touched)
        joined = {self._root[other] for other in touched} - {_STANDS}
        parts = [index, *(part for root in joined for part in self._loose.pop(root))]
        self._root.append(index)
        for part in parts:
            self._root[part] = _STANDS if stands else index
        if not stands:
            self._loose[index] = parts

    def _lost(self, structure: BrickStructure, parts: Sequence[int], drawn: Brick | None) -> bool:
        """Whether no brick can join these ``parts`` to anything after the brick ``drawn``, nor does that."""
        if drawn is None:
            return True
        top = max(structure[part].z for part in parts)
        if drawn.z <= top:
            return False
        if drawn.z > top + 1:
            return True
        cells = set(_free_above(structure, parts, top))
        if any((x, y) in cells for x, y in _cells(drawn)):
            return False
        return all(cell < (drawn.x, drawn.y) for cell in cells)

    def _above(
        self, structure: BrickStructure, lost: Collection[Sequence[int]], *, standing: bool
    ) -> list[Brick]:
        """Bricks upon the highest of what is ``lost``; if ``standing``, upon something that stands, too."""
        found: dict[Brick, bool] = {}
        size = structure.world_dim
        for parts in lost:
            top = max(structure[part].z for part in parts)
            for h, w in self._footprints:
                for cx, cy in _free_above(structure, parts, top):
                    for x in range(max(cx - h + 1, 0), min(cx, size - h) + 1):
                        for y in range(max(cy - w + 1, 0), min(cy, size - w) + 1):
                            brick = Brick(h, w, x, y, top + 1)
                            if brick not in found:
                                found[brick] = structure.check(brick) is None and (
                                    not standing or self._on_what_stands(structure, brick)
                                )
        return [brick for brick, holds in found.items() if holds]

    def _on_what_stands(self, structure: BrickStructure, brick: Brick) -> bool:
        below = structure.grid[brick.x : brick.x + brick.h, brick.y : brick.y + brick.w, brick.z - 1]
        return any(owner != EMPTY and self._root[owner] == _STANDS for owner in below.ravel().tolist())


def _place(brick: Brick) -> Place:
    return brick.z, brick.x, brick.y


def _cells(brick: Brick) -> Iterator[tuple[int, int]]:
    """Cells along x and y of ``brick``."""
    for x in range(brick.x, brick.x + brick.h):
        for y in range(brick.y, brick.y + brick.w):
            yield x, y


def _free_above(structure: BrickStructure, parts: Sequence[int], top: int) -> Iterator[tuple[int, int]]:
    """Free cells along x and y right above those of ``parts`` that are in layer ``top``."""
    if top + 1 < structure.world_dim:
        for part in parts:
            if structure[part].z == top:
                for cell in _cells(structure[part]):
                    if structure.grid[(*cell, top + 1)] == EMPTY:
                        yield cell


def _touching(structure: BrickStructure, brick: Brick) -> set[int]:
    """Positions of the bricks right below and right above ``brick``, which is asked of every brick."""
    column = structure.grid[brick.x : brick.x + brick.h, brick.y : brick.y + brick.w]
    found = set(column[:, :, brick.z + 1].ravel().tolist()) if brick.z + 1 < structure.world_dim else set()
    if brick.z:
        found.update(column[:, :, brick.z - 1].ravel().tolist())
    return found - {EMPTY}
