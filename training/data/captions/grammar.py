"""Sentences from a :class:`Wording`: five lengths, several word orders, and a casual register."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from training.data.captions.wording import Wording, article, joined

DECORATION = (
    "wooden",
    "oak",
    "pine",
    "walnut",
    "metal",
    "steel",
    "plastic",
    "leather",
    "stone",
    "brick",
    "red",
    "blue",
    "green",
    "yellow",
    "white",
    "black",
    "grey",
    "gray",
    "brown",
    "orange",
    "purple",
    "pink",
    "beige",
    "modern",
    "classic",
    "simple",
    "old",
    "vintage",
    "rustic",
    "elegant",
    "nice",
    "cool",
    "minimalist",
    "traditional",
    "contemporary",
    "colourful",
    "colorful",
    "sturdy",
    "pretty",
)
"""Words on material, colour and taste. The bricks do not show them, and a model must learn to ignore them."""

_REQUESTS = (
    "make me {}",
    "make {}",
    "build {}",
    "build me {}",
    "i want {}",
    "i'd like {}",
    "can you build {}",
    "create {}",
    "please make {}",
    "could you make {} please",
    "give me {}",
    "design {}",
    "generate {}",
    "i need {}",
    "{} please",
    "draw {} out of bricks",
    "lets build {}",
    "{} made of bricks",
    "show me {}",
)
_JOINTS = ("with {}", "with {}", "with {}", "featuring {}", "having {}", "that has {}", "which has {}")
_SENTENCES = ("It has {}.", "There is {}.", "It comes with {}.", "It features {}.", "Also includes {}.")

Pick = Callable[[Sequence[str]], str]


class Speaker:
    """Turns the wording of one shape into captions, drawing from ``rng``."""

    def __init__(self, wording: Wording, rng: np.random.Generator) -> None:
        self.wording = wording
        self.rng = rng

    def pick(self, options: Sequence[str]) -> str:
        """One of the options."""
        return options[int(self.rng.integers(len(options)))]

    def chance(self, probability: float) -> bool:
        """True with the given probability."""
        return bool(self.rng.random() < probability)

    def named(self, adjectives: int, decoration: float = 0.25, plain: float = 0.0) -> str:
        """The noun behind up to ``adjectives`` true adjectives and perhaps a decorative one."""
        noun = self.wording.nouns[0] if self.chance(plain) else self.pick(self.wording.nouns)
        groups = self.wording.adjectives
        words = [self.pick(groups[i]) for i in self._order(len(groups), adjectives)]
        if self.chance(decoration):
            words.append(self.pick(DECORATION))
        words = [word for word in dict.fromkeys(words) if word not in noun.split()]
        return " ".join([*words, noun])

    def _order(self, count: int, wanted: int, first: float = 0.3) -> list[int]:
        """``wanted`` of ``count`` positions in order; the last, the most telling one, comes more often."""
        order = [int(i) for i in self.rng.permutation(count)]
        if count and self.chance(first):
            order.remove(count - 1)
            order.insert(0, count - 1)
        return sorted(order[:wanted])

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
        """A noun, perhaps with one adjective: "a chair", "small table"."""
        phrase = self.named(int(self.chance(0.35)), decoration=0.15)
        return article(phrase) if self.chance(0.7) else phrase

    def short(self) -> str:
        """A noun with one quality or one part."""
        if self.chance(0.35) and self.wording.adjectives:
            return article(self.named(2, decoration=0.3))
        return f"{article(self.named(0))} with {joined(self.features(1))}"

    def medium(self) -> str:
        """A noun with an adjective and one or two parts."""
        parts = joined(self.features(int(self.rng.integers(1, 3))))
        phrase = self.named(int(self.rng.integers(0, 2)))
        if self.chance(0.12):
            return f"{phrase.capitalize()}, {parts}"
        return f"{article(phrase)} {self.pick(_JOINTS).format(parts)}"

    def long(self) -> str:
        """A sentence with two to four parts."""
        parts = self.features(int(self.rng.integers(2, 5)))
        phrase = self.named(int(self.rng.integers(1, 3)))
        if self.chance(0.3) and self.wording.remarks:
            return f"{phrase.capitalize()} {self.pick(self.wording.remarks)}."
        if self.chance(0.2):
            return f"This {phrase} has {joined(parts)}."
        opening = article(phrase) if self.chance(0.75) else phrase
        return f"{opening[0].upper()}{opening[1:]} {self.pick(_JOINTS).format(joined(parts))}."

    def detailed(self) -> str:
        """All that can be said, in one or two sentences."""
        parts = self.features(6)
        opening = article(self.named(3))
        head = f"{opening[0].upper()}{opening[1:]}"
        if len(parts) > 2 and self.chance(0.6):
            cut = int(self.rng.integers(1, len(parts)))
            tail = self.pick(_SENTENCES)
            if tail.startswith("There is") and not parts[cut].startswith(("a ", "an ")):
                tail = _SENTENCES[0]
            return (
                f"{head} {self.pick(_JOINTS).format(joined(parts[:cut]))}. {tail.format(joined(parts[cut:]))}"
            )
        return f"{head} {self.pick(_JOINTS).format(joined(parts))}."

    def casual(self, caption: str) -> str:
        """The same caption as people type it: lower case, as a request, at times with a slip."""
        text = caption.rstrip(".").lower()
        if ". " not in text and self.chance(0.6) and text.startswith(("a ", "an ")):
            text = self.pick(_REQUESTS).format(text)
        if self.chance(0.25):
            text = self.slip(text)
        return text

    def slip(self, text: str) -> str:
        """One typing slip: two letters swapped, one lost or one doubled, inside a longer word."""
        words = text.split(" ")
        long = [i for i, word in enumerate(words) if len(word) > 4 and word.isalpha()]
        if not long:
            return text
        i = long[int(self.rng.integers(len(long)))]
        word = words[i]
        at = int(self.rng.integers(1, len(word) - 2))
        kind = int(self.rng.integers(3))
        swapped = word[:at] + word[at + 1] + word[at] + word[at + 2 :]
        words[i] = (swapped, word[:at] + word[at + 1 :], word[:at] + word[at] + word[at:])[kind]
        return " ".join(words)
