"""An ordered structure of bricks in a cubic world, with one grid that says who owns each cell."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from enum import Enum
from typing import overload

import numpy as np
from numpy.typing import NDArray

from brickgpt_engine.bricks.brick import Brick
from brickgpt_engine.errors import ConfigError, InvalidBrickError

DEFAULT_WORLD_DIM = 20
MAX_WORLD_DIM = 256
"""Largest world side, two metres of studs: the owner grid takes 4·n³ bytes, 64 MiB here."""
EMPTY = -1
"""Owner of a cell that no brick occupies."""


class Rejection(Enum):
    """Why a brick was not placed. Values are the names used in reports."""

    ILL_FORMED = "ill_formed"
    NOT_IN_LIBRARY = "not_in_library"
    OUT_OF_BOUNDS = "out_of_bounds"
    COLLISION = "collision"
    ALREADY_REJECTED = "already_rejected"
    AGAINST_RULES = "against_rules"


class BrickStructure:
    """Bricks in build order, inside a world of ``world_dim``³ cells.

    Every brick inside is valid: in the library, in bounds, and in free cells.

    Args:
        bricks: bricks to add, in order.
        world_dim: side of the world in cells.

    Raises:
        ConfigError: ``world_dim`` is below 1 or above :data:`MAX_WORLD_DIM`.
        InvalidBrickError: one of ``bricks`` cannot be placed.
    """

    __slots__ = ("_bricks", "grid", "world_dim")

    def __init__(self, bricks: Iterable[Brick] = (), world_dim: int = DEFAULT_WORLD_DIM) -> None:
        if not 1 <= world_dim <= MAX_WORLD_DIM:
            raise ConfigError(f"world_dim is {world_dim}; it must be between 1 and {MAX_WORLD_DIM}")
        self.world_dim = world_dim
        self.grid: NDArray[np.int32] = np.full((world_dim,) * 3, EMPTY, dtype=np.int32)
        """Owner of each cell, shape (world_dim,)*3 indexed (x, y, z): position in build order, or EMPTY."""
        self._bricks: list[Brick] = []
        for number, brick in enumerate(bricks, start=1):
            rejection = self.add(brick)
            if rejection is not None:
                raise InvalidBrickError(f"brick {number}, {brick}: {self.explain(brick, rejection)}")

    def __len__(self) -> int:
        return len(self._bricks)

    def __iter__(self) -> Iterator[Brick]:
        return iter(self._bricks)

    @overload
    def __getitem__(self, index: int) -> Brick: ...
    @overload
    def __getitem__(self, index: slice) -> list[Brick]: ...
    def __getitem__(self, index: int | slice) -> Brick | list[Brick]:
        return self._bricks[index]

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, BrickStructure):
            return NotImplemented
        return self.world_dim == other.world_dim and self._bricks == other._bricks

    __hash__ = None  # type: ignore[assignment]  # mutable

    def __repr__(self) -> str:
        return f"BrickStructure({len(self)} bricks, world_dim={self.world_dim})"

    @property
    def bricks(self) -> tuple[Brick, ...]:
        """The bricks in build order."""
        return tuple(self._bricks)

    def check(self, brick: Brick) -> Rejection | None:
        """Why ``brick`` cannot be placed here, or None when it can."""
        if not brick.in_library:
            return Rejection.NOT_IN_LIBRARY
        if not brick.in_bounds(self.world_dim):
            return Rejection.OUT_OF_BOUNDS
        if (self.grid[brick.slices] != EMPTY).any():
            return Rejection.COLLISION
        return None

    def explain(self, brick: Brick, rejection: Rejection) -> str:
        """One sentence that says why ``brick`` was rejected."""
        if rejection is Rejection.NOT_IN_LIBRARY:
            return f"{brick.h}x{brick.w} is not in the brick library"
        if rejection is Rejection.OUT_OF_BOUNDS:
            return f"it reaches outside the {self.world_dim}x{self.world_dim}x{self.world_dim} world"
        if rejection is Rejection.COLLISION:
            owners = self.grid[brick.slices]
            first = int(owners[owners != EMPTY].min())
            return f"it collides with brick {first + 1}, {self._bricks[first]}"
        return str(rejection.value).replace("_", " ")

    def add(self, brick: Brick) -> Rejection | None:
        """Place ``brick`` last in the build order; answers None, or the reason why not."""
        rejection = self.check(brick)
        if rejection is None:
            self.grid[brick.slices] = len(self._bricks)
            self._bricks.append(brick)
        return rejection

    def pop(self) -> Brick:
        """Take the last brick off and return it."""
        brick = self._bricks.pop()
        self.grid[brick.slices] = EMPTY
        return brick

    def take_out(self, index: int) -> Brick:
        """Take the brick at this position of the build order out and return it; later ones move up.

        Raises:
            IndexError: there is no such brick.
        """
        brick = self._bricks.pop(index)
        self.grid[brick.slices] = EMPTY
        first = index if index >= 0 else index + len(self._bricks) + 1
        for position, later in enumerate(self._bricks[first:], start=first):
            self.grid[later.slices] = position
        return brick

    def truncate(self, count: int) -> None:
        """Keep only the first ``count`` bricks of the build order."""
        while len(self._bricks) > max(count, 0):
            self.pop()

    def copy(self) -> BrickStructure:
        """An independent structure with the same bricks."""
        twin = BrickStructure.__new__(BrickStructure)  # no empty grid first: in a large world that counts
        twin.world_dim = self.world_dim
        twin.grid = self.grid.copy()
        twin._bricks = list(self._bricks)
        return twin

    @property
    def occupancy(self) -> NDArray[np.bool_]:
        """Which cells are filled, shape (world_dim,)*3, indexed (x, y, z)."""
        filled: NDArray[np.bool_] = self.grid != EMPTY
        return filled

    @property
    def mass_g(self) -> float:
        """Total mass in grams."""
        return sum(brick.part.mass_g for brick in self._bricks)

    @property
    def size(self) -> tuple[int, int, int]:
        """Extent of the filled cells along x, y (studs) and z (layers); zeros when empty."""
        if not self._bricks:
            return (0, 0, 0)
        lo = [min(getattr(b, axis) for b in self._bricks) for axis in "xyz"]
        hi = [max(b.x + b.h for b in self), max(b.y + b.w for b in self), max(b.z + 1 for b in self)]
        return (hi[0] - lo[0], hi[1] - lo[1], hi[2] - lo[2])

    def part_counts(self) -> dict[str, int]:
        """How many bricks of each part, by part name, most frequent first."""
        counts: dict[str, int] = {}
        for brick in self._bricks:
            counts[brick.part.name] = counts.get(brick.part.name, 0) + 1
        return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))

    def neighbours_below(self, index: int) -> list[int]:
        """Build-order positions of the bricks that brick ``index`` rests on."""
        brick = self._bricks[index]
        return [] if brick.z == 0 else self._owners(brick, brick.z - 1)

    def neighbours_above(self, index: int) -> list[int]:
        """Build-order positions of the bricks that rest on brick ``index``."""
        brick = self._bricks[index]
        return [] if brick.z + 1 >= self.world_dim else self._owners(brick, brick.z + 1)

    def _owners(self, brick: Brick, layer: int) -> list[int]:
        owners = np.unique(self.grid[brick.x : brick.x + brick.h, brick.y : brick.y + brick.w, layer])
        return [int(owner) for owner in owners if owner != EMPTY]
