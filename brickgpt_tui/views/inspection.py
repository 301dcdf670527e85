"""What there is to say about one brick: what it is, how hard it has to work, and what holds it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from brickgpt_engine.bricks import Brick
from brickgpt_engine.bricks.colours import DEFAULT_COLOUR, colour_of_code
from brickgpt_engine.bricks.library import BRICK_HEIGHT_CM, STUD_PITCH_CM
from brickgpt_engine.bricks.structure import EMPTY
from brickgpt_tui.views.scene import ModelScene, scene_of

if TYPE_CHECKING:
    from brickgpt_tui.snapshot import ModelSnapshot


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A brick joined to another: its place in the build order, itself, and how many studs join the two."""

    index: int
    brick: Brick
    studs: int


@dataclass(frozen=True, slots=True)
class Inspection:
    """What is known about one brick.

    Attributes:
        index: place in the build order, from 0.
        total: bricks of the model.
        brick: the brick.
        part: name of the part and its LDraw number.
        mass_g: grams.
        size_cm: extent along x, y and z in centimetres.
        colour: name of its colour.
        shown: whether the timeline has reached it.
        stress: share of the friction capacity in use, 0 … 1, or None while nobody knows.
        criterion: the test behind ``stress``, in a word, or "".
        failure: why it fails, in a sentence, or None.
        on_ground: whether it stands on the baseplate.
        below, above: visible bricks that it is joined to, in build order.
    """

    index: int
    total: int
    brick: Brick
    part: str
    mass_g: float
    size_cm: tuple[float, float, float]
    colour: str
    shown: bool
    stress: float | None
    criterion: str
    failure: str | None
    on_ground: bool
    below: tuple[Neighbour, ...]
    above: tuple[Neighbour, ...]

    @property
    def score(self) -> float | None:
        """Stability score, 1 at ease and 0 failing, or None while nobody knows."""
        return None if self.stress is None else min(1.0, max(0.0, 1.0 - self.stress))

    @property
    def hold(self) -> str:
        """What holds the brick, in a sentence."""
        if self.on_ground:
            return f"Stands on the baseplate with all {self.brick.area} cells."
        studs = sum(neighbour.studs for neighbour in self.below)
        if studs:
            return f"Rests on {_count(studs, 'stud')} of {_count(len(self.below), 'brick')}."
        studs = sum(neighbour.studs for neighbour in self.above)
        if studs:
            return f"Hangs from {_count(len(self.above), 'brick')} by {_count(studs, 'stud')}."
        return "Nothing holds it: no stud joins it to another brick."


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def inspect_brick(snapshot: ModelSnapshot) -> Inspection | None:
    """About the selected brick, or None when none is selected; neighbours not yet shown do not count."""
    index = snapshot.selected
    if index is None or not 0 <= index < len(snapshot.bricks):
        return None
    scene, brick = scene_of(snapshot), snapshot.bricks[index]
    stress, criterion, failure = _verdict(snapshot, index)
    part = brick.part
    return Inspection(
        index=index,
        total=len(snapshot.bricks),
        brick=brick,
        part=f"{part.name} brick, LDraw {part.ldraw}",
        mass_g=part.mass_g,
        size_cm=(brick.h * STUD_PITCH_CM, brick.w * STUD_PITCH_CM, BRICK_HEIGHT_CM),
        colour=colour_name(brick.colour),
        shown=index < snapshot.shown,
        stress=stress,
        criterion=criterion,
        failure=failure,
        on_ground=brick.z == 0,
        below=_joined(scene, brick, brick.z - 1, snapshot.shown),
        above=_joined(scene, brick, brick.z + 1, snapshot.shown),
    )


def colour_name(code: int | None) -> str:
    """Name of an LDraw colour, for people."""
    colour = colour_of_code(DEFAULT_COLOUR if code is None else code)
    name = colour.name if colour is not None else f"LDraw colour {code}"
    return f"{name} (none given)" if code is None else name


def _joined(scene: ModelScene, brick: Brick, layer: int, shown: int) -> tuple[Neighbour, ...]:
    """Bricks of ``layer`` that share cells with ``brick`` when seen from above: a stud each."""
    if not 0 <= layer < scene.world_dim:
        return ()
    cells: NDArray[np.int32] = scene.grid[brick.slices[0], brick.slices[1], layer]
    owners, studs = np.unique(cells[(cells != EMPTY) & (cells < shown)], return_counts=True)
    return tuple(
        Neighbour(owner, scene.bricks[owner], count)
        for owner, count in zip(owners.tolist(), studs.tolist(), strict=True)
    )


def _verdict(snapshot: ModelSnapshot, index: int) -> tuple[float | None, str, str | None]:
    """Stress, criterion and reason of failure of a brick, as far as the report knows them."""
    report = snapshot.report
    if report is None or index >= len(report.stress):
        return None, "", None
    stress = float(report.stress[index])
    failure = next((failure.message for failure in report.failures if failure.index == index), None)
    return (None if math.isnan(stress) else stress), str(report.criterion), failure
