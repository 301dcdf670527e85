"""Which thing a phrase names: its last noun, by the model's own words or the nearest meaning."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from brickgpt_engine.meaning import lexicon
from brickgpt_engine.meaning.parts import target_of
from brickgpt_engine.meaning.vocabulary import Vocabulary
from brickgpt_engine.meaning.words import (
    CARRIERS,
    DETERMINERS,
    GENERIC,
    QUALITIES,
    SMALL,
    Token,
    singulars,
    stems,
)

_LONGEST_NAME = 5
_HUES = frozenset(
    {"black", "white", "red", "green", "blue", "yellow", "orange", "purple", "pink", "brown", "grey", "gray"}
    | {"golden", "silver", "scarlet"}
)
SIGNS = frozenset({"letter", "number", "digit", "numeral", "capital", "initial", "figure"})
"""Words before a letter or digit that is to be built."""


class Kind(Enum):
    """What was found in a phrase."""

    KNOWN = "known"
    """A thing by a name that the model knows."""
    TAKEN = "taken"
    """A thing that stands for what was named."""
    UNKNOWN = "unknown"
    """A noun without a near meaning."""
    NAMELESS = "nameless"
    """No noun, or one that stands for anything."""


@dataclass(frozen=True)
class Naming:
    """What a phrase names.

    Attributes:
        kind: whether it is known.
        words: the words of the name.
        target: the thing's name in the model's words, where there is one.
        tail: words behind the name that are no part of it.
    """

    kind: Kind
    words: tuple[Token, ...] = ()
    target: str = ""
    tail: tuple[Token, ...] = ()

    @property
    def phrase(self) -> str:
        """The name as it was written."""
        return " ".join(token.raw for token in self.words)


def name_in(words: Sequence[Token], vocabulary: Vocabulary) -> Naming:
    """What the last noun of ``words`` names, with the words before it that belong to its name.

    Words behind a thing that say how it is are passed over ("a chair so tall"), unknown nouns are
    not: a guitar amp is no guitar. A word that can be a quality, a part or a carrier ("giant",
    "trunk", "statue") gives way to a thing before it.
    """
    sign = _sign_in(words, vocabulary)
    if sign is not None:
        return sign
    second: Naming | None = None
    for end in range(len(words), 0, -1):
        word = words[end - 1].text
        found = _ending_at(words, end, vocabulary)
        if found is None:
            if not _passes(word, vocabulary):
                return second or Naming(Kind.UNKNOWN, _compound(words[:end]))
        elif found.kind is Kind.KNOWN or len(found.words) > 1 or not _gives_way(word, vocabulary):
            return found
        else:
            second = second or found
    return second or _bare(words)


def is_plural(found: Naming) -> bool:
    """Whether more than one thing is named: "houses", but not "stairs", which is a name itself."""
    if found.kind not in (Kind.KNOWN, Kind.TAKEN) or not found.words:
        return False
    word = found.words[-1].text
    phrase = " ".join(token.text for token in found.words)
    if found.kind is Kind.KNOWN:
        return found.target != phrase and found.target in singulars(phrase)
    thesaurus = lexicon.thesaurus()
    return (
        phrase not in thesaurus
        and word not in thesaurus
        and any(form in thesaurus for named in (phrase, word) for form in singulars(named))
    )


def _gives_way(word: str, vocabulary: Vocabulary) -> bool:
    return word in CARRIERS or word in QUALITIES or vocabulary.knows(word)


def _bare(words: Sequence[Token]) -> Naming:
    """What a phrase without a thing names: a part, a word that no dictionary has, or nothing."""
    said = [word for word in words if word.is_word and word.text not in SMALL | GENERIC | CARRIERS]
    generic = any(word.text in GENERIC | CARRIERS for word in words)
    nouns = [word for word in said if _foremost_noun(word.text) or not _has_stem(word.text)]
    return Naming(Kind.NAMELESS) if generic or not nouns else Naming(Kind.UNKNOWN, tuple(nouns[-1:]))


def _ending_at(words: Sequence[Token], end: int, vocabulary: Vocabulary) -> Naming | None:
    """The longest name that ends before ``end``."""
    for begin in range(max(0, end - _LONGEST_NAME), end):
        run = tuple(words[begin:end])
        phrase = " ".join(token.text for token in run)
        target = target_of(phrase, vocabulary)
        if target is not None and _is_painted(run, vocabulary):
            continue
        if target == lexicon.NOTHING:
            return Naming(
                Kind.UNKNOWN, run if len(run) > 1 else _compound(words[:end]), tail=tuple(words[end:])
            )
        if target is not None:
            kind = Kind.KNOWN if vocabulary.thing(phrase) else Kind.TAKEN
            return Naming(kind, run, target, tuple(words[end:]))
    return None


def _is_painted(run: Sequence[Token], vocabulary: Vocabulary) -> bool:
    """Whether it is a thing of some colour before it is a plant or fish of that name: "green dragon"."""
    if len(run) < 2 or run[0].text not in _HUES:
        return False
    rest = " ".join(token.text for token in run[1:])
    whole = f"{run[0].text} {rest}"
    return vocabulary.thing(whole) is None and target_of(rest, vocabulary) not in (None, lexicon.NOTHING)


def _sign_in(words: Sequence[Token], vocabulary: Vocabulary) -> Naming | None:
    """A letter or number: "the letter B", "capital B", "number 7"."""
    if "letter" not in vocabulary.families:
        return None
    for at in range(len(words) - 1):
        if words[at].text in SIGNS and words[at + 1].is_number:
            return Naming(Kind.KNOWN, tuple(words[at : at + 2]), words[at].text, tuple(words[at + 2 :]))
    alone = [word for word in words if word.text not in DETERMINERS]
    if len(alone) == 1 and len(alone[0].text) == 1 and alone[0].is_number:
        kind = "number" if alone[0].text.isdecimal() else "letter"
        return Naming(Kind.TAKEN, (alone[0],), f"the {kind} {alone[0].raw}")
    return None


def _compound(words: Sequence[Token]) -> tuple[Token, ...]:
    """The noun at the end with the nouns before it: "guitar amp"."""
    begin = len(words) - 1
    while begin > 0 and lexicon.is_noun(words[begin - 1].text) and words[begin - 1].text not in SMALL:
        begin -= 1
    return tuple(words[begin:])


def _passes(word: str, vocabulary: Vocabulary) -> bool:
    """Whether a word behind a noun can be passed over in search of it: anything but an unknown noun."""
    if word in SMALL or word in CARRIERS or word in GENERIC or vocabulary.knows(word):
        return True
    return word.endswith(("ing", "ed")) or not _foremost_noun(word)


def _foremost_noun(word: str) -> bool:
    """Whether a word is a noun in the first place; what no dictionary has is none."""
    if lexicon.is_english(word):
        return lexicon.is_noun(word)
    return any(lexicon.is_noun(form) for form in (word, *singulars(word)))


def _has_stem(word: str) -> bool:
    return any(lexicon.is_english(stem) for stem in stems(word))
