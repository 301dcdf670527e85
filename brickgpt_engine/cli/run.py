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
)

Listener = Callable[[Event], None]


@dataclass(frozen=True)
class Outcome:
    """How a generation ended.

    Attributes:
        structure: what was built, painted.
        result: all about it, where the run came to its end.
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
        if self.result is not None:
            return self.result.stop_reason
        return "failed" if self.error is not None else "interrupted"


class _Tally:
    """Counts what a run that is broken off cannot tell any more."""

    def __init__(self) -> None:
        self.rejections: Counter[str] = Counter()
        self.regenerations = 0
        self.prompt_used = ""
        self.notes: tuple[str, ...] = ()

    def update(self, event: Event) -> None:
        """Take one event into account."""
        if isinstance(event, BrickRejected):
            self.rejections[event.reason.value] += 1
        elif isinstance(event, Started):
            self.prompt_used, self.notes = event.prompt_used, event.notes
        elif isinstance(event, RolledBack):
            self.regenerations = event.regeneration


class CtrlC:
    """Whether Ctrl-C was pressed."""

    pressed = False


def load_generator(config: GenerationConfig) -> BrickGenerator:
    """Load the model that ``config`` names.

    Raises:
        ModelError: it cannot be used.
    """
    from brickgpt_engine.decoding import loader

    return BrickGenerator(loader.load_model(config.model_name_or_path, config.device))


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
    tally, began = _Tally(), time.perf_counter()

    def tell(event: Event) -> None:
        tally.update(event)
        listener(event)

    last, interrupted = _follow(events, tell)
    structure = last.result.structure if isinstance(last, Finished) else generator.current
    return Outcome(
        structure=painted(structure, colour_code(colour, prompt)),
        result=last.result if isinstance(last, Finished) else None,
        error=last.error if isinstance(last, Failed) else None,
        interrupted=interrupted and not isinstance(last, Finished | Failed),
        rejections=dict(tally.rejections),
        regenerations=tally.regenerations,
        prompt_used=tally.prompt_used,
        notes=tally.notes,
        seconds=time.perf_counter() - began,
    )


def _follow(events: Iterator[Event], listener: Listener) -> tuple[Event | None, bool]:
    """Read events to the end or to Ctrl-C; the last event, and whether Ctrl-C was pressed."""
    last: Event | None = None
    with catch_ctrl_c() as ctrl_c:
        try:
            for last in events:
                listener(last)
                if ctrl_c.pressed:
                    break
        except KeyboardInterrupt:
            pass
    return last, ctrl_c.pressed


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
