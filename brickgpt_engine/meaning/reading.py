"""From what a person asks for to what the model has learnt to read, with every change said."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from brickgpt_engine.bricks import colours
from brickgpt_engine.errors import PromptError
from brickgpt_engine.meaning import besides, foreign, lexicon, naming
from brickgpt_engine.meaning.interpretation import Interpretation
from brickgpt_engine.meaning.naming import Kind, Naming
from brickgpt_engine.meaning.parts import Part, split, target_of
from brickgpt_engine.meaning.refusals import can_make, refuse_talk
from brickgpt_engine.meaning.spelling import repaired
from brickgpt_engine.meaning.vocabulary import Vocabulary
from brickgpt_engine.meaning.words import (
    CARRIERS,
    CLAUSES,
    DEEDS,
    DETERMINERS,
    GENERIC,
    HOLDERS,
    LISTS,
    QUALITIES,
    SMALL,
    Token,
    clean,
    tokens_of,
    with_article,
)

_MOST_SLIPS = 12
"""Words that are looked at for slips; a prompt with more is no English."""
_MANY = frozenset({"these", "those", "some", "many", "several", "few", "both", "all"})
"""Words that say that there is more than one."""
_SIGNS = frozenset({",", ":"})
"""What stands between the parts of a thing and its name where the parts come first."""


def interpret(prompt: str, vocabulary: Vocabulary, seed: int = 0) -> Interpretation:
    """Put a prompt into words that a model knows.

    Slips are repaired, a thing that the model cannot make becomes the nearest one that it can, and
    other words that it never read are replaced or left out. A prompt of known words stays as it is.

    Args:
        prompt: what a person typed.
        vocabulary: what the model knows.
        seed: draws the category for a prompt that names nothing.

    Raises:
        PromptError: it names something that nothing known comes near, or is in another language
            of which no noun is understood.
    """
    text = clean(prompt)
    script = foreign.script_of(text)
    if script is not None:
        written, target, names = foreign.translated_script(text, script, vocabulary)
        more = "; the other words are not read" if written != text.lower() else ""
        return _translated(written, target, f" ({names}){more}")
    tokens = tokens_of(text)
    if not any(token.is_word or token.is_number for token in tokens):
        return _from_pictures(text, vocabulary)
    language = None if _all_known(tokens, vocabulary) else foreign.language_of(tokens, vocabulary)
    if language is not None:
        written, target = foreign.translated(tokens, language, vocabulary)
        more = "; the other words are not read" if len(tokens) > 1 else ""
        return _translated(written, target, f" ({language.name}){more}")
    reading = _Reading(tokens, vocabulary, seed)
    reading.read()
    if not reading.changed:
        return Interpretation(prompt)
    shortened = bool(reading._left_out or reading._unmade)
    return Interpretation(reading.text(text), tuple(reading.notes), shortened)


def _translated(written: str, target: str, more: str) -> Interpretation:
    return Interpretation(with_article(target), (f"reading '{written}' as '{target}'{more}",))


def _from_pictures(text: str, vocabulary: Vocabulary) -> Interpretation:
    """What the first picture (emoji) that is understood shows.

    Raises:
        PromptError: none is.
    """
    for name in foreign.emoji_words(text):
        for word in reversed(name.split()):
            target = target_of(word, vocabulary)
            if target and target != lexicon.NOTHING:
                return Interpretation(
                    with_article(target), (f"taking the picture of '{name}' as '{target}'",)
                )
    raise PromptError(f"the prompt has no words that are understood; {can_make(vocabulary)}")


def _all_known(tokens: Iterable[Token], vocabulary: Vocabulary) -> bool:
    return all(
        token.text in SMALL or not token.is_word or vocabulary.knows(token.text) or token.is_number
        for token in tokens
    )


@dataclass
class _Reading:
    """One English prompt on its way: what replaces which of its words.

    Attributes:
        tokens: its words, slips repaired.
        vocabulary: what the model knows.
        seed: draws where nothing is named.
        notes: what was changed, for people.
    """

    tokens: list[Token]
    vocabulary: Vocabulary
    seed: int
    notes: list[str] = field(default_factory=list)
    _edits: dict[Token, str] = field(default_factory=dict)
    _compounds: set[Token] = field(default_factory=set)
    _left_out: list[tuple[Token, ...]] = field(default_factory=list)
    _unmade: dict[str, list[str]] = field(default_factory=dict)

    @property
    def changed(self) -> bool:
        """Whether anything differs from what was typed."""
        return bool(self._edits)

    def read(self) -> None:
        """Find the thing that is meant, then see to the words about it."""
        self._repair()
        self._compounds = self._find_compounds()
        parts = self._one_thing(split(self.tokens, self.vocabulary))
        if not self._says_enough(parts):
            self._read_parts(parts)
        self._say_unmade()

    def _one_thing(self, parts: list[Part]) -> list[Part]:
        """The parts less a second thing and what the model cannot leave away, which is said.

        Raises:
            PromptError: the prompt names but what it does not want.
        """
        try:
            first, main = self._object(parts)
        except PromptError:
            return parts  # another part may name it
        category = besides.category_of(main)
        if category is None:
            return parts
        if besides.is_negated(parts[first]):
            raise PromptError("the prompt says only what not to build; name a thing, e.g. 'a chair'")
        gone = self._leave_negated(parts[first:], main, category)
        if not self._is_turned(parts):
            left = [part for part in parts[first:] if part not in gone]
            gone += self._leave_seconds(left, main)
        return [part for part in parts if part not in gone]

    def _leave_seconds(self, parts: Sequence[Part], main: Naming) -> list[Part]:
        """Leave second things out; what was left out. The rest of a list gets the "with" that they had."""
        gone: list[Part] = []
        opened, follower = False, -1
        for run in besides.seconds(parts, main, self.vocabulary):
            at = parts.index(run[0])
            opened = besides.opens_list(run) or (opened and at == follower)
            self._unmake(run, f"one thing is built, the '{main.target}'")
            gone += run
            follower = at + len(run)
            joint = parts[follower].joint if follower < len(parts) else []
            if opened and joint and all(token.text in LISTS for token in joint):
                self._edits |= dict.fromkeys(joint, "") | {joint[0]: "with"}
        return gone

    def _is_turned(self, parts: Sequence[Part]) -> bool:
        """Whether the parts of the thing may come before its name: "with four legs: a table"."""
        start = self.tokens.index(parts[0].tokens[0])
        opened = any(token.text == "with" for token in self.tokens[:start])
        return opened or any(token.text == ":" for token in self.tokens)

    def _leave_negated(self, parts: Sequence[Part], main: Naming, category: str) -> list[Part]:
        """Put what is not to be there as captions do, "with no arms", or leave it out; what was left out."""
        gone: list[Part] = []
        for run, more in besides.negations(parts):
            if not besides.is_learnt(run, category):
                plain = naming.name_in(run[-1].words, self.vocabulary).kind is Kind.KNOWN
                plain = plain or not besides.says_something(run)
                self._unmake(run, "" if plain else f"this model cannot promise that of a '{main.target}'")
                gone += run
            elif not more:
                self._word_as_captions(run)
            elif gone:  # "without a chimney or windows", less the chimney
                self._edits[run[0].joint[0]] = "with no"
        return gone

    def _word_as_captions(self, run: Sequence[Part]) -> None:
        """Write "with no" for a negation that captions do not have: "without", "that lacks"."""
        opening = [
            token
            for part in run
            for token in (*part.joint, *part.words)
            if token.text in SMALL or besides.is_negation(token)
        ]
        if all(self.vocabulary.knows(token.text) for token in opening if besides.is_negation(token)):
            return
        kept = opening[0].text in LISTS
        for token in opening[kept:]:
            self._edits[token] = ""
        self._edits[opening[kept]] = "with no"

    def _unmake(self, run: Sequence[Part], why: str) -> None:
        """Leave out a phrase for a reason that is said."""
        tokens = [token for part in run for token in part.tokens]
        words = " ".join(token.raw for token in tokens if token.is_word or token.is_number)
        self._unmade.setdefault(why, []).append(f"'{words}'")
        self._edits |= dict.fromkeys(tokens, "")

    def _say_unmade(self) -> None:
        for why, phrases in self._unmade.items():
            self.notes.append(f"leaving out {', '.join(phrases)}{': ' if why else ''}{why}")

    def _read_parts(self, parts: Sequence[Part]) -> None:
        """Find the thing among the parts, and see to the words about it."""
        first, found = self._object(parts)
        if found.kind is Kind.NAMELESS:
            refuse_talk(self.tokens, self.vocabulary)
        if first and parts[first].joins(_SIGNS):
            self._others(parts[:first])
        elif first:
            self._begin_at(parts[first], parts[:first])
        if found.kind is Kind.TAKEN:
            self._take(found)
        elif found.kind is Kind.NAMELESS:
            self._draw(parts)
        many = all(naming.is_plural(name) for name in self._names(parts))
        if many and found.kind is Kind.KNOWN:
            self._make_one(found)
        if many and naming.is_plural(found):
            self._count_one(parts[first], found)
        if first < len(parts):
            self._head_words(parts[first], found)
        self._others(parts[first + 1 :])
        self._say_left_out()

    def _says_enough(self, parts: Sequence[Part]) -> bool:
        """Whether every word is known and one of them names a thing, wherever it stands."""
        names = [naming.name_in(part.words, self.vocabulary) for part in parts]
        read = [
            token for token in self.tokens if token not in self._compounds and self._edits.get(token) != ""
        ]
        if not _all_known(read, self.vocabulary):
            return False
        if besides.is_negated(parts[0]) and names[0].kind is Kind.KNOWN:
            return False
        turned = any(token.text in _SIGNS for token in self.tokens)
        if len(parts) > 1 and names[0].kind is Kind.UNKNOWN and parts[1].joins(HOLDERS) and not turned:
            return False
        idiom = any(
            name.kind is Kind.UNKNOWN and name.phrase.lower() in lexicon.thesaurus()
            for name in names
            if len(name.words) > 1
        )
        known = [name for name in names if name.kind is Kind.KNOWN]
        return not idiom and any(not naming.is_plural(name) for name in known)

    def _names(self, parts: Sequence[Part]) -> list[Naming]:
        """What the parts name that can be made."""
        names = (naming.name_in(part.words, self.vocabulary) for part in parts)
        return [name for name in names if name.kind in (Kind.KNOWN, Kind.TAKEN)]

    def _begin_at(self, part: Part, before: Sequence[Part]) -> None:
        """Leave out what comes before the part that names the thing, and give that an article."""
        self._drop([*(token for other in before for token in other.tokens), *part.joint])
        if not any(word.text in DETERMINERS or word.is_number for word in part.words):
            word = part.words[0]
            self._edits[word] = with_article(self._edits.get(word, word.raw))

    def _repair(self) -> None:
        """Mend slips in words that neither English nor the model has."""
        mended_before: dict[str, str | None] = {}
        for place, token in enumerate(self.tokens):
            if token.is_word and not foreign.is_english(token.text, self.vocabulary):
                if token.text not in mended_before and len(mended_before) < _MOST_SLIPS:
                    mended_before[token.text] = self._mended(token.text)
                mended = mended_before.get(token.text)
                if mended is not None:
                    self.notes.append(f"reading '{token.raw}' as '{mended}'")
                    self.tokens[place] = Token(mended, mended, token.start, token.end)
                    self._edits[self.tokens[place]] = mended

    def _find_compounds(self) -> set[Token]:
        """Words that captions write as one with a hyphen: "king size"."""
        pairs = zip(self.tokens, self.tokens[1:], strict=False)
        return {
            token
            for pair in pairs
            if "-".join(word.text for word in pair) in self.vocabulary.words
            for token in pair
        }

    def _mended(self, word: str) -> str | None:
        if word in QUALITIES or foreign.stranger(word, self.vocabulary):
            return None
        known = self.vocabulary.words
        return repaired(word, known, lexicon.long_nouns(), self.vocabulary.things)

    def _object(self, parts: Sequence[Part]) -> tuple[int, Naming]:
        """Which part names the thing, and what it names.

        Raises:
            PromptError: it names a thing without a near meaning.
        """
        nothing: Naming | None = None
        for place, part in enumerate(parts):
            if place and not self._leads_on(parts[place - 1], part, nothing):
                break
            found = naming.name_in(part.words, self.vocabulary)
            if place + 1 < len(parts) and self._carries(part, parts[place + 1]):
                nothing = Naming(Kind.NAMELESS)
                continue
            if found.kind in (Kind.KNOWN, Kind.TAKEN):
                if besides.is_negated(part) and self._names(parts[place + 1 :]):
                    nothing = Naming(Kind.NAMELESS)  # "not a chair but a table"
                    continue
                return place, found
            if nothing is None or found.kind is Kind.UNKNOWN:
                nothing = found
        if nothing is None or nothing.kind is Kind.NAMELESS:
            return 0, nothing or Naming(Kind.NAMELESS)
        return self._from_abroad(nothing)

    def _carries(self, part: Part, following: Part) -> bool:
        """Whether ``part`` ("a statue") passes its meaning on to what follows ("of a horse")."""
        words = [word.text for word in part.words]
        if not words or words[-1] not in CARRIERS | GENERIC or not following.joins(frozenset({"of", "like"})):
            return False
        return naming.name_in(following.words, self.vocabulary).kind in (Kind.KNOWN, Kind.TAKEN)

    def _leads_on(self, before: Part, part: Part, nothing: Naming | None) -> bool:
        """Whether the thing may be named in ``part`` where the parts before it name none."""
        if nothing is None or nothing.kind is Kind.NAMELESS:
            words = before.words
            passed_on = bool(words) and words[-1].text in CARRIERS | GENERIC
            turned = part.joins(_SIGNS) or bool(before.joint)
            return (
                turned
                or not words
                or (passed_on and part.joins(frozenset({"of", "like", "resembling", "as", "or", "for"})))
            )
        turned = part.joins(_SIGNS) and all(self.vocabulary.knows(word.text) for word in nothing.words)
        return turned or part.joins(HOLDERS)

    def _from_abroad(self, unknown: Naming) -> tuple[int, Naming]:
        """A noun of another language in an English prompt, else the answer that it is not known."""
        abroad = foreign.stranger(unknown.words[-1].text, self.vocabulary) if unknown.words else None
        if abroad is not None and not foreign.is_english(unknown.words[-1].text, self.vocabulary):
            return 0, Naming(Kind.TAKEN, unknown.words[-1:], abroad[1])
        raise PromptError(f"this model does not know '{unknown.phrase}'; {can_make(self.vocabulary)}")

    def _take(self, found: Naming) -> None:
        """Put the known name in the place of what was asked for."""
        one = "one " if naming.is_plural(found) else ""
        self.notes.append(f"taking '{found.phrase}' as {one}'{found.target}'")
        self._edits[found.words[0]] = found.target
        for word in found.words[1:]:
            self._edits[word] = ""

    def _make_one(self, found: Naming) -> None:
        """One thing is built, however many are asked for: captions name one."""
        self.notes.append(f"building one '{found.target}'")
        self._edits[found.words[0]] = found.target
        for word in found.words[1:]:
            self._edits[word] = ""

    def _count_one(self, part: Part, found: Naming) -> None:
        """Put an article where things were counted: "two red houses", "some dogs", "houses"."""
        before = part.words[: part.words.index(found.words[0])]
        for word in before:
            if word.is_number or word.text in _MANY:
                self._edits[word] = ""
        if not any(word.text in DETERMINERS and word.text not in _MANY for word in before):
            kept = [word for word in before if self._edits.get(word, word.raw)]
            first = kept[0] if kept else found.words[0]
            self._edits[first] = with_article(self._edits.get(first, first.raw))

    def _draw(self, parts: Sequence[Part]) -> None:
        """Choose a thing for a prompt that names none: by what one does with it, else by the seed."""
        deeds = (DEEDS.get(token.text) for token in self.tokens)
        deed = next((thing for thing in deeds if thing and self.vocabulary.stand_in(thing)), None)
        family = random.Random(self.seed).choice(sorted(self.vocabulary.families))
        name = self.vocabulary.stand_in(deed or family) or family
        why = "for what it is to do" if deed else f"drawn by the seed, {self.seed}"
        self.notes.append(f"the prompt names no thing; taking '{name}' ({why})")
        words = parts[0].words if parts else []
        kept = [word.raw for word in words if self._says_something(word)]
        for token in self.tokens:
            if token not in {word for part in parts[1:] for word in part.tokens} or deed:
                self._edits[token] = ""
        self._edits[self.tokens[0]] = with_article(" ".join([*kept, name]))

    def _says_something(self, word: Token) -> bool:
        return word.text not in SMALL | GENERIC | CARRIERS and self.vocabulary.knows(word.text)

    def _head_words(self, part: Part, found: Naming) -> None:
        """See to the words before and behind the thing's name."""
        for word in part.words:
            if word not in found.words and word not in self._edits:
                self._see_to(word)
        if found.kind is Kind.TAKEN:
            self._fit_article(part, found)

    def _fit_article(self, part: Part, found: Naming) -> None:
        """Make "a" and "an" agree with the word that follows them now."""
        before = part.words[: part.words.index(found.words[0])]
        for place, token in enumerate(before):
            if token.text in ("a", "an"):
                rest = [self._edits.get(word, word.raw) for word in [*before[place + 1 :], found.words[0]]]
                follower = next((word for word in rest if word), "")
                self._edits[token] = with_article(follower).split(" ")[0]

    def _see_to(self, word: Token) -> bool:
        """Keep a word, replace it, or leave it out; whether something stays."""
        if word in self._edits or word in self._compounds or not word.is_word or word.is_number:
            return True
        if word.text in SMALL or self.vocabulary.knows(word.text):
            return True
        other = QUALITIES.get(word.text)
        if other is not None and other not in self.vocabulary.words:
            other = QUALITIES.get(other)
        if other is not None and self.vocabulary.knows(other):
            self.notes.append(f"taking '{word.raw}' as '{other}'")
            after = self.tokens.index(word) + 1
            twice = after < len(self.tokens) and self.tokens[after].text == other
            self._edits[word] = "" if twice else other
            return True
        self._drop([word])
        return False

    def _others(self, parts: Sequence[Part]) -> None:
        """See to the phrases about the thing: one whose noun is not known goes as a whole."""
        opened: str | None = None  # the joint that the next part inherits from one that went
        for part in parts:
            if self._keeps(part):
                if opened is not None and part.joins(LISTS):
                    self._edits[part.joint[0]] = opened
                opened = None
                for word in part.words:
                    self._see_to(word)
            else:
                if not part.joins(LISTS):
                    opened = " ".join(token.raw for token in part.joint)
                self._drop(part.tokens)

    def _keeps(self, part: Part) -> bool:
        """Whether a phrase still says something when the words that are not known are gone."""
        said = [
            word for word in part.tokens if word.text not in SMALL and not word.is_number and word.is_word
        ]
        if not said:
            return True
        told = [
            word in self._edits or word.text in QUALITIES or self.vocabulary.knows(word.text) for word in said
        ]
        clause = part.joins(CLAUSES) or said[0] in part.joint
        return all(told) if clause else told[-1]

    def _drop(self, tokens: Sequence[Token]) -> None:
        """Leave words out. Colours and materials go without a word: the paint heeds them."""
        if any(word.is_word and word.text not in SMALL for word in tokens):
            seen = [word for word in tokens if word.is_word]
            if not all(colours.colour_for_prompt(word.text) is not None for word in seen):
                self._left_out.append(tuple(tokens))
        for word in tokens:
            self._edits[word] = ""

    def _say_left_out(self) -> None:
        if self._left_out:
            phrases = (
                f"'{' '.join(word.raw for word in run if word.is_word or word.is_number)}'"
                for run in self._left_out
            )
            self.notes.append(f"leaving out {', '.join(phrases)}")

    def text(self, source: str) -> str:
        """The prompt with every change made."""
        pieces, at = [], 0
        for token in sorted(self._edits, key=lambda token: token.start):
            pieces += [source[at : token.start], self._edits[token]]
            at = token.end
        words = " ".join("".join([*pieces, source[at:]]).split())
        for sign in ",.;:!?":
            words = words.replace(f" {sign}", sign)
        return words.strip(" ,;:-!?")
