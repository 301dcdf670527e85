"""What a caption claims, and whether the generated cells bear it out, by kind of claim."""

from __future__ import annotations

from dataclasses import dataclass

from training.data.claims import check_claims, claims_in
from training.data.shapes import PROPORTIONS
from training.data.shapes.base import Value, Voxels

KINDS = ("counts", "parts", "proportions", "category")
"""Kinds of claims; the category is judged by :mod:`training.evaluation.classifier`."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """One claim: its kind, what it speaks of, what it says, and whether the voxels satisfy it."""

    kind: str
    name: str
    said: Value
    holds: bool


def kind_of(category: str, name: str, said: Value) -> str:
    """``proportions`` for words of size, ``counts`` for numbers, ``parts`` for what is there or not."""
    if name in PROPORTIONS[category]:
        return "proportions"
    return "counts" if isinstance(said, int) and not isinstance(said, bool) else "parts"


def judge(caption: str, category: str, voxels: Voxels) -> list[Verdict]:
    """Every claim of ``caption`` that can be measured, judged on ``voxels`` (bool, 20x20x20).

    In a grid that is empty, or so broken that nothing can be read off, no claim holds.
    A category that the project has no reading for gives no verdicts.
    """
    if category not in PROPORTIONS:
        return []
    claims = claims_in(caption, category)
    try:
        held = check_claims(category, voxels, claims)
    except (ValueError, IndexError):
        held = dict.fromkeys((name for name in claims if (name, claims[name]) != ("legs", 0)), False)
    return [
        Verdict(kind_of(category, name, claims[name]), name, claims[name], bool(ok))
        for name, ok in held.items()
    ]
