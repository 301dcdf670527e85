"""The parts of a request: what opens it, the name of the thing, and the phrases about it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from brickgpt_engine.meaning import lexicon
from brickgpt_engine.meaning.vocabulary import Vocabulary
from brickgpt_engine.meaning.words import BREAKS, REQUESTS, Token, singulars

_LONGEST_NAME = 5
"""Words in the longest name of a thing."""


@dataclass
class Part:
    """A run of words, and the words that join it to what is before.

    Attributes:
        joint: what introduces it: "with", "and", "made of".
        words: the rest of it.
    """

    joint: list[Token] = field(default_factory=list)
    words: list[Token] = field(default_factory=list)

    @property
    def tokens(self) -> list[Token]:
        """All of it, in order."""
        return [*self.joint, *self.words]

    def joins(self, words: frozenset[str]) -> bool:
        """Whether one of ``words`` introduces it."""
        return any(token.text in words for token in self.joint)


def split(tokens: Sequence[Token], vocabulary: Vocabulary) -> list[Part]:
    """The parts of a request from its object on; where there is no more than an opening, that."""
    at = _opening(tokens)
    parts = [Part()]
    while at < len(tokens):
        length = name_length(tokens, at, vocabulary)
        if length:
            parts[-1].words += tokens[at : at + length]
        elif _breaks(tokens, at, vocabulary) or _goes_on(tokens, at, parts[-1], vocabulary):
            if parts[-1].words or not parts[-1].joint:
                parts.append(Part())
            parts[-1].joint.append(tokens[at])
        else:
            parts[-1].words.append(tokens[at])
        at += max(1, length)
    return [part for part in parts if part.tokens] or [Part(words=list(tokens))]


def _opening(tokens: Sequence[Token]) -> int:
    """How many words come before the object or its article, up to a wish that comes later."""
    at = 0
    while at < len(tokens) and (tokens[at].text in REQUESTS or not tokens[at].text[0].isalnum()):
        at += 1
    for place in range(at, len(tokens) - 2):
        wish = tokens[place].text in ("i", "please", "me") and tokens[place + 1].text in REQUESTS
        if wish and any(token.text in ("want", "need", "like", "make", "build") for token in tokens[place:]):
            return place + _opening(tokens[place:])
    return at


def _breaks(tokens: Sequence[Token], at: int, vocabulary: Vocabulary) -> bool:
    """Whether a new part begins at a word: at small words, unless they begin a name, and at signs."""
    word = tokens[at].text
    if word in BREAKS and at + 1 < len(tokens):
        return vocabulary.thing(f"{word} {tokens[at + 1].text}") is None
    return word in BREAKS or not word[0].isalnum()


def _goes_on(tokens: Sequence[Token], at: int, part: Part, vocabulary: Vocabulary) -> bool:
    """Whether a word is a verb that tells more of the thing before it: "a cat sleeping", no "nesting box"."""
    word = tokens[at].text
    if not part.words or not word.endswith(("ing", "ed")):
        return False
    if at + 1 < len(tokens) and vocabulary.thing(f"{word} {tokens[at + 1].text}") is not None:
        return False
    before = target_of(part.words[-1].text, vocabulary)
    return before not in (None, lexicon.NOTHING) and target_of(word, vocabulary) is None


def name_length(tokens: Sequence[Token], at: int, vocabulary: Vocabulary) -> int:
    """Words of the longest name across a small word, such as "chest of drawers", from ``at``; else 0."""
    for length in range(min(_LONGEST_NAME, len(tokens) - at), 2, -1):
        run = tokens[at : at + length]
        inner = any(token.text in BREAKS for token in run[1:-1])
        if inner and target_of(" ".join(token.text for token in run), vocabulary) is not None:
            return length
    return 0


def target_of(phrase: str, vocabulary: Vocabulary) -> str | None:
    """The thing that a phrase names, by the model's own words or by the thesaurus; None: neither has it."""
    own = vocabulary.thing(phrase)
    if own is not None:
        return own
    for form in (phrase, *singulars(phrase)):
        found = lexicon.thesaurus().get(form)
        if found is not None:
            return found if found == lexicon.NOTHING else vocabulary.stand_in(found) or lexicon.NOTHING
    return None
