"""Lay one layer on the layers below it: several layouts per patch, the cheapest one is kept."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from brickgpt_engine.layout.courses import (
    FLOATING,
    LENGTH_COSTS,
    THROUGH,
    TIPPING,
    LayerView,
    Placement,
    fill,
    summed_area,
    transposed,
)
from brickgpt_engine.layout.regions import CUTS, Rect, Rows, cut, patches, rows_of

DEPTH_GAIN = 0.5
"""How much more a joint weighs for each layer that it already runs through."""
MAX_WEIGHT = 2.0

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
        joints: joints of the layer below.
        parity: 0 or 1; decides ties.
        randomness: largest random cost, in bricks.
        rng: source of that randomness.
    """

    def __init__(
        self,
        mask: NDArray[np.bool_],
        below: NDArray[np.bool_],
        joints: Joints,
        *,
        parity: int = 0,
        randomness: float = 0.0,
        rng: np.random.Generator | None = None,
    ) -> None:
        self.mask = mask
        self.below = below
        self.joints = joints
        self.parity = parity
        self.randomness = randomness
        self.rng = rng
        self._rects: dict[Rect, list[Placement]] = {}
        support = mask & below
        self._along_y = self._view(support, joints.y, joints.x)
        self._along_x = self._view(support.T, joints.x.T, joints.y.T)

    def _view(self, support: NDArray[np.bool_], along: Weights, across: Weights) -> LayerView:
        noise = None
        if self.randomness and self.rng is not None:
            noise = (self.randomness * self.rng.random(support.shape)).tolist()
        return LayerView(
            summed_area(support), summed_area(along), summed_area(across), bool(self.parity), noise
        )

    def lay(self) -> list[Placement]:
        """Bricks that cover the mask exactly."""
        placements: list[Placement] = []
        for patch in patches(rows_of(self.mask)):
            placements += self._lay_patch(patch)
        return placements

    def _lay_patch(self, patch: Rows) -> list[Placement]:
        ways = [cut(patch, way) for way in CUTS]
        if self.parity:
            ways = [ways[1], ways[0], ways[3], ways[2]]
        unique = list(dict.fromkeys(ways))
        layouts = [[brick for rect in way for brick in self._fill(rect)] for way in unique]
        if len(layouts) == 1:
            return layouts[0]
        return min(layouts, key=self.cost)

    def _fill(self, rect: Rect) -> list[Placement]:
        if rect not in self._rects:
            self._rects[rect] = self._best_fill(rect)
        return self._rects[rect]

    def _best_fill(self, rect: Rect) -> list[Placement]:
        x, y, h, w = rect
        options = []
        for shift in (0, 1):
            if shift == 0 or h > 1:
                options.append((*fill(self._along_y, rect, shift), shift, 0))
            if shift == 0 or w > 1:
                price, placed = fill(self._along_x, (y, x, w, h), shift)
                options.append((price, transposed(placed), shift, 1))
        options.sort(key=lambda o: (round(o[0] + self._jitter(), 6), o[2], (o[3] + self.parity) % 2))
        return options[0][1]

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
        return total + THROUGH * float(through)

    def _support_costs(self, placements: list[Placement]) -> float:
        total = 0.0
        for h, w, x, y in placements:
            total += self._support_cost(h, w, x, y)
        return total

    def _support_cost(self, h: int, w: int, x: int, y: int) -> float:
        table = self._along_y.support

        def held(x0: int, y0: int, x1: int, y1: int) -> float:
            return table[x1][y1] - table[x0][y1] - table[x1][y0] + table[x0][y0]

        below = held(x, y, x + h, y + w)
        if below == h * w:
            return 0.0
        if below == 0:
            return FLOATING
        if h > w:
            half = h // 2
            sides = held(x, y, x + half, y + w), held(x + h - half, y, x + h, y + w)
        else:
            half = w // 2
            sides = held(x, y, x + h, y + half), held(x, y + w - half, x + h, y + w)
        return 0.0 if all(sides) else TIPPING
