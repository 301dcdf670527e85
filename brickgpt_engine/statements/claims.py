"""What words claim of a thing, as far as it can be measured; the cells are not looked at."""

from __future__ import annotations

import re

from brickgpt_engine.statements.phrases import count_in, extents_in, presence_of
from brickgpt_engine.statements.proportions import PROPORTIONS
from brickgpt_engine.statements.readings import READINGS
from brickgpt_engine.statements.spans import Value
from brickgpt_engine.statements.words import SIZE_SYNONYMS

_COUNTS = {
    "legs": (r"legs?\b", r"(?: (?!panel|trestle|slab)(\w+))?", " "),
    "tiers": (r"(?:tiers?|tiered|shelf|shelves|levels|boards)\b", r"(?: (horizontal))?", "[ -]"),
}
_COUNTED: dict[str, tuple[str, ...]] = {
    "tiers": ("bookshelf",),
    "legs": ("chair", "table", "bench", "bed", "tower"),
}
_PARTS = {
    "back": (
        r"\bback(?:rest)?\b(?! panel| to | against| legs?\b| wheels?\b)|-back(?:ed)?\b",
        ("chair", "bench", "sofa"),
    ),
    "armrests": (r"\barm ?rests?\b|\barms\b", ("chair", "bench", "sofa")),
    "headboard": (r"\bheadboard\b", ("bed",)),
    "footboard": (r"\bfootboard\b|\bboard at the foot\b", ("bed",)),
    "round": (
        r"\bround\b(?! (?:windows?|holes?|openings?|doors?|base|top|roof|arch|turrets?)\b)",
        ("tower",),
    ),
    "battlements": (r"\bbattlements\b|\bcrenellat", ("tower",)),
}
_CONTRARY = {
    "basket": ("contents", "lid"),
    "bottle": ("handle", "cap"),
    "castle": ("keep", "towers"),
    "rocket": ("fins", "boosters"),
    "vessel": ("masts", "funnels"),
}
"""Statements that are measured on the same cells: of both at once the second is not judged."""
_WITH_KEEP = 5
"""Towers of a castle that has a keep."""
_HEAD_ENDS = re.compile(
    r"[,.;]| w/| (?:with|featuring|having|that|which|has|comes|standing|resting|for|made|built"
    r"|in|on|at|near|beside|under|inside|next)\b"
)
_PULLED = re.compile(r"\b(?:engine|locomotive) (?:with|pulling|and)\b")
"""Cars behind an engine are counted without it, and what is measured counts it."""
_GREETING = re.compile(r"^(?:hi|hey|hello), ")
_CLAUSE = re.compile(r"\b(?:that|which) is (\w+)\b")
_OF_A_PART = re.compile(
    r"(?:backs?|backed|mouth(?:ed)?|bod(?:y|ied)|necks?|necked|hauls?|tail(?:ed)?|legs?|legged|arms|armed|wings?"
    r"|winged|roof|ears?|eared|nos(?:e|ed)|lens|range|speed|handled?|brim(?:med)?|spout(?:ed)?|sided"
    r"|stem(?:med)?|seated|wheel(?:s|ed)?|masts?|funnels?|rise|quality|tech)"
)
"""What follows a word of size that speaks of a part, or of something else: "a high speed train"."""
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
    text, claims = extents_in(_GREETING.sub("", caption.lower()))
    for name, (noun, between, joint) in _COUNTS.items():
        count = count_in(text, noun, between, joint) if category in _COUNTED[name] else None
        if count is not None:
            claims[name] = count
    for name, (pattern, categories) in _PARTS.items():
        if category in categories:
            claims |= presence_of(name, pattern, text)
    claims |= _read(category, text)
    first, second = _CONTRARY.get(category, ("", ""))
    if claims.get(first) and claims.get(second) and not _go_together(claims[first], claims[second]):
        del claims[second]
    if category == "train" and _PULLED.search(text):
        claims.pop("cars", None)
    head = _head(text)
    for word, name in _WORD_FACTS:
        if name in PROPORTIONS[category] and any(synonym in head for synonym in SIZE_SYNONYMS[word]):
            claims.setdefault(name, word)
    return claims


def _go_together(first: Value, second: Value) -> bool:
    """Whether two statements about the same cells can both hold."""
    if isinstance(first, bool):
        return second == _WITH_KEEP
    return first == second


def _head(text: str) -> list[str]:
    """The words that qualify the whole thing: those before its noun, "that is tall", and ", tall,".

    Where the parts come first, the thing follows a colon or the last comma.
    """
    text = text.rsplit(":", 1)[-1]
    if text.startswith("with "):
        text = text.rsplit(",", 1)[-1]
    alone = [part.strip() for part in re.split(r"[,.]", text)]
    words = _HEAD_ENDS.split(text, maxsplit=1)[0].split()
    whole = [
        word for word, after in zip(words, [*words[1:], ""], strict=True) if not _OF_A_PART.fullmatch(after)
    ]
    return whole + _CLAUSE.findall(text) + alone


def _read(category: str, text: str) -> dict[str, Value]:
    """The claims that the category's own reading finds in the text."""
    if category not in READINGS:
        return {}
    claims = READINGS[category].words(text)
    for name, pattern in READINGS[category].parts.items():
        claims |= presence_of(name, pattern, text)
    for name, noun in READINGS[category].counts.items():
        count = count_in(text, noun)
        if count is not None:
            claims[name] = count
    return claims
