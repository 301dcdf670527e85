"""Many structures at a time: runs that share the passes of one model, entering and leaving as they finish.

Every run is what it would be alone (same seed, same structure, up to rounding in the model); only the
passes are common. See :mod:`brickgpt_engine.decoding.batch`.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Generator, Sequence
from dataclasses import dataclass, replace
from queue import SimpleQueue
from typing import TypeAlias

from brickgpt_engine.bricks import BrickStructure
from brickgpt_engine.decoding.batch import Batch
from brickgpt_engine.decoding.loader import LoadedModel
from brickgpt_engine.decoding.torch_llama import TorchModel
from brickgpt_engine.errors import BrickGPTError, ModelError
from brickgpt_engine.generation.config import GenerationConfig
from brickgpt_engine.generation.events import Event, Failed
from brickgpt_engine.generation.generator import BrickGenerator

Told: TypeAlias = tuple[int, Event]
"""Number of a job, and what happened in it."""


@dataclass(frozen=True, slots=True)
class Job:
    """One structure to make; arguments as for :meth:`BrickGenerator.generate`."""

    prompt: str
    config: GenerationConfig
    start: BrickStructure | None = None


def can_share_passes(model: LoadedModel) -> bool:
    """Whether structures can be decoded together with this model."""
    return isinstance(model.token_model, TorchModel) and model.token_model.batchable


class Together:
    """Makes many structures with one model.

    Args:
        model: one for which :func:`can_share_passes` holds.
        jobs: what to make.
        size: most structures in work at a time.

    Raises:
        ModelError: the model cannot share passes.
    """

    def __init__(self, model: LoadedModel, jobs: Sequence[Job], size: int) -> None:
        if not isinstance(model.token_model, TorchModel):
            raise ModelError("structures are decoded together by PyTorch alone; load the model with it")
        self._model, self._jobs = model, jobs
        self.batch: Batch = model.token_model.batch(max(1, min(size, len(jobs))))
        """The common passes."""
        grammars = BrickGenerator(model)
        for job in jobs:
            grammars.grammar(job.config.world_dim)
        self._generators = [BrickGenerator(model, share=grammars) for _ in jobs]
        self._waiting = deque(range(len(jobs)))
        self._told: SimpleQueue[Told | BaseException | None] = SimpleQueue()
        self._stop = threading.Event()

    def current(self, number: int) -> BrickStructure:
        """The structure of job ``number`` as it stands."""
        return self._generators[number].current

    def events(self) -> Generator[Told, None, None]:
        """What happens in all jobs, as it happens; closing the iterator stops every run after its brick."""
        threads = [
            threading.Thread(target=self._work, name=f"structure-{number}", daemon=True)
            for number in range(self.batch.size)
        ]
        for thread in threads:
            thread.start()
        working = len(threads)
        try:
            while working:
                told = self._told.get()
                if isinstance(told, BaseException):
                    raise told
                if told is None:
                    working -= 1
                else:
                    yield told
        finally:
            self._stop.set()
            for thread in threads:
                thread.join()

    def _work(self) -> None:
        """One place of the batch: job after job, until none is waiting."""
        member = self.batch.join()
        model = replace(self._model, token_model=member)
        try:
            while not self._stop.is_set() and (number := self._next()) is not None:
                self._generators[number].model = model
                self._make(number)
        except BaseException as error:  # noqa: BLE001 - raised again where the events are read
            self._told.put(error)
        finally:
            member.leave()
            self._told.put(None)

    def _next(self) -> int | None:
        """A job that is waiting; None where another place took the last one."""
        try:
            return self._waiting.popleft()
        except IndexError:
            return None

    def _make(self, number: int) -> None:
        job = self._jobs[number]
        try:
            events = self._generators[number].generate(job.prompt, job.config, start=job.start)
        except BrickGPTError as error:
            self._told.put((number, Failed(error, BrickStructure(world_dim=job.config.world_dim))))
            return
        for event in events:
            self._told.put((number, event))
            if self._stop.is_set():
                return
