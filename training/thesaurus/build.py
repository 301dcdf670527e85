"""Which word means which thing that the embedded model can make: WordNet's hypernyms, corrected by hand.

A word gets the target of the nearest anchor (``anchors.tsv``) at or above one of its first
senses, the most frequent sense first. ``overrides.tsv`` has the last word.
"""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import numpy as np

from brickgpt_engine.meaning import lexicon, vocabulary_of
from brickgpt_engine.meaning.words import singulars
from training.data.captions import WORDINGS, captions_for
from training.data.shapes import sample_shape
from training.thesaurus.wordnet import WordNet, is_plain

HERE = Path(__file__).resolve().parent
MEANING = HERE.parent.parent / "brickgpt_engine" / "meaning"
NOTHING = "-"
"""The target of words that mean nothing the model can make."""
MOST_STEPS = 12
"""Hypernym steps after which an anchor is too far away to say anything."""
MOST_SENSES = 3
"""Senses of a word that are looked at."""
_LONGEST_WORD, _LONGEST_GUARD, _MOST_WORDS = 14, 12, 3
_SIGN = re.compile(
    r"^(?:the )?(?:capital letter|block letter|letter|capital|initial|number|digit|numeral|figure) \w+$"
)
_PERSON = "robot"


def read_table(path: Path, separator: str) -> Iterator[tuple[str, list[str]]]:
    """Target and entries of each line of a table written by hand."""
    for line in path.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            target, _, entries = line.partition("\t")
            yield target, [entry.strip() for entry in entries.split(separator)]


def anchors(wordnet: WordNet, path: Path = HERE / "anchors.tsv") -> dict[int, str]:
    """Target by synset.

    Raises:
        KeyError: the table names a sense that WordNet lacks.
    """
    return {wordnet.sense(name): target for target, names in read_table(path, " ") for name in names}


def overrides(path: Path = HERE / "overrides.tsv") -> dict[str, str]:
    """Target by word, from the table written by hand."""
    return {word: target for target, words in read_table(path, ",") for word in words}


def meaning_of(wordnet: WordNet, lemma: str, known: Mapping[int, str]) -> str:
    """Target of a lemma by its first senses, else :data:`NOTHING`; people only by everyday words."""
    for number, offset in enumerate(wordnet.senses[lemma][:MOST_SENSES]):
        found = wordnet.nearest(offset, known, MOST_STEPS)
        if found is not None and (found[0] != _PERSON or (number == 0 and lemma in wordnet.tagged)):
            return found[0]
    return NOTHING


def meanings(wordnet: WordNet) -> dict[str, str]:
    """Target by word or phrase (words separated by spaces).

    A phrase that says no more than its last word does is left out, as are words that mean nothing.
    """
    known = anchors(wordnet)
    by_hand = overrides()
    plain = [lemma for lemma in wordnet.common & wordnet.senses.keys() if is_plain(lemma) and len(lemma) > 2]
    nouns = wordnet.words()
    found = {
        lemma.replace("_", " "): meaning_of(wordnet, lemma, known)
        for lemma in plain
        if nouns.get(lemma, True)
    }
    found |= by_hand
    for form, lemma in wordnet.exceptions("noun").items():
        if is_plain(form) and found.get(lemma, NOTHING) != NOTHING:
            found.setdefault(form, found[lemma])
    everyday = by_hand.keys() | {lemma.replace("_", " ") for lemma in wordnet.tagged}
    return {
        word: target
        for word, target in found.items()
        if word in by_hand or (_tells(word, target, found) and (target != NOTHING or word in everyday))
    }


def _tells(word: str, target: str, found: Mapping[str, str]) -> bool:
    """Whether the table needs a line for ``word``."""
    first, _, last = word.rpartition(" ")
    if not first:
        return target != NOTHING and len(word) <= _LONGEST_WORD
    return word.count(" ") < _MOST_WORDS and target != found.get(last, NOTHING)


def caption_words(per_family: int, seed: int = 0) -> tuple[dict[str, list[str]], dict[str, int]]:
    """The names that captions give to each category's shapes, and all their words with counts."""
    rng = np.random.default_rng(seed)
    names: dict[str, list[str]] = {}
    captions: list[str] = []
    for category, wording in WORDINGS.items():
        nouns: set[str] = set()
        for _ in range(per_family):
            shape = sample_shape(rng, category)
            nouns.update(noun.lower() for noun in wording(shape.facts).nouns)
            captions += captions_for(shape, rng)
        names[category] = sorted(noun for noun in nouns if not _SIGN.match(noun))
    return names, vocabulary_of(captions)


def spoken_words(per_family: int, seed: int = 0) -> dict[str, list[str]]:
    """The words of each category's captions that the engine takes for names of things."""
    rng = np.random.default_rng(seed)
    found: dict[str, list[str]] = {}
    for category in WORDINGS:
        shapes = (sample_shape(rng, category) for _ in range(per_family))
        words = vocabulary_of((caption for shape in shapes for caption in captions_for(shape, rng)), least=1)
        found[category] = sorted(word for word in words if _names_a_thing(word))
    return found


def _names_a_thing(word: str) -> bool:
    forms = (word, *singulars(word))
    return any(form in lexicon.thesaurus() or lexicon.category_of(form) is not None for form in forms)


def write_spoken(words: Mapping[str, Iterable[str]], path: Path = MEANING / "spoken.tsv") -> None:
    """Write the words of each category's captions."""
    lines = (f"{category}\t{' '.join(found)}\n" for category, found in sorted(words.items()))
    path.write_text("".join(lines), encoding="utf-8")


def write_things(names: Mapping[str, Iterable[str]], path: Path = MEANING / "things.tsv") -> None:
    """Write the names of each category's shapes."""
    lines = (f"{category}\t{', '.join(nouns)}\n" for category, nouns in sorted(names.items()))
    path.write_text("".join(lines), encoding="utf-8")


def write_meanings(found: Mapping[str, str], path: Path = MEANING / "thesaurus.tsv.gz") -> None:
    """Write the words of each target, a target a line."""
    groups: dict[str, list[str]] = {}
    for word, target in found.items():
        groups.setdefault(target, []).append(word)
    lines = [f"{target}\t{','.join(sorted(words))}\n" for target, words in sorted(groups.items())]
    _compress("".join(lines), path)


def write_english(wordnet: WordNet, path: Path = MEANING / "english.txt.gz") -> None:
    """Write the English words that are short enough to be taken for slips: nouns, then all others."""
    words = {word: noun for word, noun in wordnet.words().items() if len(word) <= _LONGEST_GUARD}
    for part in ("verb", "adj", "noun"):
        for form in wordnet.exceptions(part):
            if is_plain(form) and "_" not in form and len(form) <= _LONGEST_GUARD:
                words.setdefault(form, part == "noun")
    nouns = sorted(word for word, noun in words.items() if noun)
    others = sorted(word for word, noun in words.items() if not noun)
    _compress("\n".join(["", *nouns, "", *others, ""]), path)


def write_vocabulary(words: Mapping[str, int], path: Path = MEANING / "words.txt") -> None:
    """Write the captions' words, the most frequent first."""
    path.write_text("\n".join(words) + "\n", encoding="utf-8")


def _compress(text: str, path: Path) -> None:
    """Write ``text`` so that the same text gives the same file."""
    path.write_bytes(gzip.compress(text.encode(), 9, mtime=0))
