"""How the parts of a reward are weighed, and what came of one sample."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, fields

import numpy as np

from training.rewards.parts import PARTS, Case


@dataclass(frozen=True)
class Weights:
    """The weight of each part; 0 leaves it out.

    ``diversity`` is earned within a group of samples, see :mod:`training.rewards.groups`.
    ``connectivity`` counts only where stability got no verdict: it is the fallback. The published
    sum is ``stability_weight * stability + length_bonus + quality_bonus``.
    """

    stability: float = 1.0
    connectivity: float = 0.5
    length: float = 0.1
    quality: float = 0.5
    standing: float = 0.0
    validity: float = 0.0
    interlocking: float = 0.0
    likeness: float = 0.0
    statements: float = 0.0
    diversity: float = 0.0


@dataclass(frozen=True)
class Score:
    """What one sample earned, with what people and logs want to know of it.

    Attributes:
        total: the weighted sum of ``parts``.
        parts: each part that has a weight, before it is weighed.
        reason: what is wrong with the sample, in words; empty where nothing is.
        valid: every line was placed.
        stable: and the structure stands.
        bricks: bricks placed.
        lines: lines written.
        fault: number of the first line that was not placed, or None.
        weak: where all lines were placed, number of the first one whose brick fails; else None.
        min_score: least stability score of a brick, by the first criterion; NaN without a verdict.
        faults: how many lines failed for each reason.
        cells: the occupied cells, packed (eight a byte, in order x, y, z), where the structure stands and
            ``diversity`` has a weight; else empty. A group is compared by them without reading it again.
    """

    total: float
    parts: dict[str, float] = field(default_factory=dict)
    reason: str = ""
    valid: bool = False
    stable: bool = False
    bricks: int = 0
    lines: int = 0
    fault: int | None = None
    min_score: float = math.nan
    faults: dict[str, int] = field(default_factory=dict)
    weak: int | None = None
    cells: bytes = field(default=b"", repr=False)


def parts_of(case: Case, weights: Weights) -> dict[str, float]:
    """The parts that count for this case, unweighed."""
    wanted = {item.name for item in fields(weights) if getattr(weights, item.name)}
    wanted.discard("stability" if not case.judged else "connectivity")
    return {name: PARTS[name](case) for name in PARTS if name in wanted}


def total(parts: Mapping[str, float], weights: Weights) -> float:
    """Σ weight · part."""
    return sum(getattr(weights, name) * value for name, value in parts.items())


def score(case: Case, weights: Weights) -> Score:
    """Reward and record of one case."""
    parts = parts_of(case, weights)
    attempt = case.attempt
    counts: dict[str, int] = {}
    for fault in attempt.faults:
        counts[fault.reason.value] = counts.get(fault.reason.value, 0) + 1
    stands = case.judged and attempt.valid and all(report.stable for report in case.reports)
    return Score(
        total(parts, weights),
        parts,
        attempt.reason or _unstable_reason(case),
        attempt.valid,
        stands,
        len(case.structure),
        attempt.lines,
        attempt.faults[0].line if attempt.faults else None,
        case.reports[0].min_score if case.judged else math.nan,
        counts,
        _first_weak(case) if attempt.valid else None,
        np.packbits(case.structure.occupancy).tobytes() if stands and weights.diversity else b"",
    )


def _first_weak(case: Case) -> int | None:
    places = [report.first_unstable for report in case.reports if report.first_unstable is not None]
    return min(places, default=None)


def _unstable_reason(case: Case) -> str:
    bad = [report.message for report in case.reports if not report.stable]
    return bad[0] if bad else ""
