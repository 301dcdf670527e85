"""Lay one layer on the layers below it: several layouts per patch, the cheapest one is kept."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import zip_longest

import numpy as np
from numpy.typing import NDArray

from brickgpt_engine.layout.courses import (
    FLOATING,
    LENGTH_COSTS,
    LOST,
    SEAM,
    TIPPING,
    LayerView,
    Placement,
    Table,
    fill,
    summed_area,
    transposed,
)
from brickgpt_engine.layout.regions import CUTS, Rect, Rows, corner_cuts, cut, patches, rows_of
from brickgpt_engine.layout.rescue import toggled, tying_bricks

DEPTH_GAIN = 0.5
"""How much more a joint weighs for each layer that it already runs through."""
MAX_WEIGHT = 2.0
CORNERS_TRIED = 3
"""How many of the ways to share out corners are laid and compared in full."""

_PRICES = {(width, length): price for width, menu in LENGTH_COSTS.items() for length, price in menu}

Grid = NDArray[np.int32]
Weights = NDArray[np.float64]


@dataclass(slots=True)
class Joints:
    """Joint weights of the topmost laid layer, each of shape (X, Y).

    ``x[i, j]`` is the weight of the unit edge between cells (i-1, j) and (i, j), ``y[i, j]`` of that
    between (i, j-1) and (i, j). 0: no joint; more than 1: the joint runs on through layers below.
    """

    x: Weights
    y: Weights

    @classmethod
    def none(cls, shape: tuple[int, ...]) -> Joints:
        """No joints: what the baseplate looks like."""
        return cls(np.zeros(shape), np.zeros(shape))

    def under(self, owner: Grid) -> Joints:
        """The joints of a layer of brick numbers (-1 is empty) laid on these."""
        x, y = np.zeros(owner.shape), np.zeros(owner.shape)
        filled = owner >= 0
        x[1:] = (owner[1:] != owner[:-1]) & filled[1:] & filled[:-1]
        y[:, 1:] = (owner[:, 1:] != owner[:, :-1]) & filled[:, 1:] & filled[:, :-1]
        return Joints(
            x * np.minimum(1 + DEPTH_GAIN * self.x, MAX_WEIGHT),
            y * np.minimum(1 + DEPTH_GAIN * self.y, MAX_WEIGHT),
        )


class Layer:
    """One layer to be laid.

    Args:
        mask: cells to fill, shape (X, Y).
        below: cells filled right below, same shape; all True on the baseplate.
        above: cells filled right above, same shape.
        joints: joints of the layer below.
        parity: 0 or 1; decides ties.
        randomness: largest random cost, in bricks.
        rng: source of that randomness.
    """

    def __init__(
        self,
        mask: NDArray[np.bool_],
        below: NDArray[np.bool_],
        above: NDArray[np.bool_],
        joints: Joints,
        *,
        parity: int = 0,
        randomness: float = 0.0,
        rng: np.random.Generator | None = None,
    ) -> None:
        self.mask = mask
        self.below = below
        self.above = above
        self.joints = joints
        self.parity = parity
        self.randomness = randomness
        self.rng = rng
        self._rects: dict[Rect, tuple[float, list[Placement]]] = {}

    @cached_property
    def _along_y(self) -> LayerView:
        return self._view(self.mask & self.below, self._ties, self.joints.y, self.joints.x)

    @cached_property
    def _along_x(self) -> LayerView:
        support = self.mask & self.below
        return self._view(support.T, self._ties.T, self.joints.x.T, self.joints.y.T)

    @property
    def _ties(self) -> NDArray[np.bool_]:
        return self.mask & (self.below | self.above)

    def _view(
        self, support: NDArray[np.bool_], ties: NDArray[np.bool_], along: Weights, across: Weights
    ) -> LayerView:
        noise = None
        if self.randomness and self.rng is not None:
            noise = (self.randomness * self.rng.random(support.shape)).tolist()
        return LayerView(
            summed_area(support),
            summed_area(ties),
            summed_area(along),
            summed_area(across),
            mirrored=bool(self.parity),
            noise=noise,
        )

    def situation(self) -> bytes:
        """Everything that decides the layout, as bytes; equal situations without randomness lay alike."""
        grids = (self.mask, self.below, self.above, self.joints.x, self.joints.y)
        return b"".join(grid.tobytes() for grid in grids) + bytes([self.parity])

    def lay(self) -> list[Placement]:
        """Bricks that cover the mask exactly."""
        placements: list[Placement] = []
        for patch in patches(rows_of(self.mask)):
            placements += self._lay_patch(patch)
        return placements

    def _lay_patch(self, patch: Rows) -> list[Placement]:
        best = self._cut_and_fill(patch)
        lost = [brick for brick in best if self._is_lost(brick)]
        if not lost:
            return best
        tied = tying_bricks(patch, toggled((0,) * len(patch), lost))
        for part in patches(toggled(patch, tied)):
            tied += self._cut_and_fill(part)
        return min(best, tied, key=self._rounded_cost)

    def _is_lost(self, brick: Placement) -> bool:
        h, w, x, y = brick
        return _inside(self._along_y.ties, x, y, h, w) == 0

    def _cut_and_fill(self, patch: Rows) -> list[Placement]:
        """The cheapest layout of a patch over several ways to cut it into rectangles."""
        ways = [cut(patch, way) for way in CUTS]
        if self.parity:
            ways = [ways[1], ways[0], ways[3], ways[2]]
        ways += sorted(corner_cuts(patch), key=self._sum_of_fills)[:CORNERS_TRIED]
        unique = list(dict.fromkeys(ways))
        layouts = [[brick for rect in way for brick in self._fill(rect)[1]] for way in unique]
        return layouts[0] if len(layouts) == 1 else min(layouts, key=self._rounded_cost)

    def _rounded_cost(self, placements: list[Placement]) -> float:
        return round(self.cost(placements), 6)

    def _sum_of_fills(self, rects: tuple[Rect, ...]) -> float:
        return round(sum(self._fill(rect)[0] for rect in rects), 6)

    def _fill(self, rect: Rect) -> tuple[float, list[Placement]]:
        """The cheapest way found to fill a rectangle: its cost and bricks."""
        if rect not in self._rects:
            options = [*self._coursed(rect), *self._peeled(rect)]
            self._rects[rect] = min(options, key=lambda option: round(option[0] + self._jitter(), 6))
        return self._rects[rect]

    def _coursed(self, rect: Rect) -> list[tuple[float, list[Placement]]]:
        """Fills by courses along either axis, with pairs of rows or one single row first."""
        x, y, h, w = rect
        along_y = [fill(self._along_y, rect, shift) for shift in range(min(h, 2))]
        turned = [fill(self._along_x, (y, x, w, h), shift) for shift in range(min(w, 2))]
        along_x = [(price, transposed(placed)) for price, placed in turned]
        first, second = (along_x, along_y) if self.parity else (along_y, along_x)
        return [option for pair in zip_longest(first, second) for option in pair if option is not None]

    def _peeled(self, rect: Rect) -> list[tuple[float, list[Placement]]]:
        """Fills that first take a strip one cell wide off an odd side, which leaves an even rest."""
        x, y, h, w = rect
        options = []
        if w % 2 and w > 1 and h > 1:
            far, near = self._along_x.seam(y + w - 1, x, h), self._along_x.seam(y + 1, x, h)
            options.append(self._joined((x, y, h, w - 1), (x, y + w - 1, h, 1), far))
            options.append(self._joined((x, y + 1, h, w - 1), (x, y, h, 1), near))
        if h % 2 and h > 1 and w > 1:
            far, near = self._along_y.seam(x + h - 1, y, w), self._along_y.seam(x + 1, y, w)
            options.append(self._joined((x, y, h - 1, w), (x + h - 1, y, 1, w), far))
            options.append(self._joined((x + 1, y, h - 1, w), (x, y, 1, w), near))
        return options[::-1] if self.parity else options

    def _joined(self, first: Rect, second: Rect, seam: float) -> tuple[float, list[Placement]]:
        a, b = self._fill(first), self._fill(second)
        return a[0] + b[0] + seam, a[1] + b[1]

    def _jitter(self) -> float:
        if not self.randomness or self.rng is None:
            return 0.0
        return self.randomness * float(self.rng.random())

    def cost(self, placements: list[Placement]) -> float:
        """Cost of bricks in this layer: their number, bad support, and joints above joints."""
        total = self._jitter()
        owner = np.full(self.mask.shape, -1, dtype=np.int32)
        for number, (h, w, x, y) in enumerate(placements):
            owner[x : x + h, y : y + w] = number
            total += _PRICES[min(h, w), max(h, w)]
        total += self._support_costs(placements)
        x_joint = (owner[1:] != owner[:-1]) & (owner[1:] >= 0) & (owner[:-1] >= 0)
        y_joint = (owner[:, 1:] != owner[:, :-1]) & (owner[:, 1:] >= 0) & (owner[:, :-1] >= 0)
        through = (x_joint * self.joints.x[1:]).sum() + (y_joint * self.joints.y[:, 1:]).sum()
        return total + SEAM * float(through)

    def _support_costs(self, placements: list[Placement]) -> float:
        total = 0.0
        for h, w, x, y in placements:
            total += self._support_cost(h, w, x, y)
        return total

    def _support_cost(self, h: int, w: int, x: int, y: int) -> float:
        support = self._along_y.support
        below = _inside(support, x, y, h, w)
        if below == h * w:
            return 0.0
        if below == 0:
            return FLOATING if _inside(self._along_y.ties, x, y, h, w) else LOST
        if h > w:
            half = h // 2
            sides = _inside(support, x, y, half, w), _inside(support, x + h - half, y, half, w)
        else:
            half = w // 2
            sides = _inside(support, x, y, h, half), _inside(support, x, y + w - half, h, half)
        return 0.0 if all(sides) else TIPPING


def _inside(table: Table, x: int, y: int, h: int, w: int) -> float:
    top, bottom = table[x], table[x + h]
    return bottom[y + w] - bottom[y] - top[y + w] + top[y]
