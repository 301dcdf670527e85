"""Why a structure falls, or what holds it: forces and torques in words and numbers.

:func:`explain` takes the verdict of an analysis and says, brick by brick, what is not balanced and
which way the brick goes, which connection is loaded beyond friction, how many times the whole is on
the safe side, and where it would come apart first. :meth:`Explanation.as_dict` has every force.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from brickgpt_engine.bricks.structure import BrickStructure
from brickgpt_engine.physics.contacts import GROUND
from brickgpt_engine.physics.force_map import FloatArray, ForceMap, force_map
from brickgpt_engine.physics.force_model import FRICTION_CAPACITY
from brickgpt_engine.physics.report import BrickFailure, Criterion, FailureKind, StabilityReport, describe
from brickgpt_engine.physics.stability import FORCE_ZERO, TORQUE_ZERO, StabilityAnalyzer

_NOTHING = 1e-6
"""Pulls below this many newtons, a ten-thousandth of the lightest brick's weight, are not worth a word."""
_DIGITS = 9
"""Decimals of forces in reports: nanonewtons, finer than any solver's tolerance."""


@dataclass(frozen=True, slots=True)
class Connection:
    """One brick pushed on another, or on the baseplate, and what the joint carries.

    Attributes:
        upper, lower: positions in build order; ``lower`` is -1 for the baseplate.
        support: newtons with which the lower brick lifts the upper, over all points.
        pull: newtons with which friction holds the upper down, over all points.
        worst: newtons of the hardest pull at one contact point.
        place: (x, y) of that point in studs.
        press: horizontal newtons on the upper brick along x and y.
    """

    upper: int
    lower: int
    support: float
    pull: float
    worst: float
    place: tuple[float, float]
    press: tuple[float, float]

    @property
    def share(self) -> float:
        """The hardest pull as a share of what friction holds at one point."""
        return self.worst / FRICTION_CAPACITY


@dataclass(frozen=True, slots=True)
class BrickExplanation:
    """Why one brick fails.

    Attributes:
        index: position in build order.
        kind: as in :class:`~brickgpt_engine.physics.report.BrickFailure`.
        sentence: what happens, with the numbers.
        force: net force along x, y, z that nothing balances, newtons.
        torque: net torque about x and y that nothing balances, newton metres.
        held_by: the connection below it that pulls hardest; None where nothing is below.
    """

    index: int
    kind: FailureKind
    sentence: str
    force: tuple[float, float, float] = (0.0, 0.0, 0.0)
    torque: tuple[float, float] = (0.0, 0.0)
    held_by: Connection | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Explanation:
    """What an analysis found, in words.

    Attributes:
        structure: the model.
        report: the verdict that is explained.
        bricks: one entry for each failing brick, in build order.
        safety_factor: 1/t of the whole: how many times weaker the connections could be; infinite when
            nothing has to pull, 0 without any equilibrium, None when no solver could say.
        weakest: the connection that pulls hardest; None when none pulls.
        forces: every force; None when there is no verdict by forces.
        summary: sentences about the whole.
    """

    structure: BrickStructure
    report: StabilityReport
    bricks: tuple[BrickExplanation, ...]
    safety_factor: float | None
    weakest: Connection | None
    forces: ForceMap | None
    summary: tuple[str, ...] = field(default=())

    def as_dict(self) -> dict[str, Any]:
        """Sentences, and the force on every contact, as JSON values."""
        return {
            "summary": list(self.summary),
            "safety_factor": _finite(self.safety_factor),
            "weakest": None if self.weakest is None else _connection_dict(self.weakest),
            "bricks": [_brick_dict(brick) for brick in self.bricks],
            "contacts": [] if self.forces is None else _contact_dicts(self.forces),
            "neighbours": [] if self.forces is None else _push_dicts(self.forces),
        }


