"""Runs one after another for a client on the other end of two pipes.

A reader thread takes requests as they come, so that a cancel reaches a run in progress; runs
themselves are worked off in order on the thread that called :meth:`Server.serve`. One model has
one cache, so two runs at once would only halve each other's speed.
"""

from __future__ import annotations

import os
import queue
import sys
import threading
from collections.abc import Callable
from typing import BinaryIO

from brickgpt_engine.bricks import BrickStructure
from brickgpt_engine.bricks.colours import choose_colour
from brickgpt_engine.errors import BrickGPTError, ModelError
from brickgpt_engine.generation import BrickGenerator, GenerationConfig
from brickgpt_engine.physics import StabilityAnalyzer, connectivity_report
from brickgpt_engine.serving.protocol import (
    MAX_LINE,
    Cancel,
    Check,
    Generate,
    Hello,
    Message,
    ProtocolError,
    checked_message,
    dumps,
    error_message,
    event_message,
    failed_message,
    hello_message,
    parse_request,
)

GRACE_SECONDS = 5.0
"""How long a run may go on after the client is gone, before the process ends without it."""

ModelLoader = Callable[[GenerationConfig], BrickGenerator]


def load_generator(config: GenerationConfig) -> BrickGenerator:
    """Load the model that ``config`` names.

    Raises:
        ModelError: it cannot be used.
    """
    from brickgpt_engine.decoding import loader

    return BrickGenerator(loader.load_model(config.model_name_or_path, config.device, config.gpu_layers))


class Server:
    """Answers the requests of one client.

    Args:
        requests: the client's lines.
        answers: where our lines go.
        load: gives a generator for a config; the one of the last run is kept.
    """

    def __init__(self, requests: BinaryIO, answers: BinaryIO, *, load: ModelLoader = load_generator) -> None:
        self._requests, self._answers, self._load = requests, answers, load
        self._sending = threading.Lock()
        self._work: queue.SimpleQueue[Generate | Check | None] = queue.SimpleQueue()
        self._runs: dict[str, threading.Event] = {}
        self._guard = threading.Lock()
        self._greeted = False
        self._loaded: tuple[tuple[str, str, int], BrickGenerator] | None = None
        self.closed = threading.Event()
        """Set when the client has closed its end."""

    def serve(self) -> None:
        """Work until the client closes its end."""
        threading.Thread(target=self._read, name="requests", daemon=True).start()
        while (request := self._work.get()) is not None:
            cancelled = self._runs[request.run]
            try:
                self._perform(request, cancelled)
            finally:
                with self._guard:
                    del self._runs[request.run]

    def send(self, message: Message) -> None:
        """Write one line; a client that is gone closes the server."""
        try:
            with self._sending:
                self._answers.write(dumps(message).encode("ascii") + b"\n")
                self._answers.flush()
        except (OSError, ValueError):  # a broken pipe, or a stream closed on our side
            self._close()

    # --- the reader's side

    def _read(self) -> None:
        """Take lines until there are no more, then end every run."""
        try:
            while line := self._requests.readline(MAX_LINE + 1):
                self._take_line(line)
        except (OSError, ValueError) as error:
            self.send(error_message(ProtocolError("bad_message", f"the requests cannot be read: {error}")))
        finally:
            self._close()

    def _close(self) -> None:
        self.closed.set()
        with self._guard:
            for cancelled in self._runs.values():
                cancelled.set()
        self._work.put(None)

    def _take_line(self, line: bytes) -> None:
        try:
            self._take(parse_request(self._whole(line)))
        except ProtocolError as error:
            self.send(error_message(error))

    def _whole(self, line: bytes) -> str:
        """The text of one whole line.

        Raises:
            ProtocolError: it is too long, has no end, or is not UTF-8.
        """
        if not line.endswith(b"\n"):
            too_long = len(line) > MAX_LINE
            while line and not line.endswith(b"\n"):  # what is left of it is no new line
                line = self._requests.readline(MAX_LINE + 1)
            if too_long:
                raise ProtocolError("bad_json", f"a line is longer than {MAX_LINE} bytes; send fewer bricks")
            raise ProtocolError("bad_json", "the last line broke off; end every message with a line feed")
        try:
            return line.decode("utf-8")
        except UnicodeDecodeError as error:
            raise ProtocolError("bad_json", "a line is not UTF-8; write messages in that encoding") from error

    def _take(self, request: Hello | Generate | Check | Cancel) -> None:
        if isinstance(request, Hello):
            self._greeted = True
            self.send(hello_message())
            return
        if not self._greeted:
            raise ProtocolError("no_hello", "the first message must be a hello with the protocol's version")
        with self._guard:
            running = self._runs.get(request.run)
            if isinstance(request, Cancel):
                if running is None:
                    reason = f"there is no run {request.run!r} to cancel; it may be over"
                    raise ProtocolError("unknown_run", reason, request.run)
                running.set()
                return
            if running is not None:
                reason = f"there is a run {request.run!r} already; give each its own name"
                raise ProtocolError("duplicate_run", reason, request.run)
            self._runs[request.run] = threading.Event()
        self._work.put(request)

    # --- the worker's side

    def _perform(self, request: Generate | Check, cancelled: threading.Event) -> None:
        try:
            if cancelled.is_set():
                self.send({"type": "cancelled", "run": request.run})
            elif isinstance(request, Check):
                self._check(request)
            else:
                self._generate(request, cancelled)
        except BrickGPTError as error:
            self.send(failed_message(request.run, error))
        except MemoryError:
            reason = ModelError("not enough memory; use a smaller world or a smaller model")
            self.send(failed_message(request.run, reason))

    def _check(self, request: Check) -> None:
        structure = BrickStructure(request.bricks, request.config.world_dim)
        judge = connectivity_report
        if request.config.physics:
            judge = StabilityAnalyzer(request.config.criterion, request.config.solver).analyze
        self.send(checked_message(request.run, judge(structure)))

    def _generate(self, request: Generate, cancelled: threading.Event) -> None:
        start = BrickStructure(request.start, request.config.world_dim) if request.start else None
        events = self._generator(request.config).generate(request.prompt, request.config, start=start)
        colour = choose_colour(request.prompt)
        for event in events:
            if cancelled.is_set():
                self.send({"type": "cancelled", "run": request.run})
                return
            self.send(event_message(request.run, event, colour))

    def _generator(self, config: GenerationConfig) -> BrickGenerator:
        key = (config.model_name_or_path, config.device, config.gpu_layers)
        if self._loaded is None or self._loaded[0] != key:
            self._loaded = None  # free the old weights before the new ones come
            self._loaded = (key, self._load(config))
        return self._loaded[1]


def serve_stdio() -> None:
    """Serve on this process's stdin and stdout until stdin closes.

    What libraries print to stdout goes to stderr, so that only messages reach the client. A run that is
    deep in a solver when the client goes is given :data:`GRACE_SECONDS`.
    """
    sys.stdout.flush()
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    server = Server(sys.stdin.buffer, answers)
    threading.Thread(target=_end_in_time, args=(server,), name="end", daemon=True).start()
    server.serve()


def _end_in_time(server: Server) -> None:
    """End the process when the client has been gone for :data:`GRACE_SECONDS`."""
    server.closed.wait()
    threading.Event().wait(GRACE_SECONDS)
    os._exit(0)
