"""One model prepared for drawing: owner grid, extent, colours and isometric view, kept while in use."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING

from brickgpt_engine.bricks import Brick
from brickgpt_tui.views.colouring import Colouring, Paint, paint_bricks
from brickgpt_tui.views.isometric import IsometricView
from brickgpt_tui.views.surfaces import Box, bounding_box, owner_grid

if TYPE_CHECKING:
    from brickgpt_engine.physics import StabilityReport
    from brickgpt_tui.snapshot import ModelSnapshot

_KEPT_SCENES = 4
_KEPT_PAINTS = 6


class ModelScene:
    """All bricks of a model, ready to be drawn; the build order is cut off while drawing, not here.

    Args:
        bricks: in build order, valid.
        world_dim: side of the world in cells.
    """

    def __init__(self, bricks: tuple[Brick, ...], world_dim: int) -> None:
        self.bricks = bricks
        self.world_dim = world_dim
        self.grid = owner_grid(bricks, world_dim)
        """Owner of each cell, shape (world_dim,)*3."""
        self.box: Box = bounding_box(bricks, world_dim)
        """The cells that the model fills, without any margin."""
        self._isometric: IsometricView | None = None
        self._paints: OrderedDict[tuple[Colouring, int], tuple[StabilityReport | None, Paint]] = OrderedDict()

    @property
    def top_layer(self) -> int:
        """The highest layer that holds a brick; 0 without bricks."""
        return self.box[5] - 1

    @property
    def isometric(self) -> IsometricView:
        """The isometric view, with what it remembers."""
        if self._isometric is None:
            self._isometric = IsometricView(self.grid, self.box)
        return self._isometric

    def paint(self, colouring: Colouring, report: StabilityReport | None) -> Paint:
        """The colours of all bricks."""
        key = (colouring, id(report) if colouring == "stress" else 0)
        found = self._paints.get(key)
        if found is None:  # the entry holds the report, so its id stays taken
            found = report, paint_bricks(self.bricks, colouring, None if report is None else report.stress)
            self._paints[key] = found
            while len(self._paints) > _KEPT_PAINTS:
                self._paints.popitem(last=False)
        return found[1]


_scenes: OrderedDict[tuple[int, int], ModelScene] = OrderedDict()


def scene_of(snapshot: ModelSnapshot) -> ModelScene:
    """The scene of a snapshot's bricks, from memory where it was asked for lately. Main thread only."""
    key = (id(snapshot.bricks), snapshot.world_dim)  # the scene holds the tuple, so its id stays taken
    found = _scenes.get(key)
    if found is None:
        found = _scenes[key] = ModelScene(snapshot.bricks, snapshot.world_dim)
        while len(_scenes) > _KEPT_SCENES:
            _scenes.popitem(last=False)
    _scenes.move_to_end(key)
    return found
