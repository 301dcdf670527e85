"""From outcomes to numbers: one row a mode, one a category, and what is measured on sets of models."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from brickgpt_engine.statements.judging import Verdict, judge
from brickgpt_engine.statements.spans import Voxels
from training.evaluation.classifier import Classifier
from training.evaluation.likeness import Neighbours, diversity
from training.evaluation.outcomes import FULL, REFERENCE, Outcome, of_mode
from training.evaluation.voxels import voxels_of

KINDS = ("counts", "parts", "proportions", "category")
"""Kinds of claims; the category is judged by :mod:`training.evaluation.classifier`."""
NEW = 0.95
"""A structure less alike than this to every training structure is called new."""


@dataclass(frozen=True)
class Judged:
    """An outcome with its cells (20, 20, 20) and what is said about them.

    Attributes:
        outcome: what came of the prompt.
        voxels: the cells of the bricks that could be placed.
        verdicts: on every claim of the caption, the category (where it can be judged) included.
    """

    outcome: Outcome
    voxels: Voxels
    verdicts: tuple[Verdict, ...]

    @property
    def recognised(self) -> bool | None:
        """Whether the classifier names the prompt's category; None where it does not know that category."""
        return next((verdict.holds for verdict in self.verdicts if verdict.kind == "category"), None)


def judge_all(outcomes: Sequence[Outcome], classifier: Classifier | None) -> list[Judged]:
    """Cells and verdicts of every outcome; without a classifier the category is not judged."""
    grids = [voxels_of(outcome.text) for outcome in outcomes]
    guesses = classifier.predict(np.stack(grids)) if classifier and grids else [None] * len(grids)
    judged = []
    for outcome, voxels, guess in zip(outcomes, grids, guesses, strict=True):
        verdicts = judge(outcome.prompt, outcome.category, voxels)
        if classifier is not None and outcome.category in classifier.names:
            holds = bool(voxels.any()) and guess == outcome.category
            verdicts.append(Verdict("category", "category", outcome.category, holds))
        judged.append(Judged(outcome, voxels, tuple(verdicts)))
    return judged


def interval(successes: int, trials: int) -> tuple[float, float]:
    """Wilson's 95 % confidence interval of a share (Wilson 1927)."""
    if trials == 0:
        return (0.0, 1.0)
    z = 1.959964
    share = successes / trials
    centre = share + z * z / (2 * trials)
    spread = z * float(np.sqrt(share * (1 - share) / trials + z * z / (4 * trials * trials)))
    scale = 1 + z * z / trials
    return (max(0.0, (centre - spread) / scale), min(1.0, (centre + spread) / scale))


def share(values: Iterable[bool]) -> dict[str, Any]:
    """How many of how many, as a share (None of none), with its interval."""
    held = list(values)
    count = sum(held)
    return {
        "of": len(held),
        "count": count,
        "share": count / len(held) if held else None,
        "interval_95": interval(count, len(held)),
    }


def statements(judged: Sequence[Judged]) -> dict[str, Any]:
    """Share of claims that hold: all of them, all but the category, and by kind."""
    verdicts = [verdict for item in judged for verdict in item.verdicts]
    result = {"all": share(verdict.holds for verdict in verdicts)}
    result["without category"] = share(v.holds for v in verdicts if v.kind != "category")
    for kind in KINDS:
        result[kind] = share(verdict.holds for verdict in verdicts if verdict.kind == kind)
    return result


