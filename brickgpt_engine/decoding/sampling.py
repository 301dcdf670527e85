"""Choosing a token: plain functions from logits to probabilities, and a draw from them."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from itertools import accumulate
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from brickgpt_engine.errors import ModelError

Probabilities: TypeAlias = NDArray[np.float64]
Choice: TypeAlias = tuple[NDArray[np.floating], int]
"""The logits of what could be chosen, shape (n,), and the place of what was."""
_FEW = 64
"""Up to so many numbers Python adds up in less time than NumPy."""


def softmax(logits: NDArray[np.floating], temperature: float = 1.0) -> Probabilities:
    """``exp(logits / temperature)``, normalised, in double precision; same shape as ``logits`` (n,).

    Raises:
        ModelError: the largest logit is no finite number.
    """
    weights = _below_top(logits)
    weights /= temperature
    np.exp(weights, out=weights)
    weights /= np.add.reduce(weights)
    return weights


def log_share(logits: NDArray[np.floating], place: int) -> float:
    """Natural logarithm of entry ``place``'s softmax share; minus infinity where it has none."""
    below = _below_top(logits)
    return float(below[place]) - math.log(np.add.reduce(np.exp(below)))


def log_shares(texts: Sequence[Sequence[Choice]]) -> list[float]:
    """Natural logarithm of each text's share, the product of those of its choices.

    All choices among equally many are worked out together, which takes a fraction of the time.
    """
    totals = [0.0] * len(texts)
    alike: dict[int, list[tuple[int, Choice]]] = {}
    for number, choices in enumerate(texts):
        for choice in choices:
            alike.setdefault(len(choice[0]), []).append((number, choice))
    for group in alike.values():
        rows = np.array([logits for _, (logits, _) in group], dtype=np.float64)
        rows -= rows.max(axis=1, keepdims=True)
        chosen = rows[np.arange(len(group)), [place for _, (_, place) in group]]
        shares = chosen - np.log(np.exp(rows).sum(axis=1))
        for (number, _), share in zip(group, shares.tolist(), strict=True):
            totals[number] += share
    return totals


def _below_top(logits: NDArray[np.floating]) -> Probabilities:
    """``logits`` less the largest of them, in double precision."""
    below = logits.astype(np.float64)
    top = float(np.maximum.reduce(below))
    if not -math.inf < top < math.inf:  # also false for NaN, which the maximum passes on
        raise ModelError("the model gives no allowed token a finite logit; its weights are damaged")
    below -= top
    return below


def draw(probabilities: Probabilities, rng: np.random.Generator) -> int:
    """Index drawn from ``probabilities`` (n,) by inversion: one uniform number per draw.

    They need not sum to 1. An index of probability 0 is never drawn.
    """
    if len(probabilities) > _FEW:
        cumulative = probabilities.cumsum()
        index = int(cumulative.searchsorted(rng.random() * cumulative[-1], side="right"))
        if index == len(cumulative):  # the product was rounded up to the whole
            index = int(cumulative.searchsorted(cumulative[-1], side="left"))
        return index
    sums = list(accumulate(probabilities.tolist()))  # the same numbers, in less time
    index = bisect_right(sums, rng.random() * sums[-1])
    return index if index < len(sums) else bisect_left(sums, sums[-1])


def keep_top_k(probabilities: Probabilities, k: int) -> Probabilities:
    """Zero all but the ``k`` largest entries (ties with the k-th are kept) and normalise; 0 keeps all."""
    if k <= 0 or k >= len(probabilities):
        return probabilities
    smallest = np.partition(probabilities, -k)[-k]
    kept = np.where(probabilities >= smallest, probabilities, 0.0)
    return np.asarray(kept / kept.sum())


def keep_top_p(probabilities: Probabilities, p: float) -> Probabilities:
    """Keep the smallest set of most likely entries whose mass reaches ``p``, and normalise; 1 keeps all."""
    if p >= 1.0:
        return probabilities
    order = np.argsort(-probabilities, kind="stable")
    mass_before = np.concatenate([[0.0], np.cumsum(probabilities[order])[:-1]])
    kept = np.zeros_like(probabilities)
    chosen = order[mass_before < p]
    kept[chosen] = probabilities[chosen]
    return np.asarray(kept / kept.sum())


def sample_free(
    logits: NDArray[np.floating], temperature: float, top_k: int, top_p: float, rng: np.random.Generator
) -> int:
    """Token id drawn from the whole vocabulary after temperature, then top-k, then top-p."""
    probabilities = keep_top_p(keep_top_k(softmax(logits, temperature), top_k), top_p)
    return draw(probabilities, rng)
