"""Words of a prompt, with their places, and the small English words that hold a request together."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

_WITH = re.compile(r"(?<!\S)[wW]/([oO](?!\w))?")
"""The shorthand "w/" for "with", and "w/o" for "without"."""
_TOKEN = re.compile(r"\w+(?:['’-]\w+)*|[^\w\s]")
_NUMBERS = frozenset(
    (
        "zero",
        "one",
        "two",
        "three",
        "four",
        "five",
        "six",
        "seven",
        "eight",
        "nine",
        "ten",
        "eleven",
        "twelve",
    )
)


def words_of(text: str) -> frozenset[str]:
    """The words of a text, as a set."""
    return frozenset(text.split())


DETERMINERS = words_of(
    "a an the this that these those my our your his her their its some any another each every"
)
"""Words that begin the name of a thing."""
REQUESTS = words_of(
    "please pls plz can could would will may might should i i'd i'll i'm we we'd you u he she they me us "
    "him them want wants wanted wanna need needs like likes love loves wish hope have get got give gimme "
    "make makes making build builds building create creates creating design designs generate generates "
    "draw draws render produce construct assemble show model let let's lets try to do does be see for "
    "about kindly hey hi hello ok okay yes so now just maybe perhaps really go ahead and help surprise "
    "how what if there it d'like us're am is try bring something's here's here gonna going thinking think "
    "imagine put together using with out lego bricks brick"
)
"""Words of a request before its object."""
BREAKS = words_of(
    "with without that which who whose having has have featuring feature features including includes "
    "include in on at by for from to into inside onto upon within under over above below near next beside "
    "behind around between through across against along of made built constructed is are was were can "
    "could will would should and or but so plus like as because when while where if then than there it "
    "its they he she comes also not no resembling shaped standing sitting looking using used please"
)
"""Words after which another part of the request begins."""
LISTS = frozenset({"and", "or", "plus", ",", "&", "+"})
"""What joins parts of equal rank."""
CLAUSES = words_of("that which who can could is are was were it they to because when while where if")
"""What begins a clause, which makes no sense without its verb."""
HOLDERS = words_of("in on inside into within onto upon")
"""Words between a thing and what carries or holds it."""
SMALL = (
    DETERMINERS
    | REQUESTS
    | BREAKS
    | words_of(
        "too very more most much many few little bit lot lots all both only even still such same other up "
        "down off two's each per about again ever never always there's that's it's i've thanks thank you "
        "thx lol haha ty hmm um uh well note short sort kind type style sized size shape thing things one "
        "ones nothing else don't dont doesn't cannot can't mine yours who's didn't isn't aren't than "
        "myself himself herself itself themselves"
    )
)
"""Words that say nothing about a shape."""
CHATTER = words_of(
    "no not nope never yes yeah yep yup ok okay hello hi hey there please pls plz thanks thank you thx ty so "
    "well hmm um uh lol haha sorry and or but the a an"
)
"""Words of a talk; a prompt of nothing else asks for nothing."""
GENERIC = words_of(
    "something anything thing things stuff whatever one ones object item it creation surprise everything "
    "someone somebody anybody idea ideas random idk dunno know"
)
"""Names of nothing in particular."""
CARRIERS = words_of(
    "model toy set pair statue statuette sculpture figure figurine picture image photo photograph drawing "
    "painting version replica miniature copy bunch group couple piece sort kind type style design shape "
    "build scale structure construction creation kit form lot sketch portrait representation depiction "
    "ornament decoration prototype diorama pile stack collection array row bust outline silhouette"
)
"""Nouns that pass their meaning on: a statue of a horse, and a horse statue, are built as a horse."""
DEEDS: dict[str, str] = {
    "sit": "chair", "sleep": "bed", "lie": "bed", "nap": "bed", "fly": "airplane", "flies": "airplane",
    "flying": "airplane", "drive": "car", "drives": "car", "driving": "car", "ride": "horse",
    "sail": "boat", "sails": "boat", "float": "boat", "floats": "boat", "swim": "fish", "swims": "fish",
    "eat": "table", "drink": "mug", "live": "house", "cook": "pot", "cross": "bridge", "strum": "guitar",
    "photograph": "camera", "space": "rocket", "grows": "tree", "grow": "tree",
}  # fmt: skip
"""What a thing without a name is, by what one does with it: something to sit on is a chair."""
QUALITIES: dict[str, str] = {
    "bigger": "big", "biggest": "big", "larger": "large", "largest": "large", "taller": "tall",
    "tallest": "tall", "smallest": "small", "tiniest": "tiny", "longest": "long", "widest": "wide",
    "lil": "little",
    "gigantic": "huge", "enormous": "huge", "massive": "huge", "giant": "huge", "immense": "huge",
    "colossal": "huge", "humongous": "huge", "ginormous": "huge", "vast": "huge", "mega": "huge",
    "towering": "tall", "lofty": "tall", "sky-high": "tall", "jumbo": "large", "oversized": "large",
    "bulky": "large", "hefty": "large", "sizeable": "large", "sizable": "large", "grand": "large",
    "huge": "large", "teeny": "tiny", "teensy": "tiny", "itty-bitty": "tiny", "minuscule": "tiny",
    "miniscule": "tiny", "wee": "tiny", "minute": "tiny", "microscopic": "tiny", "miniature": "tiny",
    "petite": "small", "smallish": "small", "diminutive": "small", "dinky": "small", "toy-sized": "small",
    "cramped": "small", "lengthy": "long", "elongated": "long", "stretched": "long", "extended": "long",
    "stubby": "short", "stumpy": "short", "thin": "narrow", "skinny": "narrow", "slender": "narrow",
    "lean": "narrow", "fat": "wide", "thick": "wide", "spacious": "wide", "circular": "round",
    "spherical": "round", "cylindrical": "round", "boxy": "square", "cubic": "square", "cubical": "square",
    "medium-sized": "medium", "speedy": "fast", "quick": "fast", "aged": "old", "ancient": "old",
    "antique": "old", "retro": "vintage", "tyre": "wheel", "tyres": "wheels", "tire": "wheel",
    "tires": "wheels", "feet": "legs", "armrests": "arms", "backrest": "back", "storeys": "floors",
    "stories": "floors", "drawers": "compartments", "masts": "mast", "funnel": "chimney",
    "smokestack": "chimney", "wings": "wing", "entrance": "door",
}  # fmt: skip
"""Everyday words for sizes, forms and parts, each with the word that captions use."""


PARTS = words_of(
    "leg arm foot head hand nose mouth eye tail crown wall door window gate stairs ladder column chimney "
    "funnel smokestack spire turret parapet pylon trestle engine hood trunk bumper tank boiler light key bar "
    "ring pocket drawer drawers plate shelf shell name cushion pillow curtain mattress"
)
"""Nouns of the thesaurus, in the singular, that many things can have as a part, whatever else they name."""


@dataclass(frozen=True, slots=True)
class Token:
    """A word, a number or a sign of the prompt.

    Attributes:
        text: in lower case, with a straight apostrophe.
        raw: as written.
        start: where it begins.
        end: where it ends.
    """

    text: str
    raw: str
    start: int
    end: int

    @property
    def is_word(self) -> bool:
        """Whether it has a letter."""
        return any(char.isalpha() for char in self.text)

    @property
    def is_number(self) -> bool:
        """Whether it is a number, in digits or words, or a single letter."""
        return self.text.isdecimal() or self.text in _NUMBERS or (len(self.text) == 1 and self.text.isalnum())


def clean(prompt: str) -> str:
    """The prompt in compatibility form (NFKC) with single spaces, "w/" and "w/o" written out."""
    text = unicodedata.normalize("NFKC", prompt)
    return " ".join(_WITH.sub(lambda found: "without " if found[1] else "with ", text).split())


def tokens_of(text: str) -> list[Token]:
    """Words, numbers and signs in order."""
    return [
        Token(match[0].lower().replace("’", "'"), match[0], match.start(), match.end())
        for match in _TOKEN.finditer(text)
    ]


def singulars(word: str) -> Iterator[str]:
    """What a regular plural may be the plural of."""
    if word.endswith("'s"):
        yield word[:-2]
    if len(word) < 4 or not word.endswith("s") or word.endswith("ss"):
        return
    yield word[:-1]
    if word.endswith("es"):
        yield word[:-2]
    if word.endswith("ies"):
        yield word[:-3] + "y"
    if word.endswith("ves"):
        yield word[:-3] + "f"
        yield word[:-3] + "fe"


def stems(word: str) -> Iterator[str]:
    """The word, and what it may be an inflection of."""
    yield word
    yield from singulars(word)
    for ending in ("ing", "ed", "er", "est", "ly", "d", "r", "y", "ish", "like"):
        if word.endswith(ending) and len(word) - len(ending) > 2:
            stem = word[: -len(ending)]
            if ending in ("d", "r") and not stem.endswith("e"):
                continue  # "wider" is of "wide", but "towr" not of "tow"
            yield stem
            yield stem + "e"
            if len(stem) > 3 and stem[-1] == stem[-2]:
                yield stem[:-1]
            if stem.endswith("i"):
                yield stem[:-1] + "y"


def with_article(phrase: str) -> str:
    """The phrase with "a" or "an" before it."""
    return f"{'an' if phrase[:1] in 'aeiou' else 'a'} {phrase}"
