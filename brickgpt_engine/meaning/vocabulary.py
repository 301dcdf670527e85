"""What a model knows: its categories, the names of their things, and the words of its training captions.

A model folder's ``brickgpt.json`` may hold ``families``, a list of categories, and ``vocabulary``,
an object from each word of the training captions to how often it occurs there.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from brickgpt_engine.errors import ModelError
from brickgpt_engine.meaning import lexicon
from brickgpt_engine.meaning.spelling import neighbours
from brickgpt_engine.meaning.words import clean, singulars, stems, tokens_of

LEAST_COUNT = 3
"""Words of fewer occurrences are not learnt."""
SLIP_SHARE = 0.05
"""A word that is no English and this much rarer than one a slip away is that slip."""
_MOST_WORDS = 100_000


def vocabulary_of(captions: Iterable[str], *, least: int = LEAST_COUNT) -> dict[str, int]:
    """The words of captions with their counts, the most frequent first: ``vocabulary`` of ``brickgpt.json``.

    Words are those of :func:`~brickgpt_engine.meaning.words.tokens_of`, in lower case, hyphens kept.
    Typing slips are left out.

    Args:
        captions: as the model reads them in training.
        least: fewest occurrences of a word that counts.
    """
    counts = Counter(
        token.text for caption in captions for token in tokens_of(clean(caption)) if token.is_word
    )
    kept = {word: count for word, count in counts.items() if count >= least and not _is_slip(word, counts)}
    return dict(sorted(kept.items(), key=lambda item: (-item[1], item[0])))


def _is_slip(word: str, counts: Mapping[str, int]) -> bool:
    """Whether a word that no dictionary has is far rarer than one a slip away that it is no form of."""
    if len(word) < 4 or "-" in word:
        return False
    forms = frozenset(stems(word))
    if not any(
        counts[word] < SLIP_SHARE * counts.get(near, 0) for near in neighbours(word) if near not in forms
    ):
        return False
    if any(lexicon.is_english(form) for form in (word, *singulars(word))):
        return False
    told = word.endswith(("ing", "ed"))  # "resting" is of "rest", though "nesting" is far more frequent
    return not (told and any(counts.get(form, 0) > counts[word] for form in forms))


@dataclass(frozen=True)
class Vocabulary:
    """What one model knows.

    Attributes:
        families: its categories.
        counts: words of its captions with their counts; where empty, the words that the captions
            of the embedded model have.
    """

    families: tuple[str, ...]
    counts: Mapping[str, int] = field(default_factory=dict)

    @cached_property
    def words(self) -> Mapping[str, int]:
        """Every known word with its weight."""
        return self.counts or lexicon.caption_words()

    @cached_property
    def _slips(self) -> dict[str, bool]:
        """What was found out about single words."""
        return {}

    @cached_property
    def things(self) -> Mapping[str, str]:
        """Category by the name of a thing that the model can make; the categories themselves included."""
        known = {
            name: category
            for category, names in lexicon.things().items()
            if category in self.families
            for name in names
            if not self.counts or all(part in self.counts or len(part) == 1 for part in name.split())
        }
        return known | {family: family for family in self.families if family in self.words}

    def thing(self, phrase: str) -> str | None:
        """The name that a phrase is, or is the plural of; None where it names nothing known."""
        if phrase in self.things:
            return phrase
        return next((name for name in singulars(phrase) if name in self.things), None)

    def is_slip(self, word: str) -> bool:
        """Whether captions have the word, but as a slip of the keys: they have its likes far more often."""
        if word not in self.counts:
            return False
        if word not in self._slips:
            self._slips[word] = _is_slip(word, self.counts)
        return self._slips[word]

    def stand_in(self, target: str) -> str | None:
        """``target``, or what stands for its category where the model's captions lack it; None: not made."""
        if target in self.things:
            return target
        category = lexicon.category_of(target)
        if category not in self.families:
            return None
        return (
            category
            if category in self.things
            else next((name for name, owner in self.things.items() if owner == category), None)
        )

    def knows(self, word: str) -> bool:
        """Whether captions have the word, its singular or plural, or each of its hyphened parts."""
        forms = (word, word + "s", *singulars(word))
        if any(form in self.words and not self.is_slip(form) for form in forms):
            return True
        parts = word.split("-")
        return len(parts) > 1 and all(part.isdecimal() or self.knows(part) for part in parts)


def vocabulary_from(settings: Mapping[str, Any], source: str) -> Vocabulary | None:
    """What ``brickgpt.json`` says that a model knows; None where it names no families.

    Raises:
        ModelError: ``families`` or ``vocabulary`` is not what it must be.
    """
    families, counts = settings.get("families"), settings.get("vocabulary", {})
    if families is None:
        return None
    if not isinstance(families, list) or not all(isinstance(name, str) and name for name in families):
        raise ModelError(f'{source} has families that are no list of names; write ["chair", …]')
    whole = isinstance(counts, dict) and all(type(count) is int and count >= 0 for count in counts.values())
    if not whole or len(counts) > _MOST_WORDS:
        raise ModelError(f"{source} has a vocabulary that is no object of words and counts; train it anew")
    return Vocabulary(tuple(name.lower() for name in families), counts) if families else None
