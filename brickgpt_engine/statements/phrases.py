"""Extents, counts and what is said to be there or missing, found in plain words.

People say more than captions do: "up to eight bricks high", "two front wheels and two rear wheels", "no
back or armrests". What does not say one thing clearly is taken to say nothing, so that no model is called
wrong for it.
"""

from __future__ import annotations

import re

from brickgpt_engine.statements.measuring import ABOUT
from brickgpt_engine.statements.spans import Value
from brickgpt_engine.statements.words import NUMBERS

_NUMBER = "|".join(NUMBERS[1:]) + r"|[1-9]|10"
_ANY_NUMBER = (
    r"\d+(?:\.\d+)?|" + "|".join(NUMBERS[1:]) + "|eleven|twelve|fifteen|sixteen|eighteen|twenty|thirty|fifty"
)
_UNIT = (
    r"studs?|bricks?|layers?|plates?|foot|feet|ft|inch(?:es)?|cm|mm|m|met(?:er|re)s?|centimet(?:er|re)s?"
    r"|units?|cells?|pegs?|dots?"
)
_AXIS = r"wide|across|long|tall|high|deep|thick|in length|in height|in width"
_EXTENT = re.compile(
    rf"\b(?:(about|around|roughly) )?({_ANY_NUMBER})[ -]?(?:({_UNIT})[ -]({_AXIS})\b"
    rf"|({_AXIS})(?=$|[,.;]| (?:and|by|x)\b))"
)
_COMPARED = re.compile(r"\b(?:(?:twice|half|just) )?(?:as \w+ as|\w+er than)(?: it is| its| the| an?)? \w+")
_BOUND = re.compile(
    r"(?:\b(?:up to|at least|at most|(?:no |not )?(?:more|less|fewer|over|under)(?: than)?|below|above"
    rf"|between|at|than|(?:max|min)(?:imum)?(?: of)?)|\b(?:{_ANY_NUMBER})(?: (?:to|or|and)|-)) ?$"
)
_FACTS = {
    ("stud", "wide"): "studs_wide",
    ("stud", "across"): "studs_wide",
    ("stud", "in width"): "studs_wide",
    ("stud", "long"): "studs_long",
    ("stud", "in length"): "studs_long",
    ("brick", "tall"): "bricks_tall",
    ("brick", "high"): "bricks_tall",
    ("brick", "in height"): "bricks_tall",
}
_SHARE = re.compile(
    "front|rear|back|hind|fore|left|right|more|extra|other|outer|inner|upper|lower"
    "|with|of|in|on|for|and|or|to|from"
)
"""Words between a number and its noun that make it a share of the whole, or none of the noun's."""
_EACH = re.compile(
    r",? (?:on|at|in|per|to) (?:each|either|every|one|(?:the|its) (?:front|back|rear|left|right|side))\b"
    r"| (?:each|apiece)\b"
)
_NEGATION = re.compile(r"\b(?:no|without|neither|lacks?|lacking|minus)\b")
_SPAN_ENDS = re.compile(r"[,.;:]|\b(?:but|with|which|that|has|have|having|featuring|while|plus)\b")
_OF_ITS_OWN = re.compile(rf" (?:an?|the|its|some|{_NUMBER})\b")


def extents_in(text: str) -> tuple[str, dict[str, Value]]:
    """The text less its statements about extents, and those of them that are exact, or exact but for one.

    Widths and lengths are counted in studs and heights in bricks; other units and bounds say nothing.
    """
    claims: dict[str, Value] = {}
    for match in _EXTENT.finditer(text):
        about, count, unit, axis = match[1], match[2], match[3], match[4]
        fact = _FACTS.get(((unit or "").removesuffix("s"), axis))
        if fact is None or "." in count or _BOUND.search(text[: match.start()]):
            continue
        number = NUMBERS.index(count) if count in NUMBERS else int(count) if count.isdecimal() else None
        if number is not None:
            claims[ABOUT + fact if about else fact] = number
    return _COMPARED.sub("", _EXTENT.sub("", text)), claims


def count_in(text: str, noun: str, between: str = r"(?: (\w+))??", joint: str = " ") -> int | None:
    """How many of ``noun`` a text says that there are; None where it does not say, or only of some.

    Args:
        text: in lower case.
        noun: a regular expression.
        between: what may stand between number and noun, with one group for its word.
        joint: what joins the noun to what is before it.
    """
    found = list(re.finditer(rf"\b({_NUMBER}){between}{joint}(?:{noun})", text))
    said = {NUMBERS.index(match[1]) if match[1] in NUMBERS else int(match[1]) for match in found}
    unclear = any(
        _SHARE.fullmatch(match[2] or "")
        or _BOUND.search(text[: match.start()])
        or _EACH.match(text, match.end())
        for match in found
    )
    return None if unclear or len(said) != 1 else said.pop()


def presence_of(name: str, pattern: str, text: str) -> dict[str, Value]:
    """Whether a text names a part, or says that it is missing; nothing where that is not clear.

    "No back or arms" says it of both, "no back and arms" says nothing of the arms.
    """
    if re.search(rf"\b{name}less\b", text):
        return {name: False}
    kept, at = "", 0
    for negation in _NEGATION.finditer(text):
        if negation.start() < at:
            continue
        end = _SPAN_ENDS.search(text, negation.end())
        span = text[negation.end() : end.start() if end else len(text)]
        missing, also, rest = span.partition(" and")
        if re.search(pattern, missing):
            return {name: False}
        if also and re.search(pattern, rest) and not _OF_ITS_OWN.match(rest):
            return {}
        kept += text[at : negation.start()]
        at = negation.end() + len(missing)
    return {name: True} if re.search(pattern, kept + text[at:]) else {}
