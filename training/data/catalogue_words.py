"""What is said of shapes from furniture libraries: their catalogue names, and parts that can be measured."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from brickgpt_engine.statements.claims import claims_in
from brickgpt_engine.statements.measuring import check_claims, measured
from brickgpt_engine.statements.proportions import PROPORTIONS
from brickgpt_engine.statements.spans import Value, Voxels
from training.data.captions import CAPTIONS_PER_SHAPE, CASUAL_SHARE
from training.data.captions.grammar import Speaker
from training.data.captions.wording import Alternatives, Facts, Wording, article, number, size_adjectives
from training.data.shapes.base import Shape

_TRIES = 8
"""Captions that say what does not hold are drawn again this often."""
_COUNTS: dict[tuple[str, str], tuple[int, int]] = {
    ("chair", "legs"): (3, 6),
    ("table", "legs"): (3, 8),
    ("bench", "legs"): (4, 8),
    ("bed", "legs"): (4, 6),
    ("bookshelf", "tiers"): (2, 9),
    ("car", "wheels"): (4, 4),
}
"""Counts that captions may state, with the range in which the reading means what the word means."""
_PARTS = {("chair", "back"), ("bench", "back"), ("sofa", "back"), ("chair", "armrests"), ("sofa", "armrests")}
_WORDS: dict[str, Callable[[int], Alternatives]] = {
    "legs": lambda count: (f"{number(count)} legs",),
    "tiers": lambda count: (f"{number(count)} shelves", f"{number(count)} tiers"),
    "wheels": lambda count: (f"{number(count)} wheels",),
    "back": lambda count: ("a back", "a backrest"),
    "armrests": lambda count: ("armrests", "two armrests", "arms on both sides"),
}
_PLAIN = ("{}", "{}", "{} made of bricks", "{} built from bricks", "{} in bricks", "a model of {}")
"""Captions of things without parts to speak of."""


def facts_of(category: str, voxels: Voxels) -> dict[str, Value]:
    """What can be measured on the voxels and means the same on a mesh as on a shape of our own."""
    found = measured(category, voxels)
    facts = {name: value for name, value in found.items() if name in PROPORTIONS[category]}
    for (of, name), (low, high) in _COUNTS.items():
        if of == category and low <= int(found.get(name, -1)) <= high:
            facts[name] = found[name]
    for of, name in sorted(_PARTS):
        if of == category and found.get(name) is True:
            facts[name] = True
    return facts


def words_for(shape: Shape, rng: np.random.Generator) -> list[str]:
    """Five captions from terse to detailed, of which nothing that can be measured is false.

    Deterministic in ``rng``.
    """
    speaker = Speaker(_wording(shape), rng)
    return [_true_caption(shape, speaker, level) for level in range(CAPTIONS_PER_SHAPE)]


def _wording(shape: Shape) -> Wording:
    nouns = tuple(str(shape.params["nouns"]).split("|"))
    return Wording(nouns, size_adjectives(shape.facts), _features(shape.facts))


def _features(facts: Facts) -> tuple[Alternatives, ...]:
    return tuple(words(int(facts[name])) for name, words in _WORDS.items() if name in facts)


def _true_caption(shape: Shape, speaker: Speaker, level: int) -> str:
    """One caption; where chance keeps saying what does not hold, only the name."""
    for _ in range(_TRIES):
        text = _caption(speaker, level)
        if speaker.chance(CASUAL_SHARE):
            text = speaker.casual(text)
        if all(check_claims(shape.category, shape.voxels, claims_in(text, shape.category)).values()):
            return text
    return speaker.wording.nouns[0]


def _caption(speaker: Speaker, level: int) -> str:
    if level == 0:
        return speaker.terse()
    if speaker.wording.features:
        return (speaker.short, speaker.medium, speaker.long, speaker.detailed)[level - 1]()
    adjectives = min(level - 1, 3)
    named = article(speaker.named(adjectives, decoration=0.3))
    text = speaker.pick(_PLAIN).format(named)
    return f"{text[0].upper()}{text[1:]}." if level > 2 else text
