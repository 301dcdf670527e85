"""Frozen pictures of the studio's state: all that widgets ever get to see."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from brickgpt_engine.bricks import Brick, BrickStructure
    from brickgpt_engine.physics import StabilityReport

WORLD_DIM = 20
"""Side of a new world in cells, as the engine has it (which is not imported before the first paint)."""
STOPPED = "stopped"
"""Stop reason of a run that the user ended."""
FAILED = "failed"
"""Stop reason of a run that the model or the solver ended."""
_KEPT_STRUCTURES = 8


@dataclass(frozen=True, slots=True)
class ModelSnapshot:
    """The model on screen.

    Attributes:
        bricks: all bricks, in build order; each fits the ones before it.
        world_dim: side of the world in cells.
        shown: the first so many bricks of the build order are visible.
        report: the verdict on exactly these ``bricks``, or None while it is unknown.
        selected: build-order position of the selected brick, or None.
        revision: differs between any two states of ``bricks`` in one session of the program.
    """

    bricks: tuple[Brick, ...] = ()
    world_dim: int = WORLD_DIM
    shown: int = 0
    report: StabilityReport | None = None
    selected: int | None = None
    revision: int = 0

    @property
    def visible(self) -> tuple[Brick, ...]:
        """The bricks that are shown, in build order."""
        return self.bricks if self.shown >= len(self.bricks) else self.bricks[: self.shown]

    @property
    def complete(self) -> bool:
        """Whether every brick is shown."""
        return self.shown >= len(self.bricks)

    def showing(self, count: int) -> ModelSnapshot:
        """The same model with its first ``count`` bricks visible (kept within bounds)."""
        return replace(self, shown=max(0, min(count, len(self.bricks))))


@dataclass(frozen=True, slots=True)
class RunSnapshot:
    """The generation in progress, or the last one.

    Attributes:
        running: whether it goes on.
        prompt: what is being built.
        seed: the seed in use.
        model: name of the language model.
        bricks: bricks placed by this run and still there, without those it began with.
        tokens: tokens that the model read; while it runs, an estimate from the lines that it wrote.
        seconds: wall time so far.
        rejections: reason and count of rejected attempts, most frequent first.
        rollbacks: where and why the run was cut back, a line each, oldest first.
        placement_rate: bricks placed in each of the last 60 seconds, oldest first.
        message: what is happening, in one line.
        error: what broke the run off and what to do about it, or None.
        stop_reason: why the run ended: a key of ``STOP_REASONS``, ``stopped`` or ``failed``; None before.
        drawn: models drawn so far, this one included.
        asked: what the prompt states that can be measured, and whether the finished model has it.
    """

    running: bool = False
    prompt: str = ""
    seed: int = 0
    model: str = "nano"
    bricks: int = 0
    tokens: int = 0
    seconds: float = 0.0
    rejections: tuple[tuple[str, int], ...] = ()
    rollbacks: tuple[str, ...] = ()
    placement_rate: tuple[float, ...] = ()
    message: str = ""
    error: str | None = None
    stop_reason: str | None = None
    drawn: int = 1
    asked: tuple[tuple[str, bool], ...] = ()


_structures: OrderedDict[tuple[int, int, int], tuple[tuple[Brick, ...], BrickStructure]] = OrderedDict()


def structure_of(snapshot: ModelSnapshot) -> BrickStructure:
    """The visible bricks as a structure; kept for a while, so it must not be changed.

    Positions in the structure are positions in ``snapshot.bricks``. Scrubbing back and forth over
    2,000 bricks costs about a millisecond a step. For the main thread only.
    """
    full = _kept(snapshot.bricks, len(snapshot.bricks), snapshot.world_dim)
    if snapshot.complete:
        return full
    return _kept(snapshot.bricks, max(0, snapshot.shown), snapshot.world_dim, full)


def _kept(
    bricks: tuple[Brick, ...], count: int, world_dim: int, full: BrickStructure | None = None
) -> BrickStructure:
    """The structure of the first ``count`` bricks, from memory where it was asked for lately."""
    from brickgpt_engine.bricks import BrickStructure

    key = (id(bricks), count, world_dim)  # the entry holds the tuple, so its id stays taken
    found = _structures.get(key)
    if found is None:
        if full is None:
            structure = BrickStructure(bricks, world_dim)
        else:
            structure = full.copy()
            structure.truncate(count)
        found = _structures[key] = (bricks, structure)
        while len(_structures) > _KEPT_STRUCTURES:
            _structures.popitem(last=False)
    _structures.move_to_end(key)
    return found[1]
