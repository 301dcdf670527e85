"""A generator that works in a process of its own, so that the studio's keys never wait for a model.

In a thread of the studio, the model would share Python's global lock with the screen, and a runtime that
crashes or is ended for want of memory would take the studio along. Orders and answers are pickled, one
after the other, over the standard input and output of :mod:`brickgpt_tui.child`.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any, Literal

from brickgpt_engine.errors import BrickGPTError, ModelError

if TYPE_CHECKING:
    from brickgpt_engine.bricks import Brick, BrickStructure
    from brickgpt_engine.generation import Event, GenerationConfig

_POLL_S = 0.1
_DYING_S = 2.0
"""How long a process may take to end whose output has ended, or that is no longer wanted."""
_PATIENCE_S = 5.0
"""How long a stopped engine may go on with what it has in hand; then its process is ended."""
_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


@dataclass(frozen=True, slots=True)
class Order:
    """What the studio wants of the process.

    Attributes:
        kind: ``load`` a model, ``run`` it, or ``stop`` a run.
        key: the arguments of :func:`~brickgpt_tui.worker.load_generator`.
        run: number of the run, counted up.
        prompt, config, start: as :class:`~brickgpt_tui.worker.Job` has them.
    """

    kind: Literal["load", "run", "stop"]
    key: tuple[Any, ...] = ()
    run: int = 0
    prompt: str = ""
    config: GenerationConfig | None = None
    start: tuple[Brick, ...] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """What the process says: ``loaded``, an ``event`` with the tokens read so far, the ``end``, an ``error``.

    ``gone`` is what the studio's side says when the process has ended.
    """

    kind: Literal["loaded", "event", "end", "error", "gone"]
    content: Any = None
    tokens: int = 0


class EngineStoppedError(BrickGPTError):
    """The user stopped the run before it began."""


class EngineProcess:
    """The process, started when it is first needed and again after it has ended.

    Attributes:
        runs: how many runs it was given, over all its starts.
        busy: held by whoever waits for its answers.
        loaded: the model that it holds, or None.
    """

    def __init__(self) -> None:
        self.runs = 0
        self.busy = threading.Lock()
        self.loaded: tuple[Any, ...] | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._answers: queue.Queue[Answer] = queue.Queue()
        self._sending = threading.Lock()

    @property
    def alive(self) -> bool:
        """Whether it runs."""
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Start it, unless it runs.

        Raises:
            ModelError: the system does not let it start.
        """
        if self.alive:
            return
        try:
            process = subprocess.Popen(
                [sys.executable, "-m", "brickgpt_tui.child"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env=_environment(),
            )
        except OSError as error:
            raise ModelError(f"the engine does not start: {error.strerror or error}; try again") from error
        self._process, self._answers = process, queue.Queue()
        self.loaded = None
        reader = threading.Thread(target=_read, args=(process, self._answers), name="answers", daemon=True)
        reader.start()

    def send(self, order: Order) -> None:
        """Give an order; one that cannot be given is answered with ``gone``."""
        process = self._process
        if process is not None and process.stdin is not None:
            with self._sending, contextlib.suppress(OSError, ValueError):
                pickle.dump(order, process.stdin, protocol=pickle.HIGHEST_PROTOCOL)
                process.stdin.flush()

    def receive(self) -> Answer | None:
        """The next answer; None where none has come for a moment."""
        try:
            return self._answers.get(timeout=_POLL_S)
        except queue.Empty:
            return None

    def end(self) -> str:
        """End it at once; answers what ended it, for people, where it had ended by itself."""
        process, self._process = self._process, None
        if process is None:
            return "it is not running"
        _close(process.stdin)  # for which it ends itself, unless it hangs
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(_DYING_S)
        code = process.poll()
        if code is None:
            process.kill()
            process.wait()
        _close(process.stdout)
        return _how_it_ended(code)


class RemoteGenerator:
    """Takes the place of a :class:`~brickgpt_engine.generation.BrickGenerator` whose model is elsewhere.

    Args:
        process: the process.
        key: which model, as :func:`~brickgpt_tui.worker.load_generator` takes it.

    Attributes:
        tokens: tokens that the model has read in this run.
    """

    def __init__(self, process: EngineProcess, key: tuple[Any, ...]) -> None:
        self.tokens = 0
        self._process, self._key = process, key
        self._stop_asked: float | None = None

    def load(self) -> None:
        """Have the model loaded, unless it is.

        Raises:
            ModelError: it cannot be used, or the process has ended.
            EngineStoppedError: :meth:`stop` was called meanwhile.
        """
        with self._process.busy:
            self._stop_asked = None
            self._load()

    def _load(self) -> None:
        if self._process.alive and self._process.loaded == self._key:
            return
        self._process.start()
        self._process.loaded = None
        self._process.send(Order("load", self._key))
        if self._answer() is None:
            raise EngineStoppedError("stopped while the model was being loaded")
        self._process.loaded = self._key

    def generate(
        self, prompt: str, config: GenerationConfig, *, start: BrickStructure | None = None
    ) -> Iterator[Event]:
        """As a generator of the engine does it; closing the iterator stops the run.

        Raises:
            BrickGPTError: as the engine's does, or the process has ended.
        """
        with self._process.busy:
            self.tokens, self._stop_asked = 0, None
            self._load()
            self._process.runs += 1
            number, bricks = self._process.runs, () if start is None else tuple(start.bricks)
            self._process.send(Order("run", run=number, prompt=prompt, config=config, start=bricks))
            try:
                while (answer := self._answer()) is not None and answer.kind == "event":
                    self.tokens = answer.tokens
                    yield answer.content
            except GeneratorExit:
                self._wind_up()
                raise

    def _wind_up(self) -> None:
        """Stop, and wait until the process is ready for another order."""
        self.stop()
        with contextlib.suppress(BrickGPTError):
            while (answer := self._answer()) is not None and answer.kind == "event":
                self.tokens = answer.tokens

    def stop(self) -> None:
        """Ask the run to end after the event in hand, and see to it that it does."""
        if self._stop_asked is None:
            self._stop_asked = time.monotonic()
            self._process.send(Order("stop", run=self._process.runs))

    def _answer(self) -> Answer | None:
        """The next answer; None where the process had to be ended because it did not stop.

        Raises:
            BrickGPTError: the engine reports an error, or has ended.
        """
        while True:
            answer = self._process.receive()
            if answer is None:
                asked = self._stop_asked
                if asked is not None and time.monotonic() - asked > _PATIENCE_S:
                    self._process.end()
                    return None
            elif answer.kind == "error":
                raise answer.content
            elif answer.kind == "gone":
                raise ModelError(
                    f"the engine has ended ({self._process.end()}); what was built is kept, and the next run "
                    "starts it again"
                )
            else:
                return answer


class RemoteLoader:
    """Makes generators that work in one process; see :data:`~brickgpt_tui.worker.LoadGenerator`."""

    def __init__(self) -> None:
        self._process = EngineProcess()

    def __call__(self, *key: Any) -> Any:
        """A generator for the model that ``key`` names; loads nothing yet."""
        return RemoteGenerator(self._process, key)

    def close(self) -> None:
        """End the process, whatever it is doing."""
        self._process.end()


def _environment() -> dict[str, str]:
    """That of the studio, with a core left to the screen, and the same modules in reach."""
    spare = str(max(1, (os.cpu_count() or 2) - 1))
    path = os.pathsep.join(folder for folder in sys.path if folder)
    return dict.fromkeys(_THREADS, spare) | dict(os.environ) | {"PYTHONPATH": path, "PYTHONSAFEPATH": "1"}


def _read(process: subprocess.Popen[bytes], answers: queue.Queue[Answer]) -> None:
    stream: IO[bytes] | None = process.stdout
    while stream is not None:
        try:
            answers.put(pickle.load(stream))
        except (EOFError, OSError, ValueError, LookupError, AttributeError, pickle.UnpicklingError):
            break  # the end, or cut off in the middle of an answer
    answers.put(Answer("gone"))


def _close(stream: IO[bytes] | None) -> None:
    if stream is not None:
        with contextlib.suppress(OSError):
            stream.close()


def _how_it_ended(code: int | None) -> str:
    if code is None:
        return "it did not answer"
    if code == -9:
        return "the system ended it, most likely for want of memory: take a smaller model"
    return f"signal {-code}" if code < 0 else f"exit code {code}"
