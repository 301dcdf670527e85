"""What a prompt asks for besides its one thing: a second thing, and what is not to be there.

One thing is built at a time, and of what may be missing a model knows only what its captions say.
The rest must not pass in silence, nor be read: "without a handle" has the word "handle" in it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from brickgpt_engine.meaning import lexicon
from brickgpt_engine.meaning.naming import SIGNS, Kind, Naming, name_in
from brickgpt_engine.meaning.parts import Part
from brickgpt_engine.meaning.vocabulary import Vocabulary
from brickgpt_engine.meaning.words import (
    DETERMINERS,
    LISTS,
    PARTS,
    QUALITIES,
    SMALL,
    Token,
    singulars,
    words_of,
)

_NEGATIONS = words_of(
    "without no not never nor lacking lacks minus don't dont doesn't isn't aren't hasn't haven't"
)
"""Words that say of what follows that it is not there, or not so."""
_OWNING = words_of("with has have having featuring feature features including includes include comes there")
"""Words before a part, or before what is to be built along with a thing."""
_BESIDE = words_of(
    "in on at by inside onto upon within under over above below near next beside behind around between "
    "through across against along into like resembling shaped looking sitting standing"
)
"""Words between a thing and where it stands, or what it is to look like."""
_SIDES = words_of("the front top back side left right middle bottom foot close")
"""Words between "in" and "of": "in front of"."""
_OF, _COMMA, _ENDS = frozenset(("of", "to")), frozenset(","), frozenset(".;:!?")


def is_negation(token: Token) -> bool:
    """Whether a word says of what follows that it is not there, or not so."""
    return token.text in _NEGATIONS


def is_negated(part: Part) -> bool:
    """Whether a part says what is not there or not so: "without a handle", "that lacks arms"."""
    return any(token.text in _NEGATIONS for token in (*part.joint, *part.words[:1]))


def negations(parts: Sequence[Part]) -> Iterator[tuple[list[Part], bool]]:
    """The parts after the first that say what is not, each with those that go on with it.

    The flag tells whether it is what "or" adds to the run before.
    """
    at = 1
    while at < len(parts):
        if not is_negated(parts[at]):
            at += 1
            continue
        run = [parts[at]]
        if at > 1 and all(token.text in SMALL for token in parts[at - 1].words):
            run.insert(0, parts[at - 1])  # "that does", before "not have"
        at += 1
        while at < len(parts) and all(token.text in SMALL | _NEGATIONS for token in run[-1].words):
            run.append(parts[at])
            at += 1
        yield run, False
        while at < len(parts) and parts[at].joins(frozenset({"or"})):
            yield [parts[at]], True
            at += 1


def is_learnt(run: Sequence[Part], category: str) -> bool:
    """Whether captions of the category say of this very part that it is missing."""
    missing = lexicon.companions(category).missing
    return any(form in missing for word in _said(run)[-2:] for form in (word, *singulars(word)))


def says_something(run: Sequence[Part]) -> bool:
    """Whether it says what is not there or not so: "a chair, please don't" does not."""
    return bool(_said(run))


def _said(run: Sequence[Part]) -> list[str]:
    return [token.text for part in run for token in part.words if token.text not in SMALL | _NEGATIONS]


def seconds(parts: Sequence[Part], main: Naming, vocabulary: Vocabulary) -> Iterator[list[Part]]:
    """The parts after the first that name a second thing, each with those that tell more of it.

    Args:
        parts: of the request, from the one that names the thing.
        main: that thing.
        vocabulary: what the model knows.
    """
    link, at = "and", 1
    while at < len(parts):
        part, before = parts[at], parts[at - 1]
        beside = at > 1 and part.joins(_OF) and _is_side(before)
        link = "on" if beside else _link(part, link)
        at += 1
        stands = (at == 2 or beside) and link == "on" and _stands_on(part, vocabulary)
        if not stands and not _is_second(part, link, main, vocabulary):
            continue
        run = [before, part] if beside else [part]
        while at < len(parts) and not parts[at].joins(LISTS | _ENDS):
            run.append(parts[at])
            at += 1
        yield run


def category_of(found: Naming) -> str | None:
    """The category of a named thing, signs ("the letter B") included; None where nothing is named.

    A thing of another model's own captions is its own.
    """
    if found.kind not in (Kind.KNOWN, Kind.TAKEN):
        return None
    sign = any(word in SIGNS for word in found.target.split())
    return lexicon.category_of(found.target) or ("letter" if sign else found.target)


def opens_list(run: Sequence[Part]) -> bool:
    """Whether a phrase begins with a word for what a thing has, which goes for the list after it, too."""
    return run[0].joins(_OWNING)


def _link(part: Part, before: str) -> str:
    """How a part is joined to the thing; in a list, as the part before it was."""
    words = {token.text for token in part.joint}
    if words & _OWNING:
        return "with"
    if words & _BESIDE:
        return "on"
    return before if words <= LISTS else "of"


def _is_second(part: Part, link: str, main: Naming, vocabulary: Vocabulary) -> bool:
    """Whether a part names a thing that no caption of the main one names along with it."""
    found = name_in(part.words, vocabulary)
    other, category = category_of(found), category_of(main)
    if category is None or any(word.text not in SMALL for word in found.tail):
        return False  # "a cow catcher"
    if link != "on" and _is_part(main, vocabulary):
        return False  # "a chimney and a roof, cottage"
    if found.kind is not Kind.KNOWN or other is None:
        listed = link == "and" and part.joins(LISTS - _COMMA)
        return (listed or link in ("with", "on")) and _is_strange(part, found, category, vocabulary)
    if part.joins(_COMMA) and main.target in lexicon.companions(other).things:
        return False  # the parts come first: "a cab and a boiler, a steam engine"
    if other == category:
        listed = link == "and" and part.joins(LISTS - _COMMA)
        named = found.target in (main.target, *lexicon.companions(category).things)
        return _is_counted(part, found) and (listed or (link == "with" and not named))
    if link == "of" and not (part.joins(LISTS) and _is_counted(part, found)):
        return False
    return found.target not in lexicon.companions(category).things


def _stands_on(part: Part, vocabulary: Vocabulary) -> bool:
    """Whether the thing is to be on another, "on a table", and not in its place, "on the table"."""
    found = name_in(part.words, vocabulary)
    return found.kind is Kind.KNOWN and part.words[0].text in ("a", "an", "one")


def _is_strange(part: Part, found: Naming, category: str, vocabulary: Vocabulary) -> bool:
    """Whether a thing that only the thesaurus knows is of no word that captions of the category have.

    A word that no caption has is left out and said anyhow.
    """
    if not found.words or not vocabulary.knows(found.words[-1].text):
        return False
    noun = found.words[-1].text
    ones = [one for one in singulars(noun) if one in lexicon.thesaurus()]
    if noun not in lexicon.thesaurus() and not ones:
        return False
    if not ones and not _is_counted(part, found):
        return False  # "in oak"
    forms = {noun, noun + "s", *singulars(noun), QUALITIES.get(noun, noun)}
    spoken = lexicon.spoken().get(category)
    return spoken is not None and not forms & (spoken | PARTS)


def _is_counted(part: Part, found: Naming) -> bool:
    before = part.words[: part.words.index(found.words[0])]
    return any(word.text in DETERMINERS or word.is_number for word in before)


def _is_side(part: Part) -> bool:
    """Whether a part is the beginning of "in front of", "on top of", "to the left of"."""
    words = [word.text for word in part.words]
    return bool(words) and set(words) <= _SIDES and part.joins(_BESIDE | _OF)


def _is_part(found: Naming, vocabulary: Vocabulary) -> bool:
    """Whether a name is not of a thing in captions, yet of words that they have: "chimney"."""
    return found.kind is Kind.TAKEN and all(vocabulary.knows(word.text) for word in found.words)
