"""Captions from a :class:`Wording`: five lengths, several word orders, and a casual register."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from brickgpt_engine.statements.words import NUMBERS, SIZE_SYNONYMS
from training.data.captions.phrases import (
    DECORATION,
    JOINTS,
    NEIGHBOURS,
    PARTS_FIRST,
    PROTECTED,
    REQUESTS,
    SENTENCES,
    SPELLINGS,
    SUBJECTS,
)
from training.data.captions.wording import Alternatives, Wording, article, capitalised, joined

MOST_WORDS = 44
"""A caption has at most this many words: a small model pays for every token."""
SIZE_SHARE = 0.06
"""Share of the longer captions that state an extent in studs or bricks."""
_SIZE_WORDS = {word for words in SIZE_SYNONYMS.values() for word in words}
_AMERICAN = dict(SPELLINGS)
_BRITISH = {american: british for british, american in SPELLINGS}
_SPELLED = re.compile(rf"\b(?:{'|'.join([*_AMERICAN, *_BRITISH])})\b")
_EMPHASIS = re.compile(r"\ba (?=(?:tall|big|small|tiny|little|long|wide|huge|high|narrow|low)\b)")


class Speaker:
    """Turns the wording of one shape into captions, drawing from ``rng``.

    ``sizes`` holds the ways to state each extent of the shape (see :mod:`.measures`), if any may be stated.
    """

    def __init__(
        self, wording: Wording, rng: np.random.Generator, sizes: tuple[Alternatives, ...] = ()
    ) -> None:
        self.wording = wording
        self.rng = rng
        self.sizes = sizes

    def pick(self, options: Sequence[str]) -> str:
        """One of the options."""
        return options[int(self.rng.integers(len(options)))]

    def chance(self, probability: float) -> bool:
        """True with the given probability."""
        return bool(self.rng.random() < probability)

    def named(self, adjectives: int, decoration: float = 0.25) -> str:
        """The noun behind up to ``adjectives`` true adjectives and perhaps a decorative one."""
        noun = self.pick(self._nouns())
        if noun.startswith("the "):
            return noun
        words = self.qualities(adjectives)
        if self.chance(decoration):
            words.insert(len(words) if self.chance(0.7) else 0, self.pick(DECORATION))
        words = [word for word in dict.fromkeys(words) if word not in noun.split()]
        return " ".join([*words, noun])

    def _nouns(self) -> Sequence[str]:
        """The nouns, less those that state a size ("high chair") that no adjective bears out."""
        true = {word for group in self.wording.adjectives for word in group}
        nouns = [noun for noun in self.wording.nouns if not (_SIZE_WORDS & set(noun.split())) - true]
        return nouns or self.wording.nouns

    def qualities(self, count: int) -> list[str]:
        """Up to ``count`` different true adjectives."""
        groups = self.wording.adjectives
        return [self.pick(groups[i]) for i in self._order(len(groups), count)]

    def _order(self, count: int, wanted: int, first: float = 0.3) -> list[int]:
        """``wanted`` of ``count`` positions, mostly in order; the last, most telling one comes more often."""
        order = [int(i) for i in self.rng.permutation(count)]
        if count and self.chance(first):
            order.remove(count - 1)
            order.insert(0, count - 1)
        return sorted(order[:wanted]) if self.chance(0.75) else order[:wanted]

    def features(self, count: int) -> list[str]:
        """Up to ``count`` different features, mostly in their own order; the first comes most often."""
        groups = self.wording.features
        order = [int(i) for i in self.rng.permutation(len(groups))]
        if order and self.chance(0.35):
            order.remove(0)
            order.insert(0, 0)
        order = order[:count] if self.chance(0.4) else sorted(order[:count])
        return [self.pick(groups[i]) for i in order]

    def terse(self) -> str:
        """A noun, mostly with an adjective: "a chair", "small oak table", "sofa, low"."""
        if self.chance(0.05) and self._predicates():
            return f"{self.named(0, decoration=0.1)}, {self.pick(self._predicates())}"
        count = int(self.chance(0.5)) + int(self.chance(0.12))
        phrase = self.named(count, decoration=0.2)
        return article(phrase) if self.chance(0.7) else phrase

    def short(self) -> str:
        """A noun with one quality or one part."""
        if self.chance(0.12):
            return self.keywords(2)
        if self.chance(0.06):
            return self.parts_first(1)
        if self.chance(0.2) and self.wording.adjectives:
            return article(self.named(2, decoration=0.3))
        return f"{article(self.named(int(self.chance(0.3)), decoration=0.1))} with {joined(self.features(1))}"

    def medium(self) -> str:
        """A noun with an adjective and one or two parts, in one of several word orders."""
        if self.chance(0.12):
            return self.keywords(3)
        if self.chance(0.1):
            return self.parts_first(2)
        parts = joined(self.features(int(self.rng.integers(1, 3))))
        phrase = self.named(int(self.rng.integers(0, 2)))
        if self.chance(0.1):
            return f"{capitalised(phrase)}, {parts}"
        return f"{article(phrase)} {self.pick(JOINTS).format(parts)}"

    def long(self) -> str:
        """A sentence with two to four parts, or one on what the thing does and a second on its parts."""
        parts = self.features(int(self.rng.integers(2, 4)))
        if self.chance(0.08):
            return f"{capitalised(self.parts_first(3))}."
        if self.chance(0.1):
            return self.keywords(5)
        phrase = self.named(int(self.rng.integers(1, 3)))
        if self.chance(0.18) and self.wording.remarks:
            return f"{capitalised(phrase)} {self.pick(self.wording.remarks)}. {self._sentence(parts[:1])}"
        if self.chance(0.15):
            return self.pick(SUBJECTS).format(phrase, joined(parts))
        if self.chance(0.12) and self._predicates():
            return self._predicated(parts[:3])
        opening = article(phrase) if self.chance(0.75) else phrase
        return f"{capitalised(opening)}{self._size()} {self.pick(JOINTS).format(joined(parts))}."

    def detailed(self) -> str:
        """All that can be said, in one or two sentences."""
        text = self._described(5)
        for count in (4, 3, 2, 1):
            if len(text.split()) <= MOST_WORDS:
                break
            text = self._described(count)
        return text

    def _described(self, count: int) -> str:
        parts = self.features(count)
        opening = article(self.named(3))
        head = f"{capitalised(opening)}{self._size()} {self.pick(JOINTS)}"
        if len(parts) > 2 and self.chance(0.6):
            cut = int(self.rng.integers(1, len(parts)))
            return f"{head.format(joined(parts[:cut]))}. {self._sentence(parts[cut:])}"
        return f"{head.format(joined(parts))}."

    def _sentence(self, parts: list[str]) -> str:
        """A further sentence on the parts."""
        frame = self.pick(SENTENCES)
        singular = parts[0].startswith(("a ", "an "))
        if (frame.startswith("There is") and not singular) or (
            parts[0].startswith("no ") and "has" not in frame
        ):
            frame = SENTENCES[0]
        return frame.format(joined(parts))

    def _size(self) -> str:
        """An extent to follow the noun (", about 12 studs wide,"), seldom; else nothing."""
        if not self.sizes or not self.chance(SIZE_SHARE):
            return ""
        return f", {self.pick(self.sizes[int(self.rng.integers(len(self.sizes)))])},"

    def _predicates(self) -> list[str]:
        """Adjectives that can follow the noun: the ones about size."""
        return [word for group in self.wording.adjectives for word in group if word in _SIZE_WORDS]

    def _predicated(self, parts: list[str]) -> str:
        """A quality in the predicate ("The chair is tall and has four legs") or in a relative clause."""
        quality, noun = self.pick(self._predicates()), self.named(0)
        if self.chance(0.5):
            return f"The {noun} is {quality} and has {joined(parts)}."
        return f"{capitalised(article(noun))} that is {quality} and has {joined(parts)}."

    def parts_first(self, count: int) -> str:
        """The parts before the thing: "four legs and a high back: a chair"."""
        thing = article(self.named(int(self.chance(0.5))))
        return self.pick(PARTS_FIRST).format(parts=joined(self.features(count)), thing=thing)

    def keywords(self, count: int) -> str:
        """The thing, then ``count`` words or parts as people type them: "chair, tall, four legs"."""
        bare = [re.sub(r"^an? ", "", part).replace(", ", " ") for part in self.features(count)]
        if self._predicates() and self.chance(0.7):
            bare = [self.pick(self._predicates()), *bare[: count - 1]]
        thing = self.named(int(self.chance(0.3)), decoration=0.1)
        if self.chance(0.15):
            return f"{thing}. {'. '.join(bare)}"
        return ", ".join([thing, *bare])

    def spelled(self, caption: str) -> str:
        """The caption in British or in American spelling."""
        forms = _AMERICAN if self.chance(0.5) else _BRITISH
        return _SPELLED.sub(lambda match: forms.get(match[0], match[0]), caption)

    def casual(self, caption: str) -> str:
        """The same caption as people type it: lower case, as a request, shortened, at times with slips."""
        text = caption.rstrip(".").lower()
        if text.startswith(("a ", "an ", "the ")) and self.chance(0.65):
            frame = self.pick(REQUESTS)
            text = frame.format(text) if ". " not in text or frame.endswith("{}") else text
        if self.chance(0.1):
            text = _EMPHASIS.sub(f"a {self.pick(('very', 'really', 'super'))} ", text, count=1)
        text = self._shortened(text)
        for _ in range(int(self.chance(0.3)) + int(self.chance(0.06))):
            text = self.slip(text)
        return text

    def _shortened(self, text: str) -> str:
        """Articles lost, numbers as digits, "&" and "w/", each at times."""
        if self.chance(0.15):
            text = re.sub(r"\ban? (?!pair|row|load|set)", "", text)
        if self.chance(0.25):
            text = re.sub(
                rf"\b({'|'.join(NUMBERS[2:])})\b(?= )", lambda match: str(NUMBERS.index(match[1])), text
            )
        if self.chance(0.05):
            text = text.replace(" and ", " & ")
        return text.replace(" with ", " w/ ") if self.chance(0.04) else text

    def slip(self, text: str) -> str:
        """One typing slip in a longer word: two letters swapped, one lost, doubled or hit beside its key."""
        words = text.split(" ")
        long = [
            i
            for i, word in enumerate(words)
            if len(word) > 4 and word.isascii() and word.isalpha() and word not in PROTECTED
        ]
        if not long:
            return text
        i = long[int(self.rng.integers(len(long)))]
        words[i] = self._misspelled(words[i])
        return " ".join(words)

    def _misspelled(self, word: str) -> str:
        at = int(self.rng.integers(1, len(word) - 2))
        kind = int(self.rng.integers(4))
        near = self.pick(NEIGHBOURS.get(word[at], word[at]))
        swapped = word[:at] + word[at + 1] + word[at] + word[at + 2 :]
        lost, doubled = word[:at] + word[at + 1 :], word[:at] + word[at] + word[at:]
        return (swapped, lost, doubled, word[:at] + near + word[at + 1 :])[kind]
