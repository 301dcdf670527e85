"""The nouns of WordNet 3.0 with their senses and hypernyms, read from the files of Princeton's release.

Formats: wndb(5WN), the manual page on the database files. Debian's package ``wordnet-base``
installs them in ``/usr/share/wordnet``.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

_PARTS = ("noun", "verb", "adj", "adv")
_SENSE_KEY = re.compile(r"^(?P<lemma>.+)%(?P<part>[1-5]):\S+ \d+ (?P<count>\d+)$")
_KEY_PARTS = {"1": "noun", "2": "verb", "3": "adj", "4": "adv", "5": "adj"}
_WORD = re.compile(r"^[a-z]+(?:[_-][a-z]+)*$")


@dataclass(frozen=True)
class Synset:
    """One meaning.

    Attributes:
        words: its lemmas as written, spaces as underscores.
        parents: offsets of its hypernyms; a named individual has none.
        gloss: its definition.
    """

    words: tuple[str, ...]
    parents: tuple[int, ...]
    gloss: str


class WordNet:
    """The noun part of the database, and the words of the other parts of speech.

    Args:
        folder: where ``data.noun`` and its companions lie.

    Attributes:
        synsets: every noun meaning by its offset.
        senses: offsets by lemma, the most frequent first.
        common: lemmas that are written in lower case, which proper and scientific names are not.
        tagged: nouns that occur in the texts by which senses were counted, the everyday ones.

    Raises:
        OSError: a file is missing.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.synsets: dict[int, Synset] = dict(self._read_synsets())
        self.senses: dict[str, tuple[int, ...]] = dict(self._read_index("noun"))
        self.common = {word for synset in self.synsets.values() for word in synset.words if word.islower()}
        self.tagged = {word for word, part in self._counts() if part == "noun"}

    def _lines(self, name: str) -> Iterator[str]:
        with (self._folder / name).open(encoding="latin-1") as lines:
            yield from (line for line in lines if not line.startswith("  "))

    def _read_synsets(self) -> Iterator[tuple[int, Synset]]:
        for line in self._lines("data.noun"):
            data, _, gloss = line.partition("|")
            fields = data.split()
            count = int(fields[3], 16)
            words = tuple(fields[4 : 4 + 2 * count : 2])
            links = fields[5 + 2 * count :]
            parents = tuple(int(links[at + 1]) for at in range(0, len(links) - 3, 4) if links[at] == "@")
            yield int(fields[0]), Synset(words, parents, gloss.strip())

    def _read_index(self, part: str) -> Iterator[tuple[str, tuple[int, ...]]]:
        for line in self._lines(f"index.{part}"):
            fields = line.split()
            yield fields[0], tuple(int(field) for field in fields[-int(fields[2]) :])

    def sense(self, name: str) -> int:
        """Offset of a sense such as ``dog.1`` (the first sense of "dog").

        Raises:
            KeyError: there is no such sense.
        """
        lemma, _, number = name.rpartition(".")
        senses = self.senses.get(lemma, ())
        if not number.isdecimal() or not 1 <= int(number) <= len(senses):
            raise KeyError(f"WordNet has no noun sense {name}")
        return senses[int(number) - 1]

    def nearest(self, offset: int, anchors: Mapping[int, str], limit: int) -> tuple[str, int] | None:
        """What the closest anchor at or above a meaning says, and the steps to it; None: there is none."""
        queue = deque([(offset, 0)])
        seen = {offset}
        while queue:
            here, steps = queue.popleft()
            if here in anchors:
                return anchors[here], steps
            if steps < limit:
                fresh = [parent for parent in self.synsets[here].parents if parent not in seen]
                seen.update(fresh)
                queue.extend((parent, steps + 1) for parent in fresh)
        return None

    def exceptions(self, part: str) -> dict[str, str]:
        """Irregular forms and the lemma of each, such as ``geese``: ``goose``."""
        pairs = (line.split() for line in self._lines(f"{part}.exc"))
        return {fields[0]: fields[1] for fields in pairs if len(fields) > 1}

    def words(self) -> dict[str, bool]:
        """Every plain single word that is no proper name, and whether it is foremost a noun."""
        counts = self._counts()
        found: dict[str, set[str]] = {}
        for part in _PARTS:
            for lemma, _ in self._read_index(part):
                proper = part == "noun" and lemma not in self.common
                if _WORD.match(lemma) and "_" not in lemma and len(lemma) > 1 and not proper:
                    found.setdefault(lemma, set()).add(part)
        return {word: _foremost(word, parts, counts) == "noun" for word, parts in found.items()}

    def _counts(self) -> dict[tuple[str, str], int]:
        counts: dict[tuple[str, str], int] = {}
        for line in self._lines("cntlist.rev"):
            match = _SENSE_KEY.match(line.strip())
            if match:
                key = match["lemma"], _KEY_PARTS[match["part"]]
                counts[key] = counts.get(key, 0) + int(match["count"])
        return counts


def _foremost(word: str, parts: Iterable[str], counts: Mapping[tuple[str, str], int]) -> str:
    """The part of speech that a word has most often; a noun where nothing is known."""
    order = [part for part in _PARTS if part in set(parts)]
    return max(order, key=lambda part: counts.get((word, part), 0))


def is_plain(lemma: str) -> bool:
    """Whether a lemma is made of lower-case letters, hyphens and spaces (as underscores) alone."""
    return bool(_WORD.match(lemma))
