"""The engine's side of the studio: runs in threads, reads the event stream, and posts messages.

Nothing here touches a widget. ``post`` is Textual's ``post_message``, which is safe from any thread.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Union

from brickgpt_engine.errors import BrickGPTError
from brickgpt_tui.feed import Feed, Post, Recorder, count_tokens, recording
from brickgpt_tui.messages import Judged, Opened, Reopened, Repaired, Trouble, VariantsReady
from brickgpt_tui.remote import EngineStoppedError, RemoteGenerator, RemoteLoader
from brickgpt_tui.snapshot import ModelSnapshot, RunSnapshot

if TYPE_CHECKING:
    from brickgpt_engine.bricks import Brick, BrickStructure
    from brickgpt_engine.generation import BrickGenerator, GenerationConfig
    from brickgpt_engine.physics import StabilityReport
    from brickgpt_tui.history import Entry
    from brickgpt_tui.progress import Progress

Generator = Union["BrickGenerator", RemoteGenerator]
"""Builds models, here or in a process of its own."""
LoadGenerator = Callable[[str, str, int], Generator]
"""From a model's name, a device and the layers for a GPU to a generator."""

_SAFETY_LIMIT = 600
"""Most bricks for which the safety factor is worked out unasked: it is a second, larger program."""


@dataclass(frozen=True, slots=True)
class Job:
    """One order to the generator.

    Attributes:
        prompt: what to build.
        config: options; its seed is that of the first variant.
        start: bricks to continue from, or none.
        colour: LDraw code of bricks that have none; None chooses by the prompt.
        variants: how many models to build, with seeds one apart.
    """

    prompt: str
    config: GenerationConfig
    start: tuple[Brick, ...] = ()
    colour: int | None = None
    variants: int = 1


def load_generator(model: str, device: str, gpu_layers: int) -> BrickGenerator:
    """Load a model by name, folder, GGUF file or hub id.

    Raises:
        ModelError: it cannot be used.
    """
    from brickgpt_engine.decoding import load_model
    from brickgpt_engine.generation import BrickGenerator

    return BrickGenerator(load_model(model, device, gpu_layers))


