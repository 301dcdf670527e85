"""Which category of things a text of known words is about."""

from __future__ import annotations

from brickgpt_engine.meaning import besides, naming
from brickgpt_engine.meaning.naming import Kind
from brickgpt_engine.meaning.parts import split
from brickgpt_engine.meaning.vocabulary import Vocabulary
from brickgpt_engine.meaning.words import clean, tokens_of


def category_in(text: str, vocabulary: Vocabulary) -> str | None:
    """The category of the thing that a text names first; None where it names none.

    Where the parts come first, "with four legs, a table" or "four legs: a table", the thing comes last.

    Args:
        text: what :func:`~brickgpt_engine.meaning.interpret` gave, which has no slips.
        vocabulary: what the model knows.
    """
    tokens = tokens_of(clean(text))
    colons = [number for number, token in enumerate(tokens) if token.text == ":"]
    tokens = tokens[colons[-1] + 1 :] if colons else tokens
    if not tokens:
        return None
    parts = split(tokens, vocabulary)
    if tokens[0].text == "with":
        parts = parts[::-1]
    for part in parts:
        found = naming.name_in(part.words, vocabulary)
        if found.kind in (Kind.KNOWN, Kind.TAKEN) and not besides.is_negated(part):
            return besides.category_of(found)
    return None