def summarise(judged: Sequence[Judged], mode: str) -> dict[str, Any]:
    """One row of the table: the outcomes of one mode, or of one category of it.

    Scores are means over the valid structures; everything else is over all outcomes.
    """
    outcomes = [item.outcome for item in judged]
    valid = [outcome for outcome in outcomes if outcome.valid]

    def mean(values: Iterable[float]) -> float | None:
        kept = list(values)
        return float(np.mean(kept)) if kept else None

    seconds = [outcome.seconds for outcome in outcomes]
    return {
        "mode": mode,
        "prompts": len(outcomes),
        "valid": share(outcome.valid for outcome in outcomes),
        "stable": share(outcome.stable for outcome in outcomes),
        "mean_stability": mean(outcome.mean_score for outcome in valid),
        "min_stability": mean(outcome.min_score for outcome in valid),
        "finished": share(outcome.finished for outcome in outcomes),
        "statements": statements(judged),
        "bricks": mean(outcome.bricks for outcome in outcomes),
        "tokens": mean(outcome.tokens for outcome in outcomes),
        "rejections": mean(outcome.rejections for outcome in outcomes),
        "regenerations": mean(outcome.regenerations for outcome in outcomes),
        "attempts": mean(outcome.attempts for outcome in outcomes),
        "seconds_median": float(np.median(seconds)) if seconds else None,
        "seconds_95": float(np.percentile(seconds, 95)) if seconds else None,
        "cpu_seconds_median": float(np.median([o.cpu_seconds for o in outcomes])) if outcomes else None,
        "taken_from_rejection": sum(outcome.same_as is not None for outcome in outcomes),
        "refused": sum(outcome.refused for outcome in outcomes),
    }


def by_category(judged: Sequence[Judged]) -> dict[str, dict[str, Any]]:
    """The row of each category, in alphabetical order."""
    groups: dict[str, list[Judged]] = defaultdict(list)
    for item in judged:
        groups[item.outcome.category].append(item)
    return {name: summarise(groups[name], name) for name in sorted(groups)}


def diversity_of(outcomes: Iterable[Outcome]) -> dict[str, Any] | None:
    """Mean diversity between the samples of one prompt, over prompts with several; None without any."""
    groups: dict[int, list[Outcome]] = defaultdict(list)
    for outcome in outcomes:
        if outcome.mode == FULL and outcome.bricks:
            groups[outcome.index].append(outcome)
    values: list[float] = []
    samples: list[int] = []
    copies = 0
    for group in groups.values():
        value = diversity([voxels_of(outcome.text) for outcome in group])
        if value is not None:
            values.append(value)
            samples.append(len(group))
            copies += len(group) - len({outcome.text for outcome in group})
    if not values:
        return None
    return {
        "prompts": len(values),
        "samples": float(np.mean(samples)),
        "mean": float(np.mean(values)),
        "least": min(values),
        "repeated_texts": copies / sum(samples),
    }


def novelty_of(judged: Sequence[Judged], training: Neighbours) -> dict[str, Any] | None:
    """How alike the structures are to the nearest training structure; None where there is no structure."""
    nearest = np.array([training.nearest(item.voxels) for item in judged if item.outcome.bricks])
    if not len(nearest):
        return None
    return {
        "structures": len(nearest),
        "training_structures": training.count,
        "mean_nearest": float(nearest.mean()),
        "median_nearest": float(np.median(nearest)),
        "new": share(bool(value < NEW) for value in nearest),
        "exact_copies": share(bool(value >= 1.0) for value in nearest),
    }


def summary_of(
    outcomes: Sequence[Outcome],
    modes: Sequence[str],
    *,
    classifier: Classifier | None,
    training: Neighbours | None,
    progress: Callable[[str], None] = lambda words: None,
) -> dict[str, Any]:
    """Everything that is measured on outcomes, as one JSON object.

    Args:
        outcomes: of any modes and samples.
        modes: names of the modes to report, in order.
        classifier: judges the category; None leaves that out.
        training: what novelty is measured against; None leaves it out.
        progress: told what is being done.
    """
    rows, full, novelty = [], [], {}
    for mode in modes:
        progress(f"judging {mode}")
        judged = judge_all(of_mode(outcomes, mode), classifier)
        if not judged:
            continue
        rows.append(summarise(judged, mode))
        if mode == FULL:
            full = judged
        if training is not None and mode in (FULL, REFERENCE):
            progress(f"looking for the nearest training structures of {mode}")
            novelty[mode] = novelty_of(judged, training)
    return {
        "modes": rows,
        "categories": by_category(full),
        "diversity": diversity_of(outcomes),
        "novelty": novelty,
    }