class Engine:
    """What the studio can ask of the engine.

    Every method but :meth:`tick` and :meth:`stop` blocks: call it in a thread.

    Args:
        post: where messages go.
        load: makes a generator; kept for as long as model and device stay the same.
        recorder: makes a recorder for a run, or None where nothing shall be kept.
        clock: seconds, monotonic.
    """

    def __init__(
        self,
        post: Post,
        load: LoadGenerator = load_generator,
        recorder: Callable[[], Recorder] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.recorder = recorder
        self._post, self._load, self._clock = post, load, clock
        self._generator: tuple[tuple[str, str, int], Generator] | None = None
        self._feed: Feed | None = None
        self.stopping = False
        """Whether the run in progress was asked to end."""

    def tick(self) -> None:
        """Show what is new of the run in progress; does not block, and is called all the while."""
        feed = self._feed
        if feed is not None:
            feed.tick()

    def hold(self) -> None:
        """Let the answer to a key be painted before what is new of the run."""
        feed = self._feed
        if feed is not None:
            feed.hold()

    def stop(self) -> None:
        """Ask the run in progress to end after the event in hand."""
        self.stopping = True
        if self._generator is not None and isinstance(self._generator[1], RemoteGenerator):
            self._generator[1].stop()

    def warm_up(self, config: GenerationConfig) -> None:
        """Load the model that ``config`` names, where that is another process; what fails a run will say."""
        remote = isinstance(self._load, RemoteLoader)
        generator = self._ready_generator(config) if remote else None
        if isinstance(generator, RemoteGenerator):
            with suppress(BrickGPTError):
                generator.load()

    def generate(self, job: Job) -> None:
        """Build all variants of ``job``, with messages as :class:`~brickgpt_tui.feed.Feed` sends them.

        Set :attr:`stopping` to False before, in the thread that may call :meth:`stop`.
        """
        done: list[tuple[ModelSnapshot, RunSnapshot]] = []
        for number in range(job.variants):
            config = job.config
            if number and config.seed is not None:
                config = replace(config, seed=config.seed + number)
            last = number + 1 == job.variants
            built = self._one(replace(job, config=config), last=last, number=number)
            if built is not None and built[0].bricks:
                done.append(built)
            if self.stopping or built is None:
                break
        if job.variants > 1 and done:
            self._post(VariantsReady(tuple(model for model, _ in done), tuple(run for _, run in done)))

    def _one(self, job: Job, *, last: bool, number: int) -> tuple[ModelSnapshot, RunSnapshot] | None:
        """Build one model, with the numbers of its run; None where the run broke off."""
        from brickgpt_tui.progress import Progress

        model, seed = job.config.model_name_or_path, job.config.seed or 0
        progress = Progress(job.prompt, model, self._colour(job), self._clock(), seed)
        feed = self._feed = Feed(self._post, progress, self._clock)
        feed.send()
        if job.variants > 1:
            progress.say("info", f"variant {number + 1} of {job.variants}")
        try:
            self._follow(job, progress, feed)
        except EngineStoppedError:
            progress.stop()
        except BrickGPTError as error:
            progress.fail(str(error))
        finally:
            if not progress.ended:
                progress.fail("the engine broke down; what was built is kept, try again or another seed")
            feed.send(ended=last or self.stopping or progress.error is not None)
            self._feed = None
        if progress.error is not None:
            return None
        bricks = tuple(progress.bricks)
        snapshot = ModelSnapshot(bricks, job.config.world_dim, len(bricks), progress.report)
        return snapshot, progress.snapshot(self._clock(), feed.tokens)

    def _follow(self, job: Job, progress: Progress, feed: Feed) -> None:
        """Load the model, read its events, and close the stream when the user stops."""
        generator = self._ready_generator(job.config)
        self._go_on()
        if isinstance(generator, RemoteGenerator):
            generator.load()
        progress.note("reading the prompt")
        start = _structure(job.start, job.config.world_dim) if job.start else None
        tokens = count_tokens(generator)
        events = generator.generate(job.prompt, job.config, start=start)
        with recording(self.recorder, progress, job.config) as keep:
            for event in events:
                feed.take(event, tokens())
                keep(event)
                if self.stopping:
                    break
        close = getattr(events, "close", None)
        if close is not None:
            close()
        feed.tokens = tokens()
        if self.stopping and not progress.ended:
            progress.stop()

    def _go_on(self) -> None:
        """Nothing, unless the user has stopped the run already."""
        if self.stopping:
            raise EngineStoppedError("stopped before the model was loaded")

    def _ready_generator(self, config: GenerationConfig) -> Generator:
        key = (config.model_name_or_path, config.device, config.gpu_layers)
        if self._generator is None or self._generator[0] != key:
            self._generator = None  # never two models in memory
            self._generator = (key, self._load(*key))
        return self._generator[1]

    def _colour(self, job: Job) -> int | None:
        from brickgpt_engine.bricks.colours import choose_colour

        return choose_colour(job.prompt) if job.colour is None else job.colour

    def judge(self, model: ModelSnapshot, criterion: str, solver: str, *, physics: bool) -> None:
        """Analyse a model; posts :class:`Judged`, a second time with the safety factor."""
        try:
            structure = _structure(model.bricks, model.world_dim)
            report = model.report or _report(structure, criterion if physics else "connectivity", solver)
            self._post(Judged(model.revision, report, report.safety_factor))
            if physics and report.stable and report.safety_factor is None and len(structure) <= _SAFETY_LIMIT:
                exact = _report(structure, "equilibrium", solver)
                self._post(Judged(model.revision, report, exact.safety_factor))
        except BrickGPTError as error:
            self._post(Trouble(f"the stability is not known: {error}", step="check"))

    def open(self, path: Path) -> None:
        """Read a model file; posts :class:`Opened` or :class:`Trouble`."""
        from brickgpt_engine.formats import read_structure

        try:
            self._post(Opened(path, read_structure(path)))
        except BrickGPTError as error:
            self._post(Trouble(str(error), step="open"))

    def reopen(self, entry: Entry) -> None:
        """Read a run of the history; posts :class:`Reopened` or :class:`Trouble`."""
        from brickgpt_engine.bricks.colours import choose_colour
        from brickgpt_tui.history import load

        try:
            run = load(entry)
            colour = choose_colour(run.prompt)
            bricks = (replace(b, colour=colour) if b.colour is None else b for b in run.bricks)
            self._post(Reopened(run._replace(bricks=tuple(bricks))))
        except BrickGPTError as error:
            self._post(Trouble(str(error), step="open"))

    def repair(self, model: ModelSnapshot, criterion: str, solver: str, seed: int) -> None:
        """Lay weak regions again, or support them, until :meth:`stop`.

        Posts :class:`Repaired` or :class:`Trouble`.
        """
        from brickgpt_engine.layout.support import repair
        from brickgpt_engine.physics import StabilityAnalyzer

        try:
            structure = _structure(model.bricks, model.world_dim)
            analyzer = StabilityAnalyzer(criterion=criterion, solver=solver)
            done = repair(structure, analyzer, seed=seed, go_on=lambda what, number: not self.stopping)
            self._post(Repaired(model.revision, done))
        except BrickGPTError as error:
            self._post(Trouble(f"not repaired: {error}", step="repair"))


def _structure(bricks: tuple[Brick, ...], world_dim: int) -> BrickStructure:
    from brickgpt_engine.bricks import BrickStructure

    return BrickStructure(bricks, world_dim)


def _report(structure: BrickStructure, criterion: str, solver: str) -> StabilityReport:
    from brickgpt_engine.physics import StabilityAnalyzer, connectivity_report

    if criterion == "connectivity":
        return connectivity_report(structure)
    return StabilityAnalyzer(criterion=criterion, solver=solver).analyze(structure)
