"""Repair of typing slips: letters lost, doubled, mistaken or swapped."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping

_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_TWO_SLIPS_FROM = 6
"""Shorter words are too close to each other for two slips."""
_ONE_SLIP_FROM = 4
_SLIP_SHARE = 0.01
"""Words this much rarer than another a slip away are not what was meant."""
_NAME_SHARE = 0.1
"""Names this much rarer than another word are no likelier: "snall" is small, not a snail."""


def neighbours(word: str) -> Iterator[str]:
    """Every string one slip away (Damerau's four kinds), with repetitions."""
    for at in range(len(word) + 1):
        head, tail = word[:at], word[at:]
        if len(tail) > 1:
            yield head + tail[1] + tail[0] + tail[2:]
        if tail:
            yield head + tail[1:]
        for letter in _LETTERS:
            yield head + letter + tail
            if tail and letter != tail[0]:
                yield head + letter + tail[1:]


def distance(one: str, other: str) -> int:
    """Slips between two words: optimal string alignment distance (Damerau–Levenshtein, restricted)."""
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, mine in enumerate(one, start=1):
        last, row = row, [i]
        for j, theirs in enumerate(other, start=1):
            cost = min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (mine != theirs))
            if i > 1 and j > 1 and mine == other[j - 2] and one[i - 2] == theirs:
                cost = min(cost, before[j - 2] + 1)
            row.append(cost)
        before = last
    return row[-1]


def repaired(
    word: str, known: Mapping[str, int], others: Collection[str], names: Collection[str] = ()
) -> str | None:
    """The word that was meant; None where none is near.

    Args:
        word: in lower case; no word that is known itself.
        known: words with their weights; the heaviest of several wins.
        others: words of less account, for what no known word is near.
        names: known words that name things: likelier than other words as far away.
    """
    if not word.isalpha() or not word.isascii() or len(word) < _ONE_SLIP_FROM:
        return None
    near = dict.fromkeys(neighbours(word))
    heaviest = max((known[found] for found in near if found in known), default=0)
    best = max(  # what is far rarer than another is likely a slip itself
        (found for found in near if found in known and known[found] > _SLIP_SHARE * heaviest),
        key=lambda found: _rank(word, found, known, names, heaviest),
        default=None,
    )
    if best is None:
        best = next((found for found in near if found[:1] == word[:1] and found in others), None)
    if best is not None or len(word) < _TWO_SLIPS_FROM:
        return best
    best = max(_far(word, known), key=lambda found: _rank(word, found, known, names), default=None)
    if best is None and len(word) > _TWO_SLIPS_FROM:
        best = next(_far(word, (found for found in others if found[-1] == word[-1])), None)
    return best


def _far(word: str, among: Iterable[str]) -> Iterator[str]:
    """Words at two slips that begin alike."""
    letters = set(word)
    for found in among:
        if found[:1] != word[0] or abs(len(found) - len(word)) > 2 or len(found) < _TWO_SLIPS_FROM:
            continue
        if (
            len(letters.symmetric_difference(found)) <= 4 and distance(word, found) == 2
        ):  # two slips change four
            yield found


def _rank(
    word: str, found: str, known: Mapping[str, int], names: Collection[str], heaviest: int = 0
) -> tuple[bool, bool, bool, int]:
    """Swapped letters and kept first letters are likelier than others, then names, then frequent words."""
    named = found in names and known[found] > _NAME_SHARE * heaviest
    return sorted(word) == sorted(found), word[0] == found[0], named, known[found]
