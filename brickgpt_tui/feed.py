"""What stands between a run and the studio: a counter of tokens, a brake on messages, a keeper of events."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Protocol

from textual.message import Message

from brickgpt_tui.messages import RunProgress
from brickgpt_tui.remote import RemoteGenerator

if TYPE_CHECKING:
    from brickgpt_engine.bricks import Brick
    from brickgpt_engine.decoding.tokens import Logits, TokenModel
    from brickgpt_engine.generation import BrickGenerator, Event, GenerationConfig
    from brickgpt_tui.progress import Progress

POST_SECONDS = 0.08
"""Least time between two messages of a run: twelve pictures a second."""
IDLE_SECONDS = 0.25
"""Time after which a message is sent although nothing has happened, so that the clock goes on."""
HOLD_SECONDS = 0.06
"""Time after a key in which no message is sent, unless the last one is older than the time above."""

Post = Callable[[Message], object]


class Recorder(Protocol):
    """Keeps a run on disk as it goes; raises nothing, but says in ``problem`` why it cannot."""

    problem: str | None

    def start(
        self, prompt: str, options: GenerationConfig, seed: int | None = None, bricks: Sequence[Brick] = ()
    ) -> None:
        """A run begins."""

    def write(self, event: Event) -> None:
        """An event has come."""

    def close(self) -> None:
        """The run is over."""


class Feed:
    """Sends a run's progress on, no faster than it can be shown, and no slower.

    The thread of the run tells every event with :meth:`take`; the studio calls :meth:`tick` all the
    while, so that what came last is shown too while the engine is busy with what comes next.

    Args:
        post: where messages go.
        progress: the run.
        clock: seconds, monotonic.

    Attributes:
        tokens: tokens that the model has read.
    """

    def __init__(self, post: Post, progress: Progress, clock: Callable[[], float]) -> None:
        self.tokens = 0
        self._post, self._progress, self._clock = post, progress, clock
        self._lock = threading.RLock()
        self._last: RunProgress | None = None
        self._sent = -IDLE_SECONDS
        self._held = 0.0
        self._new = self._ended = False

    def hold(self) -> None:
        """Send nothing for a moment: the user has pressed a key, and the answer to it comes first."""
        self._held = self._clock() + HOLD_SECONDS

    def take(self, event: Event, tokens: int) -> None:
        """Take an event into account, and send what is new if the last message was seen and is old enough."""
        with self._lock:
            self._progress.take(event, self._clock())
            self.tokens, self._new = tokens, True
            self.tick()

    def tick(self) -> None:
        """Send what is new if it is time, or the time itself where nothing has happened for a while."""
        with self._lock:
            now = self._clock()
            age = now - self._sent
            shown = self._last is None or self._last.taken.is_set()
            wanted = POST_SECONDS if self._new else IDLE_SECONDS
            if now < self._held:
                wanted = IDLE_SECONDS
            if shown and not self._ended and age >= wanted:
                self.send()

    def send(self, *, ended: bool = False) -> None:
        """Send what is new."""
        with self._lock:
            self._send(ended)

    def _send(self, ended: bool) -> None:
        now, progress = self._clock(), self._progress
        self._sent, self._new, self._ended = now, False, ended
        self._last = RunProgress(
            tuple(progress.bricks),
            progress.report,
            progress.snapshot(now, self.tokens),
            progress.drain(),
            began=progress.started,
            ended=ended,
        )
        self._post(self._last)


class CountingModel:
    """A token model that counts what it reads.

    Args:
        model: the model that does the work.

    Attributes:
        tokens: tokens read so far.
    """

    def __init__(self, model: TokenModel) -> None:
        self.model = model
        self.tokens = 0

    @property
    def length(self) -> int:
        """Tokens in the cache."""
        return self.model.length

    @property
    def vocab_size(self) -> int:
        """Length of a logits vector."""
        return self.model.vocab_size

    @property
    def context_length(self) -> int:
        """Most tokens that the cache can hold."""
        return self.model.context_length

    def prefill(self, ids: Sequence[int]) -> Logits:
        """As the model does."""
        self.tokens += len(ids)
        return self.model.prefill(ids)

    def extend(self, ids: Sequence[int]) -> Logits:
        """As the model does."""
        self.tokens += len(ids)
        return self.model.extend(ids)

    def rewind(self, length: int) -> None:
        """As the model does."""
        self.model.rewind(length)


class CountingDrafts(CountingModel):
    """The same for a model that checks drafts; with less of it the engine would not draft."""

    @property
    def draft_cost(self) -> float:
        """As the model says."""
        checker: Any = self.model
        return float(checker.draft_cost)

    @property
    def habits(self) -> Any:
        """What the model's folder knows of what usually follows what, or None."""
        return getattr(self.model, "habits", None)

    @property
    def draft_step(self) -> int:
        """Tokens that a pass reads in the time of one, as the model says."""
        return int(getattr(self.model, "draft_step", 1))

    def extend_each(self, ids: Sequence[int], keep: int, only: Any = None) -> Any:
        """As the model does."""
        self.tokens += len(ids)
        checker: Any = self.model
        return checker.extend_each(ids, keep, only)


def count_tokens(generator: BrickGenerator | RemoteGenerator) -> Callable[[], int]:
    """Put a counter in front of a generator's model; answers how to ask for tokens read from now on."""
    if isinstance(generator, RemoteGenerator):
        return lambda: generator.tokens
    model = generator.model.token_model
    if not isinstance(model, CountingModel):
        kind = CountingDrafts if hasattr(model, "draft_cost") else CountingModel
        model = kind(model)
        generator.model = replace(generator.model, token_model=model)
    before = model.tokens
    return lambda: model.tokens - before


@contextmanager
def recording(
    make: Callable[[], Recorder] | None, progress: Progress, config: GenerationConfig
) -> Iterator[Callable[[Event], None]]:
    """Keep the events of a run; a disk that fails ends the keeping, with a line in the log, not the run."""
    from brickgpt_engine.generation import Started

    recorder = None if make is None else make()
    said = False

    def keep(event: Event) -> None:
        nonlocal said
        if recorder is None:
            return
        if isinstance(event, Started):
            recorder.start(event.prompt, config, event.seed, event.bricks)
        recorder.write(event)
        if recorder.problem is not None and not said:
            said = True
            progress.say("bad", recorder.problem)

    try:
        yield keep
    finally:
        if recorder is not None:
            recorder.close()
