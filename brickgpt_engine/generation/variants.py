"""Which of several models for one prompt to keep."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TypeAlias

from brickgpt_engine.generation.events import GenerationResult

Score: TypeAlias = tuple[bool, int, float, float]

_STEP = 0.01
"""Likelihoods that differ by less are taken for equal, so that strength decides between twins."""


def score(result: GenerationResult) -> Score:
    """What variants are compared by, in this order: stable, as asked, likely, strong.

    Returns:
        Whether it is stable; minus the number of statements of the prompt that it lacks; the mean
        log-likelihood of its bricks, rounded to hundredths; its safety factor, or where the criterion
        gives none, the score of its most stressed brick.
    """
    likely = -math.inf if result.log_likelihood is None else result.log_likelihood
    if math.isfinite(likely):
        likely = round(likely / _STEP) * _STEP
    report = result.report
    strong = 0.0
    if report is not None:
        strong = report.min_score if report.safety_factor is None else report.safety_factor
    return result.stable, -len(result.missing), likely, strong


def pick(results: Sequence[GenerationResult]) -> int:
    """Index of the best of ``results`` (at least one) by :func:`score`; the first of equals."""
    return max(range(len(results)), key=lambda number: (score(results[number]), -number))
