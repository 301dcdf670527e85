"""What words claim of a thing, as far as it can be measured; the cells are not looked at."""

from __future__ import annotations

import re

from brickgpt_engine.statements.measuring import ABOUT
from brickgpt_engine.statements.proportions import PROPORTIONS
from brickgpt_engine.statements.readings import READINGS
from brickgpt_engine.statements.spans import Value
from brickgpt_engine.statements.words import NUMBERS, SIZE_SYNONYMS

_NUMBER = "|".join(NUMBERS[1:]) + r"|[1-9]|10"
_COUNTS = {
    "legs": rf"\b({_NUMBER})(?: (?!panel|trestle|slab)\w+)? legs?\b",
    "tiers": rf"\b({_NUMBER})(?: horizontal)?[ -](?:tiers?|tiered|shelf|shelves|levels|boards)\b",
}
_COUNTED = {"tiers": ("bookshelf",), "legs": ("chair", "table", "bench", "bed", "tower")}
_PARTS = {
    "back": (r"\bback(?:rest)?\b(?! panel)|-back(?:ed)?\b", ("chair", "bench", "sofa")),
    "armrests": (r"\barm ?rests?\b|\barms\b", ("chair", "bench", "sofa")),
    "headboard": (r"\bheadboard\b", ("bed",)),
    "footboard": (r"\bfootboard\b|\bboard at the foot\b", ("bed",)),
    "round": (r"\bround\b", ("tower",)),
    "battlements": (r"\bbattlements\b|\bcrenellat", ("tower",)),
}
_EXTENT = re.compile(
    r"\b(?:(about|around|roughly) )?(\d+) (?:studs (wide|across|long|in length)|bricks (tall|high))\b"
)
_EXTENT_FACTS = {
    "wide": "studs_wide",
    "across": "studs_wide",
    "long": "studs_long",
    "in length": "studs_long",
    "tall": "bricks_tall",
    "high": "bricks_tall",
}
_HEAD_ENDS = re.compile(
    r"[,.;]| w/| (?:with|featuring|having|that|which|has|comes|standing|resting|for|made|built)\b"
)
_GREETING = re.compile(r"^(?:hi|hey|hello), ")
_CLAUSE = re.compile(r"\b(?:that|which) is (\w+)\b")
_WORD_FACTS = (
    ("tall", "height"),
    ("low", "height"),
    ("wide", "width"),
    ("narrow", "width"),
    ("long", "length"),
    ("small", "size"),
    ("large", "size"),
)


def claims_in(caption: str, category: str) -> dict[str, Value]:
    """What a caption of an object of this category says, as far as it can be measured.

    "Short" is left out: it may speak of length or of height.
    """
    text, claims = _without_extents(_GREETING.sub("", caption.lower()))
    for name, pattern in _COUNTS.items():
        match = re.search(pattern, text)
        if match and category in _COUNTED[name]:
            claims[name] = NUMBERS.index(match[1]) if match[1] in NUMBERS else int(match[1])
    for name, (pattern, categories) in _PARTS.items():
        if category in categories:
            claims |= _presence(name, pattern, text)
    claims |= _read(category, text)
    head = _head(text)
    for word, name in _WORD_FACTS:
        if name in PROPORTIONS[category] and any(synonym in head for synonym in SIZE_SYNONYMS[word]):
            claims.setdefault(name, word)
    return claims


def _without_extents(text: str) -> tuple[str, dict[str, Value]]:
    """The text less its statements in studs and bricks, and those statements."""
    claims: dict[str, Value] = {}
    for about, count, studs, bricks in _EXTENT.findall(text):
        fact = _EXTENT_FACTS[studs or bricks]
        claims[ABOUT + fact if about else fact] = int(count)
    return _EXTENT.sub("", text), claims


def _head(text: str) -> list[str]:
    """The words that qualify the whole thing: those before its noun, "that is tall", and ", tall,".

    Where the parts come first, the thing follows a colon or the last comma.
    """
    text = text.rsplit(":", 1)[-1]
    if text.startswith("with "):
        text = text.rsplit(",", 1)[-1]
    alone = [part.strip() for part in re.split(r"[,.]", text)]
    return _HEAD_ENDS.split(text, maxsplit=1)[0].split() + _CLAUSE.findall(text) + alone


def _read(category: str, text: str) -> dict[str, Value]:
    """The claims that the category's own reading finds in the text."""
    if category not in READINGS:
        return {}
    claims = READINGS[category].words(text)
    for name, pattern in READINGS[category].parts.items():
        claims |= _presence(name, pattern, text)
    for name, noun in READINGS[category].counts.items():
        match = re.search(rf"\b({_NUMBER})(?: \w+)? (?:{noun})", text)
        if match:
            claims[name] = NUMBERS.index(match[1]) if match[1] in NUMBERS else int(match[1])
    return claims


def _presence(name: str, pattern: str, text: str) -> dict[str, Value]:
    """Whether the text names the part, and whether it says that the part is missing."""
    if re.search(rf"\b(?:no|without|without an?) (?:{pattern})|\b{name}less\b", text):
        return {name: False}
    return {name: True} if re.search(pattern, text) else {}
