"""What stands between a run and the studio: a counter of tokens, a brake on messages, a keeper of events."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

from textual.message import Message

from brickgpt_tui.messages import RunProgress

if TYPE_CHECKING:
    from brickgpt_engine.bricks import Brick
    from brickgpt_engine.decoding.tokens import Logits, TokenModel
    from brickgpt_engine.generation import BrickGenerator, Event, GenerationConfig
    from brickgpt_tui.progress import Progress

POST_SECONDS = 0.05
"""Least time between two messages of a run: twenty pictures a second."""

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
    """Sends a run's progress on, no faster than it can be shown.

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
        self._last: RunProgress | None = None
        self._next = 0.0

    def offer(self, tokens: int) -> None:
        """Send what is new, if the last message is on screen and old enough."""
        self.tokens = tokens
        if (self._last is None or self._last.taken.is_set()) and self._clock() >= self._next:
            self.send()

    def send(self, *, ended: bool = False) -> None:
        """Send what is new."""
        now, progress = self._clock(), self._progress
        self._next = now + POST_SECONDS
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


def count_tokens(generator: BrickGenerator) -> Callable[[], int]:
    """Put a counter in front of a generator's model; answers how to ask for tokens read from now on."""
    model = generator.model.token_model
    if not isinstance(model, CountingModel):
        model = CountingModel(model)
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
