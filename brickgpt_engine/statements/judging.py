"""What a text states of one thing, and whether the filled cells bear it out, statement by statement."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from brickgpt_engine.statements.claims import claims_in
from brickgpt_engine.statements.measuring import ABOUT, check_claims
from brickgpt_engine.statements.proportions import PROPORTIONS
from brickgpt_engine.statements.spans import Value, Voxels

_EXTENTS = {
    "studs_wide": ("stud", "wide"),
    "studs_long": ("stud", "long"),
    "bricks_tall": ("brick", "tall"),
}
_QUALITIES = frozenset(("lying", "open", "round", "woven"))
"""Parts that are none: what a thing is, not what it has."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """One statement: its kind, what it speaks of, what it says, and whether the cells satisfy it.

    The kind is ``counts``, ``parts`` or ``proportions``.
    """

    kind: str
    name: str
    said: Value
    holds: bool

    def as_dict(self) -> dict[str, Any]:
        """For JSON: what is stated, in words, and whether it holds."""
        return {"words": self.words, "holds": self.holds}

    @property
    def words(self) -> str:
        """What is stated, for people: ``armrests``, ``no handle``, ``4 legs``, ``tall``, ``8 studs wide``."""
        name = self.name.removeprefix(ABOUT).replace("_", " ")
        if self.kind == "proportions":
            return str(self.said)
        if self.name == "character":
            return f"the character {self.said}"
        if isinstance(self.said, bool):
            return name if self.said else f"{'not' if self.name in _QUALITIES else 'no'} {name}"
        unit, axis = _EXTENTS.get(self.name.removeprefix(ABOUT), ("", ""))
        if unit:
            about = ABOUT if self.name.startswith(ABOUT) else ""
            return f"{about}{self.said} {unit}{'' if self.said == 1 else 's'} {axis}"
        return f"{self.said} {name.removesuffix('s') if self.said == 1 else name}"


def kind_of(category: str, name: str, said: Value) -> str:
    """``proportions`` for words of size, ``counts`` for numbers, ``parts`` for what is there or not."""
    if name in PROPORTIONS[category]:
        return "proportions"
    return "counts" if isinstance(said, int) and not isinstance(said, bool) else "parts"


def statements_in(text: str, category: str) -> dict[str, Value]:
    """What a text says of a thing of this category and :func:`judge_claims` can measure, by name.

    A category that there is no reading for gives none.
    """
    if category not in PROPORTIONS:
        return {}
    said = claims_in(text, category).items()
    return {name: value for name, value in said if (name, value) != ("legs", 0)}  # a base other than legs


def judge(text: str, category: str, voxels: Voxels) -> list[Verdict]:
    """Every statement of ``text`` that can be measured, judged on ``voxels`` (bool, (x, y, z))."""
    return judge_claims(statements_in(text, category), category, voxels)


def judge_claims(claims: Mapping[str, Value], category: str, voxels: Voxels) -> list[Verdict]:
    """The given statements, judged on ``voxels``.

    In a grid that is empty, or so broken that nothing can be read off, none holds.
    """
    if not claims:
        return []
    try:
        held = check_claims(category, voxels, claims)
    except (ValueError, LookupError, StopIteration):
        held = dict.fromkeys(claims, False)
    return [
        Verdict(kind_of(category, name, claims[name]), name, claims[name], bool(ok))
        for name, ok in held.items()
    ]
