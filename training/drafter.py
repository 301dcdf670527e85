"""``python -m training drafter``: count what usually follows what, for the drafts of a model.

The table (:mod:`brickgpt_engine.decoding.habits`) is counted over the structures that the model was
trained on; the model itself is not run. It guesses, the model checks: a bad table costs time and never
changes what is drawn.
"""

from __future__ import annotations

import argparse
import sys
from array import array
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from brickgpt_engine.bricks import Brick
from brickgpt_engine.decoding.guesses import Text, fields_of, guess_of
from brickgpt_engine.decoding.habits import Habits, LineContext
from brickgpt_engine.errors import BrickGPTError, InputError
from training.samples import read_columns

LEAST = 3
"""Times that a context must have come."""
LEAST_SHARE = 0.4
"""Less probable values are not worth a draft."""


def count(texts: Iterable[list[Brick]], least: int = LEAST) -> Habits:
    """The habits of ``texts``."""
    contexts, told = array("I"), array("B")  # one entry for each context of each field
    for bricks in texts:
        text = Text()
        for brick in bricks:
            guess = guess_of(brick)
            line, fields = LineContext(text), fields_of(guess)
            for field, value in enumerate(fields):
                number = line.number(field, value)
                if number < 256:
                    keys = line.keys(fields[:field])
                    contexts.extend(keys)
                    told.extend([number] * len(keys))
            text.push(guess)
    seen = np.frombuffer(contexts, dtype=np.uintc).astype(np.uint64) << 8
    seen |= np.frombuffer(told, dtype=np.uint8)
    pairs, times = np.unique(seen, return_counts=True)
    keys, first = np.unique(pairs >> 8, return_index=True)
    trials = np.add.reduceat(times, first) if len(first) else times
    ends = [*first[1:], len(pairs)]
    ranked = np.lexsort((-pairs, times, np.repeat(np.arange(len(keys)), np.subtract(ends, first))))
    likeliest = ranked[np.subtract(ends, 1)]  # of equally frequent ones the smallest number
    shares = (times[likeliest] - 0.3) / (trials + 0.6)  # few trials prove little
    kept = (trials >= least) & (shares >= LEAST_SHARE)
    numbers = pairs[likeliest] & 255
    return Habits(
        keys[kept].astype(np.uint32),
        numbers[kept].astype(np.uint8),
        np.round(255 * shares[kept]).astype(np.uint8),
    )


def structures(folder: Path, limit: int, max_bricks: int) -> Iterable[list[Brick]]:
    """Up to ``limit`` structures of a data set's training split, cut to ``max_bricks``."""
    for row in read_columns(folder, "train", ["bricks"], limit):
        yield [Brick.parse(line) for line in row["bricks"].splitlines()[:max_bricks]]


def main() -> None:
    """Count and write."""
    parser = argparse.ArgumentParser(prog="python -m training drafter", description=__doc__)
    parser.add_argument("--model", type=Path, required=True, help="model folder; the table is written there")
    parser.add_argument("--data", type=Path, required=True, help="the data set that it was trained on")
    parser.add_argument("--structures", type=int, default=20000, help="how many to read (default: 20000)")
    parser.add_argument("--max-bricks", type=int, default=100, help="bricks of each (default: 100)")
    wanted = parser.parse_args()
    try:
        if not wanted.model.is_dir():
            raise InputError(f"{wanted.model} is no folder; give that of a trained model")
        habits = count(structures(wanted.data, wanted.structures, wanted.max_bricks))
        path = habits.save(wanted.model)
    except (BrickGPTError, OSError) as error:
        sys.exit(f"error: {error}")
    print(f"{path}: {len(habits)} habits, {path.stat().st_size / 1e6:.1f} MB", file=sys.stderr)


if __name__ == "__main__":
    main()
