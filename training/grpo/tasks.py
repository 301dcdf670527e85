"""The captions of a run, in an order that follows from the seed alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from brickgpt_engine.errors import ConfigError, FormatError
from training.data.sources import Source, find_sources
from training.rewards import Task

_UNSEEN = 0.5
"""Share of falls that is assumed of a category before any was seen."""
_PACE = 0.2
"""How much the latest group of a category counts for its share of falls."""
_EVEN_ODDS = 0.01
"""Added to each share of falls, so that a category that always stands is looked at now and then."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A structure of the data set: its captions, its category where the data says it, and its bricks."""

    captions: tuple[str, ...]
    category: str
    bricks: str

    def task(self, caption: int) -> Task:
        """What to ask for, with one of the captions."""
        return Task(self.captions[caption % len(self.captions)], self.category, self.bricks)


def read_entries(data: str, split: str, limit: int = 0) -> list[Entry]:
    """The structures of a split, at most ``limit`` where that is not 0.

    Raises:
        InputError: the data is not there or empty.
        ConfigError: it has no such split.
        FormatError: columns are missing, or a row is no example.
    """
    source = find_sources(data, [split])[0]
    entries: list[Entry] = []
    categories = _categories(source)
    for _, examples in source.batches():
        for example in examples:
            category = categories[len(entries)] if categories else ""
            entries.append(Entry(example.captions, category, example.bricks))
            if limit and len(entries) >= limit:
                return entries
    if not entries:
        raise FormatError("the split has no structures", source=source.label)
    return entries


def _categories(source: Source) -> list[str]:
    """The column ``category_id`` where there is one."""
    if source.loaded is not None:
        names = source.loaded.column_names
        return [str(name) for name in source.loaded["category_id"]] if "category_id" in names else []
    return [name for path in source.files if path.suffix != ".jsonl" for name in _categories_of(path)]


def _categories_of(path: Path) -> list[str]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as file:
            rows = file.metadata.num_rows
            if "category_id" not in file.schema_arrow.names:
                return [""] * rows
            found: list[Any] = file.read(["category_id"])["category_id"].to_pylist()
    except (OSError, ValueError, pa.ArrowException) as error:
        raise FormatError(f"it is damaged or no Parquet file ({error})", source=str(path)) from error
    return [str(name) for name in found]


class Course:
    """Which structures each update asks for: every epoch a new shuffle, one caption of each drawn.

    A share of an update's captions may be drawn besides, for the categories whose structures fall most often.

    Args:
        entries: the structures.
        prompts: captions of one update.
        seed: of the shuffles and draws.
        focus: share of the captions that is drawn by how often structures of their category fall.

    Attributes:
        misses: for each category, the share of its structures that fell, the latest counting most.

    Raises:
        ConfigError: there are fewer structures than captions in an update, or no categories to focus on.
    """

    def __init__(self, entries: list[Entry], prompts: int, seed: int, focus: float = 0.0) -> None:
        if len(entries) < prompts:
            raise ConfigError(
                f"an update takes {prompts} captions (batch_size x gradient_accumulation_steps) and the data "
                f"has {len(entries)} structures; lower one of the two"
            )
        self._entries, self._seed = entries, seed
        self._drawn = round(focus * prompts)
        self._in_turn = prompts - self._drawn
        self._shuffled: tuple[int, Any, Any] | None = None
        self._members: dict[str, list[int]] = {}
        for index, entry in enumerate(entries):
            self._members.setdefault(entry.category, []).append(index)
        if focus and set(self._members) == {""}:
            raise ConfigError(f"focus is {focus} and the data has no column category_id; set focus to 0")
        self.misses = dict.fromkeys(sorted(self._members), _UNSEEN)

    @property
    def steps_per_epoch(self) -> int:
        """Updates in which every structure comes up at most once in its turn."""
        return len(self._entries) // max(self._in_turn, 1)

    def tasks(self, step: int) -> list[Task]:
        """What update ``step`` (from 0) asks for."""
        epoch, place = divmod(step, self.steps_per_epoch)
        if self._shuffled is None or self._shuffled[0] != epoch:
            rng = np.random.default_rng([self._seed, epoch, 17])
            order = rng.permutation(len(self._entries))
            self._shuffled = epoch, order, rng.integers(0, 2**31, len(self._entries))
        _, order, captions = self._shuffled
        chosen = order[place * self._in_turn : (place + 1) * self._in_turn]
        in_turn = [self._entries[index].task(int(captions[index])) for index in chosen.tolist()]
        return self._mixed(in_turn, step)

    def _mixed(self, in_turn: list[Task], step: int) -> list[Task]:
        """With the captions drawn by category, all in random order: batches and processes get equal work."""
        if not self._drawn:
            return in_turn
        rng = np.random.default_rng([self._seed, step, 19])
        names, odds = list(self.misses), np.array(list(self.misses.values())) + _EVEN_ODDS
        picked = rng.choice(len(names), self._drawn, p=odds / odds.sum())
        drawn = [
            self._entries[rng.choice(self._members[names[number]])].task(int(rng.integers(0, 2**31)))
            for number in picked.tolist()
        ]
        tasks = in_turn + drawn
        return [tasks[place] for place in rng.permutation(len(tasks)).tolist()]

    def note(self, results: Sequence[tuple[str, float]]) -> None:
        """Learn from an update: for each group, its category and the share of its structures that stand."""
        for category, stood in results:
            if category in self.misses:
                self.misses[category] += _PACE * (1 - stood - self.misses[category])
