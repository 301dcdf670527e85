"""The parts of a reward: pure functions, each of one thing, each with its range.

A part looks at one :class:`Case`: what was written, what the physics says of it, and what was
asked for. It knows nothing of weights, groups or models, so it can be tested by hand and used
elsewhere. :data:`PARTS` names them all but the one of groups (:mod:`training.rewards.groups`);
:mod:`training.rewards.weights` adds them up.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from brickgpt_engine.bricks import BrickStructure
from brickgpt_engine.physics import StabilityReport
from brickgpt_engine.physics.connectivity import grounded_bricks
from brickgpt_engine.physics.contacts import extract_contacts
from brickgpt_engine.statements.judging import judge
from training.data.shapes.base import SIDE, centred
from training.rewards.attempt import Attempt, absolute_lines, read_attempt


@dataclass(frozen=True, slots=True)
class Task:
    """What was asked for.

    Attributes:
        caption: the words.
        category: the family of shapes that they speak of; empty where nobody knows.
        target: a structure that the words were written for, as brick text; empty where there is none.
    """

    caption: str = ""
    category: str = ""
    target: str = ""


@dataclass(frozen=True, slots=True)
class Case:
    """All that a part may look at.

    Attributes:
        attempt: what was written.
        reports: the verdict of each criterion that was asked for; none where physics was left out.
        task: what was asked for.
        length_target: bricks that earn the whole length bonus; 0 takes as many as the target has.
    """

    attempt: Attempt
    reports: tuple[StabilityReport, ...] = ()
    task: Task = field(default_factory=Task)
    length_target: int = 0

    @property
    def structure(self) -> BrickStructure:
        """The bricks that could be placed."""
        return self.attempt.structure

    @property
    def judged(self) -> bool:
        """Whether every criterion gave a verdict."""
        return bool(self.reports) and all(report.status != "unknown" for report in self.reports)


def stability(case: Case) -> float:
    """0…1: mean stability score of the bricks (1 − stress), averaged over the criteria; 0 without bricks."""
    if not case.judged or not len(case.structure):
        return 0.0
    return float(np.mean([report.mean_score for report in case.reports]))


def standing(case: Case) -> float:
    """1 where every line was placed and every criterion says that the structure stands, else 0."""
    return float(case.judged and case.attempt.valid and all(report.stable for report in case.reports))


def connectivity(case: Case) -> float:
    """0…1: share of the bricks that a chain of studs joins to the baseplate. Needs no solver."""
    if not len(case.structure):
        return 0.0
    return float(np.mean(grounded_bricks(extract_contacts(case.structure))))


def length(case: Case) -> float:
    """0…1: bricks placed as a share of ``length_target``, or of the target's bricks; 1 from there on."""
    goal = case.length_target or case.task.target.count("\n")
    return min(len(case.structure) / goal, 1.0) if goal else 0.0


def quality(case: Case) -> float:
    """−1…0: minus the share of lines that collide, leave the world, or are no brick; −1 without a line.

    A text that was cut off at its limit has one more bad line.
    """
    bad = len(case.attempt.faults) + (not case.attempt.ended)
    lines = case.attempt.lines + (not case.attempt.ended)
    return -bad / lines if lines else -1.0


def validity(case: Case) -> float:
    """1 where every line was placed and the text ended by itself, else 0."""
    return float(case.attempt.valid and case.attempt.ended)


def interlocking(case: Case) -> float:
    """0…1: share of the bricks that have two others right below or right above, so that they bind them.

    A wall in running bond scores near 1, a row of pillars 0.
    """
    bricks = case.structure
    if not len(bricks):
        return 0.0
    binds = [
        len(bricks.neighbours_below(i)) >= 2 or len(bricks.neighbours_above(i)) >= 2
        for i in range(len(bricks))
    ]
    return float(np.mean(binds))


def likeness(case: Case) -> float:
    """0…1: intersection over union of the cells with those of the target, both in mid-plan; 0 without one."""
    if not case.task.target or not len(case.structure) or case.structure.world_dim != SIDE:
        return 0.0
    wanted = read_attempt(absolute_lines(case.task.target)).structure
    if not len(wanted):
        return 0.0
    return _iou(centred(case.structure.occupancy), centred(wanted.occupancy))


def _iou(one: NDArray[np.bool_], other: NDArray[np.bool_]) -> float:
    return float(np.count_nonzero(one & other) / np.count_nonzero(one | other))


def statements(case: Case) -> float:
    """0…1: share of the caption's claims that the cells bear out; 1 where it makes none that can be measured.

    The claims are those of :mod:`brickgpt_engine.statements.claims`: counts, parts, proportions, sizes.
    """
    if not len(case.structure) or case.structure.world_dim != SIDE:
        return 0.0
    verdicts = judge(case.task.caption, case.task.category, case.structure.occupancy)
    return float(np.mean([verdict.holds for verdict in verdicts])) if verdicts else 1.0


Part = Callable[[Case], float]
PARTS: dict[str, Part] = {
    "stability": stability,
    "standing": standing,
    "connectivity": connectivity,
    "length": length,
    "quality": quality,
    "validity": validity,
    "interlocking": interlocking,
    "likeness": likeness,
    "statements": statements,
}
"""Every part by its name in the config (``NAME_weight``)."""