def explain(
    structure: BrickStructure,
    report: StabilityReport,
    *,
    equilibrium: StabilityReport | None = None,
    solver: str = "auto",
) -> Explanation:
    """Put ``report`` into words.

    Args:
        structure: what was analysed.
        report: its report.
        equilibrium: its report by the criterion ``equilibrium``, for the safety factor; made when missing.
        solver: as for :class:`~brickgpt_engine.physics.StabilityAnalyzer`.

    Raises:
        ConfigError: the report is of another structure.
        SolverError: no solver found the forces behind a verdict.
    """
    if report.criterion is Criterion.CONNECTIVITY or report.status == "unknown":
        failures = tuple(BrickExplanation(f.index, f.kind, f.message) for f in report.failures)
        return Explanation(structure, report, failures, None, None, None, (report.message,))
    if equilibrium is None:
        exact = report.criterion is Criterion.EQUILIBRIUM
        equilibrium = report if exact else StabilityAnalyzer(Criterion.EQUILIBRIUM, solver).analyze(structure)
    forces = force_map(structure, report, solver=solver)
    found = connections(forces)
    weakest = max(found, key=lambda one: one.worst, default=None)
    if weakest is not None and weakest.worst < _NOTHING:
        weakest = None
    bricks = tuple(_explained(structure, failure, forces, found) for failure in report.failures)
    factor = equilibrium.safety_factor
    summary = (_factor_sentence(factor), *_weakest_sentence(structure, report, weakest))
    return Explanation(structure, report, bricks, factor, weakest, forces, summary)


def connections(forces: ForceMap) -> list[Connection]:
    """What each pair of joined bricks carries, in the order of the upper bricks."""
    c = forces.contacts
    pairs = len(c.upper)
    support = np.bincount(c.point_pair, forces.support, pairs)
    pull = np.bincount(c.point_pair, forces.pull, pairs)
    # Contact points are ordered by pair; the hardest pull of each comes last when sorted by pull.
    order = np.lexsort((forces.pull, c.point_pair))
    worst = order[np.flatnonzero(np.diff(c.point_pair[order], append=pairs))]
    return [
        Connection(
            upper=int(c.upper[p]),
            lower=int(c.lower[p]),
            support=float(support[p]),
            pull=float(pull[p]),
            worst=float(forces.pull[worst[p]]),
            place=(float(c.point_xy[worst[p], 0]), float(c.point_xy[worst[p], 1])),
            press=(float(forces.press[p, 0]), float(forces.press[p, 1])),
        )
        for p in range(pairs)
    ]


def connection_words(structure: BrickStructure, one: Connection) -> str:
    """Such as "2x4 at (6,2,5) on 2x2 at (6,2,4)"."""
    return f"{describe(structure[one.upper])} on {_below(structure, one)}"


def load_words(one: Connection) -> str:
    """Such as "pulls 0.31 N at one point, 32% of what friction holds", or "pulls nothing"."""
    if one.worst < _NOTHING:
        return "pulls nothing"
    return f"pulls {one.worst:.2g} N at one point, {percent(one.share)} of what friction holds"


def percent(share: float) -> str:
    """A share with two digits, more where it is near a whole: ``0.3%``, ``32%``, ``99.6%``."""
    value = 100 * share
    if 99 <= value < 100:
        return f"{math.floor(10 * value) / 10:.1f}%"
    return f"{value:.1g}%" if value < 1 else f"{value:.0f}%"


def residual_words(force: FloatArray, torque: FloatArray) -> tuple[FailureKind, str]:
    """Kind and sentence for what is left unbalanced on a brick.

    Args:
        force: (3,) net force, newtons.
        torque: (2,) net torque about x and y, newton metres.

    Returns:
        Such as ``"tips"`` and "tips towards +x: 0.012 N·m about y not balanced".
    """
    parts = [f"{abs(torque[a]):.2g} N·m about {'xy'[a]}" for a in (0, 1) if abs(torque[a]) > TORQUE_ZERO]
    parts += [f"{abs(force[a]):.2g} N along {'xyz'[a]}" for a in (0, 1, 2) if abs(force[a]) > FORCE_ZERO]
    text = f"{' and '.join(parts)} not balanced"
    if abs(force[2]) > FORCE_ZERO:
        return ("falls", f"falls: {text}") if force[2] < 0 else ("falls", f"is pushed up: {text}")
    if parts and (np.abs(torque) > TORQUE_ZERO).any():
        # Right-hand rule: a positive torque about y carries the top towards +x, one about x towards -y.
        ways = (("x", torque[1]), ("y", -torque[0]))
        towards = [f"{'+' if value > 0 else '−'}{axis}" for axis, value in ways if abs(value) > TORQUE_ZERO]
        return "tips", f"tips towards {' and '.join(towards)}: {text}"
    return "slides", f"slides: {text}"


