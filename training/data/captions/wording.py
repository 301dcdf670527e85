"""The material captions are made of: what a family can say about one shape."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from brickgpt_engine.statements.spans import Value
from brickgpt_engine.statements.words import NUMBERS, SIZE_SYNONYMS

Facts = Mapping[str, Value]
Alternatives = tuple[str, ...]
"""Several ways to say one thing; one of them is drawn."""


@dataclass(frozen=True)
class Wording:
    """What may be said about one shape; everything here holds for it.

    Attributes:
        nouns: names for the object, the most usual first.
        adjectives: one entry per true quality, each with its synonyms.
        features: phrases that follow "with", one entry per part, each with its variants.
        remarks: whole clauses that follow the noun, such as "standing on four legs".
    """

    nouns: Alternatives
    adjectives: tuple[Alternatives, ...] = ()
    features: tuple[Alternatives, ...] = ()
    remarks: tuple[str, ...] = ()


_SIZE_FACTS = ("size", "height", "length", "width", "depth")


def size_adjectives(facts: Facts, **overrides: Alternatives) -> tuple[Alternatives, ...]:
    """Adjectives for the facts about size; ``overrides`` replaces the synonyms of a word."""
    words = [str(facts[name]) for name in _SIZE_FACTS if name in facts]
    return tuple(overrides.get(word, SIZE_SYNONYMS[word]) for word in words)


def number(count: int) -> str:
    """The number in words, up to ten."""
    return NUMBERS[count] if count < len(NUMBERS) else str(count)


def counted(count: int, singular: str, *adjectives: str) -> Alternatives:
    """Ways to say ``count`` things: in words, in digits, and with each of the adjectives."""
    plural = singular if count == 1 else _plural(singular)
    phrases = [f"{number(count)} {plural}", f"{number(count)} {plural}", f"{count} {plural}"]
    return tuple(phrases + [f"{number(count)} {adjective} {plural}" for adjective in adjectives])


def _plural(noun: str) -> str:
    irregular = {"shelf": "shelves", "bookshelf": "bookshelves"}
    return irregular.get(noun, noun + "s")


def capitalised(text: str) -> str:
    """The text with its first letter in upper case and the rest as it is."""
    return text[:1].upper() + text[1:]


def article(phrase: str) -> str:
    """The phrase with "a" or "an" before it; characters have "the": "the letter A"."""
    first = phrase.lower()
    if first.startswith(("letter ", "number ", "digit ", "numeral ")):
        return f"the {phrase}"
    vowel = first[:1] in "aeioué8" and not first.startswith(("uni", "one-", "eu"))
    vowel = vowel or phrase.startswith(("L-shaped", "SUV")) or first.startswith("l-shaped")
    return f"{'an' if vowel else 'a'} {phrase}"


def joined(phrases: list[str]) -> str:
    """The phrases as a list in a sentence: "a", "a and b", "a, b and c"."""
    if len(phrases) < 2:
        return "".join(phrases)
    return f"{', '.join(phrases[:-1])} and {phrases[-1]}"
