"""Driving one generation: loading the model, following the events, and stopping well on Ctrl-C."""

from __future__ import annotations

import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import FrameType

from brickgpt_engine.bricks import Brick, BrickStructure, colours
from brickgpt_engine.cli.options import AUTO_COLOUR, NO_COLOUR
from brickgpt_engine.errors import BrickGPTError
from brickgpt_engine.generation import (
    BrickGenerator,
    BrickRejected,
    Event,
    Failed,
    Finished,
    GenerationConfig,
    GenerationResult,
    RolledBack,
    Started,
    StartedOver,
)

Listener = Callable[[Event], None]


@dataclass(frozen=True)
class Outcome:
    """How a generation ended.

    Attributes:
        structure: what was built, painted.
        result: all about it, where the run came to its end, or broke off while it drew another model.
        error: what broke the run off.
        interrupted: Ctrl-C broke it off.
        rejections: rejected attempts by reason, as far as the run came.
        regenerations: rollbacks, as far as the run came.
        seconds: wall time of the run.
        prompt_used: what the model read for the prompt.
        notes: how that differs from the prompt.
    """

    structure: BrickStructure
    result: GenerationResult | None = None
    error: BrickGPTError | None = None
    interrupted: bool = False
    rejections: dict[str, int] = field(default_factory=dict)
    regenerations: int = 0
    seconds: float = 0.0
    prompt_used: str = ""
    notes: tuple[str, ...] = ()

    @property
    def stop_reason(self) -> str:
        """Why the run ended: a key of ``STOP_REASONS``, ``interrupted`` or ``failed``."""
        if self.error is not None:
            return "failed"
        return "interrupted" if self.interrupted or self.result is None else self.result.stop_reason


class Tally:
    """Follows one run, and counts what a run that is broken off cannot tell any more.

    Attributes:
        last: the last event.
    """

    def __init__(self) -> None:
        self.last: Event | None = None
        self._rejections: Counter[str] = Counter()
        self._regenerations = 0
        self._best: GenerationResult | None = None
        self._prompt_used = ""
        self._notes: tuple[str, ...] = ()
        self._began = time.perf_counter()

    @property
    def ended(self) -> bool:
        """Whether the run has come to its end, good or bad."""
        return isinstance(self.last, Finished | Failed)

    def update(self, event: Event) -> None:
        """Take one event into account."""
        self.last = event
        if isinstance(event, BrickRejected):
            self._rejections[event.reason.value] += 1
        elif isinstance(event, Started):
            self._prompt_used, self._notes = event.prompt_used, event.notes
            self._began = time.perf_counter()
        elif isinstance(event, RolledBack):
            self._regenerations = event.regeneration
        elif isinstance(event, StartedOver):
            self._best = event.best

    def outcome(self, current: BrickStructure, colour: int | None) -> Outcome:
        """How the run ended, or that it was interrupted.

        Args:
            current: what stands now. Of a run that broke off while it drew another structure, the best
                whole one is the result.
            colour: the LDraw code of bricks that have none.
        """
        result = self.last.result if isinstance(self.last, Finished) else self._best
        error = self.last.error if isinstance(self.last, Failed) else None
        return Outcome(
            structure=painted(current if result is None else result.structure, colour),
            result=result,
            error=error,
            interrupted=not self.ended,
            rejections=dict(self._rejections),
            regenerations=self._regenerations,
            prompt_used=self._prompt_used,
            notes=self._notes,
            seconds=time.perf_counter() - self._began,
        )


class CtrlC:
    """Whether Ctrl-C was pressed."""

    pressed = False


def load_generator(config: GenerationConfig) -> BrickGenerator:
    """Load the model that ``config`` names.

    Raises:
        ModelError: it cannot be used.
    """
    from brickgpt_engine.decoding import loader

    return BrickGenerator(loader.load_model(config.model_name_or_path, config.device, config.gpu_layers))


def drive(
    generator: BrickGenerator,
    prompt: str,
    config: GenerationConfig,
    *,
    start: BrickStructure | None = None,
    colour: int | str | None = AUTO_COLOUR,
    listener: Listener = lambda event: None,
) -> Outcome:
    """Generate one model; a first Ctrl-C ends the run after the brick in hand, a second one at once.

    Args:
        generator: the loaded model.
        prompt: what to build.
        config: options.
        start: bricks to continue from; they keep their colours.
        colour: what the others get: an LDraw code, ``auto`` (from the prompt) or ``none``.
        listener: is told every event.

    Raises:
        BrickGPTError: generation cannot begin.
    """
    events = generator.generate(prompt, config, start=start)
    tally = Tally()
    with catch_ctrl_c() as ctrl_c:
        try:
            for event in events:
                tally.update(event)
                listener(event)
                if ctrl_c.pressed:
                    break
        except KeyboardInterrupt:
            pass
    return tally.outcome(generator.current, colour_code(colour, prompt))


@contextmanager
def catch_ctrl_c() -> Iterator[CtrlC]:
    """Note a first Ctrl-C instead of raising; a second one raises KeyboardInterrupt.

    A process that was told to ignore the signal, as in a background job, goes on ignoring it.
    """
    ctrl_c = CtrlC()

    def note(number: int, frame: FrameType | None) -> None:
        if ctrl_c.pressed:
            raise KeyboardInterrupt
        ctrl_c.pressed = True

    in_main = threading.current_thread() is threading.main_thread()
    if not in_main or signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        yield ctrl_c
        return
    before = signal.signal(signal.SIGINT, note)
    try:
        yield ctrl_c
    finally:
        signal.signal(signal.SIGINT, before)


def colour_code(colour: int | str | None, prompt: str) -> int | None:
    """The LDraw code that ``--colour`` means for ``prompt``; None for no colour."""
    if colour == AUTO_COLOUR:
        return colours.choose_colour(prompt)
    return None if colour == NO_COLOUR or isinstance(colour, str) else colour


def painted(structure: BrickStructure, code: int | None) -> BrickStructure:
    """A copy in which bricks without a colour have ``code``."""

    def own(brick: Brick) -> int | None:
        return code if brick.colour is None else brick.colour

    return colours.paint(structure, [own(brick) for brick in structure])
