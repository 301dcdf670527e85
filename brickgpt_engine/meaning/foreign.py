"""Prompts that are not English: which language they are in, and the one noun that is understood."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence

from brickgpt_engine.errors import PromptError
from brickgpt_engine.meaning import lexicon
from brickgpt_engine.meaning.lexicon import Language
from brickgpt_engine.meaning.vocabulary import Vocabulary
from brickgpt_engine.meaning.words import SMALL, Token, singulars, stems, tokens_of

_SCRIPTS = (
    "CYRILLIC",
    "CJK",
    "HIRAGANA",
    "KATAKANA",
    "HANGUL",
    "ARABIC",
    "HEBREW",
    "GREEK",
    "THAI",
    "DEVANAGARI",
)
_HINT = "describe the object in English, e.g. 'a chair with a high back'"


def script_of(text: str) -> str | None:
    """The script that most letters are in, in words; None where it is Latin, or there are no letters."""
    names = [unicodedata.name(char, "") for char in text if char.isalpha()]
    strange = [name.split(" ")[0].split("-")[0] for name in names if not name.startswith("LATIN")]
    strange = [name for name in strange if name in _SCRIPTS]
    if 2 * len(strange) <= len(names) or not strange:
        return None
    return max(strange, key=strange.count)


def is_english(word: str, vocabulary: Vocabulary) -> bool:
    """Whether English has the word, as far as is known here."""
    if vocabulary.is_slip(word):
        return False
    if word in SMALL or vocabulary.knows(word) or not word.isalpha():
        return True
    return any(lexicon.is_english(stem) or stem in lexicon.thesaurus() for stem in stems(word))


def language_of(tokens: Sequence[Token], vocabulary: Vocabulary) -> Language | None:
    """The language that more words belong to than to English; None: English, or none that is known."""
    words = [token.text for token in tokens if token.is_word]
    english = sum(is_english(word, vocabulary) for word in words)
    score, best = max(
        ((_words_of(language, words), language) for language in lexicon.languages()), key=_first
    )
    return best if score > english else None


def _first(pair: tuple[int, Language]) -> int:
    return pair[0]


def _words_of(language: Language, words: Sequence[str]) -> int:
    """How many of ``words`` the language has."""
    return sum(word in language.small or noun_in(word, language) is not None for word in words)


def noun_in(word: str, language: Language) -> str | None:
    """The English name of a noun of ``language``, singular or with a plural s; None for other words."""
    forms = (word, *singulars(word), word[2:] if word[1:2] == "'" else word)
    return next((language.nouns[form] for form in forms if form in language.nouns), None)


def translated(tokens: Sequence[Token], language: Language, vocabulary: Vocabulary) -> tuple[str, str]:
    """The first noun that is understood: as it was written, and the model's name for it.

    Raises:
        PromptError: there is none.
    """
    for token in tokens:
        english = noun_in(token.text, language)
        target = vocabulary.stand_in(english) if english else None
        if target:
            return token.raw, target
    raise PromptError(f"the prompt seems to be {language.name}; {_HINT}")


def translated_script(text: str, script: str, vocabulary: Vocabulary) -> tuple[str, str, str]:
    """The same for a script other than Latin, where words may not be told apart by spaces.

    The third is the language, or the languages that have the noun: "Chinese or Japanese".

    Raises:
        PromptError: nothing is understood.
    """
    spaced = script == "CYRILLIC"
    words = {token.text for token in tokens_of(text)}
    for language in lexicon.languages():
        for noun in sorted(language.nouns, key=len, reverse=True):
            found = noun in words if spaced else noun in text and not noun.isascii()
            target = vocabulary.stand_in(language.nouns[noun]) if found else None
            if target:
                return noun, target, " or ".join(_speakers(noun))
    name = {"CJK": "Chinese or Japanese", "HIRAGANA": "Japanese", "KATAKANA": "Japanese"}.get(script)
    raise PromptError(f"the prompt is not English ({name or script.capitalize()} letters); {_HINT}")


def _speakers(noun: str) -> Iterator[str]:
    """The languages that call a thing so."""
    return (language.name for language in lexicon.languages() if noun in language.nouns)


def stranger(word: str, vocabulary: Vocabulary) -> tuple[str, str] | None:
    """Language and the model's name for a noun that stands in an English prompt; None: not understood."""
    for language in lexicon.languages():
        english = noun_in(word, language)
        target = vocabulary.stand_in(english) if english else None
        if target:
            return language.name, target
    return None


def emoji_words(text: str) -> Iterator[str]:
    """The words of the names of pictures in ``text`` (Unicode's names), a name at a time."""
    for char in text:
        if unicodedata.category(char) == "So":
            yield unicodedata.name(char, "").lower().replace("automobile", "car").replace("-", " ")
