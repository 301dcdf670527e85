"""Two models on the same prompts: the difference of each measure, with an interval.

Both wrote for the same captions, so a caption that is hard for one is hard for the other. The
intervals come from resampling prompts (paired bootstrap, Efron and Tibshirani 1993, section
13.3), which leaves that out of them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from brickgpt_engine.errors import ConfigError
from training.evaluation.classifier import Classifier
from training.evaluation.likeness import diversity
from training.evaluation.outcomes import Outcome, read_outcomes
from training.evaluation.summary import Judged, judge_all

RESAMPLES = 10_000
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Difference:
    """One measure before and after: shares are 0 to 1, counts are for each structure.

    Attributes:
        name: what is measured.
        is_share: whether to read it as a share.
        before, after: of all pairs.
        low, high: 95 % interval of ``after - before``.
    """

    name: str
    is_share: bool
    before: float
    after: float
    low: float
    high: float


Key = tuple[int, int, int]
"""Seed of the generator, number of the prompt, number of the sample."""
_MEASURES: dict[str, tuple[bool, Callable[[Judged], float], Callable[[Judged], float]]] = {
    "valid": (True, lambda item: item.outcome.valid, lambda _: 1),
    "stable": (True, lambda item: item.outcome.stable, lambda _: 1),
    "statements": (
        True,
        lambda item: sum(verdict.holds for verdict in item.verdicts),
        lambda item: len(item.verdicts),
    ),
    "category": (True, lambda item: bool(item.recognised), lambda item: item.recognised is not None),
    "bricks": (False, lambda item: item.outcome.bricks, lambda _: 1),
    "rollbacks": (False, lambda item: item.outcome.regenerations, lambda _: 1),
}
"""Whether it is a share, what counts for it in a structure, and out of how many."""


def paired(before: Sequence[Path], after: Sequence[Path], mode: str) -> tuple[list[Outcome], list[Outcome]]:
    """The outcomes of ``mode`` in both sets of files that are of one prompt, seed and sample, in one order.

    Raises:
        ConfigError: there are none, or a prompt was another in the other set.
        BrickGPTError: a file cannot be read.
    """
    one, other = _by_key(before, mode), _by_key(after, mode)
    keys = sorted(set(one) & set(other))
    if not keys:
        raise ConfigError(
            f"no prompt was answered in mode {mode!r} before and after; "
            "evaluate both models with the same --data, --seed, --prompts and --modes"
        )
    for key in keys:
        if one[key].prompt != other[key].prompt:
            raise ConfigError(
                f"prompt {key[1]} is {one[key].prompt!r} before and {other[key].prompt!r} after; "
                "evaluate both models with the same --data"
            )
    return [one[key] for key in keys], [other[key] for key in keys]


def _by_key(paths: Sequence[Path], mode: str) -> dict[Key, Outcome]:
    files = [path / "outcomes.jsonl" if path.is_dir() else path for path in paths]
    return {
        (outcome.seed, outcome.index, outcome.sample): outcome
        for path in files
        for outcome in read_outcomes(path)
        if outcome.mode == mode
    }


def differences(
    before: Sequence[Outcome], after: Sequence[Outcome], classifier: Classifier | None, seed: int = 0
) -> list[Difference]:
    """Every measure that something can be said of, for two lists of outcomes of the same prompts.

    Args:
        before: outcomes of the one model.
        after: outcomes of the other, pair by pair.
        classifier: judges the category; None leaves it out.
        seed: of the resampling.
    """
    judged = [judge_all(list(outcomes), classifier) for outcomes in (before, after)]
    prompts = np.unique([outcome.prompt for outcome in before], return_inverse=True)[1]
    weights = _resampled(int(prompts.max()) + 1, seed)
    found = []
    for name, (is_share, count, base) in _MEASURES.items():
        counts, bases = (
            np.array([np.bincount(prompts, [float(f(item)) for item in side]) for side in judged])
            for f in (count, base)
        )
        if not bases.sum(axis=1).all() or not (is_share or counts.any()):
            continue
        found.append(_difference(name, is_share, counts, bases, weights))
    values = _diversities(*judged)
    if values.shape[1] > 1:
        resampled = _resampled(values.shape[1], seed)
        found.append(_difference("diversity", False, values, np.ones_like(values), resampled))
    return found


def _resampled(count: int, seed: int) -> Floats:
    """How often each of ``count`` things is drawn, for every resample (RESAMPLES, count)."""
    generator = np.random.default_rng(seed)
    return generator.multinomial(count, np.full(count, 1 / count), size=RESAMPLES).astype(np.float64)


def _difference(name: str, is_share: bool, counts: Floats, bases: Floats, weights: Floats) -> Difference:
    """One measure: ``counts`` out of ``bases``, both (2, prompts), before and after."""
    ratios = (weights @ counts.T) / np.maximum(weights @ bases.T, 1e-9)
    low, high = np.percentile(ratios[:, 1] - ratios[:, 0], (2.5, 97.5))
    first, second = counts.sum(axis=1) / bases.sum(axis=1)
    return Difference(name, is_share, float(first), float(second), float(low), float(high))


def _diversities(before: Sequence[Judged], after: Sequence[Judged]) -> Floats:
    """Diversity among the samples of each prompt that has several, (2, prompts)."""
    groups: dict[str, list[int]] = defaultdict(list)
    for place, pair in enumerate(zip(before, after, strict=True)):
        if all(item.outcome.bricks for item in pair):
            groups[pair[0].outcome.prompt].append(place)
    several = [places for places in groups.values() if len(places) > 1]
    values = [
        [diversity([side[place].voxels for place in places]) or 0.0 for places in several]
        for side in (before, after)
    ]
    return np.array(values, dtype=np.float64)


def table(found: Sequence[Difference], pairs: int, mode: str) -> str:
    """The differences as a Markdown table."""
    lines = [
        f"{pairs} pairs, mode {mode}; intervals by paired bootstrap over {RESAMPLES:,} resamples.",
        "",
        "| | before | after | difference (95 % interval) |",
        "|---|---|---|---|",
    ]
    for each in found:
        scale, unit, point = (100.0, " %", " points") if each.is_share else (1.0, "", "")
        digits = 1 if each.is_share or each.name == "bricks" else 3
        before, after, low, high = (
            f"{scale * value:.{digits}f}" for value in (each.before, each.after, each.low, each.high)
        )
        moved = f"{scale * (each.after - each.before):+.{digits}f}{point}"
        lines.append(f"| {each.name} | {before}{unit} | {after}{unit} | {moved} ({low} to {high}) |")
    return "\n".join(lines) + "\n"
