"""Scoring many samples at once, over processes that stay: the rewards of a step in a fraction of its time."""

from __future__ import annotations

import multiprocessing
from collections.abc import Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field

from brickgpt_engine.errors import BrickGPTError
from training.data.shapes.base import SIDE
from training.evaluation.pool import prepare_worker, single_threaded
from training.rewards.attempt import Written, read_attempt
from training.rewards.groups import with_diversity
from training.rewards.parts import Case, Task
from training.rewards.physics import Physics
from training.rewards.weights import Score, Weights, score

_CHUNK = 4
_FAILURES = (BrickGPTError, ArithmeticError, LookupError, MemoryError, TypeError, ValueError)
"""What a sample may raise without stopping a run; a mistake of the program's own spelling is none of them."""


@dataclass(frozen=True)
class Sample:
    """One structure to score: its lines as read, whether it ended by itself, and what was asked for."""

    lines: tuple[Written, ...]
    ended: bool
    task: Task


@dataclass(frozen=True)
class Judge:
    """How samples are scored; can be sent to another process."""

    weights: Weights = field(default_factory=Weights)
    physics: Physics = field(default_factory=Physics)
    world_dim: int = 20
    length_target: int = 0

    def score(self, sample: Sample) -> Score:
        """Score one sample. Whatever goes wrong in it costs it its reward and is said in ``reason``."""
        try:
            attempt = read_attempt(sample.lines, ended=sample.ended, world_dim=self.world_dim)
            reports = self.physics.judge(attempt.structure)
            return score(Case(attempt, reports, sample.task, self.length_target), self.weights)
        except _FAILURES as error:
            return Score(0.0, reason=f"{type(error).__name__}: {error}")


def _score_chunk(judge: Judge, samples: Sequence[Sample]) -> list[Score]:
    return [judge.score(sample) for sample in samples]


class Scorer:
    """Scores in ``workers`` processes, which are started once; with fewer than 2, in this process.

    Use it as a context manager, or call :meth:`close`.
    """

    def __init__(self, judge: Judge, workers: int = 0) -> None:
        self.judge = judge
        self.workers = workers
        self._pool: ProcessPoolExecutor | None = None

    def __enter__(self) -> Scorer:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def score(self, samples: Sequence[Sample]) -> list[Score]:
        """The scores of ``samples``, in their order. A sample that kills its process gets reward 0.

        Samples of the same task are a group, for the part ``diversity``.
        """
        scores = self._scores_alone(samples)
        weight = self.judge.weights.diversity
        if not weight or self.judge.world_dim != SIDE:
            return scores
        return with_diversity(scores, [sample.task for sample in samples], weight)

    def _scores_alone(self, samples: Sequence[Sample]) -> list[Score]:
        """What each sample earns by itself."""
        if self.workers < 2 or len(samples) <= _CHUNK:
            return _score_chunk(self.judge, samples)
        chunks = [samples[start : start + _CHUNK] for start in range(0, len(samples), _CHUNK)]
        futures = [self._submit(chunk) for chunk in chunks]
        found = [self._result(future) for future in futures]
        if any(scores is None for scores in found):
            self.close()  # a broken pool takes no more work
        return [
            each
            for scores, chunk in zip(found, chunks, strict=True)
            for each in (scores if scores is not None else [self._alone(sample) for sample in chunk])
        ]

    def close(self) -> None:
        """End the processes; the next call starts new ones."""
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)
            self._pool = None

    def _submit(self, chunk: Sequence[Sample]) -> Future[list[Score]] | None:
        if self._pool is None:
            self._pool = _new_pool(self.workers)
        try:
            return self._pool.submit(_score_chunk, self.judge, chunk)
        except BrokenProcessPool:
            return None

    def _result(self, future: Future[list[Score]] | None) -> list[Score] | None:
        try:
            return None if future is None else future.result()
        except BrokenProcessPool:
            return None

    def _alone(self, sample: Sample) -> Score:
        """Score a sample in a process of its own, since one of its chunk killed the last."""
        with _new_pool(1) as pool:
            scores = self._result(pool.submit(_score_chunk, self.judge, [sample]))
        return scores[0] if scores else Score(0.0, reason="its analysis killed the process")


def _new_pool(workers: int) -> ProcessPoolExecutor:
    """Processes of one thread each; not by fork, since number libraries hold threads and locks here."""
    with single_threaded():
        pool = ProcessPoolExecutor(
            workers, mp_context=multiprocessing.get_context("spawn"), initializer=prepare_worker
        )
        list(pool.map(abs, range(workers)))  # starts them all while the environment asks for one thread
    return pool