def _explained(
    structure: BrickStructure, failure: BrickFailure, forces: ForceMap, found: list[Connection]
) -> BrickExplanation:
    i = failure.index
    below = [one for one in found if one.upper == i]
    held_by = max(below, key=lambda one: one.worst, default=None)
    force, torque = forces.force[i], forces.torque[i]
    kind, sentence = failure.kind, failure.message
    if kind == "overloaded" and held_by is not None:
        sentence = f"{describe(structure[i])} comes off: its connection to {_below(structure, held_by)} "
        sentence += f"would have to hold {held_by.worst:.2g} N at one point, {percent(held_by.share)} of "
        sentence += "what friction holds"
    elif kind != "floating" and _unbalanced(forces, i):
        kind, words = residual_words(force, torque)
        sentence = f"{describe(structure[i])} {words}"
    x, y, z = force.tolist()
    about_x, about_y = torque.tolist()
    return BrickExplanation(i, kind, sentence, (x, y, z), (about_x, about_y), held_by)


def _below(structure: BrickStructure, one: Connection) -> str:
    return "the baseplate" if one.lower == GROUND else describe(structure[one.lower])


def _unbalanced(forces: ForceMap, index: int) -> bool:
    by_force = np.abs(forces.force[index]) > FORCE_ZERO
    return bool(by_force.any() or (np.abs(forces.torque[index]) > TORQUE_ZERO).any())


def _factor_sentence(factor: float | None) -> str:
    if factor is None:
        return "Safety factor of the whole: unknown, as no solver gave an answer."
    if math.isinf(factor):
        return "Safety factor of the whole: without limit; nothing has to pull, it stands without friction."
    if factor == 0:
        return "Safety factor of the whole: 0; no balance of forces exists, however hard the bricks hold."
    if factor <= 1:
        return (
            f"Safety factor of the whole: {factor:.3g}; "
            f"connections would have to hold {1 / factor:.3g} times as hard."
        )
    words = f"{factor:.3g}" if factor < 100 else f"{float(f'{factor:.3g}'):,.0f}"
    return f"Safety factor of the whole: {words}; it would stand with connections {words} times weaker."


def _weakest_sentence(
    structure: BrickStructure, report: StabilityReport, weakest: Connection | None
) -> tuple[str, ...]:
    if weakest is None:
        return () if not report.stable else ("Weakest connection: none has to pull.",)
    name = "Weakest connection" if report.stable else "Most loaded connection"
    return (f"{name}: {connection_words(structure, weakest)} {load_words(weakest)}.",)


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None


def _round(value: float) -> float:
    return round(float(value), _DIGITS) + 0.0  # + 0.0: no minus zero


def _brick_dict(brick: BrickExplanation) -> dict[str, Any]:
    return {
        "index": brick.index,
        "kind": brick.kind,
        "sentence": brick.sentence,
        "force_n": [_round(value) for value in brick.force],
        "torque_nm": [_round(value) for value in brick.torque],
        "held_by": None if brick.held_by is None else _connection_dict(brick.held_by),
    }


def _connection_dict(one: Connection) -> dict[str, Any]:
    return {
        "upper": one.upper,
        "lower": None if one.lower == GROUND else one.lower,
        "support_n": _round(one.support),
        "pull_n": _round(one.pull),
        "worst_pull_n": _round(one.worst),
        "worst_at": list(one.place),
        "share_of_friction": _round(one.share),
        "press_n": [_round(value) for value in one.press],
    }


def _contact_dicts(forces: ForceMap) -> list[dict[str, Any]]:
    """One object per connection, with support and pull at each of its points."""
    found = [_connection_dict(one) | {"points": []} for one in connections(forces)]
    c = forces.contacts
    for pair, (x, y), support, pull in zip(
        c.point_pair.tolist(), c.point_xy.tolist(), forces.support.tolist(), forces.pull.tolist(), strict=True
    ):
        found[pair]["points"].append({"x": x, "y": y, "support_n": _round(support), "pull_n": _round(pull)})
    return found


def _push_dicts(forces: ForceMap) -> list[dict[str, Any]]:
    """One object per pair of neighbours that push each other apart."""
    return [
        {"first": first, "second": second, "axis": axis, "push_n": _round(push)}
        for axis, pairs, pushes in zip("xy", forces.contacts.sides, forces.push, strict=True)
        for (first, second), push in zip(pairs.tolist(), pushes.tolist(), strict=True)
    ]
