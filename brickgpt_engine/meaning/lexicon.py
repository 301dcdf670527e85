"""The tables of meanings, each read when it is first needed.

``thesaurus.tsv.gz`` and ``english.txt.gz`` are derived from WordNet 3.0 (Princeton University; the
licence is in ``WORDNET-LICENCE.txt``), ``things.tsv``, ``words.txt`` and ``spoken.tsv`` from the training
captions; ``python -m training.thesaurus`` writes them. ``languages.tsv`` is written by hand, and so is
``companions.tsv``, after the captions.
"""

from __future__ import annotations

import gzip
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_HERE = Path(__file__).resolve().parent
NOTHING = "-"
"""The target of a word that means nothing a model can make."""


def _unpacked(name: str) -> str:
    return gzip.decompress((_HERE / name).read_bytes()).decode("utf-8")


def _rows(name: str) -> list[list[str]]:
    lines = (_HERE / name).read_text(encoding="utf-8").splitlines()
    return [line.split("\t") for line in lines if not line.startswith("#")]


@cache
def thesaurus() -> dict[str, str]:
    """The name of a thing, or :data:`NOTHING`, by word or phrase."""
    found: dict[str, str] = {}
    for line in _unpacked("thesaurus.tsv.gz").splitlines():
        target, _, words = line.partition("\t")
        found.update(dict.fromkeys(words.split(","), target))
    return found


@cache
def long_nouns() -> frozenset[str]:
    """The words of the thesaurus that are long enough to be told apart; what cannot be made is named, too."""
    return frozenset(word for word in thesaurus() if len(word) > 4)


@cache
def _english() -> tuple[str, int]:
    """All English words between line ends, and where the nouns stop."""
    text = _unpacked("english.txt.gz")
    return text, text.index("\n\n")


def is_english(word: str) -> bool:
    """Whether it is an English word of everyday length, as it stands in a dictionary."""
    return bool(word) and f"\n{word}\n" in _english()[0]


def is_noun(word: str) -> bool:
    """Whether it is an English word that is foremost a noun, or one that the thesaurus has."""
    text, end = _english()
    return bool(word) and (0 <= text.find(f"\n{word}\n") < end or word in thesaurus())


@cache
def things() -> dict[str, tuple[str, ...]]:
    """Names of the things of each category."""
    return {category: tuple(names.split(", ")) for category, names in _rows("things.tsv")}


@cache
def _categories() -> dict[str, str]:
    return {name: category for category, names in things().items() for name in (*names, category)}


def category_of(name: str) -> str | None:
    """The category of a thing's name; None for a name that no caption has."""
    return _categories().get(name)


@dataclass(frozen=True)
class Companions:
    """What the captions of one category name besides its things.

    Attributes:
        things: names of other things that are parts of one, or beside it.
        missing: the parts, in the singular, that a caption may say are missing.
    """

    things: frozenset[str] = frozenset()
    missing: frozenset[str] = frozenset()


@cache
def _companions() -> dict[str, Companions]:
    return {
        category: Companions(frozenset(things.split(", ")), frozenset(missing.split()))
        for category, things, missing in _rows("companions.tsv")
    }


def companions(category: str) -> Companions:
    """What the captions of a category name besides its things; nothing where they name none."""
    return _companions().get(category, Companions())


@cache
def spoken() -> dict[str, frozenset[str]]:
    """The words of each category's captions that name a thing to the thesaurus, whatever they say there."""
    return {category: frozenset(words.split()) for category, words in _rows("spoken.tsv")}


@cache
def caption_words() -> dict[str, int]:
    """The words of the embedded model's captions, the most frequent with the greatest weight."""
    words = (_HERE / "words.txt").read_text(encoding="utf-8").split()
    return {word: len(words) - place for place, word in enumerate(words)}


@dataclass(frozen=True)
class Language:
    """A language other than English.

    Attributes:
        name: in English.
        small: its commonest small words.
        nouns: the English name by noun.
    """

    name: str
    small: frozenset[str]
    nouns: dict[str, str]


@cache
def languages() -> tuple[Language, ...]:
    """The languages in which a few nouns are understood."""
    return tuple(
        Language(name, frozenset(small.split()), dict(pair.split("=") for pair in nouns.split(", ")))
        for name, small, nouns in _rows("languages.tsv")
    )
