"""``python -m training drafter``: count what usually follows what, for the drafts of a model.

The table (:mod:`brickgpt_engine.decoding.habits`) is counted over the structures that the model was
trained on; the model itself is not run. It guesses, the model checks: a bad table costs time and never
changes what is drawn.
"""

from __future__ import annotations

import argparse
import sys
from array import array
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from brickgpt_engine.bricks import Brick
from brickgpt_engine.decoding.guesses import Text, fields_of, guess_of
from brickgpt_engine.decoding.habits import KINDS, Habits, LineContext
from brickgpt_engine.errors import BrickGPTError, InputError
from training.samples import read_columns

LEAST_SHARE = 0.3
"""Less probable values are not worth a draft."""
DOUBT = 0.03
"""Share of a trial by which habits may fail that never did: what came once comes again nearly always."""
MOST = 1_900_000
"""Habits of a table, 4 bytes each."""

Numbers: TypeAlias = NDArray[np.uint8]


def count(texts: Iterable[list[Brick]], most: int = MOST) -> Habits:
    """The habits of ``texts``, of which those stay that speak: the surest about a field, general ones first.

    Of more than ``most`` those stay that speak most often.
    """
    contexts, told = events(texts)
    kinds = [_Kind(contexts[:, kind], told) for kind in range(KINDS)]
    speaker = np.argmax([kind.shares[kind.of_event] for kind in kinds], axis=0)
    spoken = [
        np.bincount(kind.of_event[speaker == number], minlength=len(kind.keys))
        for number, kind in enumerate(kinds)
    ]
    keys, numbers, shares, times = (
        np.concatenate(parts)
        for parts in (
            [kind.keys for kind in kinds],
            [kind.numbers for kind in kinds],
            [kind.shares for kind in kinds],
            spoken,
        )
    )
    kept = np.flatnonzero((times > 0) & (shares >= 255 * LEAST_SHARE))
    kept = kept[np.argsort(-times[kept], kind="stable")[:most]]
    found, first = np.unique(keys[kept], return_index=True)  # kinds hardly ever share a key
    return Habits(found, numbers[kept][first], shares[kept][first])


def events(texts: Iterable[list[Brick]]) -> tuple[NDArray[np.uint32], Numbers]:
    """Contexts (n, kinds) of every field of ``texts``, and what it said, shape (n,)."""
    contexts, told = array("I"), array("B")
    for bricks in texts:
        text = Text()
        for brick in bricks:
            guess = guess_of(brick)
            line, fields = LineContext(text), fields_of(guess)
            for field, value in enumerate(fields):
                number = line.number(field, value)
                if number < 256:
                    contexts.extend(line.keys(fields[:field]))
                    told.append(number)
            text.push(guess)
    return np.frombuffer(contexts, dtype=np.uintc).reshape(-1, KINDS), np.frombuffer(told, dtype=np.uint8)


class _Kind:
    """Contexts of one kind.

    Args:
        contexts: that of each event, shape (events,).
        told: what the event said, shape (events,).

    Attributes:
        keys: different contexts, ascending, shape (n,).
        of_event: the place of each event's context in them, shape (events,).
        numbers: the likeliest value of each context, shape (n,).
        shares: how often it is right, 255 for always, shape (n,).
    """

    def __init__(self, contexts: NDArray[np.uint32], told: Numbers) -> None:
        self.keys, self.of_event = np.unique(contexts, return_inverse=True)
        pairs, times = np.unique(self.of_event.astype(np.uint64) << 8 | told, return_counts=True)
        of_pair = (pairs >> 8).astype(np.intp)
        trials = np.bincount(of_pair, weights=times)
        ranked = np.lexsort((-pairs.astype(np.int64), times, of_pair))
        ends = np.cumsum(np.bincount(of_pair)) - 1
        likeliest = ranked[ends]  # of equally frequent ones the smallest number
        self.numbers = (pairs[likeliest] & 255).astype(np.uint8)
        shares = (times[likeliest] - DOUBT) / (trials + DOUBT)
        self.shares = np.round(255 * shares).astype(np.uint8)


def structures(folders: Sequence[Path], limit: int | None, max_bricks: int) -> Iterable[list[Brick]]:
    """Up to ``limit`` structures of the training split of each data set, cut to ``max_bricks``."""
    for folder in folders:
        for row in read_columns(folder, "train", ["bricks"], limit):
            yield [Brick.parse(line) for line in row["bricks"].splitlines()[:max_bricks]]


def main() -> None:
    """Count and write."""
    parser = argparse.ArgumentParser(prog="python -m training drafter", description=__doc__)
    parser.add_argument("--model", type=Path, required=True, help="model folder; the table is written there")
    parser.add_argument(
        "--data", type=Path, required=True, nargs="+", help="the data sets that it was trained on"
    )
    parser.add_argument("--structures", type=int, help="how many of each to read (default: all)")
    parser.add_argument("--max-bricks", type=int, default=100, help="bricks of each (default: 100)")
    parser.add_argument("--most", type=int, default=MOST, help=f"habits to keep (default: {MOST})")
    wanted = parser.parse_args()
    try:
        if not wanted.model.is_dir():
            raise InputError(f"{wanted.model} is no folder; give that of a trained model")
        habits = count(structures(wanted.data, wanted.structures, wanted.max_bricks), wanted.most)
        path = habits.save(wanted.model)
    except (BrickGPTError, OSError) as error:
        sys.exit(f"error: {error}")
    print(f"{path}: {len(habits)} habits, {path.stat().st_size / 1e6:.1f} MB", file=sys.stderr)


if __name__ == "__main__":
    main()
